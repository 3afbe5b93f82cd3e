//! The run's report in the public status: the state of the scores, and what failed.

use std::sync::{Arc, OnceLock};

use shared::{Error, documents::status, nba::SlateDay};
use tokio::sync::watch;

use crate::{
    Exporter, FAILURE_PATIENCE, GRADING_PATIENCE, Part, Scores, live::Document, next, predicted::Predicted,
    published::Paths,
};

/// Result of an export: the scores and their paths, the grading, the timeline.
pub(crate) type Exported = Result<((Arc<Document>, Paths), Part, Part), Error>;

/// The status before the run, once it is known.
pub(crate) type Before = OnceLock<Option<status::Public>>;

/// The content of a report.
struct Said<'a> {
    /// The public scores, and whether they are graded; `None` where the previous ones stand.
    scores: Option<(&'a Document, bool)>,
    predicted: Option<Arc<Predicted>>,
    dead_letters: Option<usize>,
    failures: Vec<String>,
}

impl Exporter {
    /// Reports the scores of each of `documents` while they are being written, which nearly always succeeds.
    /// The previous status goes to `before`; if it has a failure of this function, nothing is reported in
    /// advance.
    pub(crate) async fn report_each(
        &self,
        day: SlateDay,
        is_graded: bool,
        mut documents: watch::Receiver<Option<Scores>>,
        before: &Before,
    ) {
        let facts = async {
            tokio::join!(
                self.predicted.get(day, GRADING_PATIENCE),
                self.dead_letters.get(day, FAILURE_PATIENCE),
                self.bucket.status(),
            )
        };
        let (predicted, dead_letters, status) = tokio::select! {
            facts = facts => facts,
            // Without scores there is nothing to report yet.
            () = ended_without_any(documents.clone()) => return,
        };
        if has_failed(before.get_or_init(|| status).as_ref()) {
            return;
        }
        let predicted = predicted.ok();
        let dead_letters = dead_letters.ok().map(|count| *count);
        while let Some(Scores { document, .. }) = next(&mut documents).await {
            let is_graded = is_graded && predicted.is_some();
            let scores = Some((&*document, is_graded));
            let said = Said { scores, predicted: predicted.clone(), dead_letters, failures: Vec::new() };
            self.report(said, None).await;
        }
    }

    /// Reports what failed, replacing the report made in advance; after an earlier failure, also the
    /// recovery.
    pub(crate) async fn report_end(
        &self,
        day: SlateDay,
        is_graded: bool,
        exported: &Exported,
        before: Option<status::Public>,
    ) {
        let (scores, failures) = match exported {
            // A newer run reports instead.
            Ok(((_, paths), ..)) if paths.is_empty() => return,
            Ok(((document, _), grading, timeline)) => {
                let failures = [grading, timeline].into_iter().filter_map(|part| part.error.clone());
                (Some((&**document, is_graded && grading.error.is_none())), failures.collect())
            }
            Err(error) => (None, vec![format!("live: {error}")]),
        };
        if failures.is_empty() && !has_failed(before.as_ref()) {
            return;
        }
        let (predicted, dead_letters) = tokio::join!(
            self.predicted.get(day, FAILURE_PATIENCE),
            self.dead_letters.get(day, FAILURE_PATIENCE),
        );
        let dead_letters = dead_letters.ok().map(|count| *count);
        self.report(Said { scores, predicted: predicted.ok(), dead_letters, failures }, before).await;
    }

    async fn report(&self, said: Said<'_>, instead_of: Option<status::Public>) {
        let Said { scores, predicted, dead_letters, failures } = said;
        let graded = scores.filter(|(_, is_graded)| *is_graded).map(|(document, _)| document);
        let slate = predicted.as_ref().map(|predicted| &predicted.slate);
        let run = status::RunReport {
            by: status::Exporter::ExportLive,
            now: self.clock.now(),
            games: slate.map(|slate| slate.games.iter().map(|game| &game.scheduled).collect()),
            fixtures: None,
            live: scores.map(|(document, _)| document.facts()),
            tonight: None,
            grading: graded.map(|document| status::Grading {
                last_update: Some(document.updated_at),
                poll_id: Some(document.poll_id),
                ..status::Grading::default()
            }),
            predictions: slate.map(|slate| slate.predictions()),
            dead_letters,
            failures,
        };
        self.bucket.report(&run, instead_of).await;
    }
}

/// Resolves when it is certain that no scores come; never resolves after some did.
async fn ended_without_any(mut documents: watch::Receiver<Option<Scores>>) {
    while documents.changed().await.is_ok() {}
    if documents.borrow().is_some() {
        std::future::pending().await
    }
}

/// Whether the last live export reported a failure.
fn has_failed(public: Option<&status::Public>) -> bool {
    let status = public.and_then(status::Public::status);
    let mut failures = status.into_iter().flat_map(status::Status::failures);
    failures.any(|failure| failure.reported_by == status::Exporter::ExportLive)
}
