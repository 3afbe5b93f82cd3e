//! The scraper: one poll becomes one unmodified raw snapshot.

use local_cloud::cloud::RAW_BUCKET;
use reqwest::StatusCode;
use serde_json::{Value, json, value::RawValue};
use tests::{Cloud, HandClock, Reply, Stub, game};

const NIGHT: &str = "2026-01-10T02:12:01Z";
const SNAPSHOT: &str = "ball-dont-lie/live-boxscores/2026-01-09/20260110_021201.json";

fn in_progress(id: i64) -> Value {
    game(id, "2026-01-09", "3rd Qtr", 3, "Q3 6:35")
}

#[tokio::test]
async fn a_poll_becomes_a_snapshot_in_the_folder_of_its_slate_day() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([in_progress(1), in_progress(2)])]).await;
    let answer = cloud.scraper(&stub, &clock).await.post("").await;
    assert_eq!(answer.status, StatusCode::OK);
    let expected = json!({"status": "success", "source": "balldontlie", "pollId": "20260110T021201Z", "gameCount": 2, "path": SNAPSHOT});
    assert_eq!(answer.json, expected);
    let snapshot = cloud.json(RAW_BUCKET, SNAPSHOT);
    assert_eq!(snapshot["timestamp"], "2026-01-10T02:12:01.000000+00:00");
    assert_eq!(snapshot["pollId"], "20260110T021201Z");
    assert_eq!(snapshot["gameCount"], 2);
    assert_eq!(snapshot["liveBoxes"], json!([in_progress(1), in_progress(2)]));
    assert_eq!(stub.asked(), ["/v1/box_scores/live?per_page=100"]);
    assert_eq!(stub.authorization().as_deref(), Some("key"), "as the vendor documents it, without Bearer");
}

#[tokio::test]
async fn games_are_kept_to_the_last_digit_and_unknown_field() {
    let game = r#"{"id":1,  "fg_pct":0.40,"huge":123456789012345678901234567890,"tiny":1.0e-7,"odd":"\u00e9é","new":{"a":[null, true]}}"#;
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::text(200, format!("{{\"data\":[{game}]}}"))]).await;
    assert_eq!(cloud.scraper(&stub, &clock).await.post("").await.status, StatusCode::OK);
    #[allow(non_snake_case)]
    #[derive(serde::Deserialize)]
    struct Snapshot {
        liveBoxes: Vec<Box<RawValue>>,
    }
    let snapshot: Snapshot = serde_json::from_slice(&cloud.object(RAW_BUCKET, SNAPSHOT)).expect("a snapshot");
    assert_eq!(snapshot.liveBoxes.len(), 1);
    assert_eq!(snapshot.liveBoxes[0].get(), game);
}

#[tokio::test]
async fn every_page_is_fetched() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let pages = [
        Reply::page([in_progress(1)], 25),
        Reply::page([in_progress(2)], "next"),
        Reply::page([in_progress(3)], Value::Null),
    ];
    let stub = Stub::answering(pages).await;
    let answer = cloud.scraper(&stub, &clock).await.post("").await;
    assert_eq!(answer.json["gameCount"], 3);
    let live = "/v1/box_scores/live?per_page=100";
    assert_eq!(stub.asked(), [live.to_owned(), format!("{live}&cursor=25"), format!("{live}&cursor=next")]);
}

#[tokio::test]
async fn pages_that_go_in_a_circle_are_a_list_that_ends_there() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let circle = Stub::answering([Reply::page([in_progress(1)], 7), Reply::page([in_progress(2)], 7)]).await;
    let answer = cloud.scraper(&circle, &clock).await.post("").await;
    assert_eq!((answer.status, &answer.json["gameCount"]), (StatusCode::OK, &json!(2)));
    assert_eq!(circle.asked().len(), 2);
}

#[tokio::test]
async fn pages_without_an_end_are_an_error_and_nothing_is_written() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let endless = Stub::answering((1..40).map(|page| Reply::page([], page))).await;
    let answer = cloud.scraper(&endless, &clock).await.post("").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert_eq!(answer.message(), "BallDontLie: sent more than 20 pages of box scores");
    assert_eq!(endless.asked().len(), 20);
    assert!(cloud.names(RAW_BUCKET, "").is_empty());
}

#[tokio::test]
async fn twenty_pages_are_not_too_many() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let pages =
        (1..20).map(|page| Reply::page([in_progress(page)], page)).chain([Reply::games([in_progress(20)])]);
    let stub = Stub::answering(pages).await;
    assert_eq!(cloud.scraper(&stub, &clock).await.post("").await.json["gameCount"], 20);
}

#[tokio::test]
async fn off_hours_the_snapshot_is_written_all_the_same() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at("2026-01-10T17:00:00Z"));
    let stub = Stub::answering([Reply::text(200, r#"{"data":[]}"#)]).await;
    let answer = cloud.scraper(&stub, &clock).await.post("").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!((&answer.json["status"], &answer.json["gameCount"]), (&json!("no_data"), &json!(0)));
    let snapshot = cloud.json(RAW_BUCKET, "ball-dont-lie/live-boxscores/2026-01-10/20260110_170000.json");
    assert_eq!(snapshot["liveBoxes"], json!([]));
}

#[tokio::test]
async fn while_no_game_is_in_progress_a_poll_is_stored_in_every_third_minute() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let before = || game(1, "2026-01-09", "2026-01-10T02:30:00Z", 0, "");
    let over = || game(2, "2026-01-09", "Final", 4, "Final");
    let unreadable = || json!({"id": 3, "status": "?"});
    let every_third = r#"{"idle_every_minutes": 3}"#;
    for (minute, games, body, stored) in [
        (9, vec![before(), over()], every_third, true),
        (10, vec![before(), over()], every_third, false),
        (11, vec![], every_third, false),
        (12, vec![], every_third, true),
        (13, vec![over(), in_progress(4)], every_third, true),
        (14, vec![over(), unreadable()], every_third, true),
        (16, vec![over()], "", true),
        (17, vec![over()], "{}", true),
    ] {
        clock.set(&format!("2026-01-10T02:{minute:02}:01Z"));
        let stub = Stub::answering([Reply::games(games)]).await;
        let answer = cloud.scraper(&stub, &clock).await.post(body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let path = format!("ball-dont-lie/live-boxscores/2026-01-09/20260110_02{minute:02}01.json");
        assert_eq!(cloud.names(RAW_BUCKET, &path).len(), usize::from(stored), "minute {minute}");
        let said = (answer.json["status"] == "idle", answer.json["path"].as_str());
        assert_eq!(said, (!stored, stored.then_some(path.as_str())), "minute {minute}");
    }
}

#[tokio::test]
async fn an_interval_that_is_none_is_refused_by_name() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    for (body, said) in [
        (r#"{"idle_every_minutes": 0}"#, "idle_every_minutes: 0, expected 1 to 60"),
        (r#"{"idle_every_minutes": 61}"#, "idle_every_minutes: 61, expected 1 to 60"),
        (r#"{"every": 3}"#, "unknown field `every`"),
    ] {
        let stub = Stub::answering([]).await;
        let answer = cloud.scraper(&stub, &clock).await.post(body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer.message().contains(said), "{}", answer.message());
        assert!(stub.asked().is_empty());
    }
}

#[tokio::test]
async fn a_second_poll_in_the_same_second_leaves_the_first_snapshot_as_it_is() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub =
        Stub::answering([Reply::games([in_progress(1)]), Reply::games([in_progress(2), in_progress(3)])])
            .await;
    let scraper = cloud.scraper(&stub, &clock).await;
    assert_eq!(scraper.post("").await.status, StatusCode::OK);
    let second = scraper.post("").await;
    assert_eq!((second.status, &second.json["path"]), (StatusCode::OK, &json!(SNAPSHOT)));
    assert_eq!(second.json["gameCount"], 1, "of the snapshot that is kept");
    assert_eq!(cloud.json(RAW_BUCKET, SNAPSHOT)["liveBoxes"][0]["id"], 1);
}

#[tokio::test]
async fn f24_a_refused_key_is_reported_at_once_and_never_retried() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    for status in [401, 403] {
        let stub = Stub::answering([Reply::text(status, "Unauthorized")]).await;
        let answer = cloud.scraper(&stub, &clock).await.post("").await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
        assert!(answer.message().contains("the key in BDL_API_KEY is refused"), "{}", answer.message());
        assert_eq!(stub.asked().len(), 1);
    }
    assert!(cloud.names(RAW_BUCKET, "").is_empty());
}

#[tokio::test]
async fn f22_a_burst_of_errors_is_outlived() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([
        Reply::text(500, "oops"),
        Reply::text(200, "<html>maintenance</html>"),
        Reply::games([in_progress(1)]),
    ])
    .await;
    assert_eq!(cloud.scraper(&stub, &clock).await.post("").await.status, StatusCode::OK);
    assert_eq!(stub.asked().len(), 3);
}

#[tokio::test]
async fn the_wait_that_upstream_asks_for_is_kept() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let busy = Reply::text(429, "slow down").with_header("retry-after", "2");
    let stub = Stub::answering([busy, Reply::games([in_progress(1)])]).await;
    let started = std::time::Instant::now();
    assert_eq!(cloud.scraper(&stub, &clock).await.post("").await.status, StatusCode::OK);
    assert!(started.elapsed() >= std::time::Duration::from_secs(2));

    let closed = Stub::answering([Reply::text(429, "tomorrow").with_header("retry-after", "86400")]).await;
    let answer = cloud.scraper(&closed, &clock).await.post("").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert_eq!(closed.asked().len(), 1, "a wait beyond the budget is no retry");
}

#[tokio::test]
async fn an_answer_that_is_no_list_of_games_is_upstream_s_failure() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::text(200, r#"{"error":"not today"}"#)]).await;
    let answer = cloud.scraper(&stub, &clock).await.post("").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(
        answer.message().contains("sent no list of box scores: missing field `data`"),
        "{}",
        answer.message()
    );
    assert!(cloud.names(RAW_BUCKET, "").is_empty());
}
