//! BallDontLie: the client, the payload as it is sent, and the games read from it.

mod client;
mod game;
mod wire;

pub use client::{BallDontLie, Page};
pub use game::read_games;
