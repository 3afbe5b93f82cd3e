//! When the scores are polled: the next update, how long caches keep a document, and when a call has nothing to do.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    documents::status::{CALL_INTERVAL, POLL_INTERVAL},
    nba::{GameStatus, LISTED_BEFORE_TIP_OFF, MAX_GAME_DURATION, SlateDay, TeamPair},
    slate::{ScheduledGame, Slate},
};

use crate::live::LiveGame;

/// How long after its tip-off a game is polled even if it is over, because a score may still be corrected.
const AFTER_TIP_OFF: TimeDelta = MAX_GAME_DURATION;
/// How old the documents of a day may become while no game is near.
pub(crate) const IDLE_INTERVAL: TimeDelta = TimeDelta::minutes(15);

/// How long browsers and caches keep a document of a poll: a third of the interval while a game is on.
pub(crate) fn cache_control(games_in_progress: usize) -> &'static str {
    if games_in_progress > 0 { "public, max-age=10" } else { "public, max-age=60" }
}

/// When a game is polled next, by its tip-off and its scores; `None` where it is over.
fn next_poll(game: &ScheduledGame, live: Option<&LiveGame>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let status = live.map_or(game.status, |live| live.status);
    let soon = now + CALL_INTERVAL;
    match (status, game.tip_off) {
        (GameStatus::Postponed, _) => None,
        (GameStatus::Final, Some(tip_off)) => {
            // Players' last points are still to be seen; once the day is over, the official box score has them.
            let is_awaited =
                live.is_some_and(LiveGame::is_outdated) && SlateDay::of(now) == SlateDay::of(tip_off);
            (is_awaited || now < tip_off + AFTER_TIP_OFF).then_some(soon)
        }
        (GameStatus::Final, None) => None,
        (_, Some(tip_off)) => Some(soon.max(tip_off - LISTED_BEFORE_TIP_OFF)),
        // A game without a time may begin at any time.
        (_, None) => Some(soon),
    }
}

/// When the next version of the documents is expected; `None` once the games of the day are over.
pub(crate) fn next_update(
    games: &[Arc<LiveGame>],
    slate: Option<&Slate>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    if games.iter().any(|game| game.status == GameStatus::InProgress) {
        return Some(now + POLL_INTERVAL);
    }
    let Some(slate) = slate else { return Some(now + CALL_INTERVAL) };
    let live: HashMap<TeamPair, &LiveGame> = games.iter().map(|game| (game.pair(), &**game)).collect();
    let scheduled = slate.games.iter().map(|game| &game.scheduled);
    scheduled.filter_map(|game| next_poll(game, live.get(&game.pair()).copied(), now)).min()
}

/// Whether no game of the day is on or near.
pub(crate) fn is_idle(games: &[Arc<LiveGame>], slate: &Slate, now: DateTime<Utc>) -> bool {
    next_update(games, Some(slate), now).is_none_or(|next| next > now + CALL_INTERVAL)
}
