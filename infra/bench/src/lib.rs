//! What the benches measure: the functions over the wire, and their pure parts.

pub mod parts;
pub mod stage;

/// What goes wrong is for whoever runs the bench to read.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
