//! How the public status is read and written.

use std::sync::Arc;

use super::{OBJECT, RunReport, Status};
use crate::{
    Error,
    google::storage::{Current, PUBLISH_ATTEMPTS, Storage, Upload, Written},
    json,
};

const CACHE_CONTROL: &str = "public, max-age=60";

/// The status that is public, as far as a process knows.
#[derive(Clone, Debug)]
pub struct Public {
    current: Current,
    status: Option<Arc<Status>>,
}

impl Public {
    /// What it says; `None` where there is none, or where it cannot be read.
    pub fn status(&self) -> Option<&Status> {
        self.status.as_deref()
    }
}

/// Reads the public status; one that cannot be read is replaced.
pub async fn read(storage: &Storage, bucket: &str) -> Result<Public, Error> {
    let Some(stored) = storage.read_public(bucket, OBJECT).await? else {
        return Ok(Public { current: Current::NONE, status: None });
    };
    let status = serde_json::from_slice(&stored.body).inspect_err(|error| {
        tracing::error!(%error, "the public status cannot be read; it is replaced");
    });
    Ok(Public { current: stored.current, status: status.ok().map(Arc::new) })
}

/// Publishes the status that follows from the report `run`, unless a later one is public. Returns what is
/// public now, for the next run of this process.
///
/// A run that reported a success too early corrects that by `instead_of`: the status before its first report.
pub async fn publish(
    storage: &Storage,
    bucket: &str,
    mut public: Option<Public>,
    run: &RunReport<'_>,
    mut instead_of: Option<Public>,
) -> Result<Public, Error> {
    for _ in 0..PUBLISH_ATTEMPTS {
        let before = match public.take() {
            Some(public) => public,
            None => read(storage, bucket).await?,
        };
        // Where a concurrent writer won, its status counts.
        let over = instead_of.take().unwrap_or_else(|| before.clone());
        let status = run.judge(over.status());
        if before.current.version > Some(status.updated_at) {
            return Ok(before);
        }
        let body = json::body("the status", &status, 4096)?;
        let upload = Upload::public(bucket, OBJECT, body, CACHE_CONTROL, status.updated_at);
        if let Written::Yes(generation) = storage.write_over(upload, before.current.generation).await? {
            let current = Current { generation, version: Some(status.updated_at) };
            // An alert counts the unhealthy ones: "The status is unhealthy".
            let overall_status = status.overall_status.name();
            tracing::info!(overall_status, issues = status.known_issues.len(), "status published");
            return Ok(Public { current, status: Some(Arc::new(status)) });
        }
    }
    Err(Error::transient(
        "Cloud Storage",
        format!("{OBJECT} changed under each of {PUBLISH_ATTEMPTS} writes"),
    ))
}
