//! A night of upstream answers, described by the fields that matter to tests of upstream faults.

use std::collections::BTreeSet;

use crate::{
    Cloud, Function, HandClock, Reply, Stub, game,
    warehouse::{DAY, offered, with},
};
use local_cloud::limits::Limit;
use serde_json::{Value, json};

pub const LIVE: &str = "v1/live/latest.json";
pub const DATED_LIVE: &str = "v1/live/2026-01-09.json";
pub const GRADING: &str = "v1/live-grading/latest.json";
pub const DATED_GRADING: &str = "v1/live-grading/2026-01-09.json";
pub const TIMELINE: &str = "v1/live-timeline/latest.json";
pub const STATUS: &str = "v1/status.json";
pub const TONIGHT: &str = "v1/tonight/all-players.json";

pub const SCHEDULE: &str = "nba_raw.nbac_schedule";
pub const REGISTRY: &str = "nba_reference.nba_players_registry";
pub const CONTEXT: &str = "nba_analytics.upcoming_player_game_context";
pub const PREDICTIONS: &str = "nba_predictions.player_prop_predictions";
pub const ODDS: &str = "nba_raw.bettingpros_player_points_props";
pub const SUMMARY: &str = "nba_analytics.player_game_summary";
pub const INJURIES: &str = "nba_raw.nbac_injury_report";
pub const DIRECTORY: &str = "nba_raw.bdl_player_boxscores";

/// A game's status, period and clock in upstream's spelling.
pub type State<'a> = (&'a str, i64, &'a str);

pub const BEFORE: State<'static> = ("2026-01-10T00:30:00Z", 0, "");
/// 1,765 seconds of play.
pub const THIRD: State<'static> = ("3rd Qtr", 3, "Q3 6:35");
/// 2,340 seconds of play.
pub const FOURTH: State<'static> = ("4th Qtr", 4, "Q4 9:00");
/// 2,880 seconds of play.
pub const FINAL: State<'static> = ("Final", 4, "Final");

/// A player's row of a box score.
pub fn line(id: i64, first: &str, last: &str, points: i64, minutes: &str) -> Value {
    json!({
        "min": minutes, "fgm": points / 2, "fga": points, "fg3m": 0, "fg3a": 0, "ftm": 0, "fta": 0, "oreb": 0,
        "dreb": 0, "reb": 0, "ast": 0, "stl": 0, "blk": 0, "turnover": 0, "pf": 0, "pts": points,
        "player": {"id": id, "first_name": first, "last_name": last, "position": "G"},
    })
}

/// Toronto at Boston: Jaylen Brown with these points and Hugo González, who has 6, against Scottie Barnes
/// with 11 and Gradey Dick with 9. Boston's score is 60 more than Brown's points.
pub fn boston((status, period, time): State<'_>, points: i64) -> Value {
    let home = [line(70, "Jaylen", "Brown", points, "30"), line(72, "Hugo", "González", 6, "14")];
    let away = [line(71, "Scottie", "Barnes", 11, "28"), line(73, "Gradey", "Dick", 9, "20")];
    let mut game = game(1, DAY, status, period, time);
    game["home_team_score"] = json!(60 + points);
    game["visitor_team_score"] = json!(70);
    game["home_team"] = json!({"id": 2, "abbreviation": "BOS", "players": home});
    game["visitor_team"] = json!({"id": 28, "abbreviation": "TOR", "players": away});
    game
}

/// Milwaukee at Los Angeles, with these home players.
pub fn los_angeles((status, period, time): State<'_>, score: i64, players: &[Value]) -> Value {
    let mut game = game(2, DAY, status, period, time);
    game["home_team_score"] = json!(score);
    game["visitor_team_score"] = json!(64);
    game["home_team"] = json!({"id": 14, "abbreviation": "LAL", "players": players});
    let away = [line(91, "Ryan", "Rollins", 12, "30")];
    game["visitor_team"] = json!({"id": 17, "abbreviation": "MIL", "players": away});
    game
}

/// The rows of one side, `home_team` or `visitor_team`.
pub fn box_of<'a>(game: &'a mut Value, side: &str) -> &'a mut Vec<Value> {
    game[side]["players"].as_array_mut().expect("players")
}

/// The game with complete boxes: thirteen players a side, 240 minutes, and points that add up to the score.
pub fn full(mut game: Value) -> Value {
    let id = game["id"].as_i64().expect("an id");
    for (side, score, first_id) in
        [("home_team", "home_team_score", 100), ("visitor_team", "visitor_team_score", 200)]
    {
        let team = game[side]["abbreviation"].as_str().expect("a team").to_owned();
        let players = box_of(&mut game, side);
        let played = |row: &Value| row["min"].as_str().and_then(|it| it.parse::<i64>().ok()).unwrap_or(0);
        let left = 240 - players.iter().map(played).sum::<i64>();
        let reserves = 13 - i64::try_from(players.len()).expect("few");
        for (nth, letter) in (0..reserves).zip('a'..='m') {
            // The first eight players share the remaining minutes.
            let (minutes, points) = match nth {
                0 => (left / 8 + left % 8, 4),
                1..8 => (left / 8, 4),
                _ => (0, 0),
            };
            let (last, minutes) = (format!("{team}{letter}"), format!("{minutes:02}"));
            players.push(line(id * 10_000 + first_id + nth, "Reserve", &last, points, &minutes));
        }
        let total: i64 = players.iter().map(|row| row["pts"].as_i64().unwrap_or(0)).sum();
        game[score] = json!(total);
    }
    game
}

/// Both sides of a bookmaker's line.
pub fn both_sides(lookup: &str, book_id: i64, line: f64, over: i64, under: i64) -> [Value; 2] {
    [offered(lookup, book_id, "over", line, over), offered(lookup, book_id, "under", line, under)]
}

/// The warehouse of Toronto at Boston with these predictions.
pub async fn predicting(predictions: &[Value]) -> Cloud {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    for row in predictions {
        cloud.add(PREDICTIONS, row.clone());
    }
    cloud
}

/// An instant of the night from its hour and minute in UTC, such as `23:30` or `02:12`.
pub fn instant_of(time: &str) -> String {
    let day = if time < "12:00" { "2026-01-10" } else { DAY };
    format!("{day}T{time}:00Z")
}

/// A night of exports.
pub struct Night {
    pub cloud: Cloud,
    pub clock: HandClock,
    pub stub: Stub,
    exporter: Function,
}

impl Night {
    /// A night over a warehouse, before its first export.
    pub async fn of(cloud: Cloud) -> Self {
        // The interval between polls is in minutes of the night's clock, not of the machine's.
        let interval = std::time::Duration::ZERO;
        cloud.services.limits.set(Limit { object_write_interval: interval, ..Limit::default() });
        let clock = HandClock::at("2026-01-10T00:00:00Z");
        let stub = Stub::answering([]).await;
        let exporter = cloud.exporter(&stub, &clock).await;
        Self { cloud, clock, stub, exporter }
    }

    /// Replaces the process by a new one, which has no memory and reads the warehouse again.
    pub async fn restart(&mut self) {
        self.exporter = self.cloud.exporter(&self.stub, &self.clock).await;
    }

    /// The public scores after an export at this time, for which upstream lists these games.
    pub async fn poll(&self, time: &str, games: impl IntoIterator<Item = Value>) -> Value {
        self.clock.set(&instant_of(time));
        self.stub.answer([Reply::games(games)]);
        let answer = self.exporter.post("").await;
        assert_eq!(answer.status, 200, "{time}: {answer:?}");
        self.cloud.document(LIVE).await
    }

    /// The day's scores after an export of its date on the following day.
    pub async fn backfill(&self, games: impl IntoIterator<Item = Value>) -> Value {
        self.clock.set("2026-01-10T18:00:00Z");
        self.stub.answer([Reply::games(games)]);
        let answer = self.exporter.post(json!({"target_date": DAY}).to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.cloud.document(DATED_LIVE).await
    }

    /// The answer to a call with this body.
    pub async fn call(&self, body: Value) -> Value {
        let answer = self.exporter.post(body.to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json
    }

    /// The only prediction of a player in the grading.
    pub async fn standing(&self, lookup: &str) -> Value {
        let grading = self.cloud.document(GRADING).await;
        only(&grading["predictions"], lookup).clone()
    }

    /// The points of a player in the timeline.
    pub async fn timed(&self, lookup: &str) -> Value {
        let timeline = self.cloud.document(TIMELINE).await;
        only(&timeline["players"], lookup).clone()
    }

    /// The public status.
    pub async fn status(&self) -> Value {
        self.cloud.document(STATUS).await
    }
}

/// Tonight's list after an export at this time by a process of its own, whether or not the export succeeds.
pub async fn tonight(cloud: &Cloud, time: &str) -> Value {
    let function = cloud.tonight(&HandClock::at(&instant_of(time))).await;
    function.tell(json!({"export_types": ["tonight"], "target_date": "today"})).await;
    cloud.document(TONIGHT).await
}

/// The players of all games of a document.
pub fn players(document: &Value) -> Vec<&Value> {
    let games = document["games"].as_array().expect("games").iter();
    games.flat_map(|game| game["players"].as_array().expect("players")).collect()
}

/// The only player of a document with this lookup.
pub fn player<'a>(document: &'a Value, lookup: &str) -> &'a Value {
    let found: Vec<&Value> =
        players(document).into_iter().filter(|it| it["player_lookup"] == lookup).collect();
    assert_eq!(found.len(), 1, "{lookup}: {document}");
    found[0]
}

/// The only entry of a list with this lookup.
pub fn only<'a>(list: &'a Value, lookup: &str) -> &'a Value {
    let entries = list.as_array().expect("a list").iter();
    let found: Vec<&Value> = entries.filter(|it| it["player_lookup"] == lookup).collect();
    assert_eq!(found.len(), 1, "{lookup}: {list}");
    found[0]
}

/// Everyone's lookup in a document.
pub fn lookups(document: &Value) -> BTreeSet<&str> {
    players(document).into_iter().map(|it| it["player_lookup"].as_str().expect("a lookup")).collect()
}

/// The status, the clock and the home score of the only game of a live document.
pub fn shown(live: &Value) -> Value {
    let games = live["games"].as_array().expect("games");
    assert_eq!(games.len(), 1, "{live}");
    json!([games[0]["status"], games[0]["time_remaining"], games[0]["home_score"]])
}

/// The given fields of a value, in this order.
pub fn fields<const N: usize>(value: &Value, names: [&str; N]) -> Value {
    names.map(|name| value[name].clone()).to_vec().into()
}

/// The known issues of a status that an earlier status lacks.
pub fn new_issues(before: &Value, after: &Value) -> Vec<String> {
    let issues = |status: &Value| -> BTreeSet<String> {
        let issues = status["known_issues"].as_array().expect("issues").iter();
        issues.map(|it| it["message"].as_str().expect("a message").to_owned()).collect()
    };
    issues(after).difference(&issues(before)).cloned().collect()
}

/// Sets another line in a prediction row.
pub fn at_line(prediction: Value, line: f64) -> Value {
    with(prediction, json!({"current_points_line": line}))
}
