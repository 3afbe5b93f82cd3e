//! Simulated latencies of the services for measurements: an answer comes at a fixed time after its request,
//! independently of this machine's speed.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use tokio::time::{Instant, sleep_until};

/// The latency of each kind of call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latency {
    /// A page of box scores.
    pub balldontlie: Duration,
    /// A query.
    pub query: Duration,
    /// A load job, from when it is accepted to its end.
    pub load_job: Duration,
    /// A read of an object or of its metadata.
    pub object_read: Duration,
    /// A write of an object.
    pub object_write: Duration,
    /// A published message.
    pub publish: Duration,
}

/// The latencies of one local cloud; initially none.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Arc<Mutex<Latency>>);

impl Latencies {
    /// Uses these latencies from now on.
    pub fn set(&self, latency: Latency) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = latency;
    }

    pub(crate) fn get(&self) -> Latency {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Latency {
    fn of(&self, method: &Method, path: &str) -> Duration {
        let is = |prefix: &str| path.starts_with(prefix);
        match *method {
            _ if is("/balldontlie/") || is("/nba-cdn/") => self.balldontlie,
            Method::POST if is("/bigquery/v2/") && path.ends_with("/queries") => self.query,
            Method::POST if is("/upload/storage/v1/") => self.object_write,
            Method::GET if is("/storage/v1/") => self.object_read,
            Method::POST if is("/google.pubsub.v1.") || path.ends_with(":publish") => self.publish,
            _ => Duration::ZERO,
        }
    }
}

/// The middleware in front of every service.
pub(crate) async fn delay(State(latencies): State<Latencies>, request: Request, next: Next) -> Response {
    let until = Instant::now() + latencies.get().of(request.method(), request.uri().path());
    let response = next.run(request).await;
    sleep_until(until).await;
    response
}
