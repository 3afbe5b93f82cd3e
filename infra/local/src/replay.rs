//! A night, tick by tick, through the whole pipeline.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, DurationRound, TimeDelta, Timelike, Utc};
use chrono_tz::America::New_York;
use reqwest::Url;
use shared::{Error, documents::status::POLL_INTERVAL, error::Detail};
use tokio::net::TcpListener;

use crate::{
    age::Seen,
    clock::ReplayClock,
    cloud::{LocalCloud, RAW_BUCKET},
    delivery::Subscription,
    functions::Functions,
    limits::Limit,
    morning,
    night::Night,
    pubsub::{PREDICTIONS_TOPIC, TRIGGER_TOPIC},
    seed::{self, Correction, Late},
};

/// The interval of two polls of the export in production while a game is on.
pub const AS_DEPLOYED: TimeDelta = POLL_INTERVAL;
/// A longer interval, in which a night is replayed in seconds.
pub const TICK: TimeDelta = TimeDelta::minutes(3);

/// The call by which the schedule keeps a snapshot.
const SNAPSHOT: &str = r#"{"idle_every_minutes":3}"#;

/// The message by which the schedule requests tonight's list.
const TONIGHT: &str = r#"{"export_types":["tonight"],"target_date":"today","correlation_id":"replay","trigger_source":"scheduler"}"#;

/// The parameters of a replay.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The speed of the clock relative to real time.
    pub speed: f64,
    /// The seed of the warehouse.
    pub seed: u64,
    /// The interval of two polls of the export while a game is on.
    pub every: TimeDelta,
}

/// A night before its replay: services and functions are running, the clock is stopped before the night.
#[derive(Debug)]
pub struct Replay {
    /// The services.
    pub cloud: LocalCloud,
    /// The functions.
    pub functions: Functions,
    /// The replayed night.
    pub night: Arc<Night>,
    /// The versions of the live scores, as their readers see them.
    pub seen: Seen,
    pace: Pace,
    late: Mutex<Late>,
}

impl Replay {
    /// Starts everything in the emptied `folder`: services on `listener`, functions on ports from
    /// `first_port` on; 0 takes any free ports.
    pub async fn start(
        folder: &Path,
        listener: (TcpListener, Url),
        first_port: u16,
        night: Arc<Night>,
        pace: Pace,
    ) -> Result<Self, Error> {
        let before = ticks(&night, pace.every).next().unwrap_or_default() - pace.every;
        Self::start_at(before, folder, listener, first_port, night, pace).await
    }

    /// The same, with the clock at `begins`.
    pub async fn start_at(
        begins: DateTime<Utc>,
        folder: &Path,
        listener: (TcpListener, Url),
        first_port: u16,
        night: Arc<Night>,
        pace: Pace,
    ) -> Result<Self, Error> {
        let clock = ReplayClock::new(begins, pace.speed);
        let cloud = LocalCloud::start(folder, listener, night.clone(), clock.clone()).await?;
        // The limit of one write per second and object is in seconds of the night, not of the machine.
        let object_write_interval = Duration::from_secs(1).div_f64(pace.speed);
        cloud.limits.set(Limit { object_write_interval, ..Limit::default() });
        cloud.delivery.set_subscription(Subscription::deployed().hastened());
        seed::warehouse(&cloud.warehouse, &night, pace.seed)
            .map_err(|error| Error::internal(Detail::of("seed", error)))?;
        let functions = Functions::start(&cloud, first_port, &clock).await?;
        cloud.delivery.trigger(&cloud.objects, RAW_BUCKET, functions.process_live_boxscores.clone());
        for topic in [TRIGGER_TOPIC, PREDICTIONS_TOPIC] {
            cloud.delivery.subscribe(&cloud.topics, topic, functions.export_tonight.clone());
        }
        let seen = Seen::watch(&cloud.objects, &clock);
        let late = Mutex::new(Late::of(&night, pace.seed));
        Ok(Self { cloud, functions, night, seen, pace, late })
    }

    /// Replays the night; calls `on_tick` after each poll. Failures are counted, not fatal.
    pub async fn run(&self, mut on_tick: impl FnMut(DateTime<Utc>)) {
        for (index, tick) in ticks(&self.night, self.pace.every).enumerate() {
            self.cloud.clock.run_until(tick).await;
            self.poll(index == 0).await;
            on_tick(tick);
        }
        self.cloud.delivery.drain().await;
    }

    /// Requests tonight's list, as the schedule does, and waits for it.
    pub async fn tonight(&self) {
        self.cloud.topics.publish(TRIGGER_TOPIC, TONIGHT.into());
        self.cloud.delivery.drain().await;
    }

    /// Settles the night on the morning after: the official box scores arrive, with one correction, and
    /// yesterday is exported as the schedules do.
    pub async fn morning_after(&self) -> Result<Correction, Error> {
        let correction = seed::official_box_scores(&self.cloud.warehouse, &self.night, self.pace.seed)
            .map_err(|error| Error::internal(Detail::of("official box scores", error)))?;
        self.cloud.clock.run_until(morning::instant(self.night.day)).await;
        // The hours since the last poll are not real, so only a new instance reads the warehouse again.
        let functions = Functions::start(&self.cloud, 0, &self.cloud.clock).await?;
        self.cloud
            .delivery
            .scheduled_call(&functions.export_live, morning::SETTLE)
            .await
            .map_err(Error::internal)?;
        self.cloud.topics.publish(TRIGGER_TOPIC, morning::LIST.into());
        self.cloud.delivery.drain().await;
        Ok(correction)
    }

    /// What of the night is not settled by the official box scores after that.
    pub fn unsettled(&self, correction: &Correction) -> Vec<String> {
        morning::unsettled(&self.cloud.objects, self.night.day, correction)
    }

    /// Makes one poll, as the schedules do: they call each minute, and the export polls again within the minute
    /// while a game is on. Tonight's list comes before it, if it is due or `is_first`. The clock is stopped meanwhile;
    /// failures are in the counters and the log.
    pub async fn poll(&self, is_first: bool) {
        let now = self.cloud.clock.now();
        let arrived =
            self.late.lock().unwrap_or_else(PoisonError::into_inner).arrive(&self.cloud.warehouse, now);
        if let Err(error) = arrived {
            tracing::error!(?error, "late rows could not be added to the warehouse");
        }
        if is_first || is_list_due(now) {
            // What was polled before is in the table, so that the same night gives the same list.
            self.cloud.delivery.drain().await;
            self.tonight().await;
        }
        let is_called = now.second() == 0;
        let delivery = &self.cloud.delivery;
        let scrape = async {
            if is_called {
                let _ = delivery.scheduled_call(&self.functions.scrape_live_boxscores, SNAPSHOT).await;
            }
        };
        let export = async {
            if is_called || self.night.games_on(now) > 0 {
                let body = r#"{"target_date":"today"}"#;
                let _ = delivery.scheduled_call(&self.functions.export_live, body).await;
            }
        };
        tokio::join!(scrape, export);
    }
}

/// Whether the schedule exports tonight's list at `now`: each quarter of an hour from ten to midnight, Eastern.
fn is_list_due(now: DateTime<Utc>) -> bool {
    let eastern = now.with_timezone(&New_York);
    eastern.second() == 0 && eastern.minute().is_multiple_of(15) && eastern.hour() >= 10
}

/// The instants of the polls, `every` so often, from before the first game is listed until after the last has
/// disappeared.
pub fn ticks(night: &Night, every: TimeDelta) -> impl Iterator<Item = DateTime<Utc>> + use<> {
    let first = night.begins().duration_trunc(TICK).unwrap_or_default() - TICK;
    let last = night.ends() + TICK * 2;
    std::iter::successors(Some(first), move |tick| Some(*tick + every)).take_while(move |tick| *tick <= last)
}

/// The speed at which the night takes about a minute.
pub fn speed_for_a_minute(night: &Night) -> f64 {
    ((night.ends() - night.begins()).as_seconds_f64() / 55.0).max(1.0)
}
