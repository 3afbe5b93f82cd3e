//! The live document, `v1/live/{date}.json` and `v1/live/latest.json`.

mod game;
mod merge;
mod player;
mod progress;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    clock::iso_micros,
    documents::{self, status::LiveData},
    nba::{GameStatus, PollId, SlateDay},
};

use crate::schedule;

pub use game::{InactivePlayer, LiveGame};
pub(crate) use merge::merged;
pub use player::LivePlayer;
pub(crate) use progress::Progress;

/// Approximate JSON size of a player, a share of the game included, to allocate the body once.
const BYTES_A_PLAYER: usize = 360;

/// Live scores of a slate day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "LiveDocument")]
pub struct Document {
    /// Instant at which the document was generated, UTC.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    /// The slate day: the US Eastern date on which the night of games began.
    pub game_date: SlateDay,
    /// Id of the poll that the scores come from; while no game is near, of the export, which polls nothing.
    pub poll_id: PollId,
    /// Number of games in progress, halftime included.
    pub games_in_progress: usize,
    /// Number of games that have ended.
    pub games_final: usize,
    /// Number of games in `games`.
    pub total_games: usize,
    /// Instant, UTC, at which the scores are polled next, and a new version follows; null once the games of the day
    /// are over, and in a document of a past day.
    #[serde(default)]
    pub next_update_expected: Option<DateTime<Utc>>,
    /// The games of the slate day, those of the schedule that no source lists yet included: in progress
    /// first, then final, scheduled and postponed.
    pub games: Vec<Arc<LiveGame>>,
    /// Number of games, rows and values of the poll that could not be read, for the public status.
    #[serde(skip)]
    pub unreadable: usize,
    /// Whether tonight's players were known when the rows were named.
    #[serde(skip)]
    pub is_named: bool,
    /// Whether the scores have to be public before what depends on them, because they have something that a concurrent
    /// poll may not have: what the public version supplied, or what the second source knows.
    #[serde(skip)]
    pub write_before_dependents: bool,
}

impl Document {
    /// Builds the document of `day` with these games, whose ids must be distinct.
    pub fn new(
        day: SlateDay,
        poll_id: PollId,
        updated_at: DateTime<Utc>,
        mut games: Vec<Arc<LiveGame>>,
    ) -> Self {
        games.sort_by(|a, b| (a.status, &a.game_id).cmp(&(b.status, &b.game_id)));
        let count = |status| games.iter().filter(|game| game.status == status).count();
        Self {
            updated_at,
            game_date: day,
            poll_id,
            games_in_progress: count(GameStatus::InProgress),
            games_final: count(GameStatus::Final),
            total_games: games.len(),
            next_update_expected: None,
            games,
            unreadable: 0,
            is_named: false,
            write_before_dependents: false,
        }
    }
}

impl documents::Document for Document {
    const NAME: &'static str = "the live document";

    fn expected_bytes(&self) -> usize {
        let players: usize = self.games.iter().map(|game| game.player_count).sum();
        1024 + players * BYTES_A_PLAYER
    }

    fn cache_control(&self) -> &'static str {
        schedule::cache_control(self.games_in_progress)
    }
}

impl Document {
    /// What the public status needs to know about these scores.
    pub fn live_data(&self) -> LiveData {
        LiveData {
            last_update: Some(self.updated_at),
            game_date: Some(self.game_date),
            poll_id: Some(self.poll_id),
            games_in_progress: self.games_in_progress,
            games_over: self.games.iter().filter(|game| game.is_over()).count(),
            total_games: self.total_games,
            players: self.games.iter().map(|game| game.player_count).sum(),
            // Games that only the schedule has are not from the poll.
            games: self.games.iter().filter(|game| !game.is_unlisted()).map(|game| game.polled()).collect(),
            unreadable: self.unreadable,
            next_update_expected: self.next_update_expected,
            ..LiveData::default()
        }
    }
}
