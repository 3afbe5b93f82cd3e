//! The polls of a day in the history table, for players whom the public timeline lacks.

use std::collections::HashMap;

use serde::Deserialize;
use shared::{
    Error,
    google::bigquery::{BigQuery, Parameter},
    nba::{
        GameState, GameStatus, PlayerLookup, PollId, SlateDay, Team, TeamPair, UpstreamClock, elapsed_seconds,
    },
    slate::{
        Counts, Slate,
        people::{BoxRow, Directory, identify},
    },
};

/// The polls of players in the history table at which a count changed, by lookup and team in the live document.
pub type History = HashMap<(PlayerLookup, Team), Vec<Polled>>;

/// A player's counts at a poll.
#[derive(Clone, Copy, Debug)]
pub struct Polled {
    /// Elapsed seconds of play.
    pub(super) elapsed: u32,
    pub(super) counts: Counts,
    pub(super) poll_id: PollId,
}

/// Reads the counts of a day from the history table.
pub(crate) async fn history(
    bigquery: &BigQuery,
    day: SlateDay,
    directory: &Directory,
    slate: &Slate,
) -> Result<History, Error> {
    #[derive(Deserialize)]
    struct Row {
        bdl_player_id: Option<i64>,
        player_lookup: PlayerLookup,
        player_full_name: Option<String>,
        team_abbr: Team,
        home_team_abbr: Team,
        away_team_abbr: Team,
        poll_id: PollId,
        game_status: GameStatus,
        period: i64,
        time_remaining: Option<String>,
        points: u32,
        rebounds: u32,
        assists: u32,
        threes: u32,
        steals: u32,
        blocks: u32,
    }
    let date = [Parameter::date("game_date", day)];
    let rows: Vec<Row> = bigquery.query(include_str!("../../sql/count_changes.sql"), &date).await?;
    // Each player once, under the name of the newest row; rows of the NBA's feed have no id.
    let key = |row: &Row| match row.bdl_player_id {
        Some(id) => (Some(id), None),
        None => (None, Some((row.player_lookup.clone(), row.team_abbr.clone()))),
    };
    let players: HashMap<_, (&Row, TeamPair)> = rows
        .iter()
        .map(|row| (key(row), (row, TeamPair::of(&row.home_team_abbr, &row.away_team_abbr))))
        .collect();
    let keys: Vec<_> = players.keys().cloned().collect();
    let boxed: Vec<BoxRow<'_>> = players
        .values()
        .map(|(row, game)| BoxRow {
            bdl_id: row.bdl_player_id,
            lookup: &row.player_lookup,
            name: row.player_full_name.as_deref().unwrap_or(row.player_lookup.as_str()),
            team: &row.team_abbr,
            game,
        })
        .collect();
    let identities = identify(&boxed, directory, Some(slate), &HashMap::new());
    let identities: HashMap<_, _> = keys.into_iter().zip(identities).collect();
    let mut history = History::new();
    for row in &rows {
        // The history keeps the clock as upstream wrote it.
        let clock = UpstreamClock {
            period: Some(row.period),
            time: row.time_remaining.as_deref(),
            ..UpstreamClock::default()
        };
        let state = GameState::read(&clock);
        let elapsed = elapsed_seconds(row.game_status, row.period, &state.time_remaining);
        if let Some(identity) = identities.get(&key(row)) {
            let player = (identity.lookup.clone(), identity.team.clone());
            let counts = Counts {
                points: row.points,
                rebounds: Some(row.rebounds),
                assists: Some(row.assists),
                threes: Some(row.threes),
                steals: Some(row.steals),
                blocks: Some(row.blocks),
            };
            history.entry(player).or_default().push(Polled { elapsed, counts, poll_id: row.poll_id });
        }
    }
    Ok(history)
}
