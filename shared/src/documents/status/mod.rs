//! `v1/status.json`: whether the public documents can be relied on.
//!
//! Both exporters write it after each run: each judges what it knows and keeps the other's part of the previous
//! status, so that neither waits for the other. Health follows from content and schedule, never from the age of
//! a file: before tip-off and on days without games nothing is wrong, and a fresh document without players
//! during a game is.

mod health;
mod issues;
mod public;
mod run;
mod slate_state;
mod sources;
mod wire;

#[cfg(test)]
mod tests;

pub use health::{CALL_INTERVAL, POLL_INTERVAL};
pub use public::{PublicStatus, Reported};
pub use run::{Fixtures, RunReport};
pub use sources::{Compared, SourceReport, SourceStatus};
pub use wire::{
    Break, Exporter, Grading, Health, KnownIssue, LiveData, MaintenanceWindow, PolledGame, Predictions,
    Services, Severity, Status, TonightData,
};

/// The object in the public bucket.
pub const OBJECT: &str = "v1/status.json";
