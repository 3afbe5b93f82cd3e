//! The documents that several functions publish or read.

pub mod snapshot;
pub mod status;
