//! The documents that more than one function publishes or reads.

pub mod snapshot;
pub mod status;
