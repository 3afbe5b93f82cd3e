//! Rows of a test's warehouse, described by the fields that matter to the test.

use std::path::Path;

use serde_json::{Value, json};

use crate::Cloud;

/// The slate day of the rows below.
pub const DAY: &str = "2026-01-09";
/// The game of the rows below: Toronto at Boston, 7:30 PM Eastern.
pub const GAME: &str = "0022500555";

/// `row` with every required column that it lacks.
pub(crate) fn filled(dataset: &str, table: &str, mut row: Value) -> Value {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../infra/bigquery/{dataset}/{table}.json"));
    let schema: Value = serde_json::from_slice(&std::fs::read(file).expect("a schema")).expect("JSON");
    for field in schema["schema"]["fields"].as_array().expect("fields") {
        let name = field["name"].as_str().expect("a name");
        if field["mode"] == "REQUIRED" && row[name].is_null() {
            row[name] = match field["type"].as_str().expect("a type") {
                "STRING" => "x".into(),
                "BOOLEAN" => true.into(),
                "DATE" => DAY.into(),
                "TIMESTAMP" => format!("{DAY}T12:00:00Z").into(),
                _ => 1.into(),
            };
        }
    }
    row
}

/// Changes some fields of a row.
pub fn with(mut row: Value, fields: Value) -> Value {
    let fields = fields.as_object().expect("fields").clone();
    row.as_object_mut().expect("a row").extend(fields);
    row
}

/// A game of the schedule.
pub fn scheduled(game_id: &str, home: &str, away: &str) -> Value {
    json!({
        "game_id": game_id, "game_date": DAY, "home_team_tricode": home, "away_team_tricode": away,
        "game_date_est": "2026-01-10T00:30:00Z", "game_status": 1,
    })
}

/// A player of the registry.
pub fn registered(name: &str, team: &str) -> Value {
    let lookup = shared::nba::PlayerLookup::of(name).expect("a lookup");
    json!({
        "player_name": name, "player_lookup": lookup, "team_abbr": team, "season": "2025-26", "position": "G",
        "universal_player_id": format!("{lookup}_001"), "last_game_date": "2026-01-07",
    })
}

/// A player who is expected to play tonight.
pub fn expected(lookup: &str, team: &str) -> Value {
    json!({
        "player_lookup": lookup, "universal_player_id": format!("{lookup}_001"), "game_id": GAME, "game_date": DAY,
        "team_abbr": team, "days_rest": 1, "processed_at": "2026-01-09T17:00:00Z",
    })
}

/// An active prediction against a line of 24.5.
pub fn predicted(lookup: &str, points: f64, recommendation: &str) -> Value {
    json!({
        "prediction_id": format!("{lookup}-{points}"), "system_id": "catboost_v9", "player_lookup": lookup,
        "universal_player_id": format!("{lookup}_001"), "game_date": DAY, "game_id": GAME,
        "predicted_points": points, "confidence_score": 92, "recommendation": recommendation,
        "current_points_line": 24.5, "line_source": "ACTUAL_PROP", "is_active": true,
        "created_at": "2026-01-09T18:30:00Z",
    })
}

/// A bookmaker's offer on a player's points.
pub fn offered(lookup: &str, book_id: i64, side: &str, line: f64, odds: i64) -> Value {
    json!({
        "game_date": DAY, "market_type": "points", "bet_side": side, "bp_player_id": 7, "player_name": lookup,
        "player_lookup": lookup, "player_team": "BOS", "book_id": book_id, "bookmaker": format!("book {book_id}"),
        "points_line": line, "odds_american": odds, "is_active": true, "is_best_line": false,
        "bookmaker_last_update": "2026-01-09T20:00:00Z",
    })
}

/// A game that a player has played this season.
pub fn played(lookup: &str, day: &str, points: i64, minutes: f64) -> Value {
    json!({
        "player_lookup": lookup, "universal_player_id": format!("{lookup}_001"), "game_id": format!("{day}_game"),
        "game_date": day, "team_abbr": "BOS", "season_year": 2025, "points": points, "minutes_played": minutes,
        "processed_at": "2026-01-09T10:00:00Z",
    })
}

/// A report on a player's health for tonight.
pub fn reported(lookup: &str, status: &str) -> Value {
    json!({
        "report_date": DAY, "report_hour": 13, "game_date": DAY, "team": "BOS", "player_lookup": lookup,
        "injury_status": status, "reason": "Injury/Illness - Back; Contusion",
    })
}

impl Cloud {
    /// Toronto at Boston with two players each, all of them expected: Jaylen Brown and Hugo González
    /// against Scottie Barnes and Gradey Dick.
    pub fn add_tonight(&self) {
        self.add("nba_raw.nbac_schedule", scheduled(GAME, "BOS", "TOR"));
        for (name, team) in [
            ("Jaylen Brown", "BOS"),
            ("Hugo González", "BOS"),
            ("Scottie Barnes", "TOR"),
            ("Gradey Dick", "TOR"),
        ] {
            let player = registered(name, team);
            let lookup = player["player_lookup"].as_str().expect("a lookup").to_owned();
            self.add("nba_reference.nba_players_registry", player);
            self.add("nba_analytics.upcoming_player_game_context", expected(&lookup, team));
        }
    }
}
