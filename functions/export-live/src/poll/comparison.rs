//! How the listings of two sources differ.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    documents::status::POLL_INTERVAL,
    nba::{GameStatus, TeamPair, elapsed_seconds, game_name, minutes_decimal},
};

use crate::live::{LiveGame, LivePlayer};

/// The most minutes by which two sources differ without disagreeing: one of them rounds, and half a minute of lag.
const SOURCE_MINUTES_TOLERANCE: f64 = 2.0;

/// How long after its end a game is still compared.
pub(super) const COMPARED_AFTER_THE_END: TimeDelta = TimeDelta::minutes(20);

/// A comparison of the games that both sources list.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    pub at: DateTime<Utc>,
    /// Seconds of play by which the first source is behind in some game, and the second one.
    pub lag: [u32; 2],
    /// Number of players whose points or minutes differ by more than the lag of one poll explains.
    pub disagreements: usize,
    /// The games whose final scores or points differ, as `TOR at BOS`.
    pub differing_finals: Vec<String>,
    /// The games whose final scores and points are the same.
    pub agreeing_finals: Vec<String>,
    /// What was compared.
    listings: Listings,
}

/// The listings of a game by the first source and the second.
type Listings = HashMap<TeamPair, [Arc<LiveGame>; 2]>;

/// What the sources listed at an earlier comparison, at least a poll ago.
#[derive(Clone, Debug, Default)]
pub(crate) struct PreviousListings {
    at: DateTime<Utc>,
    listings: Listings,
}

impl PreviousListings {
    /// Remembers a comparison, unless the remembered one is less than a poll older.
    pub fn remember(&mut self, comparison: &Comparison) {
        if comparison.at >= self.at + POLL_INTERVAL {
            *self = Self { at: comparison.at, listings: comparison.listings.clone() };
        }
    }

    /// The points of a player in a source's earlier listing of a game.
    fn points(&self, game: &LiveGame, source: usize, player: &LivePlayer) -> Option<u32> {
        let listing = self.listings.get(&game.pair())?.get(source)?;
        listing.players.iter().find(|it| it.is_same(player)).map(|it| it.points)
    }
}

impl Comparison {
    pub fn at(at: DateTime<Utc>) -> Self {
        let (differing_finals, agreeing_finals) = (Vec::new(), Vec::new());
        Self {
            at,
            lag: [0, 0],
            disagreements: 0,
            differing_finals,
            agreeing_finals,
            listings: Listings::new(),
        }
    }

    /// Whether the game has been over for so long that it is no longer compared.
    fn is_past(&self, first: &LiveGame, known: Option<&Arc<LiveGame>>) -> bool {
        let moved_at =
            known.filter(|known| known.status == GameStatus::Final).and_then(|known| known.moved_at);
        first.status == GameStatus::Final && moved_at.is_some_and(|at| self.at >= at + COMPARED_AFTER_THE_END)
    }

    /// Compares two listings of a game, of which the `known` one was public before, also with the `earlier` ones.
    pub fn add(
        &mut self,
        first: &Arc<LiveGame>,
        second: &Arc<LiveGame>,
        known: Option<&Arc<LiveGame>>,
        earlier: &PreviousListings,
    ) {
        // The feed gives no players of a game that is long over.
        let is_comparable = [first, second].iter().all(|game| game.has_begun() && !game.players.is_empty())
            && !self.is_past(first, known);
        if !is_comparable {
            return;
        }
        self.listings.insert(first.pair(), [first.clone(), second.clone()]);
        let elapsed = |game: &LiveGame| elapsed_seconds(game.status, game.period, &game.time_remaining);
        let (one, other) = (elapsed(first), elapsed(second));
        self.lag[0] = self.lag[0].max(other.saturating_sub(one));
        self.lag[1] = self.lag[1].max(one.saturating_sub(other));
        let are_over = first.status == GameStatus::Final && second.status == GameStatus::Final;
        let differs = |player: &LivePlayer| {
            let twin = second.players.iter().find(|it| it.is_same(player));
            let public = known.and_then(|known| known.players.iter().find(|it| it.is_same(player)));
            match twin {
                Some(twin) if are_over => twin.points != player.points,
                Some(twin) => {
                    let [of_first, of_second] = [0, 1].map(|source| earlier.points(first, source, player));
                    // The source that has fewer points is behind what the other one had a poll ago.
                    let is_far_behind = of_second.is_some_and(|earlier| player.points < earlier)
                        || of_first.is_some_and(|earlier| twin.points < earlier);
                    is_far_behind || disagree(player, twin, public)
                }
                None => player.has_played(),
            }
        };
        let of_first = first.players.iter().filter(|player| differs(player)).count();
        let is_missing =
            |player: &&LivePlayer| player.has_played() && !first.players.iter().any(|it| it.is_same(player));
        let of_second = second.players.iter().filter(is_missing).count();
        self.disagreements += of_first + of_second;
        // Sources may name another home team.
        let scores = |game: &LiveGame| {
            let [home, away] = [(&game.home_team, game.home_score), (&game.away_team, game.away_score)];
            [home, away].map(|(team, score)| (team.clone(), score)).into_iter().collect::<BTreeSet<_>>()
        };
        if are_over {
            let game = game_name(&first.away_team, &first.home_team);
            if scores(first) != scores(second) || of_first + of_second > 0 {
                self.differing_finals.push(game)
            } else {
                self.agreeing_finals.push(game)
            }
        }
    }
}

/// Whether two rows of a player differ by more than one poll's lag: one of them is behind what was public a poll ago,
/// or the minutes are far apart.
fn disagree(one: &LivePlayer, other: &LivePlayer, public: Option<&LivePlayer>) -> bool {
    let least = one.points.min(other.points);
    let points = one.points != other.points && public.is_some_and(|public| least < public.points);
    let minutes = |player: &LivePlayer| minutes_decimal(&player.minutes);
    let off = minutes(one)
        .zip(minutes(other))
        .is_some_and(|(one, other)| (one - other).abs() > SOURCE_MINUTES_TOLERANCE);
    points || off
}
