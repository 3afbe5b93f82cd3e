//! Exports while upstream, the warehouse or a document fails.

use super::*;

#[tokio::test]
async fn a_document_that_cannot_be_read_is_built_again_from_the_whole_day() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    cloud.upload(API_BUCKET, DATED, r#"{"games":"of an older shape"}"#).await;
    let stub = Stub::answering([Reply::games([on(2)]), Reply::games([over(1), on(2)])]).await;
    assert_eq!(cloud.exporter(&stub, &clock).await.post("").await.json["status"], "success");
    assert_eq!(ids(&cloud.document(DATED).await), ["2", "1"]);
}

/// Cloud Run suspends the CPU after the answer, even after an error.
#[tokio::test]
async fn what_was_begun_in_the_background_ends_before_the_answer_even_if_that_is_an_error() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::text(401, "no")]).await;
    let query = Duration::from_millis(600);
    cloud.services.latencies.set(Latency { query, ..Latency::default() });
    assert_eq!(cloud.exporter(&stub, &clock).await.post("").await.status, StatusCode::BAD_GATEWAY);
    let calls = cloud.services.calls.take();
    let count = |call: &str| calls.get(call).copied().unwrap_or_default().calls;
    let begun = count("POST /bigquery/v2/projects/{project}/queries");
    let ended = count("GET /bigquery/v2/projects/{project}/queries/{job}");
    assert!(begun > 0 && begun == ended, "{begun} queries were begun, {ended} answers were read: {calls:?}");
}

#[tokio::test]
async fn f61_when_upstream_fails_nothing_is_written() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    let (dated, latest) = (cloud.document(DATED).await, cloud.document(LATEST).await);
    clock.set("2026-01-10T02:15:01Z");
    let unreadable = json!({"id": 1, "home_team": {}});
    for failure in [Reply::text(401, "no"), Reply::text(404, "what?"), Reply::games([unreadable])] {
        stub.answer([failure.clone()]);
        let answer = exporter.post("").await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{failure:?}");
        assert!(answer.message().starts_with("BallDontLie: "));
        assert_eq!(
            (cloud.document(DATED).await, cloud.document(LATEST).await),
            (dated.clone(), latest.clone())
        );
    }
}

#[tokio::test]
async fn without_bigquery_scores_are_published_with_upstream_s_names() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    cloud.execute("nba_raw", "DROP TABLE bdl_player_boxscores; DROP TABLE nbac_schedule");
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    let answer = cloud.exporter(&stub, &clock).await.post(r#"{"include_grading":false}"#).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(cloud.document(LATEST).await["games"][0]["players"][0]["name"], "Hugo González");
}
