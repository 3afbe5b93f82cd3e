//! When and how the grading is written.

use super::*;

#[tokio::test]
async fn f72_scores_and_grading_are_of_one_fetch_and_one_poll() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let stub = Stub::answering([
        Reply::games([boston(PROGRESS, 21, "25")]),
        Reply::games([boston(PROGRESS, 23, "26")]),
    ])
    .await;
    cloud.exporter(&stub, &HandClock::at(NIGHT)).await.post("").await;
    assert_eq!(stub.asked().len(), 1);
    let (live, grading) = (cloud.document("v1/live/latest.json").await, cloud.document(LATEST).await);
    assert_eq!((&live["poll_id"], &live["updated_at"]), (&grading["poll_id"], &grading["updated_at"]));
    assert_eq!(live["games"][0]["players"][0]["points"], grading["predictions"][0]["actual"]);
}

#[tokio::test]
async fn a_finished_game_that_upstream_drops_stays_graded() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let stub = Stub::answering([Reply::games([boston(FINAL, 30, "37")]), Reply::games([])]).await;
    let clock = HandClock::at(NIGHT);
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    clock.set("2026-01-10T04:12:01Z");
    exporter.post("").await;
    let document = cloud.document(LATEST).await;
    assert_eq!(
        (&document["poll_id"], &document["predictions"][0]["status"]),
        (&json!("20260110T041201Z"), &json!("correct"))
    );
}

#[tokio::test]
async fn another_day_is_graded_without_touching_the_latest() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let stub = Stub::answering([Reply::games([boston(FINAL, 30, "37")])]).await;
    let clock = HandClock::at("2026-01-12T15:00:00Z");
    cloud.exporter(&stub, &clock).await.post(r#"{"target_date":"2026-01-09"}"#).await;
    assert_eq!(cloud.names(API_BUCKET, "v1/live-grading/"), [DATED]);
    assert_eq!(cloud.document(DATED).await["summary"]["correct"], 1);
}

#[tokio::test]
async fn an_older_export_that_finishes_last_changes_nothing() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let slow =
        Stub::answering([Reply::games([boston(PROGRESS, 21, "25")]).after(Duration::from_millis(700))]).await;
    let quick = Stub::answering([Reply::games([boston(FINAL, 30, "37")])]).await;
    let older = cloud.exporter(&slow, &HandClock::at(NIGHT)).await;
    let newer = cloud.exporter(&quick, &HandClock::at("2026-01-10T02:15:01Z")).await;
    let running = tokio::spawn(async move { older.post("").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    newer.post("").await;
    assert_eq!(running.await.expect("an answer").json["status"], "superseded");
    for object in [DATED, LATEST] {
        assert_eq!(cloud.document(object).await["poll_id"], "20260110T021501Z");
    }
}

#[tokio::test]
async fn the_documents_are_public_with_their_cache_time() {
    let cloud = cloud_with(&[]).await;
    graded(&cloud, []).await;
    for object in [DATED, LATEST] {
        assert_eq!(cloud.public(object).await.headers()["cache-control"], "public, max-age=60", "{object}");
    }
}
