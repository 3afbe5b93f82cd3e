//! The state of a slate day: which games count, which are in progress, and which stand still.

use chrono::{DateTime, TimeDelta, Utc};

use super::{LiveData, PolledGame, Predictions, RunReport, Status};
use crate::{
    nba::{GameStatus, MAX_GAME_DURATION, SlateDay, game_name},
    slate::ScheduledGame,
};

/// Scores older than this are stale while a game is in progress.
pub(super) const STALE_AFTER: TimeDelta = TimeDelta::minutes(10);
/// How long before the first tip-off a missing list or missing predictions become an issue. Tonight's list calls itself
/// degraded earlier: `PREDICTIONS_DUE` in the export's `document/mod.rs`.
const WARN_BEFORE_TIP_OFF: TimeDelta = TimeDelta::hours(1);
/// A game in progress is reported as stalled when its score has not changed for this long while another game's has. The
/// live export asks the second source sooner: `STANDSTILL_LIMIT` in its `failover.rs`.
const STALLED_AFTER: TimeDelta = TimeDelta::minutes(15);
/// The same where no other game is on, or none changes either: longer than halftime with the scoreless minutes around
/// it.
const STALLED_ALONE_AFTER: TimeDelta = TimeDelta::minutes(30);

/// The least number of outdated rows that is reported: a source may leave out a player or two.
const MIN_OUTDATED: usize = 3;
/// How long rows may be outdated before it is reported.
const OUTDATED_AFTER: TimeDelta = TimeDelta::minutes(10);

/// Sets since when the score of each game in progress has not changed, and since when it has outdated rows.
pub(super) fn note_changes(live: &mut LiveData, previous: &LiveData) {
    let at = live.poll_id.map(|poll| poll.instant());
    let is_same_day = previous.game_date == live.game_date;
    for game in &mut live.games {
        let known = previous.games.iter().find(|known| is_same_day && known.pair() == game.pair());
        let is_unchanged =
            |known: &&PolledGame| (known.home_score, known.away_score) == (game.home_score, game.away_score);
        let since = known.filter(is_unchanged).and_then(|known| known.unchanged_since);
        let is_on = game.status == GameStatus::InProgress && !game.is_halftime;
        game.unchanged_since = since.or(at).filter(|_| is_on);
        let is_outdated = game.status == GameStatus::InProgress && game.outdated_players >= MIN_OUTDATED;
        game.outdated_since = known.and_then(|known| known.outdated_since).or(at).filter(|_| is_outdated);
    }
}

/// The games whose score stands still while another one's changes, or longer than any break, and since when.
fn stalled(games: &[PolledGame], now: DateTime<Utc>) -> Vec<(String, DateTime<Utc>)> {
    let on = games.iter().filter_map(|game| Some((game, game.unchanged_since?)));
    let (still, moving): (Vec<_>, Vec<_>) = on.partition(|(_, since)| now - *since >= STALLED_AFTER);
    let name = |game: &PolledGame| game_name(&game.away_team, &game.home_team);
    let is_too_long = |since: DateTime<Utc>| !moving.is_empty() || now - since >= STALLED_ALONE_AFTER;
    let still = still.into_iter().filter(|(_, since)| is_too_long(*since));
    still.map(|(game, since)| (name(game), since)).collect()
}

/// The games with rows that have long been older than the game's state: their number, and since when.
fn outdated(games: &[PolledGame], now: DateTime<Utc>) -> Vec<(String, usize, DateTime<Utc>)> {
    let outdated = games.iter().filter_map(|game| Some((game, game.outdated_since?)));
    let long = outdated.filter(|(_, since)| now - *since >= OUTDATED_AFTER);
    let name = |game: &PolledGame| game_name(&game.away_team, &game.home_team);
    long.map(|(game, since)| (name(game), game.outdated_players, since)).collect()
}

/// How the slate day stands.
pub(super) struct SlateState<'a> {
    pub(super) now: DateTime<Utc>,
    pub(super) day: SlateDay,
    /// The games that count; `None` where the schedule could not be read.
    pub(super) games: Option<Vec<&'a ScheduledGame>>,
    /// Whether the day certainly has no games that count.
    pub(super) has_no_games: bool,
    /// Whether there are games that do not count.
    pub(super) has_exhibitions: bool,
    /// Number of games in progress, by the last poll, else by the schedule and the time.
    pub(super) in_progress: usize,
    /// The earliest tip-off of those, as far as it is known.
    pub(super) first_tip_off_in_progress: Option<DateTime<Utc>>,
    /// The tip-offs of the games that should have begun, and have not by the last poll.
    pub(super) late: Vec<DateTime<Utc>>,
    /// Whether every game that counts is known to be over.
    pub(super) is_over: bool,
    /// Games whose score stands still while another one's changes, or for too long, and since when.
    pub(super) stalled: Vec<(String, DateTime<Utc>)>,
    /// Games with rows that have long been older than the game's state: their number, and since when.
    pub(super) outdated: Vec<(String, usize, DateTime<Utc>)>,
}

impl<'a> SlateState<'a> {
    /// The state by a run's report, the scores `live` and the day's previous status.
    pub(super) fn of(run: &RunReport<'a>, day: SlateDay, live: &LiveData, previous: Option<&Status>) -> Self {
        let is_fresh = live.poll_id.is_some_and(|poll| run.now - poll.instant() <= STALE_AFTER);
        let polled = if live.game_date == Some(day) { live.games.as_slice() } else { &[] };
        let last_seen = |game: &ScheduledGame| polled.iter().find(|it| it.pair() == game.pair());
        let is_on = |game: &ScheduledGame| match last_seen(game).map(|seen| seen.status) {
            Some(GameStatus::InProgress) => true,
            Some(GameStatus::Final | GameStatus::Postponed) => false,
            // Late, and upstream knows it.
            Some(GameStatus::Scheduled) if is_fresh => false,
            Some(GameStatus::Scheduled) | None => {
                let since = game.tip_off.map(|tip_off| run.now - tip_off);
                let has_begun = game.status == GameStatus::InProgress
                    || since.is_some_and(|since| since >= TimeDelta::zero());
                has_begun
                    && game.status != GameStatus::Final
                    && since.is_none_or(|since| since < MAX_GAME_DURATION)
            }
        };
        let is_over = |game: &ScheduledGame| match last_seen(game).map(|seen| seen.status) {
            Some(status) => status.is_over(),
            // A game that no poll has seen is over at the latest when it would be.
            None => {
                let since = game.tip_off.map(|tip_off| run.now - tip_off);
                game.status == GameStatus::Final || since.is_some_and(|since| since >= MAX_GAME_DURATION)
            }
        };
        let is_late = |game: &ScheduledGame| {
            let is_due = game.tip_off.is_some_and(|tip_off| tip_off <= run.now);
            is_due && last_seen(game).is_some_and(|seen| seen.status == GameStatus::Scheduled)
        };
        let counts = |game: &ScheduledGame| {
            !game.id.is_exhibition()
                && last_seen(game).is_none_or(|seen| seen.status != GameStatus::Postponed)
        };
        let all = run.games.as_deref().unwrap_or_default();
        let games: Vec<&ScheduledGame> = all.iter().copied().filter(|game| counts(game)).collect();
        // Those that the schedule does not have count as upstream has them.
        let is_of_the_league =
            |seen: &&PolledGame| seen.home_team.is_of_the_league() && seen.away_team.is_of_the_league();
        let others = polled.iter().filter(|seen| !all.iter().any(|game| game.pair() == seen.pair()));
        let mut others = others.filter(is_of_the_league);
        let on: Vec<&ScheduledGame> = games.iter().copied().filter(|game| is_on(game)).collect();
        let others_on = others.clone().filter(|seen| seen.status == GameStatus::InProgress).count();
        let waiting = games.iter().filter(|game| !is_on(game));
        let late = waiting.filter(|game| is_late(game)).filter_map(|game| game.tip_off).collect();
        let is_over = games.iter().all(|game| is_over(game)) && others_on == 0;
        let has_no_games = match run.games {
            Some(_) => games.is_empty() && others.all(|seen| seen.status == GameStatus::Postponed),
            None => previous.is_some_and(|previous| previous.active_break.is_some()) && polled.is_empty(),
        };
        Self {
            now: run.now,
            day,
            games: run.games.is_some().then_some(games),
            has_no_games,
            has_exhibitions: all.iter().any(|game| game.id.is_exhibition())
                || polled.iter().any(|seen| seen.status != GameStatus::Postponed),
            in_progress: on.len() + others_on,
            first_tip_off_in_progress: on.iter().filter_map(|game| game.tip_off).min(),
            late,
            is_over,
            stalled: stalled(polled, run.now),
            outdated: outdated(polled, run.now),
        }
    }

    pub(super) fn tip_offs(&self) -> impl Iterator<Item = DateTime<Utc>> {
        self.games.iter().flatten().filter_map(|game| game.tip_off)
    }

    /// Whether the first game has begun, or begins within `notice`.
    pub(super) fn has_begun(&self, notice: TimeDelta) -> bool {
        self.in_progress > 0 || self.tip_offs().min().is_some_and(|first| first - notice <= self.now)
    }

    /// Whether something missing is an issue by now. Before tip-off it degrades nothing.
    pub(super) fn is_due(&self) -> bool {
        !self.has_no_games && self.has_begun(WARN_BEFORE_TIP_OFF)
    }

    /// Why nothing is expected of a day without games that count.
    pub(super) fn no_games(&self) -> String {
        if self.has_exhibitions { "only exhibitions today" } else { "no games today" }.to_owned()
    }

    pub(super) fn no_list(&self) -> String {
        format!("there is no list of {}", self.day)
    }

    pub(super) fn no_predictions(&self) -> String {
        format!("there are no predictions of {}", self.day)
    }

    pub(super) fn minutes_since(&self, instant: DateTime<Utc>) -> f64 {
        let minutes = (self.now - instant).as_seconds_f64() / 60.0;
        (minutes.max(0.0) * 10.0).round() / 10.0
    }

    /// Number of players of this slate day with a prediction.
    pub(super) fn predicted(&self, predictions: &Predictions) -> usize {
        if predictions.target_date == Some(self.day) { predictions.predictions_count } else { 0 }
    }
}
