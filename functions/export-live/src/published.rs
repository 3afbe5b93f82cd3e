//! State of the public documents: remembered from the last export to save a read, and replaced only at the
//! remembered generation, so that no later poll is lost.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use shared::{
    Error,
    documents::status,
    google::storage::{Current, PUBLISH_ATTEMPTS, Published, Storage, Stored, Upload, Written, uri},
    nba::{SlateDay, TeamPair},
};

use crate::{
    grading,
    live::{Document, LiveGame},
    timeline,
};

const CACHE_CONTROL: &str = "public, max-age=30";
const LATEST: &str = "v1/live/latest.json";
const LATEST_GRADING: &str = "v1/live-grading/latest.json";
const LATEST_TIMELINE: &str = "v1/live-timeline/latest.json";

/// Paths of the written objects, by document.
pub(crate) type Paths = BTreeMap<&'static str, String>;

/// The public bucket, and the remembered state of its documents.
#[derive(Debug)]
pub(crate) struct PublicBucket {
    storage: Storage,
    bucket: String,
    scores: Mutex<Option<PublicScores>>,
    grading: Mutex<Option<PublicGrading>>,
    timeline: Mutex<Option<PublicTimeline>>,
    status: Mutex<Option<status::Public>>,
}

/// The public state of a day's scores.
#[derive(Clone, Debug)]
pub(crate) struct PublicScores {
    day: SlateDay,
    /// The state of the day's document.
    pub dated: Current,
    /// The state of `latest.json`, which may belong to another day.
    latest: Current,
    /// The games of the day's document; `None` where it cannot be read.
    games: Option<Vec<Arc<LiveGame>>>,
}

/// The public states of a day's grading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublicGrading {
    day: SlateDay,
    dated: Current,
    latest: Current,
}

/// The public state of a day's timeline.
#[derive(Clone, Debug)]
pub(crate) struct PublicTimeline {
    day: SlateDay,
    dated: Current,
    latest: Current,
    /// `None` where the document does not exist or cannot be read.
    document: Option<Arc<timeline::Document>>,
}

impl PublicScores {
    /// The games; `None` where they cannot be read.
    pub fn games(&self) -> Option<&[Arc<LiveGame>]> {
        self.games.as_deref()
    }
}

impl PublicBucket {
    /// Starts with nothing remembered about the public bucket.
    pub fn new(storage: Storage, bucket: String) -> Self {
        Self {
            storage,
            bucket,
            scores: Mutex::default(),
            grading: Mutex::default(),
            timeline: Mutex::default(),
            status: Mutex::default(),
        }
    }

    /// The remembered games of a day that have begun.
    pub fn begun(&self, day: SlateDay) -> HashSet<TeamPair> {
        let scores = lock(&self.scores);
        let games = scores.iter().filter(|public| public.day == day).filter_map(|public| public.games());
        games.flatten().filter(|game| game.has_begun()).map(|game| game.pair()).collect()
    }

    /// The public state of a day's scores: from memory, else from the bucket.
    pub async fn scores(&self, day: SlateDay) -> Result<PublicScores, Error> {
        let remembered = lock(&self.scores).clone().filter(|public| public.day == day);
        match remembered {
            Some(public) => Ok(public),
            None => self.read_scores(day).await,
        }
    }

    /// Reads the public state of a day's scores from the bucket.
    pub async fn read_scores(&self, day: SlateDay) -> Result<PublicScores, Error> {
        let object = scores_object(day);
        let (dated, latest) = tokio::try_join!(
            self.storage.read_public(&self.bucket, &object),
            self.storage.read_public(&self.bucket, LATEST),
        )?;
        let games = match &dated {
            None => Some(Vec::new()),
            Some(stored) => readable::<Document>(&object, stored).map(|document| document.games),
        };
        let current = |stored: Option<Stored>| stored.map_or(Current::NONE, |stored| stored.current);
        Ok(PublicScores { day, dated: current(dated), latest: current(latest), games })
    }

    /// Remembers scores that a concurrent writer published.
    pub fn remember_scores(&self, public: PublicScores) {
        *lock(&self.scores) = Some(public);
    }

    /// Writes the scores of the poll at `at`, both documents concurrently. `None` where a concurrent writer
    /// won: both documents have to be rebuilt from the new public state, so that neither rests on old games.
    pub async fn write_scores(
        &self,
        document: &Document,
        at: DateTime<Utc>,
        is_today: bool,
        mut public: PublicScores,
    ) -> Result<Option<Paths>, Error> {
        let object = scores_object(public.day);
        let body = document.json()?;
        let is_latest = is_today && public.latest.version <= Some(at);
        if is_today && !is_latest {
            tracing::warn!(version = ?public.latest.version, "{LATEST} is of a later poll and stays");
        }
        let write = |object, over: Current| {
            let upload = Upload::public(&self.bucket, object, body.clone(), CACHE_CONTROL, at);
            self.storage.write_over(upload, over.generation)
        };
        let latest =
            async { if is_latest { write(LATEST, public.latest).await.map(Some) } else { Ok(None) } };
        let (dated, latest) = tokio::join!(write(&object, public.dated), latest);
        let now = |generation| Current { generation, version: Some(at) };
        let (Written::Yes(dated), latest @ (None | Some(Written::Yes(_)))) = (dated?, latest?) else {
            return Ok(None);
        };
        let mut paths = Paths::from([("live", self.uri(&object))]);
        if let Some(Written::Yes(generation)) = latest {
            public.latest = now(generation);
            paths.insert("latest", self.uri(LATEST));
        }
        self.remember_scores(PublicScores {
            dated: now(dated),
            games: Some(document.games.clone()),
            ..public
        });
        Ok(Some(paths))
    }

    /// The public states of the day's grading: from memory, else from the bucket.
    pub async fn grading(&self, day: SlateDay) -> Result<PublicGrading, Error> {
        let remembered = lock(&self.grading).filter(|public| public.day == day);
        if let Some(public) = remembered {
            return Ok(public);
        }
        let object = format!("v1/live-grading/{day}.json");
        let (dated, latest) = tokio::try_join!(
            self.storage.current(&self.bucket, &object),
            self.storage.current(&self.bucket, LATEST_GRADING),
        )?;
        Ok(PublicGrading { day, dated, latest })
    }

    /// Publishes a grading of the poll at `at`, unless a later poll's is public.
    pub async fn publish_grading(
        &self,
        document: &grading::Document,
        at: DateTime<Utc>,
        is_today: bool,
        public: &mut PublicGrading,
    ) -> Result<Paths, Error> {
        let object = format!("v1/live-grading/{}.json", public.day);
        let body = document.json()?;
        let (dated, latest) = tokio::try_join!(
            self.publish(&object, &body, at, public.dated),
            self.publish_latest(LATEST_GRADING, &body, at, is_today, public.latest),
        )?;
        let mut paths = Paths::new();
        public.dated = dated.current();
        if dated.is_ours() {
            paths.insert("live_grading", self.uri(&object));
        }
        if let Some(latest) = latest {
            public.latest = latest.current();
            if latest.is_ours() {
                paths.insert("live_grading_latest", self.uri(LATEST_GRADING));
            }
        }
        *lock(&self.grading) = Some(*public);
        Ok(paths)
    }

    /// The public state of the day's timeline: from memory, else from the bucket.
    pub async fn timeline(&self, day: SlateDay) -> Result<PublicTimeline, Error> {
        let remembered = lock(&self.timeline).clone().filter(|public| public.day == day);
        match remembered {
            Some(public) => Ok(public),
            None => self.read_timeline(day).await,
        }
    }

    async fn read_timeline(&self, day: SlateDay) -> Result<PublicTimeline, Error> {
        let object = timeline_object(day);
        let (dated, latest) = tokio::try_join!(
            self.storage.read_public(&self.bucket, &object),
            self.storage.current(&self.bucket, LATEST_TIMELINE),
        )?;
        let document = dated.as_ref().and_then(|stored| readable(&object, stored)).map(Arc::new);
        let dated = dated.map_or(Current::NONE, |stored| stored.current);
        Ok(PublicTimeline { day, dated, latest, document })
    }

    /// Publishes the timeline that `make` builds on the public one. Where a concurrent writer won, it is
    /// rebuilt on the new public one, so that no point is lost, unless that is of a later poll than the one
    /// at `at`.
    pub async fn publish_timeline<F>(
        &self,
        make: impl Fn(Option<Arc<timeline::Document>>) -> F,
        at: DateTime<Utc>,
        is_today: bool,
        public: &mut PublicTimeline,
    ) -> Result<Paths, Error>
    where
        F: Future<Output = Result<timeline::Document, Error>>,
    {
        let object = timeline_object(public.day);
        for _ in 0..PUBLISH_ATTEMPTS {
            if public.dated.version > Some(at) {
                return Ok(Paths::new());
            }
            let timeline = make(public.document.clone()).await?;
            let body = timeline.json()?;
            let upload = Upload::public(&self.bucket, &object, body.clone(), CACHE_CONTROL, at);
            let (dated, latest) = tokio::try_join!(
                self.storage.write_over(upload, public.dated.generation),
                self.publish_latest(LATEST_TIMELINE, &body, at, is_today, public.latest),
            )?;
            if let Written::Yes(generation) = dated {
                public.dated = Current { generation, version: Some(at) };
                public.document = Some(Arc::new(timeline));
                let mut paths = Paths::from([("live_timeline", self.uri(&object))]);
                if let Some(latest) = latest {
                    public.latest = latest.current();
                    if latest.is_ours() {
                        paths.insert("live_timeline_latest", self.uri(LATEST_TIMELINE));
                    }
                }
                *lock(&self.timeline) = Some(public.clone());
                return Ok(paths);
            }
            *public = self.read_timeline(public.day).await?;
        }
        Err(changed_each_time(&object))
    }

    /// The public status: from memory, else from the bucket; `None` where it cannot be read.
    pub async fn status(&self) -> Option<status::Public> {
        if let Some(remembered) = lock(&self.status).clone() {
            return Some(remembered);
        }
        let read = status::read(&self.storage, &self.bucket).await;
        let public = read.inspect_err(|error| tracing::warn!(%error, "the public status cannot be read"));
        Some(lock(&self.status).insert(public.ok()?).clone())
    }

    /// Publishes a run's report in the status; `instead_of` is an earlier status of the same run to take
    /// back. A failure to write it only lets the status age, and fails no export.
    pub async fn report(&self, run: &status::RunReport<'_>, instead_of: Option<status::Public>) {
        let remembered = lock(&self.status).take();
        match status::publish(&self.storage, &self.bucket, remembered, run, instead_of).await {
            Ok(public) => *lock(&self.status) = Some(public),
            Err(error) => tracing::error!(%error, "the status could not be written"),
        }
    }

    fn uri(&self, object: &str) -> String {
        uri(&self.bucket, object)
    }

    async fn publish(
        &self,
        object: &str,
        body: &Bytes,
        at: DateTime<Utc>,
        current: Current,
    ) -> Result<Published, Error> {
        let upload = Upload::public(&self.bucket, object, body.clone(), CACHE_CONTROL, at);
        self.storage.publish(upload, current).await
    }

    async fn publish_latest(
        &self,
        object: &str,
        body: &Bytes,
        at: DateTime<Utc>,
        is_today: bool,
        current: Current,
    ) -> Result<Option<Published>, Error> {
        match is_today {
            true => self.publish(object, body, at, current).await.map(Some),
            false => Ok(None),
        }
    }
}

/// The error for scores that a concurrent writer replaced at every attempt.
pub(crate) fn scores_changed_each_time(day: SlateDay) -> Error {
    changed_each_time(&scores_object(day))
}

fn changed_each_time(object: &str) -> Error {
    Error::transient("Cloud Storage", format!("{object} changed under each of {PUBLISH_ATTEMPTS} writes"))
}

fn lock<T>(remembered: &Mutex<T>) -> MutexGuard<'_, T> {
    remembered.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Parses a public document; an unreadable one is rebuilt.
fn readable<T: serde::de::DeserializeOwned>(object: &str, stored: &Stored) -> Option<T> {
    let document = serde_json::from_slice(&stored.body);
    document
        .inspect_err(|error| {
            tracing::error!(object, %error, "the public document cannot be read; it is made anew");
        })
        .ok()
}

fn scores_object(day: SlateDay) -> String {
    format!("v1/live/{day}.json")
}

fn timeline_object(day: SlateDay) -> String {
    format!("v1/live-timeline/{day}.json")
}
