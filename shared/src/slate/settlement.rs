//! The outcome of a line, in the terms that tonight's list and the grading share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The game is not over, or no box score shows yet whether the player played.
    #[default]
    Open,
    /// More than the line.
    Over,
    /// Less than the line.
    Under,
    /// Equal to the line.
    Push,
    /// The player did not play, or the game was not played.
    Void,
}

/// Whether an outcome can still be corrected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// There is no outcome yet.
    #[default]
    Open,
    /// By the live scores or by what is known of the player or the game; the official box score may correct it.
    Provisional,
    /// By the official box score; where the game was not played, once its day is over.
    Official,
}

/// Why a line or a prediction is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VoidReason {
    /// The player did not play: by a complete box score, or because the league lists the player as inactive.
    DidNotPlay,
    /// The player is out in the injury report, and did not play or had the prediction withdrawn before
    /// tip-off.
    RuledOut,
    /// The game was not played on its day.
    Postponed,
    /// The game is cancelled and will not be played.
    Cancelled,
}
