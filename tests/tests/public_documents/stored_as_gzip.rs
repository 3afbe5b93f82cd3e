//! Public documents are stored as gzip: served so to whoever accepts it, decompressed for the rest.

use std::io::Read;

use flate2::read::GzDecoder;
use local_cloud::cloud::API_BUCKET;
use reqwest::{Client, Method, StatusCode, header};
use serde_json::{Value, json};
use tests::drift::{DATED_LIVE, FOURTH, LIVE, Night, THIRD, boston, full, predicting, shown};
use tests::{Cloud, warehouse::predicted};

async fn night() -> Night {
    Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await
}

/// A client that neither asks for gzip nor decompresses, but for what a test says.
fn plain() -> Client {
    Client::builder().no_gzip().build().expect("a client")
}

async fn get(cloud: &Cloud, method: Method, headers: &[(header::HeaderName, &str)]) -> reqwest::Response {
    let mut request = plain().request(method, cloud.services.public_url(LIVE));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.send().await.expect("an answer")
}

fn text(response: &reqwest::Response, name: header::HeaderName) -> Option<String> {
    response.headers().get(name).map(|value| value.to_str().expect("a text").to_owned())
}

#[tokio::test]
async fn whoever_accepts_gzip_gets_a_sixth_of_the_bytes_and_the_rest_gets_plain_json() {
    let night = night().await;
    night.poll("02:12", [full(boston(THIRD, 21))]).await;
    let compressed = get(&night.cloud, Method::GET, &[(header::ACCEPT_ENCODING, "br, gzip")]).await;
    assert_eq!(text(&compressed, header::CONTENT_ENCODING).as_deref(), Some("gzip"));
    assert_eq!(text(&compressed, header::CONTENT_TYPE).as_deref(), Some("application/json"));
    assert_eq!(text(&compressed, header::VARY).as_deref(), Some("Accept-Encoding"));
    let sent = compressed.bytes().await.expect("a body");
    let mut content = Vec::new();
    GzDecoder::new(&*sent).read_to_end(&mut content).expect("gzip");
    assert!(sent.len() * 6 < content.len(), "{} of {} bytes", sent.len(), content.len());

    for headers in
        [vec![], vec![(header::ACCEPT_ENCODING, "gzip;q=0")], vec![(header::ACCEPT_ENCODING, "identity")]]
    {
        let plain = get(&night.cloud, Method::GET, &headers).await;
        assert_eq!(text(&plain, header::CONTENT_ENCODING), None);
        assert_eq!(text(&plain, header::VARY).as_deref(), Some("Accept-Encoding"));
        assert_eq!(text(&plain, header::CACHE_CONTROL).as_deref(), Some("public, max-age=10"));
        assert_eq!(plain.bytes().await.expect("a body"), content);
    }
}

#[tokio::test]
async fn a_range_of_a_document_that_is_decompressed_on_the_way_is_the_whole() {
    let night = night().await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    let whole = get(&night.cloud, Method::GET, &[]).await.bytes().await.expect("a body");
    let ranged = get(&night.cloud, Method::GET, &[(header::RANGE, "bytes=10-")]).await;
    assert_eq!(ranged.status(), StatusCode::OK);
    assert_eq!(ranged.bytes().await.expect("a body"), whole);
    let head = get(&night.cloud, Method::HEAD, &[(header::ACCEPT_ENCODING, "gzip")]).await;
    assert_eq!(text(&head, header::CONTENT_ENCODING).as_deref(), Some("gzip"));
    assert!(head.bytes().await.expect("a body").is_empty());
}

#[tokio::test]
async fn a_known_document_is_not_sent_again_compressed_or_not() {
    let night = night().await;
    let gzip = (header::ACCEPT_ENCODING, "gzip");
    for (headers, [first_poll, next_poll]) in [(vec![], ["02:12", "02:15"]), (vec![gzip], ["02:18", "02:21"])]
    {
        night.poll(first_poll, [boston(FOURTH, 25)]).await;
        let first = get(&night.cloud, Method::GET, &headers).await;
        let tag = text(&first, header::ETAG).expect("a tag");
        let known = [headers.clone(), vec![(header::IF_NONE_MATCH, tag.as_str())]].concat();
        assert_eq!(get(&night.cloud, Method::GET, &known).await.status(), StatusCode::NOT_MODIFIED);
        night.poll(next_poll, [boston(FOURTH, 25)]).await;
        assert_eq!(get(&night.cloud, Method::GET, &known).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_document_of_before_that_is_not_compressed_is_built_on() {
    let mut night = night().await;
    night.poll("02:12", [boston(FOURTH, 25)]).await;
    for object in [LIVE, DATED_LIVE] {
        let document = night.cloud.json(API_BUCKET, object).to_string();
        night.cloud.services.objects.store(API_BUCKET, object, document.into()).expect("an object");
    }
    night.restart().await;
    let held = night.poll("02:15", [boston(THIRD, 21)]).await;
    assert_eq!(shown(&held), json!(["in_progress", "Q4 9:00", 85]), "never backwards");
}

#[tokio::test]
async fn a_document_whose_gzip_is_broken_is_replaced() {
    let mut night = night().await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    for object in [LIVE, DATED_LIVE] {
        let metadata = json!({"contentType": "application/json", "contentEncoding": "gzip"});
        let broken = [0x1f, 0x8b, 8, 0, 1];
        let stored = night.cloud.upload_with(API_BUCKET, object, metadata, broken.to_vec(), &[]).await;
        assert_eq!(stored.status, 200, "{stored:?}");
    }
    night.restart().await;
    let replaced: Value = night.poll("02:15", [boston(FOURTH, 25)]).await;
    assert_eq!(shown(&replaced), json!(["in_progress", "Q4 9:00", 85]));
}
