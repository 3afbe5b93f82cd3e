//! Stage 1: one poll of BallDontLie's live box scores becomes one raw snapshot.
//!
//! `POST / {"idle_every_minutes": 1}` fetches every page of `/v1/box_scores/live` and creates
//! `ball-dont-lie/live-boxscores/{slate day}/{YYYYMMDD_HHMMSS}.json` in the raw bucket; the event of that
//! object triggers the processor. A snapshot without games is stored too. With `idle_every_minutes`, a poll without a
//! game in progress is stored only in every so many minutes, because each snapshot with players is a load job and a
//! table has a limit of them a day.

use std::sync::Arc;

use axum::{Json, Router, body::Bytes};
use chrono::{DateTime, Timelike, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    Clock, Error,
    documents::snapshot::{Snapshot, object_name},
    env::{Environment, raw_bucket},
    google::{
        GoogleCloud,
        storage::{Storage, Upload, Written},
    },
    json,
    nba::{GameStatus, PollId},
    service,
    sources::balldontlie::{BallDontLie, Games, Polled, read_games},
};

/// The settings of this function, from the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The settings common to all services.
    pub service: service::Settings,
    /// The project whose services are called.
    pub google: GoogleCloud,
    /// The source of the box scores.
    pub balldontlie: BallDontLie,
    /// The bucket of the snapshot.
    pub raw_bucket: String,
}

impl Settings {
    /// Reads them; the error names the first variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        Ok(Self {
            service: service::Settings::read(environment)?,
            google: GoogleCloud::read(environment)?,
            balldontlie: BallDontLie::read(environment)?,
            raw_bucket: raw_bucket(environment),
        })
    }
}

/// The request of a call; an empty body stores every poll.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Request {
    idle_every_minutes: IdleEvery,
}

/// While no game is in progress, only polls in minutes of the hour that are multiples of this are stored.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u32")]
struct IdleEvery(u32);

impl Default for IdleEvery {
    fn default() -> Self {
        Self(1)
    }
}

impl TryFrom<u32> for IdleEvery {
    type Error = String;

    fn try_from(minutes: u32) -> Result<Self, String> {
        let is_valid = (1..=60).contains(&minutes);
        is_valid.then_some(Self(minutes)).ok_or(format!("idle_every_minutes: {minutes}, expected 1 to 60"))
    }
}

impl IdleEvery {
    fn is_due(self, at: DateTime<Utc>) -> bool {
        at.minute().is_multiple_of(self.0)
    }
}

/// The answer to the schedule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    status: Status,
    poll_id: PollId,
    game_count: usize,
    /// The snapshot's name in the raw bucket; absent where none was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Success,
    /// Upstream lists no game.
    NoData,
    /// No game is in progress, and the minute is not one in which such a poll is stored.
    Idle,
}

/// Builds the router of the function.
pub fn app(settings: Settings, clock: Clock) -> Router {
    let Settings { service, google, balldontlie, raw_bucket } = settings;
    let storage = Storage::new(&google);
    let scraper = Arc::new(Scraper { balldontlie, storage, raw_bucket, clock });
    service::http("scrape-live-boxscores", &service, scraper, Scraper::scrape)
}

struct Scraper {
    balldontlie: BallDontLie,
    storage: Storage,
    raw_bucket: String,
    clock: Clock,
}

impl Scraper {
    async fn scrape(self: Arc<Self>, body: Bytes) -> Result<Json<Reply>, Error> {
        let Request { idle_every_minutes } = service::json_body(&body)?;
        let Polled { at, games } = self.balldontlie.live(&self.clock).await?;
        let (poll_id, game_count) = (PollId::at(at), games.len());
        if !idle_every_minutes.is_due(at) && !may_be_on(&games) {
            tracing::info!(%poll_id, game_count, "no game is in progress; the poll is not stored");
            return Ok(Json(Reply { status: Status::Idle, poll_id, game_count, path: None }));
        }
        let snapshot = Snapshot {
            timestamp: self.clock.now(),
            poll_id,
            game_count,
            live_boxes: games.iter().map(AsRef::as_ref).collect(),
        };
        let expected = 1024 + games.iter().map(|game| game.get().len() + 1).sum::<usize>();
        let body = json::body("the snapshot", &snapshot, expected)?;
        let path = object_name(poll_id);
        let written = self.storage.create(Upload::json(&self.raw_bucket, &path, body)).await?;
        let game_count = match written {
            Written::Yes(_) => {
                tracing::info!(%poll_id, game_count, path, "snapshot written");
                game_count
            }
            // The schedule may call twice within a second; only one poll of a second is stored.
            Written::PreconditionFailed => {
                tracing::info!(%poll_id, path, "this poll already has its snapshot");
                self.kept_games(&path).await?
            }
        };
        let status = if game_count == 0 { Status::NoData } else { Status::Success };
        Ok(Json(Reply { status, poll_id, game_count, path: Some(path) }))
    }

    /// The number of games in the existing snapshot, which is read to verify it: a poll that is not stored
    /// must not be reported as stored.
    async fn kept_games(&self, path: &str) -> Result<usize, Error> {
        let stored = self.storage.read(&self.raw_bucket, path, None).await?;
        let stored = stored.ok_or_else(|| {
            Error::transient("Cloud Storage", format!("{path} could not be created and is not there"))
        })?;
        let snapshot: Snapshot<'_> = serde_json::from_slice(&stored.body)
            .map_err(|error| Error::Internal(format!("{path} is there and no snapshot: {error}")))?;
        Ok(snapshot.game_count)
    }
}

/// Whether a game is in progress. A game that cannot be read may be.
fn may_be_on(games: &Games) -> bool {
    let (games, unreadable) = read_games(games.iter().map(AsRef::as_ref));
    !unreadable.is_empty() || games.iter().any(|game| game.state.status == GameStatus::InProgress)
}
