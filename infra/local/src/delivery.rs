//! The delivery half of Eventarc and Cloud Scheduler: events and calls with an identity token, at least
//! once, redelivered after a failure, and dead-lettered if no function accepts them.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::{Client, RequestBuilder, Url};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::{
    faults::dice,
    issuer::Issuer,
    pubsub::{self, Message, PROJECT, Topics},
    storage::{Object, Objects},
    terraform::{Module, fields, text},
};

/// The timeout of a scheduled call.
const CALL_LIMIT: Duration = Duration::from_secs(120);
/// The maximum number of concurrent deliveries.
const CONCURRENCY: usize = 16;

/// The delivery settings of an Eventarc subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The acknowledgement deadline, after which a delivery counts as failed.
    pub ack_deadline: Duration,
    /// The pause after an event's first failed delivery; it doubles with each failure.
    pub min_back_off: Duration,
    /// The longest pause.
    pub max_back_off: Duration,
    /// The number of delivery attempts before an event goes to the dead-letter topic.
    pub attempts: u32,
}

impl Subscription {
    /// The settings of a new Eventarc subscription: <https://cloud.google.com/eventarc/docs/retry-events>.
    /// It delivers for a day, which with these pauses is about 150 attempts.
    pub const OF_EVENTARC: Self = Self {
        ack_deadline: Duration::from_secs(10),
        min_back_off: Duration::from_secs(10),
        max_back_off: Duration::from_secs(600),
        attempts: 150,
    };

    /// The settings of the deployment, from `infra/terraform/modules/event-function`.
    pub fn deployed() -> Self {
        let module = Module::read("modules/event-function");
        let settings = fields(module.local("delivery"));
        let number = |name: &str| {
            let value = settings.get(name).and_then(|value| text(value)).unwrap_or_default();
            value.trim_end_matches('s').parse::<u32>().ok()
        };
        let seconds = |name, default| number(name).map_or(default, |it| Duration::from_secs(it.into()));
        let default = Self::OF_EVENTARC;
        Self {
            ack_deadline: seconds("ack-deadline", default.ack_deadline),
            min_back_off: seconds("min-retry-delay", default.min_back_off),
            max_back_off: seconds("max-retry-delay", default.max_back_off),
            attempts: number("max-delivery-attempts").unwrap_or(default.attempts),
        }
    }

    /// The same with pauses a hundredth as long, for a night that is replayed in minutes.
    pub fn hastened(self) -> Self {
        Self { min_back_off: self.min_back_off / 100, max_back_off: self.max_back_off / 100, ..self }
    }
}

/// The counters of the deliveries.
#[derive(Debug, Default)]
pub struct Counts {
    /// Acknowledged deliveries; each event counts once, unless deliveries are disordered.
    pub events: AtomicU64,
    /// Redeliveries: deliveries of an event beyond its first.
    pub redelivered: AtomicU64,
    /// Dead-lettered events.
    pub undelivered: AtomicU64,
    /// Scheduled calls.
    pub calls: AtomicU64,
    /// Scheduled calls without a successful answer.
    pub failed_calls: AtomicU64,
}

/// The deliverer of events and scheduled calls.
#[derive(Clone, Debug)]
pub struct Delivery {
    http: Client,
    issuer: Arc<Issuer>,
    /// The counters so far.
    pub counts: Arc<Counts>,
    undelivered: PathBuf,
    subscription: Arc<Mutex<Subscription>>,
    /// The registered triggers, by name.
    triggers: Arc<Mutex<Vec<String>>>,
    disorder: Arc<Mutex<Option<Disorder>>>,
    under_way: TaskTracker,
    slots: Arc<Semaphore>,
}

/// Disorder: events are delivered one to five times, late, out of order and concurrently, as derived from a
/// seed; each is redelivered until it is accepted.
#[derive(Clone, Copy, Debug)]
pub struct Disorder {
    /// The seed.
    pub seed: u64,
    /// The longest delay of a delivery.
    pub latest: Duration,
}

impl Disorder {
    /// The delay of each delivery of an event.
    fn delays(self, event: &str) -> Vec<Duration> {
        let dice = |of: &str| dice(self.seed, &["delivery", of, event]);
        let late = |nth: u64| {
            // Most deliveries are nearly in time.
            let share = dice(&nth.to_string()) % 1000;
            let share = if dice(&format!("{nth} soon")) % 3 == 0 { share } else { share / 20 };
            self.latest.mul_f64(share as f64 / 1000.0)
        };
        // Few events are delivered often.
        let more = (dice("times") % 5).min(dice("times, at most") % 5);
        let mut delays: Vec<_> = (0..1 + more).map(late).collect();
        if let [first, second, ..] = &mut delays[..]
            && dice("at once") % 2 == 0
        {
            *second = *first;
        }
        delays
    }
}

impl Delivery {
    /// A deliverer that stores dead letters in the folder `undelivered`.
    pub fn new(issuer: Arc<Issuer>, undelivered: PathBuf) -> reqwest::Result<Self> {
        Ok(Self {
            http: Client::builder().timeout(CALL_LIMIT).build()?,
            issuer,
            counts: Arc::default(),
            undelivered,
            subscription: Arc::new(Mutex::new(Subscription::OF_EVENTARC)),
            triggers: Arc::default(),
            disorder: Arc::default(),
            under_way: TaskTracker::new(),
            slots: Arc::new(Semaphore::new(CONCURRENCY)),
        })
    }

    /// Delivers an object-finalized event to `target` for every object of `bucket` from now on.
    pub fn trigger(&self, objects: &Objects, bucket: &str, target: Url) {
        self.note_trigger(bucket);
        let (delivery, bucket) = (self.clone(), bucket.to_owned());
        objects.on_finalized(move |news| {
            if news.object.bucket == bucket {
                delivery.begin(Event::object_finalized(&news.object), &target);
            }
        });
    }

    /// Delivers a message-published event to `target` for every message of `topic` from now on.
    pub fn subscribe(&self, topics: &Topics, topic: &'static str, target: Url) {
        self.note_trigger(topic);
        let delivery = self.clone();
        topics.subscribe(topic, move |message| {
            delivery.begin(Event::message_published(topic, message), &target);
        });
    }

    fn note_trigger(&self, of: &str) {
        self.triggers.lock().unwrap_or_else(PoisonError::into_inner).push(of.to_owned());
    }

    /// The registered triggers, by their source.
    pub fn triggers(&self) -> Vec<String> {
        self.triggers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Uses these delivery settings from now on; the default is Eventarc's own.
    pub fn set_subscription(&self, subscription: Subscription) {
        *self.subscription.lock().unwrap_or_else(PoisonError::into_inner) = subscription;
    }

    /// Starts or ends disordered delivery. Deliveries in progress stay as they are.
    pub fn set_disorder(&self, disorder: Option<Disorder>) {
        *self.disorder.lock().unwrap_or_else(PoisonError::into_inner) = disorder;
    }

    fn begin(&self, event: Event, target: &Url) {
        let disorder = *self.disorder.lock().unwrap_or_else(PoisonError::into_inner);
        let delays = disorder.map_or_else(|| vec![Duration::ZERO], |disorder| disorder.delays(&event.id));
        let mut subscription = *self.subscription.lock().unwrap_or_else(PoisonError::into_inner);
        if disorder.is_some() {
            subscription.attempts = u32::MAX;
        }
        self.counts.redelivered.fetch_add(delays.len() as u64 - 1, Ordering::Relaxed);
        for delay in delays {
            let (delivery, event, target) = (self.clone(), event.clone(), target.clone());
            self.under_way.spawn(async move {
                tokio::time::sleep(delay).await;
                delivery.deliver(event, target, subscription).await;
            });
        }
    }

    /// Waits until no delivery is in progress. Deliveries that result from a delivery begin before it ends,
    /// and are included.
    pub async fn drain(&self) {
        while !self.under_way.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn deliver(&self, event: Event, target: Url, subscription: Subscription) {
        let mut pause = subscription.min_back_off;
        let mut last = String::new();
        for attempt in 1..=subscription.attempts {
            let request = event.request(self.call(&target)).timeout(subscription.ack_deadline);
            let answered = {
                let _slot = self.slots.acquire().await;
                request.send().await
            };
            match answered {
                Ok(response) if response.status().is_success() => {
                    self.counts.events.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                Ok(response) => {
                    last = format!("{}: {}", response.status(), response.text().await.unwrap_or_default())
                }
                Err(error) => last = error.to_string(),
            }
            if attempt < subscription.attempts {
                self.counts.redelivered.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(subscription.max_back_off);
            }
        }
        tracing::error!(
            id = event.id,
            subject = event.subject,
            last,
            "an event was not accepted in any attempt; it is dead-lettered"
        );
        self.counts.undelivered.fetch_add(1, Ordering::Relaxed);
        let data = String::from_utf8_lossy(&event.data);
        let letter =
            serde_json::json!({"id": event.id, "type": event.kind, "data": data, "last_answer": last});
        let file = self.undelivered.join(format!("{}.json", event.id));
        if let Err(error) =
            std::fs::create_dir_all(&self.undelivered).and_then(|()| std::fs::write(file, letter.to_string()))
        {
            tracing::error!(%error, "the dead letter of an event could not be written");
        }
    }

    /// An identity token of the service account that calls the functions.
    pub fn identity_token(&self, audience: &str) -> String {
        self.issuer.token(audience)
    }

    /// A POST to a function with an identity token for it.
    pub fn call(&self, target: &Url) -> RequestBuilder {
        self.http.post(target.clone()).bearer_auth(self.issuer.token(&crate::functions::audience(target)))
    }

    /// One scheduled call; returns the JSON of the answer, or the error.
    pub async fn scheduled_call(
        &self,
        target: &Url,
        body: &'static str,
    ) -> Result<serde_json::Value, String> {
        self.counts.calls.fetch_add(1, Ordering::Relaxed);
        let request = self.call(target).header("content-type", "application/json").body(body);
        let answer = async {
            let response = request.send().await.map_err(|error| error.to_string())?;
            let status = response.status();
            let text = response.text().await.map_err(|error| error.to_string())?;
            if !status.is_success() {
                return Err(format!("{status}: {text}"));
            }
            serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))
        };
        let answer = answer.await;
        if let Err(error) = &answer {
            tracing::error!(%target, error, "a scheduled call failed");
            self.counts.failed_calls.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }
}

/// An event with the same attributes as Eventarc sends.
/// <https://cloud.google.com/eventarc/docs/cloudevents>
#[derive(Clone)]
struct Event {
    id: String,
    kind: &'static str,
    source: String,
    subject: Option<String>,
    /// The attributes of a storage event.
    bucket: Option<String>,
    time: DateTime<Utc>,
    data: Bytes,
}

impl Event {
    fn object_finalized(object: &Object) -> Self {
        Self {
            id: object.generation.to_string(),
            kind: shared::service::event::OBJECT_FINALIZED,
            source: format!("//storage.googleapis.com/projects/_/buckets/{}", object.bucket),
            subject: Some(format!("objects/{}", object.name)),
            bucket: Some(object.bucket.clone()),
            time: object.time_created,
            data: serde_json::to_vec(object).unwrap_or_default().into(),
        }
    }

    fn message_published(topic: &str, message: &Message) -> Self {
        Self {
            id: message.id.clone(),
            kind: shared::service::event::MESSAGE_PUBLISHED,
            source: format!("//pubsub.googleapis.com/projects/{PROJECT}/topics/{topic}"),
            subject: None,
            bucket: None,
            time: message.published,
            data: pubsub::event_data(topic, message).to_string().into(),
        }
    }

    /// The event as a request in binary mode.
    fn request(&self, request: RequestBuilder) -> RequestBuilder {
        let optional = [("ce-subject", &self.subject), ("ce-bucket", &self.bucket)];
        let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let request = request
            .header("ce-specversion", "1.0")
            .header("ce-id", &self.id)
            .header("ce-type", self.kind)
            .header("ce-source", &self.source)
            .header("ce-time", self.time.to_rfc3339())
            .header("content-type", "application/json")
            .body(self.data.clone());
        optional.fold(request, |request, (name, value)| request.header(name, value))
    }
}
