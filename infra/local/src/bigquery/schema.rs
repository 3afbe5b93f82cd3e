//! The tables, from `infra/bigquery/`: the same schemas as in production.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use include_dir::{Dir, include_dir};
use rusqlite::types::Value as Cell;
use serde::Deserialize;
use serde_json::Value;

static SCHEMAS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../bigquery");

/// A table as its schema file describes it.
#[derive(Clone, Debug)]
pub struct Table {
    /// The dataset, which is the file's folder.
    pub dataset: String,
    /// The table, which is the file's name.
    pub name: String,
    pub(super) columns: Vec<Column>,
}

/// A column.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub mode: Mode,
}

/// The types that the tables have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Kind {
    String,
    Integer,
    Float,
    Numeric,
    Boolean,
    Date,
    Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Mode {
    Required,
    Nullable,
}

#[derive(Deserialize)]
struct File {
    schema: Fields,
}

#[derive(Deserialize)]
struct Fields {
    fields: Vec<Column>,
}

/// Every table of every dataset.
pub(super) fn tables() -> Result<Vec<Table>, String> {
    let mut tables = Vec::new();
    for dataset in SCHEMAS.dirs() {
        for file in dataset.files().filter(|file| file.path().extension().is_some_and(|it| it == "json")) {
            let unreadable = |error: &dyn std::fmt::Display| format!("{}: {error}", file.path().display());
            let described: File =
                serde_json::from_slice(file.contents()).map_err(|error| unreadable(&error))?;
            let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
            let dataset = text(dataset.path().file_name()).ok_or_else(|| unreadable(&"no dataset"))?;
            let name = text(file.path().file_stem()).ok_or_else(|| unreadable(&"no name"))?;
            tables.push(Table { dataset, name, columns: described.schema.fields });
        }
    }
    Ok(tables)
}

/// A view, from its file `views/{name}.sql`.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Its name in the dataset [`VIEWS_DATASET`].
    pub name: &'static str,
    /// Its query, preceded by a comment with a question that it answers.
    pub sql: &'static str,
}

/// The dataset of all views, which is the dataset of their tables.
pub const VIEWS_DATASET: &str = "nba_raw";

/// Every view.
pub fn views() -> impl Iterator<Item = View> {
    let files = SCHEMAS.get_dir("views").into_iter().flat_map(|folder| folder.files());
    files.filter_map(|file| {
        Some(View { name: file.path().file_stem()?.to_str()?, sql: file.contents_utf8()? })
    })
}

impl View {
    /// The query of the question: the indented lines below `-- Question:`, with the parameters that they
    /// declare.
    pub fn question(&self) -> String {
        let lines = self.sql.lines().skip_while(|line| !line.starts_with("-- Question:")).skip(1);
        let lines = lines.filter_map(|line| match line.strip_prefix("--   ") {
            Some(query) => Some(query),
            None => line.starts_with("-- @").then_some(line),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The statement that creates the view in SQLite.
    pub(super) fn create_statement(&self) -> String {
        // A file that is opened on its own, as by the `sqlite3` shell, is not attached under the name of
        // its dataset.
        let sql = self.sql.replace(&format!("{VIEWS_DATASET}."), "");
        format!("CREATE VIEW IF NOT EXISTS {VIEWS_DATASET}.{} AS {sql}", self.name)
    }
}

impl Table {
    /// The statement that creates the table in SQLite.
    pub(super) fn create_statement(&self) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                let not_null = if column.mode == Mode::Required { " NOT NULL" } else { "" };
                format!("{} {}{not_null}", column.name, column.kind.in_sqlite())
            })
            .collect();
        format!("CREATE TABLE IF NOT EXISTS {}.{} ({})", self.dataset, self.name, columns.join(", "))
    }

    /// Parses a row from JSON, as strictly as a load job does; the error is in BigQuery's words.
    pub(super) fn read_row(&self, row: &Value) -> Result<Vec<Cell>, String> {
        let row = row.as_object().ok_or("a row is not a JSON object")?;
        if let Some(unknown) = row.keys().find(|key| !self.columns.iter().any(|column| column.name == **key))
        {
            return Err(format!("No such field: {unknown}."));
        }
        self.columns
            .iter()
            .map(|column| match row.get(&column.name) {
                None | Some(Value::Null) if column.mode == Mode::Required => {
                    Err(format!("Missing required field: {}.", column.name))
                }
                None | Some(Value::Null) => Ok(Cell::Null),
                Some(value) => column.kind.read(value).ok_or_else(|| {
                    format!("Could not convert value {value} of field {} to {:?}", column.name, column.kind)
                }),
            })
            .collect()
    }
}

impl Kind {
    /// The declared type in SQLite. SQLite derives a column's affinity from substrings of the type (`TEXT`,
    /// `INT`, `REAL`), and the result of a query derives BigQuery's type from the whole name.
    fn in_sqlite(self) -> &'static str {
        match self {
            Self::String => "STRING_TEXT",
            Self::Integer => "INTEGER",
            Self::Float => "FLOAT_REAL",
            Self::Numeric => "NUMERIC_REAL",
            Self::Boolean => "BOOLEAN_INT",
            Self::Date => "DATE_TEXT",
            Self::Timestamp => "TIMESTAMP_TEXT",
        }
    }

    pub(super) fn of_sqlite(declared: &str) -> Option<Self> {
        use Kind::{Boolean, Date, Float, Integer, Numeric, String, Timestamp};
        let all = [String, Integer, Float, Numeric, Boolean, Date, Timestamp];
        all.into_iter().find(|kind| kind.in_sqlite() == declared)
    }

    /// BigQuery's name of the type in the schema of a result.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::String => "STRING",
            Self::Integer => "INTEGER",
            Self::Float => "FLOAT",
            Self::Numeric => "NUMERIC",
            Self::Boolean => "BOOLEAN",
            Self::Date => "DATE",
            Self::Timestamp => "TIMESTAMP",
        }
    }

    fn read(self, value: &Value) -> Option<Cell> {
        Some(match (self, value) {
            (Self::String, Value::String(text)) => Cell::Text(text.clone()),
            (Self::String, Value::Number(number)) => Cell::Text(number.to_string()),
            (Self::Integer, Value::Number(number)) => Cell::Integer(number.as_i64()?),
            (Self::Integer, Value::String(text)) => Cell::Integer(text.parse().ok()?),
            (Self::Float | Self::Numeric, Value::Number(number)) => Cell::Real(number.as_f64()?),
            (Self::Float | Self::Numeric, Value::String(text)) => Cell::Real(text.parse().ok()?),
            (Self::Boolean, Value::Bool(value)) => Cell::Integer((*value).into()),
            (Self::Date, Value::String(text)) => Cell::Text(text.parse::<NaiveDate>().ok()?.to_string()),
            (Self::Timestamp, Value::String(text)) => Cell::Text(timestamp_text(text.parse().ok()?)),
            _ => return None,
        })
    }
}

/// A timestamp in its stored form: text that sorts chronologically.
fn timestamp_text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live_boxscores() -> Table {
        let tables = tables().expect("the schemas are read");
        tables.into_iter().find(|table| table.name == "bdl_live_boxscores").expect("the table")
    }

    #[test]
    fn every_schema_file_makes_a_table() {
        let tables = tables().expect("the schemas are read");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../bigquery");
        let datasets = std::fs::read_dir(folder).expect("the folder of the schemas").flatten();
        let files = datasets.filter_map(|dataset| std::fs::read_dir(dataset.path()).ok()).flatten().flatten();
        let is_schema =
            |path: &std::path::Path| path.extension().is_some_and(|extension| extension == "json");
        assert_eq!(tables.len(), files.filter(|file| is_schema(&file.path())).count());
        for table in &tables {
            assert!(
                table
                    .columns
                    .iter()
                    .all(|column| Kind::of_sqlite(column.kind.in_sqlite()) == Some(column.kind))
            );
        }
    }

    #[test]
    fn a_row_that_bigquery_would_refuse_is_refused() {
        let table = live_boxscores();
        let error = |row| table.read_row(&row).err().unwrap_or_default();
        assert_eq!(error(serde_json::json!({"nonsense": 1})), "No such field: nonsense.");
        assert_eq!(error(serde_json::json!({})), "Missing required field: poll_timestamp.");
        let bad = serde_json::json!({"poll_timestamp": "yesterday"});
        assert!(error(bad).starts_with("Could not convert value \"yesterday\" of field poll_timestamp"));
    }
}
