//! The scraper: one poll of the live box scores becomes one raw snapshot.
//!
//! `POST / {"idle_every_minutes": 1}` asks the first source and creates
//! `ball-dont-lie/live-boxscores/{slate day}/{YYYYMMDD_HHMMSS}.json` in the raw bucket; the event of that
//! object triggers the processor. A snapshot without games is stored too. The second source is asked when the first one
//! fails or is late, and for games whose public scores come from it; its snapshots are under
//! `nba-com/live-boxscores/`. With `idle_every_minutes`, a poll without a game in progress is stored only in every so
//! many minutes, because each snapshot with players is a load job and a table has a limit of them a day.

mod public;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{Json, Router, body::Bytes};
use chrono::{DateTime, Timelike, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    Clock, Error,
    documents::snapshot::{Snapshot, object_name},
    env::{Environment, api_bucket, raw_bucket},
    error::Detail,
    google::{
        GoogleCloud,
        storage::{Storage, Upload, Written},
    },
    json,
    nba::{GameStatus, PollId, TeamPair},
    service,
    sources::{ASK_SECOND_AFTER, Game, LiveSources, PendingPoll, Polled, Source},
};

use crate::public::PublicGames;

/// The settings of this function, from the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The settings common to all services.
    pub service: service::Settings,
    /// The project whose services are called.
    pub google: GoogleCloud,
    /// The sources of the box scores.
    pub sources: LiveSources,
    /// The bucket of the snapshot.
    pub raw_bucket: String,
    /// The bucket of the public scores, which say which source they come from.
    pub api_bucket: String,
}

impl Settings {
    /// Reads them; the error names the first variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        Ok(Self {
            service: service::Settings::read(environment)?,
            google: GoogleCloud::read(environment)?,
            sources: LiveSources::read(environment)?,
            raw_bucket: raw_bucket(environment),
            api_bucket: api_bucket(environment),
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
    source: Source,
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
    let Settings { service, google, sources, raw_bucket, api_bucket } = settings;
    let storage = Storage::new(&google);
    let scraper = Arc::new(Scraper { sources, storage, raw_bucket, api_bucket, clock });
    service::http("scrape-live-boxscores", &service, scraper, Scraper::scrape)
}

struct Scraper {
    sources: LiveSources,
    storage: Storage,
    raw_bucket: String,
    api_bucket: String,
    clock: Clock,
}

impl Scraper {
    async fn scrape(self: Arc<Self>, body: Bytes) -> Result<Json<Reply>, Error> {
        let Request { idle_every_minutes: every } = service::json_body(&body)?;
        let (first, second) = (self.sources.first(), self.sources.second());
        let answers = async {
            let mut pending = self.pending_poll(first);
            match (tokio::time::timeout(ASK_SECOND_AFTER, &mut pending).await, second) {
                (Ok(polled), _) => (polled, None),
                (Err(_), Some(second)) => self.sources.race(pending, self.pending_poll(second)).await,
                (Err(_), None) => (pending.await, None),
            }
        };
        let ((polled, stand_in), public) = tokio::join!(answers, self.public_games());
        let polled = match (polled, second) {
            (Ok(polled), Some(second)) => {
                let is_wanted = public.come_from(second, self.clock.now());
                let beside = if is_wanted { self.beside(second, &public).await } else { None };
                return self.store_one(&polled, beside, second, &public, every).await.map(Json);
            }
            (Err(error), Some(second)) => {
                tracing::warn!(%error, second = second.name(), "the first source of scores fails or is late; the second stands in if it answers");
                let stand_in = match stand_in {
                    Some(answer) => answer,
                    None => self.pending_poll(second).await,
                };
                stand_in
                    .inspect_err(|error| tracing::warn!(%error, "the second source of scores failed too; no snapshot is stored"))
                    .map_err(|_| error)?
            }
            (polled, _) => polled?,
        };
        self.store(&polled, &public, every, BTreeSet::new()).await.map(Json)
    }

    fn pending_poll(&self, source: Source) -> PendingPoll {
        let (sources, clock) = (self.sources.clone(), self.clock.clone());
        Box::pin(async move { sources.live(source, &clock).await })
    }

    /// What the public scores say; nothing where they cannot be read.
    async fn public_games(&self) -> PublicGames {
        match self.sources.second() {
            Some(_) => PublicGames::read(&self.storage, &self.api_bucket).await,
            None => PublicGames::default(),
        }
    }

    /// The second source's poll of the games whose public scores come from it, and which these are; `None` where it
    /// fails.
    async fn beside(&self, second: Source, public: &PublicGames) -> Option<(Polled, BTreeSet<TeamPair>)> {
        let polled = self.sources.live(second, &self.clock).await;
        let polled = polled.inspect_err(
            |error| tracing::error!(%error, source = second.name(), "the second source's games could not be polled; the history has the first one's"),
        );
        polled.ok().map(|polled| public.only_those_of(polled))
    }

    /// Stores one of two polls, so that there is one snapshot a minute: where each source has games of its own, they
    /// take turns. The rows of a game are those of the source that its public scores come from, as far as that source
    /// has the game.
    async fn store_one(
        &self,
        first: &Polled,
        beside: Option<(Polled, BTreeSet<TeamPair>)>,
        second: Source,
        public: &PublicGames,
        every: IdleEvery,
    ) -> Result<Reply, Error> {
        let (polled, pairs) = beside.unzip();
        let mut elsewhere = pairs.unwrap_or_default();
        let is_turn = first.at.minute() % 2 == 1 || !may_be_on(first, &elsewhere);
        if let Some(polled) = polled.filter(|polled| is_turn && !polled.games.is_empty()) {
            return self.store(&polled, public, every, BTreeSet::new()).await;
        }
        elsewhere.extend(public.ended_by(second));
        self.store(first, public, every, elsewhere).await
    }

    /// Stores a poll as a snapshot, unless no game is in progress and it is not due. The rows of the games `elsewhere`
    /// are taken from another snapshot.
    async fn store(
        &self,
        polled: &Polled,
        public: &PublicGames,
        every: IdleEvery,
        elsewhere: BTreeSet<TeamPair>,
    ) -> Result<Reply, Error> {
        let Polled { source, at, ref games, .. } = *polled;
        let (poll_id, game_count) = (PollId::at(at), games.len());
        if !every.is_due(at) && !may_be_on(polled, &elsewhere) {
            tracing::info!(%poll_id, game_count, "no game is in progress; the poll is not stored");
            return Ok(Reply { status: Status::Idle, source, poll_id, game_count, path: None });
        }
        let snapshot = Snapshot {
            timestamp: self.clock.now(),
            poll_id,
            game_count,
            live_boxes: games.iter().map(AsRef::as_ref).collect(),
            elsewhere: elsewhere.into_iter().collect(),
            game_ids: if source == Source::NbaCdn { public.game_ids() } else { BTreeMap::new() },
        };
        let expected = 1024 + games.iter().map(|game| game.get().len() + 1).sum::<usize>();
        let body = json::body("the snapshot", &snapshot, expected)?;
        let path = object_name(source, poll_id);
        let written = self.storage.create(Upload::json(&self.raw_bucket, &path, body)).await?;
        let game_count = match written {
            Written::Yes(_) => {
                tracing::info!(%poll_id, game_count, path, "snapshot written");
                game_count
            }
            // The schedule may call twice within a second; only one poll of a second is stored.
            Written::PreconditionFailed => {
                tracing::info!(%poll_id, path, "a snapshot of this second already exists; this poll is not stored");
                self.kept_games(&path).await?
            }
        };
        let status = if game_count == 0 { Status::NoData } else { Status::Success };
        Ok(Reply { status, source, poll_id, game_count, path: Some(path) })
    }

    /// The number of games in the existing snapshot, which is read to verify it: a poll that is not stored
    /// must not be reported as stored.
    async fn kept_games(&self, path: &str) -> Result<usize, Error> {
        let stored = self.storage.read(&self.raw_bucket, path, None).await?;
        let stored = stored.ok_or_else(|| {
            Error::transient("Cloud Storage", format!("{path} was refused as existing, but does not exist"))
        })?;
        let snapshot: Snapshot<'_> = serde_json::from_slice(&stored.body).map_err(|error| {
            Error::internal(Detail::of(format!("{path} exists, but is not a snapshot"), error))
        })?;
        Ok(snapshot.game_count)
    }
}

/// Whether a game is in progress whose rows are not `elsewhere`. A game that cannot be read may be.
fn may_be_on(polled: &Polled, elsewhere: &BTreeSet<TeamPair>) -> bool {
    let (games, unreadable) = polled.read();
    let is_on = |game: &Game| {
        let pair = TeamPair::of(&game.home.team, &game.visitor.team);
        game.state.status == GameStatus::InProgress && !elsewhere.contains(&pair)
    };
    !unreadable.is_empty() || games.iter().any(is_on)
}
