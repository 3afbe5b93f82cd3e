//! How a status is judged: a pure function of what a run knows, what was public, and the time.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Break, Exporter, Grading, Health, KnownIssue, LiveData, PolledGame, Predictions, Services, Severity,
    Status, TonightData,
};
use crate::{
    clock::eastern_time,
    nba::{GameStatus, SlateDay},
    slate::ScheduledGame,
};

/// Scores older than this are stale while a game is under way (facts 7.4).
const STALE: TimeDelta = TimeDelta::minutes(10);
/// How long after tip-off players are to be expected in the scores: games begin some ten minutes after the
/// time that is announced, and upstream lists them only then (facts 4.4).
const EMPTY: TimeDelta = TimeDelta::minutes(20);
/// How long a game that no poll has seen may be on; one that was postponed stays in the schedule.
const LONGEST: TimeDelta = TimeDelta::hours(4);
/// How long before the first tip-off it is worth a word that tonight's list or its predictions are missing.
const DUE: TimeDelta = TimeDelta::hours(1);
/// A game whose score has not changed for so long while another one's has is not followed any more.
const UNCHANGED: TimeDelta = TimeDelta::minutes(15);
/// How often the scores are polled.
const POLL: TimeDelta = TimeDelta::minutes(3);

/// The slate days around one without games.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fixtures {
    /// The last with games.
    pub previous: Option<SlateDay>,
    /// The next with games.
    pub next: Option<SlateDay>,
}

/// What one run of an exporter knows. What it does not is taken over from the status before.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// Whose run it is.
    pub by: Exporter,
    /// The time of the judgement.
    pub now: DateTime<Utc>,
    /// The games of the slate day; `None` where the schedule cannot be had.
    pub games: Option<Vec<&'a ScheduledGame>>,
    /// The slate days around, where the day has no games.
    pub fixtures: Option<Fixtures>,
    /// The public scores; what is judged of them is overwritten.
    pub live: Option<LiveData>,
    /// Tonight's public list, likewise.
    pub tonight: Option<TonightData>,
    /// The public grading, likewise.
    pub grading: Option<Grading>,
    /// How many players of the slate day something is predicted of.
    pub predictions: Option<usize>,
    /// How many dead letters were kept since yesterday.
    pub dead_letters: Option<usize>,
    /// What the run could not do, for people. What the other exporter's last run could not stays.
    pub failures: Vec<String>,
}

impl Run<'_> {
    /// The status, over the one `before`.
    pub(super) fn judge(&self, before: Option<&Status>) -> Status {
        let day = SlateDay::of(self.now);
        let was = before.map(|before| before.services.clone()).unwrap_or_default();
        let previous = was.live_data.clone();
        let mut live = newer(self.live.clone(), was.live_data, |live| live.poll_id);
        note_changes(&mut live, &previous);
        let mut tonight = newer(self.tonight.clone(), was.tonight_data, |tonight| tonight.last_update);
        let mut grading = newer(self.grading.clone(), was.grading, |grading| grading.poll_id);
        let mut predictions = match self.predictions {
            Some(predictions_count) => {
                Predictions { predictions_count, target_date: Some(day), ..Predictions::default() }
            }
            None => was.predictions,
        };
        let of_day = before.filter(|before| before.game_date == day);
        let night = Night::of(self, day, &live, of_day);
        (live.status, live.message) = night.live(&mut live);
        (tonight.status, tonight.message) = night.tonight(&mut tonight);
        (predictions.status, predictions.message) = night.predictions(&predictions);
        (grading.status, grading.message) = night.grading(&grading, &live);
        let overall_status = [live.status, tonight.status, predictions.status]
            .into_iter()
            .map(|health| if health == Health::Unknown { Health::Degraded } else { health })
            .max()
            .unwrap_or_default();
        let services = Services { live_data: live, tonight_data: tonight, grading, predictions };
        let dead_letters = self.dead_letters.or(of_day.and_then(|before| before.dead_letters));
        let own = self.issues(&night, &services, dead_letters).into_iter().map(|(severity, message)| {
            let is_same = |known: &&KnownIssue| subject(&known.message) == subject(&message);
            let known = before.and_then(|before| before.known_issues.iter().find(is_same));
            let detected_at = known.map_or(self.now, |known| known.detected_at);
            KnownIssue { severity, message, reported_by: self.by, detected_at }
        });
        let failures_of_the_other =
            of_day.into_iter().flat_map(Status::failures).filter(|it| it.reported_by != self.by).cloned();
        Status {
            updated_at: self.now,
            game_date: day,
            overall_status,
            known_issues: failures_of_the_other.chain(own).collect(),
            dead_letters,
            maintenance_windows: Vec::new(),
            active_break: night.is_free.then(|| self.pause(day, before)),
            services,
        }
    }

    fn issues(
        &self,
        night: &Night<'_>,
        services: &Services,
        dead_letters: Option<usize>,
    ) -> Vec<(Severity, String)> {
        let Services { tonight_data: tonight, predictions, .. } = services;
        let counted = |count: usize, one: &str, many: &str| {
            (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
        };
        let mut issues = Vec::new();
        if !night.is_free && tonight.game_date == Some(night.day) {
            let without_line = tonight.total_players.saturating_sub(tonight.total_with_lines);
            let without_context =
                counted(tonight.games_without_context, "game without context", "games without context");
            // The reason of a list that lacks analysis begins with these games.
            issues.push((Severity::Warning, without_context.or_else(|| tonight.degraded_reason.clone())));
            issues.push((
                Severity::Info,
                counted(without_line, "player without a line", "players without a line"),
            ));
        } else if night.is_due() {
            issues.push((Severity::Warning, Some(night.no_list())));
        }
        if night.is_due() && night.predicted(predictions) == 0 {
            issues.push((Severity::Warning, Some(night.no_predictions())));
        }
        for (game, since) in &night.stalled {
            let minutes = night.minutes_since(*since);
            let message = format!("{game}: no change of score for {minutes:.0} minutes while others change");
            issues.push((Severity::Warning, Some(message)));
        }
        let unreadable = counted(
            services.live_data.unreadable,
            "value of the box scores could not be read",
            "values of the box scores could not be read",
        );
        issues.push((Severity::Warning, unreadable));
        let letters = dead_letters.unwrap_or_default();
        issues.push((
            Severity::Warning,
            counted(letters, "dead letter since yesterday", "dead letters since yesterday"),
        ));
        let issues = issues.into_iter().filter_map(|(severity, message)| Some((severity, message?)));
        let failures = self.failures.iter().map(|failure| (Severity::Error, failure.clone()));
        failures.chain(issues).collect()
    }

    fn pause(&self, day: SlateDay, before: Option<&Status>) -> Break {
        let known = before.and_then(|before| before.active_break.as_ref());
        let Fixtures { previous, next } = self.fixtures.unwrap_or_else(|| Fixtures {
            previous: known.and_then(|known| known.last_game_date).filter(|it| *it < day),
            next: known.and_then(|known| known.resume_date).filter(|it| *it > day),
        });
        let on = |day: SlateDay| day.date().format("%A, %B %-d").to_string();
        let headline = match next {
            Some(next) if next.days_before(1) > day => format!("No games until {}", on(next)),
            _ => "No games today".to_owned(),
        };
        let message = match (next, self.fixtures) {
            (Some(next), _) => format!("The next games are on {}.", on(next)),
            (None, Some(_)) => "The schedule has no games within a month.".to_owned(),
            (None, None) => "When the next games are is not known yet.".to_owned(),
        };
        Break { headline, message, resume_date: next, last_game_date: previous }
    }
}

/// What an issue is about: of `live: BallDontLie: answered 500`, `live`, so that a failure that lasts is one
/// issue, whatever its words.
fn subject(message: &str) -> &str {
    message.split_once(": ").map_or(message, |(subject, _)| subject)
}

/// What a run says, unless what was said before is of a later version: of two runs the one that ends last
/// need not know the later state.
fn newer<T, V: Ord>(said: Option<T>, before: T, version: impl Fn(&T) -> V) -> T {
    said.filter(|said| version(said) >= version(&before)).unwrap_or(before)
}

/// Notes of each game that is on since when its score has not changed.
fn note_changes(live: &mut LiveData, previous: &LiveData) {
    let at = live.poll_id.map(|poll| poll.instant());
    let is_same_day = previous.game_date == live.game_date;
    for game in &mut live.games {
        let known = previous.games.iter().find(|known| is_same_day && known.pair() == game.pair());
        let is_unchanged =
            |known: &&PolledGame| (known.home_score, known.away_score) == (game.home_score, game.away_score);
        let since = known.filter(is_unchanged).and_then(|known| known.unchanged_since);
        let is_on = game.status == GameStatus::InProgress && !game.is_halftime;
        game.unchanged_since = since.or(at).filter(|_| is_on);
    }
}

/// The games that stand still while another one does not, and since when.
fn stalled(games: &[PolledGame], now: DateTime<Utc>) -> Vec<(String, DateTime<Utc>)> {
    let on = games.iter().filter_map(|game| Some((game, game.unchanged_since?)));
    let (still, moving): (Vec<_>, Vec<_>) = on.partition(|(_, since)| now - *since >= UNCHANGED);
    let name = |game: &PolledGame| format!("{} at {}", game.away_team, game.home_team);
    let still = still.into_iter().map(|(game, since)| (name(game), since));
    if moving.is_empty() { Vec::new() } else { still.collect() }
}

/// How the slate day stands.
struct Night<'a> {
    now: DateTime<Utc>,
    day: SlateDay,
    /// Those that count; `None` where the schedule cannot be had.
    games: Option<Vec<&'a ScheduledGame>>,
    /// Whether the day certainly has no games.
    is_free: bool,
    /// How many are under way, by the last poll, else by the schedule and the time.
    under_way: usize,
    /// When the first of those began, as far as that is known.
    first_under_way: Option<DateTime<Utc>>,
    /// Games whose score stands still while others' changes, and since when.
    stalled: Vec<(String, DateTime<Utc>)>,
}

impl<'a> Night<'a> {
    /// The night of a run, with the scores `live` and the day's status `before`.
    fn of(run: &Run<'a>, day: SlateDay, live: &LiveData, before: Option<&Status>) -> Self {
        let is_fresh = live.poll_id.is_some_and(|poll| run.now - poll.instant() <= STALE);
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
                has_begun && game.status != GameStatus::Final && since.is_none_or(|since| since < LONGEST)
            }
        };
        let counts = |game: &ScheduledGame| {
            !game.id.is_exhibition()
                && last_seen(game).is_none_or(|seen| seen.status != GameStatus::Postponed)
        };
        let all = run.games.as_deref().unwrap_or_default();
        let games: Vec<&ScheduledGame> = all.iter().copied().filter(|game| counts(game)).collect();
        // Those that the schedule does not have count as upstream has them.
        let mut others = polled.iter().filter(|seen| !all.iter().any(|game| game.pair() == seen.pair()));
        let on: Vec<&ScheduledGame> = games.iter().copied().filter(|game| is_on(game)).collect();
        let others_on = others.clone().filter(|seen| seen.status == GameStatus::InProgress).count();
        let is_free = match run.games {
            Some(_) => games.is_empty() && others.all(|seen| seen.status == GameStatus::Postponed),
            None => before.is_some_and(|before| before.active_break.is_some()) && polled.is_empty(),
        };
        Self {
            now: run.now,
            day,
            games: run.games.is_some().then_some(games),
            is_free,
            under_way: on.len() + others_on,
            first_under_way: on.iter().filter_map(|game| game.tip_off).min(),
            stalled: stalled(polled, run.now),
        }
    }

    fn tip_offs(&self) -> impl Iterator<Item = DateTime<Utc>> {
        self.games.iter().flatten().filter_map(|game| game.tip_off)
    }

    /// Whether the first game has begun, or begins within `notice`.
    fn has_begun(&self, notice: TimeDelta) -> bool {
        self.under_way > 0 || self.tip_offs().min().is_some_and(|first| first - notice <= self.now)
    }

    /// Whether it is worth a word that something is missing. Before tip-off nothing is degraded by it.
    fn is_due(&self) -> bool {
        !self.is_free && self.has_begun(DUE)
    }

    fn no_list(&self) -> String {
        format!("there is no list of {}", self.day)
    }

    fn no_predictions(&self) -> String {
        format!("there are no predictions of {}", self.day)
    }

    fn minutes_since(&self, instant: DateTime<Utc>) -> f64 {
        let minutes = (self.now - instant).as_seconds_f64() / 60.0;
        (minutes.max(0.0) * 10.0).round() / 10.0
    }

    fn live(&self, live: &mut LiveData) -> (Health, String) {
        let at = live.poll_id.map(|poll| poll.instant());
        live.age_minutes = at.map(|at| self.minutes_since(at));
        live.games_active = self.under_way > 0;
        live.is_stale = self.under_way > 0 && at.is_none_or(|at| self.now - at > STALE);
        let next = self.tip_offs().filter(|tip_off| *tip_off > self.now).min();
        live.next_update_expected = if self.under_way > 0 { Some(self.now + POLL) } else { next };
        if self.under_way > 0 {
            let is_expected = self.first_under_way.is_none_or(|first| first + EMPTY <= self.now);
            let is_empty = live.game_date != Some(self.day) || live.players == 0;
            let games =
                format!("{} {} on", self.under_way, if self.under_way == 1 { "game" } else { "games" });
            return match live.age_minutes {
                _ if is_empty && is_expected => {
                    (Health::Unhealthy, format!("{games}, but no player in the scores"))
                }
                Some(age) if live.is_stale => {
                    (Health::Degraded, format!("{games}; the scores are {age:.0} minutes old"))
                }
                Some(_) if !self.stalled.is_empty() => {
                    (Health::Degraded, format!("{games}, {} of them without a change", self.stalled.len()))
                }
                None => (Health::Degraded, format!("{games}; there are no scores yet")),
                Some(_) => (Health::Healthy, games),
            };
        }
        let has_times = self.tip_offs().next().is_some();
        let message = match (&self.games, next) {
            _ if self.is_free => "no games today".to_owned(),
            (None, _) => return (Health::Unknown, "the schedule cannot be read".to_owned()),
            (Some(_), Some(next)) => format!("the next game begins at {}", eastern_time(next)),
            (Some(_), None) if has_times => "all games are over".to_owned(),
            (Some(_), None) => "no game is on".to_owned(),
        };
        (Health::Healthy, message)
    }

    fn tonight(&self, tonight: &mut TonightData) -> (Health, String) {
        tonight.age_minutes = tonight.last_update.map(|at| self.minutes_since(at));
        let is_tonight = tonight.game_date == Some(self.day);
        let has_begun = self.has_begun(TimeDelta::zero());
        tonight.is_stale = !is_tonight && !self.is_free && has_begun;
        match (&tonight.degraded_reason, tonight.total_players) {
            _ if self.is_free => (Health::Healthy, "no games today".to_owned()),
            _ if tonight.is_stale => (Health::Unhealthy, self.no_list()),
            _ if !is_tonight && self.games.is_none() => {
                (Health::Unknown, "the schedule cannot be read".to_owned())
            }
            _ if !is_tonight => (Health::Healthy, "tonight's list is not due yet".to_owned()),
            (_, 0) => (Health::Unhealthy, "tonight's list has no players".to_owned()),
            (Some(reason), _) if has_begun => (Health::Degraded, reason.clone()),
            (Some(reason), players) => (Health::Healthy, format!("{players} players; so far {reason}")),
            (None, players) => (Health::Healthy, format!("{players} players")),
        }
    }

    /// How many players of this night something is predicted of.
    fn predicted(&self, predictions: &Predictions) -> usize {
        if predictions.target_date == Some(self.day) { predictions.predictions_count } else { 0 }
    }

    fn predictions(&self, predictions: &Predictions) -> (Health, String) {
        match self.predicted(predictions) {
            _ if self.is_free => (Health::Healthy, "no games today".to_owned()),
            0 if self.has_begun(TimeDelta::zero()) => (Health::Degraded, self.no_predictions()),
            0 if self.games.is_none() => (Health::Unknown, "the schedule cannot be read".to_owned()),
            0 => (Health::Healthy, "predictions are not due yet".to_owned()),
            count => (Health::Healthy, format!("{count} players")),
        }
    }

    fn grading(&self, grading: &Grading, live: &LiveData) -> (Health, String) {
        let polls =
            live.poll_id.zip(grading.poll_id).map(|(live, grading)| live.instant() - grading.instant());
        match polls {
            _ if self.under_way == 0 => (Health::Healthy, "no game is on".to_owned()),
            Some(behind) if behind <= STALE => (Health::Healthy, "of the last poll".to_owned()),
            Some(behind) => (Health::Degraded, format!("{} minutes behind the scores", behind.num_minutes())),
            None => (Health::Unknown, "nothing is graded yet".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{nba::PollId, nba::Team, status::PolledGame};
    use GameStatus::{Final, InProgress, Postponed, Scheduled};
    use Health::{Degraded, Healthy, Unhealthy, Unknown};

    /// What it is about, the time, the schedule, what is public; how it is judged, whether it is stale, and
    /// in which words.
    type Case<'a, Public> =
        (&'static str, &'static str, &'a [ScheduledGame], Public, (Health, bool, &'static str));

    const NINE: &str = "2026-01-09";
    const SEVEN_PM: &str = "2026-01-10T00:00:00Z";
    const TEN_PM: &str = "2026-01-10T03:00:00Z";

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn team(code: &str) -> Team {
        Team::of_code(code).expect("a team")
    }

    fn game(id: &str, home: &str, tip_off: &str, status: GameStatus) -> ScheduledGame {
        ScheduledGame {
            id: id.parse().expect("a game id"),
            home: team(home),
            away: team("TOR"),
            tip_off: Some(instant(tip_off)),
            status,
            home_score: None,
            away_score: None,
        }
    }

    /// Two games, in Boston at 7 PM and in Los Angeles at 10 PM Eastern. The schedule hears of nothing.
    fn evening() -> Vec<ScheduledGame> {
        vec![game("0022500555", "BOS", SEVEN_PM, Scheduled), game("0022500556", "LAL", TEN_PM, Scheduled)]
    }

    /// The scores of a poll, in which these games are so far.
    fn polled(at: &str, games: &[(&str, GameStatus)], players: usize) -> LiveData {
        let at = instant(at);
        let count =
            |wanted: &[GameStatus]| games.iter().filter(|(_, status)| wanted.contains(status)).count();
        let seen = |(home, status): &(&str, GameStatus)| PolledGame {
            home_team: team(home),
            away_team: team("TOR"),
            status: *status,
            home_score: 0,
            away_score: 0,
            is_halftime: false,
            unchanged_since: None,
        };
        LiveData {
            poll_id: Some(PollId::at(at)),
            last_update: Some(at),
            game_date: Some(SlateDay::of(at)),
            games_in_progress: count(&[InProgress]),
            games_over: count(&[Final, Postponed]),
            total_games: games.len(),
            players,
            games: games.iter().map(seen).collect(),
            ..LiveData::default()
        }
    }

    fn listed(day: &str, players: usize) -> TonightData {
        TonightData {
            game_date: day.parse().ok(),
            last_update: Some(instant("2026-01-09T15:00:00Z")),
            total_players: players,
            total_with_lines: players,
            ..TonightData::default()
        }
    }

    /// A run that knows the schedule and nothing else.
    fn run<'a>(now: &str, games: &'a [ScheduledGame]) -> Run<'a> {
        Run {
            by: Exporter::ExportLive,
            now: instant(now),
            games: Some(games.iter().collect()),
            fixtures: None,
            live: None,
            tonight: None,
            grading: None,
            predictions: None,
            dead_letters: None,
            failures: Vec::new(),
        }
    }

    fn judged(now: &str, games: &[ScheduledGame], live: LiveData, tonight: TonightData) -> Status {
        let run = Run { live: Some(live), tonight: Some(tonight), predictions: Some(60), ..run(now, games) };
        run.judge(None)
    }

    #[test]
    fn live_scores_are_judged_by_schedule_and_content() {
        let night = evening();
        let none = LiveData::default;
        let over = [("0022500555", "BOS", SEVEN_PM), ("0022500556", "LAL", TEN_PM)]
            .map(|(id, home, tip_off)| game(id, home, tip_off, Final));
        let matinee = [game("0022500554", "NYK", "2026-01-09T17:00:00Z", Scheduled), evening().remove(1)];
        let all_star = [game("0032500001", "BOS", SEVEN_PM, Scheduled)];
        let no_time = [ScheduledGame { tip_off: None, ..evening().remove(0) }];
        let both = |boston, los_angeles| [("BOS", boston), ("LAL", los_angeles)];
        let cases: &[Case<'_, LiveData>] = &[
            (
                "f48: before tip-off nothing is degraded",
                "2026-01-09T23:50:00Z",
                &night,
                none(),
                (Healthy, false, "the next game begins at 7:00 PM ET"),
            ),
            (
                "f48: not even by last night's scores",
                "2026-01-09T23:50:00Z",
                &night,
                polled("2026-01-09T05:00:00Z", &[("MIA", InProgress)], 35),
                (Healthy, false, "the next game begins at 7:00 PM ET"),
            ),
            (
                "a game has just begun, and upstream does not list it yet",
                "2026-01-10T00:12:00Z",
                &night,
                polled("2026-01-10T00:11:00Z", &[], 0),
                (Healthy, false, "1 game on"),
            ),
            (
                "a game begins late, as upstream knows",
                "2026-01-10T00:40:00Z",
                &night,
                polled("2026-01-10T00:39:00Z", &both(Scheduled, Scheduled), 0),
                (Healthy, false, "the next game begins at 10:00 PM ET"),
            ),
            (
                "f12: a game has just begun and nobody polls",
                "2026-01-10T00:05:00Z",
                &night,
                none(),
                (Degraded, true, "1 game on; there are no scores yet"),
            ),
            (
                "f12: a game is on and nothing is public",
                "2026-01-10T00:30:00Z",
                &night,
                none(),
                (Unhealthy, true, "1 game on, but no player in the scores"),
            ),
            (
                "a game is on and the poll is fresh",
                "2026-01-10T00:30:00Z",
                &night,
                polled("2026-01-10T00:27:00Z", &both(InProgress, Scheduled), 35),
                (Healthy, false, "1 game on"),
            ),
            (
                "ten minutes are not stale",
                "2026-01-10T00:30:00Z",
                &night,
                polled("2026-01-10T00:20:00Z", &both(InProgress, Scheduled), 35),
                (Healthy, false, "1 game on"),
            ),
            (
                "f12: eleven are",
                "2026-01-10T00:31:00Z",
                &night,
                polled("2026-01-10T00:20:00Z", &both(InProgress, Scheduled), 35),
                (Degraded, true, "1 game on; the scores are 11 minutes old"),
            ),
            (
                "f12: polls that stopped before tip-off are stale after it",
                "2026-01-10T00:15:00Z",
                &night,
                polled("2026-01-09T23:30:00Z", &both(Scheduled, Scheduled), 0),
                (Degraded, true, "1 game on; the scores are 45 minutes old"),
            ),
            (
                "f46: fresh but empty",
                "2026-01-10T00:30:00Z",
                &night,
                polled("2026-01-10T00:29:00Z", &[], 0),
                (Unhealthy, false, "1 game on, but no player in the scores"),
            ),
            (
                "f46: fresh, but of yesterday",
                "2026-01-10T00:30:00Z",
                &night,
                LiveData {
                    game_date: "2026-01-08".parse().ok(),
                    ..polled("2026-01-10T00:29:00Z", &both(InProgress, Scheduled), 35)
                },
                (Unhealthy, false, "1 game on, but no player in the scores"),
            ),
            (
                "a late game begins while the matinee's players are long there",
                "2026-01-10T03:05:00Z",
                &matinee,
                polled("2026-01-10T03:04:00Z", &[("NYK", Final)], 35),
                (Healthy, false, "1 game on"),
            ),
            (
                "f48: between two games nothing is on",
                "2026-01-10T02:50:00Z",
                &night,
                polled("2026-01-10T02:30:00Z", &both(Final, Scheduled), 35),
                (Healthy, false, "the next game begins at 10:00 PM ET"),
            ),
            (
                "the one that is postponed is not taken for the one that is on",
                "2026-01-10T00:31:00Z",
                &night,
                polled("2026-01-10T00:20:00Z", &both(InProgress, Postponed), 35),
                (Degraded, true, "1 game on; the scores are 11 minutes old"),
            ),
            (
                "a postponed game is none",
                "2026-01-10T00:30:00Z",
                &night[..1],
                polled("2026-01-10T00:10:00Z", &[("BOS", Postponed)], 0),
                (Healthy, false, "no games today"),
            ),
            (
                "a postponed game that upstream does not list is not on all night",
                "2026-01-10T04:00:00Z",
                &night[..1],
                polled("2026-01-10T03:59:00Z", &[], 0),
                (Healthy, false, "all games are over"),
            ),
            (
                "f51: past midnight the schedule knows nothing of the ends, the poll does",
                "2026-01-10T06:30:00Z",
                &night,
                polled("2026-01-10T06:00:00Z", &both(Final, Final), 70),
                (Healthy, false, "all games are over"),
            ),
            (
                "an overtime at 1 AM goes stale like any game",
                "2026-01-10T06:30:00Z",
                &night,
                polled("2026-01-10T06:00:00Z", &both(Final, InProgress), 70),
                (Degraded, true, "1 game on; the scores are 30 minutes old"),
            ),
            (
                "f48: after all games",
                "2026-01-10T08:30:00Z",
                &over,
                polled("2026-01-10T06:00:00Z", &both(Final, Final), 70),
                (Healthy, false, "all games are over"),
            ),
            ("f43: no games", "2026-01-10T00:30:00Z", &[], none(), (Healthy, false, "no games today")),
            (
                "f43: an exhibition is none",
                "2026-01-10T00:30:00Z",
                &all_star,
                polled("2026-01-10T00:10:00Z", &[("BOS", InProgress)], 24),
                (Healthy, false, "no games today"),
            ),
            (
                "a game that the schedule has lost is on all the same",
                "2026-01-10T00:30:00Z",
                &[],
                polled("2026-01-10T00:10:00Z", &[("BOS", InProgress)], 35),
                (Degraded, true, "1 game on; the scores are 20 minutes old"),
            ),
            (
                "a game without a time",
                "2026-01-10T00:30:00Z",
                &no_time,
                none(),
                (Healthy, false, "no game is on"),
            ),
        ];
        for (case, now, games, live, expected) in cases {
            let status = judged(now, games, live.clone(), listed(NINE, 300));
            let live = &status.services.live_data;
            assert_eq!((live.status, live.is_stale, live.message.as_str()), *expected, "{case}");
        }
    }

    #[test]
    fn live_data_say_how_old_they_are_and_when_there_is_more() {
        let night = evening();
        for (now, live, age, active, next) in [
            ("2026-01-09T23:00:00Z", LiveData::default(), None, false, Some(SEVEN_PM)),
            (
                "2026-01-10T00:30:00Z",
                polled("2026-01-10T00:28:15Z", &[("BOS", InProgress)], 35),
                Some(1.8),
                true,
                Some("2026-01-10T00:33:00Z"),
            ),
            (
                "2026-01-10T02:50:00Z",
                polled("2026-01-10T02:50:00Z", &[("BOS", Final)], 35),
                Some(0.0),
                false,
                Some(TEN_PM),
            ),
            (
                "2026-01-10T06:00:00Z",
                polled("2026-01-10T05:30:00Z", &[("BOS", Final), ("LAL", Final)], 70),
                Some(30.0),
                false,
                None,
            ),
        ] {
            let live = judged(now, &night, live, listed(NINE, 300)).services.live_data;
            assert_eq!((live.age_minutes, live.games_active), (age, active), "{now}");
            assert_eq!(live.next_update_expected, next.map(instant), "{now}");
        }
    }

    #[test]
    fn tonight_is_judged_by_what_it_says_of_itself_and_not_by_its_age() {
        let night = evening();
        let degraded = || TonightData {
            degraded_reason: Some("1 of 2 games without context for a team".into()),
            games_without_context: 1,
            ..listed(NINE, 300)
        };
        let cases: &[Case<'_, TonightData>] = &[
            (
                "nine hours old and whole",
                "2026-01-10T00:30:00Z",
                &night,
                listed(NINE, 300),
                (Healthy, false, "300 players"),
            ),
            (
                "of yesterday, in the morning",
                "2026-01-09T14:00:00Z",
                &night,
                listed("2026-01-08", 300),
                (Healthy, false, "tonight's list is not due yet"),
            ),
            (
                "f48: of yesterday, before tip-off",
                "2026-01-09T23:50:00Z",
                &night,
                listed("2026-01-08", 300),
                (Healthy, false, "tonight's list is not due yet"),
            ),
            (
                "of yesterday, at tip-off",
                SEVEN_PM,
                &night,
                listed("2026-01-08", 300),
                (Unhealthy, true, "there is no list of 2026-01-09"),
            ),
            (
                "never made, at tip-off",
                SEVEN_PM,
                &night,
                TonightData::default(),
                (Unhealthy, true, "there is no list of 2026-01-09"),
            ),
            (
                "f55: it says that it lacks something",
                SEVEN_PM,
                &night,
                degraded(),
                (Degraded, false, "1 of 2 games without context for a team"),
            ),
            (
                "f48: it says so before tip-off, when more is to come",
                "2026-01-09T15:00:00Z",
                &night,
                degraded(),
                (Healthy, false, "300 players; so far 1 of 2 games without context for a team"),
            ),
            (
                "f46: nobody in it",
                "2026-01-09T18:00:00Z",
                &night,
                listed(NINE, 0),
                (Unhealthy, false, "tonight's list has no players"),
            ),
            (
                "f43: of the last slate day, in a break",
                "2026-01-10T00:30:00Z",
                &[],
                listed("2026-01-05", 300),
                (Healthy, false, "no games today"),
            ),
        ];
        for (case, now, games, tonight, expected) in cases {
            let tonight = judged(now, games, LiveData::default(), tonight.clone()).services.tonight_data;
            assert_eq!((tonight.status, tonight.is_stale, tonight.message.as_str()), *expected, "{case}");
        }
    }

    #[test]
    fn predictions_are_missed_when_the_first_game_begins() {
        let night = evening();
        let with = |now, predictions| Run { predictions, ..run(now, &night) };
        let health = |run: Run<'_>| run.judge(None).services.predictions.status;
        assert_eq!(health(with("2026-01-09T14:00:00Z", Some(0))), Healthy);
        assert_eq!(health(with("2026-01-09T23:00:00Z", Some(0))), Healthy, "f48");
        assert_eq!(health(with(SEVEN_PM, Some(0))), Degraded);
        assert_eq!(health(with(SEVEN_PM, Some(61))), Healthy);
        let yesterday = with("2026-01-08T23:00:00Z", Some(61)).judge(None);
        let next = with(SEVEN_PM, None).judge(Some(&yesterday));
        assert_eq!(next.services.predictions.status, Degraded, "yesterday's are none of tonight");
    }

    #[test]
    fn what_is_missing_an_hour_before_tip_off_is_known_and_degrades_nothing() {
        let night = evening();
        let at = |now| Run { predictions: Some(0), ..run(now, &night) }.judge(None);
        assert_eq!(at("2026-01-09T22:59:00Z").known_issues, []);
        let status = at("2026-01-09T23:00:00Z");
        let texts: Vec<&str> = status.known_issues.iter().map(|issue| issue.message.as_str()).collect();
        assert_eq!(texts, ["there is no list of 2026-01-09", "there are no predictions of 2026-01-09"]);
        assert_eq!(status.overall_status, Healthy);
    }

    #[test]
    fn the_grading_is_judged_by_how_far_it_is_behind_the_scores() {
        let night = evening();
        let live = || Some(polled("2026-01-10T00:30:00Z", &[("BOS", InProgress)], 35));
        let of = |poll: &str| Grading { poll_id: Some(PollId::at(instant(poll))), ..Grading::default() };
        let health = |grading| {
            let run = Run { live: live(), grading, ..run("2026-01-10T00:31:00Z", &night) };
            let grading = run.judge(None).services.grading;
            (grading.status, grading.message)
        };
        assert_eq!(health(Some(of("2026-01-10T00:30:00Z"))), (Healthy, "of the last poll".into()));
        let behind = (Degraded, "12 minutes behind the scores".into());
        assert_eq!(health(Some(of("2026-01-10T00:18:00Z"))), behind);
        assert_eq!(health(None), (Unknown, "nothing is graded yet".into()));
    }

    #[test]
    fn the_whole_is_as_bad_as_its_worst_part_but_for_the_grading() {
        let night = evening();
        let now = "2026-01-10T00:31:00Z";
        let on = [("BOS", InProgress)];
        let status = judged(now, &night, polled("2026-01-10T00:30:00Z", &on, 35), listed(NINE, 300));
        assert_eq!((status.services.grading.status, status.overall_status), (Unknown, Healthy));
        let status = judged(now, &night, polled("2026-01-10T00:10:00Z", &on, 35), listed(NINE, 300));
        assert_eq!(status.overall_status, Degraded);
        let status = judged(now, &night, LiveData::default(), listed(NINE, 300));
        assert_eq!(status.overall_status, Unhealthy);
    }

    #[test]
    fn without_a_schedule_the_last_poll_tells_whether_games_are_on_and_the_unknown_is_degraded() {
        let blind = |live: Option<LiveData>| {
            let run = Run {
                games: None,
                live,
                tonight: Some(listed(NINE, 300)),
                predictions: Some(60),
                failures: vec!["live: BallDontLie: answered 500".into()],
                ..run("2026-01-10T00:31:00Z", &[])
            };
            run.judge(None)
        };
        let on = [("BOS", InProgress), ("LAL", InProgress)];
        let status = blind(Some(polled("2026-01-10T00:30:00Z", &on, 70)));
        assert_eq!(status.overall_status, Healthy);
        assert_eq!(status.known_issues.first().map(|issue| issue.severity), Some(Severity::Error));
        let status = blind(Some(polled("2026-01-10T00:10:00Z", &on, 70)));
        assert_eq!(status.overall_status, Degraded);
        let status = blind(None);
        assert_eq!((status.services.live_data.status, status.overall_status), (Unknown, Degraded));
    }

    #[test]
    fn f43_a_day_without_games_has_a_headline_and_the_next_slate_day() {
        let free = |now: &str, fixtures| Run { fixtures, predictions: Some(0), ..run(now, &[]) };
        let day = |text: &str| text.parse::<SlateDay>().ok();
        let fixtures = Fixtures { previous: day("2026-02-12"), next: day("2026-02-19") };
        let status = free("2026-02-15T17:00:00Z", Some(fixtures)).judge(None);
        assert_eq!(status.overall_status, Healthy);
        let pause = status.active_break.clone().expect("a break");
        assert_eq!(pause.headline, "No games until Thursday, February 19");
        assert_eq!((pause.resume_date, pause.last_game_date), (fixtures.next, fixtures.previous));
        // A run that cannot read the schedule knows the break from before.
        let blind = Run { games: None, ..free("2026-02-15T18:00:00Z", None) }.judge(Some(&status));
        assert_eq!((&blind.active_break, blind.overall_status), (&status.active_break, Healthy));
        // The live export, which does not look further than its day, keeps what the other has found out.
        let later = free("2026-02-16T17:00:00Z", None).judge(Some(&status));
        assert_eq!(later.active_break.and_then(|pause| pause.resume_date), fixtures.next);
        let one = Fixtures { next: day("2026-02-16"), ..fixtures };
        let status = free("2026-02-15T17:00:00Z", Some(one)).judge(None);
        assert_eq!(status.active_break.map(|pause| pause.headline).as_deref(), Some("No games today"));
        let message = |status: Status| status.active_break.expect("a break").message;
        let nothing_found = free("2026-07-15T17:00:00Z", Some(Fixtures::default())).judge(None);
        assert_eq!(message(nothing_found), "The schedule has no games within a month.");
        let not_looked = free("2026-07-15T17:00:00Z", None).judge(None);
        assert_eq!(message(not_looked), "When the next games are is not known yet.");
        // In February, 3 AM Eastern is still the evening's slate day.
        assert_eq!(
            free("2026-02-16T08:00:00Z", None).judge(None).game_date,
            day("2026-02-15").expect("a day")
        );
    }

    #[test]
    fn an_issue_that_stays_was_seen_first_when_it_was_seen_first() {
        let night = evening();
        let lacking = TonightData { games_without_context: 2, total_with_lines: 290, ..listed(NINE, 300) };
        let seen = Run {
            tonight: Some(lacking.clone()),
            predictions: Some(60),
            dead_letters: Some(1),
            ..run("2026-01-09T18:00:00Z", &night)
        };
        let first = seen.judge(None);
        let texts: Vec<&str> = first.known_issues.iter().map(|issue| issue.message.as_str()).collect();
        assert_eq!(
            texts,
            ["2 games without context", "10 players without a line", "1 dead letter since yesterday"]
        );
        let lacking_less = TonightData { games_without_context: 0, ..lacking };
        let later = Run { tonight: Some(lacking_less), ..run("2026-01-09T22:00:00Z", &night) };
        let second = later.judge(Some(&first));
        let times: Vec<_> = second.known_issues.iter().map(|issue| issue.detected_at).collect();
        assert_eq!(times, [first.updated_at, first.updated_at]);
        let tomorrow = run("2026-01-10T17:00:00Z", &[]).judge(Some(&second));
        assert_eq!((tomorrow.known_issues.as_slice(), tomorrow.dead_letters), ([].as_slice(), None));
    }

    #[test]
    fn what_one_exporter_could_not_do_stays_until_it_can_or_the_day_ends() {
        let night = evening();
        let of = |by, now, failures: &[&str]| Run {
            by,
            failures: failures.iter().map(|it| (*it).to_owned()).collect(),
            ..run(now, &night)
        };
        let texts = |status: &Status| -> Vec<String> {
            status.failures().map(|issue| issue.message.clone()).collect()
        };
        let (live, tonight) = (Exporter::ExportLive, Exporter::ExportTonight);
        let first = of(tonight, "2026-01-09T21:00:00Z", &["tonight's list: BigQuery: down"]).judge(None);
        let second = of(live, "2026-01-09T21:03:00Z", &["live: down"]).judge(Some(&first));
        assert_eq!(texts(&second), ["tonight's list: BigQuery: down", "live: down"]);
        let third = of(live, "2026-01-09T21:06:00Z", &[]).judge(Some(&second));
        assert_eq!(texts(&third), ["tonight's list: BigQuery: down"]);
        assert_eq!(third.known_issues.first().map(|issue| issue.detected_at), Some(first.updated_at));
        let tomorrow = of(live, "2026-01-10T17:00:00Z", &[]).judge(Some(&third));
        assert_eq!(texts(&tomorrow), Vec::<String>::new());
        let mended = of(tonight, "2026-01-09T21:09:00Z", &[]).judge(Some(&third));
        assert_eq!(texts(&mended), Vec::<String>::new());
    }

    #[test]
    fn a_run_that_ends_late_does_not_say_again_what_was_public_before() {
        let night = evening();
        let of = |poll: &str| Some(polled(poll, &[("BOS", InProgress)], 35));
        let newer = Run { live: of("2026-01-10T00:30:00Z"), ..run("2026-01-10T00:30:02Z", &night) };
        let older = Run { live: of("2026-01-10T00:27:00Z"), ..run("2026-01-10T00:30:05Z", &night) };
        let status = older.judge(Some(&newer.judge(None)));
        assert_eq!(status.services.live_data.poll_id, Some(PollId::at(instant("2026-01-10T00:30:00Z"))));
    }
}
