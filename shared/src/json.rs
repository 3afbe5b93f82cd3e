//! JSON bodies of the documents.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Error, error::Detail};

/// The compact JSON of `document`; `what` names it in the error. With `expected` bytes the buffer does not
/// grow, so that the memory stays in proportion to the document.
pub fn body(what: &str, document: &impl Serialize, expected: usize) -> Result<Bytes, Error> {
    let mut json = Vec::with_capacity(expected);
    serde_json::to_writer(&mut json, document).map_err(|error| {
        Error::internal(Detail::of(format!("{what} could not be written as JSON"), error))
    })?;
    Ok(json.into())
}

/// A number, or a text that is a number; `None` for null and everything else. For serde's `deserialize_with`.
pub fn number_or_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()))
}
