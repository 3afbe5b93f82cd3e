//! The documents that several functions publish or read.

pub mod dates;
mod public_document;
pub mod snapshot;
pub mod status;

pub use dates::PublicDates;
pub use public_document::{Document, Known, PublicDocument, Published, Target};
