//! The calls: query, page of results, load job, job, dataset.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use rusqlite::types::Value as Cell;
use serde::Deserialize;
use serde_json::{Value, json};

use super::warehouse::{Answer, Failed, Job, Warehouse};
use crate::{
    api_error_with_reason,
    faults::{Fault, Faults},
    latency::Latencies,
    storage::Objects,
};

/// Rows in one page of an answer; BigQuery's pages are bounded by bytes.
const PAGE_ROWS: usize = 5_000;
/// How many answers are kept for their later pages.
const KEPT_ANSWERS: usize = 16;
const LOCATION: &str = "US";

/// Answers by job id, oldest first.
type Answers = VecDeque<(String, Arc<Answer>)>;

#[derive(Clone)]
struct Api {
    warehouse: Arc<Warehouse>,
    objects: Arc<Objects>,
    faults: Faults,
    latencies: Latencies,
    answers: Arc<Mutex<Answers>>,
}

/// The REST API below `/bigquery/v2`.
pub fn router(
    warehouse: Arc<Warehouse>,
    objects: Arc<Objects>,
    faults: Faults,
    latencies: Latencies,
) -> Router {
    Router::new()
        .route("/bigquery/v2/projects/{project}/queries", post(query))
        .route("/bigquery/v2/projects/{project}/queries/{job}", get(query_results))
        .route("/bigquery/v2/projects/{project}/jobs", post(insert_job))
        .route("/bigquery/v2/projects/{project}/jobs/{job}", get(get_job))
        .route("/bigquery/v2/projects/{project}/datasets/{dataset}", get(get_dataset))
        .with_state(Api { warehouse, objects, faults, latencies, answers: Arc::default() })
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        api_error_with_reason(self.code, &self.reason, &self.message)
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

/// A query says in its comments which types its parameters have, `-- @game_date DATE`, and the analyser
/// takes its word for it; so must whoever sends them.
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

async fn query(
    State(api): State<Api>,
    Path(project): Path<String>,
    Json(request): Json<QueryRequest>,
) -> Result<Json<Value>, Failed> {
    if request.use_legacy_sql {
        return Err(Failed::new(501, "notImplemented", "no legacy SQL"));
    }
    for parameter in &request.query_parameters {
        check_declared(&request.query, parameter)?;
    }
    let parameters =
        request.query_parameters.into_iter().map(Parameter::cell).collect::<Result<Vec<_>, _>>()?;
    let warehouse = api.warehouse.clone();
    let answer = blocking(move || warehouse.query(&request.query, &parameters)).await?;
    let answer = Arc::new(answer);
    let id = {
        let mut answers = api.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let id = format!("query_{:016x}", rand::random::<u64>());
        answers.push_back((id.clone(), answer.clone()));
        while answers.len() > KEPT_ANSWERS {
            answers.pop_front();
        }
        id
    };
    Ok(Json(page(&project, &id, &answer, 0)))
}

async fn query_results(
    State(api): State<Api>,
    Path((project, id)): Path<(String, String)>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Result<Json<Value>, Failed> {
    let answers = api.answers.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = answers.iter().find(|(known, _)| *known == id).map(|(_, answer)| answer.clone());
    drop(answers);
    let answer =
        answer.ok_or_else(|| Failed::new(404, "notFound", format!("Not found: Job {project}:{id}")))?;
    let from = parameters.get("pageToken").and_then(|token| token.parse().ok()).unwrap_or(0);
    Ok(Json(page(&project, &id, &answer, from)))
}

fn page(project: &str, id: &str, answer: &Answer, from: usize) -> Value {
    let rows = answer.rows.iter().skip(from).take(PAGE_ROWS);
    let rows: Vec<Value> =
        rows.map(|row| json!({"f": row.iter().map(|cell| json!({"v": cell})).collect::<Vec<_>>()})).collect();
    let fields: Vec<Value> = answer
        .columns
        .iter()
        .map(|(name, kind)| json!({"name": name, "type": kind.name(), "mode": "NULLABLE"}))
        .collect();
    let end = from + rows.len();
    let mut page = json!({
        "kind": "bigquery#queryResponse",
        "jobReference": {"projectId": project, "jobId": id, "location": LOCATION},
        "jobComplete": true,
        "schema": {"fields": fields},
        "totalRows": answer.rows.len().to_string(),
        "rows": rows,
    });
    if end < answer.rows.len() {
        page["pageToken"] = json!(end.to_string());
    }
    page
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
}

/// What of a load job's configuration is understood; anything else is refused instead of ignored.
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
    Path(project): Path<String>,
    Json(request): Json<JobRequest>,
) -> Result<Json<Value>, Failed> {
    let load = request.configuration.get("load").cloned().unwrap_or_default();
    let load: Load = serde_json::from_value(load).map_err(|error| {
        Failed::new(501, "notImplemented", format!("only load jobs, and of them: {error}"))
    })?;
    let dispositions =
        (load.source_format.as_str(), load.create_disposition.as_str(), load.write_disposition.as_str());
    if dispositions != ("NEWLINE_DELIMITED_JSON", "CREATE_NEVER", "WRITE_APPEND") {
        return Err(Failed::new(501, "notImplemented", format!("no load jobs of {dispositions:?}")));
    }
    let id = request.job_reference.job_id;
    let is_id = |id: &str| id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if id.is_empty() || id.len() > 1024 || !is_id(&id) {
        return Err(Failed::new(400, "invalid", format!("Invalid job ID {id:?}")));
    }
    // A job that was registered runs, even if its caller hangs up meanwhile.
    let started = tokio::spawn(start_job(api.clone(), id.clone(), request.configuration, load));
    started.await.map_err(|error| Failed::new(500, "internalError", error))??;
    blocking(move || api.warehouse.job(&id)).await.map(|job| Json(describe(&project, &job)))
}

/// Registers a load job and leaves it running.
async fn start_job(api: Api, id: String, configuration: Value, load: Load) -> Result<(), Failed> {
    let (warehouse, begun) = (api.warehouse.clone(), id.clone());
    blocking(move || warehouse.begin_job(&begun, &configuration)).await?;
    let (fault, faults_over) = (api.faults.of_job(&id), api.faults.over());
    tokio::spawn(async move {
        if fault == Some(Fault::EndlessJob) {
            faults_over.await;
        }
        tokio::time::sleep(api.latencies.get().load_job).await;
        let run = tokio::task::spawn_blocking(move || {
            let ended = match fault {
                Some(Fault::FailedJob) => Err(Failed::new(503, "backendError", "a fault that was asked for")),
                _ => run_load(&api.warehouse, &api.objects, &load),
            };
            if let Err(error) = api.warehouse.end_job(&id, &ended) {
                tracing::error!(job = id, %error, "the end of a job could not be noted");
            }
        });
        if let Err(error) = run.await {
            tracing::error!(%error, "a job broke off");
        }
    });
    Ok(())
}

fn run_load(warehouse: &Warehouse, objects: &Objects, load: &Load) -> Result<u64, Failed> {
    let table = warehouse.table(&load.destination_table.dataset_id, &load.destination_table.table_id)?;
    let mut rows = Vec::new();
    for uri in &load.source_uris {
        let path = uri.strip_prefix("gs://").and_then(|path| path.split_once('/'));
        let (bucket, object) =
            path.ok_or_else(|| Failed::new(400, "invalid", format!("Invalid source URI {uri}")))?;
        let (_, body) = objects
            .read(bucket, object, None)
            .map_err(|_| Failed::new(404, "notFound", format!("Not found: URI {uri}")))?;
        for row in serde_json::Deserializer::from_slice(&body).into_iter::<Value>() {
            let unreadable =
                |error| Failed::new(400, "invalid", format!("Error while reading data: {error}"));
            rows.push(row.map_err(unreadable)?);
        }
    }
    warehouse.append(table, &rows)
}

async fn get_job(
    State(api): State<Api>,
    Path((project, id)): Path<(String, String)>,
) -> Result<Json<Value>, Failed> {
    blocking(move || api.warehouse.job(&id)).await.map(|job| Json(describe(&project, &job)))
}

fn describe(project: &str, job: &Job) -> Value {
    let mut described = json!({
        "kind": "bigquery#job",
        "id": format!("{project}:{LOCATION}.{}", job.id),
        "jobReference": {"projectId": project, "jobId": job.id, "location": LOCATION},
        "configuration": job.configuration,
        "status": {"state": if job.ended.is_some() { "DONE" } else { "RUNNING" }},
    });
    match &job.ended {
        Some(Ok(rows)) => described["statistics"] = json!({"load": {"outputRows": rows.to_string()}}),
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
    Path((project, dataset)): Path<(String, String)>,
) -> Result<Json<Value>, Failed> {
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
