//! A night in a storm: services fail, events are delivered repeatedly, late and out of order, functions are
//! killed; and the check whether the delivery rules have held afterwards.

mod process;
mod table;
mod verdict;
mod versions;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use axum::body::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use shared::{Error, error::Detail, service::dead_letter, sources::Source};
use tokio::task::JoinSet;

use crate::{
    clock::{ClockFile, ReplayClock},
    cloud::{LocalCloud, RAW_BUCKET},
    delivery::{Disorder, Subscription},
    faults::{Fault, Service, dice},
    functions::listen,
    limits::Limit,
    morning,
    night::Night,
    outage::Outage,
    pubsub::TRIGGER_TOPIC,
    replay::{TICK, ticks},
    seed::{self, Late},
};
use process::Process;
use versions::Versions;

pub use table::Table;
pub use verdict::INVARIANTS;

/// The parameters of a night in a storm.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    /// The seed of everything random: the warehouse, the faults, the order of events, the kills.
    pub seed: u64,
    /// The time between two polls, which are three minutes apart on the clock of the night. An attempt at a
    /// call may take up to half a minute, so that exports overtake each other.
    pub tick: Duration,
    /// Whether failed events are redelivered after Eventarc's own pauses, ten seconds to ten minutes,
    /// instead of pauses a hundredth as long.
    pub real_pauses: bool,
}

/// The result of a storm.
#[derive(Debug)]
pub struct Outcome {
    /// The seed, which reproduces the storm.
    pub seed: u64,
    /// The counters, by name.
    pub counts: BTreeMap<&'static str, u64>,
    /// The injected faults, with the number of each.
    pub faults: BTreeMap<(Service, Fault), u64>,
    /// The number of kills of each function.
    pub kills: BTreeMap<&'static str, u64>,
    /// The violations of each of the [`INVARIANTS`].
    pub violations: [Vec<String>; INVARIANTS.len()],
}

/// The duration of the night's last polls, after the storm: longer than the processor's pause after failed
/// load jobs, so that every event is accepted before the end.
const CALM_TICKS: usize = 8;
/// How long calls may go on after the storm; a call and its retry take under four minutes.
const DRAINED_WITHIN: Duration = Duration::from_secs(300);
/// The longest pause of Eventarc plus the calls that follow it.
const DRAINED_WITHIN_REAL_PAUSES: Duration = Duration::from_secs(900);

/// Events from another system that can never be processed, and the dead letters that they must become.
#[derive(Debug, Default)]
struct Poison {
    letters: Vec<String>,
    /// Snapshots that are entirely unreadable.
    unreadable: Vec<String>,
}

struct Chaos {
    storm: Storm,
    cloud: Arc<LocalCloud>,
    clock: ClockFile,
    scraper: Arc<Process>,
    processor: Arc<Process>,
    tonight: Arc<Process>,
    /// Two instances that share no state.
    live: [Arc<Process>; 2],
    versions: Versions,
    night: Arc<Night>,
    poison: Poison,
    triggers: Vec<String>,
    /// The differences between the documents at the end of the night.
    at_the_end: Vec<String>,
    /// What is not settled officially on the morning after.
    unsettled: Vec<String>,
    /// The offers and predictions that arrive around the tip-offs.
    late: Mutex<Late>,
}

/// Plays `night` in a storm in the empty `folder`; `executable` is this program, which also runs the
/// functions.
pub async fn play(
    executable: &Path,
    folder: &Path,
    night: Arc<Night>,
    storm: Storm,
) -> Result<Outcome, Error> {
    let mut chaos = Chaos::start(executable, folder, night, storm).await?;
    chaos.play_storm().await?;
    chaos.calm().await?;
    chaos.at_the_end = verdict::at_the_end(&chaos);
    chaos.morning_after().await?;
    verdict::outcome(&chaos)
}

impl Chaos {
    async fn start(executable: &Path, folder: &Path, night: Arc<Night>, storm: Storm) -> Result<Self, Error> {
        let internal = |error: Box<dyn std::error::Error + Send + Sync>| {
            Error::internal(Detail::of(format!("seed {}", storm.seed), error))
        };
        std::fs::create_dir_all(folder).map_err(|error| internal(error.into()))?;
        let clock = ClockFile::new(folder.join("clock"));
        let start = ticks(&night, TICK).next().unwrap_or_default();
        clock.show(start).map_err(|error| internal(error.into()))?;
        let cloud =
            LocalCloud::start(folder, listen(0).await?, night.clone(), ReplayClock::new(start, 1e6)).await?;
        seed::warehouse(&cloud.warehouse, &night, storm.seed).map_err(|error| internal(error.into()))?;
        let process =
            async |name| Process::start(executable, name, &cloud, &clock, folder).await.map(Arc::new);
        let (scraper, processor, tonight, live, other_live) = tokio::try_join!(
            process("scrape-live-boxscores"),
            process("process-live-boxscores"),
            process("export-tonight"),
            process("export-live"),
            process("export-live"),
        )?;
        // Two exports of one poll must fit between two polls despite the limit on writes of one object.
        let object_write_interval = Duration::from_secs(1).min(storm.tick / 2);
        cloud.limits.set(Limit { object_write_interval, ..Limit::default() });
        let subscription = Subscription::deployed();
        cloud.delivery.set_subscription(if storm.real_pauses {
            subscription
        } else {
            subscription.hastened()
        });
        cloud.delivery.trigger(&cloud.objects, RAW_BUCKET, processor.url.clone());
        cloud.delivery.subscribe(&cloud.topics, TRIGGER_TOPIC, tonight.url.clone());
        let late = Mutex::new(Late::of(&night, storm.seed));
        let versions = Versions::watch(&cloud.objects, folder);
        Ok(Self {
            storm,
            cloud: Arc::new(cloud),
            clock,
            scraper,
            processor,
            tonight,
            live: [live, other_live],
            versions,
            night,
            poison: Poison::default(),
            triggers: Vec::new(),
            at_the_end: Vec::new(),
            unsettled: Vec::new(),
            late,
        })
    }

    /// A random number below `sides`, derived from the seed.
    fn dice(&self, what: &str, tick: DateTime<Utc>, sides: u64) -> u64 {
        dice(self.storm.seed, &[what, &tick.to_rfc3339()]) % sides
    }

    /// Plays the night in the storm, up to its last polls.
    async fn play_storm(&mut self) -> Result<(), Error> {
        let Storm { seed, tick: pace, .. } = self.storm;
        self.cloud.faults.begin(seed);
        // In a third of the storms BallDontLie fails for long besides.
        let outage = usize::try_from(seed / 3).ok().and_then(|nth| Outage::ALL.get(nth % Outage::ALL.len()));
        if let Some(outage) = outage.filter(|_| seed.is_multiple_of(3)) {
            self.cloud.outages.begin(*outage);
        }
        self.cloud.delivery.set_disorder(Some(Disorder { seed, latest: pace * 8 }));
        let count = ticks(&self.night, TICK).count().saturating_sub(CALM_TICKS);
        let mut under_way = JoinSet::new();
        for (index, tick) in ticks(&self.night, TICK).take(count).enumerate() {
            self.cloud.faults.next_moment();
            self.set_clock(tick).await?;
            if index == 0 || self.dice("trigger", tick, 30) == 0 {
                self.trigger(tick);
            }
            if self.dice("poison", tick, 15) == 0 {
                self.poison(tick)?;
            }
            for (nth, process) in self.processes().into_iter().enumerate() {
                let of = format!("kill {nth}");
                if self.dice(&of, tick, 40) == 0 {
                    let moment = pace.mul_f64(self.dice(&format!("{of} when"), tick, 1000) as f64 / 1000.0);
                    let process = process.clone();
                    under_way.spawn(async move {
                        tokio::time::sleep(moment).await;
                        if let Err(error) = process.kill_and_restart() {
                            tracing::error!(%error, process.name, "a killed process could not be restarted");
                        }
                    });
                }
            }
            // The schedules do not wait for the answer to an earlier call, and sometimes call twice.
            self.call(&mut under_way, &self.scraper, "{}");
            if self.dice("scrape twice", tick, 10) == 0 {
                self.call(&mut under_way, &self.scraper, "{}");
            }
            let which = usize::from(self.dice("instance", tick, 2) == 0);
            self.call(&mut under_way, &self.live[which], r#"{"target_date":"today"}"#);
            tokio::time::sleep(pace / 2).await;
            if self.dice("a person exports too", tick, 4) == 0 {
                self.set_clock(tick + TimeDelta::seconds(70)).await?;
                self.call(&mut under_way, &self.live[1 - which], r#"{"target_date":"today"}"#);
            }
            tokio::time::sleep(pace / 2).await;
        }
        self.cloud.faults.end();
        self.ended_in_time("calls", async { while under_way.join_next().await.is_some() {} }).await
    }

    /// Waits for a condition, with a timeout, so that a condition that is never met fails the storm instead
    /// of blocking it.
    async fn ended_in_time(&self, what: &str, work: impl Future<Output = ()>) -> Result<(), Error> {
        let limit = if self.storm.real_pauses { DRAINED_WITHIN_REAL_PAUSES } else { DRAINED_WITHIN };
        let seed = self.storm.seed;
        let late = |_| Error::internal(format!("seed {seed}: {what} still fail {limit:?} after the storm"));
        tokio::time::timeout(limit, work).await.map_err(late)
    }

    /// Plays the night's last polls without faults.
    async fn calm(&mut self) -> Result<(), Error> {
        self.cloud.delivery.set_disorder(None);
        for process in self.processes() {
            process.wait_until_healthy().await?;
        }
        let polls = ticks(&self.night, TICK).count();
        for tick in ticks(&self.night, TICK).skip(polls.saturating_sub(CALM_TICKS)) {
            self.set_clock(tick).await?;
            let delivery = &self.cloud.delivery;
            let scrape = delivery.scheduled_call(&self.scraper.url, "{}");
            let export = delivery.scheduled_call(&self.live[0].url, r#"{"target_date":"today"}"#);
            let _ = tokio::join!(scrape, export);
        }
        self.ended_in_time("events", self.cloud.delivery.drain()).await?;
        self.trigger(ticks(&self.night, TICK).last().unwrap_or_default());
        self.ended_in_time("triggers", self.cloud.delivery.drain()).await
    }

    /// The morning after, without faults: the official box scores arrive and yesterday is exported.
    async fn morning_after(&mut self) -> Result<(), Error> {
        let correction = seed::official_box_scores(&self.cloud.warehouse, &self.night, self.storm.seed)
            .map_err(|error| Error::internal(Detail::of(format!("seed {}", self.storm.seed), error)))?;
        self.set_clock(morning::instant(self.night.day)).await?;
        // The hours since the last poll are not real, so only a new process reads the warehouse again.
        let restarted = self.live[0].kill_and_restart();
        restarted.map_err(|error| Error::internal(Detail::of("export-live", error)))?;
        self.live[0].wait_until_healthy().await?;
        self.cloud
            .delivery
            .scheduled_call(&self.live[0].url, morning::SETTLE)
            .await
            .map_err(Error::internal)?;
        self.cloud.topics.publish(TRIGGER_TOPIC, morning::LIST.into());
        self.ended_in_time("triggers", self.cloud.delivery.drain()).await?;
        self.unsettled = morning::unsettled(&self.cloud.objects, self.night.day, &correction);
        Ok(())
    }

    async fn set_clock(&self, now: DateTime<Utc>) -> Result<(), Error> {
        self.cloud.clock.run_until(now).await;
        let arrived =
            self.late.lock().unwrap_or_else(PoisonError::into_inner).arrive(&self.cloud.warehouse, now);
        arrived.map_err(|error| Error::internal(Detail::of("late rows", error)))?;
        self.clock.show(now).map_err(|error| Error::internal(Detail::of("the clock", error)))
    }

    fn call(&self, under_way: &mut JoinSet<()>, process: &Arc<Process>, body: &'static str) {
        let (cloud, target) = (self.cloud.clone(), process.url.clone());
        under_way.spawn(async move {
            // Failures in a storm are counted; the next tick retries.
            let _ = cloud.delivery.scheduled_call(&target, body).await;
        });
    }

    fn processes(&self) -> [&Arc<Process>; 5] {
        [&self.scraper, &self.processor, &self.tonight, &self.live[0], &self.live[1]]
    }

    /// Requests tonight's list.
    fn trigger(&mut self, tick: DateTime<Utc>) {
        let correlation_id = format!("chaos-{}", tick.timestamp());
        let message = json!({
            "export_types": ["tonight"], "target_date": "today", "correlation_id": correlation_id,
            "trigger_source": "scheduler",
        });
        self.cloud.topics.publish(TRIGGER_TOPIC, message.to_string().into());
        self.triggers.push(correlation_id);
    }

    /// Sends an event that can never be processed.
    fn poison(&mut self, tick: DateTime<Utc>) -> Result<(), Error> {
        let letter = |function: &str, id: &str| format!("{}{function}/{id}.json", dead_letter::PREFIX);
        if self.dice("which poison", tick, 3) == 0 {
            let message = Bytes::from_static(br#"{"export_types":["results"]}"#);
            let id = self.cloud.topics.publish(TRIGGER_TOPIC, message).unwrap_or_default();
            self.poison.letters.push(letter("export-tonight", &id));
            return Ok(());
        }
        let name =
            format!("{}{}/poison_{}.json", Source::BallDontLie.snapshots(), self.night.day, tick.timestamp());
        let body = match self.dice("which snapshot", tick, 2) {
            0 => "half a snapsh".to_owned(),
            _ => {
                // A snapshot with one readable and one unreadable game.
                let readable = self.night.live(tick).into_iter().next();
                let games: Vec<_> =
                    readable.into_iter().chain([json!({"status": "no id, no date"})]).collect();
                let poll = tick.format("%Y%m%dT%H%M%SZ").to_string();
                json!({"timestamp": tick, "pollId": poll, "gameCount": games.len(), "liveBoxes": games})
                    .to_string()
            }
        };
        if !body.starts_with('{') {
            self.poison.unreadable.push(name.clone());
        }
        let stored = self.cloud.objects.store(RAW_BUCKET, &name, body.into());
        let object = stored.map_err(|error| Error::internal(Detail::of(name, error)))?;
        self.poison.letters.push(letter("process-live-boxscores", &object.generation.to_string()));
        Ok(())
    }

    fn kills(&self) -> BTreeMap<&'static str, u64> {
        let mut kills = BTreeMap::new();
        for process in self.processes() {
            *kills.entry(process.name).or_default() += process.kills.load(Ordering::Relaxed);
        }
        kills
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        self.cloud.stop.cancel();
    }
}
