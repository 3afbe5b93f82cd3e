//! Limits at their boundary: the largest allowed input is accepted whole, anything larger is refused with a
//! specific error.

use local_cloud::cloud::RAW_BUCKET;
use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::sources::{MAX_GAMES, MAX_PLAYERS, MAX_TEXT};
use tests::{Answer, Cloud, HandClock, Reply, Stub, game, snapshot};

const NIGHT: &str = "2026-01-10T02:12:01.500000Z";
const SNAPSHOT: &str = "ball-dont-lie/live-boxscores/2026-01-09/20260110_021201.json";
const COUNT: &str = "SELECT COUNT(*) FROM nba_raw.bdl_live_boxscores";

fn in_progress(id: usize) -> Value {
    game(id.try_into().expect("an id"), "2026-01-09", "3rd Qtr", 3, "Q3 6:35")
}

/// A game of this many players, half of them in each team.
fn crowded(players: usize) -> Value {
    let mut game = in_progress(1);
    let line = game["home_team"]["players"][0].clone();
    for (side, ids) in [("home_team", 0..players / 2), ("visitor_team", players / 2..players)] {
        let lines = ids.map(|id| {
            let mut line = line.clone();
            line["player"]["id"] = (1_000 + id).into();
            line
        });
        game[side]["players"] = lines.collect();
    }
    game
}

async fn process(body: String) -> (Cloud, Answer) {
    let cloud = Cloud::start().await;
    let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, body).await;
    let answer = cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    (cloud, answer)
}

fn rejected(cloud: &Cloud) -> Vec<String> {
    let letter = cloud.dead_letter();
    let rejected = letter["rejected"].as_array().expect("a list").iter();
    rejected
        .map(|it| format!("{}: {}", it["what"].as_str().unwrap(), it["reason"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn five_hundred_games_are_a_poll_and_one_more_is_not() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let games = |count: usize| Reply::games((1..=count).map(in_progress));
    let stub = Stub::answering([games(MAX_GAMES)]).await;
    let answer = cloud.scraper(&stub, &clock).await.post("").await;
    assert_eq!((answer.status, &answer.json["gameCount"]), (StatusCode::OK, &json!(500)));
    stub.answer([games(MAX_GAMES + 1)]);
    clock.set("2026-01-10T02:15:01Z");
    let answer = cloud.scraper(&stub, &clock).await.post("").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert_eq!(answer.message(), "BallDontLie: sent more than 500 games");
    assert_eq!(cloud.names(RAW_BUCKET, "ball-dont-lie/").len(), 1);
}

#[tokio::test]
async fn of_a_snapshot_five_hundred_games_are_stored_and_the_rest_is_kept() {
    let games: Vec<Value> = (1..=MAX_GAMES + 1).map(in_progress).collect();
    let (cloud, answer) = process(snapshot("20260110T021201Z", &games)).await;
    assert_eq!((&answer.json["rows"], &answer.json["rejected"]), (&json!(1_000), &json!(1)));
    assert_eq!(cloud.number(COUNT), 1_000);
    assert_eq!(rejected(&cloud), ["game 501: a poll has at most 500 games"]);
}

#[tokio::test]
async fn two_hundred_players_are_a_game_and_one_more_is_not() {
    let (cloud, answer) = process(snapshot("20260110T021201Z", &[crowded(MAX_PLAYERS)])).await;
    assert_eq!((&answer.json["rows"], cloud.number(COUNT)), (&json!(200), 200));
    let games = [crowded(MAX_PLAYERS + 1), in_progress(2)];
    let (cloud, answer) = process(snapshot("20260110T021201Z", &games)).await;
    assert_eq!((&answer.json["rows"], cloud.number(COUNT)), (&json!(2), 2));
    assert_eq!(rejected(&cloud), ["game 1: players: more than 200"]);
}

#[tokio::test]
async fn a_player_who_is_listed_twice_is_one_row_of_the_most_points() {
    let mut game = in_progress(1);
    // The row that is listed first is the newer one: points do not fall.
    let again = game["home_team"]["players"][0].clone();
    game["home_team"]["players"][0]["pts"] = 33.into();
    game["home_team"]["players"].as_array_mut().expect("players").push(again);
    let (cloud, _) = process(snapshot("20260110T021201Z", &[game])).await;
    let rows = cloud.rows("SELECT player_lookup, points FROM nba_raw.bdl_live_boxscores ORDER BY 2");
    assert_eq!(rows, [["nolantraore", "8"], ["hugogonzalez", "33"]]);
}

#[tokio::test]
async fn texts_up_to_two_hundred_characters_are_stored_whole_and_longer_ones_are_refused() {
    // The limit counts characters, not bytes: each of these has two bytes.
    let text = |length: usize| "é".repeat(length);
    let with = |length: usize| {
        let mut clock = in_progress(1);
        clock["time"] = text(length).into();
        let mut name = in_progress(2);
        name["home_team"]["players"][0]["player"]["first_name"] = "".into();
        name["home_team"]["players"][0]["player"]["last_name"] = text(length).into();
        let mut minutes = in_progress(3);
        minutes["home_team"]["players"][0]["min"] = text(length).into();
        snapshot("20260110T021201Z", &[clock, name, minutes])
    };
    let (cloud, answer) = process(with(MAX_TEXT)).await;
    assert_eq!((&answer.json["rows"], &answer.json["rejected"]), (&json!(6), &json!(0)));
    let longest = "SELECT MAX(LENGTH(time_remaining)), MAX(LENGTH(player_full_name)), MAX(LENGTH(minutes)) FROM nba_raw.bdl_live_boxscores";
    assert_eq!(cloud.rows(longest), [["200", "200", "200"]]);

    let (cloud, answer) = process(with(MAX_TEXT + 1)).await;
    assert_eq!((&answer.json["rows"], &answer.json["rejected"]), (&json!(2), &json!(3)));
    let rejected = rejected(&cloud);
    assert_eq!(rejected[0], "game 1: time: longer than 200 characters");
    assert!(rejected[1].ends_with("player.first_name and player.last_name: longer than 200 characters"));
    assert!(rejected[2].ends_with("min: longer than 200 characters"));
}

#[tokio::test]
async fn numbers_beyond_what_a_count_can_be_make_their_player_unreadable_and_sink_nothing_else() {
    for wrong in [
        "9223372036854775808",
        "-9223372036854775809",
        "-1",
        "4294967296",
        "4294967295",
        "1000",
        "1e400",
        "1.5",
        "\"NaN\"",
        "\"many\"",
    ] {
        let snapshot = snapshot("20260110T021201Z", &[in_progress(1)]);
        let snapshot = snapshot.replace("\"pts\":10", &format!("\"pts\":{wrong}"));
        let (cloud, answer) = process(snapshot).await;
        assert_eq!((&answer.json["rows"], &answer.json["rejected"]), (&json!(1), &json!(1)), "{wrong}");
        assert_eq!(cloud.number(COUNT), 1);
    }
    let snapshot = snapshot("20260110T021201Z", &[in_progress(1)]);
    let (cloud, _) = process(snapshot.replace("\"pts\":10", "\"pts\":999")).await;
    assert_eq!(cloud.number("SELECT MAX(points) FROM nba_raw.bdl_live_boxscores"), 999);
}

#[tokio::test]
async fn an_id_beyond_64_bits_costs_only_itself_and_nan_is_no_json() {
    let good = snapshot("20260110T021201Z", &[in_progress(1), in_progress(2)]);
    let (cloud, answer) = process(good.replacen("\"id\":1,", "\"id\":99999999999999999999,", 1)).await;
    assert_eq!((&answer.json["rows"], &answer.json["rejected"]), (&json!(4), &json!(0)));
    let ids = cloud.rows("SELECT DISTINCT game_id FROM nba_raw.bdl_live_boxscores ORDER BY game_id");
    assert_eq!(ids, [["2"], ["20260109_BKN_BOS"]]);
    let (cloud, answer) = process(good.replacen("\"pts\":10", "\"pts\":NaN", 1)).await;
    assert_eq!(answer.json["status"], "dead_letter");
    assert!(
        cloud.dead_letter()["reason"].as_str().is_some_and(|reason| reason.contains("is not a snapshot"))
    );
}

#[tokio::test]
async fn minutes_that_are_no_number_are_stored_as_they_came_and_counted_as_none() {
    for text in ["NaN", "inf", "-Infinity", "1e308", "99999999999999999999:99", "::", "-3"] {
        let mut game = in_progress(1);
        game["home_team"]["players"][0]["min"] = text.into();
        let (cloud, _) = process(snapshot("20260110T021201Z", &[game])).await;
        let row = "SELECT minutes, minutes_decimal FROM nba_raw.bdl_live_boxscores WHERE points = 10";
        assert_eq!(cloud.rows(row), [[text, "NULL"]], "{text}");
    }
}

#[tokio::test]
async fn a_period_of_any_size_is_stored() {
    for period in [i64::MIN, -1, 0, 99, i64::MAX] {
        let mut game = in_progress(1);
        game["period"] = period.into();
        let (cloud, answer) = process(snapshot("20260110T021201Z", &[game.clone()])).await;
        assert_eq!((&answer.json["status"], cloud.number(COUNT)), (&json!("stored"), 2), "{period}");
        let clock = HandClock::at(NIGHT);
        let stub = Stub::answering([Reply::games([game])]).await;
        assert_eq!(cloud.exporter(&stub, &clock).await.post("").await.status, StatusCode::OK, "{period}");
    }
}

#[tokio::test]
async fn nesting_without_end_costs_its_field_in_a_snapshot_and_is_refused_in_a_request() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let good = snapshot("20260110T021201Z", &[in_progress(1)]);
    let (cloud, answer) =
        process(good.replacen("\"postseason\":false", &format!("\"postseason\":{deep}"), 1)).await;
    assert_eq!((&answer.json["rows"], cloud.number(COUNT)), (&json!(2), 2), "nobody looks at postseason");
    let (cloud, answer) =
        process(good.replacen("\"status\":\"3rd Qtr\"", &format!("\"status\":{deep}"), 1)).await;
    assert_eq!((&answer.json["rows"], cloud.number(COUNT)), (&json!(2), 2), "it costs that field");

    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([in_progress(1)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    let answer = exporter.post(format!("{{\"target_date\":{deep}}}")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer = cloud.tonight(&clock).await.tell(format!("{{\"export_types\":{deep}}}")).await;
    assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("dead_letter")));
    let event = tests::binary_event(shared::service::event::OBJECT_FINALIZED);
    let answer = cloud.processor().await.post_with(&event, deep).await;
    assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("dead_letter")));
}
