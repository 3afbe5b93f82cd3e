//! The run's report in the public status: the state of the scores, and what failed.

use std::{sync::Arc, time::Duration};

use shared::{
    Error,
    documents::{
        DatedDocument,
        dates::Recorded,
        status::{self, Reported},
    },
};

use crate::{
    Exporter, PREDICTIONS_TIMEOUT,
    call::{Exported, Run, failures},
    grading, live,
    predicted::Predicted,
    upstream::SourceAnswers,
};

/// How long a report of a failure waits for values that it can do without.
const OPTIONAL_TIMEOUT: Duration = Duration::from_secs(2);

/// The result of the report that is made while the documents are being written.
#[derive(Clone, Debug, Default)]
pub(crate) enum AdvanceReport {
    /// The status is not wanted, or could not be written.
    #[default]
    None,
    Made(Reported),
    /// This function's last run failed: the recovery is reported when it is certain.
    Withheld,
}

impl AdvanceReport {
    /// Where the documents are built several times, the first report knows the status before the run.
    pub fn keep_first(&mut self, report: Self) {
        if matches!(self, Self::None) {
            *self = report;
        }
    }
}

/// What a run notes for its report.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunNotes {
    pub advance: AdvanceReport,
    pub sources: SourceAnswers,
}

/// What the report says beside the failures.
struct Facts<'a> {
    /// The scores that are public, or are being written; `None` where the previous ones stand.
    scores: Option<&'a live::Document>,
    is_graded: bool,
    predicted: Option<Arc<Predicted>>,
    dead_letters: Option<usize>,
    sources: &'a SourceAnswers,
}

impl Exporter {
    /// Reports `scores` while they are being written, which nearly always succeeds.
    pub(crate) async fn report_in_advance(
        &self,
        run: &Run,
        scores: &live::Document,
        sources: &SourceAnswers,
    ) -> AdvanceReport {
        if !run.is_today {
            return AdvanceReport::None;
        }
        let (predicted, dead_letters, known) = tokio::join!(
            self.predicted.get(run.day, PREDICTIONS_TIMEOUT),
            self.dead_letters.get(run.day, OPTIONAL_TIMEOUT),
            self.status.known(),
        );
        let known = known.inspect_err(|error| tracing::warn!(%error, "the public status cannot be read"));
        if known.is_ok_and(|known| has_failed(known.document().as_deref())) {
            return AdvanceReport::Withheld;
        }
        let facts = Facts {
            scores: Some(scores),
            is_graded: run.with_grading && predicted.is_ok(),
            predicted: predicted.ok(),
            dead_letters: dead_letters.ok().map(|count| *count),
            sources,
        };
        let reported = self.report(facts, Vec::new(), None).await;
        reported.map_or(AdvanceReport::None, AdvanceReport::Made)
    }

    /// Reports how the run ended, unless the report in `advance` says so already: corrects that report where
    /// something failed, and reports the recovery from an earlier failure.
    pub(crate) async fn report_result(&self, run: &Run, exported: &Result<Exported, Error>, notes: RunNotes) {
        let RunNotes { advance, sources } = notes;
        let (scores, is_graded, failures) = match exported {
            // The run of the later poll reports.
            Ok(Exported::Superseded(_)) => return,
            Ok(Exported::Scores { scores, dependents, failed }) => {
                let scores = failed.is_none().then_some(&*scores.document);
                (scores, dependents.is_graded(), failures(failed.as_ref(), dependents))
            }
            Ok(Exported::GradedOnly { error, dependents, .. }) => {
                (None, false, failures(Some(error), dependents))
            }
            Err(error) => (None, false, vec![format!("live: {error}")]),
        };
        let is_recovery = matches!(advance, AdvanceReport::Withheld);
        if !run.is_today || (failures.is_empty() && !is_recovery) {
            return;
        }
        let (predicted, dead_letters) = tokio::join!(
            self.predicted.get(run.day, OPTIONAL_TIMEOUT),
            self.dead_letters.get(run.day, OPTIONAL_TIMEOUT)
        );
        let dead_letters = dead_letters.ok().map(|count| *count);
        let facts = Facts { scores, is_graded, predicted: predicted.ok(), dead_letters, sources: &sources };
        let corrected = match advance {
            AdvanceReport::Made(reported) => Some(reported),
            AdvanceReport::None | AdvanceReport::Withheld => None,
        };
        self.report(facts, failures, corrected).await;
    }

    /// Records in the list of dates which documents of the day exist, and how far its lines are settled.
    pub(crate) async fn record_date(&self, run: &Run, exported: &Result<Exported, Error>) {
        let dependents = match exported {
            Ok(Exported::Scores { dependents, .. } | Exported::GradedOnly { dependents, .. }) => dependents,
            Ok(Exported::Superseded(_)) | Err(_) => return,
        };
        let predicted = self.predicted.get(run.day, OPTIONAL_TIMEOUT).await;
        let mut recorded = dependents.recorded(predicted.ok().map(|predicted| predicted.slate.games.len()));
        if matches!(exported, Ok(Exported::Scores { .. })) {
            recorded.documents.push(DatedDocument::Live);
        }
        self.dates.record(run.day, &recorded, self.clock.now()).await;
    }

    /// Records a day that is settled officially once more, because the run that settled it may have failed to.
    pub(crate) async fn record_official(&self, run: &Run, summary: &grading::Summary) {
        let lines = Some((summary.lines.total, summary.lines.settled()));
        let recorded = Recorded { documents: vec![DatedDocument::LiveGrading], games: None, lines };
        self.dates.record(run.day, &recorded, self.clock.now()).await;
    }

    /// A failure to write the status only lets it age, and fails no export.
    async fn report(
        &self,
        facts: Facts<'_>,
        failures: Vec<String>,
        corrected: Option<Reported>,
    ) -> Option<Reported> {
        let Facts { scores, is_graded, predicted, dead_letters, sources } = facts;
        let slate = predicted.as_ref().map(|predicted| &predicted.slate);
        let run = status::RunReport {
            by: status::Exporter::ExportLive,
            now: self.clock.now(),
            games: slate.map(|slate| slate.games.iter().map(|game| &game.scheduled).collect()),
            fixtures: None,
            live: scores.map(live::Document::live_data),
            tonight: None,
            grading: scores.filter(|_| is_graded).map(|document| status::Grading {
                last_update: Some(document.updated_at),
                poll_id: Some(document.poll_id),
                ..status::Grading::default()
            }),
            predictions: slate.map(|slate| slate.predictions()),
            sources: self.source_reports(sources, scores),
            dead_letters,
            failures,
        };
        let reported = self.status.report(&run, corrected).await;
        reported.inspect_err(|error| tracing::error!(%error, "the status could not be written; the public one stays as it is")).ok()
    }
}

/// Whether the last live export reported a failure.
fn has_failed(status: Option<&status::Status>) -> bool {
    let mut failures = status.into_iter().flat_map(status::Status::failures);
    failures.any(|failure| failure.reported_by == status::Exporter::ExportLive)
}
