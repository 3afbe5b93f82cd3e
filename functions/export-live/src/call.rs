//! A call of the function: what it asks for, and its answer.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    Error, decimal,
    documents::{DatedDocument, Published, Target},
    nba::{SlateDay, TargetDay},
};
use tokio::time::Instant;

use crate::{dependents::Dependents, grading, live};

/// The request of a call.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Request {
    target_date: TargetDay,
    include_grading: bool,
    /// Whether nothing is to be done once the official box scores have settled every line of the day.
    until_official: bool,
    polls: Polls,
    every_seconds: Seconds,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            target_date: TargetDay::Today,
            include_grading: true,
            until_official: false,
            polls: Polls(1),
            every_seconds: Seconds(30),
        }
    }
}

/// The number of polls that a call makes while a game is on.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u32")]
struct Polls(u32);

impl TryFrom<u32> for Polls {
    type Error = String;

    fn try_from(polls: u32) -> Result<Self, String> {
        (1..=10).contains(&polls).then_some(Self(polls)).ok_or(format!("polls: {polls}, expected 1 to 10"))
    }
}

/// The time from one poll of a call to the next.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u32")]
struct Seconds(u32);

impl TryFrom<u32> for Seconds {
    type Error = String;

    fn try_from(seconds: u32) -> Result<Self, String> {
        let is_valid = (5..=60).contains(&seconds);
        is_valid.then_some(Self(seconds)).ok_or(format!("every_seconds: {seconds}, expected 5 to 60"))
    }
}

impl Request {
    /// Whether the call is one of the schedule's, which goes on polling while a game is on and rests while none is on
    /// or near.
    pub fn is_scheduled_call(self) -> bool {
        self.polls.0 > 1
    }

    /// When the polls after the first begin, from the beginning of the call.
    pub fn later_polls(self) -> impl Iterator<Item = Duration> {
        (1..self.polls.0).map(move |nth| Duration::from_secs(u64::from(nth * self.every_seconds.0)))
    }
}

/// One run of the export.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub day: SlateDay,
    /// Whether `day` is the current slate day, so that each `latest.json` and the status are written too.
    pub is_today: bool,
    /// Whether grading and timeline are wanted.
    pub with_grading: bool,
    /// Whether nothing is to be done once every line is settled officially.
    pub until_official: bool,
    /// Whether upstream is asked for the scores.
    pub asks_upstream: bool,
    started: Instant,
}

impl Run {
    /// The run that `request` asks for at `now`.
    pub fn begin(request: Request, now: DateTime<Utc>) -> Self {
        let day = request.target_date.at(now);
        let is_today = day == SlateDay::of(now);
        let Request { include_grading: with_grading, until_official, .. } = request;
        Self { day, is_today, with_grading, until_official, asks_upstream: true, started: Instant::now() }
    }

    /// The object of the run's day, and today the latest one too.
    pub fn target(&self, document: DatedDocument) -> Target {
        Target::dated(document, self.day, self.is_today)
    }

    /// How long the run has taken, seconds to two places.
    fn seconds(&self) -> f64 {
        decimal::seconds(self.started.elapsed())
    }
}

/// The documents of a run.
#[derive(Debug)]
pub(crate) enum Exported {
    /// The scores are public; where the poll `failed`, they are only the games of the schedule.
    Scores { scores: Published<live::Document>, dependents: Dependents, failed: Option<Error> },
    /// The poll failed because of `error`; the last public scores stay and are graded.
    GradedOnly { error: Error, scores: Arc<live::Document>, dependents: Dependents },
    /// A later poll was published in the meantime; nothing was written of this one.
    Superseded(live::Document),
}

/// What failed in a run, as text for people.
pub(crate) fn failures(poll: Option<&Error>, dependents: &Dependents) -> Vec<String> {
    let poll = poll.map(|error| format!("live: {error}"));
    poll.into_iter().chain(dependents.errors()).collect()
}

/// The answer to a call.
#[derive(Debug, Serialize)]
pub(crate) struct Reply {
    date: SlateDay,
    status: Status,
    /// URIs of the written objects, by document.
    paths: BTreeMap<&'static str, String>,
    games_in_progress: usize,
    games_final: usize,
    /// The missing documents, with the reasons.
    errors: Vec<String>,
    duration_seconds: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Success,
    Superseded,
    /// No game is on or near; upstream was not asked.
    Idle,
    /// Nothing was left to settle.
    AlreadyOfficial,
    /// Some of the documents stay as they were: the scores, grading or timeline.
    Partial,
}

impl Reply {
    /// The answer to a run while no game is on or near.
    pub fn idle(run: &Run) -> Self {
        tracing::info!(day = %run.day, is_today = run.is_today, status = ?Status::Idle, "no game is on or near");
        Self {
            date: run.day,
            status: Status::Idle,
            paths: BTreeMap::new(),
            games_in_progress: 0,
            games_final: 0,
            errors: Vec::new(),
            duration_seconds: run.seconds(),
        }
    }

    /// Whether the call goes on polling.
    pub fn has_games_on(&self) -> bool {
        self.games_in_progress > 0
    }

    /// The answer to a run that found every line settled officially, by the counts of the public grading.
    pub fn already_official(run: &Run, summary: &grading::Summary) -> Self {
        tracing::info!(day = %run.day, lines = summary.lines.total, "every line of the day is settled officially; nothing is exported");
        Self {
            date: run.day,
            status: Status::AlreadyOfficial,
            paths: BTreeMap::new(),
            games_in_progress: summary.games_in_progress,
            games_final: summary.games_final,
            errors: Vec::new(),
            duration_seconds: run.seconds(),
        }
    }

    /// The answer to a run, which is logged too.
    pub fn of(run: &Run, exported: Exported) -> Self {
        let is_polled = match &exported {
            Exported::Scores { failed, .. } => failed.is_none(),
            Exported::GradedOnly { .. } => false,
            Exported::Superseded(_) => true,
        };
        let (status, document, paths, errors) = match exported {
            Exported::Superseded(document) => {
                (Status::Superseded, document.into(), BTreeMap::new(), Vec::new())
            }
            Exported::GradedOnly { error, scores, dependents } => {
                let errors = failures(Some(&error), &dependents);
                (Status::Partial, scores, dependents.paths().collect(), errors)
            }
            Exported::Scores { scores, dependents, failed } => {
                let mut paths = BTreeMap::from([("live", scores.object)]);
                paths.extend(scores.copy.map(|copy| ("latest", copy)));
                let errors = failures(failed.as_ref(), &dependents);
                paths.extend(dependents.paths());
                let status = match (errors.is_empty(), run.asks_upstream) {
                    (true, true) => Status::Success,
                    (true, false) => Status::Idle,
                    (false, _) => Status::Partial,
                };
                (status, scores.document, paths, errors)
            }
        };
        let Run { day, is_today, .. } = *run;
        for error in &errors {
            tracing::error!(%day, error, "not every document of the run could be exported");
        }
        if is_polled {
            tracing::info!(
                %day, is_today, ?status, poll_id = %document.poll_id, games_in_progress = document.games_in_progress,
                games_final = document.games_final, total_games = document.total_games, "live scores exported"
            );
        } else {
            tracing::warn!(%day, is_today, poll_id = %document.poll_id, "every source failed; public scores stay, or the scheduled games are published");
        }
        Self {
            date: day,
            status,
            paths,
            games_in_progress: document.games_in_progress,
            games_final: document.games_final,
            errors,
            duration_seconds: run.seconds(),
        }
    }
}

impl IntoResponse for Reply {
    /// A document that is missing fails the call, so that the schedule's log shows it.
    fn into_response(self) -> Response {
        let code = match self.status {
            Status::Success | Status::Superseded | Status::Idle | Status::AlreadyOfficial => StatusCode::OK,
            Status::Partial => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (code, Json(self)).into_response()
    }
}
