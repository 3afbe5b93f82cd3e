//! The measured paths, each against its own local cloud.

use std::{
    collections::BTreeMap,
    fmt,
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use bench::stage::Stage;
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use local_cloud::{
    cloud::{API_BUCKET, LocalCloud, Made, RAW_BUCKET},
    latency::Latency,
    pubsub::{self, Message, TRIGGER_TOPIC},
};
use serde_json::json;
use shared::{gzip, service::event, sources::Source};

use crate::{
    Result,
    floor::{self, Floor},
    function::Function,
};

/// The approximate latencies of the real services.
const REAL: Latency = Latency {
    balldontlie: Duration::from_millis(250),
    query: Duration::from_millis(800),
    load_job: Duration::from_secs(2),
    object_read: Duration::from_millis(40),
    object_write: Duration::from_millis(60),
    publish: Duration::from_millis(20),
};
/// The number of runs of a floor, whose duration hardly varies.
const FLOOR_RUNS: usize = 9;
/// The most that an export of tonight's list may read from BigQuery, in kilobytes, and compute, in milliseconds.
const MAX_KILOBYTES: f64 = 400.0;
const MAX_CPU: f64 = 6.0;
/// The largest document, before it is compressed.
const MAX_BYTES: usize = 8 * 1024 * 1024;
const LIVE: &str = r#"{"target_date":"today"}"#;

/// The result of a path.
pub struct Measured {
    /// The measured quantity.
    pub path: &'static str,
    floor: Duration,
    took: Vec<Duration>,
    target: f64,
    /// The function's CPU time of one run.
    pub cpu: Duration,
    /// The calls of each kind in one run.
    pub calls: BTreeMap<String, Calls>,
    /// The number of connections opened in all runs together.
    pub connections: u64,
}

/// The calls of one kind in one run.
pub struct Calls {
    /// Their number.
    pub number: f64,
    /// The bytes of their bodies.
    pub sent: f64,
    /// The bytes of the answers' bodies.
    pub answered: f64,
}

impl Measured {
    fn new(path: &'static str, floor: Duration, mut took: Vec<Duration>, target: f64) -> Self {
        took.sort_unstable();
        Self { path, floor, took, target, cpu: Duration::ZERO, calls: BTreeMap::new(), connections: 0 }
    }

    fn with_calls(mut self, cloud: &LocalCloud, connections_before: u64, cpu: Duration) -> Self {
        let runs = self.took.len() as f64;
        let a_run = |total: u64| total as f64 / runs;
        let of_one = |made: Made| Calls {
            number: a_run(made.calls),
            sent: a_run(made.sent),
            answered: a_run(made.answered),
        };
        self.cpu = cpu.div_f64(runs);
        self.calls = cloud.calls.take().into_iter().map(|(call, made)| (call, of_one(made))).collect();
        self.connections = opened(cloud) - connections_before;
        self
    }

    fn of_sorted(&self, share: usize) -> Duration {
        self.took.get(self.took.len() * share / 100).copied().unwrap_or_default()
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let median = self.of_sorted(50);
        let ratio = median.as_secs_f64() / self.floor.as_secs_f64();
        write!(
            f,
            "  {:<34} {:>8.1} {:>8.1} {:>8.1} {ratio:>7.3} {:>7} {}",
            self.path,
            milliseconds(self.floor),
            milliseconds(median),
            milliseconds(self.of_sorted(95)),
            format!("≤ {:.2}", self.target),
            if ratio <= self.target { "ok" } else { "MISSED" },
        )
    }
}

fn opened(cloud: &LocalCloud) -> u64 {
    cloud.connections.load(std::sync::atomic::Ordering::Relaxed)
}

/// Measures `runs` calls of a warm function, one after the other.
async fn measured(
    cloud: &LocalCloud,
    function: &Function,
    runs: usize,
    path: &'static str,
    floor: Duration,
    target: f64,
    mut call: impl AsyncFnMut(usize) -> Result<Duration>,
) -> Result<Measured> {
    for run in 0..3 {
        call(run).await?;
    }
    cloud.calls.take();
    let connections = opened(cloud);
    let cpu = function.cpu()?;
    let mut took = Vec::with_capacity(runs);
    for run in 3..runs + 3 {
        took.push(call(run).await?);
    }
    let cpu = function.cpu()?.saturating_sub(cpu);
    Ok(Measured::new(path, floor, took, target).with_calls(cloud, connections, cpu))
}

/// The body of a public document of the same size as the function's.
fn document(cloud: &LocalCloud, name: &str) -> Result<Vec<u8>> {
    match cloud.objects.read(API_BUCKET, name, None) {
        Ok((_, body)) => Ok(body.to_vec()),
        Err(_) => Err(format!("there is no document {name}").into()),
    }
}

/// A live export with warm in-memory caches: a poll, then the writes.
pub async fn live_warm(stage: &Stage, binaries: &Path, runs: usize) -> Result<Measured> {
    let (cloud, _folder) = stage.cloud(REAL).await?;
    let function = Function::start(binaries, "export-live", &cloud).await?;
    function.call(&[], LIVE.into()).await?;
    let body = document(&cloud, "v1/live/latest.json")?;
    let plain = Floor::new(&cloud.url)?;
    let floor = floor::median(FLOOR_RUNS, async |_| {
        plain.fetch().await?;
        floor::public(&plain, body.clone()).await
    });
    let floor = floor.await?;
    measured(&cloud, &function, runs, "export-live, warm", floor, 1.05, async |_| {
        function.call(&[], LIVE.into()).await
    })
    .await
}

/// A live export by a process that has just started: from the request on, and from the start of the
/// process.
pub async fn live_cold(stage: &Stage, binaries: &Path, runs: usize) -> Result<[Measured; 2]> {
    let (cloud, _folder) = stage.cloud(REAL).await?;
    Function::start(binaries, "export-live", &cloud).await?.call(&[], LIVE.into()).await?;
    let body = document(&cloud, "v1/live/latest.json")?;
    let plain = Floor::new(&cloud.url)?;
    let floor = floor::median(FLOOR_RUNS, async |_| {
        tokio::try_join!(plain.fetch(), plain.query())?;
        floor::public(&plain, body.clone()).await
    });
    let floor = floor.await?;
    let (mut from_request, mut from_start) = (Vec::new(), Vec::new());
    let mut cpu = Duration::ZERO;
    let connections = opened(&cloud);
    cloud.calls.take();
    for _ in 0..runs {
        let function = Function::start(binaries, "export-live", &cloud).await?;
        let took = function.call(&[], LIVE.into()).await?;
        from_request.push(took);
        from_start.push(function.started_in + took);
        cpu += function.cpu()?;
    }
    let from_request = Measured::new("export-live, cold, from request", floor, from_request, 1.10);
    Ok([
        from_request.with_calls(&cloud, connections, cpu),
        Measured::new("export-live, cold, from start", floor, from_start, 1.25),
    ])
}

/// The list of tonight: the queries, the writes, the completion.
pub async fn tonight(stage: &Stage, binaries: &Path, runs: usize) -> Result<Measured> {
    let (cloud, _folder) = stage.cloud(REAL).await?;
    let function = Function::start(binaries, "export-tonight", &cloud).await?;
    deliver_trigger(&function).await?;
    let floor = tonight_floor(&cloud).await?;
    measured(&cloud, &function, runs, "export-tonight", floor, 1.10, async |_| {
        deliver_trigger(&function).await
    })
    .await
}

/// The same by a process that has just started, which is the usual case.
pub async fn tonight_cold(stage: &Stage, binaries: &Path, runs: usize) -> Result<Measured> {
    let (cloud, _folder) = stage.cloud(REAL).await?;
    deliver_trigger(&Function::start(binaries, "export-tonight", &cloud).await?).await?;
    let floor = tonight_floor(&cloud).await?;
    let mut from_start = Vec::new();
    for _ in 0..runs {
        let function = Function::start(binaries, "export-tonight", &cloud).await?;
        from_start.push(function.started_in + deliver_trigger(&function).await?);
    }
    Ok(Measured::new("export-tonight, cold, from start", floor, from_start, 1.25))
}

/// What tonight's export fetches and computes, against its budgets.
pub fn of_tonight(measured: &Measured) -> String {
    let queries = measured.calls.iter().filter(|(call, _)| call.contains("/bigquery/"));
    let kilobytes = queries.map(|(_, calls)| calls.answered).sum::<f64>() / 1000.0;
    let cpu = measured.cpu.as_secs_f64() * 1000.0;
    let is_kept = kilobytes <= MAX_KILOBYTES && cpu <= MAX_CPU;
    let verdict = if is_kept { "ok" } else { "MISSED" };
    format!(
        "  tonight's list reads {kilobytes:.0} kB of rows (≤ {MAX_KILOBYTES}) and takes {cpu:.1} ms of CPU (≤ {MAX_CPU}) {verdict}"
    )
}

/// The bytes of a night's documents as they are stored, and the time to compress them.
pub async fn documents(stage: &Stage, binaries: &Path) -> Result<String> {
    let (cloud, _folder) = stage.cloud(Latency::default()).await?;
    deliver_trigger(&Function::start(binaries, "export-tonight", &cloud).await?).await?;
    Function::start(binaries, "export-live", &cloud).await?.call(&[], LIVE.into()).await?;
    let stored = ["tonight/all-players", "live/latest", "live-grading/latest", "live-timeline/latest"]
        .map(|name| document(&cloud, &format!("v1/{name}.json")));
    let stored: Vec<Bytes> = stored.into_iter().map(|body| Ok(body?.into())).collect::<Result<_>>()?;
    // A reader of the bucket may get them decompressed.
    let plain = stored.into_iter().map(|body| gzip::content(body, MAX_BYTES));
    let plain: Vec<Bytes> = plain.collect::<std::io::Result<_>>()?;
    let compressed = plain.iter().map(|body| gzip::compressed(body)).collect::<std::io::Result<Vec<_>>>()?;
    let mut best = Duration::MAX;
    for _ in 0..101 {
        let begun = Instant::now();
        for body in &plain {
            black_box(gzip::compressed(body)?);
        }
        best = best.min(begun.elapsed());
    }
    let kilobytes = |bodies: &[Bytes]| bodies.iter().map(Bytes::len).sum::<usize>() as f64 / 1000.0;
    Ok(format!(
        "  a night's documents have {:.0} kB, {:.0} kB as gzip, compressed in {:.2} ms (≤ 1 ms) {}",
        kilobytes(&plain),
        kilobytes(&compressed),
        best.as_secs_f64() * 1000.0,
        if best <= Duration::from_millis(1) { "ok" } else { "MISSED" },
    ))
}

async fn tonight_floor(cloud: &LocalCloud) -> Result<Duration> {
    let body = document(cloud, "v1/tonight/all-players.json")?;
    let plain = Floor::new(&cloud.url)?;
    floor::median(FLOOR_RUNS, async |_| {
        plain.query().await?;
        floor::public(&plain, body.clone()).await?;
        plain.publish().await
    })
    .await
}

async fn deliver_trigger(function: &Function) -> Result<Duration> {
    let message = Message {
        id: "1".into(),
        data: json!({"export_types": ["tonight"]}).to_string().into(),
        published: Utc::now(),
    };
    let data = pubsub::event_data(TRIGGER_TOPIC, &message);
    function.call(&event_headers(event::MESSAGE_PUBLISHED), data.to_string()).await
}

/// The scraper's path: the fetch and the write of a poll.
pub async fn scrape(stage: &Stage, binaries: &Path, runs: usize) -> Result<Measured> {
    let (cloud, _folder) = stage.cloud(REAL).await?;
    let function = Function::start(binaries, "scrape-live-boxscores", &cloud).await?;
    let body = stage.snapshot(Utc::now()).into_bytes();
    let plain = Floor::new(&cloud.url)?;
    let floor = floor::median(FLOOR_RUNS, async |_| {
        plain.fetch().await?;
        plain.write(RAW_BUCKET, "bench/floor.json", body.clone()).await
    });
    let floor = floor.await?;
    measured(&cloud, &function, runs, "scrape", floor, 1.05, async |_| {
        let took = function.call(&[], "{}".into()).await?;
        // A snapshot is named after the second of its poll.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(took)
    })
    .await
}

/// The processor's path: a snapshot becomes rows by the read, the staging and the load job.
pub async fn process(stage: &Stage, binaries: &Path, runs: usize) -> Result<Measured> {
    let (cloud, _folder) = stage.cloud(REAL).await?;
    let function = Function::start(binaries, "process-live-boxscores", &cloud).await?;
    let mut events = Vec::new();
    for run in 0..runs + 4 {
        let at = stage.moment + TimeDelta::seconds(i64::try_from(run)?);
        let name =
            format!("{}{}/{}.json", Source::BallDontLie.snapshots(), stage.day(), at.format("%Y%m%d_%H%M%S"));
        let object = cloud.objects.store(RAW_BUCKET, &name, stage.snapshot(at).into());
        let object = object.map_err(|_| "a snapshot was refused")?;
        let generation = object.generation.to_string();
        events.push((name.clone(), json!({"bucket": RAW_BUCKET, "name": name, "generation": generation})));
    }
    let headers = event_headers(event::OBJECT_FINALIZED);
    let deliver = async |run: usize| {
        let (_, event) = events.get(run).ok_or("there are fewer snapshots than runs")?;
        function.call(&headers, event.to_string()).await
    };
    deliver(runs + 3).await?;
    let staged = cloud.objects.list(RAW_BUCKET, shared::google::bigquery::STAGING);
    let staged = staged.first().ok_or("the processor staged no rows")?.name.clone();
    let rows =
        cloud.objects.read(RAW_BUCKET, &staged, None).map_err(|_| "the staged rows are gone")?.1.to_vec();
    let plain = Floor::new(&cloud.url)?;
    let (first, _) = events.first().ok_or("there is no snapshot")?;
    let floor = floor::median(FLOOR_RUNS, async |run| {
        plain.read(RAW_BUCKET, first).await?;
        plain.write(RAW_BUCKET, "staging/floor.ndjson", rows.clone()).await?;
        plain.load("staging/floor.ndjson", &format!("floor-{run}")).await
    });
    let floor = floor.await?;
    measured(&cloud, &function, runs, "process", floor, 1.10, deliver).await
}

fn event_headers(kind: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "bench"),
        ("ce-source", "//bench"),
        ("ce-type", kind),
    ]
}
