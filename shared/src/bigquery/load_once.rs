//! Rows that land exactly once, however often they are sent.
//!
//! BigQuery refuses a second job with an id it has seen, and a load job is all or nothing. So the id
//! is derived from what is loaded: a repeated delivery meets the first one's job and waits for it.
//! <https://cloud.google.com/bigquery/docs/running-jobs#generate-jobid>

use std::time::Duration;

use bytes::Bytes;
use gcp_bigquery_client::{
    error::BQError,
    model::{
        error_proto::ErrorProto, job::Job, job_configuration::JobConfiguration,
        job_configuration_load::JobConfigurationLoad, job_reference::JobReference,
        table_reference::TableReference,
    },
};

use super::{BUDGET, BigQuery, SERVICE, failure, is_transient};
use crate::{
    Error,
    retry::{Failure, with_retries},
    storage::{Storage, Upload, Written},
};

/// The prefix of staged rows, which are of no use once their job is done.
pub const STAGING: &str = "staging/";
/// How often one set of rows is tried over all deliveries. Eventarc delivers for a day, ever more slowly,
/// which is fewer than this.
const MAXIMUM_ATTEMPTS: u32 = 200;
/// The shortest and the longest pause before a running job is asked about again. Between them it is a
/// twelfth of what the job has taken so far, so that its end is heard of at most so much too late.
const POLL: (Duration, Duration) = (Duration::from_millis(25), Duration::from_secs(2));
/// How long a job is waited for; BigQuery usually takes one to five seconds.
const JOB_LIMIT: Duration = Duration::from_secs(80);

/// Rows for a table.
#[derive(Clone, Debug)]
pub struct Load<'a> {
    /// The dataset, such as `nba_raw`.
    pub dataset: &'a str,
    /// The table in it, which must exist.
    pub table: &'a str,
    /// What makes these rows these rows: the same name, the same job. Letters, digits, `-`, `_`.
    pub job: &'a str,
    /// Where the rows are put for BigQuery to fetch: `staging/{job}.ndjson` in this bucket.
    pub staging_bucket: &'a str,
    /// One JSON object a line.
    pub rows: Bytes,
}

/// How the rows of a [`Load`] landed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Whether this call's job loaded them, and not one of an earlier or simultaneous delivery.
    pub now: bool,
    /// The object that the job read, where an earlier delivery staged it: its rows may be fewer than
    /// this call's, if not all could be read then.
    pub staged_earlier: Option<String>,
}

enum Ended {
    Well,
    Badly(ErrorProto),
}

impl BigQuery {
    /// Appends the rows of `load` unless they were appended before; all of them or none.
    pub async fn load_once(&self, storage: &Storage, load: Load<'_>) -> Result<Loaded, Error> {
        for attempt in 1..=MAXIMUM_ATTEMPTS {
            let id = format!("{}-{attempt}", load.job);
            let object = format!("{STAGING}{id}.ndjson");
            // Staged rows are left as they are if they exist: a job may be reading them.
            let upload = Upload::json_lines(load.staging_bucket, &object, load.rows.clone());
            let staged = storage.create(upload).await?;
            let source = format!("gs://{}/{object}", load.staging_bucket);
            let staged_earlier = (staged == Written::PreconditionFailed).then_some(object);
            match self.insert(&load, &id, source).await? {
                Some(job) => match self.wait(&id, job).await? {
                    Ended::Well => return Ok(Loaded { now: true, staged_earlier }),
                    Ended::Badly(error) => return Err(load_failed(&id, &error)),
                },
                None => {
                    let job = self.existing(&id, self.location(load.dataset).await?).await?;
                    match self.wait(&id, job).await? {
                        Ended::Well => return Ok(Loaded { now: false, staged_earlier }),
                        Ended::Badly(error) => {
                            tracing::warn!(job = id, %error, "an earlier load job failed; going on to the next attempt");
                        }
                    }
                }
            }
        }
        Err(Error::Permanent(format!("{MAXIMUM_ATTEMPTS} load jobs for {} have failed", load.job)))
    }

    /// Whether the rows of `job` have landed in `dataset`, which an earlier delivery saw to.
    pub async fn has_landed(&self, dataset: &str, job: &str) -> Result<bool, Error> {
        for attempt in 1..=MAXIMUM_ATTEMPTS {
            let id = format!("{job}-{attempt}");
            let location = self.location(dataset).await?;
            let Some(job) = self.get(&id, location).await? else { return Ok(false) };
            if let Ended::Well = self.wait(&id, job).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Starts the job, or `None` where BigQuery has one with this id already.
    async fn insert(&self, load: &Load<'_>, id: &str, source: String) -> Result<Option<Job>, Error> {
        let job = Job {
            job_reference: Some(JobReference {
                job_id: Some(id.to_owned()),
                project_id: Some(self.project.clone()),
                location: None,
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
                Err(error) => Err(failure(error)),
            }
        })
        .await
    }

    /// Where a dataset is. A job outside the US and EU multi-regions is only found with its location, which
    /// is its dataset's: <https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/get>
    async fn location(&self, dataset: &str) -> Result<Option<&str>, Error> {
        let location = self.location.get_or_try_init(|| {
            with_retries(BUDGET, || async {
                let datasets = self.client().await?.dataset();
                let dataset = datasets.get(&self.project, dataset).await.map_err(failure)?;
                let nowhere = || Failure::again(Error::transient(SERVICE, "a dataset without a location"));
                dataset.location.map(Some).ok_or_else(nowhere)
            })
        });
        Ok(location.await?.as_deref())
    }

    /// The job `id`, or `None` where there is none.
    async fn get(&self, id: &str, location: Option<&str>) -> Result<Option<Job>, Error> {
        with_retries(BUDGET, || async {
            match self.client().await?.job().get_job(&self.project, id, location).await {
                Ok(job) => Ok(Some(job)),
                Err(BQError::ResponseError { error }) if error.error.code == 404 => Ok(None),
                Err(error) => Err(failure(error)),
            }
        })
        .await
    }

    /// The job `id`, which BigQuery has.
    async fn existing(&self, id: &str, location: Option<&str>) -> Result<Job, Error> {
        let gone = || Error::Internal(format!("{SERVICE}: job {id} exists and is not found in {location:?}"));
        self.get(id, location).await?.ok_or_else(gone)
    }

    async fn wait(&self, id: &str, mut job: Job) -> Result<Ended, Error> {
        let begun = tokio::time::Instant::now();
        loop {
            let status = job.status.unwrap_or_default();
            if status.state.as_deref() == Some("DONE") {
                return Ok(status.error_result.map_or(Ended::Well, Ended::Badly));
            }
            let pause = (begun.elapsed() / 12).clamp(POLL.0, POLL.1);
            if begun.elapsed() + pause > JOB_LIMIT {
                return Err(Error::transient(
                    SERVICE,
                    format!("job {id} has not finished within {JOB_LIMIT:?}"),
                ));
            }
            tokio::time::sleep(pause).await;
            let location = job.job_reference.and_then(|reference| reference.location);
            job = self.existing(id, location.as_deref()).await?;
        }
    }
}

/// Rows that BigQuery cannot read are given up on. Anything else is left to the next delivery, which
/// makes the next attempt: a fault passes, and a missing table or permission is mended.
fn load_failed(id: &str, error: &ErrorProto) -> Error {
    let reason = error.reason.as_deref().unwrap_or_default();
    let detail = format!("load job {id} failed: {}", error.message.as_deref().unwrap_or(reason));
    match reason {
        "invalid" => Error::Permanent(detail),
        reason if is_transient(reason) => Error::transient(SERVICE, detail),
        reason => Error::Internal(format!("{SERVICE}: {reason}: {detail}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_that_cannot_be_read_are_given_up_on() {
        let error = |reason: &str| {
            load_failed("j-1", &ErrorProto { reason: Some(reason.into()), ..Default::default() })
        };
        assert!(matches!(error("backendError"), Error::Transient { .. }));
        assert!(matches!(error("invalid"), Error::Permanent(_)));
        assert!(matches!(error("notFound"), Error::Internal(_)));
        assert!(matches!(error("accessDenied"), Error::Internal(_)));
    }
}
