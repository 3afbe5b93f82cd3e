//! Stage 6, live: the scores of a slate day become the public `v1/live/{date}.json`, and how its
//! predictions stand becomes `v1/live-grading/{date}.json`; today's also become each one's `latest.json`.
//!
//! `POST / {"target_date": "today"|"yesterday"|"YYYY-MM-DD", "include_grading": true}`; an empty body
//! means today, graded. Today comes from BallDontLie's live endpoint; any other day from its dated one,
//! and leaves both `latest.json` alone. The live endpoint drops a game an hour or two after it ended: what
//! the document has had of a finished game stays in it. Both documents are of one poll. When upstream
//! fails nothing is written and the last good files stay; when only the predictions cannot be had the
//! scores are published, and the answer says which part is missing.

pub mod grading;
mod kept;
pub mod live;
mod matchup;
pub mod names;
pub mod poll;
pub mod predicted;
pub mod timeline;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    Clock, Error,
    balldontlie::BallDontLie,
    bigquery::BigQuery,
    config::{Environment, Platform, api_bucket},
    function,
    nba::{SlateDay, TargetDay},
    status,
    storage::{Current, PUBLISH_ATTEMPTS, Storage, Stored, Upload, Written},
};
use tokio::{sync::watch, time::Instant};

use crate::{
    kept::{Age, Kept},
    live::{Document, LiveGame},
    names::{Directory, Schedule},
    poll::{Names, Poll},
    predicted::Predicted,
    timeline::History,
};

const CACHE_CONTROL: &str = "public, max-age=30";
const LATEST: &str = "v1/live/latest.json";
const LATEST_GRADING: &str = "v1/live-grading/latest.json";
const LATEST_TIMELINE: &str = "v1/live-timeline/latest.json";
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// The directory gains a player a day at most.
const DIRECTORY_AGE: Age =
    Age { fresh: HOUR.saturating_mul(6), usable: HOUR.saturating_mul(24), last_resort: Duration::MAX };
/// The schedule changes when a game is postponed.
const SCHEDULE_AGE: Age = Age { fresh: MINUTE.saturating_mul(5), usable: HOUR, last_resort: Duration::MAX };
/// Predictions change until tip-off; official box scores come in the morning. Older ones than this are no
/// grading any more, and the call says so.
const PREDICTED_AGE: Age = Age {
    fresh: MINUTE.saturating_mul(5),
    usable: MINUTE.saturating_mul(15),
    last_resort: MINUTE.saturating_mul(15),
};
/// How long scores wait for names from BigQuery before they are published with upstream's own.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a call that has failed waits for the schedule, to say in the status whether that matters.
const FAILURE_PATIENCE: Duration = Duration::from_secs(2);
/// How long the grading waits for predictions, for which the scores do not wait.
const GRADING_PATIENCE: Duration = Duration::from_secs(40);

/// What this function reads from the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What every function reads.
    pub platform: Platform,
    /// Where the box scores come from.
    pub balldontlie: BallDontLie,
    /// Where the documents go.
    pub api_bucket: String,
}

impl Settings {
    /// Reads them; the error names the first variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        Ok(Self {
            platform: Platform::read(environment)?,
            balldontlie: BallDontLie::read(environment)?,
            api_bucket: api_bucket(environment),
        })
    }
}

/// What the caller asks for.
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

/// The answer to the caller.
#[derive(Debug, Serialize)]
struct Reply {
    date: SlateDay,
    status: Status,
    /// What was written, in the public bucket.
    paths: BTreeMap<&'static str, String>,
    games_in_progress: usize,
    games_final: usize,
    /// Each part that is missing, and why.
    errors: Vec<String>,
    duration_seconds: f64,
}

impl IntoResponse for Reply {
    /// A part that is missing fails the call, so that the schedule's log shows it (facts 3.2).
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
    /// A newer poll was published while this one was on its way; nothing was written.
    Superseded,
    /// The scores are public, the grading is as it was.
    Partial,
}

/// The function.
pub fn app(settings: Settings, clock: Clock) -> Router {
    let Settings { platform, balldontlie, api_bucket } = settings;
    let bigquery = Arc::new(BigQuery::new(&platform));
    let directory = Kept::new("player directory", DIRECTORY_AGE, {
        let bigquery = bigquery.clone();
        move |season_start| {
            let bigquery = bigquery.clone();
            async move { names::directory(&bigquery, season_start).await }
        }
    });
    let schedule = Kept::new("schedule", SCHEDULE_AGE, {
        let bigquery = bigquery.clone();
        move |day| {
            let bigquery = bigquery.clone();
            async move { names::schedule(&bigquery, day).await }
        }
    });
    let predicted = Kept::new("predictions", PREDICTED_AGE, {
        let bigquery = bigquery.clone();
        move |day| {
            let bigquery = bigquery.clone();
            async move { Ok(Predicted::of(predicted::Rows::read(&bigquery, day).await?, day)) }
        }
    });
    let exporter = Arc::new(Exporter {
        balldontlie,
        storage: Storage::new(&platform),
        bigquery,
        api_bucket,
        directory,
        schedule,
        predicted,
        published: Mutex::default(),
        published_grading: Mutex::default(),
        published_timeline: Mutex::default(),
        published_status: Mutex::default(),
        clock,
    });
    function::http("export-live", &platform, move |body| {
        let exporter = exporter.clone();
        async move { exporter.export(function::json_body(&body)?).await }
    })
}

struct Exporter {
    balldontlie: BallDontLie,
    storage: Storage,
    bigquery: Arc<BigQuery>,
    api_bucket: String,
    directory: Arc<Kept<SlateDay, Directory>>,
    schedule: Arc<Kept<SlateDay, Schedule>>,
    predicted: Arc<Kept<SlateDay, Predicted>>,
    /// What was published last, so that a warm export need not read it.
    published: Mutex<Option<Public>>,
    published_grading: Mutex<Option<PublicGrading>>,
    published_timeline: Mutex<Option<PublicTimeline>>,
    published_status: Mutex<Option<status::Public>>,
    clock: Clock,
}

/// What is public of a day.
#[derive(Clone, Debug)]
struct Public {
    day: SlateDay,
    /// The state of the day's document.
    dated: Current,
    /// The state of `latest.json`, which may be of another day.
    latest: Current,
    /// The games of the day's document; `None` where it cannot be read.
    games: Option<Arc<Vec<Arc<LiveGame>>>>,
}

/// The states of what is public of a day's grading.
#[derive(Clone, Copy, Debug)]
struct PublicGrading {
    day: SlateDay,
    dated: Current,
    latest: Current,
}

/// What is public of a day's timeline.
#[derive(Clone, Debug)]
struct PublicTimeline {
    day: SlateDay,
    dated: Current,
    latest: Current,
    /// `None` where there is none, or where it cannot be read.
    document: Option<Arc<timeline::Document>>,
}

/// The scores of a poll, about to be written.
#[derive(Clone, Debug)]
struct Scores {
    document: Arc<Document>,
    /// When upstream was asked for them.
    at: DateTime<Utc>,
}

impl Exporter {
    async fn export(&self, request: Request) -> Result<Reply, Error> {
        let started = Instant::now();
        let begun = self.clock.now();
        let day = request.target_date.at(begun);
        let is_today = day == SlateDay::of(begun);

        // The grading is made of the scores' document as soon as there is one, and waits for nothing
        // that the scores do not wait for but its own predictions.
        let (graded, documents) = watch::channel(None);
        let reported = documents.clone();
        let grading = async {
            let graded = match request.include_grading {
                true => self.grade(day, is_today, documents).await,
                false => Ok(BTreeMap::new()),
            };
            Ok::<_, Error>(graded)
        };
        let report = async {
            if is_today {
                self.report_each(day, request.include_grading, reported).await;
            }
            Ok(())
        };
        let exported = tokio::try_join!(self.export_scores(day, is_today, graded), grading, report);
        let failure = match &exported {
            Err(error) => Some(format!("live scores: {error}")),
            Ok((_, Err(error), ())) => Some(format!("live grading: {error}")),
            Ok(_) => None,
        };
        if let Some(failure) = failure.filter(|_| is_today) {
            let predicted = self.predicted.get(day, FAILURE_PATIENCE).await.ok();
            self.report(None, predicted.as_deref(), vec![failure]).await;
        }
        let ((document, mut paths), graded, ()) = exported?;
        let (mut status, mut errors) = (Status::Success, Vec::new());
        if paths.is_empty() {
            status = Status::Superseded;
        } else {
            match graded {
                Ok(written) => paths.extend(written),
                Err(error) => {
                    tracing::error!(%day, %error, "scores exported, grading not");
                    status = Status::Partial;
                    errors.push(format!("live_grading: {error}"));
                }
            }
        }
        tracing::info!(
            %day, is_today, ?status, poll_id = %document.poll_id, games_in_progress = document.games_in_progress,
            games_final = document.games_final, total_games = document.total_games, "live scores exported"
        );
        // What is old is renewed behind the documents, but not behind the answer.
        tokio::join!(
            self.directory.finish_loading(PATIENCE),
            self.schedule.finish_loading(PATIENCE),
            self.predicted.finish_loading(PATIENCE),
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

    /// Publishes the scores of a poll made now. Each document that is about to be written goes to `graded`.
    async fn export_scores(
        &self,
        day: SlateDay,
        is_today: bool,
        graded: watch::Sender<Option<Scores>>,
    ) -> Result<(Arc<Document>, BTreeMap<&'static str, String>), Error> {
        let fetch = async {
            match is_today {
                true => self.balldontlie.live(&self.clock).await,
                false => self.balldontlie.on(&self.clock, day).await,
            }
        };
        let (upstream, directory, schedule, public) = tokio::join!(
            fetch,
            self.directory.get(day.season_start(), PATIENCE),
            self.schedule.get(day, PATIENCE),
            self.public(day),
        );
        let names =
            Names { directory: directory.unwrap_or_default(), schedule: schedule.unwrap_or_default() };
        let poll = Poll::of(day, is_today, &upstream?, &names)?;
        self.publish(poll, public?, &names, graded).await
    }

    /// Publishes how the day's predictions stand by each of `documents`, and how the points came, until
    /// there are no more.
    async fn grade(
        &self,
        day: SlateDay,
        is_today: bool,
        mut documents: watch::Receiver<Option<Scores>>,
    ) -> Result<BTreeMap<&'static str, String>, Error> {
        let (predicted, mut grading, mut timeline) = tokio::try_join!(
            self.predicted.get(day, GRADING_PATIENCE),
            self.public_grading(day),
            self.public_timeline(day),
        )?;
        let mut paths = BTreeMap::new();
        while documents.changed().await.is_ok() {
            let Some(scores) = documents.borrow_and_update().clone() else { continue };
            let (graded, timed) = tokio::try_join!(
                self.publish_grading(&scores, &predicted, is_today, &mut grading),
                self.publish_timeline(&scores, &predicted, is_today, &mut timeline),
            )?;
            paths.extend(graded);
            paths.extend(timed);
        }
        Ok(paths)
    }

    async fn publish_grading(
        &self,
        scores: &Scores,
        predicted: &Predicted,
        is_today: bool,
        public: &mut PublicGrading,
    ) -> Result<BTreeMap<&'static str, String>, Error> {
        let object = format!("v1/live-grading/{}.json", public.day);
        let body = json("the grading", &grading::Document::of(&scores.document, predicted))?;
        let publish = |object, current| {
            let upload = Upload::public(&self.api_bucket, object, body.clone(), CACHE_CONTROL, scores.at);
            self.storage.publish(upload, current)
        };
        let latest = async {
            if is_today { publish(LATEST_GRADING, public.latest).await.map(Some) } else { Ok(None) }
        };
        let (dated, latest) = tokio::try_join!(publish(&object, public.dated), latest)?;
        let mut paths = BTreeMap::new();
        public.dated = dated.current();
        if dated.is_ours() {
            paths.insert("live_grading", object);
        }
        if let Some(latest) = latest {
            public.latest = latest.current();
            if latest.is_ours() {
                paths.insert("live_grading_latest", LATEST_GRADING.to_owned());
            }
        }
        *self.published_grading() = Some(*public);
        Ok(paths)
    }

    /// Writes the timeline over what is public of it; over what is public by then where somebody else has
    /// written meanwhile, so that no point of theirs is lost, unless theirs is of a later poll.
    async fn publish_timeline(
        &self,
        Scores { document: live, at }: &Scores,
        predicted: &Predicted,
        is_today: bool,
        public: &mut PublicTimeline,
    ) -> Result<BTreeMap<&'static str, String>, Error> {
        let object = format!("v1/live-timeline/{}.json", public.day);
        for _ in 0..PUBLISH_ATTEMPTS {
            if public.dated.version > Some(*at) {
                return Ok(BTreeMap::new());
            }
            let history = match public.document {
                None if live.games.iter().any(|game| game.has_begun()) => self.history(public.day).await?,
                _ => History::new(),
            };
            let timeline = timeline::Document::of(live, predicted, public.document.as_deref(), &history);
            let body = json("the timeline", &timeline)?;
            let upload = |object| Upload::public(&self.api_bucket, object, body.clone(), CACHE_CONTROL, *at);
            let latest = async {
                match is_today {
                    true => self.storage.publish(upload(LATEST_TIMELINE), public.latest).await.map(Some),
                    false => Ok(None),
                }
            };
            let dated = self.storage.write_over(upload(&object), public.dated.generation);
            let (dated, latest) = tokio::try_join!(dated, latest)?;
            if let Written::Yes(generation) = dated {
                public.dated = Current { generation, version: Some(*at) };
                public.document = Some(Arc::new(timeline));
                let mut paths = BTreeMap::from([("live_timeline", object)]);
                if let Some(latest) = latest {
                    public.latest = latest.current();
                    if latest.is_ours() {
                        paths.insert("live_timeline_latest", LATEST_TIMELINE.to_owned());
                    }
                }
                *self.published_timeline() = Some(public.clone());
                return Ok(paths);
            }
            *public = self.read_timeline(public.day).await?;
        }
        Err(Error::transient(
            "Cloud Storage",
            format!("{object} changed under each of {PUBLISH_ATTEMPTS} writes"),
        ))
    }

    /// The points of a day as BigQuery has them.
    async fn history(&self, day: SlateDay) -> Result<History, Error> {
        tracing::info!(%day, "there is no timeline of games that have begun; it is made from the history");
        let directory = self.directory.get(day.season_start(), PATIENCE).await.unwrap_or_default();
        timeline::history(&self.bigquery, day, &directory).await
    }

    /// What is public of the day's timeline: from memory, else from the bucket.
    async fn public_timeline(&self, day: SlateDay) -> Result<PublicTimeline, Error> {
        let remembered = self.published_timeline().clone().filter(|public| public.day == day);
        match remembered {
            Some(public) => Ok(public),
            None => self.read_timeline(day).await,
        }
    }

    async fn read_timeline(&self, day: SlateDay) -> Result<PublicTimeline, Error> {
        let object = format!("v1/live-timeline/{day}.json");
        let (dated, latest) = tokio::try_join!(
            self.storage.read(&self.api_bucket, &object, None),
            self.storage.current(&self.api_bucket, LATEST_TIMELINE),
        )?;
        let Some(stored) = dated else {
            return Ok(PublicTimeline { day, dated: Current::NONE, latest, document: None });
        };
        let document = serde_json::from_slice(&stored.body).inspect_err(|error| {
            tracing::error!(object, %error, "the public timeline cannot be read; it is made anew");
        });
        Ok(PublicTimeline { day, dated: stored.current, latest, document: document.ok().map(Arc::new) })
    }

    fn published_timeline(&self) -> std::sync::MutexGuard<'_, Option<PublicTimeline>> {
        self.published_timeline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says in the public status how the scores stand, for each of `documents`, until there are no more.
    async fn report_each(
        &self,
        day: SlateDay,
        include_grading: bool,
        mut documents: watch::Receiver<Option<Scores>>,
    ) {
        let predicted = self.predicted.get(day, GRADING_PATIENCE).await.ok();
        while documents.changed().await.is_ok() {
            let Some(Scores { document, .. }) = documents.borrow_and_update().clone() else { continue };
            let scores = (&*document, include_grading && predicted.is_some());
            self.report(Some(scores), predicted.as_deref(), Vec::new()).await;
        }
    }

    /// Says in the public status how the scores stand: those of a document and whether they are graded, or
    /// those that were public before. A status that cannot be written is told by its age; no scores fail for
    /// it.
    async fn report(
        &self,
        scores: Option<(&Document, bool)>,
        predicted: Option<&Predicted>,
        failures: Vec<String>,
    ) {
        let graded = scores.filter(|(_, is_graded)| *is_graded).map(|(document, _)| document);
        let run = status::Run {
            now: self.clock.now(),
            games: predicted.map(|known| known.slate.games.iter().map(|game| &game.scheduled).collect()),
            fixtures: None,
            live: scores.map(|(document, _)| document.facts()),
            tonight: None,
            grading: graded.map(|document| status::Grading {
                last_update: Some(document.updated_at),
                poll_id: Some(document.poll_id),
                ..status::Grading::default()
            }),
            predictions: predicted.map(|known| known.slate.predictions()),
            failures,
        };
        let remembered = self.published_status().take();
        match status::publish(&self.storage, &self.api_bucket, remembered, &run).await {
            Ok(public) => *self.published_status() = Some(public),
            Err(error) => tracing::error!(%error, "the status could not be written"),
        }
    }

    fn published_status(&self) -> std::sync::MutexGuard<'_, Option<status::Public>> {
        self.published_status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The states of what is public of the day's grading: from memory, else from the bucket.
    async fn public_grading(&self, day: SlateDay) -> Result<PublicGrading, Error> {
        if let Some(public) = self.published_grading().filter(|public| public.day == day) {
            return Ok(public);
        }
        let object = format!("v1/live-grading/{day}.json");
        let (dated, latest) = tokio::try_join!(
            self.storage.current(&self.api_bucket, &object),
            self.storage.current(&self.api_bucket, LATEST_GRADING),
        )?;
        Ok(PublicGrading { day, dated, latest })
    }

    fn published_grading(&self) -> std::sync::MutexGuard<'_, Option<PublicGrading>> {
        self.published_grading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is public of `day` as far as we know: from memory, else from the bucket.
    async fn public(&self, day: SlateDay) -> Result<Public, Error> {
        let remembered = self.published().clone().filter(|public| public.day == day);
        match remembered {
            Some(public) => Ok(public),
            None => self.read_public(day).await,
        }
    }

    async fn read_public(&self, day: SlateDay) -> Result<Public, Error> {
        let object = object_name(day);
        let (dated, latest) = tokio::try_join!(
            self.storage.read(&self.api_bucket, &object, None),
            self.storage.read(&self.api_bucket, LATEST, None),
        )?;
        let games = match &dated {
            None => Some(Arc::default()),
            Some(stored) => match serde_json::from_slice::<Document>(&stored.body) {
                Ok(document) => Some(Arc::new(document.games)),
                Err(error) => {
                    tracing::error!(object, %error, "the public document cannot be read; it is made anew");
                    None
                }
            },
        };
        let current = |stored: Option<Stored>| stored.map_or(Current::NONE, |stored| stored.current);
        Ok(Public { day, dated: current(dated), latest: current(latest), games })
    }

    fn published(&self) -> std::sync::MutexGuard<'_, Option<Public>> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the poll's documents over what is public, both at once; over what is public by then where
    /// somebody else has written meanwhile, unless theirs is of a later poll. Returns the document and
    /// where it was written.
    async fn publish(
        &self,
        mut poll: Poll,
        mut public: Public,
        names: &Names,
        graded: watch::Sender<Option<Scores>>,
    ) -> Result<(Arc<Document>, BTreeMap<&'static str, String>), Error> {
        let object = object_name(poll.day);
        for _ in 0..PUBLISH_ATTEMPTS {
            self.settle(&mut poll, &public, names).await;
            let known = public.games.as_deref().map(Vec::as_slice);
            let document = Arc::new(poll.document_over(known, self.clock.now()));
            if public.dated.version > Some(poll.at) {
                *self.published() = Some(public);
                return Ok((document, BTreeMap::new()));
            }
            // Nobody listens where no grading is wanted or its predictions could not be had.
            let _ = graded.send(Some(Scores { document: document.clone(), at: poll.at }));
            let body = json("the live document", &*document)?;
            let is_latest = poll.is_today && public.latest.version <= Some(poll.at);
            if poll.is_today && !is_latest {
                tracing::warn!(version = ?public.latest.version, "{LATEST} is of a later poll and stays");
            }
            let write = |object, over: Current| {
                let upload = Upload::public(&self.api_bucket, object, body.clone(), CACHE_CONTROL, poll.at);
                self.storage.write_over(upload, over.generation)
            };
            let dated = write(&object, public.dated);
            let latest =
                async { if is_latest { write(LATEST, public.latest).await.map(Some) } else { Ok(None) } };
            let (dated, latest) = tokio::join!(dated, latest);
            let now = |written| Current { generation: written, version: Some(poll.at) };
            match (dated?, latest?) {
                (Written::Yes(dated), latest @ (None | Some(Written::Yes(_)))) => {
                    let mut paths = BTreeMap::from([("live", object)]);
                    if let Some(Written::Yes(generation)) = latest {
                        public.latest = now(generation);
                        paths.insert("latest", LATEST.to_owned());
                    }
                    let games = Some(Arc::new(document.games.clone()));
                    *self.published() = Some(Public { dated: now(dated), games, ..public });
                    return Ok((document, paths));
                }
                // Both are made anew from what is there now, so that neither is made from old games.
                _ => public = self.read_public(poll.day).await?,
            }
        }
        Err(Error::transient(
            "Cloud Storage",
            format!("{object} changed under each of {PUBLISH_ATTEMPTS} writes"),
        ))
    }

    /// Asks the dated endpoint, once, for how the games ended that the live one no longer lists.
    async fn settle(&self, poll: &mut Poll, public: &Public, names: &Names) {
        let public = public.games.as_deref().map(Vec::as_slice);
        if !poll.lacks(public) {
            return;
        }
        let dated = self.balldontlie.on(&self.clock, poll.day).await;
        if let Err(error) = dated.and_then(|dated| poll.settle(&dated, public, names)) {
            tracing::warn!(%error, "a game has vanished and its end is not known; kept as it was");
            poll.leave_unsettled();
        }
    }
}

fn json(what: &str, document: &impl Serialize) -> Result<Bytes, Error> {
    let json = serde_json::to_vec(document);
    Ok(json.map_err(|error| Error::Internal(format!("{what} could not be written as JSON: {error}")))?.into())
}

fn object_name(day: SlateDay) -> String {
    format!("v1/live/{day}.json")
}
