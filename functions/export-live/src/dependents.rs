//! The documents that depend on the scores of a poll: grading and timeline.

use std::{future::ready, sync::Arc};

use chrono::{DateTime, Utc};
use shared::{
    Error,
    documents::{DatedDocument, Known, Published, Target, dates::Recorded},
};

use crate::{
    Exporter, NAMES_TIMEOUT, PREDICTIONS_TIMEOUT, call::Run, grading, live, names::Names,
    predicted::Predicted, scores_target, timeline,
};

/// The result of a document: `None` inside where a later poll's is public; `None` where it is not wanted.
type Written<T> = Option<Result<Option<Published<T>>, Error>>;

/// The results of the documents that depend on the scores.
#[derive(Debug)]
pub(crate) struct Dependents {
    grading: Written<grading::Document>,
    timeline: Written<timeline::Document>,
}

impl Dependents {
    /// What is missing, as text for people.
    pub fn errors(&self) -> Vec<String> {
        let said = |name, error: Option<&Error>| error.map(|error| format!("{name}: {error}"));
        let grading = self.grading.as_ref().and_then(|written| written.as_ref().err());
        let timeline = self.timeline.as_ref().and_then(|written| written.as_ref().err());
        [said("live_grading", grading), said("live_timeline", timeline)].into_iter().flatten().collect()
    }

    /// Whether the scores are graded in public.
    pub fn is_graded(&self) -> bool {
        matches!(self.grading, Some(Ok(_)))
    }

    /// What is written, for the list of dates, beside the number of `games` in the schedule.
    pub fn recorded(&self, games: Option<usize>) -> Recorded {
        let timeline = matches!(self.timeline, Some(Ok(_))).then_some(DatedDocument::LiveTimeline);
        let grading = self.is_graded().then_some(DatedDocument::LiveGrading);
        let graded = match &self.grading {
            Some(Ok(Some(published))) => Some(&published.document.summary.lines),
            _ => None,
        };
        Recorded {
            documents: grading.into_iter().chain(timeline).collect(),
            games,
            lines: graded.map(|lines| (lines.total, lines.settled())),
        }
    }

    /// URIs of the written objects, by document.
    pub fn paths(self) -> impl Iterator<Item = (&'static str, String)> {
        let grading = objects(self.grading, ["live_grading", "live_grading_latest"]);
        grading.into_iter().chain(objects(self.timeline, ["live_timeline", "live_timeline_latest"])).flatten()
    }
}

/// The objects of a document under their names in the answer.
fn objects<T>(written: Written<T>, [object, copy]: [&'static str; 2]) -> [Option<(&'static str, String)>; 2] {
    match written {
        Some(Ok(Some(published))) => {
            [Some((object, published.object)), published.copy.map(|uri| (copy, uri))]
        }
        _ => [None, None],
    }
}

fn grading_target(run: &Run) -> Target {
    run.target(DatedDocument::LiveGrading)
}

fn timeline_target(run: &Run) -> Target {
    run.target(DatedDocument::LiveTimeline)
}

impl Exporter {
    /// The counts of the public grading, where the official box scores have settled every line and prediction of the
    /// day. A grading that cannot be read is exported again.
    pub(crate) async fn official_summary(&self, run: &Run) -> Option<grading::Summary> {
        let known = self.grading.read(&grading_target(run)).await;
        let known = known.inspect_err(
            |error| tracing::warn!(%error, "the public grading cannot be read; the day is exported again"),
        );
        let grading = known.ok()?.document()?;
        // The scores of a day that upstream left in progress still have to end.
        let scores = self.scores.read(&scores_target(run)).await.ok()?.document();
        let is_over = scores.is_none_or(|scores| scores.games.iter().all(|game| game.is_over()));
        (is_over && grading.is_official()).then(|| grading.summary.clone())
    }

    /// Reads what only the dependent documents and the status need while upstream is asked, so that a new
    /// instance does not read it afterwards. Failures show where a value is used.
    pub(crate) async fn prepare_dependents(self, run: Run) {
        let for_status = async {
            if run.is_today {
                let dead_letters = self.dead_letters.get(run.day, NAMES_TIMEOUT);
                let _ = tokio::join!(self.status.known(), self.dates.known(), dead_letters);
            }
        };
        let for_grading = async {
            if run.with_grading {
                let (grading, timeline) = (grading_target(&run), timeline_target(&run));
                let _ = tokio::join!(self.grading.known(&grading), self.timeline.known(&timeline));
            }
        };
        let _ = tokio::join!(for_status, for_grading, self.predicted.get(run.day, PREDICTIONS_TIMEOUT));
    }

    /// Publishes what depends on the `scores` of the poll at `at`, both at once. A document that fails does
    /// not hold the other back.
    pub(crate) async fn publish_dependents(
        &self,
        run: &Run,
        scores: &Arc<live::Document>,
        at: DateTime<Utc>,
    ) -> Dependents {
        let grading =
            async { if run.with_grading { Some(self.publish_grading(run, scores, at).await) } else { None } };
        let timeline = async {
            if run.with_grading { Some(self.publish_timeline(run, scores, at).await) } else { None }
        };
        let (grading, timeline) = tokio::join!(grading, timeline);
        Dependents { grading, timeline }
    }

    async fn publish_grading(
        &self,
        run: &Run,
        scores: &Arc<live::Document>,
        at: DateTime<Utc>,
    ) -> Result<Option<Published<grading::Document>>, Error> {
        let target = grading_target(run);
        let (predicted, known) =
            tokio::try_join!(self.predicted.get(run.day, PREDICTIONS_TIMEOUT), self.grading.known(&target))?;
        let scores = self.with_names(scores.clone(), &predicted).await;
        self.grading
            .update(known, at, |known| {
                let previous = known.versions(|known| known.game_date == run.day);
                ready(Ok(grading::Document::of(&scores, &predicted, &previous)))
            })
            .await
    }

    /// Whether the grading of these scores locks or settles anything that the public one does not.
    pub(crate) async fn changes_grading(
        &self,
        run: &Run,
        scores: &live::Document,
        predicted: &Predicted,
    ) -> bool {
        let Ok(known) = self.grading.known(&grading_target(run)).await else { return false };
        let previous = known.versions(|known| known.game_date == run.day);
        let graded = grading::Document::of(scores, predicted, &previous);
        previous.first().is_none_or(|previous| !previous.settles_as(&graded))
    }

    /// Publishes the timeline of the scores, built on the public one, and on the history for players who are
    /// missing there.
    async fn publish_timeline(
        &self,
        run: &Run,
        scores: &Arc<live::Document>,
        at: DateTime<Utc>,
    ) -> Result<Option<Published<timeline::Document>>, Error> {
        let target = timeline_target(run);
        let (predicted, known) =
            tokio::try_join!(self.predicted.get(run.day, PREDICTIONS_TIMEOUT), self.timeline.known(&target))?;
        let scores = self.with_names(scores.clone(), &predicted).await;
        let mut attempts = 0..;
        self.timeline
            .update(known, at, |known| {
                // Where another instance has written the timeline, it has written the grading too.
                let is_known = attempts.next() == Some(0);
                self.build_timeline(run, &scores, &predicted, is_known, known)
            })
            .await
    }

    /// The public versions of the day's grading, the newest first; what this instance knows of it, or what is read now.
    async fn public_gradings(&self, run: &Run, is_known: bool) -> Vec<Arc<grading::Document>> {
        let target = grading_target(run);
        let known =
            if is_known { self.grading.known(&target).await } else { self.grading.read(&target).await };
        known.map(|known| known.versions(|known| known.game_date == run.day)).unwrap_or_default()
    }

    async fn build_timeline(
        &self,
        run: &Run,
        scores: &live::Document,
        predicted: &Predicted,
        is_grading_known: bool,
        known: Known<timeline::Document>,
    ) -> Result<timeline::Document, Error> {
        let gradings = self.public_gradings(run, is_grading_known).await;
        let before = known.versions(|known| known.game_date == run.day).into_iter();
        let before = before.reduce(|newest, other| Arc::new(newest.completed_from(&other)));
        let history = if timeline::has_newcomers(scores, predicted, &gradings, before.as_deref()) {
            self.history(run, predicted).await?
        } else {
            timeline::History::new()
        };
        Ok(timeline::Document::of(scores, predicted, &gradings, before.as_deref(), &history))
    }

    /// The points of the day in BigQuery's history.
    async fn history(&self, run: &Run, predicted: &Predicted) -> Result<timeline::History, Error> {
        let day = run.day;
        tracing::info!(%day, "players are missing from the public timeline; theirs is rebuilt from the history table");
        let directory = self.directory.get(day.season_start(), NAMES_TIMEOUT).await.unwrap_or_default();
        timeline::history(&self.bigquery, day, &directory, &predicted.slate).await
    }

    /// The scores with the names of the warehouse, where the predictions arrived too late for the scores.
    async fn with_names(
        &self,
        scores: Arc<live::Document>,
        predicted: &Arc<Predicted>,
    ) -> Arc<live::Document> {
        if scores.is_named {
            return scores;
        }
        let directory = self.directory.get(scores.game_date.season_start(), NAMES_TIMEOUT).await;
        let names = Names { directory: directory.unwrap_or_default(), predicted: Some(predicted.clone()) };
        let games = names.apply(scores.games.clone(), None);
        Arc::new(live::Document { games, is_named: true, ..live::Document::clone(&scores) })
    }
}
