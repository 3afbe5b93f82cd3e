//! Events in every format that Google delivers, and redeliveries, which request nothing that the function's
//! roles do not permit.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD},
};
use local_cloud::{cloud::RAW_BUCKET, faults::Fault};
use serde_json::{Value, json};
use shared::service::event::{MESSAGE_PUBLISHED, OBJECT_FINALIZED};
use tests::{Answer, Cloud, HandClock, binary_event, game, snapshot};

const FOLDER: &str = "ball-dont-lie/live-boxscores/2026-01-09/";
const SNAPSHOT: &str = "ball-dont-lie/live-boxscores/2026-01-09/20260110_021201.json";
const COUNT: &str = "SELECT COUNT(*) FROM nba_raw.bdl_live_boxscores";

fn body() -> String {
    snapshot("20260110T021201Z", &[game(1, "2026-01-09", "3rd Qtr", 3, "Q3 6:35")])
}

fn plain_json() -> Vec<(&'static str, String)> {
    vec![("content-type", "application/json".to_owned())]
}

/// An event in the format of its transport topic: the attributes beside the data, none in the HTTP headers.
fn bare_push(kind: &str, data: &str) -> String {
    let attributes = json!({
        "ce-id": "event-1", "ce-specversion": "1.0", "ce-type": kind, "ce-time": "2026-01-10T00:00:00Z",
        "ce-source": "//storage.googleapis.com/projects/_/buckets/nba-scraped-data",
        "ce-subject": "objects/x", "Content-Type": "application/json",
    });
    let message = json!({
        "attributes": attributes, "data": BASE64_STANDARD.encode(data), "messageId": "17", "message_id": "17",
        "publishTime": "2026-01-10T02:12:04Z",
    });
    json!({"message": message, "subscription": "projects/local/subscriptions/eventarc-x"}).to_string()
}

fn object(name: &str, generation: i64, size: usize) -> Value {
    json!({
        "bucket": RAW_BUCKET, "name": name, "generation": generation.to_string(), "size": size.to_string(),
        "contentType": "application/json",
    })
}

fn is(answer: &Answer, status: &str) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json["status"], status, "{answer:?}");
}

#[tokio::test]
async fn a_second_delivery_is_already_stored_without_a_look_at_the_dataset() {
    let cloud = Cloud::start().await;
    let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, body()).await;
    cloud.services.faults.plan("/projects/local/datasets", 0, u32::MAX, Fault::Status(403));
    let processor = cloud.processor().await;
    is(&processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await, "stored");
    is(&processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await, "already_stored");
    is(&cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, generation).await, "already_stored");
    assert_eq!(cloud.number(COUNT), 2);
}

#[tokio::test]
async fn a_delivery_after_a_lost_answer_does_not_look_at_the_dataset() {
    let cloud = Cloud::start().await;
    let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, body()).await;
    cloud.services.faults.plan("/projects/local/datasets", 0, u32::MAX, Fault::Status(403));
    cloud.services.faults.plan("POST /bigquery/v2/projects/local/jobs", 0, 1, Fault::AnswerLost);
    let processor = cloud.processor().await;
    assert_eq!(processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await.status, 200);
    is(&processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await, "already_stored");
    assert_eq!(cloud.number(COUNT), 2);
}

#[tokio::test]
async fn a_second_delivery_whose_snapshot_is_gone_does_not_look_at_the_dataset() {
    let cloud = Cloud::start().await;
    let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, body()).await;
    cloud.services.faults.plan("/projects/local/datasets", 0, u32::MAX, Fault::Status(403));
    let processor = cloud.processor().await;
    is(&processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await, "stored");
    cloud.services.objects.remove(RAW_BUCKET, SNAPSHOT);
    is(&cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, generation).await, "already_stored");
}

#[tokio::test]
async fn a_bare_push_with_the_event_s_attributes_is_the_event() {
    let cloud = Cloud::start().await;
    let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, body()).await;
    let processor = cloud.processor().await;
    let push = bare_push(OBJECT_FINALIZED, &object(SNAPSHOT, generation, body().len()).to_string());
    is(&processor.post_with(&plain_json(), push.clone()).await, "stored");
    is(&processor.post_with(&plain_json(), push).await, "already_stored");
    is(&processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await, "already_stored");
    assert_eq!(cloud.number(COUNT), 2, "the same event, whichever way it comes");
}

#[tokio::test]
async fn a_bare_push_of_another_event_is_ignored() {
    let cloud = Cloud::start().await;
    let push = bare_push("google.cloud.storage.object.v1.deleted", &object(SNAPSHOT, 7, 0).to_string());
    is(&cloud.processor().await.post_with(&plain_json(), push).await, "ignored");
    let elsewhere = object("staging/x.ndjson", 7, 9).to_string();
    let push = bare_push(OBJECT_FINALIZED, &elsewhere);
    is(&cloud.processor().await.post_with(&plain_json(), push).await, "ignored");
    assert!(cloud.names(RAW_BUCKET, "dead-letter/").is_empty());
}

/// A request for tonight's list whose base64 contains the two characters in which the alphabets differ, and
/// needs padding.
fn wish() -> String {
    let wish = r#"{"export_types":["tonight"],"correlation_id":"~~~ÿ>>?"}"#.to_owned();
    let encoded = BASE64_STANDARD.encode(&wish);
    assert!(encoded.contains(['+', '/']) && encoded.ends_with('='), "{encoded}");
    wish
}

/// Checks that a request in this base64 is carried out.
async fn granted(data: String) {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let event = json!({"message": {"data": data, "messageId": "1"}, "subscription": "s"});
    let function = cloud.tonight(&HandClock::at("2026-01-09T22:00:00Z")).await;
    let answer = function.post_with(&binary_event(MESSAGE_PUBLISHED), event.to_string()).await;
    is(&answer, "success");
    let [completion] = cloud.completions().try_into().expect("one completion");
    assert_eq!(completion["correlation_id"], "~~~ÿ>>?");
}

#[tokio::test]
async fn a_message_in_the_url_s_base64_is_read() {
    granted(BASE64_URL_SAFE.encode(wish())).await;
}

#[tokio::test]
async fn base64_without_padding_is_read() {
    granted(BASE64_STANDARD_NO_PAD.encode(wish())).await;
    granted(BASE64_URL_SAFE_NO_PAD.encode(wish())).await;
}

#[tokio::test]
async fn base64_with_line_breaks_is_read() {
    let encoded = BASE64_STANDARD.encode(wish());
    let (first, second) = encoded.split_at(40);
    granted(format!("{first}\r\n{second}\n")).await;
}

#[tokio::test]
async fn a_bare_push_asks_for_tonight_s_list_too() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let function = cloud.tonight(&HandClock::at("2026-01-09T22:00:00Z")).await;
    is(&function.post_with(&plain_json(), bare_push(MESSAGE_PUBLISHED, &wish())).await, "success");
    assert_eq!(cloud.document("v1/tonight/all-players.json").await["total_players"], 4);
}

#[tokio::test]
async fn an_empty_placeholder_of_a_folder_is_ignored() {
    let cloud = Cloud::start().await;
    let processor = cloud.processor().await;
    for name in [FOLDER, "ball-dont-lie/live-boxscores/", "ball-dont-lie/live-boxscores/2026-01-09_$folder$"]
    {
        let event = object(name, 7, 0).to_string();
        let answer = processor.post_with(&binary_event(OBJECT_FINALIZED), event).await;
        is(&answer, "ignored");
    }
    assert!(cloud.names(RAW_BUCKET, "dead-letter/").is_empty());
}

#[tokio::test]
async fn a_snapshot_that_is_stored_as_gzip_is_a_snapshot() {
    for (name, encoding) in [
        (SNAPSHOT, json!("gzip")),
        (SNAPSHOT, Value::Null),
        ("ball-dont-lie/live-boxscores/2026-01-09/20260110_021201.json.gz", Value::Null),
    ] {
        let cloud = Cloud::start().await;
        let metadata = json!({"contentType": "application/json", "contentEncoding": encoding});
        let stored = cloud.upload_with(RAW_BUCKET, name, metadata, gzipped(body().as_bytes()), &[]).await;
        assert_eq!(stored.status, 200, "{stored:?}");
        let generation = stored.json["generation"].as_str().and_then(|it| it.parse().ok());
        let processor = cloud.processor().await;
        is(&processor.deliver(RAW_BUCKET, name, generation.expect("a generation")).await, "stored");
        assert_eq!(cloud.number(COUNT), 2);
    }
}

#[tokio::test]
async fn a_snapshot_whose_gzip_is_broken_is_a_dead_letter() {
    let cloud = Cloud::start().await;
    let mut broken = gzipped(body().as_bytes());
    broken.truncate(60);
    let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, broken).await;
    is(&cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, generation).await, "dead_letter");
}

/// The bytes as a gzip file (RFC 1952) of one stored block.
fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a short text");
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    gzip.push(1);
    gzip.extend(length.to_le_bytes());
    gzip.extend((!length).to_le_bytes());
    gzip.extend(bytes);
    gzip.extend(crc32(bytes).to_le_bytes());
    gzip.extend(u32::from(length).to_le_bytes());
    gzip
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}
