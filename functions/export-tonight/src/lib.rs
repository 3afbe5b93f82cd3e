//! Stage 6, tonight: a Pub/Sub message, either a trigger or the announcement of finished predictions, becomes
//! the public list of tonight's players with line, odds, prediction, form and injury:
//! `v1/tonight/{date}.json` and, for today, `v1/tonight/all-players.json`.
//!
//! The result goes to the completion topic. A message that requests something else or cannot be read is
//! completed as failed, dead-lettered and acknowledged; it never triggers an export by default.

pub mod document;
pub mod form;
pub mod trigger;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::{
    Clock, Error,
    documents::status::{self, TonightData},
    env::{Environment, api_bucket, raw_bucket},
    google::{
        GoogleCloud,
        bigquery::BigQuery,
        pubsub::Topic,
        storage::{Published, Storage, Upload, uri},
    },
    json,
    nba::SlateDay,
    service::{
        self, Outcome,
        dead_letter::DeadLetters,
        event::{MESSAGE_PUBLISHED, published_message},
    },
    slate::Memory,
};
use tokio::{sync::oneshot, time::Instant};

use crate::{
    document::{Document, Night, Rows},
    trigger::{Completion, Echo, Message, Status},
};

const NAME: &str = "export-tonight";
const CACHE_CONTROL: &str = "public, max-age=300";
const ALL_PLAYERS: &str = "v1/tonight/all-players.json";
/// Half of the interval between two exports of a list.
const HALF_A_REFRESH: TimeDelta = TimeDelta::seconds(450);
/// How long the status waits for optional values.
const STATUS_PATIENCE: Duration = Duration::from_secs(2);

/// The settings of this function, from the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The settings common to all services.
    pub service: service::Settings,
    /// The project whose services are called.
    pub google: GoogleCloud,
    /// The bucket of the documents.
    pub api_bucket: String,
    /// The bucket of the dead letters.
    pub raw_bucket: String,
    /// `EXPORT_COMPLETE_TOPIC`: the topic of completion messages.
    pub complete_topic: String,
}

impl Settings {
    /// Reads them; the error names the first variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        let complete_topic = environment.get("EXPORT_COMPLETE_TOPIC");
        Ok(Self {
            service: service::Settings::read(environment)?,
            google: GoogleCloud::read(environment)?,
            api_bucket: api_bucket(environment),
            raw_bucket: raw_bucket(environment),
            complete_topic: complete_topic.unwrap_or_else(|| "nba-phase6-export-complete".to_owned()),
        })
    }
}

/// The answer to the deliverer, also shown to a person who calls the function.
#[derive(Debug, Serialize)]
struct Reply {
    status: Status,
    date: SlateDay,
    paths: BTreeMap<&'static str, String>,
    total_players: usize,
}

/// Builds the router of the function.
pub fn app(settings: Settings, clock: Clock) -> Router {
    let Settings { service, google, api_bucket, raw_bucket, complete_topic } = settings;
    let storage = Storage::new(&google);
    let dead_letters = DeadLetters::new(storage.clone(), raw_bucket, NAME, clock.clone());
    let exporter = Arc::new(Exporter {
        bigquery: BigQuery::new(&google),
        storage,
        api_bucket,
        dead_letters: dead_letters.clone(),
        complete: Topic::new(&google, &complete_topic),
        clock,
    });
    service::event(NAME, &service, MESSAGE_PUBLISHED, dead_letters, move |event| {
        let exporter = exporter.clone();
        async move { exporter.handle(&event).await }
    })
}

struct Exporter {
    bigquery: BigQuery,
    storage: Storage,
    api_bucket: String,
    dead_letters: DeadLetters,
    complete: Topic,
    clock: Clock,
}

/// Tonight's list, and the data that it is built from.
struct List {
    night: Night,
    document: Document,
}

/// Result of an export.
#[derive(Default)]
struct Exported {
    paths: BTreeMap<&'static str, String>,
    total_players: usize,
    errors: Vec<String>,
}

impl Exporter {
    /// Handles one message: exports, then completes it. A permanent failure is completed as failed before it
    /// is dead-lettered; after any other failure the message is delivered again.
    async fn handle(&self, event: &cloudevents::Event) -> Result<Outcome<Reply>, Error> {
        let started = Instant::now();
        let begun = self.clock.now();
        let message = published_message(event);
        let echo = message.as_ref().map(|message| Echo::of(message)).unwrap_or_default();
        let message = message.map_err(|error| error.to_string()).and_then(|message| Message::read(&message));
        let (day, exported) = match message {
            Ok(Message::TooFewPredictions(reason)) => {
                tracing::warn!(reason, "event ignored");
                return Ok(Outcome::ignored(reason));
            }
            Ok(Message::Trigger(trigger)) => {
                let day = trigger.target.at(begun);
                let update_latest = trigger.update_latest && day == SlateDay::of(begun);
                let exported = self.export(day, begun, update_latest).await;
                let mut exported = match exported {
                    Err(Error::Permanent(reason)) => Exported { errors: vec![reason], ..Exported::default() },
                    exported => exported?,
                };
                exported.errors.extend(trigger.unknown);
                (day, exported)
            }
            Err(reason) => (SlateDay::of(begun), Exported { errors: vec![reason], ..Exported::default() }),
        };
        let Exported { paths, total_players, errors } = exported;
        let seconds = (started.elapsed().as_secs_f64() * 100.0).round() / 100.0;
        let completion = Completion::new(&echo, &paths, &errors, self.clock.now(), seconds);
        let status = completion.status();
        self.complete.publish(json::body("a completion", &completion, 1024)?).await?;
        if !errors.is_empty() {
            return Err(Error::Permanent(errors.join("; ")));
        }
        tracing::info!(%day, total_players, seconds, "tonight exported");
        Ok(Outcome::Done(Reply { status, date: day, paths, total_players }))
    }

    /// Publishes the documents of `day` and, for today's list, the status report. The list never waits for
    /// values that only the status needs.
    async fn export(
        &self,
        day: SlateDay,
        begun: DateTime<Utc>,
        update_latest: bool,
    ) -> Result<Exported, Error> {
        let (made, list) = oneshot::channel();
        let report = async {
            if !update_latest {
                return None;
            }
            let (dead_letters, public) = tokio::join!(
                in_time(self.dead_letters.kept_since(begun - TimeDelta::days(1))),
                in_time(status::read(&self.storage, &self.api_bucket)),
            );
            let before = public.clone();
            // The list is not sent if building it failed; a list that was built is nearly always published
            // too.
            if let Ok(list) = list.await {
                self.report(Some((&list, dead_letters)), Vec::new(), public, None).await;
            }
            before
        };
        let (exported, before) = tokio::join!(self.publish(day, begun, update_latest, made), report);
        if let (true, Err(error)) = (update_latest, &exported) {
            self.report(None, vec![format!("tonight's list: {error}")], None, before).await;
        }
        exported
    }

    /// Publishes the documents of `day` concurrently, and sends the data that they are built from to `made`.
    async fn publish(
        &self,
        day: SlateDay,
        begun: DateTime<Utc>,
        update_latest: bool,
        made: oneshot::Sender<List>,
    ) -> Result<Exported, Error> {
        let dated = format!("v1/tonight/{day}.json");
        let current = async |object: &str, wanted: bool| match wanted {
            true => self.storage.current(&self.api_bucket, object).await.map(Some),
            false => Ok(None),
        };
        let memory =
            Memory { storage: &self.storage, bucket: &self.api_bucket, half_a_refresh: HALF_A_REFRESH };
        let (rows, recalled, dated_now, latest_now) = tokio::try_join!(
            Rows::read(&self.bigquery, day),
            memory.recall(day),
            current(&dated, true),
            current(ALL_PLAYERS, update_latest),
        )?;
        let night = Night::of(rows, day, begun);
        if night.slate.players().next().is_none() && !night.slate.games.is_empty() {
            let games = night.slate.games.len();
            return Err(Error::Permanent(format!(
                "{day}: {games} games and nobody who plays in them; not published"
            )));
        }
        let slate = memory.carry(recalled, night.slate.clone(), begun, &night.begun()).await?;
        let night = Night { slate, ..night };
        let document = Document::of(&night);
        if let Some(reason) = &document.degraded_reason {
            tracing::warn!(%day, reason, "the document is degraded");
        }
        let json = document.json()?;
        let publish = async |object: &str, current| match current {
            Some(current) => {
                let upload = Upload::public(&self.api_bucket, object, json.clone(), CACHE_CONTROL, begun);
                self.storage.publish(upload, current).await.map(Some)
            }
            None => Ok(None),
        };
        let total_players = document.total_players;
        // The receiver is gone where no status is reported for this list.
        let _ = made.send(List { night, document });
        let (dated_written, latest_written) =
            tokio::try_join!(publish(&dated, dated_now), publish(ALL_PLAYERS, latest_now))?;
        for published in [dated_written, latest_written].into_iter().flatten() {
            if let Published::Superseded(_) = published {
                tracing::info!(%day, "a newer version is public already");
            }
        }
        let mut paths = BTreeMap::from([("tonight", uri(&self.api_bucket, &dated))]);
        if update_latest {
            paths.insert("all_players", uri(&self.api_bucket, ALL_PLAYERS));
        }
        Ok(Exported { paths, total_players, errors: Vec::new() })
    }

    /// Reports the state of tonight's list, as far as this run knows it, in the public status: on top of
    /// `public`, or of `instead_of`, an earlier report that has to be taken back. A failure to write it only
    /// lets the status age, and fails no export.
    async fn report(
        &self,
        tonight: Option<(&List, Option<usize>)>,
        failures: Vec<String>,
        public: Option<status::Public>,
        instead_of: Option<status::Public>,
    ) {
        let run = status::RunReport {
            by: status::Exporter::ExportTonight,
            now: self.clock.now(),
            games: tonight
                .map(|(list, _)| list.night.slate.games.iter().map(|game| &game.scheduled).collect()),
            fixtures: tonight.map(|(list, _)| list.night.fixtures),
            live: None,
            tonight: tonight.map(|(List { document, .. }, _)| TonightData {
                last_update: Some(document.generated_at),
                game_date: Some(document.game_date),
                total_players: document.total_players,
                total_with_lines: document.total_with_lines,
                games_without_context: document.data_quality.games_without_context,
                degraded_reason: document.degraded_reason.clone(),
                ..TonightData::default()
            }),
            grading: None,
            predictions: tonight.map(|(list, _)| list.document.data_quality.predictions),
            dead_letters: tonight.and_then(|(_, dead_letters)| dead_letters),
            failures,
        };
        let published = status::publish(&self.storage, &self.api_bucket, public, &run, instead_of);
        if let Err(error) = published.await {
            tracing::error!(%error, "the status could not be written");
        }
    }
}

/// An optional value of the status, if it is available in time.
async fn in_time<T>(asked: impl Future<Output = Result<T, Error>>) -> Option<T> {
    let late = || Error::transient("Cloud Storage", format!("no answer within {STATUS_PATIENCE:?}"));
    let answer = tokio::time::timeout(STATUS_PATIENCE, asked).await.unwrap_or_else(|_| Err(late()));
    answer.inspect_err(|error| tracing::warn!(%error, "the status lacks something")).ok()
}
