//! The types of `v1/status.json`.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SourceStatus;
use crate::{
    clock::{iso_micros, iso_micros_or_null},
    nba::{GameStatus, PollId, SlateDay, Team, TeamPair},
};

/// Whether the public documents can be relied on, and what is known to be wrong with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "StatusDocument")]
pub struct Status {
    /// Instant, UTC, at which the status was judged.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    /// The slate day that it is about: the New York date four hours ago.
    pub game_date: SlateDay,
    /// The worst of live scores, tonight's list and predictions; unknown counts as degraded.
    pub overall_status: Health,
    /// The health of each document.
    pub services: Services,
    /// The sources of the live scores, the preferred one first; empty until the live export has run.
    #[serde(default)]
    pub sources: Vec<SourceStatus>,
    /// Everything that is known to be wrong or missing; empty where nothing is.
    pub known_issues: Vec<KnownIssue>,
    /// Number of inputs of the last 24 hours that could not be processed and were dead-lettered; null where
    /// they could not be counted.
    pub dead_letters: Option<usize>,
    /// Planned interruptions; always empty.
    pub maintenance_windows: Vec<MaintenanceWindow>,
    /// The current break without games; null on a day with games.
    pub active_break: Option<Break>,
}

/// The health of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Complete and current.
    Healthy,
    /// Not known yet.
    #[default]
    Unknown,
    /// Usable, but old or incomplete.
    Degraded,
    /// Must not be relied on.
    Unhealthy,
}

impl Health {
    /// Its name in the document.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unknown => "unknown",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// The health of each document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "StatusServices")]
pub struct Services {
    /// `v1/live/latest.json`.
    pub live_data: LiveData,
    /// `v1/tonight/all-players.json`.
    pub tonight_data: TonightData,
    /// `v1/live-grading/latest.json`; does not affect the overall status.
    pub grading: Grading,
    /// Tonight's predictions.
    pub predictions: Predictions,
}

/// The live scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "LiveService")]
pub struct LiveData {
    /// Health of the live scores.
    pub status: Health,
    /// The reason, as text for people.
    pub message: String,
    /// When the public scores were generated; null where there are none yet.
    #[serde(serialize_with = "iso_micros_or_null")]
    pub last_update: Option<DateTime<Utc>>,
    /// The slate day of the public scores; null where there are none yet.
    pub game_date: Option<SlateDay>,
    /// The poll of the public scores; null where there are none yet.
    pub poll_id: Option<PollId>,
    /// Minutes from that poll to `updated_at`, to one decimal place; null without a poll.
    pub age_minutes: Option<f64>,
    /// True while a game is in progress and the poll is older than ten minutes.
    pub is_stale: bool,
    /// Whether a game of the slate day is in progress, by the schedule and the last poll.
    pub games_active: bool,
    /// Number of games in progress, by the last poll.
    pub games_in_progress: usize,
    /// Number of games that are final or postponed, by the last poll.
    pub games_over: usize,
    /// Number of games in the public scores.
    pub total_games: usize,
    /// Number of box score entries of players in them.
    pub players: usize,
    /// Each of those games, at the last poll.
    pub games: Vec<PolledGame>,
    /// Number of games, rows and values of the last poll that could not be read.
    #[serde(default)]
    pub unreadable: usize,
    /// When the next scores are expected: as the scores say themselves; where that has passed, in thirty seconds while
    /// a game is in progress, in a minute while one is late, else at the next tip-off. Null where no game is left.
    #[serde(serialize_with = "iso_micros_or_null")]
    pub next_update_expected: Option<DateTime<Utc>>,
}

/// A game of the public scores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolledGame {
    /// The home team's code.
    pub home_team: Team,
    /// The visiting team's code.
    pub away_team: Team,
    /// State of the game.
    pub status: GameStatus,
    /// The home team's points.
    #[serde(default)]
    pub home_score: u32,
    /// The visitors' points.
    #[serde(default)]
    pub away_score: u32,
    /// Whether it was halftime.
    #[serde(default)]
    pub is_halftime: bool,
    /// Instant, UTC, since which neither team has scored; null where the game was not in progress, or at halftime.
    #[serde(default, serialize_with = "iso_micros_or_null")]
    pub unchanged_since: Option<DateTime<Utc>>,
    /// Number of players whose row is older than the game's state.
    #[serde(default)]
    pub outdated_players: usize,
    /// Instant, UTC, since which several players' rows have been older than the game's state; null where none or a few
    /// are, and where the game was not in progress.
    #[serde(default, serialize_with = "iso_micros_or_null")]
    pub outdated_since: Option<DateTime<Utc>>,
}

impl PolledGame {
    /// The two teams, which name the game of a day.
    pub(crate) fn pair(&self) -> TeamPair {
        TeamPair::of(&self.home_team, &self.away_team)
    }
}

/// Tonight's list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TonightService")]
pub struct TonightData {
    /// Health of tonight's list.
    pub status: Health,
    /// The reason, as text for people.
    pub message: String,
    /// When the public list was last built, whether or not that changed it; null where there is none yet.
    #[serde(serialize_with = "iso_micros_or_null")]
    pub last_update: Option<DateTime<Utc>>,
    /// The slate day of the public list; null where there is none yet.
    pub game_date: Option<SlateDay>,
    /// Minutes from then to `updated_at`, to one decimal place; null without a list.
    pub age_minutes: Option<f64>,
    /// True where a game has begun and the list is still an earlier day's.
    pub is_stale: bool,
    /// Number of players in it.
    pub total_players: usize,
    /// Number of those with a line.
    pub total_with_lines: usize,
    /// Number of games without the analysis of a team.
    pub games_without_context: usize,
    /// The list's own `degraded_reason`; null where it has none.
    pub degraded_reason: Option<String>,
}

/// The live grading.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "GradingService")]
pub struct Grading {
    /// Health of the live grading.
    pub status: Health,
    /// The reason, as text for people.
    pub message: String,
    /// When the public grading was generated; null where there is none yet.
    #[serde(serialize_with = "iso_micros_or_null")]
    pub last_update: Option<DateTime<Utc>>,
    /// The poll that it grades; null where there is none yet.
    pub poll_id: Option<PollId>,
}

/// Tonight's predictions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PredictionsService")]
pub struct Predictions {
    /// Health of tonight's predictions.
    pub status: Health,
    /// The reason, as text for people.
    pub message: String,
    /// Number of players with a prediction.
    pub predictions_count: usize,
    /// Their slate day; null where none were read yet.
    pub target_date: Option<SlateDay>,
}

/// Something that is known to be wrong or missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnownIssue {
    /// Its severity.
    pub severity: Severity,
    /// What is wrong, as text for people.
    pub message: String,
    /// The function that reported it.
    pub reported_by: Exporter,
    /// When it was first seen; of a failed export, when it first failed.
    #[serde(serialize_with = "iso_micros")]
    pub detected_at: DateTime<Utc>,
}

/// A function that writes the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Exporter {
    /// The live export.
    ExportLive,
    /// The tonight export.
    ExportTonight,
}

/// The severity of an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Information only.
    Info,
    /// Should be looked at.
    Warning,
    /// Needs action now.
    Error,
}

/// A planned interruption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MaintenanceWindow {}

/// A break without games.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Break {
    /// A headline, such as `No games today`.
    pub headline: String,
    /// The headline as a sentence.
    pub message: String,
    /// The next slate day with games; null where the schedule has none within a month.
    pub resume_date: Option<SlateDay>,
    /// The last slate day with games; null where it is not known.
    pub last_game_date: Option<SlateDay>,
}

impl Status {
    /// The issues that are failures of an export.
    pub fn failures(&self) -> impl Iterator<Item = &KnownIssue> {
        self.known_issues.iter().filter(|issue| issue.severity == Severity::Error)
    }
}
