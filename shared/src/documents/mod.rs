//! The documents that several functions publish or read.

mod public_document;
pub mod snapshot;
pub mod status;

pub use public_document::{Document, Known, PublicDocument, Published, Target};
