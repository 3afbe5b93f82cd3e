//! How the function is called.

use super::*;

#[tokio::test]
async fn get_is_not_how_a_function_is_called() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    for function in [cloud.scraper(&stub, &clock).await, cloud.processor().await] {
        let answer = cloud.http.get(function.url).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["error"]["message"], "a function is called with POST; GET is for /health");
    }
    assert!(stub.asked().is_empty());
}

#[tokio::test]
async fn get_on_the_live_export_is_an_empty_post() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    let answer = cloud.http.get(exporter.url).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let reply: Value = answer.json().await.expect("JSON");
    assert_eq!((&reply["status"], &reply["date"]), (&json!("success"), &json!("2026-01-09")));
    assert_eq!(ids(&cloud.document(LATEST).await), ["1"]);
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_told_what_was_expected() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    for (body, said) in [
        ("today", "the body is not the expected JSON object: "),
        ("[]", "the body is not the expected JSON object: "),
        (r#"{"target_date":"tomorrow"}"#, "target_date: \"tomorrow\" is not a date from 1946 to 2100"),
        (r#"{"target_date":"1945-12-31"}"#, "target_date: \"1945-12-31\" is not a date from 1946 to 2100"),
        (r#"{"target_date":"2101-01-01"}"#, "nor \"today\" or \"yesterday\""),
        (r#"{"target_date":"2026-1-9"}"#, "in the form YYYY-MM-DD"),
        (r#"{"target_date":7}"#, "invalid type: integer"),
        (r#"{"date":"2026-01-09"}"#, "unknown field `date`, expected one of `target_date`"),
    ] {
        let answer = exporter.post(body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer.message().contains(said), "{body}: {}", answer.message());
    }
    assert!(stub.asked().is_empty());
    assert!(cloud.names(API_BUCKET, "").is_empty());
}

#[tokio::test]
async fn grading_is_left_alone_where_it_is_not_wanted() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    let answer = cloud.exporter(&stub, &clock).await.post(r#"{"include_grading":false}"#).await;
    assert_eq!(answer.json["paths"], json!({"live": tests::uri(DATED), "latest": tests::uri(LATEST)}));
    assert_eq!(cloud.names(API_BUCKET, ""), [DATES, DATED, LATEST, STATUS]);
}
