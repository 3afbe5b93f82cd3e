//! The tonight export: a message becomes the list of everyone who plays.

mod form;
mod injuries;
mod lines;
mod namesakes;
mod predictions;
mod publication;
mod roster;
mod scores;
mod the_morning_after;
mod trigger;

use local_cloud::cloud::{API_BUCKET, RAW_BUCKET};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{
    Answer, Cloud, HandClock,
    warehouse::{DAY, GAME, expected, offered, played, predicted, registered, reported, scheduled, with},
};

const AFTERNOON: &str = "2026-01-09T22:45:00Z";

const DATED: &str = "v1/tonight/2026-01-09.json";

const LATEST: &str = "v1/tonight/all-players.json";

const SCHEDULE: &str = "nba_raw.nbac_schedule";

const REGISTRY: &str = "nba_reference.nba_players_registry";

const CONTEXT: &str = "nba_analytics.upcoming_player_game_context";

const PREDICTIONS: &str = "nba_predictions.player_prop_predictions";

const ODDS: &str = "nba_raw.bettingpros_player_points_props";

const SUMMARY: &str = "nba_analytics.player_game_summary";

const INJURIES: &str = "nba_raw.nbac_injury_report";

const FATIGUE: &str = "nba_precompute.player_composite_factors";

fn tonight() -> Value {
    json!({"export_types": ["tonight"], "target_date": "today", "correlation_id": "c-1", "trigger_source": "test"})
}

async fn export(cloud: &Cloud) -> Answer {
    cloud.tonight(&HandClock::at(AFTERNOON)).await.tell(tonight()).await
}

/// The document that an export writes.
async fn exported(cloud: &Cloud) -> Value {
    let answer = export(cloud).await;
    assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("success")), "{answer:?}");
    cloud.document(LATEST).await
}

/// A player of the first game.
async fn exported_player(cloud: &Cloud, lookup: &str) -> Value {
    player(&exported(cloud).await, lookup)
}

fn player(document: &Value, lookup: &str) -> Value {
    let games = document["games"].as_array().expect("games").iter();
    let players: Vec<&Value> = games
        .flat_map(|game| game["players"].as_array().expect("players"))
        .filter(|player| player["player_lookup"] == lookup)
        .collect();
    assert_eq!(players.len(), 1, "{lookup} is in {} times", players.len());
    players[0].clone()
}

fn lookups(game: &Value) -> Vec<&str> {
    let players = game["players"].as_array().expect("players");
    players.iter().map(|player| player["player_lookup"].as_str().expect("a lookup")).collect()
}
