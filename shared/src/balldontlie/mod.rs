//! BallDontLie: the client, the payload as it is sent, and the games read from it.

mod client;
mod game;
mod wire;

pub use client::{BallDontLie, Games};
pub use game::{Counters, Game, PlayerLine, Side, read_games};
