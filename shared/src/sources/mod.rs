//! The sources of live scores.

pub mod balldontlie;

use serde::Serialize;

/// A part of an answer or event that could not be read while the rest could.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Rejected {
    /// The part, such as `game 18447346`.
    pub what: String,
    /// Why it could not be read.
    pub reason: String,
    /// The part as it was received.
    pub raw: String,
}
