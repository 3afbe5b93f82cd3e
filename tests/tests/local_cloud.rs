//! The local cloud behaves like the real one where the functions rely on it.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use local_cloud::cloud::{API_BUCKET, RAW_BUCKET};
use serde_json::json;
use tests::{Cloud, Function};

#[tokio::test]
async fn a_write_goes_through_only_under_its_precondition() {
    let cloud = Cloud::start().await;
    let write = async |generation: &str| {
        let parameters = [("ifGenerationMatch", generation)];
        cloud.upload_with(RAW_BUCKET, "a/b.json", json!({}), "{}", &parameters).await
    };
    let first = write("0").await;
    assert_eq!(first.status, 200);
    assert_eq!(write("0").await.status, 412);
    let generation = first.json["generation"].as_str().expect("a generation").to_owned();
    let second = write(&generation).await;
    assert_eq!(second.status, 200);
    let number = |text: &str| text.parse::<i64>().expect("a number");
    assert!(number(second.json["generation"].as_str().expect("a generation")) > number(&generation));
    assert_eq!(write(&generation).await.status, 412);
}

#[tokio::test]
async fn content_that_does_not_match_its_checksum_is_refused() {
    let cloud = Cloud::start().await;
    let answer = cloud.upload_with(RAW_BUCKET, "a.json", json!({"crc32c": "AAAAAA=="}), "{}", &[]).await;
    assert_eq!(answer.status, 400);
    assert!(cloud.names(RAW_BUCKET, "").is_empty());
}

#[tokio::test]
async fn a_call_that_is_not_served_says_so_by_name() {
    let cloud = Cloud::start().await;
    let get = async |path: &str| {
        let answer = cloud.http.get(format!("{}{path}", cloud.services.url)).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    };
    let (status, said) = get("storage/v1/b/nba-scraped-data").await;
    assert_eq!(status, 501);
    assert!(said.contains("GET /storage/v1/b/nba-scraped-data"), "{said}");
    assert_eq!(get("storage/v1/b/nba-scraped-data/o/x").await.0, 501);
    assert_eq!(
        cloud.upload_with(RAW_BUCKET, "x", json!({}), "", &[("predefinedAcl", "private")]).await.status,
        501
    );
}

#[tokio::test]
async fn the_public_bucket_is_read_by_anyone_from_anywhere_and_the_raw_one_by_nobody() {
    let cloud = Cloud::start().await;
    let metadata = json!({"contentType": "application/json", "cacheControl": "public, max-age=30"});
    cloud.upload_with(API_BUCKET, "v1/x.json", metadata, "{}", &[]).await;
    cloud.upload(RAW_BUCKET, "x.json", "{}").await;
    let request =
        cloud.http.get(cloud.services.public_url("v1/x.json")).header("origin", "http://localhost:3000");
    let answer = request.send().await.expect("an answer");
    let header =
        |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!(answer.status(), 200);
    assert_eq!(header("cache-control"), "public, max-age=30");
    assert_eq!(header("access-control-allow-origin"), "*");
    assert_eq!(header("access-control-expose-headers"), "content-type,cache-control");
    let tag = header("etag").to_owned();
    let again = cloud.http.get(cloud.services.public_url("v1/x.json")).header("if-none-match", tag);
    assert_eq!(again.send().await.expect("an answer").status(), 304);
    let raw = cloud.http.get(format!("{}{RAW_BUCKET}/x.json", cloud.services.url));
    assert_eq!(raw.send().await.expect("an answer").status(), 403);
    assert_eq!(cloud.public("v1/gone.json").await.status(), 404);
}

#[tokio::test]
async fn an_event_is_delivered_again_until_it_is_taken() {
    let cloud = Cloud::start().await;
    let seen = Arc::new(AtomicU32::new(0));
    let flaky = |State(seen): State<Arc<AtomicU32>>| async move {
        if seen.fetch_add(1, Ordering::SeqCst) < 2 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    };
    let function = Function::start(Router::new().route("/", post(flaky)).with_state(seen.clone())).await;
    cloud.services.delivery.trigger(&cloud.services.objects, RAW_BUCKET, function.url.clone());
    cloud.upload(RAW_BUCKET, "x.json", "{}").await;
    cloud.upload(API_BUCKET, "not-ours.json", "{}").await;
    cloud.services.delivery.drain().await;
    assert_eq!(seen.load(Ordering::SeqCst), 3);
    let counts = &cloud.services.delivery.counts;
    assert_eq!((counts.events.load(Ordering::SeqCst), counts.redelivered.load(Ordering::SeqCst)), (1, 2));
}

#[tokio::test]
async fn a_query_is_answered_over_all_its_pages_and_a_wrong_one_is_refused() {
    let cloud = Cloud::start().await;
    let known = |id: i64| {
        json!({
            "game_id": "g", "game_date": "2026-01-01", "season_year": 2025, "is_postseason": false,
            "home_team_abbr": "BOS", "away_team_abbr": "BKN", "team_abbr": "BOS", "player_full_name": "A B",
            "player_lookup": "ab", "bdl_player_id": id, "source_file_path": "test",
            "created_at": "2026-01-01T00:00:00Z", "processed_at": "2026-01-01T00:00:00Z",
        })
    };
    cloud.append("nba_raw", "bdl_player_boxscores", &(0..12_001).map(known).collect::<Vec<_>>());
    #[derive(serde::Deserialize)]
    struct Row {
        bdl_player_id: i64,
        is_postseason: bool,
        processed_at: i64,
    }
    let environment = cloud.environment(&cloud.services.url).into_iter().collect();
    let platform = shared::config::Platform::read(&environment).expect("a platform");
    let bigquery = shared::bigquery::BigQuery::new(&platform);
    let sql = "SELECT bdl_player_id, is_postseason, processed_at FROM nba_raw.bdl_player_boxscores
               WHERE game_date >= @since ORDER BY bdl_player_id";
    let since = shared::bigquery::Parameter::date("since", "2025-10-01".parse().expect("a day"));
    let rows: Vec<Row> = bigquery.query(sql, &[since]).await.expect("rows");
    assert_eq!(rows.len(), 12_001);
    assert!(rows.iter().zip(0..).all(|(row, id)| row.bdl_player_id == id && !row.is_postseason));
    assert_eq!(rows[0].processed_at, 1_767_225_600_000_000);
    let error = bigquery.query::<Row>(sql, &[]).await.err().expect("a parameter is missing");
    assert!(error.to_string().contains("Query parameter '@since' not found"), "{error}");
}
