//! Which source each game of a poll is taken from.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    documents::status::POLL_INTERVAL,
    nba::{GameStatus, MAX_GAME_DURATION, NbaGameId, Team, TeamPair},
    slate::{ScheduledGame, Slate},
    sources::Source,
};

use super::{
    Poll,
    comparison::{COMPARED_AFTER_THE_END, Comparison, PreviousListings},
    one_of_each,
};
use crate::{
    live::{LiveGame, LivePlayer, Progress},
    names::Names,
    schedule::BEFORE_TIP_OFF,
};

/// How long a game in progress may stand still before the second source is asked. The status reports a game as stalled
/// later: `STALLED_AFTER` in `slate_state.rs`.
pub(super) const STANDSTILL_LIMIT: TimeDelta = TimeDelta::minutes(5);
/// The same at halftime, which takes fifteen minutes.
const STANDSTILL_LIMIT_AT_HALFTIME: TimeDelta = TimeDelta::minutes(20);
/// Every how many polls both sources are asked, to be compared.
const COMPARED_EVERY: i64 = 10;

/// What is known of the night beside a poll.
#[derive(Clone, Copy)]
pub(crate) struct PollContext<'a> {
    /// The public games; `None` where they cannot be read.
    pub public: Option<&'a [Arc<LiveGame>]>,
    pub names: &'a Names,
}

impl<'a> PollContext<'a> {
    /// The NBA's ids of the scheduled games.
    pub fn game_ids(&self) -> Vec<NbaGameId> {
        self.scheduled().map(|game| game.id.clone()).collect()
    }

    /// Whether the day has no game of the league, by the schedule and in public.
    pub fn has_no_games(&self) -> bool {
        self.slate().is_some_and(|slate| slate.games.is_empty()) && self.public.is_some_and(<[_]>::is_empty)
    }

    /// Whether public rows come from another source than BallDontLie, so that a poll has to be named before it is
    /// merged with them: the sources share no ids.
    pub fn mixes_sources(&self) -> bool {
        let lacks_id = |player: &LivePlayer| player.bdl_player_id.is_none();
        self.public.into_iter().flatten().any(|game| game.players.iter().any(lacks_id))
    }

    fn known(&self) -> HashMap<TeamPair, &'a Arc<LiveGame>> {
        self.public.into_iter().flatten().map(|game| (game.pair(), game)).collect()
    }

    fn slate(&self) -> Option<&'a Slate> {
        self.names.predicted.as_deref().map(|predicted| &predicted.slate)
    }

    fn scheduled(&self) -> impl Iterator<Item = &'a ScheduledGame> {
        self.slate().into_iter().flat_map(|slate| &slate.games).map(|game| &game.scheduled)
    }
}

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
            game.tip_off.is_some_and(|tip_off| (tip_off - BEFORE_TIP_OFF..tip_off).contains(&self.at))
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

    /// This poll with the wrong team codes of its games corrected: a game that neither the schedule nor the public scores
    /// have, under the id of one that they have with one of its teams, is that game. Each home team is the schedule's.
    pub(crate) fn with_teams(mut self, context: PollContext<'_>) -> Self {
        let known = context.known();
        let listed: HashSet<TeamPair> = self.games.iter().map(|game| game.pair()).collect();
        let by_id = known.values().map(|game| (game.game_id.as_str(), [&game.home_team, &game.away_team]));
        let by_nba_id = context.scheduled().map(|game| (game.id.as_str(), [&game.home, &game.away]));
        let teams_of: HashMap<&str, [&Team; 2]> = by_nba_id.chain(by_id).collect();
        let scheduled: HashSet<TeamPair> = context.scheduled().map(ScheduledGame::pair).collect();
        for game in &mut self.games {
            if known.contains_key(&game.pair()) || scheduled.contains(&game.pair()) {
                continue;
            }
            let ids = [Some(game.game_id.as_str()), game.nba_game_id.as_ref().map(NbaGameId::as_str)];
            let Some(teams) = ids.into_iter().flatten().find_map(|id| teams_of.get(id)) else { continue };
            if listed.contains(&TeamPair::of(teams[0], teams[1])) {
                continue;
            }
            if let Some(corrected) = game.with_wrong_team_corrected(*teams) {
                tracing::warn!(game = game.game_id, home = %game.home_team, away = %game.away_team, "a game has a wrong team code; its id says which game it is");
                *game = Arc::new(corrected);
            }
        }
        self.with_home_teams(context)
    }

    /// This poll with each game's home team as in the schedule, else as in public: sources disagree about neutral
    /// ground.
    fn with_home_teams(mut self, context: PollContext<'_>) -> Self {
        let mut homes: HashMap<TeamPair, &Team> =
            context.known().into_iter().map(|(pair, game)| (pair, &game.home_team)).collect();
        homes.extend(context.scheduled().map(|game| (game.pair(), &game.home)));
        for game in &mut self.games {
            if let Some(home) = homes.get(&game.pair()).filter(|home| ***home != game.home_team) {
                *game = Arc::new(LiveGame::clone(game).with_home_team(home));
            }
        }
        self
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
            let stands_still = self.stands_still(Some(&game), known, tip_offs.get(&pair).copied());
            if is_first_taken(&game, &other, known, stands_still) {
                Arc::new(game.with_ids_of(&other))
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
    stands_still: bool,
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
        return has_caught_up && missing(first, known) <= missing(second, known) && !stands_still;
    }
    let may_follow = |earlier: &LiveGame| second.progress_across_sources(earlier) != Progress::Impossible;
    let is_ahead = may_follow(first) && known.is_none_or(|known| may_follow(known));
    let has_play = second.has_begun() && second.has_moved_since(first);
    let continues = first.status == GameStatus::Final && second.status == GameStatus::InProgress;
    let is_called_off = second.status == GameStatus::Postponed && first.status == GameStatus::Scheduled;
    let helps = (stands_still || continues) && has_play
        || is_called_off
        || second.has_begun() && missing(second, known) < missing(first, known);
    !(is_ahead && helps)
}

/// Whether a game is over for good; an end in a tie is none.
fn is_over(game: &Arc<LiveGame>) -> bool {
    game.is_over() && !game.is_tied_end()
}
