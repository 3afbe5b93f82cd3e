//! What the functions of the Challenge System backend have in common.
//!
//! A function reads as its own `lib.rs`; what two functions need lives here. Each module uses only modules
//! below it in this list:
//!
//! - [`service`]: one handler becomes a Cloud Run service
//! - [`documents`]: what more than one function publishes or reads
//! - [`slate`]: tonight's games, players, lines and predictions, from BigQuery
//! - [`sources`]: where live scores come from
//! - [`google`]: thin typed clients of Google Cloud
//! - [`nba`]: values of the league, without any I/O
//! - [`mod@env`], [`error`], [`clock`], [`retry`], [`json`], [`gzip`], [`decimal`], [`digest`]

pub mod clock;
pub(crate) mod connections;
pub mod decimal;
pub mod digest;
pub mod documents;
pub mod env;
pub mod error;
pub mod google;
pub mod gzip;
pub mod json;
pub mod nba;
pub mod retry;
pub mod service;
pub mod slate;
pub mod sources;

pub use clock::Clock;
pub use error::Error;
