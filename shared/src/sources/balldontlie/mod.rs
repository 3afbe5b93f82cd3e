//! BallDontLie: the client, the payload as it is sent, and the games read from it.

mod client;
mod game;
mod wire;

/// The most games of a poll; a night has at most fifteen.
pub const MAXIMUM_GAMES: usize = 500;

/// The most players of a game, both teams together; real ones list up to 36.
pub const MAXIMUM_PLAYERS: usize = 200;

/// The longest text that is read of a game or player, in characters.
pub const MAXIMUM_TEXT: usize = 200;

pub use client::{BallDontLie, Games, Page, Polled};
pub use game::{Counters, Game, PlayerLine, Side, read_games};
