//! `v1/status.json`: whether what is public can be trusted (facts 7.4).
//!
//! Both exporters write it after each run. Each judges what it has in hand and takes the rest over from the
//! status before, so that neither waits for the other. Everything is judged by content and schedule, never by
//! the age of a file: before tip-off and on days without games nothing is wrong, and a fresh document with
//! nothing in it is (facts F12, F43, F46, F48).

mod judge;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use judge::{Fixtures, Run};

use crate::{
    Error,
    clock::{iso_micros, iso_micros_or_null},
    json,
    nba::{GameStatus, PollId, SlateDay, Team, TeamPair},
    storage::{Current, PUBLISH_ATTEMPTS, Storage, Upload, Written},
};

/// The object in the public bucket.
pub const OBJECT: &str = "v1/status.json";
const CACHE_CONTROL: &str = "public, max-age=60";

/// Whether what is public can be trusted, and what is known to be wrong with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "StatusDocument")]
pub struct Status {
    /// When this was judged.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    /// The slate day that it is about, as New York counts it.
    pub game_date: SlateDay,
    /// The worst of live scores, tonight's list and predictions; what is unknown counts as degraded.
    pub overall_status: Health,
    /// Each part by itself.
    pub services: Services,
    /// What the documents say of themselves, and what went wrong. Empty where nothing did.
    pub known_issues: Vec<KnownIssue>,
    /// What of our functions' input could not be used since yesterday and is kept as dead letters; null
    /// where that could not be found out.
    pub dead_letters: Option<usize>,
    /// Always empty: there is no planned maintenance.
    pub maintenance_windows: Vec<MaintenanceWindow>,
    /// A day or more without games; null while there are some.
    pub active_break: Option<Break>,
}

/// How well something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Healthy,
    /// Not known yet.
    #[default]
    Unknown,
    /// Of use, but old or incomplete.
    Degraded,
    /// Of no use.
    Unhealthy,
}

impl Health {
    /// Its name in the document.
    fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unknown => "unknown",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// Each part by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "StatusServices")]
pub struct Services {
    /// `v1/live/latest.json`.
    pub live_data: LiveData,
    /// `v1/tonight/all-players.json`.
    pub tonight_data: TonightData,
    /// `v1/live-grading/latest.json`; counts for nothing in the overall status.
    pub grading: Grading,
    /// The predictions of tonight.
    pub predictions: Predictions,
}

/// The live scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "LiveService")]
pub struct LiveData {
    /// How well they are.
    pub status: Health,
    /// Why, for people.
    pub message: String,
    /// When the public scores were made; null where there are none yet.
    #[serde(serialize_with = "iso_micros_or_null")]
    pub last_update: Option<DateTime<Utc>>,
    /// The slate day of the public scores.
    pub game_date: Option<SlateDay>,
    /// The poll that the public scores are from.
    pub poll_id: Option<PollId>,
    /// Minutes from that poll to `updated_at`, to one place.
    pub age_minutes: Option<f64>,
    /// Whether a game is under way and the poll is older than ten minutes.
    pub is_stale: bool,
    /// Whether a game of the slate day is under way, by the schedule and the last poll.
    pub games_active: bool,
    /// Games that are on, by the last poll.
    pub games_in_progress: usize,
    /// Games that have ended or will not be played, by the last poll.
    pub games_over: usize,
    /// Games of the public scores.
    pub total_games: usize,
    /// Lines of players in them.
    pub players: usize,
    /// Each of those games, as it stood at the last poll.
    pub games: Vec<PolledGame>,
    /// How many games, rows and values of the last poll could not be read.
    #[serde(default)]
    pub unreadable: usize,
    /// When newer scores are to be expected: in three minutes, at the first tip-off, or null where no game
    /// is left.
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
    /// How far it was.
    pub status: GameStatus,
    /// The home team's points.
    #[serde(default)]
    pub home_score: u32,
    /// The visitors' points.
    #[serde(default)]
    pub away_score: u32,
    /// Whether the teams were in the break after the second quarter.
    #[serde(default)]
    pub is_halftime: bool,
    /// Since when neither team has scored while the game was on; null where it was not on, or at halftime.
    #[serde(default, serialize_with = "iso_micros_or_null")]
    pub unchanged_since: Option<DateTime<Utc>>,
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
    /// How well it is.
    pub status: Health,
    /// Why, for people.
    pub message: String,
    /// When the public list was made; null where there is none yet.
    #[serde(serialize_with = "iso_micros_or_null")]
    pub last_update: Option<DateTime<Utc>>,
    /// The slate day of the public list.
    pub game_date: Option<SlateDay>,
    /// Minutes since then, to one place.
    pub age_minutes: Option<f64>,
    /// Whether it is still an earlier day's when today's was due.
    pub is_stale: bool,
    /// How many players it has.
    pub total_players: usize,
    /// How many of them have a line.
    pub total_with_lines: usize,
    /// How many games lack the analysis of a team.
    pub games_without_context: usize,
    /// What it says is wrong with it.
    pub degraded_reason: Option<String>,
}

/// The live grading.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "GradingService")]
pub struct Grading {
    /// How well it is.
    pub status: Health,
    /// Why, for people.
    pub message: String,
    /// When the public grading was made.
    #[serde(serialize_with = "iso_micros_or_null")]
    pub last_update: Option<DateTime<Utc>>,
    /// The poll that it is of.
    pub poll_id: Option<PollId>,
}

/// The predictions of tonight.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PredictionsService")]
pub struct Predictions {
    /// How well they are.
    pub status: Health,
    /// Why, for people.
    pub message: String,
    /// How many players something is predicted of.
    pub predictions_count: usize,
    /// Of which slate day.
    pub target_date: Option<SlateDay>,
}

/// Something that is known to be wrong or missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnownIssue {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, for people.
    pub message: String,
    /// Whose run saw it.
    pub reported_by: Exporter,
    /// When it was first seen; of a failure, since when it has not succeeded.
    #[serde(serialize_with = "iso_micros")]
    pub detected_at: DateTime<Utc>,
}

/// One of the two functions that write the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Exporter {
    /// The live export.
    ExportLive,
    /// The tonight export.
    ExportTonight,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look at it.
    Warning,
    /// Somebody has to.
    Error,
}

/// A planned interruption; there are none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MaintenanceWindow {}

/// A day or more without games.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Break {
    /// In a few words: `No games today`.
    pub headline: String,
    /// In a sentence.
    pub message: String,
    /// The next slate day; null where the schedule has none within a month.
    pub resume_date: Option<SlateDay>,
    /// The slate day before.
    pub last_game_date: Option<SlateDay>,
}

impl Status {
    /// What runs could not do; everything else that is known is not as bad as that.
    pub fn failures(&self) -> impl Iterator<Item = &KnownIssue> {
        self.known_issues.iter().filter(|issue| issue.severity == Severity::Error)
    }
}

/// The status that is public, as far as a process knows.
#[derive(Clone, Debug)]
pub struct Public {
    current: Current,
    status: Option<Arc<Status>>,
}

impl Public {
    /// What it says; `None` where there is none, or where it makes no sense.
    pub fn status(&self) -> Option<&Status> {
        self.status.as_deref()
    }
}

/// Reads the public status; one that cannot be read is made anew.
pub async fn read(storage: &Storage, bucket: &str) -> Result<Public, Error> {
    let Some(stored) = storage.read_public(bucket, OBJECT).await? else {
        return Ok(Public { current: Current::NONE, status: None });
    };
    let status = serde_json::from_slice(&stored.body).inspect_err(|error| {
        tracing::error!(%error, "the public status cannot be read; it is made anew");
    });
    Ok(Public { current: stored.current, status: status.ok().map(Arc::new) })
}

/// Publishes what `run` has to say over the status that is public, unless somebody's later word is. Returns
/// what is public now, for the next run of this process.
///
/// A run that has said too early what it then could not do takes that back by `instead_of`: the status of
/// before it said so.
pub async fn publish(
    storage: &Storage,
    bucket: &str,
    mut public: Option<Public>,
    run: &Run<'_>,
    mut instead_of: Option<Public>,
) -> Result<Public, Error> {
    for _ in 0..PUBLISH_ATTEMPTS {
        let before = match public.take() {
            Some(public) => public,
            None => read(storage, bucket).await?,
        };
        // Where somebody else has written meanwhile, theirs counts.
        let over = instead_of.take().unwrap_or_else(|| before.clone());
        let status = run.judge(over.status());
        if before.current.version > Some(status.updated_at) {
            return Ok(before);
        }
        let body = json::body("the status", &status, 4096)?;
        let upload = Upload::public(bucket, OBJECT, body, CACHE_CONTROL, status.updated_at);
        if let Written::Yes(generation) = storage.write_over(upload, before.current.generation).await? {
            let current = Current { generation, version: Some(status.updated_at) };
            // An alert counts the unhealthy ones: "The status is unhealthy".
            let overall_status = status.overall_status.name();
            tracing::info!(overall_status, issues = status.known_issues.len(), "status published");
            return Ok(Public { current, status: Some(Arc::new(status)) });
        }
    }
    Err(Error::transient(
        "Cloud Storage",
        format!("{OBJECT} changed under each of {PUBLISH_ATTEMPTS} writes"),
    ))
}
