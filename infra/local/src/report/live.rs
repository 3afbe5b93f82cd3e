//! Checks rows and scores against the recording.

use std::collections::HashMap;

use serde_json::Value;
use shared::nba::minutes_decimal;

use super::{Recorded, RecordedRow, different, list, text};
use crate::replay::Replay;

/// The compared counters of a stat line: the names in BallDontLie's answer, in the table and in the
/// document.
const COUNTERS: [(&str, &str, Option<&str>); 15] = [
    ("pts", "points", Some("points")),
    ("reb", "rebounds", Some("rebounds")),
    ("oreb", "offensive_rebounds", None),
    ("dreb", "defensive_rebounds", None),
    ("ast", "assists", Some("assists")),
    ("stl", "steals", Some("steals")),
    ("blk", "blocks", Some("blocks")),
    ("turnover", "turnovers", Some("turnovers")),
    ("pf", "personal_fouls", None),
    ("fgm", "field_goals_made", Some("fg_made")),
    ("fga", "field_goals_attempted", Some("fg_attempted")),
    ("fg3m", "three_pointers_made", Some("fg3_made")),
    ("fg3a", "three_pointers_attempted", Some("fg3_attempted")),
    ("ftm", "free_throws_made", Some("ft_made")),
    ("fta", "free_throws_attempted", Some("ft_attempted")),
];

/// A recorded line and the last row of it in the table.
type LastRow<'a> = (&'a RecordedRow, &'a Vec<Option<String>>);

/// Differences between a live document and the recording.
pub(super) fn against(document: &Value, recorded: &Recorded) -> Vec<String> {
    let mut against = different(list(document, "games").len() as u64, recorded.games.len() as u64);
    let mut players = 0;
    for game in list(document, "games") {
        let id = text(game, "game_id");
        let score = |field: &str| game[field].as_u64().unwrap_or(0);
        let scores = (score("home_score"), score("away_score"));
        if game["status"] != "final" || recorded.games.get(recorded.game_id(id)) != Some(&scores) {
            against.push(format!("game {id} is {} {}–{}", game["status"], scores.0, scores.1));
        }
        for player in list(game, "players") {
            players += 1;
            let lookup = text(player, "player_lookup");
            let Some(recorded_row) = recorded.row(Some(id), player["bdl_player_id"].as_i64(), lookup) else {
                against.push(format!("player {lookup:?} was not recorded"));
                continue;
            };
            let differs = COUNTERS
                .iter()
                .filter_map(|(recorded, _, shown)| Some((recorded_row.count(recorded), (*shown)?)))
                .find(|(recorded, shown)| player[shown].as_u64() != Some(*recorded));
            if let Some((recorded, shown)) = differs {
                against.push(format!("{lookup}: {shown} is {}, recorded {recorded}", player[shown]));
            }
        }
    }
    against.extend(different(players, recorded.rows.len() as u64));
    against
}

/// Players whose last row of a game differs from the recorded stat line.
pub(super) fn last_rows(replay: &Replay, recorded: &Recorded) -> Result<Vec<String>, String> {
    let columns = COUNTERS.map(|(_, column, _)| column).join(", ");
    let sql = format!(
        "SELECT game_id, bdl_player_id, player_lookup, minutes, {columns} FROM (
           SELECT *, ROW_NUMBER() OVER (
             PARTITION BY game_id, COALESCE(CAST(bdl_player_id AS TEXT), player_lookup)
             ORDER BY (game_status = 'final') DESC, poll_timestamp DESC) AS newness
           FROM nba_raw.bdl_live_boxscores) AS row
         WHERE newness = 1 ORDER BY (game_status = 'final'), poll_timestamp"
    );
    let rows = replay.cloud.warehouse.rows(&sql).map_err(|error| error.to_string())?;
    let mut against = Vec::new();
    // A player whom two sources have is in twice; the last row counts.
    let mut last: HashMap<(&str, &str), LastRow<'_>> = HashMap::new();
    for row in &rows {
        let cell = |index: usize| row.get(index).cloned().flatten().unwrap_or_default();
        match recorded.row(Some(&cell(0)), cell(1).parse().ok(), &cell(2)) {
            Some(recorded) => drop(last.insert((&recorded.game, &recorded.lookup), (recorded, row))),
            None => against.push(format!("player {} of game {} was not recorded", cell(1), cell(0))),
        }
    }
    against.extend(different(last.len() as u64, recorded.rows.len() as u64));
    for (line, row) in last.into_values() {
        let cell = |index: usize| row.get(index).cloned().flatten().unwrap_or_default();
        let minutes = text(&line.recorded, "min");
        let is_known = [&line.lookup, &line.league_lookup].contains(&&cell(2));
        if !is_known || minutes_decimal(minutes) != minutes_decimal(&cell(3)) {
            against.push(format!("{} {} minutes, recorded {} {minutes}", cell(2), cell(3), line.lookup));
        }
        for (index, (name, column, _)) in COUNTERS.iter().enumerate() {
            let stored = cell(index + 4);
            if stored.parse() != Ok(line.count(name)) {
                against.push(format!("{}: {column} is {stored}, recorded {}", line.lookup, line.count(name)));
            }
        }
    }
    Ok(against)
}

/// Dates of rows that are not the night's.
pub(super) fn other_dates(replay: &Replay) -> Result<Vec<String>, String> {
    let sql = "SELECT game_date, COUNT(*) FROM nba_raw.bdl_live_boxscores GROUP BY game_date";
    let dates = replay.cloud.warehouse.rows(sql).map_err(|error| error.to_string())?;
    let date = |row: &Vec<Option<String>>| row.first().cloned().flatten().unwrap_or_default();
    Ok(dates.iter().map(date).filter(|date| *date != replay.night.day.to_string()).collect())
}
