//! What the warehouse knows of the players and games that BallDontLie names by its own ids.

use std::collections::HashMap;

use serde::Deserialize;
use shared::{
    Error,
    bigquery::{BigQuery, Parameter},
    nba::{PlayerLookup, SlateDay, Team},
};

/// BallDontLie's player ids, and who they are.
pub(crate) type Directory = HashMap<i64, Player>;

/// A player as the rest of the system knows them.
#[derive(Debug)]
pub(crate) struct Player {
    pub lookup: PlayerLookup,
    pub name: String,
}

/// The NBA's game ids of a day, by home and visiting team.
pub(crate) type Schedule = HashMap<(Team, Team), String>;

/// Everyone who was in a box score since the season's start.
pub(crate) async fn directory(bigquery: &BigQuery, season_start: SlateDay) -> Result<Directory, Error> {
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
pub(crate) async fn schedule(bigquery: &BigQuery, day: SlateDay) -> Result<Schedule, Error> {
    #[derive(Deserialize)]
    struct Row {
        game_id: String,
        home_team_tricode: String,
        away_team_tricode: String,
    }
    let parameters = [Parameter::date("game_date", day)];
    let rows: Vec<Row> = bigquery.query(include_str!("../sql/schedule.sql"), &parameters).await?;
    // A game whose teams are not known yet has no codes; the others keep their ids.
    let game = |row: Row| {
        let home = Team::of_code(&row.home_team_tricode).ok()?;
        let away = Team::of_code(&row.away_team_tricode).ok()?;
        Some(((home, away), row.game_id))
    };
    Ok(rows.into_iter().filter_map(game).collect())
}
