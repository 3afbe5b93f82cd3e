//! The documents that several functions publish or read.

mod dated_document;
pub mod dates;
mod public_document;
pub mod snapshot;
pub mod status;

pub use dated_document::DatedDocument;
pub use dates::PublicDates;
pub use public_document::{Document, Known, PublicDocument, Published, Target};

/// A number with its noun: `1 player`, `3 players`.
///
/// ```
/// assert_eq!(shared::documents::counted(1, "player"), "1 player");
/// assert_eq!(shared::documents::counted(0, "game"), "0 games");
/// ```
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
