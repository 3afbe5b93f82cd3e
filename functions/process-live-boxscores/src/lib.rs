//! The processor: a raw snapshot becomes one row for each player and poll in `nba_raw.bdl_live_boxscores`.
//!
//! Triggered by the object-finalized event of the raw bucket. The folder of a snapshot tells its source. The rows of
//! a snapshot are loaded by one load job whose id is derived from the object and its generation: exactly once, all or
//! none, however often the event is delivered. Unreadable parts of a snapshot are dead-lettered; the rest is stored.

pub mod row;

use std::sync::Arc;

use axum::Router;
use bytes::Bytes;
use serde::Serialize;
use shared::{
    Clock, Error,
    digest::hex_digest,
    documents::snapshot::{Snapshot, source_of},
    env::{Environment, raw_bucket},
    error::Detail,
    google::{
        GoogleCloud,
        bigquery::{BigQuery, Load, Loaded, Loader},
        storage::{MAX_OBJECT_BYTES, Storage},
    },
    gzip,
    nba::TeamPair,
    service::{
        self, Outcome,
        dead_letter::DeadLetters,
        event::{FinalizedObject, OBJECT_FINALIZED},
    },
    sources::Source,
};
use tokio::sync::Semaphore;

const NAME: &str = "process-live-boxscores";
const DATASET: &str = "nba_raw";
const TABLE: &str = "bdl_live_boxscores";
/// How many snapshots are processed at once. All load jobs go to one table, and BigQuery refuses too many
/// concurrent ones with `rateLimitExceeded`; further events wait within their own deadlines.
const MAX_CONCURRENT_SNAPSHOTS: usize = 2;

/// The settings of this function, from the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The settings common to all services.
    pub service: service::Settings,
    /// The project whose services are called.
    pub google: GoogleCloud,
    /// The bucket of snapshots, staged rows and dead letters.
    pub raw_bucket: String,
}

impl Settings {
    /// Reads them; the error names the first variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        Ok(Self {
            service: service::Settings::read(environment)?,
            google: GoogleCloud::read(environment)?,
            raw_bucket: raw_bucket(environment),
        })
    }
}

/// The answer to an event that was processed.
#[derive(Debug, Serialize)]
struct Processed {
    status: Status,
    /// The snapshot.
    source_file_path: String,
    /// How many rows it has; 0 where the snapshot no longer exists.
    rows: usize,
    /// How many games and players of it could not be read and were dead-lettered.
    rejected: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// The rows were loaded now.
    Stored,
    /// The rows had been loaded before; nothing was added.
    AlreadyStored,
    /// The snapshot has no rows: no games, no players yet, or all in another snapshot.
    NoData,
    /// Nothing of it could be read.
    Rejected,
}

/// Builds the router of the function.
pub fn app(settings: Settings, clock: Clock) -> Router {
    let Settings { service, google, raw_bucket } = settings;
    let storage = Storage::new(&google);
    let dead_letters = DeadLetters::new(storage.clone(), &raw_bucket, NAME, clock.clone());
    let loader = Loader::new(BigQuery::new(&google), storage.clone(), clock.clone());
    let processor = Arc::new(Processor {
        storage,
        loader,
        dead_letters: dead_letters.clone(),
        raw_bucket,
        clock,
        permits: Semaphore::new(MAX_CONCURRENT_SNAPSHOTS),
    });
    service::event(NAME, &service, OBJECT_FINALIZED, dead_letters, processor, Processor::process)
}

struct Processor {
    storage: Storage,
    loader: Loader,
    dead_letters: DeadLetters,
    raw_bucket: String,
    clock: Clock,
    permits: Semaphore,
}

impl Processor {
    async fn process(self: Arc<Self>, event: cloudevents::Event) -> Result<Outcome<Processed>, Error> {
        let object = FinalizedObject::of(&event)?;
        let source = match self.source_of(&object) {
            Ok(source) => source,
            Err(reason) => {
                tracing::info!(reason, "event ignored");
                return Ok(Outcome::ignored(reason));
            }
        };
        self.loader.check_gate()?;
        let _permit = self.permits.acquire().await;
        let source_file_path = format!("gs://{}/{}", object.bucket, object.name);
        let job = job_name(&object.bucket, &object.name, object.generation);
        let Some(body) = self.read(&object).await? else {
            return self.handle_missing_snapshot(&object, &job, source_file_path).await;
        };
        let snapshot: Snapshot<'_> = serde_json::from_slice(&body).map_err(|error| {
            Error::permanent(Detail::of(format!("{source_file_path} is not a snapshot"), error))
        })?;
        let (mut games, rejected) = source.read_games(snapshot.live_boxes.iter().copied());
        games.retain(|game| !snapshot.elsewhere.contains(&TeamPair::of(&game.home.team, &game.visitor.team)));
        for game in &mut games {
            if let Some(known) = game.nba_id.as_ref().and_then(|id| snapshot.game_ids.get(id)) {
                game.id.clone_from(known);
            }
        }
        let poll = row::Poll {
            timestamp: snapshot.timestamp,
            id: snapshot.poll_id,
            source_file_path: &source_file_path,
            processed_at: self.clock.now(),
        };
        let (lines, rows) = row::json_lines(poll, &games)?;
        let keep_rejected = async {
            if !rejected.is_empty() {
                let reason =
                    format!("games or players of the snapshot could not be read: {}", rejected.len());
                let path = self.dead_letters.keep(&event, &reason, &rejected).await?;
                tracing::error!(path, rejected = rejected.len(), "part of a snapshot dead-lettered");
            }
            Ok(())
        };
        let load = async {
            match rows {
                0 if rejected.is_empty() => Ok(Status::NoData),
                0 => Ok(Status::Rejected),
                _ => self.load(&job, lines).await,
            }
        };
        let (status, ()) = tokio::try_join!(load, keep_rejected)?;
        tracing::info!(
            poll_id = %snapshot.poll_id, ?status, rows, games = games.len(), rejected = rejected.len(),
            "snapshot processed"
        );
        Ok(Outcome::Done(Processed { status, rows, rejected: rejected.len(), source_file_path }))
    }

    /// The source of the snapshot that the event is about, or the reason why it is about none.
    fn source_of(&self, object: &FinalizedObject) -> Result<Source, String> {
        if object.bucket != self.raw_bucket {
            return Err(format!("the bucket is {:?}, expected {:?}", object.bucket, self.raw_bucket));
        }
        let source = source_of(&object.name).ok_or_else(|| {
            let folders = Source::ALL.map(Source::snapshots).join(" or ");
            format!("the object {:?} is not under {folders}", object.name)
        })?;
        if object.name.ends_with('/') || object.name.ends_with("_$folder$") {
            return Err(format!("the object {:?} is the placeholder of a folder", object.name));
        }
        Ok(source)
    }

    /// Reads the generation that the event is about; a later one of the same name has its own event.
    async fn read(&self, object: &FinalizedObject) -> Result<Option<Bytes>, Error> {
        let stored = self.storage.read(&object.bucket, &object.name, Some(object.generation)).await?;
        stored.map(|stored| unzipped(stored.body)).transpose()
    }

    /// Handles an event whose snapshot no longer exists: its rows have been loaded, or they are lost.
    async fn handle_missing_snapshot(
        &self,
        object: &FinalizedObject,
        job: &str,
        source_file_path: String,
    ) -> Result<Outcome<Processed>, Error> {
        if self.loader.is_loaded(job).await? {
            tracing::info!(source_file_path, "the snapshot no longer exists; its rows were loaded before");
            let status = Status::AlreadyStored;
            return Ok(Outcome::Done(Processed { status, rows: 0, rejected: 0, source_file_path }));
        }
        Err(Error::permanent(format!(
            "{source_file_path} of generation {} is gone, and its rows were never loaded",
            object.generation
        )))
    }

    /// Loads the rows under the name `job`, unless that was done before; then it loads the rows that were
    /// unreadable to the earlier delivery and are readable since a fix of the function.
    async fn load(&self, job: &str, rows: Bytes) -> Result<Status, Error> {
        let Loaded { loaded_by_this_call, staged_earlier } = self.load_once(job, rows.clone()).await?;
        let rest = match staged_earlier {
            Some(staged) => self.rows_not_yet_loaded(&rows, &staged).await?,
            None => None,
        };
        let rest_now = match rest {
            Some((rest, digest)) => {
                tracing::info!(
                    job,
                    "an earlier delivery of the snapshot loaded fewer rows; the others are loaded now"
                );
                self.load_once(&format!("{job}-rest-{digest}"), rest).await?.loaded_by_this_call
            }
            None => false,
        };
        Ok(if loaded_by_this_call || rest_now { Status::Stored } else { Status::AlreadyStored })
    }

    /// The rows that an earlier delivery did not have when it staged its own.
    async fn rows_not_yet_loaded(&self, rows: &[u8], staged: &str) -> Result<Option<(Bytes, String)>, Error> {
        let Some(earlier) = self.storage.read(&self.raw_bucket, staged, None).await? else {
            tracing::warn!(
                staged,
                "the staged rows of an earlier delivery are gone; rows that it lacked are not loaded"
            );
            return Ok(None);
        };
        Ok(row::lines_missing_from(rows, &earlier.body))
    }

    async fn load_once(&self, job: &str, rows: Bytes) -> Result<Loaded, Error> {
        let load = Load { dataset: DATASET, table: TABLE, job, staging_bucket: &self.raw_bucket, rows };
        self.loader.load_once(load).await
    }
}

/// The content of a snapshot, which Cloud Storage returns as stored, possibly as gzip.
fn unzipped(body: Bytes) -> Result<Bytes, Error> {
    gzip::content(body, MAX_OBJECT_BYTES)
        .map_err(|error| Error::permanent(Detail::of("the snapshot cannot be decompressed", error)))
}

/// The common name of the load jobs of one version of one object, before `-1`, `-2` and so on: a readable
/// part, then a unique one.
pub fn job_name(bucket: &str, name: &str, generation: i64) -> String {
    let stem = name.rsplit('/').next().unwrap_or_default().trim_end_matches(".json");
    let stem: String = stem.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
    let digest = hex_digest([bucket, name, &generation.to_string()]);
    format!("live-boxscores-{stem}-{}", &digest[..32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_of_every_object_has_a_job_name_of_its_own() {
        let one = job_name("b", "x/20260110_000300.json", 7);
        assert!(one.starts_with("live-boxscores-20260110_000300-"), "{one}");
        assert_eq!(one, job_name("b", "x/20260110_000300.json", 7));
        for other in [
            job_name("b", "x/20260110_000300.json", 8),
            job_name("c", "x/20260110_000300.json", 7),
            job_name("b", "y/20260110_000300.json", 7),
        ] {
            assert_ne!(one, other);
        }
        let wild = job_name("b", &format!("x/{}\u{e9} ?.json", "z".repeat(900)), 7);
        assert!(
            wild.len() < 120 && wild.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
    }
}
