//! The report of one run of an exporter, and the status that follows from it: a pure function of the report,
//! the previous status and the time.

use chrono::{DateTime, Utc};

use super::{
    Break, Exporter, Grading, Health, KnownIssue, LiveData, Predictions, Services, SourceReport,
    SourceStatus, Status, TonightData,
    issues::subject,
    slate_state::{SlateState, note_changes},
};
use crate::{nba::SlateDay, slate::ScheduledGame, sources::Source};

/// The slate days with games before and after one without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fixtures {
    /// The last one before.
    pub previous: Option<SlateDay>,
    /// The next one.
    pub next: Option<SlateDay>,
}

/// What one run of an exporter knows. What it does not know stays as the previous status has it.
#[derive(Clone, Debug)]
pub struct RunReport<'a> {
    /// The function that runs.
    pub by: Exporter,
    /// The time of the report.
    pub now: DateTime<Utc>,
    /// The games of the slate day; `None` where the schedule could not be read.
    pub games: Option<Vec<&'a ScheduledGame>>,
    /// The slate days around, where the day has no games.
    pub fixtures: Option<Fixtures>,
    /// The public scores; the fields that follow from a judgement are overwritten.
    pub live: Option<LiveData>,
    /// Tonight's public list; the fields that follow from a judgement are overwritten.
    pub tonight: Option<TonightData>,
    /// The public grading; the fields that follow from a judgement are overwritten.
    pub grading: Option<Grading>,
    /// Number of players of the slate day with a prediction.
    pub predictions: Option<usize>,
    /// The sources of the live scores, the preferred one first; empty where the run does not know them.
    pub sources: Vec<SourceReport>,
    /// Number of dead letters of the last 24 hours.
    pub dead_letters: Option<usize>,
    /// What the run failed to do, as text for people. Failures of the other exporter's last run stay.
    pub failures: Vec<String>,
}

impl RunReport<'_> {
    /// The status that follows from the report and the `previous` status.
    pub(super) fn judge(&self, previous: Option<&Status>) -> Status {
        let day = SlateDay::of(self.now);
        let was = previous.map(|previous| previous.services.clone()).unwrap_or_default();
        let previous_live = was.live_data.clone();
        let mut live = newer(self.live.clone(), was.live_data, |live| live.poll_id);
        note_changes(&mut live, &previous_live);
        let mut tonight = newer(self.tonight.clone(), was.tonight_data, |tonight| tonight.last_update);
        let mut grading = newer(self.grading.clone(), was.grading, |grading| grading.poll_id);
        let mut predictions = match self.predictions {
            Some(predictions_count) => {
                Predictions { predictions_count, target_date: Some(day), ..Predictions::default() }
            }
            None => was.predictions,
        };
        let of_day = previous.filter(|previous| previous.game_date == day);
        let state = SlateState::of(self, day, &live, of_day);
        (live.status, live.message) = state.live(&mut live);
        (tonight.status, tonight.message) = state.tonight(&mut tonight);
        (predictions.status, predictions.message) = state.predictions(&predictions);
        (grading.status, grading.message) = state.grading(&grading, &live);
        let overall_status = [live.status, tonight.status, predictions.status]
            .into_iter()
            .map(|health| if health == Health::Unknown { Health::Degraded } else { health })
            .max()
            .unwrap_or_default();
        let services = Services { live_data: live, tonight_data: tonight, grading, predictions };
        let known = previous.map(|previous| previous.sources.as_slice()).unwrap_or_default();
        let of_day_known = of_day.map(|previous| previous.sources.as_slice()).unwrap_or_default();
        let sources: Vec<SourceStatus> = match self.sources.as_slice() {
            [] => known.to_vec(),
            reports => {
                let was = |of: Source| of_day_known.iter().find(|it| it.source == of);
                reports.iter().map(|report| report.judge(was(report.source))).collect()
            }
        };
        let dead_letters = self.dead_letters.or(of_day.and_then(|previous| previous.dead_letters));
        let own =
            self.issues(&state, &services, &sources, dead_letters).into_iter().map(|(severity, message)| {
                let is_same = |known: &&KnownIssue| subject(&known.message) == subject(&message);
                let known = previous.and_then(|previous| previous.known_issues.iter().find(is_same));
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
            active_break: state.has_no_games.then(|| self.current_break(day, previous)),
            sources,
            services,
        }
    }

    fn current_break(&self, day: SlateDay, previous: Option<&Status>) -> Break {
        let known = previous.and_then(|previous| previous.active_break.as_ref());
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

/// What a run reports, unless the previous status is of a later version: of two runs, the one that ends last
/// may have begun first.
fn newer<T, V: Ord>(reported: Option<T>, previous: T, version: impl Fn(&T) -> V) -> T {
    reported.filter(|reported| version(reported) >= version(&previous)).unwrap_or(previous)
}
