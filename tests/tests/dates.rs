//! `v1/dates.json`: which days have which documents, and how far they are settled.

use local_cloud::cloud::API_BUCKET;
use serde_json::{Value, json};
use tests::drift::{BEFORE, FINAL, Night, SUMMARY, boston, full, predicting, tonight};
use tests::{
    Cloud, HandClock,
    warehouse::{DAY, played, predicted},
};

const DATES: &str = "v1/dates.json";

async fn days(cloud: &Cloud) -> Value {
    cloud.document(DATES).await["dates"].clone()
}

fn generation(cloud: &Cloud) -> i64 {
    cloud.services.objects.list(API_BUCKET, DATES)[0].generation
}

#[tokio::test]
async fn a_day_gains_its_documents_and_is_settled() {
    let mut night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    tonight(&night.cloud, "22:00").await;
    let day = |documents: &[&str], lines: Option<u32>, settled: Option<&str>| json!([{"date": DAY, "documents": documents, "games": 1, "lines": lines, "settled": settled}]);
    assert_eq!(days(&night.cloud).await, day(&["tonight"], None, None));
    night.poll("23:30", [boston(BEFORE, 0)]).await;
    let all = ["tonight", "live", "live-grading", "live-timeline"];
    assert_eq!(days(&night.cloud).await, day(&all, Some(1), Some("open")));

    // Nothing is written where nothing has changed.
    let before = generation(&night.cloud);
    night.poll("23:33", [boston(BEFORE, 0)]).await;
    tonight(&night.cloud, "23:35").await;
    assert_eq!(generation(&night.cloud), before);

    night.poll("03:12", [full(boston(FINAL, 27))]).await;
    assert_eq!(days(&night.cloud).await, day(&all, Some(1), Some("provisional")));
    night.cloud.add(SUMMARY, played("jaylenbrown", DAY, 27, 30.0));
    night.restart().await;
    night.backfill([full(boston(FINAL, 27))]).await;
    assert_eq!(days(&night.cloud).await, day(&all, Some(1), Some("official")));
}

#[tokio::test]
async fn a_first_list_has_the_documents_of_earlier_days() {
    let cloud = predicting(&[]).await;
    for name in [
        "tonight/2025-12-28",
        "tonight/all-players",
        "live/2025-12-28",
        "live/latest",
        "live-grading/2025-11-01",
    ] {
        cloud.upload(API_BUCKET, &format!("v1/{name}.json"), "{}").await;
    }
    let unknown = |date: &str, documents: &[&str]| json!({"date": date, "documents": documents, "games": null, "lines": null, "settled": null});
    let expected = json!([
        {"date": DAY, "documents": ["tonight"], "games": 1, "lines": null, "settled": null},
        unknown("2025-12-28", &["tonight", "live"]),
        unknown("2025-11-01", &["live-grading"]),
    ]);
    tonight(&cloud, "22:00").await;
    assert_eq!(days(&cloud).await, expected);
    // One that cannot be read is made anew in the same way.
    cloud.upload(API_BUCKET, DATES, "not a list").await;
    tonight(&cloud, "22:15").await;
    assert_eq!(days(&cloud).await, expected);
}

#[tokio::test]
async fn both_exports_and_any_day_add_to_one_list() {
    let night = Night::of(predicting(&[]).await).await;
    night.poll("23:30", [boston(BEFORE, 0)]).await;
    // A list of an earlier day, made by a process whose clock is behind.
    let function = night.cloud.tonight(&HandClock::at("2026-01-09T22:00:00Z")).await;
    function.tell(json!({"export_types": ["tonight"], "target_date": "2026-01-07"})).await;
    night.poll("23:33", [boston(BEFORE, 0)]).await;
    let days = days(&night.cloud).await;
    let listed: Vec<&str> =
        days.as_array().expect("days").iter().map(|day| day["date"].as_str().expect("a day")).collect();
    assert_eq!(listed, [DAY, "2026-01-07"]);
}
