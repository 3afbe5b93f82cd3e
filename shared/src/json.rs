//! JSON bodies of the documents.

use bytes::Bytes;
use serde::Serialize;

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
