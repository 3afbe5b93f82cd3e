//! The sources of live scores, and the types into which the answers of each are read.

pub mod balldontlie;
mod configured;
mod game;
mod http;
pub mod nba_cdn;
mod wire;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Error, error::Detail};

pub use configured::{ASK_SECOND_AFTER, LiveSources, PendingPoll};
pub use game::{BoxScoreRow, Counters, Game, Inactive, Side};

/// The most games of a poll; a night has at most fifteen.
pub const MAX_GAMES: usize = 500;

/// The most players of a game, both teams together; real ones list up to 36.
pub const MAX_PLAYERS: usize = 200;

/// The longest text that is read of a game or player, in characters.
pub const MAX_TEXT: usize = 200;

/// A source of live scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Source {
    /// BallDontLie's live box scores, paid for and with a key.
    #[serde(rename = "balldontlie")]
    BallDontLie,
    /// The NBA's own public feed.
    #[serde(rename = "nba_cdn")]
    NbaCdn,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::BallDontLie, Self::NbaCdn];

    /// Its name in settings, documents and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::BallDontLie => "balldontlie",
            Self::NbaCdn => "nba_cdn",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::BallDontLie => "BallDontLie",
            Self::NbaCdn => "the NBA's feed",
        }
    }

    /// The error for a failure of this source.
    pub fn error(self, detail: impl Into<Detail>) -> Error {
        match self {
            Self::BallDontLie => Error::balldontlie(detail),
            Self::NbaCdn => Error::nba_cdn(detail),
        }
    }

    /// The folder of its snapshots in the raw bucket.
    pub fn snapshots(self) -> &'static str {
        match self {
            Self::BallDontLie => "ball-dont-lie/live-boxscores/",
            Self::NbaCdn => "nba-com/live-boxscores/",
        }
    }

    /// Reads games as this source sent them. What cannot be read is returned beside them with its reason; the
    /// rest stays. A game that is listed twice is read once, in the state with the most play; so is a player in it, with
    /// the most counts.
    pub fn read_games<'a>(self, games: impl IntoIterator<Item = &'a RawValue>) -> (Vec<Game>, Vec<Rejected>) {
        match self {
            Self::BallDontLie => balldontlie::read_games(games),
            Self::NbaCdn => nba_cdn::read_games(games),
        }
    }
}

/// The games of a poll, exactly as the source sent them, unknown fields and digits included.
pub type RawGames = Vec<Box<RawValue>>;

/// A poll of a source.
#[derive(Debug)]
pub struct Polled {
    /// The source that was asked.
    pub source: Source,
    /// Instant at which the source was asked, in the attempt that succeeded: the answer is no older. Of two
    /// polls the one with the later instant is the newer, even if it took longer or more attempts.
    pub at: DateTime<Utc>,
    /// The games in the answer.
    pub games: RawGames,
    /// Number of games in progress, or just over, that are left out or have no players, because their box scores failed;
    /// at least 1 where the list broke off.
    pub left_out: usize,
}

impl Polled {
    /// Reads the games.
    pub fn read(&self) -> (Vec<Game>, Vec<Rejected>) {
        self.source.read_games(self.games.iter().map(AsRef::as_ref))
    }
}

/// A part of an answer or event that could not be read while the rest could.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Rejected {
    /// The part, such as `game 18447346`.
    pub what: String,
    /// Why it could not be read.
    pub reason: String,
    /// The part as it was received.
    pub raw: String,
}
