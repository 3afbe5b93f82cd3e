//! A stub of the NBA's public feed.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use local_cloud::functions::listen;
use reqwest::Url;
use serde_json::{Value, json};

#[derive(Debug, Default)]
struct Script {
    games: Vec<Value>,
    status: Option<u16>,
    /// Game ids whose box score fails.
    without_box: Vec<String>,
    asked: Vec<String>,
}

/// The stub, on a port.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The URL of the feed.
    pub url: Url,
    script: Arc<Mutex<Script>>,
}

impl Feed {
    /// A feed that lists these games, in its own shape.
    pub async fn of(games: impl IntoIterator<Item = Value>) -> Self {
        let script = Arc::new(Mutex::new(Script { games: games.into_iter().collect(), ..Script::default() }));
        let (listener, url) = listen(0).await.expect("a port");
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(shared::service::serve(listener, router, std::future::pending()));
        Self { url, script }
    }

    /// From now on lists these games.
    pub fn list(&self, games: impl IntoIterator<Item = Value>) {
        let mut script = self.script.lock().expect("the script");
        script.games = games.into_iter().collect();
        script.status = None;
    }

    /// From now on answers everything with this status.
    pub fn fail(&self, status: u16) {
        self.script.lock().expect("the script").status = Some(status);
    }

    /// From now on has no box score of this game.
    pub fn lose_box(&self, id: &str) {
        self.script.lock().expect("the script").without_box.push(id.to_owned());
    }

    /// The paths that were asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.script.lock().expect("the script").asked.clone()
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let mut script = script.lock().expect("the script");
    let path = request.uri().path().to_owned();
    script.asked.push(path.clone());
    if let Some(status) = script.status {
        return StatusCode::from_u16(status).expect("a status").into_response();
    }
    if path.ends_with("todaysScoreboard_00.json") {
        let mut games = script.games.clone();
        for game in &mut games {
            for side in ["homeTeam", "awayTeam"] {
                game[side].as_object_mut().expect("a team").remove("players");
            }
        }
        return Json(json!({"meta": {"code": 200}, "scoreboard": {"games": games}})).into_response();
    }
    let is_asked = |game: &&Value| {
        let id = game["gameId"].as_str().expect("an id");
        path.ends_with(&format!("boxscore_{id}.json")) && !script.without_box.iter().any(|lost| lost == id)
    };
    match script.games.iter().find(is_asked) {
        Some(game) => Json(json!({"meta": {"code": 200}, "game": game})).into_response(),
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

/// A game of BallDontLie's in the feed's shape, with this id: same teams, scores and players, whose ids are a million
/// more.
pub fn of_the_nba(game: &Value, id: &str) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (status, time) = (text(&game["status"]), text(&game["time"]));
    let left = time.rsplit(' ').next().unwrap_or_default().to_owned();
    let (number, clock) = match (status.as_str(), left.split_once(':')) {
        ("Final", _) => (3, String::new()),
        (_, Some((minutes, seconds))) => (2, format!("PT{minutes:0>2}M{seconds}.00S")),
        ("Halftime", _) => (2, "PT00M00.00S".to_owned()),
        _ => (1, String::new()),
    };
    let day = text(&game["date"]).replace('-', "");
    let code = |side: &str| text(&game[side]["abbreviation"]);
    let side = |side: &str| {
        let players = game[side]["players"].as_array().into_iter().flatten();
        json!({
            "teamTricode": code(side), "score": game[format!("{side}_score")],
            "players": players.map(player).collect::<Vec<Value>>(),
        })
    };
    let shown = match (number, status.as_str()) {
        (1, _) => "7:30 pm ET".to_owned(),
        (2, "Halftime") => "Half".to_owned(),
        (2, _) => format!("Q{} {left}", game["period"]),
        _ => "Final".to_owned(),
    };
    json!({
        "gameId": id, "gameCode": format!("{day}/{}{}", code("visitor_team"), code("home_team")),
        "gameStatus": number, "gameStatusText": shown, "period": game["period"], "gameClock": clock,
        "gameTimeUTC": "2026-01-10T00:30:00Z", "homeTeam": side("home_team"), "awayTeam": side("visitor_team"),
    })
}

fn player(line: &Value) -> Value {
    let minutes = line["min"].as_str().and_then(shared::nba::minutes_decimal).unwrap_or(0.0);
    let played = if minutes > 0.0 { "1" } else { "0" };
    json!({
        "status": "ACTIVE", "personId": 1_000_000 + line["player"]["id"].as_i64().unwrap_or(0), "played": played,
        "firstName": line["player"]["first_name"], "familyName": line["player"]["last_name"],
        "statistics": {
            "minutes": format!("PT{:02}M00.00S", minutes.floor()), "points": line["pts"],
            "reboundsTotal": line["reb"], "reboundsOffensive": line["oreb"], "reboundsDefensive": line["dreb"],
            "assists": line["ast"], "steals": line["stl"], "blocks": line["blk"], "turnovers": line["turnover"],
            "foulsPersonal": line["pf"], "fieldGoalsMade": line["fgm"], "fieldGoalsAttempted": line["fga"],
            "threePointersMade": line["fg3m"], "threePointersAttempted": line["fg3a"],
            "freeThrowsMade": line["ftm"], "freeThrowsAttempted": line["fta"],
        },
    })
}

/// The game with a player of the home team as inactive, before tip-off or in the game.
pub fn with_inactive(mut game: Value, first: &str, family: &str, reason: &str, description: &str) -> Value {
    let players = game["homeTeam"]["players"].as_array_mut().expect("players");
    let listed = players.iter().find(|player| player["familyName"] == family);
    let new = || json!(1_900_000 + family.bytes().map(u32::from).sum::<u32>());
    let id = listed.map_or_else(new, |player| player["personId"].clone());
    players.retain(|player| player["familyName"] != family);
    players.push(json!({
        "status": "INACTIVE", "personId": id, "played": "0", "firstName": first, "familyName": family,
        "notPlayingReason": reason, "notPlayingDescription": description, "statistics": {"minutes": "PT00M00.00S"},
    }));
    game
}
