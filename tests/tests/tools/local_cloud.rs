//! The local cloud behaves like the real one in every respect that the functions rely on.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode},
    routing::post,
};
use local_cloud::{
    cloud::{API_BUCKET, RAW_BUCKET},
    delivery::Subscription,
    night::Night,
    pubsub::{COMPLETE_TOPIC, TRIGGER_TOPIC},
    seed,
};
use serde_json::{Value, json};
use shared::{
    env::Environment,
    google::{GoogleCloud, bigquery::BigQuery, pubsub::Topic},
    service::event::MESSAGE_PUBLISHED,
};
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
    let too_soon = write(first.json["generation"].as_str().expect("a generation")).await;
    assert_eq!(too_soon.status, 429, "an object is written once a second at most");
    tokio::time::sleep(Duration::from_secs(1)).await;
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
    assert_eq!(get("storage/v1/b/nba-scraped-data/o?delimiter=/").await.0, 501);
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
    let environment = cloud.environment("operator", &cloud.services.url).into_iter().collect();
    let google = GoogleCloud::read(&environment).expect("a project");
    let bigquery = BigQuery::new(&google);
    let sql = "SELECT bdl_player_id, is_postseason, processed_at FROM nba_raw.bdl_player_boxscores
               WHERE game_date >= @since ORDER BY bdl_player_id";
    let since = shared::google::bigquery::Parameter::date("since", "2025-10-01".parse().expect("a day"));
    let rows: Vec<Row> = bigquery.query(sql, &[since]).await.expect("rows");
    assert_eq!(rows.len(), 12_001);
    assert!(rows.iter().zip(0..).all(|(row, id)| row.bdl_player_id == id && !row.is_postseason));
    assert_eq!(rows[0].processed_at, 1_767_225_600_000_000);
    let error = bigquery.query::<Row>(sql, &[]).await.err().expect("a parameter is missing");
    assert!(error.to_string().contains("Query parameter '@since' not found"), "{error}");
}

#[tokio::test]
async fn a_message_reaches_its_subscriber_again_until_it_is_taken() {
    let cloud = Cloud::start().await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let receive = move |headers: HeaderMap, Json(data): Json<Value>| async move {
        let mut seen = seen.lock().expect("the deliveries");
        seen.push((headers["ce-id"].clone(), headers["ce-type"].clone(), data["message"]["data"].clone()));
        if seen.len() < 3 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    };
    let function = Function::start(Router::new().route("/", post(receive))).await;
    let services = &cloud.services;
    services.delivery.set_subscription(Subscription::deployed().hastened());
    services.delivery.subscribe(&services.topics, TRIGGER_TOPIC, function.url.clone());
    let id = services.topics.publish(TRIGGER_TOPIC, "{}".into()).expect("a topic");
    services.delivery.drain().await;
    let deliveries = asked.lock().expect("the deliveries").clone();
    assert_eq!(deliveries.len(), 3);
    for (of, kind, data) in deliveries {
        assert_eq!(
            (of, kind),
            (id.as_str().parse().expect("an id"), HeaderValue::from_static(MESSAGE_PUBLISHED))
        );
        assert_eq!(data, "e30=");
    }
}

/// A function that answers more slowly than the acknowledgement deadline, and the number of calls to it.
async fn slow_function(takes: Duration) -> (Function, Arc<AtomicU32>) {
    let calls = Arc::new(AtomicU32::new(0));
    let counter = calls.clone();
    let receive = move || async move {
        // The second answer comes in time.
        if counter.fetch_add(1, Ordering::SeqCst) == 0 {
            tokio::time::sleep(takes).await;
        }
        StatusCode::OK
    };
    (Function::start(Router::new().route("/", post(receive))).await, calls)
}

#[tokio::test]
async fn a_delivery_that_takes_longer_than_the_deadline_comes_again() {
    let cloud = Cloud::start().await;
    let (function, calls) = slow_function(Duration::from_secs(2)).await;
    let services = &cloud.services;
    let deadline = Duration::from_millis(300);
    services
        .delivery
        .set_subscription(Subscription { ack_deadline: deadline, ..Subscription::deployed().hastened() });
    services.delivery.subscribe(&services.topics, TRIGGER_TOPIC, function.url.clone());
    services.topics.publish(TRIGGER_TOPIC, "{}".into()).expect("a topic");
    services.delivery.drain().await;
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn until_a_subscription_is_set_it_waits_ten_seconds_as_eventarc_s_do() {
    let cloud = Cloud::start().await;
    let (function, calls) = slow_function(Duration::from_secs(25)).await;
    let services = &cloud.services;
    services.delivery.subscribe(&services.topics, TRIGGER_TOPIC, function.url.clone());
    services.topics.publish(TRIGGER_TOPIC, "{}".into()).expect("a topic");
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    // The deadline of ten seconds, and the first pause of ten seconds.
    services.delivery.drain().await;
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    let deployed = Subscription::deployed();
    assert!(deployed.ack_deadline > shared::service::INVOCATION_DEADLINE, "the deployment sets a longer one");
}

#[tokio::test]
async fn the_real_client_publishes_to_a_topic_and_is_told_of_one_that_is_missing() {
    let cloud = Cloud::start().await;
    let environment: Environment = cloud.environment("operator", &cloud.services.url).into_iter().collect();
    let google = GoogleCloud::read(&environment).expect("a project");
    Topic::new(&google, COMPLETE_TOPIC).publish("{\"status\":\"success\"}".into()).await.expect("a topic");
    assert_eq!(cloud.completions(), [json!({"status": "success"})]);
    let missing = Topic::new(&google, "nobody-made-this").publish("{}".into()).await;
    let error = missing.expect_err("no such topic").to_string();
    assert!(error.contains("projects/local/topics/nobody-made-this"), "{error}");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_warehouse_and_another_one_another() {
    let night = Night::sample().expect("the sample night");
    let rows = async |number: u64| {
        let cloud = Cloud::start().await;
        let filled = seed::warehouse(&cloud.services.warehouse, &night, number).expect("a warehouse");
        assert!(filled.iter().all(|(table, rows)| *rows > 0
            && cloud.number(&format!("SELECT COUNT(*) FROM {table}")) as usize == *rows));
        let tables = filled.iter().map(|(table, _)| cloud.rows(&format!("SELECT * FROM {table}")));
        tables.collect::<Vec<_>>()
    };
    let first = rows(1).await;
    assert!(first == rows(1).await);
    assert!(first != rows(2).await);
}

/// The generated data contain the defects that the functions must handle.
#[tokio::test]
async fn the_seeded_warehouse_has_the_dirt_of_the_real_one() {
    let cloud = Cloud::start().await;
    let night = Night::sample().expect("the sample night");
    seed::warehouse(&cloud.services.warehouse, &night, 1).expect("a warehouse");
    for (what, sql) in [
        (
            "doubled players",
            "SELECT COUNT(*) - COUNT(DISTINCT player_lookup) FROM nba_analytics.upcoming_player_game_context",
        ),
        (
            "ids of ten digits",
            "SELECT COUNT(*) FROM nba_predictions.player_prop_predictions WHERE game_id LIKE '002%'",
        ),
        (
            "ids of teams",
            "SELECT COUNT(*) FROM nba_predictions.player_prop_predictions WHERE game_id LIKE '2025%'",
        ),
        (
            "missing lines",
            "SELECT COUNT(*) FROM nba_predictions.player_prop_predictions WHERE is_active AND current_points_line IS NULL",
        ),
        (
            "a team without context",
            "SELECT 6 - COUNT(DISTINCT team_abbr) FROM nba_analytics.upcoming_player_game_context",
        ),
        (
            "broken odds",
            "SELECT COUNT(*) FROM nba_raw.bettingpros_player_points_props WHERE odds_american = 199900",
        ),
        (
            "other markets",
            "SELECT COUNT(*) FROM nba_raw.bettingpros_player_points_props WHERE market_type <> 'points'",
        ),
        (
            "stale injuries",
            "SELECT COUNT(*) FROM nba_raw.nbac_injury_report WHERE report_date < '2025-12-20'",
        ),
        ("games not played", "SELECT COUNT(*) FROM nba_analytics.player_game_summary WHERE is_dnp"),
        (
            "such that nobody marked",
            "SELECT COUNT(*) FROM nba_analytics.player_game_summary WHERE points IS NULL AND is_dnp IS NULL",
        ),
        (
            "two confidence scales",
            "SELECT COUNT(*) FROM nba_predictions.player_prop_predictions WHERE confidence_score < 1",
        ),
        (
            "traded players",
            "SELECT COUNT(*) - COUNT(DISTINCT player_lookup) FROM nba_reference.nba_players_registry WHERE season = '2025-26'",
        ),
    ] {
        assert!(cloud.number(sql) > 0, "{what}");
    }
}
