//! One poll of a day: the games that upstream sent, and the document built from them and the public one.

mod comparison;
mod confirmation;
mod context;
mod failover;
mod reading;
mod teams;

pub(crate) use comparison::{Comparison, PreviousListings};
pub(crate) use context::PollContext;
pub use failover::STANDSTILL_LIMIT;
pub(crate) use reading::called_off;
use reading::{games_of, live_games, one_of_each};

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use shared::{
    Error,
    nba::{GameStatus, PollId, SlateDay, TeamPair},
    slate::{self, ScheduledGame},
    sources::{Polled, Source},
};

use crate::{
    live::{Document, LiveGame},
    names::Names,
    schedule,
};

/// One poll of a day.
#[derive(Debug)]
pub struct Poll {
    /// The slate day.
    pub day: SlateDay,
    /// Whether the day is the current slate day, so that `latest.json` is written too.
    pub is_today: bool,
    /// Instant at which upstream was asked; the version of the documents.
    pub at: DateTime<Utc>,
    games: Vec<Arc<LiveGame>>,
    /// Whether every game that upstream sent could be read, so that a missing one is really missing.
    is_whole: bool,
    /// How many games, rows and values upstream sent that could not be read.
    unreadable: usize,
    /// The dates that BallDontLie's dated endpoint has still to be asked for, if a public game is no longer listed: the poll's own,
    /// and after midnight the next, of which a game abroad may be.
    dates_to_ask: Vec<SlateDay>,
    /// Whether the second source was asked too.
    has_second: bool,
}

impl Poll {
    /// Reads the games of `day` from upstream's answer: the live endpoint's if the day is today, else the
    /// dated one's. An answer with nothing readable is an error rather than an empty night.
    pub fn of(day: SlateDay, is_today: bool, upstream: &Polled) -> Result<Self, Error> {
        let (games, lost) = games_of(day, is_today, upstream)?;
        let unreadable = lost + games.iter().map(|game| game.unreadable).sum::<usize>();
        let games = one_of_each(live_games(games, is_today));
        // The NBA's feed lists the whole day; a game whose box score it does not give is left out.
        let is_whole = lost == 0 && upstream.left_out == 0 && upstream.source == Source::BallDontLie;
        // A dated answer has all games of its date.
        let own = Some(day).filter(|_| is_today);
        let next = Some(day.days_after(1)).filter(|next| next.has_dawned(upstream.at));
        let dates_to_ask = match upstream.source {
            Source::BallDontLie => own.into_iter().chain(next).collect(),
            Source::NbaCdn => Vec::new(),
        };
        Ok(Self {
            day,
            is_today,
            at: upstream.at,
            games,
            is_whole,
            unreadable,
            dates_to_ask,
            has_second: false,
        })
    }

    /// A poll of `day` at `at` without an answer: upstream is not asked, every source failed, or what it lists is no game
    /// of the league. Whatever it listed before stays.
    pub(crate) fn without_request(day: SlateDay, at: DateTime<Utc>) -> Self {
        Self {
            day,
            is_today: true,
            at,
            games: Vec::new(),
            is_whole: false,
            unreadable: 0,
            dates_to_ask: Vec::new(),
            has_second: false,
        }
    }

    /// Adds the games of the schedule that neither this poll nor the public scores list, so that the document has the
    /// whole night. A game that the schedule has as begun is waited for.
    pub(crate) fn add_unlisted(&mut self, scheduled: &[slate::Game], public: Option<&[Arc<LiveGame>]>) {
        let mut listed = self.pairs();
        let listed_in_public = public.into_iter().flatten().filter(|game| !game.is_unlisted());
        // A whole poll that no longer lists a game before tip-off has taken it off.
        let stays = |game: &&Arc<LiveGame>| !self.is_whole || game.has_begun() || game.is_over();
        listed.extend(listed_in_public.filter(stays).map(|game| game.pair()));
        let missing = scheduled.iter().filter(|game| !listed.contains(&game.scheduled.pair()));
        self.games.extend(missing.map(|game| Arc::new(LiveGame::unlisted(&game.scheduled))));
    }

    /// The date that the dated endpoint has to be asked for, each at most once, before this poll is published: a public
    /// game that has not ended is missing, or the public games (`None`) cannot be read.
    pub(crate) fn next_date_to_ask(&mut self, public: Option<&[Arc<LiveGame>]>) -> Option<SlateDay> {
        let date = *self.dates_to_ask.first()?;
        let listed = self.pairs();
        let may_be_listed = |game: &LiveGame| {
            let is_open = !game.is_over() && !game.is_unlisted();
            is_open && (date == self.day || game.has_begun())
        };
        let lacks = |public: &[Arc<LiveGame>]| {
            public.iter().any(|game| may_be_listed(game) && !listed.contains(&game.pair()))
        };
        public.map_or(date == self.day, lacks).then(|| self.dates_to_ask.remove(0))
    }

    /// Adds the public games that only the dated endpoint's answer has; all of its games where the public
    /// ones are unknown.
    pub(crate) fn add_vanished(
        &mut self,
        upstream: &Polled,
        public: Option<&[Arc<LiveGame>]>,
    ) -> Result<(), Error> {
        let (games, lost) = games_of(self.day, true, upstream)?;
        let listed = self.listed();
        let was_public =
            |pair: &TeamPair| public.is_none_or(|known| known.iter().any(|it| it.pair() == *pair));
        let mut games = one_of_each(live_games(games, false));
        games.retain(|game| !listed.contains(&game.pair()) && was_public(&game.pair()));
        self.games.extend(games);
        self.is_whole &= lost == 0;
        Ok(())
    }

    /// Adds those of the games that were `called_off` and are `missing`.
    pub(crate) fn add_called_off(&mut self, called_off: &[Arc<LiveGame>], missing: &HashSet<TeamPair>) {
        self.games.extend(called_off.iter().filter(|game| missing.contains(&game.pair())).cloned());
    }

    /// Keeps everything public as it was, because the final state of a vanished game is not available.
    pub(crate) fn keep_public_state(&mut self) {
        self.is_whole = false;
    }

    /// Builds the poll's document on the public one: games that have begun, and their players, stay even if
    /// upstream no longer lists them. A state of the live endpoint that cannot follow the public one is published only
    /// when a second poll confirms it, on whichever instance; a dated answer corrects any public state.
    pub fn build_document(
        &self,
        public: Option<&[Arc<LiveGame>]>,
        updated_at: DateTime<Utc>,
        names: &Names,
    ) -> Document {
        let known = one_of_each(public.into_iter().flatten().cloned());
        let known: HashMap<TeamPair, &Arc<LiveGame>> = known.iter().map(|game| (game.pair(), game)).collect();
        let polled = self.games.iter().map(|game| {
            let known = known.get(&game.pair()).copied();
            let in_overtime = known.and_then(|known| game.in_overtime_after(known)).map(Arc::new);
            let game = in_overtime.as_ref().unwrap_or(game);
            let over = known.map_or_else(|| game.clone(), |known| self.next_state(game, known));
            self.with_moved_at(over, known)
        });
        let polled: Vec<Arc<LiveGame>> = polled.collect();
        let is_completed = self.games.iter().zip(&polled).any(|(game, over)| !game.has_all_of(over));
        let listed = self.pairs();
        // Whether the source of a game before tip-off, the schedule or upstream, was read to its end.
        let is_read =
            |game: &LiveGame| if game.is_unlisted() { names.predicted.is_some() } else { self.is_whole };
        let stays = |game: &&&Arc<LiveGame>| {
            let may_go = is_read(game) && !game.is_over() && !game.has_begun();
            !listed.contains(&game.pair()) && !may_go
        };
        let scheduled: HashMap<TeamPair, &ScheduledGame> = names
            .predicted
            .iter()
            .flat_map(|predicted| &predicted.slate.games)
            .map(|game| (game.scheduled.pair(), &game.scheduled))
            .collect();
        let kept = known.values().filter(stays).map(|game| {
            // Of a day that is over the schedule knows the end of a game that no source lists any more.
            let ended = scheduled.get(&game.pair()).filter(|_| !self.is_today);
            ended.and_then(|scheduled| game.ended_as(scheduled)).map_or_else(|| Arc::clone(game), Arc::new)
        });
        let kept: Vec<Arc<LiveGame>> = kept.collect();
        let is_completed = is_completed || kept.iter().any(|game| game.status == GameStatus::InProgress);
        let games = names.apply(polled.into_iter().chain(kept).collect(), public);
        let document = Document::new(self.day, PollId::at(self.at), updated_at, games);
        let slate = names.predicted.as_ref().map(|predicted| &predicted.slate);
        let is_today = SlateDay::of(updated_at) == self.day;
        Document {
            next_update_expected: is_today
                .then(|| schedule::next_update(&document.games, slate, updated_at))
                .flatten(),
            unreadable: self.unreadable,
            is_named: names.predicted.is_some(),
            write_before_dependents: is_completed || self.has_second,
            ..document
        }
    }

    /// The games that upstream listed.
    fn listed(&self) -> HashSet<TeamPair> {
        self.games.iter().filter(|game| !game.is_unlisted()).map(|game| game.pair()).collect()
    }

    /// The games of the poll.
    pub(crate) fn pairs(&self) -> HashSet<TeamPair> {
        self.games.iter().map(|game| game.pair()).collect()
    }
}
