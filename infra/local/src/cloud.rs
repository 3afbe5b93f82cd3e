//! The local cloud: every service on one port, over one directory.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Extension, Router,
    body::HttpBody as _,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::Response,
    serve::ListenerExt,
};
use reqwest::Url;
use shared::{Error, error::Detail};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    bigquery::{self, Warehouse},
    board,
    clock::ReplayClock,
    delivery::Delivery,
    eventarc,
    faults::{self, Faults},
    functions::listen,
    identity::{Access, Caller},
    issuer::{self, Issuer},
    latency::{self, Latencies},
    limits::Limits,
    night::{self, Night},
    outage::Outages,
    pubsub::{self, COMPLETE_TOPIC, PREDICTIONS_TOPIC, TRIGGER_TOPIC, Topics},
    storage::{self, Objects},
};

/// The bucket of raw snapshots, as in production.
pub const RAW_BUCKET: &str = "nba-scraped-data";
/// The public bucket.
pub const API_BUCKET: &str = "nba-props-platform-api";

/// The marker of a folder that a local cloud has created and may clear.
const MARKER: &str = "local-cloud.json";

/// The running services.
#[derive(Debug)]
pub struct LocalCloud {
    /// Their endpoint for an operator, who has every permission, and for the public.
    pub url: Url,
    /// Their endpoint for each function, which calls there as its service account.
    endpoints: BTreeMap<String, Url>,
    /// The buckets.
    pub objects: Arc<Objects>,
    /// The datasets.
    pub warehouse: Arc<Warehouse>,
    /// The topics.
    pub topics: Arc<Topics>,
    /// The calls to the services, with the number of each.
    pub calls: Calls,
    /// The number of connections opened to the services so far.
    pub connections: Arc<AtomicU64>,
    /// The quotas and rate limits of the services.
    pub limits: Limits,
    /// The latencies of the services.
    pub latencies: Latencies,
    /// The outage of BallDontLie.
    pub outages: Outages,
    /// The injected faults of the services.
    pub faults: Faults,
    /// The deliverer of events and scheduled calls.
    pub delivery: Delivery,
    /// The clock of the services.
    pub clock: ReplayClock,
    /// Stops the services and every task started with them.
    pub stop: CancellationToken,
}

/// The calls of each route: `POST /bigquery/v2/projects/{project}/queries`.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<BTreeMap<String, Made>>>);

/// The calls of one route.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    /// Their number.
    pub calls: u64,
    /// The bytes of their bodies.
    pub sent: u64,
    /// The bytes of the answers' bodies, as far as the length is known before they are sent.
    pub answered: u64,
}

impl Calls {
    /// The calls since the last call of this function.
    pub fn take(&self) -> BTreeMap<String, Made> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn count(State(calls): State<Calls>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("another path", MatchedPath::as_str);
    let call = format!("{} {route}", request.method());
    let sent = request.body().size_hint().exact().unwrap_or_default();
    let note = |change: &dyn Fn(&mut Made)| {
        change(calls.0.lock().unwrap_or_else(PoisonError::into_inner).entry(call.clone()).or_default());
    };
    note(&|made| {
        made.calls += 1;
        made.sent += sent;
    });
    let answer = next.run(request).await;
    let answered = answer.body().size_hint().exact().unwrap_or_default();
    note(&|made| made.answered += answered);
    answer
}

impl LocalCloud {
    /// Starts the services on a listener at its URL, in `folder`; functions have the permissions that the
    /// deployment grants them.
    pub async fn start(
        folder: &Path,
        listener: (TcpListener, Url),
        night: Arc<Night>,
        clock: ReplayClock,
    ) -> Result<Self, Error> {
        Self::start_with(Access::deployed(), folder, listener, night, clock).await
    }

    /// The same, with `access` as the permissions of the functions.
    pub async fn start_with(
        access: Access,
        folder: &Path,
        (listener, url): (TcpListener, Url),
        night: Arc<Night>,
        clock: ReplayClock,
    ) -> Result<Self, Error> {
        let internal = |error: String| Error::internal(error);
        let limits = Limits::default();
        let storage_folder = folder.join("storage");
        let objects =
            Objects::open(&storage_folder, &[RAW_BUCKET, API_BUCKET], clock.for_functions(), limits.clone())
                .map_err(|error| internal(format!("{}: {error}", storage_folder.display())))?;
        let objects = Arc::new(objects);
        let warehouse = Arc::new(Warehouse::open(&folder.join("bigquery")).map_err(internal)?);
        let topics =
            Arc::new(Topics::new(&[TRIGGER_TOPIC, PREDICTIONS_TOPIC, COMPLETE_TOPIC], clock.for_functions()));
        let issuer = Issuer::local().map_err(internal)?;
        let (faults, latencies) = (Faults::default(), Latencies::default());
        let outages = Outages::default();
        let router = Router::new()
            .merge(bigquery::router(
                warehouse.clone(),
                objects.clone(),
                faults.clone(),
                latencies.clone(),
                limits.clone(),
            ))
            .merge(pubsub::router(topics.clone()))
            .merge(issuer::router(issuer.clone()))
            .nest("/balldontlie", night::router(night.clone(), clock.for_functions(), outages.clone()))
            .nest("/nba-cdn", night::feed(night, clock.for_functions()))
            .merge(storage::router(objects.clone(), limits.clone(), API_BUCKET))
            .merge(board::router());
        let delivery =
            Delivery::new(issuer, folder.join("undelivered")).map_err(|error| internal(error.to_string()))?;
        let router = router.merge(eventarc::router(delivery.clone()));
        let calls = Calls::default();
        let router = router
            .layer(middleware::from_fn_with_state(faults.clone(), faults::inject))
            .layer(middleware::from_fn_with_state(latencies.clone(), latency::delay))
            .layer(middleware::from_fn_with_state(calls.clone(), count));
        let stop = CancellationToken::new();
        let connections = Arc::new(AtomicU64::new(0));
        let serve = |listener: TcpListener, caller: Caller| {
            let opened = connections.clone();
            let listener = listener.tap_io(move |_| {
                opened.fetch_add(1, Ordering::Relaxed);
            });
            let stopped = stop.clone().cancelled_owned();
            let router = router.clone().layer(Extension(caller));
            tokio::spawn(axum::serve(listener, router).with_graceful_shutdown(stopped).into_future());
        };
        serve(listener, Caller::operator());
        let mut endpoints = BTreeMap::new();
        for function in access.functions() {
            let (listener, url) = listen(0).await?;
            serve(listener, access.caller(function));
            endpoints.insert(function.to_owned(), url);
        }
        Ok(Self {
            url,
            endpoints,
            limits,
            objects,
            warehouse,
            topics,
            calls,
            connections,
            latencies,
            outages,
            faults,
            delivery,
            clock,
            stop,
        })
    }

    /// The endpoint of the services for `function`; the operator's for a name that is not a function.
    pub fn endpoint(&self, function: &str) -> &Url {
        self.endpoints.get(function).unwrap_or(&self.url)
    }

    /// The public URL of an object, in the form of `storage.googleapis.com`.
    pub fn public_url(&self, object: &str) -> String {
        format!("{}{API_BUCKET}/{object}", self.url)
    }
}

/// Makes `folder` an empty folder of a local cloud. A folder of an earlier local cloud is cleared; any
/// other folder that is not empty is refused.
pub fn clear(folder: &Path) -> Result<PathBuf, Error> {
    let refused = |error: std::io::Error| {
        Error::configuration(Detail::of(format!("--data-dir {}", folder.display()), error))
    };
    let is_empty = match folder.read_dir() {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(refused(error)),
    };
    if !is_empty && !folder.join(MARKER).is_file() {
        let message = format!(
            "--data-dir {}: contains files that are not a local cloud's; choose an empty folder",
            folder.display()
        );
        return Err(Error::configuration(message));
    }
    if !is_empty {
        std::fs::remove_dir_all(folder).map_err(refused)?;
    }
    std::fs::create_dir_all(folder).map_err(refused)?;
    std::fs::write(folder.join(MARKER), "{\"this folder\": \"is cleared by the next run of local-cloud\"}\n")
        .map_err(refused)?;
    folder.canonicalize().map_err(refused)
}
