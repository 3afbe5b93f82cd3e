//! The rows of a query, remembered while the tables behind them stay the same: the functions repeat few
//! queries.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::types::Value as Cell;
use serde_json::{json, value::RawValue};

use super::{schema::Kind, warehouse::Failed};

/// The number of answers that are remembered; beyond it all are forgotten.
const REMEMBERED: usize = 64;

/// The values of a query's named parameters.
pub(super) type Parameters = BTreeMap<String, Cell>;

/// Parts of the rows as JSON, by range and format of timestamps.
type Rendered = HashMap<(Range<usize>, bool), Arc<RawValue>>;

/// The rows of a query, with every cell in BigQuery's text format.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub columns: Vec<(String, Kind)>,
    pub rows: Vec<Vec<Option<String>>>,
    rendered: Mutex<Rendered>,
}

impl Answer {
    pub fn new(columns: Vec<(String, Kind)>, rows: Vec<Vec<Option<String>>>) -> Self {
        Self { columns, rows, rendered: Mutex::default() }
    }

    /// The rows of `range` in the form of the REST API: `[{"f": [{"v": …}]}]`.
    pub fn rows_as_json(&self, range: Range<usize>, int64_timestamps: bool) -> Result<Arc<RawValue>, Failed> {
        let mut rendered = self.rendered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = rendered.get(&(range.clone(), int64_timestamps)) {
            return Ok(known.clone());
        }
        let cell = |(cell, (_, kind)): (&Option<String>, &(String, Kind))| {
            let text = cell.as_deref().map(|text| match kind {
                Kind::Timestamp if int64_timestamps => microseconds(text),
                _ => text.to_owned(),
            });
            json!({ "v": text })
        };
        let rows: Vec<_> = self.rows[range.clone()]
            .iter()
            .map(|row| json!({"f": row.iter().zip(&self.columns).map(cell).collect::<Vec<_>>()}))
            .collect();
        let rows = serde_json::value::to_raw_value(&rows)
            .map_err(|error| Failed::new(500, "internalError", error))?;
        let rows: Arc<RawValue> = rows.into();
        rendered.insert((range, int64_timestamps), rows.clone());
        Ok(rows)
    }
}

/// Seconds in scientific notation as an integer number of microseconds.
#[allow(clippy::cast_possible_truncation, reason = "a night's microseconds fit")]
fn microseconds(seconds: &str) -> String {
    seconds.parse::<f64>().map_or_else(|_| seconds.to_owned(), |it| ((it * 1e6).round() as i64).to_string())
}

/// An answer with the changes to its tables up to it.
type Dated = (Vec<i64>, Arc<Answer>);

/// Answers by statement and parameters.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Vec<((String, Parameters), Dated)>>);

impl Remembered {
    /// The answer to a question, unless its tables have changed since.
    pub fn get(&self, question: &(String, Parameters), changes: &[i64]) -> Option<Arc<Answer>> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, (then, answer)) = answers.iter().find(|(known, _)| known == question)?;
        (then == changes).then(|| answer.clone())
    }

    /// Remembers the answer to a question.
    pub fn keep(&self, question: (String, Parameters), changes: Vec<i64>, answer: Arc<Answer>) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|(known, _)| *known != question);
        if answers.len() >= REMEMBERED {
            answers.clear();
        }
        answers.push((question, (changes, answer)));
    }
}
