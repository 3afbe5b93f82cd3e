//! The state of a game that follows the public one: what cannot follow it is held back until it is confirmed.

use std::sync::Arc;

use chrono::TimeDelta;
use shared::nba::GameStatus;

use super::{Poll, failover::STANDSTILL_LIMIT};
use crate::live::{LiveGame, Progress};

/// The most players that a reported end may lack to be believed at once.
const MAX_MISSING: usize = 3;
/// How long an end that lacks more than these is held back for a complete one.
const INCOMPLETE_FINAL_HOLD: TimeDelta = TimeDelta::minutes(10);
/// How long the clock must stand still in the last minute beside words that tell the end.
const LAST_MINUTE_HOLD: TimeDelta = TimeDelta::minutes(1);

impl Poll {
    /// The game with the instant at which anything last happened in it.
    pub(super) fn with_moved_at(&self, game: Arc<LiveGame>, known: Option<&Arc<LiveGame>>) -> Arc<LiveGame> {
        let still = known.filter(|known| !game.has_moved_since(known));
        let moved_at = still.map_or(Some(self.at), |still| still.moved_at.or(Some(self.at)));
        let moved_at = moved_at.filter(|_| game.source.is_some());
        if moved_at == game.moved_at {
            game
        } else {
            Arc::new(LiveGame { moved_at, ..LiveGame::clone(&game) })
        }
    }

    /// The listed state. An end or postponement beside a clock with time left is believed once nothing moves any more.
    fn believed(&self, game: &Arc<LiveGame>, known: &LiveGame) -> Arc<LiveGame> {
        let Some(told) = game.as_told() else { return Arc::clone(game) };
        let hold = if game.is_in_last_minute() { LAST_MINUTE_HOLD } else { STANDSTILL_LIMIT };
        let stands = known.moved_at.is_some_and(|moved_at| moved_at + hold <= self.at);
        // What has been believed once stays so.
        if told.stands_as(known) || (stands && game.stands_as(known)) {
            Arc::new(told)
        } else {
            Arc::clone(game)
        }
    }

    /// The state of a listed game that is published: the listed one, or the `known` one until that is confirmed.
    pub(super) fn next_state(&self, game: &Arc<LiveGame>, known: &Arc<LiveGame>) -> Arc<LiveGame> {
        let game = &self.believed(game, known);
        let going_on = game.going_on_from(known).map(Arc::new);
        let game = going_on.as_ref().unwrap_or(game);
        // On a day that is over no game that has ended is still to be played.
        if !self.is_today && known.status == GameStatus::Final && game.status != GameStatus::Final {
            return Arc::clone(known);
        }
        if !self.is_today && !game.players.is_empty() {
            // A dated answer may lack players too.
            let is_whole = game.is_whole() || game.players_missing_since(known) == 0;
            return Arc::new(if is_whole { game.with_ids_of(known) } else { game.completed_from(known) });
        }
        let is_another_source =
            known.source.is_some() && game.source.is_some() && known.source != game.source;
        let progress =
            if is_another_source { game.progress_across_sources(known) } else { game.progress_since(known) };
        // An end that lacks many players would settle their lines by what they had before: another poll may have them.
        let is_end = game.status == GameStatus::Final && known.status == GameStatus::InProgress;
        let are_on = game.status == GameStatus::InProgress && known.status == GameStatus::InProgress;
        let (progress, confirm_after) = match progress {
            // The source that has fewer points is nearly always the one that is behind, and soon has as many.
            Progress::Doubtful if is_another_source && are_on => (Progress::Doubtful, STANDSTILL_LIMIT),
            Progress::Onwards if is_end && game.players_missing_since(known) > MAX_MISSING => {
                (Progress::Doubtful, INCOMPLETE_FINAL_HOLD)
            }
            progress => (progress, TimeDelta::zero()),
        };
        match progress {
            Progress::Onwards => return Arc::new(game.completed_from(known)),
            // A second report: the public state had jumped ahead, or polls have missed periods.
            Progress::Doubtful
                if known.regressed_since.is_some_and(|since| since + confirm_after < self.at) =>
            {
                return Arc::new(game.completed_from(known));
            }
            Progress::Doubtful | Progress::Impossible => {}
        }
        // A source that is behind the other one says so in each poll.
        if !is_another_source {
            tracing::warn!(
                game = game.game_id,
                "upstream reports a state of a game that cannot follow the public one; the public state stays"
            );
        }
        match (progress, known.regressed_since) {
            (Progress::Doubtful, None) => {
                Arc::new(LiveGame { regressed_since: Some(self.at), ..LiveGame::clone(known) })
            }
            _ => Arc::clone(known),
        }
    }
}
