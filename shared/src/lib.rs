//! What the functions of the Challenge System backend have in common: the harness that turns one
//! handler into a service, thin typed clients for BallDontLie and Google Cloud, and the NBA domain.
//!
//! A function reads as its own `lib.rs`; everything two functions need lives here, and nothing else.

pub mod balldontlie;
pub mod bigquery;
pub mod clock;
pub mod config;
mod connections;
pub mod credentials;
pub mod dead_letter;
pub mod decimal;
pub mod digest;
pub mod error;
pub mod event;
pub mod function;
pub mod invoker_auth;
pub mod json;
pub mod nba;
pub mod pubsub;
pub mod retry;
pub mod slate;
pub mod snapshot;
pub mod status;
pub mod storage;
pub mod telemetry;

pub use clock::Clock;
pub use error::Error;
