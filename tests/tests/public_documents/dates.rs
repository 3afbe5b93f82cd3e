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
    // One that cannot be read is built again in the same way.
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

#[tokio::test]
async fn two_warm_exporters_take_nothing_from_each_other() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let lists = night.cloud.tonight(&HandClock::at("2026-01-10T00:00:00Z")).await;
    let list = async |day: &str| {
        lists.tell(json!({"export_types": ["tonight"], "target_date": day})).await;
    };
    list("2026-01-07").await;
    night.poll("23:30", [boston(BEFORE, 0)]).await;
    list("2026-01-08").await;
    night.poll("03:12", [full(boston(FINAL, 27))]).await;
    list("2026-01-06").await;
    let days = days(&night.cloud).await;
    let of_live = ["live", "live-grading", "live-timeline"];
    let night_s =
        json!({"date": DAY, "documents": of_live, "games": 1, "lines": 1, "settled": "provisional"});
    assert_eq!(days[0], night_s, "the schedule's games are known to the live export alone, too");
    let listed: Vec<&str> =
        days.as_array().expect("days").iter().map(|day| day["date"].as_str().expect("a day")).collect();
    assert_eq!(listed, [DAY, "2026-01-08", "2026-01-07", "2026-01-06"]);
}

#[tokio::test]
async fn a_settled_day_that_could_not_be_recorded_is_recorded_by_the_next_call() {
    let mut night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    night.poll("03:12", [full(boston(FINAL, 27))]).await;
    night.cloud.add(SUMMARY, played("jaylenbrown", DAY, 27, 30.0));
    night.restart().await;
    night.backfill([full(boston(FINAL, 27))]).await;
    let without = json!({"updated_at": "2026-01-10T12:00:00Z", "dates": []});
    night.cloud.upload(API_BUCKET, DATES, without.to_string()).await;
    night.restart().await;
    let reply = night.call(json!({"target_date": DAY, "until_official": true})).await;
    assert_eq!(reply["status"], "already_official");
    let day = &days(&night.cloud).await[0];
    assert_eq!((&day["date"], &day["lines"], &day["settled"]), (&json!(DAY), &json!(1), &json!("official")));
}
