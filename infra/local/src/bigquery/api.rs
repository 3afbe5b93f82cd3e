//! The API methods: query, page of results, load job, job, dataset.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json, Router,
    extract::{Extension, Path, Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use rusqlite::types::Value as Cell;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    schema::Kind,
    warehouse::{Answer, Failed, Job, NewJob, Warehouse, unreadable},
};
use crate::{
    api_error_with_reason,
    faults::{Fault, Faults},
    identity::{Caller, Denied, Resource},
    latency::Latencies,
    limits::Limits,
    storage::Objects,
};

/// The number of results that are kept for their later pages.
const KEPT_ANSWERS: usize = 48;
/// The location of every dataset: the region that Terraform deploys to.
pub const LOCATION: &str = "us-west2";

/// Results by job id, oldest first.
type Answers = VecDeque<Arc<QueryJob>>;

/// A completed query.
#[derive(Debug)]
struct QueryJob {
    id: String,
    sql: String,
    creator: String,
    answer: Answer,
}

#[derive(Clone)]
struct Api {
    warehouse: Arc<Warehouse>,
    objects: Arc<Objects>,
    faults: Faults,
    latencies: Latencies,
    limits: Limits,
    answers: Arc<Mutex<Answers>>,
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryRequest {
    query: String,
    #[serde(default)]
    query_parameters: Vec<Parameter>,
    #[serde(default)]
    use_legacy_sql: bool,
    location: Option<String>,
    max_results: Option<usize>,
    timeout_ms: Option<u64>,
    #[serde(default)]
    format_options: FormatOptions,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FormatOptions {
    use_int64_timestamp: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameter {
    name: String,
    parameter_type: ParameterType,
    parameter_value: ParameterValue,
}

#[derive(Deserialize)]
struct ParameterType {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct ParameterValue {
    value: Option<String>,
}

impl Parameter {
    fn cell(self) -> Result<(String, Cell), Failed> {
        let Some(text) = self.parameter_value.value else { return Ok((self.name, Cell::Null)) };
        let cell = match self.parameter_type.kind.as_str() {
            "STRING" => Some(Cell::Text(text.clone())),
            "DATE" => text.parse::<chrono::NaiveDate>().ok().map(|date| Cell::Text(date.to_string())),
            "INT64" => text.parse().ok().map(Cell::Integer),
            kind => return Err(Failed::new(501, "notImplemented", format!("no parameters of type {kind}"))),
        };
        let invalid =
            || Failed::new(400, "invalidQuery", format!("Invalid value {text:?} for @{}", self.name));
        cell.map(|cell| (self.name.clone(), cell)).ok_or_else(invalid)
    }
}

/// A query declares the types of its parameters in its comments, `-- @game_date DATE`, and the analyser
/// relies on them; whoever sends the query must send the same types.
fn check_declared(sql: &str, parameter: &Parameter) -> Result<(), Failed> {
    let Parameter { name, parameter_type: ParameterType { kind }, .. } = parameter;
    let declared = sql
        .lines()
        .find_map(|line| line.strip_prefix("-- @")?.strip_prefix(name.as_str())?.strip_prefix(' '));
    match declared {
        Some(declared) if declared.trim() != kind => {
            let message = format!("@{name} is declared as {declared} and sent as {kind}");
            Err(Failed::new(400, "invalidQuery", message))
        }
        _ => Ok(()),
    }
}

/// A job is found only in its location: without a location, or with another one, the answer is 404.
fn check_location(location: Option<&str>, what: &str) -> Result<(), Failed> {
    match location {
        Some(LOCATION) => Ok(()),
        other => {
            let place = other.unwrap_or("US");
            Err(Failed::new(404, "notFound", format!("Not found: {what} was not found in location {place}")))
        }
    }
}

async fn query(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(project): Path<String>,
    Json(request): Json<QueryRequest>,
) -> Result<Json<Value>, Failed> {
    let timeout = request.timeout_ms;
    let paging = Paging {
        from: 0,
        most: request.max_results,
        int64_timestamps: request.format_options.use_int64_timestamp,
    };
    let id = format!("query_{:016x}", rand::random::<u64>());
    let job = run_query(&api, &caller, id, request).await?;
    let limit = api.limits.get();
    if limit.queries_run_on || timeout == Some(0) {
        return Ok(Json(json!({
            "kind": "bigquery#queryResponse", "jobReference": job_reference(&project, &job.id),
            "jobComplete": false,
        })));
    }
    Ok(Json(page(&project, &job, paging, limit.rows_a_page)))
}

/// Runs a query as `caller` and keeps its result.
async fn run_query(
    api: &Api,
    caller: &Caller,
    id: String,
    request: QueryRequest,
) -> Result<Arc<QueryJob>, Failed> {
    caller.check("bigquery.jobs.create", Resource::Project)?;
    if request.use_legacy_sql {
        return Err(Failed::new(501, "notImplemented", "no legacy SQL"));
    }
    check_location(request.location.as_deref(), "Dataset of the query")?;
    for parameter in &request.query_parameters {
        check_declared(&request.query, parameter)?;
    }
    let parameters =
        request.query_parameters.into_iter().map(Parameter::cell).collect::<Result<Vec<_>, _>>()?;
    let (warehouse, reader) = (api.warehouse.clone(), caller.clone());
    let sql = request.query.clone();
    let answer = blocking(move || {
        for table in warehouse.tables_read(&sql)? {
            reader.check("bigquery.tables.getData", Resource::Table(table))?;
        }
        warehouse.query(&sql, &parameters)
    })
    .await?;
    let job = Arc::new(QueryJob { id, sql: request.query, creator: caller.name().to_owned(), answer });
    let mut answers = api.answers.lock().unwrap_or_else(PoisonError::into_inner);
    answers.push_back(job.clone());
    while answers.len() > KEPT_ANSWERS {
        answers.pop_front();
    }
    Ok(job)
}

/// A completed query, for the caller who ran it.
fn known_query(api: &Api, caller: &Caller, id: &str) -> Result<Option<Arc<QueryJob>>, Failed> {
    let answers = api.answers.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(job) = answers.iter().find(|job| job.id == id).cloned() else { return Ok(None) };
    check_creator(caller, &job.creator)?;
    Ok(Some(job))
}

/// The caller who started a job may read it; others need a permission that none of the granted roles
/// includes.
fn check_creator(caller: &Caller, creator: &str) -> Result<(), Failed> {
    if caller.name() != creator {
        caller.check("bigquery.jobs.get", Resource::Project)?;
    }
    Ok(())
}

/// The requested part of a result and its format.
#[derive(Clone, Copy, Debug)]
struct Paging {
    from: usize,
    most: Option<usize>,
    int64_timestamps: bool,
}

async fn query_results(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path((project, id)): Path<(String, String)>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Result<Json<Value>, Failed> {
    check_location(parameters.get("location").map(String::as_str), &format!("Job {project}:{id}"))?;
    let not_found = || Failed::new(404, "notFound", format!("Not found: Job {project}:{id}"));
    let job = known_query(&api, &caller, &id)?.ok_or_else(not_found)?;
    let number = |name: &str| parameters.get(name).and_then(|text| text.parse().ok());
    let paging = Paging {
        from: number("pageToken").unwrap_or(0),
        most: number("maxResults"),
        int64_timestamps: parameters
            .get("formatOptions.useInt64Timestamp")
            .is_some_and(|value| value.eq_ignore_ascii_case("true")),
    };
    Ok(Json(page(&project, &job, paging, api.limits.get().rows_a_page)))
}

fn job_reference(project: &str, id: &str) -> Value {
    json!({"projectId": project, "jobId": id, "location": LOCATION})
}

/// A part of a result, with at most `rows_a_page` rows.
fn page(project: &str, job: &QueryJob, paging: Paging, rows_a_page: usize) -> Value {
    let Paging { from, most, int64_timestamps } = paging;
    let answer = &job.answer;
    let cell = |(cell, (_, kind)): (&Option<String>, &(String, Kind))| {
        let text = cell.as_deref().map(|text| match kind {
            Kind::Timestamp if int64_timestamps => microseconds(text),
            _ => text.to_owned(),
        });
        json!({ "v": text })
    };
    let rows = answer.rows.iter().skip(from).take(most.unwrap_or(rows_a_page).min(rows_a_page));
    let rows: Vec<Value> =
        rows.map(|row| json!({"f": row.iter().zip(&answer.columns).map(cell).collect::<Vec<_>>()})).collect();
    let fields: Vec<Value> = answer
        .columns
        .iter()
        .map(|(name, kind)| json!({"name": name, "type": kind.name(), "mode": "NULLABLE"}))
        .collect();
    let end = from + rows.len();
    let mut page = json!({
        "kind": "bigquery#queryResponse",
        "jobReference": job_reference(project, &job.id),
        "jobComplete": true,
        "schema": {"fields": fields},
        "totalRows": answer.rows.len().to_string(),
    });
    // A request for zero rows gets an answer without a list of rows.
    if most != Some(0) {
        page["rows"] = rows.into();
        if end < answer.rows.len() {
            page["pageToken"] = json!(end.to_string());
        }
    }
    page
}

/// Seconds in scientific notation as an integer number of microseconds.
#[allow(clippy::cast_possible_truncation, reason = "a night's microseconds fit")]
fn microseconds(seconds: &str) -> String {
    seconds.parse::<f64>().map_or_else(|_| seconds.to_owned(), |it| ((it * 1e6).round() as i64).to_string())
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

/// The supported part of a load job's configuration; anything else is refused instead of ignored.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Load {
    destination_table: Destination,
    source_uris: Vec<String>,
    source_format: String,
    create_disposition: String,
    write_disposition: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    dataset_id: String,
    table_id: String,
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
        Failed::new(501, "notImplemented", format!("only queries and load jobs, and of them: {error}"))
    })?;
    let dispositions =
        (load.source_format.as_str(), load.create_disposition.as_str(), load.write_disposition.as_str());
    if dispositions != ("NEWLINE_DELIMITED_JSON", "CREATE_NEVER", "WRITE_APPEND") {
        return Err(Failed::new(501, "notImplemented", format!("no load jobs of {dispositions:?}")));
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

impl Load {
    fn table(&self) -> String {
        format!("{}.{}", self.destination_table.dataset_id, self.destination_table.table_id)
    }
}

impl Api {
    /// The time of the replayed night, in milliseconds since 1970.
    fn now(&self) -> i64 {
        self.objects.now().timestamp_millis()
    }

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
async fn start_job(api: Api, caller: Caller, job: NewJob, load: Load) -> Result<(), Failed> {
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
                Some(Fault::FailedJob) => Err(Failed::new(503, "backendError", "a fault that was asked for")),
                _ => run_load(&api.warehouse, &api.objects, &caller, &load),
            };
            if let Err(error) = api.warehouse.end_job(&id, &ended, api.now()) {
                tracing::error!(job = id, %error, "the end of a job could not be noted");
            }
        });
        if let Err(error) = run.await {
            tracing::error!(%error, "a job broke off");
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

fn describe_query(project: &str, job: &QueryJob) -> Value {
    json!({
        "kind": "bigquery#job",
        "id": format!("{project}:{LOCATION}.{}", job.id),
        "jobReference": job_reference(project, &job.id),
        "configuration": {"jobType": "QUERY", "query": {"query": job.sql}},
        "status": {"state": "DONE"},
        "statistics": {"query": {"statementType": "SELECT"}},
        "user_email": job.creator,
    })
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

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failed> + Send + 'static,
) -> Result<T, Failed> {
    let broken = |error: tokio::task::JoinError| Err(Failed::new(500, "internalError", error));
    tokio::task::spawn_blocking(work).await.unwrap_or_else(broken)
}
