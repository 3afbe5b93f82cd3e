//! Which source each game of a poll is taken from.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    documents::status::POLL_INTERVAL,
    nba::{GameStatus, LISTED_BEFORE_TIP_OFF, MAX_GAME_DURATION, TeamPair},
    slate::ScheduledGame,
    sources::Source,
};

use super::{
    Poll, PollContext,
    comparison::{COMPARED_AFTER_THE_END, Comparison, PreviousListings},
    reading::one_of_each,
};
use crate::live::{LiveGame, Progress};

/// How long a game in progress may stand still before the second source is asked. The status reports a game as stalled
/// later: `STALLED_AFTER` in `slate_state.rs`.
pub const STANDSTILL_LIMIT: TimeDelta = TimeDelta::minutes(5);
/// The same at halftime, which takes fifteen minutes.
const STANDSTILL_LIMIT_AT_HALFTIME: TimeDelta = TimeDelta::minutes(20);
/// Every how many polls both sources are asked, to be compared.
const COMPARED_EVERY: i64 = 10;

impl Poll {
    /// Whether this poll of the first source does not suffice: it is behind, public scores come from the `second`
    /// source, or both are to be compared.
    pub(crate) fn needs_second_source(&self, second: Source, context: PollContext<'_>) -> bool {
        let comes_from = |game: &Arc<LiveGame>| game.source == Some(second) && !is_over(game);
        context.public.into_iter().flatten().any(comes_from)
            || self.is_due_for_comparison(context)
            || self.is_behind(context)
    }

    /// Whether this poll of a past day lacks a game that is public and has not ended.
    pub(crate) fn lacks_an_open_game(&self, context: PollContext<'_>) -> bool {
        let listed = self.pairs();
        let mut open = context.public.into_iter().flatten().filter(|game| game.has_begun() && !is_over(game));
        open.any(|game| !listed.contains(&game.pair()))
    }

    fn is_due_for_comparison(&self, context: PollContext<'_>) -> bool {
        let is_on = |game: &Arc<LiveGame>| match game.status {
            GameStatus::InProgress => true,
            GameStatus::Final => game.moved_at.is_some_and(|at| self.at < at + COMPARED_AFTER_THE_END),
            GameStatus::Scheduled | GameStatus::Postponed => false,
        };
        // Who is inactive is known before the first tip-off.
        let is_near = |game: &ScheduledGame| {
            game.tip_off.is_some_and(|tip_off| (tip_off - LISTED_BEFORE_TIP_OFF..tip_off).contains(&self.at))
        };
        let is_due = (self.at.timestamp() / POLL_INTERVAL.num_seconds()) % COMPARED_EVERY == 0;
        is_due
            && (context.public.into_iter().flatten().chain(&self.games).any(is_on)
                || context.scheduled().any(is_near))
    }

    /// Whether a game that is on stands still, breaks off, is missing, or lacks players.
    fn is_behind(&self, context: PollContext<'_>) -> bool {
        let known = context.known();
        let tip_offs = tip_offs(context.scheduled().filter(|game| game.status != GameStatus::Postponed));
        let listed: HashMap<TeamPair, &Arc<LiveGame>> =
            self.games.iter().map(|game| (game.pair(), game)).collect();
        let pairs = known.keys().chain(tip_offs.keys()).chain(listed.keys());
        let is_behind = |pair: &TeamPair| {
            let tip_off = tip_offs.get(pair).copied();
            let (listed, known) = (listed.get(pair).copied(), known.get(pair).copied());
            let breaks_off = listed.zip(known).is_some_and(|(listed, known)| listed.breaks_off(known));
            breaks_off
                || self.stands_still(listed, known, tip_off)
                || listed.is_some_and(|game| missing(game, known) > 0)
        };
        pairs.into_iter().any(is_behind)
    }

    /// Whether nothing has happened for too long in a game that is on.
    fn stands_still(
        &self,
        listed: Option<&Arc<LiveGame>>,
        known: Option<&Arc<LiveGame>>,
        tip_off: Option<DateTime<Utc>>,
    ) -> bool {
        let has_moved = match (listed, known) {
            (Some(listed), Some(known)) => listed.has_moved_since(known),
            (Some(listed), None) => listed.has_begun(),
            (None, _) => false,
        };
        if has_moved || known.is_some_and(is_over) {
            return false;
        }
        let is_on = known.is_some_and(|known| known.has_begun());
        let is_due = tip_off.is_some_and(|tip_off| (tip_off..tip_off + MAX_GAME_DURATION).contains(&self.at));
        let since = known.filter(|known| known.has_begun()).and_then(|known| known.moved_at).max(tip_off);
        let is_halftime = known.is_some_and(|known| known.is_halftime());
        let limit = if is_halftime { STANDSTILL_LIMIT_AT_HALFTIME } else { STANDSTILL_LIMIT };
        (is_on || is_due) && since.is_some_and(|since| self.at >= since + limit)
    }

    /// This poll with the names of the warehouse, so that its games can be compared with those of another source.
    pub(crate) fn named(mut self, context: PollContext<'_>) -> Self {
        self.games = context.names.apply(one_of_each(std::mem::take(&mut self.games)), context.public);
        self
    }

    /// This poll of the first source, in which each game that the `second` one is ahead in, or that is public by it, is
    /// the second one's; and how the two differ, by what they listed `earlier` too.
    pub(crate) fn combined(
        mut self,
        second: Poll,
        context: PollContext<'_>,
        earlier: &PreviousListings,
    ) -> (Self, Comparison) {
        let known = context.known();
        let tip_offs = tip_offs(context.scheduled());
        let mut others: HashMap<TeamPair, Arc<LiveGame>> =
            second.games.iter().map(|game| (game.pair(), game.clone())).collect();
        let mut comparison = Comparison::at(self.at);
        let games = std::mem::take(&mut self.games);
        let chosen = games.into_iter().map(|game| {
            let pair = game.pair();
            let Some(other) = others.remove(&pair) else { return game };
            let known = known.get(&pair).copied();
            comparison.add(&game, &other, known, earlier);
            let stands_still = |listed| self.stands_still(Some(listed), known, tip_offs.get(&pair).copied());
            if is_first_taken(&game, &other, known, [&game, &other].map(stands_still)) {
                // Rows under unknown names could be of players whom the first lists too.
                let lacks_rows = context.names.predicted.is_some() && missing(&game, known) > 0;
                let game = game.with_ids_of(&other);
                Arc::new(if lacks_rows {
                    game.with_missing_rows_of(&other, known.map(|known| &**known))
                } else {
                    game
                })
            } else {
                other
            }
        });
        let mut chosen: Vec<Arc<LiveGame>> = chosen.collect();
        // Of the games that only the second source lists, not those that the first has dropped at their end.
        let unlisted =
            others.into_values().filter(|game| !known.get(&game.pair()).copied().is_some_and(is_over));
        chosen.extend(unlisted.filter_map(|game| match game.status {
            GameStatus::InProgress | GameStatus::Final | GameStatus::Postponed => Some(game),
            // Before tip-off a game stays the schedule's; the feed adds who is inactive.
            GameStatus::Scheduled if game.inactive.is_empty() => None,
            GameStatus::Scheduled => Some(Arc::new(LiveGame { source: None, ..LiveGame::clone(&game) })),
        }));
        let unreadable = self.unreadable + second.unreadable;
        (Self { games: chosen, unreadable, has_second: true, ..self }, comparison)
    }
}

/// The tip-offs of games, as far as they are known.
fn tip_offs<'a>(games: impl Iterator<Item = &'a ScheduledGame>) -> HashMap<TeamPair, DateTime<Utc>> {
    games.filter_map(|game| Some((game.pair(), game.tip_off?))).collect()
}

/// How many players are missing in a listing.
fn missing(game: &Arc<LiveGame>, known: Option<&Arc<LiveGame>>) -> usize {
    game.evidently_missing_players(known.map(|known| &**known))
}

/// Whether the first source's listing of a game is taken, with the second one's at hand.
fn is_first_taken(
    first: &Arc<LiveGame>,
    second: &Arc<LiveGame>,
    known: Option<&Arc<LiveGame>>,
    [stands_still, second_stands_still]: [bool; 2],
) -> bool {
    let is_public_from_second = known.is_some_and(|known| known.source == second.source);
    // A game that the other source plays on is neither over nor called off.
    let is_wrong_end = |known: &Arc<LiveGame>| {
        let breaks_off = first.breaks_off(known) || (is_public_from_second && first.is_over());
        breaks_off && second.plays_on_from(known)
    };
    let is_played = first.status == GameStatus::Postponed && second.has_begun() && second.shows_play();
    if is_played || known.is_some_and(is_wrong_end) {
        return false;
    }
    if is_public_from_second {
        let has_caught_up =
            known.is_none_or(|known| first.progress_across_sources(known) == Progress::Onwards);
        let is_as_good = missing(first, known) <= missing(second, known) || second_stands_still;
        return has_caught_up && is_as_good && !stands_still;
    }
    let may_follow = |earlier: &LiveGame| second.progress_across_sources(earlier) != Progress::Impossible;
    // Whole rows that go on from the public ones are better than half of them that are some seconds newer.
    let is_fuller = second.has_begun() && missing(second, known) < missing(first, known);
    let is_ahead = (is_fuller || may_follow(first)) && known.is_none_or(|known| may_follow(known));
    let has_play = second.has_begun() && second.has_moved_since(first);
    let continues = first.status == GameStatus::Final && second.status == GameStatus::InProgress;
    let is_called_off = second.status == GameStatus::Postponed && first.status == GameStatus::Scheduled;
    let helps = (stands_still || continues) && has_play || is_called_off || is_fuller;
    !(is_ahead && helps)
}

/// Whether a game is over for good; an end in a tie is none.
fn is_over(game: &Arc<LiveGame>) -> bool {
    game.is_over() && !game.is_tied_end()
}
