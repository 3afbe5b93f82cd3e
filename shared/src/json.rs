//! The JSON of what we write.

use bytes::Bytes;
use serde::Serialize;

use crate::Error;

/// The compact JSON of `document`. It is written without growing where `expected` bytes are enough, so that a
/// document takes memory once and in proportion to what is in it; `what` names it in the error.
pub fn body(what: &str, document: &impl Serialize, expected: usize) -> Result<Bytes, Error> {
    let mut json = Vec::with_capacity(expected);
    serde_json::to_writer(&mut json, document)
        .map_err(|error| Error::Internal(format!("{what} could not be written as JSON: {error}")))?;
    Ok(json.into())
}
