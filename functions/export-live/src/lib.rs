//! Stage 6, live: the scores of a slate day become the public `v1/live/{date}.json`, and the grades of its
//! predictions `v1/live-grading/{date}.json`; today's also become each one's `latest.json`.
//!
//! `POST / {"target_date": "today"|"yesterday"|"YYYY-MM-DD", "include_grading": true}`; an empty body means
//! today, graded. Today comes from BallDontLie's live endpoint; any other day comes from its dated one and
//! leaves both `latest.json` alone. The live endpoint drops a game an hour or two after its end: the document
//! keeps what it had of a finished game. Both documents are of one poll. When upstream fails, nothing is
//! written and the last good files stay; when only the predictions are unavailable, the scores are published
//! and the answer names the missing document.

pub mod grading;
mod kept;
pub mod live;
mod matchup;
pub mod names;
pub mod poll;
pub mod predicted;
mod published;
mod report;
pub mod timeline;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    Clock, Error,
    env::{Environment, api_bucket, raw_bucket},
    google::{
        GoogleCloud,
        bigquery::BigQuery,
        storage::{PUBLISH_ATTEMPTS, Storage},
    },
    nba::{SlateDay, TargetDay},
    service::{self, dead_letter},
    slate::{Memory, people::Directory},
    sources::balldontlie::BallDontLie,
};
use tokio::{sync::watch, time::Instant};

use crate::{
    kept::{Age, Kept},
    live::Document,
    names::Names,
    poll::Poll,
    predicted::Predicted,
    published::{Paths, PublicBucket, PublicScores, scores_changed_each_time},
    report::Before,
    timeline::History,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// The directory gains at most one player a day.
const DIRECTORY_AGE: Age =
    Age { fresh: HOUR.saturating_mul(6), usable: HOUR.saturating_mul(24), last_resort: Duration::MAX };
/// Predictions change until tip-off; official box scores arrive in the morning. Beyond the last age, nothing
/// is graded and the call reports it.
const PREDICTED_AGE: Age = Age {
    fresh: MINUTE.saturating_mul(5),
    usable: MINUTE.saturating_mul(15),
    last_resort: MINUTE.saturating_mul(15),
};
/// Half of the interval between two reads of the predictions.
const HALF_A_REFRESH: TimeDelta = TimeDelta::seconds(150);
/// Counts of dead letters may be old: they do not affect the scores, and an alert reports them at once.
const DEAD_LETTERS_AGE: Age = Age { fresh: MINUTE.saturating_mul(10), usable: HOUR, last_resort: HOUR };
/// How long scores wait for names from BigQuery before they are published with upstream's own.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a status waits for optional values.
const FAILURE_PATIENCE: Duration = Duration::from_secs(2);
/// How long the grading waits for predictions; the scores do not wait that long.
const GRADING_PATIENCE: Duration = Duration::from_secs(40);

/// The settings of this function, from the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The settings common to all services.
    pub service: service::Settings,
    /// The project whose services are called.
    pub google: GoogleCloud,
    /// The source of the box scores.
    pub balldontlie: BallDontLie,
    /// The bucket of the documents.
    pub api_bucket: String,
    /// The bucket of every function's dead letters, which the status counts.
    pub raw_bucket: String,
}

impl Settings {
    /// Reads them; the error names the first variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        Ok(Self {
            service: service::Settings::read(environment)?,
            google: GoogleCloud::read(environment)?,
            balldontlie: BallDontLie::read(environment)?,
            api_bucket: api_bucket(environment),
            raw_bucket: raw_bucket(environment),
        })
    }
}

/// The request of a call.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Request {
    target_date: TargetDay,
    include_grading: bool,
}

impl Default for Request {
    fn default() -> Self {
        Self { target_date: TargetDay::Today, include_grading: true }
    }
}

/// The answer to a call.
#[derive(Debug, Serialize)]
struct Reply {
    date: SlateDay,
    status: Status,
    /// Paths of the written objects in the public bucket.
    paths: Paths,
    games_in_progress: usize,
    games_final: usize,
    /// The missing documents, with the reasons.
    errors: Vec<String>,
    duration_seconds: f64,
}

impl IntoResponse for Reply {
    /// A document that is missing fails the call, so that the schedule's log shows it.
    fn into_response(self) -> Response {
        let code = match self.status {
            Status::Success | Status::Superseded => StatusCode::OK,
            Status::Partial => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (code, Json(self)).into_response()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Success,
    /// A newer poll was published in the meantime; nothing was written.
    Superseded,
    /// The scores are public; grading or timeline, or both, stay as they were.
    Partial,
}

/// Builds the router of the function.
pub fn app(settings: Settings, clock: Clock) -> Router {
    let Settings { service, google, balldontlie, api_bucket, raw_bucket } = settings;
    let bigquery = BigQuery::new(&google);
    let directory = Kept::new("player directory", DIRECTORY_AGE, {
        let bigquery = bigquery.clone();
        move |season_start| {
            let bigquery = bigquery.clone();
            async move { names::directory(&bigquery, season_start).await }
        }
    });
    let storage = Storage::new(&google);
    let bucket = Arc::new(PublicBucket::new(storage.clone(), api_bucket.clone()));
    let predicted = Kept::new("predictions", PREDICTED_AGE, {
        let loading = Loading {
            bigquery: bigquery.clone(),
            storage: storage.clone(),
            api_bucket,
            bucket: bucket.clone(),
            clock: clock.clone(),
        };
        move |day| {
            let loading = loading.clone();
            async move { loading.predicted(day).await }
        }
    })
    .renewed_unless(Predicted::is_whole);
    let dead_letters = Kept::new("dead letters", DEAD_LETTERS_AGE, {
        let (storage, clock) = (storage.clone(), clock.clone());
        move |_| {
            let (storage, raw_bucket) = (storage.clone(), raw_bucket.clone());
            let since = clock.now() - TimeDelta::days(1);
            async move { dead_letter::kept_since(&storage, &raw_bucket, since).await }
        }
    });
    let exporter =
        Arc::new(Exporter { balldontlie, bucket, bigquery, directory, predicted, dead_letters, clock });
    service::http_or_get("export-live", &service, move |body| {
        let exporter = exporter.clone();
        async move { exporter.export(service::json_body(&body)?).await }
    })
}

/// The clients with which the day's predictions are read.
#[derive(Clone)]
struct Loading {
    bigquery: BigQuery,
    storage: Storage,
    api_bucket: String,
    bucket: Arc<PublicBucket>,
    clock: Clock,
}

impl Loading {
    /// The predictions of `day`, completed with what earlier reads found and this one did not.
    async fn predicted(&self, day: SlateDay) -> Result<Predicted, Error> {
        let memory =
            Memory { storage: &self.storage, bucket: &self.api_bucket, half_a_refresh: HALF_A_REFRESH };
        let now = self.clock.now();
        let (rows, recalled) =
            tokio::try_join!(predicted::Rows::read(&self.bigquery, day), memory.recall(day))?;
        let mut predicted = Predicted::of(rows, day);
        let read = std::mem::take(&mut predicted.slate);
        predicted.slate = memory.carry(recalled, read, now, &self.bucket.begun(day)).await?;
        Ok(predicted)
    }
}

struct Exporter {
    balldontlie: BallDontLie,
    bucket: Arc<PublicBucket>,
    bigquery: BigQuery,
    directory: Arc<Kept<SlateDay, Directory>>,
    predicted: Arc<Kept<SlateDay, Predicted>>,
    /// Number of dead letters in the last day.
    dead_letters: Arc<Kept<SlateDay, usize>>,
    clock: Clock,
}

/// Result of a document that depends on the scores.
#[derive(Debug, Default)]
struct Part {
    paths: Paths,
    /// Description of what is missing; `None` when nothing is.
    error: Option<String>,
}

/// The result of `made` if it is `wanted`; its failure does not hold back the scores.
async fn part(
    name: &str,
    wanted: bool,
    made: impl Future<Output = Result<Paths, Error>>,
) -> Result<Part, Error> {
    if !wanted {
        return Ok(Part::default());
    }
    Ok(match made.await {
        Ok(paths) => Part { paths, error: None },
        Err(error) => Part { paths: Paths::new(), error: Some(format!("{name}: {error}")) },
    })
}

/// The scores of a poll that are about to be written.
#[derive(Clone, Debug)]
struct Scores {
    document: Arc<Document>,
    /// Instant at which upstream was asked for them.
    at: DateTime<Utc>,
}

/// The next of `documents`; `None` when there are no more.
async fn next(documents: &mut watch::Receiver<Option<Scores>>) -> Option<Scores> {
    documents.changed().await.ok()?;
    documents.borrow_and_update().clone()
}

impl Exporter {
    /// Exports, and waits for background loading before it returns: Cloud Run takes the CPU away after the
    /// response, even after an error.
    async fn export(&self, request: Request) -> Result<Reply, Error> {
        let reply = self.export_now(request).await;
        tokio::join!(
            self.directory.finish_loading(PATIENCE),
            self.predicted.finish_loading(PATIENCE),
            self.dead_letters.finish_loading(PATIENCE),
        );
        reply
    }

    async fn export_now(&self, request: Request) -> Result<Reply, Error> {
        let started = Instant::now();
        let begun = self.clock.now();
        let day = request.target_date.at(begun);
        let is_today = day == SlateDay::of(begun);

        // Grading and timeline start from the scores' document as soon as it exists; apart from their own
        // predictions they wait only for what the scores wait for.
        let (scores, documents) = watch::channel(None);
        let wanted = request.include_grading;
        let grading = part("live_grading", wanted, self.grade(day, is_today, documents.clone()));
        let timeline = part("live_timeline", wanted, self.time(day, is_today, documents.clone()));
        let before = Before::new();
        let report = async {
            if is_today {
                self.report_each(day, wanted, documents.clone(), &before).await;
            }
        };
        let export = async { tokio::try_join!(self.export_scores(day, is_today, scores), grading, timeline) };
        // A report that has begun is finished first, so that it cannot overwrite the one that takes it back.
        let (exported, ()) = tokio::join!(export, report);
        if is_today {
            self.report_end(day, wanted, &exported, before.into_inner().flatten()).await;
        }
        let ((document, mut paths), grading, timeline) = exported?;
        let mut errors: Vec<String> =
            [&grading, &timeline].into_iter().filter_map(|part| part.error.clone()).collect();
        let status = match (paths.is_empty(), errors.is_empty()) {
            (true, _) => Status::Superseded,
            (false, true) => Status::Success,
            (false, false) => Status::Partial,
        };
        match status {
            Status::Superseded => errors.clear(),
            Status::Success | Status::Partial => {
                paths.extend(grading.paths.into_iter().chain(timeline.paths))
            }
        }
        for error in &errors {
            tracing::error!(%day, error, "scores exported, but not all that hangs on them");
        }
        tracing::info!(
            %day, is_today, ?status, poll_id = %document.poll_id, games_in_progress = document.games_in_progress,
            games_final = document.games_final, total_games = document.total_games, "live scores exported"
        );
        Ok(Reply {
            date: day,
            status,
            paths,
            games_in_progress: document.games_in_progress,
            games_final: document.games_final,
            errors,
            duration_seconds: (started.elapsed().as_secs_f64() * 100.0).round() / 100.0,
        })
    }

    /// Publishes the scores of a poll made now, and sends each document to `graded` just before it is
    /// written.
    async fn export_scores(
        &self,
        day: SlateDay,
        is_today: bool,
        graded: watch::Sender<Option<Scores>>,
    ) -> Result<(Arc<Document>, Paths), Error> {
        let fetch = async {
            match is_today {
                true => self.balldontlie.live(&self.clock).await,
                false => self.balldontlie.on(&self.clock, day).await,
            }
        };
        let (upstream, names, public) =
            tokio::join!(fetch, self.names(day, PATIENCE), self.bucket.scores(day));
        let poll = Poll::of(day, is_today, &upstream?)?;
        self.publish(poll, public?, &names, graded).await
    }

    /// The names of tonight's players, as far as available; the scores wait for them, because a row under
    /// another name would be another player.
    async fn names(&self, day: SlateDay, patience: Duration) -> Names {
        let (directory, predicted) = tokio::join!(
            self.directory.get(day.season_start(), patience),
            self.predicted.at_any_age(day, patience),
        );
        Names { directory: directory.unwrap_or_default(), predicted }
    }

    /// Adds to the scores names that they lack because the predictions arrived too late for them.
    async fn named(&self, document: Arc<Document>, predicted: &Arc<Predicted>) -> Arc<Document> {
        if document.is_named {
            return document;
        }
        let directory = self.directory.get(document.game_date.season_start(), PATIENCE).await;
        let names = Names { directory: directory.unwrap_or_default(), predicted: Some(predicted.clone()) };
        let games = names.apply(document.games.clone(), None);
        Arc::new(Document { games, is_named: true, ..Document::clone(&document) })
    }

    /// Publishes the grades of the day's predictions for each of `documents`, until there are no more.
    async fn grade(
        &self,
        day: SlateDay,
        is_today: bool,
        mut documents: watch::Receiver<Option<Scores>>,
    ) -> Result<Paths, Error> {
        let (predicted, mut public) =
            tokio::try_join!(self.predicted.get(day, GRADING_PATIENCE), self.bucket.grading(day))?;
        let mut paths = Ok(Paths::new());
        while let Some(Scores { document, at }) = next(&mut documents).await {
            let document = self.named(document, &predicted).await;
            let graded = grading::Document::of(&document, &predicted);
            paths = self.bucket.publish_grading(&graded, at, is_today, &mut public).await;
        }
        paths
    }

    /// Publishes the timeline for each of `documents`, until there are no more.
    async fn time(
        &self,
        day: SlateDay,
        is_today: bool,
        mut documents: watch::Receiver<Option<Scores>>,
    ) -> Result<Paths, Error> {
        let (predicted, mut public) =
            tokio::try_join!(self.predicted.get(day, GRADING_PATIENCE), self.bucket.timeline(day))?;
        let mut paths = Ok(Paths::new());
        while let Some(Scores { document, at }) = next(&mut documents).await {
            let document = self.named(document, &predicted).await;
            let timeline = |before| self.timeline(&document, &predicted, before);
            paths = self.bucket.publish_timeline(timeline, at, is_today, &mut public).await;
        }
        paths
    }

    /// Builds the timeline of the scores on the previous one, and on the history for players who are missing
    /// there.
    async fn timeline(
        &self,
        scores: &Document,
        predicted: &Arc<Predicted>,
        before: Option<Arc<timeline::Document>>,
    ) -> Result<timeline::Document, Error> {
        let history = match timeline::has_newcomers(scores, predicted, before.as_deref()) {
            true => self.history(scores.game_date, predicted).await?,
            false => History::new(),
        };
        Ok(timeline::Document::of(scores, predicted, before.as_deref(), &history))
    }

    /// The points of a day in BigQuery's history.
    async fn history(&self, day: SlateDay, predicted: &Predicted) -> Result<History, Error> {
        tracing::info!(%day, "some who play are in no timeline yet; theirs is made from the history");
        let directory = self.directory.get(day.season_start(), PATIENCE).await.unwrap_or_default();
        timeline::history(&self.bigquery, day, &directory, &predicted.slate).await
    }

    /// Publishes the poll's documents, built on the public ones; rebuilt on the new public ones where a
    /// concurrent writer won, unless that writer's poll is later. Returns the document and its paths.
    async fn publish(
        &self,
        mut poll: Poll,
        mut public: PublicScores,
        names: &Names,
        graded: watch::Sender<Option<Scores>>,
    ) -> Result<(Arc<Document>, Paths), Error> {
        for _ in 0..PUBLISH_ATTEMPTS {
            self.settle(&mut poll, &public).await;
            let document = Arc::new(poll.document_over(public.games(), self.clock.now(), names));
            if public.dated.version > Some(poll.at) {
                self.bucket.remember_scores(public);
                return Ok((document, Paths::new()));
            }
            // The receiver is gone where no grading is requested or its predictions are unavailable.
            let _ = graded.send(Some(Scores { document: document.clone(), at: poll.at }));
            match self.bucket.write_scores(&document, poll.at, poll.is_today, public).await? {
                Some(paths) => return Ok((document, paths)),
                None => public = self.bucket.read_scores(poll.day).await?,
            }
        }
        Err(scores_changed_each_time(poll.day))
    }

    /// Asks the dated endpoint, once, for the final states of games that the live one no longer lists.
    async fn settle(&self, poll: &mut Poll, public: &PublicScores) {
        let public = public.games();
        if !poll.lacks(public) {
            return;
        }
        let dated = self.balldontlie.on(&self.clock, poll.day).await;
        if let Err(error) = dated.and_then(|dated| poll.settle(&dated, public)) {
            tracing::warn!(%error, "a game has vanished and its end is not known; kept as it was");
            poll.leave_unsettled();
        }
    }
}
