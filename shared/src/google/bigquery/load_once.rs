//! Loading rows exactly once, however often they are sent.
//!
//! BigQuery refuses a second job with a known id, and a load job is all or nothing. So the id is derived from
//! the rows: a repeated delivery finds the first one's job and waits for it.
//! <https://cloud.google.com/bigquery/docs/running-jobs#generate-jobid>

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use gcp_bigquery_client::{
    error::BQError,
    model::{
        error_proto::ErrorProto, job::Job, job_configuration::JobConfiguration,
        job_configuration_load::JobConfigurationLoad, job_reference::JobReference,
        table_reference::TableReference,
    },
};

use super::{
    BUDGET, BigQuery, SERVICE, failure, is_quota, is_transient,
    load_pause::{LoadJobGate, pause_after},
    refusal_reason,
};
use crate::{
    Clock, Error,
    google::storage::{Storage, Upload, Written},
    retry::{Failure, with_retries},
};

/// The prefix of staged rows, which may be deleted once their job is done.
pub const STAGING: &str = "staging/";
/// The most load jobs for one set of rows over all deliveries. With the pauses between them they span more
/// than a day.
const MAX_ATTEMPTS: u32 = 100;
/// The pause before the first poll of a running job, which usually takes one to five seconds. All polls of a
/// project share about a hundred requests a second:
/// <https://cloud.google.com/bigquery/quotas#api_request_quotas>
const FIRST_POLL_DELAY: Duration = Duration::from_millis(300);
/// The shortest and the longest pause between two polls. In between, the pause is a twelfth of the job's time
/// so far, so that the end is noticed in proportion to it.
const POLL_DELAY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// The longest wait for a job.
const JOB_LIMIT: Duration = Duration::from_secs(80);

/// Rows for a table.
#[derive(Clone, Debug)]
pub struct Load<'a> {
    /// The dataset, such as `nba_raw`.
    pub dataset: &'a str,
    /// The table in it, which must exist.
    pub table: &'a str,
    /// The identity of these rows: the same name means the same job. Letters, digits, `-`, `_`.
    pub job: &'a str,
    /// The bucket in which the rows are staged for BigQuery, as `staging/{job}.ndjson`.
    pub staging_bucket: &'a str,
    /// One JSON object a line.
    pub rows: Bytes,
}

/// Result of loading the rows of a [`Load`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Whether this call's job loaded them, rather than that of an earlier or simultaneous delivery.
    pub loaded_by_this_call: bool,
    /// The object that the job read, where an earlier delivery staged it: its rows may be fewer than this
    /// call's, if some were unreadable then.
    pub staged_earlier: Option<String>,
}

/// Result of a finished job.
enum JobOutcome {
    Succeeded,
    Failed(JobFailure),
}

/// Reason and time of a job's failure.
struct JobFailure {
    reason: String,
    message: String,
    at: Option<DateTime<Utc>>,
    /// Whether BigQuery could not read the rows, which would fail again in the same way.
    unreadable_rows: bool,
}

/// Load jobs, each set of rows once. One for a process: it remembers whether load jobs fail.
#[derive(Debug)]
pub struct Loader {
    bigquery: BigQuery,
    storage: Storage,
    clock: Clock,
    gate: LoadJobGate,
}

impl Loader {
    /// Loads with `bigquery` what is staged in `storage`.
    pub fn new(bigquery: BigQuery, storage: Storage, clock: Clock) -> Self {
        Self { bigquery, storage, clock, gate: LoadJobGate::default() }
    }

    /// Fails while load jobs fail and the next one is not due, so that the caller need not read its rows.
    pub fn check_gate(&self) -> Result<(), Error> {
        self.gate.check(&self.clock)
    }

    /// Appends the rows of `load` unless they were appended before; all of them or none.
    ///
    /// After a job that failed the next attempt comes minutes later; until then the error is
    /// [`Error::Transient`]. Rows that BigQuery cannot read are [`Error::Permanent`].
    ///
    /// ```no_run
    /// # use shared::{Error, google::bigquery::{Load, Loader}};
    /// # async fn example(loader: &Loader) -> Result<(), Error> {
    /// let load = Load {
    ///     dataset: "nba_raw",
    ///     table: "bdl_live_boxscores",
    ///     job: "poll-20260110T021200Z",
    ///     staging_bucket: "nba-scraped-data",
    ///     rows: r#"{"player_lookup": "jaylenbrown", "points": 27}"#.into(),
    /// };
    /// assert!(loader.load_once(load.clone()).await?.loaded_by_this_call);
    /// // The second delivery of an event adds nothing.
    /// assert!(!loader.load_once(load).await?.loaded_by_this_call);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn load_once(&self, load: Load<'_>) -> Result<Loaded, Error> {
        for attempt in 1..=MAX_ATTEMPTS {
            let id = format!("{}-{attempt}", load.job);
            let object = format!("{STAGING}{id}.ndjson");
            // Staged rows are left as they are if they exist: a job may be reading them.
            let upload = Upload::json_lines(load.staging_bucket, &object, load.rows.clone());
            let staged_before = self.storage.create(upload).await? == Written::PreconditionFailed;
            let known = if staged_before { self.bigquery.get(&id).await? } else { None };
            let source = format!("gs://{}/{object}", load.staging_bucket);
            let (job, is_new) = match known {
                Some(job) => (job, false),
                None => match self.start(&load, &id, source).await? {
                    Some(job) => (job, true),
                    None => (self.bigquery.existing(&id).await?, false),
                },
            };
            match self.bigquery.wait(&id, job).await? {
                JobOutcome::Succeeded => {
                    if is_new {
                        self.gate.record_success();
                    }
                    let staged_earlier = staged_before.then_some(object);
                    return Ok(Loaded { loaded_by_this_call: is_new, staged_earlier });
                }
                JobOutcome::Failed(failure) if is_new => {
                    if !failure.unreadable_rows {
                        self.gate.record_failure(&failure.reason, &self.clock);
                    }
                    return Err(failure.into_error(&id));
                }
                JobOutcome::Failed(failure) => {
                    failure.next_attempt_is_due(attempt, &id, &self.clock)?;
                    tracing::warn!(
                        job = id,
                        reason = failure.reason,
                        message = failure.message,
                        "an earlier load job of these rows failed; the next attempt begins"
                    );
                }
            }
        }
        Err(Error::permanent(format!(
            "all {MAX_ATTEMPTS} load jobs for {} have failed; the rows are not loaded",
            load.job
        )))
    }

    /// Whether the rows of `job` have landed, by a load job of an earlier delivery.
    pub async fn is_loaded(&self, job: &str) -> Result<bool, Error> {
        for attempt in 1..=MAX_ATTEMPTS {
            let id = format!("{job}-{attempt}");
            let Some(job) = self.bigquery.get(&id).await? else { return Ok(false) };
            if let JobOutcome::Succeeded = self.bigquery.wait(&id, job).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Starts a job unless too many failed recently; `None` where BigQuery has one with this id. A refused job counts as
    /// a failed one, so that the next one comes minutes later.
    async fn start(&self, load: &Load<'_>, id: &str, source: String) -> Result<Option<Job>, Error> {
        self.gate.permit(&self.clock)?;
        let mut refusal = None;
        let started = self.bigquery.insert(load, id, source, &mut refusal).await;
        if let (Err(_), Some(reason)) = (&started, refusal) {
            self.gate.record_failure(&reason, &self.clock);
        }
        started
    }
}

impl BigQuery {
    /// Starts the job, or `None` where BigQuery has one with this id already. The reason of a `refusal` for a quota, a
    /// missing permission or a missing table is kept.
    async fn insert(
        &self,
        load: &Load<'_>,
        id: &str,
        source: String,
        refusal: &mut Option<String>,
    ) -> Result<Option<Job>, Error> {
        let refusal = Mutex::new(refusal);
        let job = Job {
            job_reference: Some(JobReference {
                job_id: Some(id.to_owned()),
                project_id: Some(self.project.clone()),
                location: self.location.clone(),
            }),
            configuration: Some(JobConfiguration {
                load: Some(JobConfigurationLoad {
                    destination_table: Some(TableReference::new(&self.project, load.dataset, load.table)),
                    source_uris: Some(vec![source]),
                    source_format: Some("NEWLINE_DELIMITED_JSON".into()),
                    create_disposition: Some("CREATE_NEVER".into()),
                    write_disposition: Some("WRITE_APPEND".into()),
                    ..Default::default()
                }),
                ..Default::default()
            }),
            ..Default::default()
        };
        with_retries(BUDGET, || async {
            match self.client().await?.job().insert(&self.project, job.clone()).await {
                Ok(job) => Ok(Some(job)),
                Err(BQError::ResponseError { error }) if error.error.code == 409 => Ok(None),
                Err(error) => {
                    **refusal.lock().unwrap_or_else(PoisonError::into_inner) = refusal_reason(&error);
                    Err(failure(error))
                }
            }
        })
        .await
    }

    /// The job `id`, or `None` where there is none.
    async fn get(&self, id: &str) -> Result<Option<Job>, Error> {
        with_retries(BUDGET, || self.get_once(id)).await
    }

    /// The job `id`, which BigQuery has reported as existing. If it is not found, that is a transient race
    /// between BigQuery's servers.
    async fn existing(&self, id: &str) -> Result<Job, Error> {
        with_retries(BUDGET, || async {
            self.get_once(id).await?.ok_or_else(|| {
                let location = self.location.as_deref().unwrap_or("the default location");
                let detail = format!("job {id} exists, but was not found in {location}");
                Failure::retryable(Error::transient(SERVICE, detail))
            })
        })
        .await
    }

    async fn get_once(&self, id: &str) -> Result<Option<Job>, Failure> {
        match self.client().await?.job().get_job(&self.project, id, self.location.as_deref()).await {
            Ok(job) => Ok(Some(job)),
            Err(BQError::ResponseError { error }) if error.error.code == 404 => Ok(None),
            Err(error) => Err(failure(error)),
        }
    }

    async fn wait(&self, id: &str, mut job: Job) -> Result<JobOutcome, Error> {
        let begun = tokio::time::Instant::now();
        let mut pause = FIRST_POLL_DELAY;
        loop {
            if let Some(outcome) = outcome_of(&job) {
                return Ok(outcome);
            }
            if begun.elapsed() + pause > JOB_LIMIT {
                return Err(Error::transient(
                    SERVICE,
                    format!("job {id} has not finished within {JOB_LIMIT:?}"),
                ));
            }
            tokio::time::sleep(pause).await;
            job = self.existing(id).await?;
            pause = (begun.elapsed() / 12).clamp(POLL_DELAY.0, POLL_DELAY.1);
        }
    }
}

/// The result of a job, if it has finished.
fn outcome_of(job: &Job) -> Option<JobOutcome> {
    let status = job.status.as_ref().filter(|status| status.state.as_deref() == Some("DONE"))?;
    let Some(error) = &status.error_result else { return Some(JobOutcome::Succeeded) };
    let statistics = job.statistics.as_ref();
    let ended = statistics.and_then(|it| it.end_time.as_deref().or(it.creation_time.as_deref()));
    let at = ended.and_then(|milliseconds| DateTime::from_timestamp_millis(milliseconds.parse().ok()?));
    Some(JobOutcome::Failed(JobFailure::of(error, status.errors.as_deref().unwrap_or_default(), at)))
}

impl JobFailure {
    fn of(error: &ErrorProto, all: &[ErrorProto], at: Option<DateTime<Utc>>) -> Self {
        let reason = error.reason.clone().unwrap_or_default();
        let message = error.message.clone().unwrap_or_else(|| reason.clone());
        // `invalid` is also BigQuery's reason for a job that it cannot run, such as one that reads and writes
        // in different locations; for unreadable rows the message names their place in the file.
        let names_rows = message.contains("Error while reading data")
            || all.iter().any(|error| error.location.as_deref().is_some_and(|it| !it.is_empty()));
        Self { unreadable_rows: reason == "invalid" && names_rows, reason, message, at }
    }

    /// Does not wait: returns an error until the attempt after this one is due. Unreadable rows are delivered
    /// again only by a person, so an attempt is allowed at once.
    fn next_attempt_is_due(&self, attempt: u32, id: &str, clock: &Clock) -> Result<(), Error> {
        let Some(at) = self.at.filter(|_| !self.unreadable_rows) else { return Ok(()) };
        let due = at + pause_after(attempt, &self.reason);
        if clock.now() >= due {
            return Ok(());
        }
        let (reason, due) = (&self.reason, due.format("%H:%M:%S UTC"));
        Err(Error::transient(
            SERVICE,
            format!("load job {id} failed ({reason}); the next attempt is due at {due}"),
        ))
    }

    /// Rows that BigQuery cannot read are dead-lettered. Anything else is left to a later delivery: a fault
    /// passes, and a missing table or permission is fixed.
    fn into_error(self, id: &str) -> Error {
        let Self { reason, message, unreadable_rows, .. } = self;
        let detail = format!("load job {id} failed: {message}");
        match reason.as_str() {
            _ if unreadable_rows => Error::permanent(detail),
            reason if is_transient(reason) || is_quota(reason) => Error::transient(SERVICE, detail),
            reason => Error::internal(format!("{SERVICE}: {reason}: {detail}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(reason: &str, message: &str, location: Option<&str>) -> Error {
        let error = ErrorProto {
            reason: Some(reason.into()),
            message: Some(message.into()),
            location: location.map(str::to_owned),
            ..Default::default()
        };
        JobFailure::of(&error, std::slice::from_ref(&error), None).into_error("j-1")
    }

    #[test]
    fn only_rows_that_cannot_be_read_are_permanent() {
        assert!(matches!(failed("backendError", "try again", None), Error::Transient { .. }));
        assert!(matches!(failed("quotaExceeded", "too many load jobs", None), Error::Transient { .. }));
        assert!(matches!(failed("notFound", "no table", None), Error::Internal(_)));
        assert!(matches!(failed("accessDenied", "no permission", None), Error::Internal(_)));
        let unreadable = "Error while reading data, error message: JSON table encountered too many errors";
        assert!(matches!(failed("invalid", unreadable, None), Error::Permanent(_)));
        assert!(matches!(failed("invalid", "No such field: x", Some("gs://b/o")), Error::Permanent(_)));
        let elsewhere = "Cannot read and write in different locations: source: EU, destination: us-west2";
        assert!(matches!(failed("invalid", elsewhere, None), Error::Internal(_)));
    }
}
