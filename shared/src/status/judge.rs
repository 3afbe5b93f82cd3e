//! How a status is judged: a pure function of what a run knows, what was public, and the time.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Break, Grading, Health, KnownIssue, LiveData, Predictions, Services, Severity, Status, TonightData,
};
use crate::{
    clock::eastern_time,
    nba::{GameStatus, SlateDay},
    slate::ScheduledGame,
};

/// Scores older than this are stale while a game is under way (facts 7.4).
const STALE: TimeDelta = TimeDelta::minutes(10);
/// How long after tip-off players are to be expected in the scores.
const EMPTY: TimeDelta = TimeDelta::minutes(10);
/// How long before the first tip-off tonight's list and its predictions are due.
const DUE: TimeDelta = TimeDelta::hours(1);
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
    /// What the run could not do, for people.
    pub failures: Vec<String>,
}

impl Run<'_> {
    /// The status, over the one `before`.
    pub(super) fn judge(&self, before: Option<&Status>) -> Status {
        let day = SlateDay::of(self.now);
        let was = before.map(|before| before.services.clone()).unwrap_or_default();
        let mut live = self.live.clone().unwrap_or(was.live_data);
        let mut tonight = self.tonight.clone().unwrap_or(was.tonight_data);
        let mut grading = self.grading.clone().unwrap_or(was.grading);
        let mut predictions = match self.predictions {
            Some(predictions_count) => {
                Predictions { predictions_count, target_date: Some(day), ..Predictions::default() }
            }
            None => was.predictions,
        };
        let night = Night::of(self, day, &live);
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
        let issues = self.issues(&night, &services).into_iter().map(|(severity, message)| {
            let known = before.and_then(|before| before.known_issues.iter().find(|it| it.message == message));
            KnownIssue { severity, message, detected_at: known.map_or(self.now, |known| known.detected_at) }
        });
        Status {
            updated_at: self.now,
            game_date: day,
            overall_status,
            known_issues: issues.collect(),
            maintenance_windows: Vec::new(),
            active_break: night.is_free().then(|| self.pause(day, before)),
            services,
        }
    }

    fn issues(&self, night: &Night<'_>, services: &Services) -> Vec<(Severity, String)> {
        let tonight = &services.tonight_data;
        let is_tonight = tonight.game_date == Some(night.day) && !night.is_free();
        let without_line = tonight.total_players.saturating_sub(tonight.total_with_lines);
        let counted = |count: usize, one: &str, many: &str| {
            (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
        };
        let mut issues: Vec<(Severity, String)> =
            self.failures.iter().map(|failure| (Severity::Error, failure.clone())).collect();
        let of_tonight = [
            (
                Severity::Warning,
                counted(tonight.games_without_context, "game without context", "games without context"),
            ),
            (Severity::Info, counted(without_line, "player without a line", "players without a line")),
        ];
        issues.extend(
            of_tonight.into_iter().filter_map(|(severity, it)| Some((severity, it?))).filter(|_| is_tonight),
        );
        let letters = tonight.dead_letters.unwrap_or_default();
        let letters = counted(letters, "dead letter since yesterday", "dead letters since yesterday");
        issues.extend(letters.map(|message| (Severity::Warning, message)));
        issues
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
        let message = match next {
            Some(next) => format!("The next games are on {}.", on(next)),
            None => "The schedule has no games within a month.".to_owned(),
        };
        Break { headline, message, resume_date: next, last_game_date: previous }
    }
}

/// How the slate day stands.
struct Night<'a> {
    now: DateTime<Utc>,
    day: SlateDay,
    /// Those that count; `None` where the schedule cannot be had.
    games: Option<Vec<&'a ScheduledGame>>,
    /// How many are under way, by the schedule's tip-offs and what the last poll says is over.
    under_way: usize,
}

impl<'a> Night<'a> {
    fn of(run: &Run<'a>, day: SlateDay, live: &LiveData) -> Self {
        let counts =
            |game: &&&ScheduledGame| game.status != GameStatus::Postponed && !game.id.is_exhibition();
        let games: Option<Vec<_>> =
            run.games.as_ref().map(|games| games.iter().filter(counts).copied().collect());
        let polled = |count: usize| if live.game_date == Some(day) { count } else { 0 };
        let under_way = match &games {
            Some(games) => {
                let has_begun = |game: &&&ScheduledGame| {
                    game.tip_off.is_some_and(|tip_off| tip_off <= run.now)
                        || matches!(game.status, GameStatus::InProgress | GameStatus::Final)
                };
                let is_over = |game: &&&ScheduledGame| game.status == GameStatus::Final;
                // The schedule hears of an end hours late (facts F51).
                let over = games.iter().filter(is_over).count().max(polled(live.games_over));
                games.iter().filter(has_begun).count().saturating_sub(over)
            }
            None => polled(live.games_in_progress),
        };
        Self { now: run.now, day, games, under_way }
    }

    /// Whether the day certainly has no games.
    fn is_free(&self) -> bool {
        self.games.as_ref().is_some_and(Vec::is_empty)
    }

    fn tip_offs(&self) -> impl Iterator<Item = DateTime<Utc>> {
        self.games.iter().flatten().filter_map(|game| game.tip_off)
    }

    /// Whether what is due before the first game is.
    fn is_due(&self) -> bool {
        self.under_way > 0 || self.tip_offs().min().is_some_and(|first| first - DUE <= self.now)
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
            let first = self.tip_offs().min().unwrap_or(self.now);
            let is_expected = self.games.is_none() || first + EMPTY <= self.now;
            let is_empty = live.game_date != Some(self.day) || live.players == 0;
            let games =
                format!("{} {} on", self.under_way, if self.under_way == 1 { "game" } else { "games" });
            return match (is_empty && is_expected, live.is_stale, live.age_minutes) {
                (true, ..) => (Health::Unhealthy, format!("{games}, but no player in the scores")),
                (_, true, Some(age)) if !is_empty => {
                    (Health::Degraded, format!("{games}; the scores are {age:.0} minutes old"))
                }
                _ => (Health::Healthy, games),
            };
        }
        let message = match (&self.games, next) {
            (None, _) => return (Health::Unknown, "the schedule cannot be read".to_owned()),
            (Some(games), _) if games.is_empty() => "no games today".to_owned(),
            (Some(_), Some(next)) => format!("the next game begins at {}", eastern_time(next)),
            (Some(_), None) => "all games are over".to_owned(),
        };
        (Health::Healthy, message)
    }

    fn tonight(&self, tonight: &mut TonightData) -> (Health, String) {
        tonight.age_minutes = tonight.last_update.map(|at| self.minutes_since(at));
        let is_tonight = tonight.game_date == Some(self.day);
        tonight.is_stale = !is_tonight && !self.is_free() && self.is_due();
        match &self.games {
            Some(games) if games.is_empty() => (Health::Healthy, "no games today".to_owned()),
            _ if tonight.is_stale => (Health::Unhealthy, format!("there is no list of {}", self.day)),
            None if !is_tonight => (Health::Unknown, "the schedule cannot be read".to_owned()),
            _ if !is_tonight => (Health::Healthy, "tonight's list is not due yet".to_owned()),
            Some(_) if tonight.total_players == 0 => {
                (Health::Unhealthy, "tonight's list has no players".to_owned())
            }
            _ => match &tonight.degraded_reason {
                Some(reason) => (Health::Degraded, reason.clone()),
                None => (Health::Healthy, format!("{} players", tonight.total_players)),
            },
        }
    }

    fn predictions(&self, predictions: &Predictions) -> (Health, String) {
        let count = match predictions.target_date {
            Some(day) if day == self.day => predictions.predictions_count,
            _ => 0,
        };
        match &self.games {
            Some(games) if games.is_empty() => (Health::Healthy, "no games today".to_owned()),
            _ if count > 0 => (Health::Healthy, format!("{count} players")),
            _ if self.is_due() => (Health::Degraded, format!("there are no predictions of {}", self.day)),
            None => (Health::Unknown, "the schedule cannot be read".to_owned()),
            _ => (Health::Healthy, "predictions are not due yet".to_owned()),
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
    use crate::nba::PollId;
    use Health::{Degraded, Healthy, Unhealthy, Unknown};

    const NINE: &str = "2026-01-09";

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn game(id: &str, tip_off: &str, status: GameStatus) -> ScheduledGame {
        let team = |code| crate::nba::Team::of_code(code).expect("a team");
        ScheduledGame {
            id: id.parse().expect("a game id"),
            home: team("BOS"),
            away: team("TOR"),
            tip_off: Some(instant(tip_off)),
            status,
            home_score: None,
            away_score: None,
        }
    }

    /// Two games, at 7 PM and 10 PM Eastern.
    fn evening() -> Vec<ScheduledGame> {
        vec![
            game("0022500555", "2026-01-10T00:00:00Z", GameStatus::Scheduled),
            game("0022500556", "2026-01-10T03:00:00Z", GameStatus::Scheduled),
        ]
    }

    fn polled(at: &str, in_progress: usize, over: usize, players: usize) -> LiveData {
        let at = instant(at);
        LiveData {
            poll_id: Some(PollId::at(at)),
            last_update: Some(at),
            game_date: Some(SlateDay::of(at)),
            games_in_progress: in_progress,
            games_over: over,
            total_games: 2,
            players,
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

    fn judged(now: &str, games: &[ScheduledGame], live: LiveData, tonight: TonightData) -> Status {
        let run = Run {
            now: instant(now),
            games: Some(games.iter().collect()),
            fixtures: Some(Fixtures::default()),
            live: Some(live),
            tonight: Some(tonight),
            grading: None,
            predictions: Some(60),
            failures: Vec::new(),
        };
        run.judge(None)
    }

    #[test]
    fn live_scores_are_judged_by_schedule_and_content() {
        let night = evening();
        let (none, fresh) = (LiveData::default(), |now: &str, on, over| polled(now, on, over, 70));
        let over = [("0022500555", "00"), ("0022500556", "03")]
            .map(|(id, hour)| game(id, &format!("2026-01-10T{hour}:00:00Z"), GameStatus::Final));
        let postponed = vec![game("0022500555", "2026-01-10T00:00:00Z", GameStatus::Postponed)];
        let all_star = vec![game("0032500001", "2026-01-10T00:00:00Z", GameStatus::Scheduled)];
        for (case, now, games, live, expected, is_stale) in [
            (
                "f48: before tip-off nothing is degraded",
                "2026-01-09T23:50:00Z",
                &night,
                none.clone(),
                Healthy,
                false,
            ),
            (
                "f48: not even by last night's scores",
                "2026-01-09T23:50:00Z",
                &night,
                polled("2026-01-09T05:00:00Z", 0, 8, 200),
                Healthy,
                false,
            ),
            (
                "a game has just begun",
                "2026-01-10T00:05:00Z",
                &night,
                fresh("2026-01-10T00:04:00Z", 0, 0),
                Healthy,
                false,
            ),
            (
                "f12: a game is on and nothing is public",
                "2026-01-10T00:30:00Z",
                &night,
                none.clone(),
                Unhealthy,
                true,
            ),
            (
                "a game is on and the poll is fresh",
                "2026-01-10T00:30:00Z",
                &night,
                fresh("2026-01-10T00:27:00Z", 1, 0),
                Healthy,
                false,
            ),
            (
                "ten minutes are not stale",
                "2026-01-10T00:30:00Z",
                &night,
                fresh("2026-01-10T00:20:00Z", 1, 0),
                Healthy,
                false,
            ),
            (
                "f12: eleven are",
                "2026-01-10T00:31:00Z",
                &night,
                fresh("2026-01-10T00:20:00Z", 1, 0),
                Degraded,
                true,
            ),
            (
                "f46: fresh but empty",
                "2026-01-10T00:30:00Z",
                &night,
                polled("2026-01-10T00:29:00Z", 0, 0, 0),
                Unhealthy,
                false,
            ),
            (
                "f46: fresh, but of yesterday",
                "2026-01-10T00:30:00Z",
                &night,
                LiveData { game_date: "2026-01-08".parse().ok(), ..fresh("2026-01-10T00:29:00Z", 1, 0) },
                Unhealthy,
                false,
            ),
            (
                "f48: between two games nothing is on",
                "2026-01-10T02:50:00Z",
                &night,
                fresh("2026-01-10T02:30:00Z", 0, 1),
                Healthy,
                false,
            ),
            (
                "f51: past midnight the schedule knows nothing of the ends, the poll does",
                "2026-01-10T06:30:00Z",
                &night,
                fresh("2026-01-10T06:00:00Z", 0, 2),
                Healthy,
                false,
            ),
            (
                "an overtime at 1 AM goes stale like any game",
                "2026-01-10T06:30:00Z",
                &night,
                fresh("2026-01-10T06:00:00Z", 1, 1),
                Degraded,
                true,
            ),
            (
                "f48: after all games",
                "2026-01-10T08:30:00Z",
                &over.to_vec(),
                fresh("2026-01-10T06:00:00Z", 0, 2),
                Healthy,
                false,
            ),
            ("f43: no games", "2026-01-10T00:30:00Z", &Vec::new(), none.clone(), Healthy, false),
            ("f43: an exhibition is none", "2026-01-10T00:30:00Z", &all_star, none.clone(), Healthy, false),
            ("a postponed game is none", "2026-01-10T00:30:00Z", &postponed, none, Healthy, false),
        ] {
            let status = judged(now, games, live, listed(NINE, 300));
            let live = &status.services.live_data;
            assert_eq!((live.status, live.is_stale), (expected, is_stale), "{case}: {}", live.message);
        }
    }

    #[test]
    fn tonight_is_judged_by_what_it_says_of_itself_and_not_by_its_age() {
        let night = evening();
        let degraded = TonightData {
            degraded_reason: Some("1 of 2 games without context for a team".into()),
            games_without_context: 1,
            ..listed(NINE, 300)
        };
        for (case, now, games, tonight, expected, is_stale) in [
            ("nine hours old and whole", "2026-01-10T00:30:00Z", &night, listed(NINE, 300), Healthy, false),
            (
                "of yesterday, in the morning",
                "2026-01-09T14:00:00Z",
                &night,
                listed("2026-01-08", 300),
                Healthy,
                false,
            ),
            (
                "of yesterday, an hour before tip-off",
                "2026-01-09T23:00:00Z",
                &night,
                listed("2026-01-08", 300),
                Unhealthy,
                true,
            ),
            (
                "never made, an hour before tip-off",
                "2026-01-09T23:00:00Z",
                &night,
                TonightData::default(),
                Unhealthy,
                true,
            ),
            (
                "f55: it says that it lacks something",
                "2026-01-09T18:00:00Z",
                &night,
                degraded,
                Degraded,
                false,
            ),
            ("f46: nobody in it", "2026-01-09T18:00:00Z", &night, listed(NINE, 0), Unhealthy, false),
            (
                "f43: of the last slate day, in a break",
                "2026-01-10T00:30:00Z",
                &Vec::new(),
                listed("2026-01-05", 300),
                Healthy,
                false,
            ),
        ] {
            let status = judged(now, games, LiveData::default(), tonight);
            let tonight = &status.services.tonight_data;
            assert_eq!(
                (tonight.status, tonight.is_stale),
                (expected, is_stale),
                "{case}: {}",
                tonight.message
            );
        }
    }

    #[test]
    fn predictions_are_missed_when_they_are_due() {
        let night = evening();
        let with = |now, predictions| Run {
            now: instant(now),
            games: Some(night.iter().collect()),
            fixtures: None,
            live: None,
            tonight: None,
            grading: None,
            predictions,
            failures: Vec::new(),
        };
        let health = |run: Run<'_>| run.judge(None).services.predictions.status;
        assert_eq!(health(with("2026-01-09T14:00:00Z", Some(0))), Healthy);
        assert_eq!(health(with("2026-01-09T23:00:00Z", Some(0))), Degraded);
        assert_eq!(health(with("2026-01-09T23:00:00Z", Some(61))), Healthy);
        let yesterday = with("2026-01-08T23:00:00Z", Some(61)).judge(None);
        let next = with("2026-01-09T23:00:00Z", None).judge(Some(&yesterday));
        assert_eq!(next.services.predictions.status, Degraded, "yesterday's are none of tonight");
    }

    #[test]
    fn the_whole_is_as_bad_as_its_worst_part_but_for_the_grading() {
        let night = evening();
        let now = "2026-01-10T00:31:00Z";
        let status = judged(now, &night, polled("2026-01-10T00:30:00Z", 1, 0, 70), listed(NINE, 300));
        assert_eq!((status.services.grading.status, status.overall_status), (Unknown, Healthy));
        let status = judged(now, &night, polled("2026-01-10T00:10:00Z", 1, 0, 70), listed(NINE, 300));
        assert_eq!(status.overall_status, Degraded);
        let status = judged(now, &night, LiveData::default(), listed(NINE, 300));
        assert_eq!(status.overall_status, Unhealthy);
    }

    #[test]
    fn without_a_schedule_the_last_poll_tells_whether_games_are_on_and_the_unknown_is_degraded() {
        let blind = |live: Option<LiveData>| {
            let run = Run {
                now: instant("2026-01-10T00:31:00Z"),
                games: None,
                fixtures: None,
                live,
                tonight: Some(listed(NINE, 300)),
                grading: None,
                predictions: Some(60),
                failures: vec!["live: BallDontLie: answered 500".into()],
            };
            run.judge(None)
        };
        let status = blind(Some(polled("2026-01-10T00:30:00Z", 2, 0, 70)));
        assert_eq!(status.overall_status, Healthy);
        assert_eq!(status.known_issues.first().map(|issue| issue.severity), Some(Severity::Error));
        let status = blind(Some(polled("2026-01-10T00:10:00Z", 2, 0, 70)));
        assert_eq!(status.overall_status, Degraded);
        let status = blind(None);
        assert_eq!((status.services.live_data.status, status.overall_status), (Unknown, Degraded));
    }

    #[test]
    fn f43_a_day_without_games_has_a_headline_and_the_next_slate_day() {
        let run = |now: &str, fixtures| Run {
            now: instant(now),
            games: Some(Vec::new()),
            fixtures,
            live: None,
            tonight: None,
            grading: None,
            predictions: Some(0),
            failures: Vec::new(),
        };
        let day = |text: &str| text.parse::<SlateDay>().ok();
        let fixtures = Fixtures { previous: day("2026-02-12"), next: day("2026-02-19") };
        let status = run("2026-02-15T17:00:00Z", Some(fixtures)).judge(None);
        assert_eq!(status.overall_status, Healthy);
        let pause = status.active_break.clone().expect("a break");
        assert_eq!(pause.headline, "No games until Thursday, February 19");
        assert_eq!((pause.resume_date, pause.last_game_date), (fixtures.next, fixtures.previous));
        // The live export, which does not look further than its day, keeps what the other has found out.
        let later = run("2026-02-16T17:00:00Z", None).judge(Some(&status));
        assert_eq!(later.active_break.and_then(|pause| pause.resume_date), fixtures.next);
        let one = Fixtures { next: day("2026-02-16"), ..fixtures };
        let status = run("2026-02-15T17:00:00Z", Some(one)).judge(None);
        assert_eq!(status.active_break.map(|pause| pause.headline).as_deref(), Some("No games today"));
        // In February, 3 AM Eastern is still the evening's slate day.
        assert_eq!(
            run("2026-02-16T08:00:00Z", None).judge(None).game_date,
            day("2026-02-15").expect("a day")
        );
    }

    #[test]
    fn an_issue_that_stays_was_seen_first_when_it_was_seen_first() {
        let night = evening();
        let lacking = TonightData {
            games_without_context: 2,
            dead_letters: Some(1),
            total_with_lines: 290,
            ..listed(NINE, 300)
        };
        let first = judged("2026-01-09T18:00:00Z", &night, LiveData::default(), lacking.clone());
        let texts: Vec<&str> = first.known_issues.iter().map(|issue| issue.message.as_str()).collect();
        assert_eq!(
            texts,
            ["2 games without context", "10 players without a line", "1 dead letter since yesterday"]
        );
        let run = Run {
            now: instant("2026-01-09T22:00:00Z"),
            games: Some(night.iter().collect()),
            fixtures: None,
            live: None,
            tonight: Some(TonightData { games_without_context: 0, ..lacking }),
            grading: None,
            predictions: None,
            failures: Vec::new(),
        };
        let second = run.judge(Some(&first));
        let times: Vec<_> = second.known_issues.iter().map(|issue| issue.detected_at).collect();
        assert_eq!(times, [first.updated_at, first.updated_at]);
    }
}
