//! The API's routes, and the methods for jobs and datasets.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Extension, Path, Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    load::{Load, start_job},
    query::{
        Answers, QueryRequest, check_creator, describe_query, known_query, query, query_results, run_query,
    },
    warehouse::{Failed, Job, NewJob, Warehouse},
};
use crate::{
    api_error_with_reason,
    faults::Faults,
    identity::{Caller, Denied, Resource},
    latency::Latencies,
    limits::Limits,
    storage::Objects,
};

/// The location of every dataset: the region that Terraform deploys to.
pub const LOCATION: &str = "us-west2";

/// The state behind every method.
#[derive(Clone)]
pub(super) struct Api {
    pub warehouse: Arc<Warehouse>,
    pub objects: Arc<Objects>,
    pub faults: Faults,
    pub latencies: Latencies,
    pub limits: Limits,
    pub answers: Arc<Mutex<Answers>>,
}

/// The REST API below `/bigquery/v2`.
pub fn router(
    warehouse: Arc<Warehouse>,
    objects: Arc<Objects>,
    faults: Faults,
    latencies: Latencies,
    limits: Limits,
) -> Router {
    Router::new()
        .route("/bigquery/v2/projects/{project}/queries", post(query))
        .route("/bigquery/v2/projects/{project}/queries/{job}", get(query_results))
        .route("/bigquery/v2/projects/{project}/jobs", post(insert_job))
        .route("/bigquery/v2/projects/{project}/jobs/{job}", get(get_job))
        .route("/bigquery/v2/projects/{project}/jobs/{job}/cancel", post(cancel_job))
        .route("/bigquery/v2/projects/{project}/datasets/{dataset}", get(get_dataset))
        .with_state(Api { warehouse, objects, faults, latencies, limits, answers: Arc::default() })
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        api_error_with_reason(self.code, &self.reason, &self.message)
    }
}

impl From<Denied> for Failed {
    fn from(denied: Denied) -> Self {
        Self::new(403, "accessDenied", denied)
    }
}

/// A job is found only in its location: without a location, or with another one, the answer is 404.
pub(super) fn check_location(location: Option<&str>, what: &str) -> Result<(), Failed> {
    match location {
        Some(LOCATION) => Ok(()),
        other => {
            let place = other.unwrap_or("US");
            Err(Failed::new(404, "notFound", format!("Not found: {what} was not found in location {place}")))
        }
    }
}

pub(super) fn job_reference(project: &str, id: &str) -> Value {
    json!({"projectId": project, "jobId": id, "location": LOCATION})
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JobRequest {
    job_reference: JobReference,
    configuration: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JobReference {
    job_id: String,
    location: Option<String>,
}

async fn insert_job(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(project): Path<String>,
    Json(request): Json<JobRequest>,
) -> Result<Json<Value>, Failed> {
    caller.check("bigquery.jobs.create", Resource::Project)?;
    let JobReference { job_id: id, location } = request.job_reference;
    check_location(location.as_deref(), "Dataset of the job")?;
    let is_id = |id: &str| id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if id.is_empty() || id.len() > 1024 || !is_id(&id) {
        return Err(Failed::new(400, "invalid", format!("Invalid job ID {id:?}")));
    }
    if let Some(query) = request.configuration.get("query") {
        let mut query: QueryRequest =
            serde_json::from_value(query.clone()).map_err(|error| Failed::new(400, "invalid", error))?;
        query.location = location;
        let job = run_query(&api, &caller, id, query).await?;
        return Ok(Json(describe_query(&project, &job)));
    }
    let load = request.configuration.get("load").cloned().unwrap_or_default();
    let load: Load = serde_json::from_value(load).map_err(|error| {
        Failed::new(501, "notImplemented", format!("local-cloud runs only queries and load jobs: {error}"))
    })?;
    let dispositions =
        (load.source_format.as_str(), load.create_disposition.as_str(), load.write_disposition.as_str());
    if dispositions != ("NEWLINE_DELIMITED_JSON", "CREATE_NEVER", "WRITE_APPEND") {
        return Err(Failed::new(
            501,
            "notImplemented",
            format!("local-cloud runs no load jobs of {dispositions:?}"),
        ));
    }
    let job = NewJob {
        id: id.clone(),
        configuration: request.configuration,
        table: load.table(),
        creator: caller.name().to_owned(),
        created: api.now(),
    };
    // A registered job runs even if its caller disconnects meanwhile.
    let started = tokio::spawn(start_job(api.clone(), caller, job, load));
    started.await.map_err(|error| Failed::new(500, "internalError", error))??;
    blocking(move || api.warehouse.job(&id)).await.map(|job| Json(describe(&project, &job)))
}

impl Api {
    /// The time of the replayed night, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.objects.now().timestamp_millis()
    }
}

async fn get_job(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path((project, id)): Path<(String, String)>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Result<Json<Value>, Failed> {
    check_location(parameters.get("location").map(String::as_str), &format!("Job {project}:{id}"))?;
    if let Some(job) = known_query(&api, &caller, &id)? {
        return Ok(Json(describe_query(&project, &job)));
    }
    let job = blocking(move || api.warehouse.job(&id)).await?;
    check_creator(&caller, &job.creator)?;
    Ok(Json(describe(&project, &job)))
}

/// Ends a running load job with the result `stopped`; a job that has ended stays as it is.
async fn cancel_job(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path((project, id)): Path<(String, String)>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Result<Json<Value>, Failed> {
    check_location(parameters.get("location").map(String::as_str), &format!("Job {project}:{id}"))?;
    caller.check("bigquery.jobs.update", Resource::Project)?;
    let job = blocking(move || {
        let stopped =
            Err(Failed::new(400, "stopped", "Job execution was cancelled: User requested cancellation"));
        api.warehouse.end_job(&id, &stopped, api.now())?;
        api.warehouse.job(&id)
    });
    Ok(Json(json!({"kind": "bigquery#jobCancelResponse", "job": describe(&project, &job.await?)})))
}

fn describe(project: &str, job: &Job) -> Value {
    let mut described = json!({
        "kind": "bigquery#job",
        "id": format!("{project}:{LOCATION}.{}", job.id),
        "jobReference": job_reference(project, &job.id),
        "configuration": job.configuration,
        "status": {"state": if job.ended.is_some() { "DONE" } else { "RUNNING" }},
        "statistics": {"creationTime": job.created.to_string()},
        "user_email": job.creator,
    });
    if let Some(at) = job.ended_at {
        described["statistics"]["endTime"] = at.to_string().into();
    }
    match &job.ended {
        Some(Ok(rows)) => described["statistics"]["load"] = json!({"outputRows": rows.to_string()}),
        Some(Err(failed)) => {
            let error = json!({"reason": failed.reason, "message": failed.message});
            described["status"]["errorResult"] = error.clone();
            described["status"]["errors"] = json!([error]);
        }
        None => {}
    }
    described
}

async fn get_dataset(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path((project, dataset)): Path<(String, String)>,
) -> Result<Json<Value>, Failed> {
    caller.check("bigquery.datasets.get", Resource::Dataset(dataset.clone()))?;
    if !api.warehouse.has_dataset(&dataset) {
        return Err(Failed::new(404, "notFound", format!("Not found: Dataset {project}:{dataset}")));
    }
    Ok(Json(json!({
        "kind": "bigquery#dataset",
        "id": format!("{project}:{dataset}"),
        "datasetReference": {"projectId": project, "datasetId": dataset},
        "location": LOCATION,
    })))
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failed> + Send + 'static,
) -> Result<T, Failed> {
    let broken = |error: tokio::task::JoinError| Err(Failed::new(500, "internalError", error));
    tokio::task::spawn_blocking(work).await.unwrap_or_else(broken)
}
