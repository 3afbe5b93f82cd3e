//! Queries: `jobs.query`, and `jobs.getQueryResults` for later pages.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, PoisonError},
};

use axum::{
    Json,
    extract::{Extension, Path, Query, State},
};
use rusqlite::types::Value as Cell;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use super::{
    answer::{Answer, Parameters},
    api::{Api, LOCATION, blocking, check_location, job_reference},
    warehouse::Failed,
};
use crate::identity::{Caller, Resource};

/// The number of results that are kept for their later pages.
const KEPT_ANSWERS: usize = 48;
/// The number of rows of all of them, so that many storms fit into memory; the newest few are kept however large.
const KEPT_ROWS: usize = 20_000;
const MIN_KEPT: usize = 16;

/// Results by job id, oldest first.
pub(super) type Answers = VecDeque<Arc<QueryJob>>;

/// A completed query.
#[derive(Debug)]
pub(super) struct QueryJob {
    id: String,
    sql: String,
    creator: String,
    answer: Arc<Answer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryRequest {
    query: String,
    #[serde(default)]
    query_parameters: Vec<Parameter>,
    #[serde(default)]
    use_legacy_sql: bool,
    pub location: Option<String>,
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
            kind => {
                return Err(Failed::new(
                    501,
                    "notImplemented",
                    format!("local-cloud knows no query parameters of type {kind}"),
                ));
            }
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

pub(super) async fn query(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(project): Path<String>,
    Json(request): Json<QueryRequest>,
) -> Result<Json<QueryResponse>, Failed> {
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
        return Ok(Json(QueryResponse::incomplete(&project, &job)));
    }
    page(&project, &job, paging, limit.rows_a_page).map(Json)
}

/// Runs a query as `caller` and keeps its result.
pub(super) async fn run_query(
    api: &Api,
    caller: &Caller,
    id: String,
    request: QueryRequest,
) -> Result<Arc<QueryJob>, Failed> {
    caller.check("bigquery.jobs.create", Resource::Project)?;
    if request.use_legacy_sql {
        return Err(Failed::new(501, "notImplemented", "local-cloud runs no legacy SQL"));
    }
    check_location(request.location.as_deref(), "Dataset of the query")?;
    for parameter in &request.query_parameters {
        check_declared(&request.query, parameter)?;
    }
    let parameters =
        request.query_parameters.into_iter().map(Parameter::cell).collect::<Result<Parameters, _>>()?;
    let (warehouse, reader) = (api.warehouse.clone(), caller.clone());
    let sql = request.query.clone();
    let answer = blocking(move || {
        for table in warehouse.tables_read(&sql)? {
            reader.check("bigquery.tables.getData", Resource::Table(table))?;
        }
        warehouse.answer(&sql, parameters)
    })
    .await?;
    let job = Arc::new(QueryJob { id, sql: request.query, creator: caller.name().to_owned(), answer });
    let mut answers = api.answers.lock().unwrap_or_else(PoisonError::into_inner);
    answers.push_back(job.clone());
    let rows = |answers: &Answers| answers.iter().map(|job| job.answer.rows.len()).sum::<usize>();
    while answers.len() > KEPT_ANSWERS || (answers.len() > MIN_KEPT && rows(&answers) > KEPT_ROWS) {
        answers.pop_front();
    }
    Ok(job)
}

/// A completed query, for the caller who ran it.
pub(super) fn known_query(api: &Api, caller: &Caller, id: &str) -> Result<Option<Arc<QueryJob>>, Failed> {
    let answers = api.answers.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(job) = answers.iter().find(|job| job.id == id).cloned() else { return Ok(None) };
    check_creator(caller, &job.creator)?;
    Ok(Some(job))
}

/// The caller who started a job may read it; others need a permission that none of the granted roles
/// includes.
pub(super) fn check_creator(caller: &Caller, creator: &str) -> Result<(), Failed> {
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

pub(super) async fn query_results(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path((project, id)): Path<(String, String)>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Result<Json<QueryResponse>, Failed> {
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
    page(&project, &job, paging, api.limits.get().rows_a_page).map(Json)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryResponse {
    kind: &'static str,
    job_reference: Value,
    job_complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_rows: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_token: Option<String>,
}

impl QueryResponse {
    /// The answer to a query that has not ended.
    fn incomplete(project: &str, job: &QueryJob) -> Self {
        Self {
            kind: "bigquery#queryResponse",
            job_reference: job_reference(project, &job.id),
            job_complete: false,
            schema: None,
            total_rows: None,
            rows: None,
            page_token: None,
        }
    }
}

/// A part of a result, with at most `rows_a_page` rows.
fn page(project: &str, job: &QueryJob, paging: Paging, rows_a_page: usize) -> Result<QueryResponse, Failed> {
    let Paging { from, most, int64_timestamps } = paging;
    let answer = &job.answer;
    let from = from.min(answer.rows.len());
    let end = answer.rows.len().min(from + most.unwrap_or(rows_a_page).min(rows_a_page));
    // A request for zero rows gets an answer without a list of rows.
    let has_rows = most != Some(0);
    let fields: Vec<Value> = answer
        .columns
        .iter()
        .map(|(name, kind)| json!({"name": name, "type": kind.name(), "mode": "NULLABLE"}))
        .collect();
    Ok(QueryResponse {
        job_complete: true,
        schema: Some(json!({"fields": fields})),
        total_rows: Some(answer.rows.len().to_string()),
        rows: has_rows.then(|| answer.rows_as_json(from..end, int64_timestamps)).transpose()?,
        page_token: (has_rows && end < answer.rows.len()).then(|| end.to_string()),
        ..QueryResponse::incomplete(project, job)
    })
}

pub(super) fn describe_query(project: &str, job: &QueryJob) -> Value {
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
