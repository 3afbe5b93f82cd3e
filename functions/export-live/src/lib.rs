//! Stage 6, live: the scores of a slate day become the public `v1/live/{date}.json`, and today's also
//! `v1/live/latest.json`.
//!
//! `POST / {"target_date": "today"|"yesterday"|"YYYY-MM-DD"}`; an empty body means today. Today comes
//! from BallDontLie's live endpoint; any other day from its dated one, and leaves `latest.json` alone.
//! The live endpoint drops a game an hour or two after it ended: what the document has had of a
//! finished game stays in it. When upstream fails nothing is written and the last good file stays.

mod kept;
mod live;
mod names;

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::Router;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    Clock, Error,
    balldontlie::{BallDontLie, Game, Games, read_games},
    bigquery::BigQuery,
    config::{Environment, Platform, api_bucket},
    function,
    nba::{PollId, SlateDay, TargetDay},
    storage::{Published, Storage, Upload, Written},
};
use tokio::time::Instant;

use crate::{
    kept::Kept,
    live::{Document, LiveGame},
    names::{Directory, Schedule},
};

const CACHE_CONTROL: &str = "public, max-age=30";
const LATEST: &str = "v1/live/latest.json";
/// The directory gains a player a day at most.
const DIRECTORY_AGE: Duration = Duration::from_secs(6 * 3600);
/// The schedule changes when a game is postponed.
const SCHEDULE_AGE: Duration = Duration::from_secs(5 * 60);
/// How long scores wait for names from BigQuery before they are published with upstream's own.
const PATIENCE: Duration = Duration::from_secs(8);
/// How often a document is made anew because somebody else published meanwhile.
const WRITE_ATTEMPTS: usize = 8;

/// What this function reads from the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What every function reads.
    pub platform: Platform,
    /// Where the box scores come from.
    pub balldontlie: BallDontLie,
    /// Where the documents go.
    pub api_bucket: String,
}

impl Settings {
    /// Reads them; the error names the first variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        Ok(Self {
            platform: Platform::read(environment)?,
            balldontlie: BallDontLie::read(environment)?,
            api_bucket: api_bucket(environment),
        })
    }
}

/// What the caller asks for.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(default)]
    target_date: TargetDay,
}

/// The answer to the caller.
#[derive(Debug, Serialize)]
struct Reply {
    date: SlateDay,
    status: Status,
    /// What was written, in the public bucket.
    paths: BTreeMap<&'static str, String>,
    games_in_progress: usize,
    games_final: usize,
    duration_seconds: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Success,
    /// A newer poll was published while this one was on its way; nothing was written.
    Superseded,
}

/// The function.
pub fn app(settings: Settings, clock: Clock) -> Router {
    let Settings { platform, balldontlie, api_bucket } = settings;
    let bigquery = Arc::new(BigQuery::new(&platform));
    let directory = Kept::new("player directory", DIRECTORY_AGE, {
        let bigquery = bigquery.clone();
        move |season_start| {
            let bigquery = bigquery.clone();
            async move { names::directory(&bigquery, season_start).await }
        }
    });
    let schedule = Kept::new("schedule", SCHEDULE_AGE, move |day| {
        let bigquery = bigquery.clone();
        async move { names::schedule(&bigquery, day).await }
    });
    let exporter = Arc::new(Exporter {
        balldontlie,
        storage: Storage::new(&platform),
        api_bucket,
        directory,
        schedule,
        published: Mutex::default(),
        clock,
    });
    function::http("export-live", &platform, move |body| {
        let exporter = exporter.clone();
        async move { exporter.export(function::json_body(&body)?).await }
    })
}

struct Exporter {
    balldontlie: BallDontLie,
    storage: Storage,
    api_bucket: String,
    directory: Arc<Kept<SlateDay, Directory>>,
    schedule: Arc<Kept<SlateDay, Schedule>>,
    /// The document that was published last, so that a warm export need not read it.
    published: Mutex<Option<Public>>,
    clock: Clock,
}

/// The public document of a day.
#[derive(Clone, Debug)]
struct Public {
    day: SlateDay,
    /// Its generation; 0 where there is none.
    generation: i64,
    /// When the poll it shows was begun.
    version: Option<DateTime<Utc>>,
    games: Arc<Vec<LiveGame>>,
}

/// One poll of a day.
#[derive(Debug)]
struct Poll {
    day: SlateDay,
    is_today: bool,
    begun: DateTime<Utc>,
    games: Vec<LiveGame>,
    /// Whether every game upstream sent could be read, so that a missing one is really missing.
    is_whole: bool,
}

impl Exporter {
    async fn export(&self, request: Request) -> Result<Reply, Error> {
        let started = Instant::now();
        let begun = self.clock.now();
        let day = request.target_date.at(begun);
        let is_today = day == SlateDay::of(begun);

        let fetch =
            async { if is_today { self.balldontlie.live().await } else { self.balldontlie.on(day).await } };
        let (upstream, directory, schedule, public) = tokio::join!(
            fetch,
            self.directory.get(day.season_start(), PATIENCE),
            self.schedule.get(day, PATIENCE),
            self.public(day),
        );
        let (directory, schedule) = (directory.unwrap_or_default(), schedule.unwrap_or_default());
        let (games, is_whole) = games_of(day, &upstream?)?;
        let shown =
            |games: &[Game]| games.iter().map(|game| LiveGame::of(game, &directory, &schedule)).collect();
        let mut poll = Poll { day, is_today, begun, games: shown(&games), is_whole };
        let public = public?;
        if is_today && poll.misses_an_unsettled_game_of(&public.games) {
            // It went from the live endpoint before we saw it end; the dated one knows how it ended.
            match self.balldontlie.on(day).await.and_then(|upstream| games_of(day, &upstream)) {
                Ok((games, is_whole)) => poll.add(shown(&games), is_whole),
                Err(error) => {
                    tracing::warn!(%error, "a game has vanished and its end is not known; kept as it was");
                    poll.is_whole = false;
                }
            }
        }
        let (status, document) = self.publish(&poll, public).await?;
        let mut paths = BTreeMap::new();
        if status == Status::Success {
            paths.insert("live", object_name(day));
            if is_today {
                paths.insert("latest", LATEST.to_owned());
            }
        }
        tracing::info!(
            %day, ?status, poll_id = %document.poll_id, games_in_progress = document.games_in_progress,
            games_final = document.games_final, total_games = document.total_games, "live scores exported"
        );
        Ok(Reply {
            date: day,
            status,
            paths,
            games_in_progress: document.games_in_progress,
            games_final: document.games_final,
            duration_seconds: (started.elapsed().as_secs_f64() * 100.0).round() / 100.0,
        })
    }

    /// The public document of `day` as far as we know it: from memory, else from the bucket.
    async fn public(&self, day: SlateDay) -> Result<Public, Error> {
        let remembered = self.published().clone().filter(|public| public.day == day);
        match remembered {
            Some(public) => Ok(public),
            None => self.read_public(day).await,
        }
    }

    async fn read_public(&self, day: SlateDay) -> Result<Public, Error> {
        let object = object_name(day);
        let Some(stored) = self.storage.read(&self.api_bucket, &object, None).await? else {
            return Ok(Public { day, generation: 0, version: None, games: Arc::default() });
        };
        let games = match serde_json::from_slice::<Document>(&stored.body) {
            Ok(document) => document.games,
            Err(error) => {
                tracing::error!(object, %error, "the public document cannot be read; it is made anew");
                Vec::new()
            }
        };
        let shared::storage::Current { generation, version } = stored.current;
        Ok(Public { day, generation, version, games: Arc::new(games) })
    }

    fn published(&self) -> std::sync::MutexGuard<'_, Option<Public>> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the poll's documents over `public`, both at once; over a newer `public` where somebody
    /// else has written meanwhile, unless theirs is of a later poll.
    async fn publish(&self, poll: &Poll, mut public: Public) -> Result<(Status, Document), Error> {
        let object = object_name(poll.day);
        for _ in 0..WRITE_ATTEMPTS {
            let document = poll.document_over(&public.games, self.clock.now());
            if public.version > Some(poll.begun) {
                *self.published() = Some(public);
                return Ok((Status::Superseded, document));
            }
            let body: Bytes = serde_json::to_vec(&document)
                .map_err(|error| Error::Internal(format!("the live document could not be written: {error}")))?
                .into();
            let upload =
                |object| Upload::public(&self.api_bucket, object, body.clone(), CACHE_CONTROL, poll.begun);
            let latest = async {
                if poll.is_today {
                    self.storage.publish_latest(upload(LATEST)).await
                } else {
                    Ok(Published::Superseded)
                }
            };
            let dated = self.storage.write_over(upload(&object), public.generation);
            let (dated, latest) = tokio::join!(dated, latest);
            match dated? {
                Written::Yes(generation) => {
                    latest?;
                    let (version, games) = (Some(poll.begun), Arc::new(document.games.clone()));
                    *self.published() = Some(Public { day: poll.day, generation, version, games });
                    return Ok((Status::Success, document));
                }
                Written::PreconditionFailed => public = self.read_public(poll.day).await?,
            }
        }
        Err(Error::transient(
            "Cloud Storage",
            format!("{object} changed under each of {WRITE_ATTEMPTS} writes"),
        ))
    }
}

impl Poll {
    fn has(&self) -> HashSet<&str> {
        self.games.iter().map(|game| game.game_id.as_str()).collect()
    }

    /// Whether a public game that has not ended is not in this poll.
    fn misses_an_unsettled_game_of(&self, public: &[LiveGame]) -> bool {
        let has = self.has();
        public.iter().any(|game| !game.is_settled() && !has.contains(game.game_id.as_str()))
    }

    /// Adds the games of another answer that this one does not have.
    fn add(&mut self, games: Vec<LiveGame>, is_whole: bool) {
        let has: HashSet<String> = self.has().into_iter().map(str::to_owned).collect();
        self.games.extend(games.into_iter().filter(|game| !has.contains(&game.game_id)));
        self.is_whole &= is_whole;
    }

    /// The poll's document, with what `public` has of games that upstream no longer lists.
    fn document_over(&self, public: &[LiveGame], updated_at: DateTime<Utc>) -> Document {
        let kept = public.iter().filter(|game| game.is_settled() || !self.is_whole);
        // Later games replace earlier ones of the same id, so the poll's own come last.
        Document::new(
            self.day,
            PollId::at(self.begun),
            updated_at,
            kept.cloned().chain(self.games.iter().cloned()),
        )
    }
}

/// The games of `day` among what upstream sent, and whether all of it could be read. An answer of which
/// nothing can be read is upstream's failure, not an empty night.
fn games_of(day: SlateDay, upstream: &Games) -> Result<(Vec<Game>, bool), Error> {
    let (mut games, rejected) = read_games(upstream.iter().map(AsRef::as_ref));
    for rejected in &rejected {
        tracing::warn!(
            what = rejected.what,
            reason = rejected.reason,
            "part of the box scores cannot be read"
        );
    }
    if games.is_empty() && !upstream.is_empty() {
        let reason = rejected.first().map_or("", |first| first.reason.as_str());
        return Err(Error::BallDontLie(format!("none of {} games can be read: {reason}", upstream.len())));
    }
    games.retain(|game| game.day == day);
    Ok((games, rejected.is_empty()))
}

fn object_name(day: SlateDay) -> String {
    format!("v1/live/{day}.json")
}
