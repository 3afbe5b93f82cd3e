//! The players' games of some days, as `player_game_summary` has them: which of a game's rows counts, and whether the
//! player played.

use crate::{google::bigquery::Parameter, nba::SlateDay};

/// Puts the query `player_games` before `sql`, which reads it like a table.
///
/// ```
/// let sql = shared::slate::with_player_games("SELECT COUNT(*) AS games FROM player_games WHERE played = 1");
/// assert!(sql.starts_with("WITH player_games AS ("));
/// ```
pub fn with_player_games(sql: &str) -> String {
    format!("WITH player_games AS (\n{})\n{sql}", include_str!("../../sql/player_games.sql"))
}

/// The parameters of `player_games`: its first day, and the day after its last one.
pub fn player_game_days(since: SlateDay, before: SlateDay) -> [Parameter; 2] {
    [Parameter::date("since", since), Parameter::date("before", before)]
}
