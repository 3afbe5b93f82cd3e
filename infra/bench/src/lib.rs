//! The subjects of the benches: the functions over the wire, and their pure parts.

pub mod calibration;
pub mod parts;
pub mod stage;

/// An error, as a message for the user of the bench.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
