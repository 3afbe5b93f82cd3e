//! Numbers are read in every unambiguous spelling, and an unreadable one affects only its field or row.

use local_cloud::cloud::RAW_BUCKET;
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json, value::RawValue};
use shared::{
    nba::{GameStatus, minutes_decimal},
    sources::{Game, balldontlie::read_games},
};
use tests::drift::{
    FINAL, FOURTH, LIVE, Night, THIRD, boston, box_of, fields, full, new_issues, player, predicting, shown,
};
use tests::{
    Cloud, HandClock, Reply, snapshot,
    warehouse::{DAY, predicted},
};

const SNAPSHOT: &str = "ball-dont-lie/live-boxscores/2026-01-09/20260110_021201.json";

async fn night() -> Night {
    Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await
}

/// Toronto at Boston with the given fields in Jaylen Brown's row.
fn with_row(fields: Value) -> Value {
    let mut game = boston(FOURTH, 25);
    let row = box_of(&mut game, "home_team")[0].as_object_mut().expect("a row");
    row.extend(fields.as_object().expect("fields").clone());
    game
}

/// Checks that Brown has 25 points and 30 minutes in the scores, in the grading and in a row of the
/// history.
async fn check(game: Value) {
    let night = night().await;
    let live = night.poll("02:15", [game.clone()]).await;
    assert_eq!(shown(&live), json!(["in_progress", "Q4 9:00", 85]), "{game}");
    let row = player(&live, "jaylenbrown");
    assert_eq!(fields(row, ["points", "minutes", "rebounds"]), json!([25, "30", 7]), "{game}");
    assert_eq!(night.standing("jaylenbrown").await["actual"], 25, "{game}");
    let body = snapshot("20260110T021201Z", std::slice::from_ref(&game));
    let generation = night.cloud.upload(RAW_BUCKET, SNAPSHOT, body).await;
    let answer = night.cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
    assert_eq!((&answer.json["rows"], &answer.json["rejected"]), (&json!(4), &json!(0)), "{game}");
    let rows = night.cloud.rows(
        "SELECT points, minutes_decimal, rebounds, period, home_score, bdl_player_id
         FROM nba_raw.bdl_live_boxscores WHERE player_lookup = 'jaylenbrown'",
    );
    assert_eq!(rows, [["25", "30", "7", "4", "85", "70"]], "{game}");
}

#[tokio::test]
async fn a_key_that_is_written_twice_costs_neither_the_row_nor_the_game() {
    let game = boston(FOURTH, 25).to_string();
    // Of two values the last counts.
    let twice = |json: &str, key: &str, first: &str| {
        let written = format!("{key}:");
        json.replacen(&written, &format!("{key}:{first},{written}"), 1)
    };
    let of_row = twice(&game, r#""pts""#, "3");
    let of_game = twice(&game, r#""period""#, "1");
    let of_team = twice(&game, r#""abbreviation""#, r#""LAL""#);
    let of_all = [(r#""pts""#, "3"), (r#""period""#, "1"), (r#""home_team_score""#, "2"), (r#""id""#, "9")];
    let of_all = of_all.into_iter().fold(game.clone(), |json, (key, first)| twice(&json, key, first));
    for body in [of_row, of_game, of_team, of_all] {
        assert_ne!(body, game);
        for page in [format!(r#"{{"data":[{body}]}}"#), format!(r#"{{"data":[],"data":[{body}]}}"#)] {
            let night = night().await;
            night.clock.set("2026-01-10T02:15:00Z");
            night.stub.answer([Reply::text(200, page)]);
            night.call(json!({})).await;
            let live = night.cloud.document(LIVE).await;
            assert_eq!(shown(&live), json!(["in_progress", "Q4 9:00", 85]), "{body}");
            assert_eq!(player(&live, "jaylenbrown")["points"], 25, "{body}");
        }
    }
}

#[tokio::test]
async fn minutes_that_are_a_number_are_minutes() {
    check(with_row(json!({"min": 30, "reb": 7}))).await;
    check(with_row(json!({"min": 30.0, "reb": 7}))).await;
}

#[tokio::test]
async fn a_count_with_a_decimal_point_or_as_text_is_a_count() {
    check(with_row(json!({"pts": 25.0, "reb": "7"}))).await;
    check(with_row(json!({"pts": "25.0", "reb": 7.0}))).await;
    check(with_row(json!({"pts": " 25", "reb": "07"}))).await;
}

#[tokio::test]
async fn a_period_a_score_and_an_id_as_text_are_numbers() {
    let mut game = with_row(json!({"reb": "7", "fg_pct": "0.5", "plus_minus": "-3"}));
    game["period"] = json!("4");
    game["home_team_score"] = json!("85");
    game["visitor_team_score"] = json!(70.0);
    game["home_team"]["id"] = json!("2");
    game["home_team"]["players"][0]["player"]["id"] = json!("70");
    check(game.clone()).await;
    game["period"] = json!(4.0);
    game["id"] = json!(1.0);
    check(game).await;
}

#[tokio::test]
async fn unknown_words_fields_and_nulls_cost_nothing() {
    let mut game = with_row(json!({"reb": 7, "dunks": {"left": 1}, "fg_pct": "n/a", "ejected": "no"}));
    game["status_state"] = json!("intermission");
    game["postponed"] = Value::Null;
    game["meta"] = json!([1, {"a": null}]);
    game["home_q1"] = json!("thirty");
    game["home_team"]["conference"] = json!(7);
    check(game.clone()).await;
    game["postponed"] = json!("false");
    game["status_state"] = json!(3);
    game["postseason"] = json!("no");
    check(game).await;
}

#[tokio::test]
async fn what_cannot_be_read_costs_its_field_and_the_status_counts_it() {
    let night = night().await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    let before = night.status().await;
    let mut game = with_row(json!({"ast": "several", "min": {"m": 30}}));
    game["visitor_team_score"] = json!([70]);
    box_of(&mut game, "visitor_team")[1] = json!("Gradey Dick, 9 points");
    let live = night.poll("02:15", [game]).await;
    assert_eq!(shown(&live), json!(["in_progress", "Q4 9:00", 85]));
    assert_eq!(player(&live, "gradeydick")["points"], 9, "as last seen");
    let points = player(&live, "jaylenbrown")["points"].clone();
    assert!(points == 25 || points == 21, "his field is lost, or his row is as last seen: {points}");
    assert_eq!(night.standing("jaylenbrown").await["actual"], points);
    let status = night.status().await;
    assert!(!new_issues(&before, &status).is_empty(), "{status}");
}

/// An integer as text; any other value unchanged.
fn as_text(value: &Value) -> Value {
    value.as_i64().map_or_else(|| value.clone(), |number| json!(number.to_string()))
}

#[tokio::test]
async fn a_poll_of_nothing_but_drifted_types_is_a_poll() {
    let night = night().await;
    let mut game = full(boston(FOURTH, 25));
    for side in ["home_team", "visitor_team"] {
        for row in box_of(&mut game, side) {
            let row = row.as_object_mut().expect("a row");
            row.values_mut().for_each(|value| *value = as_text(value));
        }
    }
    game.as_object_mut().expect("a game").values_mut().for_each(|value| *value = as_text(value));
    let live = night.poll("02:15", [game]).await;
    assert_eq!(
        fields(&live["games"][0], ["status", "player_count", "game_id"]),
        json!(["in_progress", 26, "1"])
    );
    assert_eq!(player(&live, "jaylenbrown")["points"], 25);
}

#[tokio::test]
async fn a_share_of_finished_predictions_as_text_is_a_share() {
    for (share, expected) in
        [(json!("99.6"), "success"), (json!(" 80 "), "success"), (json!("61"), "ignored")]
    {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        let message = json!({
            "phase": "phase_5_predictions", "game_date": DAY, "status": "success",
            "metadata": {"completion_pct": share},
        });
        let answer = cloud.tonight(&HandClock::at("2026-01-09T22:00:00Z")).await.tell(message).await;
        assert_eq!(answer.json["status"], expected, "{share}: {answer:?}");
    }
}

/// Spellings of one number.
fn spellings(number: u32) -> [Value; 6] {
    [
        json!(number),
        json!(f64::from(number)),
        json!(number.to_string()),
        json!(format!("{number}.0")),
        json!(format!(" {number} ")),
        json!(format!("{number:02}")),
    ]
}

fn spelled(number: u32, choice: &Index) -> Value {
    choice.get(&spellings(number)).clone()
}

/// The games of a poll as parsed by every function.
fn read(games: &[Value]) -> Vec<Game> {
    let raw: Vec<Box<RawValue>> =
        games.iter().map(|game| serde_json::value::to_raw_value(game).expect("JSON")).collect();
    read_games(raw.iter().map(AsRef::as_ref)).0
}

/// Optional fields of a game, of a player's row and of the player in it.
const PLACES: [&str; 14] = [
    "/period",
    "/time",
    "/status",
    "/status_state",
    "/postponed",
    "/datetime",
    "/home_team_score",
    "/visitor_team_score",
    "/home_team/id",
    "/home_team/players/0/min",
    "/home_team/players/0/reb",
    "/home_team/players/0/stl",
    "/home_team/players/0/fg_pct",
    "/home_team/players/0/player/position",
];

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            inner.prop_map(|field| json!({"value": field})),
        ]
    })
}

fn cases(count: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok());
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(wanted.unwrap_or(count)) }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn a_number_is_the_same_in_each_of_its_spellings(
        // A score of 0 beside players with points is missing.
        (points, minutes, score, period) in (0..120_u32, 0..60_u32, 1..200_u32, 1..=8_u32),
        choices in vec(any::<Index>(), 4),
    ) {
        let mut game = boston(("In Progress", 0, "2:10"), 0);
        game["period"] = spelled(period, &choices[0]);
        game["home_team_score"] = spelled(score, &choices[1]);
        let row = &mut box_of(&mut game, "home_team")[0];
        row["pts"] = spelled(points, &choices[2]);
        row["min"] = spelled(minutes, &choices[3]);
        let games = read(&[game]);
        prop_assert_eq!(games.len(), 1);
        let game = &games[0];
        prop_assert_eq!((game.state.status, game.state.period), (GameStatus::InProgress, i64::from(period)));
        prop_assert_eq!((game.home.score, game.home.players.len()), (score, 2));
        let row = &game.home.players[0];
        prop_assert_eq!(row.counters.points, points);
        let read = row.minutes.as_deref().and_then(minutes_decimal);
        prop_assert_eq!(read, Some(f64::from(minutes)), "{:?}", row.minutes);
    }

    #[test]
    fn no_value_of_a_field_costs_a_game_or_another_player(
        spoiled in vec((any::<Index>(), any_value()), 1..5),
    ) {
        let mut game = boston(THIRD, 21);
        let mut is_counted = false;
        for (place, value) in spoiled {
            let place = PLACES[place.index(PLACES.len())];
            is_counted |= ["/min", "/reb", "/stl"].iter().any(|field| place.ends_with(field));
            if let Some(field) = game.pointer_mut(place) {
                *field = value;
            } else if let Some(name) = place.strip_prefix('/') {
                game[name] = value;
            }
        }
        let games = read(std::slice::from_ref(&game));
        prop_assert_eq!(games.len(), 1, "{}", game);
        let points = |id: i64| {
            let mut rows = games[0].sides().into_iter().flat_map(|side| &side.players);
            rows.find(|row| row.bdl_id == Some(id)).map(|row| row.counters.points)
        };
        prop_assert_eq!([72, 71, 73].map(points), [Some(6), Some(11), Some(9)], "{}", game);
        // An invalid count may invalidate its row; an invalid value of any other field does not.
        prop_assert!(points(70) == Some(21) || (is_counted && points(70).is_none()), "{}", game);
    }
}

#[tokio::test]
async fn minutes_as_a_duration_are_minutes() {
    for (minutes, decimal) in [("PT12M34.00S", 12.57), ("PT12M", 12.0), ("12:34.0", 12.57), ("12 min", 12.0)]
    {
        let cloud = Cloud::start().await;
        let body = snapshot("20260110T021201Z", &[with_row(json!({"min": minutes}))]);
        let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, body).await;
        cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
        let rows = cloud.rows(
            "SELECT ROUND(minutes_decimal, 2) FROM nba_raw.bdl_live_boxscores WHERE player_lookup = 'jaylenbrown'",
        );
        assert_eq!(rows[0][0].parse(), Ok(decimal), "{minutes}");
    }
    // On the floor without any count.
    for minutes in ["PT04M12.00S", "4:12.0"] {
        let night = night().await;
        let mut game = full(boston(FINAL, 0));
        box_of(&mut game, "home_team")[0]["min"] = json!(minutes);
        night.poll("03:12", [game]).await;
        let standing = night.standing("jaylenbrown").await;
        assert_eq!(fields(&standing, ["actual", "status"]), json!([0, "incorrect"]), "{minutes}");
    }
}

#[tokio::test]
async fn a_box_score_whose_minutes_are_durations_is_complete_and_reads_like_a_clock() {
    let night = night().await;
    let mut game = boston(FINAL, 25);
    box_of(&mut game, "home_team").remove(0);
    let mut game = full(game);
    for side in ["home_team", "visitor_team"] {
        for row in box_of(&mut game, side) {
            row["min"] = json!(format!("PT{}M09.40S", row["min"].as_str().expect("minutes")));
        }
    }
    let live = night.poll("03:12", [game]).await;
    let standing = night.standing("jaylenbrown").await;
    assert_eq!(fields(&standing, ["status", "void_reason"]), json!(["void", "did_not_play"]));
    let minutes = player(&live, "hugogonzalez")["minutes"].as_str().expect("minutes").to_owned();
    assert!(minutes.ends_with(":09"), "{minutes}");
}

#[tokio::test]
async fn a_player_id_of_zero_or_less_is_none() {
    for id in [json!(0), json!("0"), json!(-1)] {
        let night = Night::of(predicting(&[predicted("scottiebarnes", 27.3, "OVER")]).await).await;
        let mut game = full(boston(FINAL, 21));
        for side in ["home_team", "visitor_team"] {
            for row in box_of(&mut game, side) {
                row["player"]["id"] = id.clone();
            }
        }
        let live = night.poll("03:12", [game]).await;
        assert_eq!(live["games"][0]["player_count"], 26, "{id}");
        assert_eq!(night.standing("scottiebarnes").await["actual"], 11, "{id}");
    }
}

#[tokio::test]
async fn rebounds_without_their_sum_are_those_of_both_boards() {
    let night = night().await;
    let live = night.poll("02:15", [with_row(json!({"reb": null, "oreb": 2, "dreb": 5}))]).await;
    assert_eq!(player(&live, "jaylenbrown")["rebounds"], 7);
    let live = night.poll("02:16", [with_row(json!({"reb": 8, "oreb": 2, "dreb": 5}))]).await;
    assert_eq!(player(&live, "jaylenbrown")["rebounds"], 8, "the sum counts where it is known");
}
