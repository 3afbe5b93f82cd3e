//! The shape of the grading document.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    clock::iso_micros,
    nba::{GameStatus, NbaGameId, PlayerLookup, PollId, SlateDay, StatType, Team},
    slate::{LineSource, Outcome, Recommendation, Settled, VoidReason},
};

/// The lines of a slate day with their outcomes, and the grades of its predictions.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "GradingDocument")]
pub struct Document {
    /// Instant at which the live document of the same poll was generated, UTC; later where no source of scores has
    /// answered since, and this document had something to add.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    /// The slate day: the US Eastern date on which the night of games began.
    pub game_date: SlateDay,
    /// Id of the poll that the scores come from, the same as in the live document.
    pub poll_id: PollId,
    /// Instant, UTC, at which the scores are polled next, and a new version follows; null once the games of the day
    /// are over, and in a document of a past day.
    #[serde(default)]
    pub next_update_expected: Option<DateTime<Utc>>,
    /// Counts over `predictions` and `lines`, and accuracy so far.
    pub summary: Summary,
    /// The predictions in the order of `status` (decided, in progress, pending), then by descending
    /// confidence.
    pub predictions: Vec<Graded>,
    /// Every line of the slate day, predicted or not, by tip-off, game, player and statistic.
    #[serde(default)]
    pub lines: Vec<Line>,
    /// Differences between the official box score, or one of the following day, and what had settled a line before.
    #[serde(default)]
    pub corrections: Vec<Correction>,
}

/// A difference between the official box score, or one of the following day, and what had settled a line before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// Display name.
    pub player_name: String,
    /// Code of the player's team.
    pub team: Team,
    /// The NBA's ten-digit game id.
    pub game_id: NbaGameId,
    /// The statistic that is corrected.
    pub stat_type: StatType,
    /// What had settled the line; null when it had been void.
    pub from: Option<u32>,
    /// What that box score says; null when the line is void by it.
    pub to: Option<u32>,
}

/// Counts over the predictions of a slate day, and accuracy so far.
///
/// `pending`, `correct`, `incorrect`,
/// `trending_correct`, `trending_incorrect`, `in_progress`, `pushes`, `voided` and `without_side` add up to
/// `total_predictions`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "GradingSummary")]
pub struct Summary {
    /// Number of predictions in the document.
    pub total_predictions: usize,
    /// Number of predictions whose player has points, final or not.
    pub graded: usize,
    /// Number of predictions without a grade yet: before tip-off, or over without a conclusive box score.
    pub pending: usize,
    /// Number of final predictions that ended on the recommended side of the line.
    pub correct: usize,
    /// Number of final predictions that ended on the other side of the line.
    pub incorrect: usize,
    /// Number of predictions in progress whose recommended side has a chance of at least 0.65.
    pub trending_correct: usize,
    /// Number of predictions in progress whose recommended side has a chance of at most 0.35.
    pub trending_incorrect: usize,
    /// Number of other predictions in progress.
    #[serde(default)]
    pub in_progress: usize,
    /// Number of final predictions whose points equal the line.
    pub pushes: usize,
    /// Number of void predictions: the player did not play, or the game was not played.
    pub voided: usize,
    /// Number of final predictions that took no side of a line.
    #[serde(default)]
    pub without_side: usize,
    /// Share of `correct` among `correct` and `incorrect`, 0–1, three decimals; null before the first.
    pub win_rate: Option<f64>,
    /// Mean absolute `error`, points, one decimal; null when no prediction has an `error`.
    pub avg_error: Option<f64>,
    /// Number of games in progress, as in the live document.
    pub games_in_progress: usize,
    /// Number of games that have ended, as in the live document.
    pub games_final: usize,
    /// Counts over `lines`.
    #[serde(default)]
    pub lines: LineSummary,
}

/// Counts over the lines of a slate day. `open`, `over`, `under`, `pushes` and `voided` add up to `total`, and so do
/// `open`, `provisional` and `official`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineSummary {
    /// Number of lines.
    pub total: usize,
    /// Number of lines without an outcome yet.
    pub open: usize,
    /// Number of lines that the player's count ended over.
    pub over: usize,
    /// Number of lines that the player's count ended under.
    pub under: usize,
    /// Number of lines that the player's count equals.
    pub pushes: usize,
    /// Number of void lines.
    pub voided: usize,
    /// Number of lines that are settled, but not by the official box score yet.
    pub provisional: usize,
    /// Number of lines settled by the official box score.
    pub official: usize,
    /// Number of lines that can no longer change, because their game has begun.
    pub locked: usize,
}

/// A prediction and its grade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "GradedPrediction")]
pub struct Graded {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// Display name.
    pub player_name: String,
    /// Code of the player's team.
    pub team: Team,
    /// Code of the opposing team.
    pub opponent: Team,
    /// Code of the home team.
    pub home_team: Team,
    /// Code of the visiting team.
    pub away_team: Team,
    /// The NBA's ten-digit game id.
    pub game_id: NbaGameId,
    /// State of the game.
    pub game_status: GameStatus,
    /// Period: 1–4 for the quarters, 5 and above for overtimes; null before tip-off.
    pub period: Option<i64>,
    /// Display text of the clock as in the live document; null before tip-off.
    pub time_remaining: Option<String>,
    /// Points that the model predicts, one decimal.
    pub predicted: f64,
    /// Points line that the prediction is graded against; null when there is none.
    pub line: Option<f64>,
    /// Recommended side of the line.
    pub recommendation: Recommendation,
    /// Confidence of the model, 0–1; null when its scale is unknown.
    pub confidence: Option<f64>,
    /// Whether the player has a points line.
    pub has_line: bool,
    /// Source of the line; null when there is no line.
    pub line_source: Option<LineSource>,
    /// Points scored so far; null before tip-off, until the player has been on the floor, and when the player did
    /// not play.
    pub actual: Option<u32>,
    /// Minutes played, `28:30` or `25`; null before tip-off and when the player did not play.
    pub minutes: Option<String>,
    /// Source of the points; null when there are none.
    pub score_source: Option<ScoreSource>,
    /// Predicted minus actual points, one decimal; null when `actual` is null.
    pub error: Option<f64>,
    /// Actual points minus the line, one decimal; null when `actual` or `line` is null.
    pub margin_vs_line: Option<f64>,
    /// Grade of the prediction.
    pub status: Status,
    /// Reason for which the prediction is void; null when it is not void.
    pub void_reason: Option<VoidReason>,
    /// Why the player does not play, in the words of the league: `Injury: Left Knee; Surgery`; null where the NBA's
    /// feed has not said so.
    #[serde(default)]
    pub void_detail: Option<String>,
    /// Whether, by the score as it stands, no further play can change the side of the line on which the
    /// points end. A correction of the score still can.
    pub clinched: bool,
    /// Chance that the recommended side comes, 0–1, four decimals; null where no side is recommended, once the line is
    /// settled, and where neither a season average nor a prediction is known.
    #[serde(default)]
    pub chance: Option<f64>,
    /// Result of the line; `open` while there is none, and where there is no line.
    #[serde(default)]
    pub outcome: Outcome,
    /// Whether the outcome can still be corrected.
    #[serde(default)]
    pub settled: Settled,
    /// Display text of the pick: `OVER 24.5`, `PASS 24.5`, `No line`.
    #[serde(default)]
    pub pick_display: String,
    /// Display text of the result: `27 points so far`, `27 points`, `Did not play`; null before tip-off.
    #[serde(default)]
    pub result_display: Option<String>,
    /// Display text of the margin: `+2.5`, `-3.5`, `0`; null when `margin_vs_line` is null.
    #[serde(default)]
    pub margin_display: Option<String>,
}

/// A line and its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SettledLine")]
pub struct Line {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// Display name.
    pub player_name: String,
    /// Code of the player's team.
    pub team: Team,
    /// The NBA's ten-digit game id.
    pub game_id: NbaGameId,
    /// The statistic that the line is about.
    pub stat_type: StatType,
    /// The line, in units of the statistic; once locked, as it stood at tip-off.
    pub line: f64,
    /// The first line of the day that was public.
    pub opening_line: f64,
    /// The line that most bookmakers offer, at tip-off the last one; null when no bookmaker offers any.
    pub market_line: Option<f64>,
    /// Number of bookmakers that offer `line`.
    pub books: u32,
    /// Best American odds that a bookmaker offers on more than `line`; null when none does.
    pub over_odds: Option<i64>,
    /// Best American odds that a bookmaker offers on less than `line`; null when none does.
    pub under_odds: Option<i64>,
    /// Source of the line.
    pub line_source: LineSource,
    /// Instant of the game's tip-off, UTC; null while it is not fixed.
    pub tip_off: Option<DateTime<Utc>>,
    /// Whether the line can no longer change, because the game has begun.
    pub locked: bool,
    /// Count of the statistic so far; null before tip-off, until the player has been on the floor, and when the line
    /// is void.
    pub actual: Option<u32>,
    /// Source of `actual`; null when it is null.
    pub score_source: Option<ScoreSource>,
    /// Chance that the points end over the line, 0–1, four decimals; null for other statistics, once the line is
    /// settled, and where neither a season average nor a prediction is known.
    pub chance_over: Option<f64>,
    /// Result of the line; `open` while there is none.
    pub outcome: Outcome,
    /// Reason for which the line is void; null when it is not void.
    pub void_reason: Option<VoidReason>,
    /// Why the player does not play, in the words of the league: `Injury: Left Knee; Surgery`; null where the NBA's
    /// feed has not said so.
    #[serde(default)]
    pub void_detail: Option<String>,
    /// Whether the outcome can still be corrected.
    pub settled: Settled,
}

/// Source of a player's counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScoreSource {
    /// The official box score, which arrives the morning after.
    NbaOfficial,
    /// BallDontLie's live box score.
    BdlLive,
    /// The live box score of the NBA's own feed.
    NbaLive,
}

/// Grade of a prediction, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "GradingStatus")]
pub enum Status {
    /// Final, and on the recommended side.
    Correct,
    /// Final, and on the other side.
    Incorrect,
    /// Final, and equal to the line.
    Push,
    /// The game is on, and the recommended side has a chance of at least 0.65.
    TrendingCorrect,
    /// The game is on, and the recommended side has a chance of at most 0.35.
    TrendingIncorrect,
    /// The game is on, and neither side is likely; or the player has not been on the floor; or the prediction took no
    /// side.
    InProgress,
    /// Final, for a prediction that took no side.
    Graded,
    /// The player did not play, or the game was not played.
    Void,
    /// Before tip-off; or the game is over, and no box score shows yet whether the player played, or what the player's
    /// last points are.
    Pending,
}
