//! The outcome of a line, in the terms that tonight's list and the grading share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What has become of a line.
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
    /// By the live box score; the official one may correct it.
    Provisional,
    /// By the official box score.
    Official,
}

/// Why a line or a prediction is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VoidReason {
    /// A complete box score shows that the player did not play.
    DidNotPlay,
    /// The player is out in the injury report, and did not play or had the prediction withdrawn before
    /// tip-off.
    RuledOut,
    /// The game was not played on its day.
    Postponed,
    /// The game is cancelled and will not be played.
    Cancelled,
}
