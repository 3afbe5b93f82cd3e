//! Live grading: the state of a slate day's predictions at a poll.

mod calibration;
mod every_stat;
mod grades;
mod identity;
mod lines_are_settled;
mod locked_at_tip_off;
mod outage;
mod publication;
mod two_instances;
mod void;

use local_cloud::cloud::API_BUCKET;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use tests::{
    Cloud, HandClock, Reply, Stub,
    drift::fields,
    game,
    warehouse::{DAY, GAME, played, predicted, registered, scheduled, with},
};

const NIGHT: &str = "2026-01-10T02:12:01.500000Z";

const DATED: &str = "v1/live-grading/2026-01-09.json";

const LATEST: &str = "v1/live-grading/latest.json";

const PREDICTIONS: &str = "nba_predictions.player_prop_predictions";

const SUMMARY: &str = "nba_analytics.player_game_summary";

const PROGRESS: (&str, i64, &str) = ("3rd Qtr", 3, "Q3 6:35");

const FINAL: (&str, i64, &str) = ("Final", 4, "Final");

/// A player's entry in a box score.
fn line(id: i64, first: &str, last: &str, points: i64, minutes: &str) -> Value {
    let zeros = json!({
        "fgm": 0, "fga": 0, "fg3m": 0, "fg3a": 0, "ftm": 0, "fta": 0, "oreb": 0, "dreb": 0, "reb": 0, "ast": 0,
        "stl": 0, "blk": 0, "turnover": 0, "pf": 0,
    });
    let player = json!({"id": id, "first_name": first, "last_name": last, "position": "G"});
    with(zeros, json!({"min": minutes, "pts": points, "player": player}))
}

/// Toronto at Boston with these points of Jaylen Brown.
fn boston((status, period, time): (&str, i64, &str), points: i64, minutes: &str) -> Value {
    let mut game = game(1, DAY, status, period, time);
    game["home_team"]["players"] = json!([line(70, "Jaylen", "Brown", points, minutes)]);
    game["visitor_team"] =
        json!({"id": 28, "abbreviation": "TOR", "players": [line(71, "Scottie", "Barnes", 11, "22")]});
    game
}

async fn cloud_with(predictions: &[Value]) -> Cloud {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    for row in predictions {
        cloud.add(PREDICTIONS, row.clone());
    }
    cloud
}

/// The grading after one export.
async fn graded(cloud: &Cloud, games: impl IntoIterator<Item = Value>) -> Value {
    let stub = Stub::answering([Reply::games(games)]).await;
    let answer = cloud.exporter(&stub, &HandClock::at(NIGHT)).await.post("").await;
    assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("success")), "{answer:?}");
    cloud.document(LATEST).await
}

/// The grading of one prediction of Jaylen Brown in one game.
async fn standing(prediction: Value, game: Value) -> Value {
    let cloud = cloud_with(&[prediction]).await;
    graded(&cloud, [game]).await["predictions"][0].clone()
}
