//! The live export: a poll becomes the public scores of its slate day.

use std::time::Duration;

use local_cloud::{cloud::API_BUCKET, latency::Latency};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{Cloud, HandClock, Reply, Stub, game};

const NIGHT: &str = "2026-01-10T02:12:01.500000Z";
const DATED: &str = "v1/live/2026-01-09.json";
const LATEST: &str = "v1/live/latest.json";
const GRADING: &str = "v1/live-grading/2026-01-09.json";
const LATEST_GRADING: &str = "v1/live-grading/latest.json";
const TIMELINE: &str = "v1/live-timeline/2026-01-09.json";
const LATEST_TIMELINE: &str = "v1/live-timeline/latest.json";
const DATES: &str = "v1/dates.json";
const STATUS: &str = "v1/status.json";

fn on(id: i64) -> Value {
    game(id, "2026-01-09", "3rd Qtr", 3, "Q3 6:35")
}

fn over(id: i64) -> Value {
    game(id, "2026-01-09", "Final", 4, "Final")
}

fn ids(document: &Value) -> Vec<&str> {
    let games = document["games"].as_array().expect("games");
    games.iter().map(|game| game["game_id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn a_poll_becomes_the_document_of_its_day_and_the_latest() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([over(1), on(2)])]).await;
    let answer = cloud.exporter(&stub, &clock).await.post(r#"{"target_date":"today"}"#).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json["date"], "2026-01-09");
    assert_eq!(answer.json["status"], "success");
    let paths = json!({
        "live": tests::uri(DATED), "latest": tests::uri(LATEST), "live_grading": tests::uri(GRADING),
        "live_grading_latest": tests::uri(LATEST_GRADING), "live_timeline": tests::uri(TIMELINE),
        "live_timeline_latest": tests::uri(LATEST_TIMELINE),
    });
    assert_eq!(answer.json["paths"], paths);
    assert_eq!((&answer.json["games_in_progress"], &answer.json["games_final"]), (&json!(1), &json!(1)));
    assert!(answer.json["duration_seconds"].is_f64());

    let document = cloud.document(DATED).await;
    assert_eq!(document, cloud.document(LATEST).await);
    let player = |lookup: &str, id: i64, name: &str, team: &str, points: i64| {
        json!({
            "player_lookup": lookup, "bdl_player_id": id, "nba_player_id": null, "name": name, "team": team, "points": points, "rebounds": 3, "assists": 4,
            "steals": 1, "blocks": 0, "turnovers": 2, "personal_fouls": 1, "minutes": "12", "fg_made": points / 2, "fg_attempted": points,
            "fg3_made": 0, "fg3_attempted": 0, "ft_made": 0, "ft_attempted": 0,
        })
    };
    let game = |id: &str, [home, away]: [&str; 2], status: &str, period: i64, time: &str| {
        json!({
            "game_id": id, "nba_game_id": null, "source": "balldontlie", "moved_at": "2026-01-10T02:12:01.500Z", "status": status, "period": period, "time_remaining": time,
            "home_team": home, "away_team": away, "home_score": 10, "away_score": 8, "player_count": 2,
            "players": [
                player("hugogonzalez", id.parse::<i64>().expect("a number") * 10, "Hugo González", home, 10),
                player("nolantraore", id.parse::<i64>().expect("a number") * 10 + 1, "Nolan Traoré", away, 8),
            ],
        })
    };
    assert_eq!(
        document,
        json!({
            "updated_at": "2026-01-10T02:12:01.500000+00:00", "game_date": "2026-01-09", "poll_id": "20260110T021201Z",
            "next_update_expected": "2026-01-10T02:12:31.500Z",
            "games_in_progress": 1, "games_final": 1, "total_games": 2,
            "games": [
                game("2", ["LAL", "MIL"], "in_progress", 3, "Q3 6:35"),
                game("1", ["BOS", "BKN"], "final", 4, "Final"),
            ],
        })
    );
}

#[tokio::test]
async fn an_empty_body_means_today() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    for body in ["", "{}", " \n"] {
        let answer = exporter.post(body).await;
        assert_eq!((answer.status, &answer.json["date"]), (StatusCode::OK, &json!("2026-01-09")), "{body:?}");
    }
}

#[tokio::test]
async fn the_documents_are_public_with_their_cache_time() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    cloud.exporter(&stub, &clock).await.post("").await;
    for object in [DATED, LATEST] {
        let response = cloud.public(object).await;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        assert_eq!(header("cache-control").as_deref(), Some("public, max-age=10"));
        assert_eq!(header("content-type").as_deref(), Some("application/json"));
        assert!(!response.text().await.expect("a text").contains("\n"), "compact");
    }
}

#[tokio::test]
async fn f5_games_of_another_day_are_not_published_under_today() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at("2026-01-10T17:00:00Z"));
    let stub =
        Stub::answering([Reply::games([over(1), game(2, "2026-01-10", "1st Qtr", 1, "Q1 9:00")])]).await;
    cloud.exporter(&stub, &clock).await.post("").await;
    assert_eq!(ids(&cloud.document("v1/live/2026-01-10.json").await), ["2"]);
    assert_eq!(ids(&cloud.document(LATEST).await), ["2"]);
    assert!(cloud.names(API_BUCKET, DATED).is_empty());
}

#[tokio::test]
async fn f8_past_midnight_the_night_s_late_games_are_still_today() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at("2026-01-10T06:45:00Z"));
    let stub = Stub::answering([Reply::games([game(1, "2026-01-09", "OT", 5, "OT 2:10")])]).await;
    let answer = cloud.exporter(&stub, &clock).await.post("").await;
    assert_eq!(answer.json["date"], "2026-01-09");
    let document = cloud.document(LATEST).await;
    assert_eq!(
        (&document["game_date"], &document["games"][0]["time_remaining"]),
        (&json!("2026-01-09"), &json!("OT1 2:10"))
    );
}

#[tokio::test]
async fn f2_today_and_yesterday_are_dates_and_never_file_names() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([over(1)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post(r#"{"target_date":"today"}"#).await;
    assert_eq!(exporter.post(r#"{"target_date":"yesterday"}"#).await.json["date"], "2026-01-08");
    assert_eq!(cloud.names(API_BUCKET, "v1/live/"), ["v1/live/2026-01-08.json", DATED, LATEST]);
    let grading = ["v1/live-grading/2026-01-08.json", GRADING, LATEST_GRADING];
    assert_eq!(cloud.names(API_BUCKET, "v1/live-grading/"), grading);
}

#[tokio::test]
async fn another_day_comes_from_the_dated_endpoint_and_leaves_latest_alone() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at("2026-01-12T20:00:00Z"));
    let stub = Stub::answering([Reply::games([over(1), over(2)])]).await;
    let answer = cloud.exporter(&stub, &clock).await.post(r#"{"target_date":"2026-01-09"}"#).await;
    assert_eq!(
        answer.json["paths"],
        json!({
            "live": tests::uri(DATED), "live_grading": tests::uri(GRADING), "live_timeline": tests::uri(TIMELINE),
        })
    );
    assert_eq!(stub.asked(), ["/v1/box_scores?per_page=100&date=2026-01-09"]);
    assert_eq!(ids(&cloud.document(DATED).await), ["1", "2"]);
    assert_eq!(cloud.names(API_BUCKET, ""), [DATES, GRADING, TIMELINE, DATED]);
}

#[tokio::test]
async fn today_by_its_date_is_today() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    cloud.exporter(&stub, &clock).await.post(r#"{"target_date":"2026-01-09"}"#).await;
    assert_eq!(stub.asked(), ["/v1/box_scores/live?per_page=100"]);
    let grading = [GRADING, LATEST_GRADING, TIMELINE, LATEST_TIMELINE];
    assert_eq!(cloud.names(API_BUCKET, ""), [&[DATES], &grading[..], &[DATED, LATEST, STATUS]].concat());
}

#[tokio::test]
async fn a_finished_game_stays_when_upstream_drops_it() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([over(1), on(2)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    stub.answer([Reply::games([on(2)])]);
    clock.set("2026-01-10T02:15:01Z");
    exporter.post("").await;
    assert_eq!(ids(&cloud.document(DATED).await), ["2", "1"]);
    // A newly started instance reads it from the document.
    stub.answer([Reply::games([over(2)])]);
    clock.set("2026-01-10T02:18:01Z");
    cloud.exporter(&stub, &clock).await.post("").await;
    let document = cloud.document(LATEST).await;
    assert_eq!((ids(&document), &document["games_final"]), (vec!["1", "2"], &json!(2)));
}

#[tokio::test]
async fn f63_a_game_that_vanishes_before_we_saw_it_end_is_asked_for_by_date() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1), on(2)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    stub.answer([Reply::games([on(2)]), Reply::games([over(1), on(2)])]);
    clock.set("2026-01-10T04:30:00Z");
    exporter.post("").await;
    let document = cloud.document(DATED).await;
    assert_eq!((ids(&document), &document["games"][1]["status"]), (vec!["2", "1"], &json!("final")));
    assert_eq!(stub.asked().last().map(String::as_str), Some("/v1/box_scores?per_page=100&date=2026-01-09"));

    // If the dated endpoint fails, the game keeps its last known state.
    stub.answer([Reply::games([]), Reply::text(401, "no")]);
    clock.set("2026-01-10T04:33:00Z");
    assert_eq!(exporter.post("").await.status, StatusCode::OK);
    assert_eq!(ids(&cloud.document(DATED).await), ["2", "1"]);

    // It also does if the dated endpoint lacks the game: a game that has begun is not dropped.
    stub.answer([Reply::games([])]);
    clock.set("2026-01-10T04:36:00Z");
    exporter.post("").await;
    assert_eq!(ids(&cloud.document(DATED).await), ["2", "1"]);
}

#[tokio::test]
async fn a_game_that_never_began_goes_when_upstream_no_longer_has_it() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let to_come = |id| game(id, "2026-01-09", "2026-01-10T03:00:00Z", 0, "");
    let stub = Stub::answering([Reply::games([over(1), to_come(2)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    // The dated endpoint is called only for what is missing.
    stub.answer([Reply::games([over(1)]), Reply::games([over(1), to_come(3)])]);
    clock.set("2026-01-10T02:15:01Z");
    exporter.post("").await;
    assert_eq!(ids(&cloud.document(DATED).await), ["1"]);
}

#[tokio::test]
async fn a_game_does_not_go_back_when_upstream_does() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([over(1), on(2)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    let before = cloud.document(DATED).await["games"].clone();
    let mut without_players = over(1);
    without_players["home_team"]["players"] = json!([]);
    let earlier = game(2, "2026-01-09", "2nd Qtr", 2, "Q2 1:00");
    stub.answer([Reply::games([without_players, earlier])]);
    clock.set("2026-01-10T02:15:01Z");
    exporter.post("").await;
    let mut held = cloud.document(DATED).await["games"].clone();
    let regressed = held[0].as_object_mut().expect("a game").remove("regressed_since");
    assert_eq!((held, regressed), (before, Some(json!("2026-01-10T02:15:01Z"))));
    // A correction of the score is not a regression, and an overtime may follow an apparent end.
    let mut corrected = game(1, "2026-01-09", "OT", 5, "OT 5:00");
    corrected["home_team_score"] = json!(9);
    stub.answer([Reply::games([corrected, on(2)])]);
    clock.set("2026-01-10T02:18:01Z");
    exporter.post("").await;
    let game = &cloud.document(DATED).await["games"][0];
    assert_eq!((&game["home_score"], &game["time_remaining"]), (&json!(9), &json!("OT1 5:00")));
}

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
            seen.lock().unwrap().push(news.body.clone());
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
async fn a_document_that_cannot_be_read_is_made_anew_from_the_whole_day() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    cloud.upload(API_BUCKET, DATED, r#"{"games":"of an older shape"}"#).await;
    let stub = Stub::answering([Reply::games([on(2)]), Reply::games([over(1), on(2)])]).await;
    assert_eq!(cloud.exporter(&stub, &clock).await.post("").await.json["status"], "success");
    assert_eq!(ids(&cloud.document(DATED).await), ["2", "1"]);
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
async fn an_empty_night_is_published_when_upstream_says_so() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at("2026-01-10T17:00:00Z"));
    let stub = Stub::answering([Reply::games([])]).await;
    let answer = cloud.exporter(&stub, &clock).await.post("").await;
    assert_eq!(answer.status, StatusCode::OK);
    let document = cloud.document(LATEST).await;
    assert_eq!((&document["total_games"], &document["games"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn a_game_that_cannot_be_read_keeps_what_was_known_of_it() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1), on(2)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    let mut unreadable = on(1);
    unreadable["home_team"] = Value::Null;
    stub.answer([Reply::games([unreadable, over(2)])]);
    clock.set("2026-01-10T02:15:01Z");
    assert_eq!(exporter.post("").await.status, StatusCode::OK);
    assert_eq!(ids(&cloud.document(DATED).await), ["1", "2"]);
}

#[tokio::test]
async fn names_come_from_the_directory_and_ids_from_the_schedule() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let known = |id: i64, date: &str, name: &str, lookup: &str| {
        json!({
            "game_id": "g", "game_date": date, "season_year": 2025, "is_postseason": false, "home_team_abbr": "BOS",
            "away_team_abbr": "BKN", "team_abbr": "BOS", "player_full_name": name, "player_lookup": lookup,
            "bdl_player_id": id, "source_file_path": "test", "created_at": "2026-01-01T00:00:00Z",
            "processed_at": "2026-01-01T00:00:00Z",
        })
    };
    cloud.append(
        "nba_raw",
        "bdl_player_boxscores",
        &[
            known(10, "2025-12-01", "Hugo Gonzalez", "hugogonzalez"),
            known(10, "2026-01-05", "H. González Peña", "hgonzlezpea"),
            known(11, "2025-04-01", "Last Season", "lastseason"),
        ],
    );
    let scheduled = |source: &str| {
        json!({
            "game_id": "0022500555", "game_code": "x", "season": "2025", "season_nba_format": "2025-26",
            "season_year": 2025, "game_date": "2026-01-09", "home_team_id": 1, "away_team_id": 2,
            "home_team_tricode": "BOS", "away_team_tricode": "BKN", "home_team_name": "Celtics",
            "away_team_name": "Nets", "data_source": source, "source_file_path": "test",
            "created_at": "2026-01-01T00:00:00Z", "processed_at": "2026-01-01T00:00:00Z",
        })
    };
    cloud.append("nba_raw", "nbac_schedule", &[scheduled("api_stats"), scheduled("cdn_static")]);
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    cloud.exporter(&stub, &clock).await.post("").await;
    let game = &cloud.document(LATEST).await["games"][0];
    assert_eq!(game["nba_game_id"], "0022500555");
    let named = |index: usize| (&game["players"][index]["name"], &game["players"][index]["player_lookup"]);
    assert_eq!(named(0), (&json!("H. González Peña"), &json!("hgonzalezpena")), "the newest, mended");
    assert_eq!(named(1), (&json!("Nolan Traoré"), &json!("nolantraore")), "of this season only");
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

#[tokio::test]
async fn a_warm_export_is_one_fetch_and_reads_nothing() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    cloud.services.calls.take();
    // Within the same second each object would be refused once.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    clock.set("2026-01-10T02:15:01Z");
    exporter.post("").await;
    assert_eq!(stub.asked().len(), 2);
    let calls: Vec<_> =
        cloud.services.calls.take().into_iter().map(|(call, made)| (call, made.calls)).collect();
    assert_eq!(calls, [("POST /upload/storage/v1/b/{bucket}/o".to_owned(), 7)], "seven writes, all at once");
    assert_eq!(cloud.document(LATEST).await["poll_id"], "20260110T021501Z");
}

#[tokio::test]
async fn the_four_states_and_every_clock_are_shown_as_the_contract_has_them() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let mut postponed = game(5, "2026-01-09", "2026-01-10T00:00:00Z", 0, "");
    postponed["status_state"] = "postponed".into();
    let games = [
        game(1, "2026-01-09", "2026-01-10T03:00:00Z", 0, ""),
        game(2, "2026-01-09", "4th Qtr", 4, "Q4 5:39"),
        game(3, "2026-01-09", "Halftime", 2, "Halftime"),
        game(4, "2026-01-09", "Final/OT", 5, "Final"),
        postponed,
        game(6, "2026-01-09", "3rd Qtr", 3, "6:35"),
    ];
    let stub = Stub::answering([Reply::games(games)]).await;
    cloud.exporter(&stub, &clock).await.post("").await;
    let document = cloud.document(LATEST).await;
    let shown: Vec<_> = document["games"]
        .as_array()
        .expect("games")
        .iter()
        .map(|game| ["game_id", "status", "time_remaining"].map(|field| game[field].as_str().unwrap_or("?")))
        .collect();
    assert_eq!(
        shown,
        [
            ["2", "in_progress", "Q4 5:39"],
            ["3", "in_progress", "Halftime"],
            ["6", "in_progress", "Q3 6:35"],
            ["4", "final", "Final/OT"],
            ["1", "scheduled", ""],
            ["5", "postponed", "Postponed"],
        ]
    );
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
