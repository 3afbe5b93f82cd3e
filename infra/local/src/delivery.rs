//! The delivery half of Eventarc and Cloud Scheduler: events and calls with an identity token, at
//! least once, again after a failure, and kept where nobody takes them.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use reqwest::{Client, RequestBuilder, Url};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::{
    issuer::Issuer,
    storage::{Object, Objects},
};

/// How often an event is delivered before it is given up on; Eventarc's subscriptions go on for a day.
const ATTEMPTS: u32 = 10;
/// The pause after a failed delivery, doubling up to the second figure.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// Eventarc's own limit on one delivery is ten minutes; the functions' is 100 s.
const DELIVERY_LIMIT: Duration = Duration::from_secs(120);
/// How many deliveries are under way at once.
const CONCURRENCY: usize = 16;

/// What has been delivered.
#[derive(Debug, Default)]
pub struct Counts {
    /// Events that were acknowledged.
    pub events: AtomicU64,
    /// Deliveries that failed and were repeated.
    pub redelivered: AtomicU64,
    /// Events that were given up on.
    pub undelivered: AtomicU64,
    /// Calls of the schedules.
    pub calls: AtomicU64,
    /// Those that were not answered with success.
    pub failed_calls: AtomicU64,
}

/// The deliverer of events and scheduled calls.
#[derive(Clone, Debug)]
pub struct Delivery {
    http: Client,
    issuer: Arc<Issuer>,
    /// What was delivered so far.
    pub counts: Arc<Counts>,
    undelivered: PathBuf,
    under_way: TaskTracker,
    slots: Arc<Semaphore>,
}

impl Delivery {
    /// A deliverer that keeps what nobody takes in the folder `undelivered`.
    pub fn new(issuer: Arc<Issuer>, undelivered: PathBuf) -> reqwest::Result<Self> {
        Ok(Self {
            http: Client::builder().timeout(DELIVERY_LIMIT).build()?,
            issuer,
            counts: Arc::default(),
            undelivered,
            under_way: TaskTracker::new(),
            slots: Arc::new(Semaphore::new(CONCURRENCY)),
        })
    }

    /// Delivers an object-finalized event to `target` for every object of `bucket` from now on.
    pub fn trigger(&self, objects: &Objects, bucket: &str, target: Url) {
        let (delivery, bucket) = (self.clone(), bucket.to_owned());
        objects.on_finalized(move |news| {
            if news.object.bucket == bucket {
                let (deliverer, object, target) = (delivery.clone(), news.object.clone(), target.clone());
                delivery.under_way.spawn(async move { deliverer.deliver(&object, target).await });
            }
        });
    }

    /// Waits until nothing is under way. What a delivery leads to begins before it ends, and is waited
    /// for too.
    pub async fn drain(&self) {
        while !self.under_way.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn deliver(&self, object: &Object, target: Url) {
        let body = Bytes::from(serde_json::to_vec(object).unwrap_or_default());
        let id = object.generation.to_string();
        let mut pause = BACK_OFF.0;
        let mut last = String::new();
        for attempt in 1..=ATTEMPTS {
            let request = self.object_finalized(&target, object, &id, body.clone());
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
            if attempt < ATTEMPTS {
                self.counts.redelivered.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(BACK_OFF.1);
            }
        }
        tracing::error!(object = object.name, last, "event undelivered");
        self.counts.undelivered.fetch_add(1, Ordering::Relaxed);
        let letter = serde_json::json!({"id": id, "object": object, "last_answer": last});
        let file = self.undelivered.join(format!("{id}.json"));
        if let Err(error) =
            std::fs::create_dir_all(&self.undelivered).and_then(|()| std::fs::write(file, letter.to_string()))
        {
            tracing::error!(%error, "an undelivered event could not be kept");
        }
    }

    /// The event in binary mode, attribute for attribute as Eventarc sends it.
    /// <https://cloud.google.com/eventarc/docs/cloudevents>
    fn object_finalized(&self, target: &Url, object: &Object, id: &str, body: Bytes) -> RequestBuilder {
        self.call(target)
            .header("ce-specversion", "1.0")
            .header("ce-id", id)
            .header("ce-type", shared::event::OBJECT_FINALIZED)
            .header("ce-source", format!("//storage.googleapis.com/projects/_/buckets/{}", object.bucket))
            .header("ce-subject", format!("objects/{}", object.name))
            .header("ce-time", object.time_created.to_rfc3339())
            .header("ce-bucket", &object.bucket)
            .header("content-type", "application/json")
            .body(body)
    }

    /// A POST to a function with an identity token for it.
    pub fn call(&self, target: &Url) -> RequestBuilder {
        self.http.post(target.clone()).bearer_auth(self.issuer.token(&crate::functions::audience(target)))
    }

    /// One call of a schedule; the answer's JSON, or what was wrong.
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
