//! Exports that overlap.

use super::*;

#[tokio::test]
async fn two_instances_with_different_games_do_not_shrink_each_other_s_documents() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let (ours, theirs) = (
        Stub::answering([Reply::games([on(1)])]).await,
        Stub::answering([Reply::games([on(1), on(2)])]).await,
    );
    let (one, other) = (cloud.exporter(&ours, &clock).await, cloud.exporter(&theirs, &clock).await);
    one.post("").await;
    clock.set("2026-01-10T02:15:01Z");
    other.post("").await;
    // The first instance remembers a document without the second game, and its poll lacks it too.
    let versions = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = versions.clone();
    cloud.services.objects.on_finalized(move |news| {
        if news.object.name.starts_with("v1/live/") {
            seen.lock().unwrap().push(news.content());
        }
    });
    ours.answer([Reply::games([on(1)]), Reply::games([on(1), over(2)])]);
    clock.set("2026-01-10T02:18:01Z");
    assert_eq!(one.post("").await.json["status"], "success");
    for version in versions.lock().unwrap().iter() {
        let document: Value = serde_json::from_slice(version).expect("JSON");
        assert_eq!(ids(&document), ["1", "2"], "every version that became public");
    }
    assert_eq!(versions.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_document_of_a_later_poll_stays_even_if_its_metadata_does_not_say_so() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let later = json!({
        "updated_at": "2026-01-10T03:00:00Z", "game_date": "2026-01-10", "poll_id": "20260110T030000Z",
        "games_in_progress": 0, "games_final": 0, "total_games": 0, "games": [],
    });
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    // Only the latest document is of a later poll: the day's own document is written, and the answer says
    // so.
    cloud.upload(API_BUCKET, LATEST, later.to_string()).await;
    let answer = cloud.exporter(&stub, &clock).await.post(r#"{"include_grading":false}"#).await;
    assert_eq!(
        (&answer.json["status"], &answer.json["paths"]),
        (&json!("success"), &json!({"live": tests::uri(DATED)}))
    );
    assert_eq!(cloud.document(LATEST).await, later);
    cloud.upload(API_BUCKET, DATED, later.to_string()).await;
    let answer = cloud.exporter(&stub, &clock).await.post("").await;
    assert_eq!((&answer.json["status"], &answer.json["paths"]), (&json!("superseded"), &json!({})));
    assert_eq!(cloud.document(DATED).await, later);
}

#[tokio::test]
async fn an_older_export_that_finishes_last_changes_nothing() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let late = HandClock::at("2026-01-10T02:15:01Z");
    let slow = Stub::answering([Reply::games([on(1)]).after(Duration::from_millis(700))]).await;
    let quick = Stub::answering([Reply::games([over(1)])]).await;
    let (older, newer) = (cloud.exporter(&slow, &clock).await, cloud.exporter(&quick, &late).await);
    let running = tokio::spawn(async move { older.post("").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(newer.post("").await.json["status"], "success");
    let overtaken = running.await.expect("an answer");
    assert_eq!((overtaken.status, &overtaken.json["status"]), (StatusCode::OK, &json!("superseded")));
    assert_eq!(overtaken.json["paths"], json!({}));
    for object in [DATED, LATEST] {
        assert_eq!(cloud.document(object).await["poll_id"], "20260110T021501Z");
    }
}

#[tokio::test]
async fn many_exports_at_once_end_with_the_newest_poll() {
    let cloud = Cloud::start().await;
    let mut running = Vec::new();
    for second in 0..6 {
        let clock = HandClock::at(&format!("2026-01-10T02:12:{second:02}Z"));
        let delay = Duration::from_millis(if second % 2 == 0 { 60 } else { 20 });
        let stub = Stub::answering([Reply::games([on(1), over(second + 2)]).after(delay)]).await;
        let exporter = cloud.exporter(&stub, &clock).await;
        running.push(tokio::spawn(async move { exporter.post("").await }));
    }
    for export in running {
        let answer = export.await.expect("an answer");
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
    for object in [DATED, LATEST] {
        let document = cloud.document(object).await;
        assert_eq!(document["poll_id"], "20260110T021205Z", "{object}");
        assert!(ids(&document).contains(&"7"));
    }
}
