//! The shape of tonight's list.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    clock::iso_micros,
    nba::{GameStatus, NbaGameId, PlayerLookup, SlateDay, StatType, Team},
    slate::{Context, InjuryStatus, LineSource, Outcome, Recommendation, Settled},
};

use crate::{
    fatigue::FatigueLevel,
    form::{RecentForm, RecentResult, Venue},
};

/// The players of a slate day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "TonightDocument")]
pub struct Document {
    /// The slate day: the US Eastern date on which the night of games began.
    pub game_date: SlateDay,
    /// Instant at which the warehouse was read, UTC; a later read that changes nothing leaves it as it is.
    #[serde(serialize_with = "iso_micros")]
    pub generated_at: DateTime<Utc>,
    /// Number of players of all games; a player is in one game.
    pub total_players: usize,
    /// Number of players with a points line.
    pub total_with_lines: usize,
    /// `degraded` when the document lacks something that a slate should have; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Degraded>,
    /// Description of what is missing; absent when nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub degraded_reason: Option<String>,
    /// How far the players' lines are settled: `official` once the day is over and the official box scores have settled
    /// all of them.
    pub settled: Settled,
    /// Counts of what the document lacks.
    pub data_quality: DataQuality,
    /// The games in the order of their tip-off.
    pub games: Arc<Vec<Game>>,
}

/// State of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Degraded {
    /// Something that a slate should have is missing.
    Degraded,
}

/// Counts of what the document lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DataQuality {
    /// Number of games of which a team has no analysis.
    pub games_without_context: usize,
    /// Number of players without a points line.
    pub players_without_line: usize,
    /// Number of players known only from the registry's roster of the team.
    pub players_from_roster: usize,
    /// Number of players with a prediction.
    pub predictions: usize,
}

/// A game of the slate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "TonightGame")]
pub struct Game {
    /// The NBA's ten-digit game id.
    pub game_id: NbaGameId,
    /// Code of the home team.
    pub home_team: Team,
    /// Code of the visiting team.
    pub away_team: Team,
    /// Tip-off in US Eastern time, `7:30 PM ET`; null while it is not fixed.
    pub game_time: Option<String>,
    /// Instant of tip-off, UTC; null while it is not fixed.
    pub tip_off: Option<DateTime<Utc>>,
    /// State of the game.
    pub game_status: GameStatus,
    /// Points of the home team; absent before tip-off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_score: Option<u32>,
    /// Points of the visiting team; absent before tip-off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away_score: Option<u32>,
    /// Number of players in `players`.
    pub player_count: usize,
    /// The players: those with a line first, those who are out last, then by confidence and season average.
    pub players: Vec<Player>,
}

/// A player of the slate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "TonightPlayer")]
pub struct Player {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// Display name.
    pub name: String,
    /// Code of tonight's team.
    pub team: Team,
    /// Whether the team plays at home.
    pub is_home: bool,
    /// Position, such as `G` or `F-C`; null when unknown.
    pub position: Option<String>,
    /// Evidence that the player is with the team tonight.
    pub context: Context,
    /// Whether the player has a points line.
    pub has_line: bool,
    /// Level of fatigue; `normal` when unknown.
    pub fatigue_level: FatigueLevel,
    /// Fatigue score, 0 (tired) to 100 (fresh); null when unknown.
    pub fatigue_score: Option<i64>,
    /// Days without a game before tonight, 0 for back-to-back games; null when unknown.
    pub days_rest: Option<i64>,
    /// Status in the injury report about this game, else in the latest one of the last three days on which the league
    /// published any; `available` without a report.
    pub injury_status: InjuryStatus,
    /// Reason as reported; null when none is reported.
    pub injury_reason: Option<String>,
    /// Instant, UTC, at which the league published that report, to the hour; null without a report.
    pub injury_report_at: Option<DateTime<Utc>>,
    /// Points per game this season, one decimal; null before the first game.
    pub season_ppg: Option<f64>,
    /// Minutes per game this season, one decimal; null before the first game.
    pub season_mpg: Option<f64>,
    /// The same as `season_mpg`.
    pub minutes_avg: Option<f64>,
    /// Points per game over the last five games played, one decimal; null before the first game.
    pub last_5_ppg: Option<f64>,
    /// Points per game over the games played in the last thirty days, one decimal; null when there are none.
    pub last_30d_ppg: Option<f64>,
    /// Share of field goals made this season, three-pointers included, 0–1, three decimals; null before the first
    /// attempt.
    pub season_fg_pct: Option<f64>,
    /// Share of three-pointers made this season, 0–1, three decimals; null before the first attempt.
    pub season_three_pct: Option<f64>,
    /// Free throws attempted per game this season, one decimal; null when unknown.
    pub season_fta: Option<f64>,
    /// Points per game by which the team outscored the other while the player was on the floor this season, one
    /// decimal; null when unknown.
    pub season_plus_minus: Option<f64>,
    /// `last_5_ppg` compared with `season_ppg`; null when either is.
    pub recent_form: Option<RecentForm>,
    /// Number of games played this season.
    pub games_played: i64,
    /// Whether the player has played fewer than ten games this season.
    pub limited_data: bool,
    /// Points in each of the last ten games, newest first; null when the player did not play.
    pub last_10_points: Vec<Option<i64>>,
    /// Results of the last ten games against their lines, in the order of `last_10_points`.
    pub last_10_results: Vec<RecentResult>,
    /// Overs and unders of `last_10_results`, `6-3`; null when none of those games had a line.
    pub last_10_record: Option<String>,
    /// Results of the last ten games against the season average, in the same order; absent without an
    /// average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_10_vs_avg: Option<Vec<RecentResult>>,
    /// Overs and unders of `last_10_vs_avg`, `6-3`; absent without an average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_10_avg_record: Option<String>,
    /// Points lines of the last ten games, in the order of `last_10_points`; null when the player had none.
    pub last_10_lines: Vec<Option<f64>>,
    /// Minutes in each of the last ten games, one decimal, in the same order; null when the player did not play.
    pub last_10_minutes: Vec<Option<f64>>,
    /// Share of field goals made in each of the last ten games, 0–1, three decimals; null without an attempt.
    pub last_10_fg_pct: Vec<Option<f64>>,
    /// Share of three-pointers made in each of the last ten games, 0–1, three decimals; null without an attempt.
    pub last_10_three_pct: Vec<Option<f64>>,
    /// Free throws attempted in each of the last ten games; null when unknown or the player did not play.
    pub last_10_fta: Vec<Option<i64>>,
    /// Plus-minus in each of the last ten games; null when unknown or the player did not play.
    pub last_10_plus_minus: Vec<Option<i64>>,
    /// Where each of the last ten games was played; null when unknown.
    pub last_10_home_away: Vec<Option<Venue>>,
    /// Days without a game of the player before each of the last ten games, 0 for back-to-back games; null when no
    /// earlier game is known.
    pub last_10_days_rest: Vec<Option<i64>>,
    /// Source of the points line; null when there is no line.
    pub line_source: Option<LineSource>,
    /// Lines on the player, that of points first where there is one; absent without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub props: Option<Vec<Prop>>,
    /// Prediction of the player's points; absent without a points line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Prediction>,
    /// Points in the finished game: by the official box score once it has arrived, until then by the live one for a
    /// player with a line; null before the end and when the player did not play.
    pub actual_points: Option<u32>,
    /// Result of the recommended side; null before the end, and where no side is recommended and the line is
    /// neither a push nor void.
    pub result: Option<PickResult>,
    /// Whether the outcome of the player's points line can still be corrected; `open` without one.
    pub settled: Settled,
}

/// Result of the recommended side of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PickResult {
    /// The points ended on the recommended side.
    Win,
    /// The points ended on the other side.
    Loss,
    /// The points equal the line.
    Push,
    /// The player did not play, or the game was not played.
    Void,
}

/// A line on a player.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Prop {
    /// Statistic that the line is about.
    pub stat_type: StatType,
    /// The line, in units of the statistic; once locked, as it stood at tip-off.
    pub line: f64,
    /// The first line of the day that was public.
    pub opening_line: f64,
    /// The line that most bookmakers offer, at tip-off the last one; null when no bookmaker offers any.
    pub market_line: Option<f64>,
    /// Number of bookmakers that offer `line`.
    pub books: u32,
    /// Whether the line can no longer change, because the game has begun.
    pub locked: bool,
    /// Best American odds offered on more than the line; null when no bookmaker offers any.
    pub over_odds: Option<i64>,
    /// Best American odds offered on less than the line; null when no bookmaker offers any.
    pub under_odds: Option<i64>,
    /// Count of the statistic in the finished game; null before its end and when the line is void.
    pub actual: Option<u32>,
    /// Result of the line, as in the grading document; `open` while there is none.
    pub outcome: Outcome,
    /// Whether the outcome can still be corrected.
    pub settled: Settled,
}

/// Prediction of a player's points; all fields are null or absent when there is none.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "TonightPrediction")]
pub struct Prediction {
    /// Predicted points; null when there is no prediction.
    pub predicted: Option<f64>,
    /// Confidence of the model, 0–1; null when there is no prediction or its scale is unknown.
    pub confidence: Option<f64>,
    /// Recommended side of the line; null when there is no prediction.
    pub recommendation: Option<Recommendation>,
    /// The largest components of the predicted points, at most four, largest first: `Pace +1.2`, in points; absent when
    /// the model tells none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub factors: Vec<String>,
}
