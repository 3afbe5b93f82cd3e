//! What the warehouse knows of the players and games that BallDontLie names by its own ids.

use std::collections::HashMap;

use serde::Deserialize;
use shared::{
    Error,
    bigquery::{BigQuery, Parameter},
    nba::{NbaGameId, PlayerLookup, SlateDay, TeamPair},
    slate,
};

/// BallDontLie's player ids, and who they are.
pub type Directory = HashMap<i64, Player>;

/// A player as the rest of the system knows them.
#[derive(Debug)]
pub struct Player {
    /// The join key.
    pub lookup: PlayerLookup,
    /// As shown.
    pub name: String,
}

/// The NBA's game ids of a day, by the two teams.
pub type Schedule = HashMap<TeamPair, NbaGameId>;

/// Everyone who was in a box score since the season's start.
pub async fn directory(bigquery: &BigQuery, season_start: SlateDay) -> Result<Directory, Error> {
    #[derive(Deserialize)]
    struct Row {
        bdl_player_id: i64,
        player_lookup: String,
        player_full_name: String,
    }
    let parameters = [Parameter::date("season_start", season_start)];
    let rows: Vec<Row> = bigquery.query(include_str!("../sql/player_directory.sql"), &parameters).await?;
    let player = |row: Row| {
        let lookup = PlayerLookup::of_stored(&row.player_lookup, Some(&row.player_full_name)).ok()?;
        Some((row.bdl_player_id, Player { lookup, name: row.player_full_name }))
    };
    Ok(rows.into_iter().filter_map(player).collect())
}

/// The games of a day.
pub async fn schedule(bigquery: &BigQuery, day: SlateDay) -> Result<Schedule, Error> {
    let games = slate::schedule(bigquery, day).await?;
    Ok(games.into_iter().map(|game| (game.pair(), game.id)).collect())
}
