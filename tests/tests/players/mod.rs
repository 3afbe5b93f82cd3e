//! A name is never matched to another person's points, and an unmatched player is not reported as "did not
//! play".

mod did_not_play;
mod one_lookup;
mod spelling;
mod surnames;
mod trades;

use serde_json::{Value, json};
use tests::drift::{
    BEFORE, CONTEXT, DIRECTORY, FINAL, GRADING, Night, PREDICTIONS, REGISTRY, SCHEDULE, SUMMARY, State,
    THIRD, at_line, boston, box_of, fields, full, line, lookups, los_angeles, player, predicting, tonight,
};
use tests::{
    Cloud,
    warehouse::{DAY, expected, played, predicted, registered, scheduled, with},
};

/// A night with a prediction of 8 points of Boston's `name`, under a line of 10.5.
async fn predicting_of(name: &str) -> Cloud {
    let player = registered(name, "BOS");
    let lookup = player["player_lookup"].as_str().expect("a lookup").to_owned();
    let cloud = predicting(&[at_line(predicted(&lookup, 8.0, "UNDER"), 10.5)]).await;
    cloud.add(REGISTRY, player);
    cloud.add(CONTEXT, expected(&lookup, "BOS"));
    cloud
}

/// The game with one more player of Boston.
fn joined(mut game: Value, id: i64, first: &str, last: &str, points: i64) -> Value {
    box_of(&mut game, "home_team").push(line(id, first, last, points, "18"));
    game
}

async fn grade(night: &Night, lookup: &str) -> Value {
    fields(&night.standing(lookup).await, ["actual", "status", "void_reason"])
}

fn did_not_play() -> Value {
    json!([null, "void", "did_not_play"])
}

/// The name that BallDontLie's directory has for an id.
fn known(id: i64, name: &str, lookup: &str) -> Value {
    json!({
        "game_date": "2026-01-05", "season_year": 2025, "is_postseason": false, "team_abbr": "BOS",
        "player_full_name": name, "player_lookup": lookup, "bdl_player_id": id,
    })
}

/// Checks that a prediction is not presented as decided.
async fn open(night: &Night, lookup: &str) {
    let standing = night.standing(lookup).await;
    assert!(standing["status"] == "pending" || standing["settled"] == "provisional", "{standing}");
    assert_eq!(standing["clinched"], false, "{standing}");
}

/// A night on which Boston and Los Angeles play, with a prediction of 21 points of Boston's Jaylen Brown,
/// over 19.5.
async fn trade_night() -> Cloud {
    let cloud = predicting(&[at_line(predicted("jaylenbrown", 21.0, "OVER"), 19.5)]).await;
    cloud.add(SCHEDULE, scheduled("0022500556", "LAL", "MIL"));
    cloud
}

/// Toronto at Boston without Jaylen Brown.
fn boston_without(state: State<'_>) -> Value {
    let mut game = boston(state, 25);
    box_of(&mut game, "home_team").remove(0);
    game
}

fn brown(points: i64) -> Value {
    line(70, "Jaylen", "Brown", points, "34")
}

/// A prediction of 8 points under 10.5, in a spelling of its own and without the certain id.
fn spelled(lookup: &str) -> Value {
    let row = with(predicted(lookup, 8.0, "UNDER"), json!({"universal_player_id": null}));
    at_line(with(row, json!({"prediction_id": format!("of-{lookup}")})), 10.5)
}
