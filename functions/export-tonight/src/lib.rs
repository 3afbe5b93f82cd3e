//! The tonight export: a Pub/Sub message, either a trigger or the announcement of finished predictions, becomes
//! the public list of tonight's players with line, odds, prediction, form and injury:
//! `v1/tonight/{date}.json` and, for today, `v1/tonight/all-players.json`.
//!
//! The result goes to the completion topic. A message that requests something else or cannot be read is
//! completed as failed, dead-lettered and acknowledged; it never triggers an export by default.

pub mod document;
mod fatigue;
pub mod form;
pub mod night;
pub mod settlement;
pub mod trigger;

use std::{collections::BTreeMap, future::ready, sync::Arc, time::Duration};

use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::{
    Clock, Error, decimal,
    documents::{
        DatedDocument, PublicDates, PublicDocument, Target,
        dates::Recorded,
        status::{self, PublicStatus, Reported, TonightData},
    },
    env::{Environment, api_bucket, raw_bucket},
    google::{
        GoogleCloud,
        bigquery::BigQuery,
        pubsub::Topic,
        storage::{Storage, uri},
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
use tokio::time::Instant;

use crate::{
    document::Document,
    night::{LiveScore, Night, Rows},
    settlement::Settlement,
    trigger::{Completion, Echo, Message, Status},
};

const NAME: &str = "export-tonight";
/// Half of the interval between two exports of a list.
const MIN_TIME_BETWEEN_MISSES: TimeDelta = TimeDelta::seconds(450);
/// How long the status waits for optional values.
const OPTIONAL_TIMEOUT: Duration = Duration::from_secs(2);

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
        lists: PublicDocument::new(&storage, &api_bucket),
        status: PublicStatus::new(&storage, &api_bucket),
        dates: PublicDates::new(&storage, &api_bucket),
        storage,
        api_bucket,
        dead_letters: dead_letters.clone(),
        complete: Topic::new(&google, &complete_topic),
        clock,
    });
    service::event(NAME, &service, MESSAGE_PUBLISHED, dead_letters, exporter, Exporter::handle)
}

struct Exporter {
    bigquery: BigQuery,
    lists: PublicDocument<Document>,
    status: PublicStatus,
    dates: PublicDates,
    storage: Storage,
    api_bucket: String,
    dead_letters: DeadLetters,
    complete: Topic,
    clock: Clock,
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
    async fn handle(self: Arc<Self>, event: cloudevents::Event) -> Result<Outcome<Reply>, Error> {
        let started = Instant::now();
        let begun = self.clock.now();
        let message = published_message(&event);
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
                    Err(Error::Permanent(reason)) => {
                        Exported { errors: vec![reason.to_string()], ..Exported::default() }
                    }
                    exported => exported?,
                };
                exported.errors.extend(trigger.unknown);
                (day, exported)
            }
            Err(reason) => {
                (SlateDay::of(begun), Exported { errors: vec![reason.to_string()], ..Exported::default() })
            }
        };
        let Exported { paths, total_players, errors } = exported;
        let seconds = decimal::seconds(started.elapsed());
        let completion = Completion::new(&echo, &paths, &errors, self.clock.now(), seconds);
        let status = completion.status();
        self.complete.publish(json::body("a completion", &completion, 1024)?).await?;
        if !errors.is_empty() {
            return Err(Error::permanent(errors.join("; ")));
        }
        tracing::info!(%day, total_players, seconds, "tonight's list exported");
        Ok(Outcome::Done(Reply { status, date: day, paths, total_players }))
    }

    /// Publishes the list of `day` and, for today's, reports it in the status.
    async fn export(
        &self,
        day: SlateDay,
        begun: DateTime<Utc>,
        update_latest: bool,
    ) -> Result<Exported, Error> {
        let mut reported = None;
        let exported = self.publish(day, begun, update_latest, &mut reported).await;
        if let (true, Err(error)) = (update_latest, &exported) {
            self.report(None, None, vec![format!("tonight's list: {error}")], reported).await;
        }
        exported
    }

    /// Builds the list and publishes it. Today's is reported in the status while it is being written, which
    /// nearly always succeeds; `reported` is that report.
    async fn publish(
        &self,
        day: SlateDay,
        begun: DateTime<Utc>,
        update_latest: bool,
        reported: &mut Option<Reported>,
    ) -> Result<Exported, Error> {
        let target = Target::dated(DatedDocument::Tonight, day, update_latest);
        let read = async { tokio::try_join!(self.night(day, begun), self.lists.read(&target)) };
        let (read, dead_letters) = tokio::join!(read, self.status_facts(begun, update_latest));
        let (night, known) = read?;
        let document = Document::of(&night);
        if let Some(reason) = &document.degraded_reason {
            tracing::warn!(%day, reason, "the list is degraded; it is published with the reason");
        }
        let report = async {
            if update_latest {
                *reported = self.report(Some((&night, &document)), dead_letters, Vec::new(), None).await;
            }
        };
        let write = self.lists.update(known, begun, |_| ready(Ok(document.clone())));
        let (written, ()) = tokio::join!(write, report);
        if written?.is_none() {
            tracing::info!(%day, "a newer version of the list is already public; this one is not written");
        }
        let games = Some(document.games.len());
        let recorded = Recorded { documents: vec![DatedDocument::Tonight], games, lines: None };
        self.dates.record(day, &recorded, begun).await;
        let mut paths = BTreeMap::from([("tonight", uri(&self.api_bucket, &target.object))]);
        paths.extend(target.copy.map(|copy| ("all_players", uri(&self.api_bucket, copy))));
        Ok(Exported { paths, total_players: document.total_players, errors: Vec::new() })
    }

    /// Reads the data of the list, completed with what earlier reads found and this one did not.
    async fn night(&self, day: SlateDay, begun: DateTime<Utc>) -> Result<Night, Error> {
        let memory = Memory {
            storage: &self.storage,
            bucket: &self.api_bucket,
            min_time_between_misses: MIN_TIME_BETWEEN_MISSES,
        };
        let (rows, recalled, public, settlement) = tokio::try_join!(
            Rows::read(&self.bigquery, day, begun),
            memory.recall(day),
            LiveScore::read_public(&self.storage, &self.api_bucket, day),
            Settlement::read(&self.storage, &self.api_bucket, day),
        )?;
        let night = Night::of(rows, day, begun, (public, settlement));
        if night.slate.players().next().is_none() && !night.slate.games.is_empty() {
            let games = night.slate.games.len();
            return Err(Error::permanent(format!(
                "{day}: no player is known for any scheduled game (games: {games}); the list is not published"
            )));
        }
        let slate = memory.carry(recalled, &night.slate, begun, &night.begun()).await?;
        Ok(Night { slate, ..night })
    }

    /// Reads what only the status needs: the number of dead letters, and the public status.
    async fn status_facts(&self, begun: DateTime<Utc>, is_reported: bool) -> Option<usize> {
        if !is_reported {
            return None;
        }
        tokio::join!(in_time(self.dead_letters.recent(begun)), in_time(self.status.known())).0
    }

    /// Reports the state of tonight's list in the public status, as far as this run knows it. A failure to
    /// write it only lets the status age, and fails no export.
    async fn report(
        &self,
        tonight: Option<(&Night, &Document)>,
        dead_letters: Option<usize>,
        failures: Vec<String>,
        corrected: Option<Reported>,
    ) -> Option<Reported> {
        let run = status::RunReport {
            by: status::Exporter::ExportTonight,
            now: self.clock.now(),
            games: tonight.map(|(night, _)| night.slate.games.iter().map(|game| &game.scheduled).collect()),
            fixtures: tonight.map(|(night, _)| night.fixtures),
            live: None,
            tonight: tonight.map(|(_, document)| TonightData {
                last_update: Some(document.generated_at),
                game_date: Some(document.game_date),
                total_players: document.total_players,
                total_with_lines: document.total_with_lines,
                games_without_context: document.data_quality.games_without_context,
                degraded_reason: document.degraded_reason.clone(),
                ..TonightData::default()
            }),
            grading: None,
            sources: Vec::new(),
            predictions: tonight.map(|(_, document)| document.data_quality.predictions),
            dead_letters,
            failures,
        };
        let reported = self.status.report(&run, corrected).await;
        reported.inspect_err(|error| tracing::error!(%error, "the status could not be written; the public one stays as it is")).ok()
    }
}

/// An optional value of the status, if it is available in time.
async fn in_time<T>(asked: impl Future<Output = Result<T, Error>>) -> Option<T> {
    let late = || Error::transient("Cloud Storage", format!("no answer within {OPTIONAL_TIMEOUT:?}"));
    let answer = tokio::time::timeout(OPTIONAL_TIMEOUT, asked).await.unwrap_or_else(|_| Err(late()));
    answer.inspect_err(|error| tracing::warn!(%error, "a value for the status could not be read; the status keeps its previous one")).ok()
}
