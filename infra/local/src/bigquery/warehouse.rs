//! Datasets as SQLite files: `{dataset}.sqlite` in one folder, attached under its own name, so that
//! `nba_raw.nbac_schedule` means the same here and in BigQuery.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{
    Connection, OptionalExtension,
    functions::FunctionFlags,
    hooks::{AuthAction, AuthContext, Authorization},
    params_from_iter,
    types::Value as Cell,
};
use serde_json::Value;

use super::{
    answer::{Answer, Parameters, Remembered},
    schema::{self, Kind, Table},
};
use crate::pubsub::PROJECT;

/// All datasets and the jobs that were run on them.
#[derive(Debug)]
pub struct Warehouse {
    connection: Mutex<Connection>,
    tables: Vec<Table>,
    /// The tables that each statement reads: the functions repeat few.
    tables_read: Mutex<HashMap<String, BTreeSet<String>>>,
    /// The number of appends to each table, by `dataset.table`.
    appends: Mutex<HashMap<String, i64>>,
    remembered: Remembered,
}

/// Why a call or a job failed: an HTTP status, BigQuery's reason, a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failed {
    /// The HTTP status of a refused call.
    pub code: u16,
    /// <https://cloud.google.com/bigquery/docs/error-messages>
    pub reason: String,
    /// The message.
    pub message: String,
}

impl Failed {
    pub(crate) fn new(code: u16, reason: &str, message: impl ToString) -> Self {
        Self { code, reason: reason.into(), message: message.to_string() }
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(400, "invalidQuery", error)
    }
}

/// A load job before it runs.
#[derive(Clone, Debug)]
pub(super) struct NewJob {
    pub id: String,
    /// The configuration as received.
    pub configuration: Value,
    /// The destination table, `dataset.table`.
    pub table: String,
    /// The caller who started the job and may read it.
    pub creator: String,
    /// Milliseconds since 1970.
    pub created: i64,
}

/// A load job: its configuration as received, and its outcome.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub id: String,
    pub configuration: Value,
    pub creator: String,
    /// Milliseconds since 1970.
    pub created: i64,
    /// Milliseconds since 1970; `None` while it runs.
    pub ended_at: Option<i64>,
    /// The outcome; `None` while it runs.
    pub ended: Option<Result<u64, Failed>>,
}

impl Warehouse {
    /// The warehouse in `folder`, with every table of `infra/bigquery/`.
    pub fn open(folder: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let tables = schema::tables()?;
        let connection = Connection::open(folder.join("jobs.sqlite"))
            .and_then(|connection| prepare(&connection, folder, &tables).map(|()| connection))
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self {
            connection: Mutex::new(connection),
            tables,
            tables_read: Mutex::default(),
            appends: Mutex::default(),
            remembered: Remembered::default(),
        })
    }

    /// The table `dataset.name`.
    pub fn table(&self, dataset: &str, name: &str) -> Result<&Table, Failed> {
        self.tables
            .iter()
            .find(|table| table.dataset == dataset && table.name == name)
            .ok_or_else(|| Failed::new(404, "notFound", format!("Not found: Table {dataset}.{name}")))
    }

    /// Whether the dataset exists.
    pub(super) fn has_dataset(&self, dataset: &str) -> bool {
        self.tables.iter().any(|table| table.dataset == dataset)
    }

    /// Appends either all rows or none.
    pub fn append<'a>(
        &self,
        table: &Table,
        rows: impl IntoIterator<Item = &'a Value>,
    ) -> Result<u64, Failed> {
        let invalid = |reason: String| unreadable(&reason);
        let marks = vec!["?"; table.columns.len()].join(", ");
        let insert = format!("INSERT INTO {}.{} VALUES ({marks})", table.dataset, table.name);
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        let mut count = 0;
        {
            let mut statement = transaction.prepare(&insert).map_err(not_appended)?;
            for row in rows {
                let cells = table.read_row(row).map_err(invalid)?;
                statement.execute(params_from_iter(cells)).map_err(not_appended)?;
                count += 1;
            }
        }
        transaction.commit()?;
        let mut appends = self.appends.lock().unwrap_or_else(PoisonError::into_inner);
        *appends.entry(format!("{}.{}", table.dataset, table.name)).or_default() += 1;
        Ok(count)
    }

    /// The tables and views that a statement reads, each as `dataset.table`.
    pub(super) fn tables_read(&self, sql: &str) -> Result<BTreeSet<String>, Failed> {
        let remembered = || self.tables_read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tables) = remembered().get(sql) {
            return Ok(tables.clone());
        }
        let tables = self.find_tables_read(sql)?;
        remembered().insert(sql.to_owned(), tables.clone());
        Ok(tables)
    }

    fn find_tables_read(&self, sql: &str) -> Result<BTreeSet<String>, Failed> {
        let tables = Arc::new(Mutex::new(BTreeSet::new()));
        let seen = tables.clone();
        let note = move |context: AuthContext<'_>| {
            if let (AuthAction::Read { table_name, .. }, Some(dataset)) =
                (context.action, context.database_name)
            {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.insert(format!("{dataset}.{table_name}"));
            }
            Authorization::Allow
        };
        let mut connection = self.connection();
        connection.authorizer(Some(note))?;
        let prepared = connection.prepare(sql).map(drop);
        connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
        prepared?;
        let tables = tables.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(tables.iter().filter(|table| self.is_known(table)).cloned().collect())
    }

    /// Whether `dataset.name` is a table or view of the warehouse, and not one of SQLite's own.
    fn is_known(&self, name: &str) -> bool {
        let is_table = self.tables.iter().any(|table| format!("{}.{}", table.dataset, table.name) == name);
        is_table || schema::views().any(|view| format!("{}.{}", schema::VIEWS_DATASET, view.name) == name)
    }

    /// The rows of a read-only statement. They are remembered until a table behind them changes.
    pub(super) fn answer(&self, sql: &str, parameters: Parameters) -> Result<Arc<Answer>, Failed> {
        let changes = self.changes(&self.tables_read(sql)?)?;
        let question = (sql.to_owned(), parameters);
        if let Some(answer) = self.remembered.get(&question, &changes) {
            return Ok(answer);
        }
        let answer = Arc::new(self.query(sql, &question.1)?);
        self.remembered.keep(question, changes, answer.clone());
        Ok(answer)
    }

    /// What changes whenever one of the tables does: the number of appends to each, and the version of each
    /// dataset, which changes when another connection writes.
    fn changes(&self, tables: &BTreeSet<String>) -> Result<Vec<i64>, Failed> {
        let connection = self.connection();
        let mut changes = Vec::new();
        for table in tables {
            let (dataset, _) = table.split_once('.').unwrap_or_default();
            let version = format!("PRAGMA {dataset}.data_version");
            changes.push(connection.prepare_cached(&version)?.query_row([], |row| row.get(0))?);
            let appends = self.appends.lock().unwrap_or_else(PoisonError::into_inner);
            changes.push(appends.get(table).copied().unwrap_or(0));
        }
        Ok(changes)
    }

    fn query(&self, sql: &str, parameters: &Parameters) -> Result<Answer, Failed> {
        let connection = self.connection();
        // SQLite's name of the type; another name would mean a number.
        let mut statement = connection.prepare_cached(&sql.replace(" AS STRING)", " AS TEXT)"))?;
        if !statement.readonly() {
            return Err(Failed::new(400, "invalidQuery", "local-cloud runs only statements that read"));
        }
        for index in 1..=statement.parameter_count() {
            let name = statement.parameter_name(index).unwrap_or_default().to_owned();
            let value = name.strip_prefix('@').and_then(|name| parameters.get(name)).ok_or_else(|| {
                Failed::new(400, "invalidQuery", format!("Query parameter '{name}' not found"))
            })?;
            statement.raw_bind_parameter(index, value)?;
        }
        let declared: Vec<(String, Option<Kind>)> = statement
            .columns()
            .map(|column| (column.name().to_owned(), column.decl_type().and_then(Kind::of_sqlite)))
            .collect();
        let mut cells = Vec::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let row: Result<Vec<Cell>, _> = (0..declared.len()).map(|column| row.get(column)).collect();
            cells.push(row?);
        }
        let columns: Vec<(String, Kind)> = declared
            .into_iter()
            .enumerate()
            .map(|(index, (name, kind))| {
                let kind = kind.unwrap_or_else(|| kind_of(cells.iter().map(|row| &row[index])));
                (name, kind)
            })
            .collect();
        let rows = cells
            .into_iter()
            .map(|row| row.into_iter().zip(&columns).map(|(cell, (_, kind))| text_of(cell, *kind)).collect())
            .collect();
        Ok(Answer::new(columns, rows))
    }

    /// For checks and tests: the first cell of a query's first row, as a number.
    pub fn number(&self, sql: &str) -> Result<i64, Failed> {
        Ok(self.connection().query_row(sql, [], |row| row.get(0))?)
    }

    /// For checks and tests: the rows of a query as text.
    pub fn rows(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Failed> {
        Ok(self.query(sql, &Parameters::new())?.rows)
    }

    /// Registers a job as running; refused if its id exists. The 409 names no location, as in BigQuery.
    pub(super) fn begin_job(&self, job: &NewJob) -> Result<(), Failed> {
        let NewJob { id, configuration, table, creator, created } = job;
        let insert = "INSERT OR IGNORE INTO main.jobs (id, configuration, destination, creator, created) \
                      VALUES (?, ?, ?, ?, ?)";
        match self.connection().execute(insert, (id, configuration.to_string(), table, creator, created))? {
            0 => Err(Failed::new(409, "duplicate", format!("Already Exists: Job {PROJECT}:{id}"))),
            _ => Ok(()),
        }
    }

    /// The number of load jobs of a table since `since`, in milliseconds since 1970, failed ones included;
    /// and the number of those that still run.
    pub(super) fn load_jobs(&self, table: &str, since: i64) -> Result<(usize, usize), Failed> {
        let select = "SELECT COUNT(*), COUNT(*) FILTER (WHERE ended = 0) FROM main.jobs \
                      WHERE destination = ? AND created >= ?";
        let count = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let (all, running): (i64, i64) = self.connection().query_row(select, (table, since), count)?;
        Ok((usize::try_from(all).unwrap_or(0), usize::try_from(running).unwrap_or(0)))
    }

    /// Records the outcome of a job, unless it has ended before.
    pub(super) fn end_job(&self, id: &str, ended: &Result<u64, Failed>, at: i64) -> Result<(), Failed> {
        let update = "UPDATE main.jobs SET ended = 1, ended_at = ?, rows = ?, reason = ?, message = ? \
                      WHERE id = ? AND ended = 0";
        let rows = ended.as_ref().ok().and_then(|rows| i64::try_from(*rows).ok());
        let failed = ended.as_ref().err();
        let (reason, message) = (failed.map(|failed| &failed.reason), failed.map(|failed| &failed.message));
        self.connection().execute(update, (at, rows, reason, message, id))?;
        Ok(())
    }

    pub(super) fn job(&self, id: &str) -> Result<Job, Failed> {
        let select = "SELECT configuration, ended, rows, reason, message, creator, created, ended_at \
                      FROM main.jobs WHERE id = ?";
        self.connection()
            .query_row(select, [id], |row| {
                let configuration: String = row.get(0)?;
                let ended =
                    match (row.get(1)?, row.get::<_, Option<i64>>(2)?, row.get::<_, Option<String>>(3)?) {
                        (false, ..) => None,
                        (true, _, Some(reason)) => {
                            Some(Err(Failed { code: 400, reason, message: row.get(4)? }))
                        }
                        (true, rows, None) => {
                            Some(Ok(rows.and_then(|rows| rows.try_into().ok()).unwrap_or(0)))
                        }
                    };
                let configuration = serde_json::from_str(&configuration).unwrap_or(Value::Null);
                Ok(Job {
                    id: id.to_owned(),
                    configuration,
                    creator: row.get(5)?,
                    created: row.get(6)?,
                    ended_at: row.get(7)?,
                    ended,
                })
            })
            .optional()?
            .ok_or_else(|| Failed::new(404, "notFound", format!("Not found: Job {PROJECT}:{id}")))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds the functions of GoogleSQL that the queries use and SQLite lacks. Timestamps and dates are stored as text.
fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("UNIX_SECONDS", 1, flags, |context| {
        let instant: Option<DateTime<Utc>> =
            context.get::<Option<String>>(0)?.and_then(|text| text.parse().ok());
        Ok(instant.map(|instant| instant.timestamp()))
    })?;
    connection.create_scalar_function("UNIX_DATE", 1, flags, |context| {
        let day: Option<NaiveDate> = context.get::<Option<String>>(0)?.and_then(|text| text.parse().ok());
        Ok(day.map(|day| (day - NaiveDate::default()).num_days()))
    })
}

fn prepare(connection: &Connection, folder: &Path, tables: &[Table]) -> rusqlite::Result<()> {
    add_functions(connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS main.jobs (
           id TEXT PRIMARY KEY, configuration TEXT NOT NULL, destination TEXT NOT NULL,
           creator TEXT NOT NULL, created INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0,
           ended_at INTEGER, rows INTEGER, reason TEXT, message TEXT);
         UPDATE main.jobs SET ended = 1, reason = 'stopped', message = 'the local cloud was stopped' WHERE ended = 0;",
    )?;
    for table in tables {
        let attached: i64 = connection.query_row(
            "SELECT COUNT(*) FROM pragma_database_list WHERE name = ?",
            [&table.dataset],
            |row| row.get(0),
        )?;
        if attached == 0 {
            let file = folder.join(format!("{}.sqlite", table.dataset));
            connection.execute(&format!("ATTACH ? AS {}", table.dataset), [file.to_string_lossy()])?;
            connection.pragma_update(Some(table.dataset.as_str()), "journal_mode", "WAL")?;
            connection.pragma_update(Some(table.dataset.as_str()), "synchronous", "NORMAL")?;
        }
        connection.execute(&table.create_statement(), [])?;
    }
    for view in schema::views() {
        connection.execute(&view.create_statement(), [])?;
    }
    Ok(())
}

/// The error for rows that cannot be loaded, in BigQuery's words.
pub(super) fn unreadable(detail: &dyn std::fmt::Display) -> Failed {
    let message = format!(
        "Error while reading data, error message: JSON table encountered too many errors, giving up. {detail}"
    );
    Failed::new(400, "invalid", message)
}

/// The error for a row that does not fit, or for a missing table, which occurs only in tests.
fn not_appended(error: rusqlite::Error) -> Failed {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => unreadable(&error),
        _ => Failed::new(404, "notFound", format!("Not found: Table: {error}")),
    }
}

/// The type of a computed column, inferred from its cells because SQLite declares none.
fn kind_of<'a>(mut cells: impl Iterator<Item = &'a Cell>) -> Kind {
    cells
        .find_map(|cell| match cell {
            Cell::Integer(_) => Some(Kind::Integer),
            Cell::Real(_) => Some(Kind::Float),
            Cell::Text(_) => Some(Kind::String),
            Cell::Null | Cell::Blob(_) => None,
        })
        .unwrap_or(Kind::String)
}

/// A cell in BigQuery's format: every value as text, timestamps as seconds in scientific notation.
fn text_of(cell: Cell, kind: Kind) -> Option<String> {
    match (cell, kind) {
        (Cell::Null | Cell::Blob(_), _) => None,
        (Cell::Integer(integer), Kind::Boolean) => Some((integer != 0).to_string()),
        (Cell::Integer(integer), _) => Some(integer.to_string()),
        (Cell::Real(real), _) => Some(real.to_string()),
        (Cell::Text(text), Kind::Timestamp) => {
            let instant: Option<chrono::DateTime<chrono::Utc>> = text.parse().ok();
            #[allow(clippy::cast_precision_loss, reason = "a double holds today's microseconds")]
            let seconds = instant.map(|instant| instant.timestamp_micros() as f64 / 1e6);
            Some(seconds.map_or(text, |seconds| format!("{seconds:E}")))
        }
        (Cell::Text(text), _) => Some(text),
    }
}
