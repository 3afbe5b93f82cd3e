//! The NBA's public feed, replaying the same night: a scoreboard and a box score a game.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use chrono_tz::America::New_York;
use serde_json::{Value, json};

use super::{Night, game::NightGame};

/// The NBA's ids of players are a million above BallDontLie's here.
const PERSON: u64 = 1_000_000;

/// Players whose names BallDontLie and the league spell differently; the feed and the warehouse have the league's
/// spelling.
const LEAGUE_NAMES: [(&str, &str); 22] = [
    ("A.J. Green", "AJ Green"),
    ("AJ Lawson", "A.J. Lawson"),
    ("Alexandre Sarr", "Alex Sarr"),
    ("Bogdan Bogdanovic", "Bogdan Bogdanović"),
    ("Carlton Carrington", "Bub Carrington"),
    ("Dario Saric", "Dario Šarić"),
    ("Dennis Schroder", "Dennis Schröder"),
    ("Egor Demin", "Egor Dëmin"),
    ("Jimmy Butler", "Jimmy Butler III"),
    ("Jonas Valanciunas", "Jonas Valančiūnas"),
    ("Karlo Matkovic", "Karlo Matković"),
    ("Kristaps Porzingis", "Kristaps Porziņģis"),
    ("Luka Doncic", "Luka Dončić"),
    ("Nicolas Claxton", "Nic Claxton"),
    ("Nigel Hayes", "Nigel Hayes-Davis"),
    ("Nikola Durisic", "Nikola Đurišić"),
    ("Nikola Jokic", "Nikola Jokić"),
    ("Nikola Topic", "Nikola Topić"),
    ("Pacome Dadiet", "Pacôme Dadiet"),
    ("Trey Jemison", "Trey Jemison III"),
    ("Vit Krejci", "Vít Krejčí"),
    ("Yanic Konan Niederhauser", "Yanic Konan Niederhäuser"),
];

/// The league's spelling of a name that BallDontLie has.
pub(crate) fn league_name(balldontlie: &str) -> &str {
    LEAGUE_NAMES.iter().find(|(name, _)| *name == balldontlie).map_or(balldontlie, |(_, name)| name)
}

#[derive(Clone)]
struct Feed {
    night: Arc<Night>,
    clock: shared::Clock,
}

/// `/scoreboard/todaysScoreboard_00.json` and `/boxscore/boxscore_{id}.json` of `night` by `clock`.
pub fn feed(night: Arc<Night>, clock: shared::Clock) -> Router {
    Router::new()
        .route("/scoreboard/todaysScoreboard_00.json", get(scoreboard))
        .route("/boxscore/{file}", get(box_score))
        .with_state(Feed { night, clock })
}

async fn scoreboard(State(feed): State<Feed>) -> Json<Value> {
    let now = feed.clock.now();
    let mut games: Vec<Value> = feed
        .night
        .games
        .iter()
        .enumerate()
        .map(|(index, game)| game_at(&feed.night, index, game, now))
        .collect();
    for game in &mut games {
        for side in ["homeTeam", "awayTeam"] {
            game[side].as_object_mut().and_then(|team| team.remove("players"));
        }
    }
    // Those in progress come first.
    games.sort_by_key(|game| (game["gameStatus"] != 2, game["gameId"].to_string()));
    Json(json!({
        "meta": {"version": 1, "code": 200, "time": meta_time(now, "%Y-%m-%d %I:%M:%S%.3f")},
        "scoreboard": {"gameDate": feed.night.day, "leagueId": "00", "games": games},
    }))
}

/// Before a game is near its box score is not there, and the feed answers 403.
async fn box_score(State(feed): State<Feed>, Path(file): Path<String>) -> Response {
    let now = feed.clock.now();
    let id = file.trim_start_matches("boxscore_").trim_end_matches(".json");
    let found = feed.night.games.iter().enumerate().find(|(index, game)| {
        feed.night.nba_game_id(*index) == id && now >= game.tip_off() - super::LISTED_BEFORE * 4
    });
    match found {
        Some((index, game)) => Json(json!({
            "meta": {"version": 1, "code": 200, "time": meta_time(now, "%Y-%m-%d %H:%M:%S%.6f")},
            "game": game_at(&feed.night, index, game, now),
        }))
        .into_response(),
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

/// New York time without a zone, as the feed writes it.
fn meta_time(now: DateTime<Utc>, format: &str) -> String {
    now.with_timezone(&New_York).format(format).to_string()
}

/// How late the feed has what happens in a game: each game otherwise, so that the two sources are never in step.
fn lag(index: usize) -> TimeDelta {
    TimeDelta::try_seconds(i64::try_from(index % 4).unwrap_or_default() * 10).unwrap_or_default()
}

/// A game of the night in the feed's shape.
fn game_at(night: &Night, index: usize, game: &NightGame, now: DateTime<Utc>) -> Value {
    let now = now - lag(index);
    let at = game.at(now);
    let text = |field: &str| at[field].as_str().unwrap_or_default().to_owned();
    let (status, time) = (text("status"), text("time"));
    let period = at["period"].as_u64().unwrap_or(0);
    let left = time.rsplit(' ').next().unwrap_or_default().to_owned();
    let is_on = now >= game.tip_off();
    let number = if status.starts_with("Final") {
        3
    } else if is_on {
        2
    } else {
        1
    };
    let clock = match left.split_once(':') {
        Some((minutes, seconds)) if is_on => format!("PT{minutes:0>2}M{seconds}.00S"),
        _ if status == "Halftime" => "PT00M00.00S".to_owned(),
        _ => String::new(),
    };
    let shown = match number {
        1 => game.tip_off().with_timezone(&New_York).format("%-I:%M %P ET").to_string(),
        2 if status == "Halftime" => "Half".to_owned(),
        2 if left == "0:00" => format!("Q{period} :00.0"),
        2 => format!("Q{period} {left}"),
        _ => match period {
            ..=4 => "Final".to_owned(),
            5 => "Final/OT".to_owned(),
            overtime => format!("Final/OT{}", overtime - 4),
        },
    };
    let code = |side: &str| at[side]["abbreviation"].as_str().unwrap_or_default().to_owned();
    let (home, away) = (code("home_team"), code("visitor_team"));
    let tip_off = game.tip_off();
    let team = |side: &str, code: &str| {
        let lines = at[side]["players"].as_array().into_iter().flatten();
        let recorded = game.recorded()[side]["players"].as_array().into_iter().flatten();
        let players = lines.zip(recorded).enumerate();
        let players: Vec<Value> =
            players.map(|(order, (line, recorded))| player(line, recorded, order, number)).collect();
        json!({
            "teamId": 1_610_612_700 + index, "teamTricode": code, "score": at[format!("{side}_score")],
            "inBonus": if number == 2 { json!("0") } else { Value::Null }, "players": players,
        })
    };
    json!({
        "gameId": night.nba_game_id(index),
        "gameCode": format!("{}/{away}{home}", night.day.to_string().replace('-', "")),
        "gameStatus": number,
        "gameStatusText": shown,
        "period": period,
        "gameClock": clock,
        "gameTimeUTC": tip_off.to_rfc3339_opts(SecondsFormat::Secs, true),
        // Eastern time all the same, as in the feed.
        "gameEt": tip_off.with_timezone(&New_York).format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "homeTeam": team("home_team", &home),
        "awayTeam": team("visitor_team", &away),
    })
}

fn player(line: &Value, recorded: &Value, order: usize, status: u64) -> Value {
    let part = |field: &str| line["player"][field].as_str().unwrap_or_default();
    let balldontlie = format!("{} {}", part("first_name"), part("last_name")).trim().to_owned();
    let name = league_name(&balldontlie);
    let (first, family) = name.split_once(' ').unwrap_or(("", name));
    let id = line["player"]["id"].as_u64().unwrap_or(0);
    let count = |field: &str| line[field].as_u64().unwrap_or(0);
    let minutes = line["min"].as_str().and_then(shared::nba::minutes_decimal).unwrap_or(0.0);
    let (whole, seconds) = (minutes.floor(), (minutes.fract() * 60.0).round());
    let has_played = minutes > 0.0 || count("pts") + count("fga") + count("reb") > 0;
    let mut player = json!({
        "status": "ACTIVE", "order": order + 1, "personId": PERSON + id, "name": name, "firstName": first,
        "familyName": family, "starter": if order < 5 { "1" } else { "0" }, "oncourt": "0",
        "played": if has_played && status > 1 { "1" } else { "0" },
        "statistics": {
            "minutes": format!("PT{whole:02}M{seconds:05.2}S"), "points": count("pts"), "reboundsTotal": count("reb"),
            "reboundsOffensive": count("oreb"), "reboundsDefensive": count("dreb"), "assists": count("ast"),
            "steals": count("stl"), "blocks": count("blk"), "turnovers": count("turnover"),
            "foulsPersonal": count("pf"), "fieldGoalsMade": count("fgm"), "fieldGoalsAttempted": count("fga"),
            "threePointersMade": count("fg3m"), "threePointersAttempted": count("fg3a"),
            "freeThrowsMade": count("ftm"), "freeThrowsAttempted": count("fta"), "plusMinusPoints": 0.0,
        },
    });
    // Half of those who never play are inactive; the others sit.
    if !never_plays(recorded) || !id.is_multiple_of(2) {
        return player;
    }
    player["status"] = json!("INACTIVE");
    player["notPlayingReason"] = json!("INACTIVE_INJURY");
    player["notPlayingDescription"] = json!("Left Knee; Soreness");
    player
}

/// Whether a recorded line is that of a player who was never on the floor.
fn never_plays(recorded: &Value) -> bool {
    let minutes = recorded["min"].as_str().and_then(shared::nba::minutes_decimal).unwrap_or(0.0);
    minutes == 0.0 && recorded["pts"].as_u64().unwrap_or(0) == 0
}
