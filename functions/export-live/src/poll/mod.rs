//! One poll of a day: the games that upstream sent, and the document built from them and the public one.

mod comparison;
mod failover;

pub(crate) use comparison::{Comparison, PreviousListings};
pub(crate) use failover::PollContext;
use failover::STANDSTILL_LIMIT;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    Error,
    nba::{GameStatus, PollId, SlateDay, TeamPair},
    slate::{self, ScheduledGame},
    sources::{Game, Polled, Source},
};

use crate::{
    live::{Document, LiveGame, Progress},
    names::Names,
    schedule,
};

/// The most players that a reported end may lack to be believed at once.
const MAX_MISSING: usize = 3;
/// How long an end that lacks more than these is held back for a complete one.
const INCOMPLETE_FINAL_HOLD: TimeDelta = TimeDelta::minutes(10);
/// How long the clock must stand still in the last minute beside words that tell the end.
const LAST_MINUTE_HOLD: TimeDelta = TimeDelta::minutes(1);

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
    /// Whether the dated endpoint has been asked for games that the live one no longer lists.
    asked_by_date: bool,
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
        let is_whole = lost == 0 && upstream.source == Source::BallDontLie;
        let asked_by_date = !is_today || upstream.source == Source::NbaCdn;
        Ok(Self {
            day,
            is_today,
            at: upstream.at,
            games,
            is_whole,
            unreadable,
            asked_by_date,
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
            asked_by_date: true,
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

    /// Whether the dated endpoint has to be asked, at most once, before this poll is published: a public game
    /// that has not ended is missing, or the public games (`None`) cannot be read.
    pub(crate) fn needs_dated_lookup(&mut self, public: Option<&[Arc<LiveGame>]>) -> bool {
        let lacks = !self.asked_by_date
            && public.is_none_or(|public| {
                let listed = self.pairs();
                let is_open = |game: &LiveGame| !game.is_over() && !game.is_unlisted();
                public.iter().any(|game| is_open(game) && !listed.contains(&game.pair()))
            });
        self.asked_by_date |= lacks;
        lacks
    }

    /// Adds the public games that only the dated endpoint's answer has; all of its games where the public
    /// ones are unknown.
    pub(crate) fn add_vanished(
        &mut self,
        upstream: &Polled,
        public: Option<&[Arc<LiveGame>]>,
    ) -> Result<(), Error> {
        let (games, lost) = games_of(self.day, self.is_today, upstream)?;
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

    /// The game with the instant at which anything last happened in it.
    fn with_moved_at(&self, game: Arc<LiveGame>, known: Option<&Arc<LiveGame>>) -> Arc<LiveGame> {
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

    fn next_state(&self, game: &Arc<LiveGame>, known: &Arc<LiveGame>) -> Arc<LiveGame> {
        let game = &self.believed(game, known);
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

    /// The games that upstream listed.
    fn listed(&self) -> HashSet<TeamPair> {
        self.games.iter().filter(|game| !game.is_unlisted()).map(|game| game.pair()).collect()
    }

    /// The games of the poll.
    pub(crate) fn pairs(&self) -> HashSet<TeamPair> {
        self.games.iter().map(|game| game.pair()).collect()
    }
}

/// Each game once: of several listings of one pair of teams, the one with the most play.
fn one_of_each(games: impl IntoIterator<Item = Arc<LiveGame>>) -> Vec<Arc<LiveGame>> {
    let mut of_pair: HashMap<TeamPair, Arc<LiveGame>> = HashMap::new();
    for game in games {
        match of_pair.get(&game.pair()) {
            Some(known) if known.play() > game.play() => {}
            _ => drop(of_pair.insert(game.pair(), game)),
        }
    }
    of_pair.into_values().collect()
}

/// The games of `day` that are postponed or cancelled by upstream's list of games.
pub(crate) fn called_off(day: SlateDay, listed: &Polled) -> Result<Vec<Arc<LiveGame>>, Error> {
    let (games, _) = games_of(day, false, listed)?;
    Ok(live_games(games, false).filter(|game| game.status == GameStatus::Postponed).collect())
}

fn live_games(games: Vec<Game>, is_live: bool) -> impl Iterator<Item = Arc<LiveGame>> {
    games.into_iter().map(move |game| {
        let game = LiveGame::of(game);
        // A dated answer comes after the night, whatever clock is left in it.
        let told = game.as_told().filter(|_| !is_live);
        Arc::new(told.unwrap_or(game))
    })
}

/// The games of `day` in upstream's answer, and the number of games and rows that could not be read.
fn games_of(day: SlateDay, is_today: bool, upstream: &Polled) -> Result<(Vec<Game>, usize), Error> {
    let (mut games, rejected) = upstream.read();
    for rejected in &rejected {
        tracing::warn!(
            what = rejected.what,
            reason = rejected.reason,
            "part of the box scores cannot be read; it is left out"
        );
    }
    if games.is_empty() && !upstream.games.is_empty() {
        let reason = rejected.first().map_or("", |first| first.reason.as_str());
        let detail = format!("none of {} games can be read: {reason}", upstream.games.len());
        return Err(upstream.source.error(detail));
    }
    // A game abroad may begin after midnight on the next date, and end, before the slate day changes.
    let has_begun_already = |game: &Game| {
        let has_begun = game.state.status.has_begun();
        is_today && game.day == day.days_after(1) && has_begun
    };
    games.retain(|game| game.day == day || has_begun_already(game));
    Ok((games, rejected.len()))
}
