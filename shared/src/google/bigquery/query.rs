//! Queries: named parameters in, typed rows out.

use std::time::Duration;

use gcp_bigquery_client::model::{
    field_type::FieldType, get_query_results_parameters::GetQueryResultsParameters,
    query_parameter::QueryParameter, query_parameter_type::QueryParameterType,
    query_parameter_value::QueryParameterValue, query_request::QueryRequest, query_response::QueryResponse,
    table_field_schema::TableFieldSchema, table_row::TableRow, table_schema::TableSchema,
};
use serde::de::{
    DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor, value::MapDeserializer,
};
use serde_json::Value;

use super::{BUDGET, BigQuery, SERVICE, failure};
use crate::{
    Error,
    nba::SlateDay,
    retry::{Failure, with_retries},
};

/// The most bytes that a query may read, beyond which BigQuery refuses it at no cost; normal queries read a
/// few megabytes.
const MAX_BYTES_BILLED: u64 = 1 << 30;

/// How long one call waits for the query before the next call asks again.
const WAIT: Duration = Duration::from_secs(20);

/// A named parameter of a query, `@name` in its text.
#[derive(Clone, Debug)]
pub struct Parameter {
    name: &'static str,
    kind: &'static str,
    value: String,
}

impl Parameter {
    /// A `DATE`.
    pub fn date(name: &'static str, day: SlateDay) -> Self {
        Self { name, kind: "DATE", value: day.to_string() }
    }

    /// A `STRING`.
    pub fn text(name: &'static str, value: impl ToString) -> Self {
        Self { name, kind: "STRING", value: value.to_string() }
    }

    /// An `INT64`.
    pub fn integer(name: &'static str, value: impl Into<i64>) -> Self {
        Self { name, kind: "INT64", value: value.into().to_string() }
    }
}

impl From<&Parameter> for QueryParameter {
    fn from(parameter: &Parameter) -> Self {
        Self {
            name: Some(parameter.name.to_owned()),
            parameter_type: Some(QueryParameterType {
                array_type: None,
                struct_types: None,
                r#type: parameter.kind.to_owned(),
            }),
            parameter_value: Some(QueryParameterValue {
                array_values: None,
                struct_values: None,
                value: Some(parameter.value.clone()),
            }),
        }
    }
}

impl BigQuery {
    /// Runs `sql` and returns every row as an `R`, whose fields are named like the columns.
    ///
    /// Whole numbers, fractions, booleans and nulls arrive as JSON has them; timestamps as
    /// microseconds since 1970; everything else as text.
    pub async fn query<R: DeserializeOwned>(
        &self,
        sql: &str,
        parameters: &[Parameter],
    ) -> Result<Vec<R>, Error> {
        with_retries(BUDGET, || self.query_once(sql, parameters)).await
    }

    async fn query_once<R: DeserializeOwned>(
        &self,
        sql: &str,
        parameters: &[Parameter],
    ) -> Result<Vec<R>, Failure> {
        let jobs = self.client().await?.job();
        let request = QueryRequest {
            parameter_mode: Some("NAMED".into()),
            query_parameters: Some(parameters.iter().map(QueryParameter::from).collect()),
            maximum_bytes_billed: Some(MAX_BYTES_BILLED.to_string()),
            timeout_ms: i32::try_from(WAIT.as_millis()).ok(),
            location: self.location.clone(),
            ..QueryRequest::new(sql)
        };
        let mut answer = jobs.query(&self.project, request).await.map_err(failure)?;
        let job = answer.job_reference.clone().unwrap_or_default();
        let mut rows = Vec::new();
        loop {
            let complete = answer.job_complete.unwrap_or(false);
            if complete {
                take_rows(&mut answer, &mut rows)?;
            }
            let total = answer.total_rows.take();
            let page_token = answer.page_token.take().filter(|token| complete && !token.is_empty());
            if complete && page_token.is_none() {
                return all_of(rows, total.as_deref());
            }
            let Some(job_id) = job.job_id.as_deref() else {
                // An answer of another form is transient; repeating the query is safe.
                return Err(Failure::retryable(Error::transient(
                    SERVICE,
                    "the answer to an unfinished query has no job id",
                )));
            };
            let parameters = GetQueryResultsParameters {
                location: self.location.clone().or_else(|| job.location.clone()),
                page_token,
                timeout_ms: i32::try_from(WAIT.as_millis()).ok(),
                ..Default::default()
            };
            answer = jobs.get_query_results(&self.project, job_id, parameters).await.map_err(failure)?.into();
        }
    }
}

fn unreadable(detail: impl std::fmt::Display) -> Error {
    Error::internal(format!("{SERVICE}: the answer to a query cannot be read: {detail}"))
}

/// The rows, if they are as many as BigQuery counted: an incomplete answer must not pass for a shorter or an
/// empty table.
fn all_of<R>(rows: Vec<R>, total: Option<&str>) -> Result<Vec<R>, Failure> {
    let total: Option<usize> = total.and_then(|total| total.parse().ok());
    if total == Some(rows.len()) {
        return Ok(rows);
    }
    let total = total.map_or_else(|| "an unknown number of".to_owned(), |total| total.to_string());
    let detail = format!("the answer to a query is incomplete: {} of {total} rows", rows.len());
    Err(Failure::retryable(Error::transient(SERVICE, detail)))
}

fn take_rows<R: DeserializeOwned>(answer: &mut QueryResponse, rows: &mut Vec<R>) -> Result<(), Failure> {
    let Some(page) = answer.rows.take() else { return Ok(()) };
    let schema =
        answer.schema.take().ok_or_else(|| Failure::Permanent(unreadable("it has rows and no schema")))?;
    for row in page {
        rows.push(read_row(&schema, row).map_err(Failure::Permanent)?);
    }
    Ok(())
}

fn read_row<R: DeserializeOwned>(schema: &TableSchema, row: TableRow) -> Result<R, Error> {
    let fields = schema.fields.iter().flatten();
    let cells = row.columns.into_iter().flatten();
    let cells =
        fields.zip(cells).map(|(field, cell)| (field.name.as_str(), Cell { field, value: cell.value }));
    R::deserialize(MapDeserializer::new(cells)).map_err(|error: UnreadableCell| unreadable(error))
}

/// BigQuery sends every cell as text in `{"f":[{"v":…}]}`; the schema says what the text means.
struct Cell<'a> {
    field: &'a TableFieldSchema,
    value: Option<Value>,
}

type UnreadableCell = serde::de::value::Error;

impl<'de> IntoDeserializer<'de, UnreadableCell> for Cell<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Cell<'_> {
    type Error = UnreadableCell;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnreadableCell> {
        let Self { field, value } = self;
        let text = match value {
            None | Some(Value::Null) => return visitor.visit_none(),
            Some(Value::String(text)) => text,
            Some(other) => return visitor.visit_string(other.to_string()),
        };
        let unexpected = |text: &str| {
            UnreadableCell::custom(format!("column {} has the unexpected value {text:?}", field.name))
        };
        match field.r#type {
            FieldType::Integer | FieldType::Int64 => {
                visitor.visit_i64(text.parse().map_err(|_| unexpected(&text))?)
            }
            FieldType::Timestamp => {
                let seconds = text.parse().ok().and_then(microseconds);
                visitor.visit_i64(seconds.ok_or_else(|| unexpected(&text))?)
            }
            FieldType::Float | FieldType::Float64 | FieldType::Numeric | FieldType::Bignumeric => {
                visitor.visit_f64(text.parse().map_err(|_| unexpected(&text))?)
            }
            FieldType::Boolean | FieldType::Bool => {
                visitor.visit_bool(text.parse().map_err(|_| unexpected(&text))?)
            }
            _ => visitor.visit_string(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnreadableCell> {
        match self.value {
            None | Some(Value::Null) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, UnreadableCell> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, UnreadableCell> {
        let name = self.value.as_ref().and_then(Value::as_str).unwrap_or_default();
        visitor.visit_enum(name.into_deserializer())
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// A timestamp comes as seconds since 1970, `1.767225600123456E9`, which a double holds to the
/// microsecond. (Whole microseconds could be asked for, but the client cannot ask for them on a
/// result's later pages.)
#[allow(clippy::cast_possible_truncation, reason = "checked before")]
fn microseconds(seconds: f64) -> Option<i64> {
    let microseconds = (seconds * 1e6).round();
    (microseconds.abs() < 1e18).then_some(microseconds as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Row {
        id: i64,
        share: Option<f64>,
        known: bool,
        name: String,
        at: i64,
    }

    fn row(cells: Value) -> Result<Row, Error> {
        let schema: TableSchema = serde_json::from_value(serde_json::json!({"fields": [
            {"name": "id", "type": "INTEGER"}, {"name": "share", "type": "FLOAT"},
            {"name": "known", "type": "BOOLEAN"}, {"name": "name", "type": "STRING"},
            {"name": "at", "type": "TIMESTAMP"},
        ]}))
        .expect("a schema");
        read_row(&schema, serde_json::from_value(serde_json::json!({ "f": cells })).expect("cells"))
    }

    #[test]
    fn cells_take_the_type_of_their_column() {
        let cells = serde_json::json!([{"v": "70"}, {"v": null}, {"v": "true"}, {"v": "0022500555"}, {"v": "1.767225600123456E9"}]);
        let expected =
            Row { id: 70, share: None, known: true, name: "0022500555".into(), at: 1_767_225_600_123_456 };
        assert_eq!(row(cells).ok(), Some(expected));
    }

    #[test]
    fn an_answer_that_lost_rows_is_no_answer() {
        assert!(all_of(vec![1, 2], Some("2")).is_ok());
        assert!(all_of(Vec::<u8>::new(), Some("0")).is_ok());
        for total in [None, Some("2"), Some(""), Some("many")] {
            assert!(matches!(all_of(vec![1], total), Err(Failure::Retryable { .. })), "{total:?}");
        }
    }

    #[test]
    fn a_cell_that_does_not_fit_its_column_is_named() {
        let cells = serde_json::json!([{"v": "seventy"}, {"v": "0.5"}, {"v": "true"}, {"v": ""}, {"v": "0"}]);
        assert!(row(cells).is_err_and(|error| {
            error.to_string().contains("column id has the unexpected value \"seventy\"")
        }));
    }
}
