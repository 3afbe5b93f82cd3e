//! The NBA's own public feed: the client, the payload as it is sent, and the games read from it.
//!
//! Unofficial, without a key: `scoreboard/todaysScoreboard_00.json` lists the day's games, and
//! `boxscore/boxscore_{game id}.json` is one game with its players.

mod client;
mod clock;
mod game;
mod wire;

pub use client::NbaCdn;
pub use game::{read_box_score, read_games, read_scoreboard};
