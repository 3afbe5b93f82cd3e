//! Load jobs: what they may be, the quota of the table, and how they run.

use serde::Deserialize;
use serde_json::Value;

use super::{
    api::{Api, blocking},
    warehouse::{Failed, NewJob, Warehouse, unreadable},
};
use crate::{
    faults::Fault,
    identity::{Caller, Resource},
    storage::Objects,
};

/// The supported part of a load job's configuration; anything else is refused instead of ignored.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Load {
    destination_table: Destination,
    source_uris: Vec<String>,
    pub source_format: String,
    pub create_disposition: String,
    pub write_disposition: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    dataset_id: String,
    table_id: String,
}

impl Load {
    pub(super) fn table(&self) -> String {
        format!("{}.{}", self.destination_table.dataset_id, self.destination_table.table_id)
    }
}

impl Api {
    /// Whether the table accepts one more load job; the job itself is already registered.
    fn check_quota(&self, table: &str) -> Result<(), Failed> {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        let midnight = self.now().div_euclid(DAY) * DAY;
        let (today, running) = self.warehouse.load_jobs(table, midnight)?;
        let limit = self.limits.get();
        if today > limit.load_jobs_a_day {
            let message = "Quota exceeded: Your table exceeded quota for imports or query appends per table.";
            return Err(Failed::new(403, "quotaExceeded", message));
        }
        if running > limit.load_jobs_at_once {
            let message = "Exceeded rate limits: too many table update operations for this table.";
            return Err(Failed::new(403, "rateLimitExceeded", message));
        }
        Ok(())
    }
}

/// Registers a load job and leaves it running.
pub(super) async fn start_job(api: Api, caller: Caller, job: NewJob, load: Load) -> Result<(), Failed> {
    let (warehouse, begun, id) = (api.warehouse.clone(), job.clone(), job.id.clone());
    blocking(move || warehouse.begin_job(&begun)).await?;
    if let Err(refused) = api.check_quota(&job.table) {
        let at = api.now();
        return blocking(move || api.warehouse.end_job(&id, &Err(refused), at)).await;
    }
    let (fault, faults_over) = (api.faults.of_job(&id), api.faults.over());
    let runs_on = fault == Some(Fault::EndlessJob) || api.limits.get().load_jobs_run_on;
    let run = tokio::spawn(async move {
        if fault == Some(Fault::EndlessJob) {
            faults_over.await;
        }
        tokio::time::sleep(api.latencies.get().load_job).await;
        let run = tokio::task::spawn_blocking(move || {
            // A job that was cancelled meanwhile loads nothing.
            if api.warehouse.job(&id).is_ok_and(|job| job.ended.is_some()) {
                return;
            }
            let ended = match fault {
                Some(Fault::FailedJob) => Err(Failed::new(503, "backendError", "an injected fault")),
                _ => run_load(&api.warehouse, &api.objects, &caller, &load),
            };
            if let Err(error) = api.warehouse.end_job(&id, &ended, api.now()) {
                tracing::error!(job = id, %error, "the end of a load job could not be recorded");
            }
        });
        if let Err(error) = run.await {
            tracing::error!(%error, "a load job did not run to its end");
        }
    });
    if !runs_on {
        run.await.map_err(|error| Failed::new(500, "internalError", error))?;
    }
    Ok(())
}

fn run_load(warehouse: &Warehouse, objects: &Objects, caller: &Caller, load: &Load) -> Result<u64, Failed> {
    caller.check("bigquery.tables.updateData", Resource::Table(load.table()))?;
    let table = warehouse.table(&load.destination_table.dataset_id, &load.destination_table.table_id)?;
    let mut rows = Vec::new();
    for uri in &load.source_uris {
        let path = uri.strip_prefix("gs://").and_then(|path| path.split_once('/'));
        let (bucket, object) =
            path.ok_or_else(|| Failed::new(400, "invalid", format!("Invalid source URI {uri}")))?;
        let source = Resource::Object { bucket: bucket.to_owned(), name: object.to_owned() };
        caller.check("storage.objects.get", source)?;
        let (_, body) = objects
            .read(bucket, object, None)
            .map_err(|_| Failed::new(404, "notFound", format!("Not found: URI {uri}")))?;
        for row in serde_json::Deserializer::from_slice(&body).into_iter::<Value>() {
            rows.push(row.map_err(|error| unreadable(&error))?);
        }
    }
    warehouse.append(table, &rows)
}
