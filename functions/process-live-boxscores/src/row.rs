//! A row of `nba_raw.bdl_live_boxscores` and how a game becomes rows.

use std::collections::HashSet;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    Error,
    clock::iso_micros,
    digest::hex_digest,
    error::Detail,
    nba::{GameStatus, PlayerLookup, PollId, SlateDay, Team, minutes_decimal},
    sources::{BoxScoreRow, Game, Side},
};

/// A player's box-score entry in one poll. The columns are those of
/// `infra/bigquery/nba_raw/bdl_live_boxscores.json`, where each is described.
#[derive(Debug, Serialize)]
struct Row<'a> {
    #[serde(serialize_with = "iso_micros")]
    poll_timestamp: DateTime<Utc>,
    poll_id: PollId,
    game_id: &'a str,
    game_date: SlateDay,
    game_status: GameStatus,
    period: i64,
    time_remaining: Option<&'a str>,
    is_halftime: bool,
    home_team_abbr: &'a Team,
    away_team_abbr: &'a Team,
    home_score: u32,
    away_score: u32,
    bdl_player_id: Option<i64>,
    player_lookup: &'a PlayerLookup,
    player_full_name: &'a str,
    team_abbr: &'a Team,
    minutes: Option<&'a str>,
    minutes_decimal: Option<f64>,
    points: u32,
    rebounds: u32,
    offensive_rebounds: u32,
    defensive_rebounds: u32,
    assists: u32,
    steals: u32,
    blocks: u32,
    turnovers: u32,
    personal_fouls: u32,
    field_goals_made: u32,
    field_goals_attempted: u32,
    three_pointers_made: u32,
    three_pointers_attempted: u32,
    free_throws_made: u32,
    free_throws_attempted: u32,
    source_file_path: &'a str,
    #[serde(serialize_with = "iso_micros")]
    processed_at: DateTime<Utc>,
}

/// Approximate JSON size of a row, to allocate the body once.
const BYTES_A_ROW: usize = 900;

/// What all rows of one snapshot share.
#[derive(Clone, Copy, Debug)]
pub struct Poll<'a> {
    /// Instant at which the scraper had the poll complete.
    pub timestamp: DateTime<Utc>,
    /// Id of the poll.
    pub id: PollId,
    /// The snapshot's `gs://` path (FAILURES.md, F58).
    pub source_file_path: &'a str,
    /// Instant at which the rows were made.
    pub processed_at: DateTime<Utc>,
}

/// The rows as BigQuery loads them, and how many there are.
pub fn json_lines(poll: Poll<'_>, games: &[Game]) -> Result<(Bytes, usize), Error> {
    let players: usize = games.iter().flat_map(Game::sides).map(|side| side.players.len()).sum();
    let mut lines = Vec::with_capacity(players * BYTES_A_ROW);
    let mut count = 0;
    for row in rows(poll, games) {
        serde_json::to_writer(&mut lines, &row)
            .map_err(|error| Error::internal(Detail::of("a row could not be written as JSON", error)))?;
        lines.push(b'\n');
        count += 1;
    }
    Ok((lines.into(), count))
}

/// The rows of `games`, one for each player.
fn rows<'a>(poll: Poll<'a>, games: &'a [Game]) -> impl Iterator<Item = Row<'a>> {
    games.iter().flat_map(move |game| {
        game.sides()
            .into_iter()
            .flat_map(move |side| side.players.iter().map(move |player| row(poll, game, side, player)))
    })
}

fn row<'a>(poll: Poll<'a>, game: &'a Game, side: &'a Side, player: &'a BoxScoreRow) -> Row<'a> {
    let minutes = player.minutes.as_deref();
    let counted = player.counters;
    Row {
        poll_timestamp: poll.timestamp,
        poll_id: poll.id,
        game_id: &game.id,
        game_date: game.day,
        game_status: game.state.status,
        period: game.state.period,
        time_remaining: game.raw_time.as_deref(),
        is_halftime: game.state.is_halftime,
        home_team_abbr: &game.home.team,
        away_team_abbr: &game.visitor.team,
        home_score: game.home.score,
        away_score: game.visitor.score,
        bdl_player_id: player.bdl_id,
        player_lookup: &player.lookup,
        player_full_name: &player.name,
        team_abbr: &side.team,
        minutes,
        minutes_decimal: minutes.and_then(minutes_decimal),
        points: counted.points,
        rebounds: counted.rebounds,
        offensive_rebounds: counted.offensive_rebounds,
        defensive_rebounds: counted.defensive_rebounds,
        assists: counted.assists,
        steals: counted.steals,
        blocks: counted.blocks,
        turnovers: counted.turnovers,
        personal_fouls: counted.personal_fouls,
        field_goals_made: counted.field_goals_made,
        field_goals_attempted: counted.field_goals_attempted,
        three_pointers_made: counted.three_pointers_made,
        three_pointers_attempted: counted.three_pointers_attempted,
        free_throws_made: counted.free_throws_made,
        free_throws_attempted: counted.free_throws_attempted,
        source_file_path: poll.source_file_path,
        processed_at: poll.processed_at,
    }
}

/// The lines of `rows` whose player and game are not among the lines of `loaded`, and a digest of which
/// they are; `None` where all are. A line that cannot be read again counts as loaded.
pub(crate) fn lines_missing_from(rows: &[u8], loaded: &[u8]) -> Option<(Bytes, String)> {
    #[derive(Deserialize, PartialEq, Eq, Hash)]
    struct Key {
        game_id: String,
        #[serde(flatten)]
        player: Player,
    }
    // The id alone where there is one, because a fix of the function may change the lookup.
    #[derive(Deserialize, PartialEq, Eq, Hash)]
    #[serde(untagged)]
    enum Player {
        Id { bdl_player_id: i64 },
        Lookup { player_lookup: String },
    }
    impl Player {
        fn name(&self) -> String {
            match self {
                Self::Id { bdl_player_id } => bdl_player_id.to_string(),
                Self::Lookup { player_lookup } => player_lookup.clone(),
            }
        }
    }
    let lines = |bytes: &'_ [u8]| -> Vec<(Key, Vec<u8>)> {
        let key = |line: &[u8]| Some((serde_json::from_slice(line).ok()?, line.to_vec()));
        bytes.split(|byte| *byte == b'\n').filter_map(key).collect()
    };
    let loaded: HashSet<Key> = lines(loaded).into_iter().map(|(key, _)| key).collect();
    let rest: Vec<_> = lines(rows).into_iter().filter(|(key, _)| !loaded.contains(key)).collect();
    if rest.is_empty() {
        return None;
    }
    let names: Vec<String> =
        rest.iter().map(|(key, _)| format!("{}/{}", key.game_id, key.player.name())).collect();
    let digest = hex_digest(names.iter().map(String::as_str))[..16].to_owned();
    let text: Vec<u8> = rest.into_iter().flat_map(|(_, line)| [line, b"\n".to_vec()].concat()).collect();
    Some((text.into(), digest))
}
