//! Shared equipment of the black-box tests: a local cloud, functions on ports, a stub of BallDontLie.
//!
//! The tests themselves are clients: they start a real function, call it over HTTP, and check what it
//! wrote.

pub mod browser;
pub mod contract;
pub mod drift;
pub mod feed;
pub mod files;
pub mod google;
mod process;
mod stub;
pub use local_cloud::terraform;
pub mod warehouse;

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::Router;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use local_cloud::{
    bigquery::LOCATION,
    clock::ReplayClock,
    cloud::{LocalCloud, RAW_BUCKET},
    functions::{authority, listen},
    identity::Access,
    night::Night,
    pubsub::{self, COMPLETE_TOPIC, Message, TRIGGER_TOPIC},
};
use reqwest::{Client, Response, StatusCode, Url};
use serde_json::{Value, json};
use shared::{Clock, env::Environment, service};
use tempfile::TempDir;

pub use feed::Feed;
pub use process::{Running, binary, free_port};
pub use stub::{Reply, Stub};

/// An instant in RFC 3339.
pub fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// A clock that a test sets.
#[derive(Clone, Debug)]
pub struct HandClock(Arc<Mutex<DateTime<Utc>>>);

impl HandClock {
    /// A clock that is stopped at `start`.
    pub fn at(start: &str) -> Self {
        Self(Arc::new(Mutex::new(instant(start))))
    }

    /// Sets it.
    pub fn set(&self, now: &str) {
        *self.0.lock().expect("the clock") = instant(now);
    }

    /// The same clock, in the functions' type.
    pub fn for_function(&self) -> Clock {
        let clock = self.0.clone();
        Clock::new(move || *clock.lock().expect("the clock"))
    }
}

/// A local cloud of one test, in a folder that is deleted with the test.
#[derive(Debug)]
pub struct Cloud {
    /// The services.
    pub services: LocalCloud,
    /// The test's HTTP client.
    pub http: Client,
    folder: TempDir,
}

/// A function on a port.
#[derive(Clone, Debug)]
pub struct Function {
    /// The URL of the function.
    pub url: Url,
    http: Client,
}

/// A parsed answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its JSON; null if it has none.
    pub json: Value,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let status = response.status();
        let json = response.json().await.unwrap_or(Value::Null);
        Self { status, json }
    }

    /// The message of an error, which must have the common shape.
    pub fn message(&self) -> &str {
        assert!(self.json["error"]["code"].is_string(), "no error in the one shape: {:?}", self.json);
        self.json["error"]["message"].as_str().expect("a message")
    }
}

impl Cloud {
    /// Starts one, with the tables empty.
    pub async fn start() -> Self {
        Self::start_with(Access::deployed()).await
    }

    /// Starts one in which the functions have the permissions of `access`.
    pub async fn start_with(access: Access) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let night = Arc::new(Night::sample().expect("the sample night"));
        let clock = ReplayClock::new(instant("2025-12-28T00:00:00Z"), 1e9);
        let listener = listen(0).await.expect("a port");
        let services = LocalCloud::start_with(access, folder.path(), listener, night, clock);
        let services = services.await.expect("a local cloud");
        Self { services, http: Client::new(), folder }
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The variables of the function `name`, which calls this cloud as its own service account and gets box
    /// scores from `balldontlie`.
    pub fn environment(&self, name: &str, balldontlie: &Url) -> Vec<(String, String)> {
        let google = self.services.endpoint(name).as_str().trim_end_matches('/').to_owned();
        [
            ("GOOGLE_CLOUD_PROJECT", "local".to_owned()),
            ("BIGQUERY_LOCATION", LOCATION.to_owned()),
            ("STORAGE_EMULATOR_HOST", google.clone()),
            ("PUBSUB_EMULATOR_HOST", authority(&google)),
            ("BIGQUERY_EMULATOR_HOST", google),
            ("BDL_API_URL", balldontlie.to_string()),
            ("BDL_API_KEY", "key".to_owned()),
            // A second source would be asked where a test lets the first fail.
            ("LIVE_SOURCES", "balldontlie".to_owned()),
            ("INVOKER_AUTH", "none".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Starts the scraper against `upstream`.
    pub async fn scraper(&self, upstream: &Stub, clock: &HandClock) -> Function {
        let environment: Environment =
            self.environment("scrape-live-boxscores", &upstream.url).into_iter().collect();
        let settings = scrape_live_boxscores::Settings::read(&environment).expect("settings");
        Function::start(scrape_live_boxscores::app(settings, clock.for_function())).await
    }

    /// Advances the cloud's clock by minutes; otherwise it stands at 2025-12-28, midnight UTC.
    pub async fn pass(&self, minutes: i64) {
        let clock = &self.services.clock;
        clock.run_until(clock.now() + TimeDelta::minutes(minutes)).await;
    }

    /// Starts the processor, by the cloud's clock.
    pub async fn processor(&self) -> Function {
        let clock = self.services.clock.for_functions();
        let environment: Environment =
            self.environment("process-live-boxscores", &self.services.url).into_iter().collect();
        let settings = process_live_boxscores::Settings::read(&environment).expect("settings");
        Function::start(process_live_boxscores::app(settings, clock)).await
    }

    /// Starts the tonight export.
    pub async fn tonight(&self, clock: &HandClock) -> Function {
        let environment: Environment =
            self.environment("export-tonight", &self.services.url).into_iter().collect();
        let settings = export_tonight::Settings::read(&environment).expect("settings");
        Function::start(export_tonight::app(settings, clock.for_function())).await
    }

    /// The published completions, oldest first.
    pub fn completions(&self) -> Vec<Value> {
        let messages = self.services.topics.messages(COMPLETE_TOPIC);
        messages.iter().map(|message| serde_json::from_slice(&message.data).expect("JSON")).collect()
    }

    /// Starts the live export against `upstream`.
    pub async fn exporter(&self, upstream: &Stub, clock: &HandClock) -> Function {
        let environment: Environment = self.environment("export-live", &upstream.url).into_iter().collect();
        let settings = export_live::Settings::read(&environment).expect("settings");
        Function::start(export_live::app(settings, clock.for_function())).await
    }

    /// Starts the live export against BallDontLie and the NBA's feed, in this order of preference.
    pub async fn exporter_of(
        &self,
        order: &str,
        upstream: &Stub,
        feed: &Feed,
        clock: &HandClock,
    ) -> Function {
        let environment = self.environment_of("export-live", order, upstream, feed);
        let settings = export_live::Settings::read(&environment).expect("settings");
        Function::start(export_live::app(settings, clock.for_function())).await
    }

    /// Starts the scraper against both.
    pub async fn scraper_of(&self, order: &str, upstream: &Stub, feed: &Feed, clock: &HandClock) -> Function {
        let environment = self.environment_of("scrape-live-boxscores", order, upstream, feed);
        let settings = scrape_live_boxscores::Settings::read(&environment).expect("settings");
        Function::start(scrape_live_boxscores::app(settings, clock.for_function())).await
    }

    fn environment_of(&self, name: &str, order: &str, upstream: &Stub, feed: &Feed) -> Environment {
        let mut variables = self.environment(name, &upstream.url);
        variables.retain(|(name, _)| {
            name != "LIVE_SOURCES" && (order.contains("balldontlie") || name != "BDL_API_KEY")
        });
        variables.push(("LIVE_SOURCES".to_owned(), order.to_owned()));
        variables.push(("NBA_CDN_URL".to_owned(), feed.url.to_string()));
        variables.into_iter().collect()
    }

    /// Appends rows to a table.
    pub fn append(&self, dataset: &str, table: &str, rows: &[Value]) {
        let warehouse = &self.services.warehouse;
        warehouse.append(warehouse.table(dataset, table).expect("a table"), rows).expect("rows that fit");
    }

    /// Appends a row to `dataset.table`; missing required columns are filled with placeholders.
    pub fn add(&self, table: &str, row: Value) {
        let (dataset, name) = table.split_once('.').expect("a dataset and a table");
        self.append(dataset, name, &[warehouse::filled(dataset, name, row)]);
    }

    /// The rows of a query, cells as text.
    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let rows = self.services.warehouse.rows(sql).expect("a query");
        rows.into_iter()
            .map(|row| row.into_iter().map(|cell| cell.unwrap_or_else(|| "NULL".into())).collect())
            .collect()
    }

    /// Executes SQL on `{database}.sqlite` directly, as only a test may.
    pub fn execute(&self, database: &str, sql: &str) {
        let file = self.folder().join(format!("bigquery/{database}.sqlite"));
        rusqlite::Connection::open(file).and_then(|it| it.execute_batch(sql)).expect("a statement");
    }

    /// One number of a query.
    pub fn number(&self, sql: &str) -> i64 {
        self.services.warehouse.number(sql).expect("a number")
    }

    /// The names of a bucket's objects below `prefix`.
    pub fn names(&self, bucket: &str, prefix: &str) -> Vec<String> {
        self.services.objects.list(bucket, prefix).into_iter().map(|object| object.name).collect()
    }

    /// The content of an object.
    pub fn object(&self, bucket: &str, name: &str) -> Vec<u8> {
        self.services.objects.read(bucket, name, None).expect("an object").1.to_vec()
    }

    /// The content of a JSON object.
    pub fn json(&self, bucket: &str, name: &str) -> Value {
        serde_json::from_slice(&self.object(bucket, name)).expect("JSON")
    }

    /// The only dead letter.
    pub fn dead_letter(&self) -> Value {
        let names = self.names(RAW_BUCKET, "dead-letter/");
        assert_eq!(names.len(), 1, "{names:?}");
        self.json(RAW_BUCKET, &names[0])
    }

    /// A public object by its public URL.
    pub async fn public(&self, object: &str) -> Response {
        self.http.get(self.services.public_url(object)).send().await.expect("an answer")
    }

    /// A public JSON document by its public URL.
    pub async fn document(&self, object: &str) -> Value {
        let response = self.public(object).await;
        assert_eq!(response.status(), StatusCode::OK, "{object}");
        response.json().await.expect("JSON")
    }

    /// Uploads an object as Google's client does, and returns its generation.
    pub async fn upload(&self, bucket: &str, name: &str, body: impl Into<Vec<u8>>) -> i64 {
        let (metadata, body) = (json!({"contentType": "application/json"}), body.into());
        let mut answer = self.upload_with(bucket, name, metadata.clone(), body.clone(), &[]).await;
        while answer.status == StatusCode::TOO_MANY_REQUESTS {
            tokio::time::sleep(Duration::from_millis(200)).await;
            answer = self.upload_with(bucket, name, metadata.clone(), body.clone(), &[]).await;
        }
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.json);
        answer.json["generation"].as_str().expect("a generation").parse().expect("a number")
    }

    /// Uploads an object with its metadata and additional query parameters.
    pub async fn upload_with(
        &self,
        bucket: &str,
        name: &str,
        metadata: Value,
        body: impl Into<Vec<u8>>,
        parameters: &[(&str, &str)],
    ) -> Answer {
        let head = format!("--b\r\ncontent-type: application/json\r\n\r\n{metadata}\r\n--b\r\n\r\n");
        let body = [head.into_bytes(), body.into(), b"\r\n--b--".to_vec()].concat();
        let request = self
            .http
            .post(format!("{}upload/storage/v1/b/{bucket}/o", self.services.url))
            .query(&[("uploadType", "multipart"), ("name", name)])
            .query(parameters)
            .header("content-type", "multipart/related; boundary=b")
            .body(body);
        Answer::of(request.send().await.expect("an answer")).await
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.services.stop.cancel();
    }
}

impl Function {
    /// Serves `router` on a port of its own until the test ends.
    pub async fn start(router: Router) -> Self {
        let (listener, url) = listen(0).await.expect("a port");
        tokio::spawn(service::serve(listener, router, std::future::pending()));
        Self { url, http: Client::new() }
    }

    /// Calls it with a body.
    pub async fn post(&self, body: impl Into<reqwest::Body>) -> Answer {
        Answer::of(self.http.post(self.url.clone()).body(body).send().await.expect("an answer")).await
    }

    /// Calls it with a body and headers.
    pub async fn post_with(
        &self,
        headers: &[(&'static str, String)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let request = self.http.post(self.url.clone()).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// Delivers a message-published event in binary mode.
    pub async fn tell(&self, message: impl ToString) -> Answer {
        let data = Bytes::from(message.to_string());
        let message = Message { id: "1".into(), data, published: instant("2026-01-09T23:30:00Z") };
        let event = pubsub::event_data(TRIGGER_TOPIC, &message);
        self.post_with(&binary_event(shared::service::event::MESSAGE_PUBLISHED), event.to_string()).await
    }

    /// Delivers an object-finalized event in binary mode.
    pub async fn deliver(&self, bucket: &str, name: &str, generation: i64) -> Answer {
        self.try_deliver(bucket, name, generation).await.expect("an answer")
    }

    /// Delivers an object-finalized event to a function that may be killed before it answers.
    pub async fn try_deliver(&self, bucket: &str, name: &str, generation: i64) -> reqwest::Result<Answer> {
        let data = json!({"bucket": bucket, "name": name, "generation": generation.to_string()});
        let event = binary_event(shared::service::event::OBJECT_FINALIZED);
        let request = self.http.post(self.url.clone()).body(data.to_string());
        let request = event.iter().fold(request, |request, (name, value)| request.header(*name, value));
        Ok(Answer::of(request.send().await?).await)
    }
}

/// The attributes of an event in binary mode.
pub fn binary_event(kind: &str) -> Vec<(&'static str, String)> {
    vec![
        ("ce-specversion", "1.0".into()),
        ("ce-id", "event-1".into()),
        ("ce-type", kind.into()),
        ("ce-source", "//storage.googleapis.com/projects/_/buckets/nba-scraped-data".into()),
        ("ce-subject", "objects/x".into()),
        ("ce-time", "2026-01-10T00:00:00Z".into()),
        ("content-type", "application/json".into()),
    ]
}

/// The folder of recorded data, or `None` and a notice if it is missing; CI always has it.
pub fn recorded_data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    skipped("no recorded data at ../shared/data");
    None
}

/// Reports on stderr that a test is skipped and why; the test runner would hide standard output.
pub fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// A raw snapshot in the scraper's format.
pub fn snapshot(poll_id: &str, games: &[Value]) -> String {
    let timestamp = "2026-01-10T02:12:02.560000+00:00";
    json!({"timestamp": timestamp, "pollId": poll_id, "gameCount": games.len(), "liveBoxes": games})
        .to_string()
}

/// Teams of invented games: home and visitors with their ids, a pair for each of the first ids.
const PAIRS: [[(i64, &str); 2]; 12] = [
    [(2, "BOS"), (3, "BKN")],
    [(14, "LAL"), (17, "MIL")],
    [(11, "HOU"), (24, "PHX")],
    [(8, "DEN"), (10, "GSW")],
    [(16, "MIA"), (22, "ORL")],
    [(21, "OKC"), (7, "DAL")],
    [(18, "MIN"), (12, "IND")],
    [(1, "ATL"), (4, "CHA")],
    [(5, "CHI"), (6, "CLE")],
    [(9, "DET"), (13, "LAC")],
    [(15, "MEM"), (19, "NOP")],
    [(25, "POR"), (26, "SAC")],
];

/// A public document by the name that the exports' answers use.
pub fn uri(object: &str) -> String {
    shared::google::storage::uri(local_cloud::cloud::API_BUCKET, object)
}

/// A box score game of two players in BallDontLie's shape, which a test can modify. Each of the first ids
/// has teams of its own; the first is Brooklyn at Boston.
pub fn game(id: i64, date: &str, status: &str, period: i64, time: &str) -> Value {
    let pair = usize::try_from(id - 1).unwrap_or_default() % PAIRS.len();
    let [(home_id, home), (visitor_id, visitor)] = PAIRS[pair];
    let player = |id: i64, first: &str, last: &str, points: i64| {
        json!({
            "min": "12", "fgm": points / 2, "fga": points, "fg_pct": 0.5, "fg3m": 0, "fg3a": 0, "fg3_pct": null,
            "ftm": 0, "fta": 0, "ft_pct": null, "oreb": 1, "dreb": 2, "reb": 3, "ast": 4, "stl": 1, "blk": 0,
            "turnover": 2, "pf": 1, "pts": points, "plus_minus": -3,
            "player": {"id": id, "first_name": first, "last_name": last, "position": "G"},
        })
    };
    json!({
        "id": id, "date": date, "datetime": format!("{date}T23:30:00.000Z"), "season": 2025,
        "status": status, "period": period, "time": time, "postseason": false,
        "home_team_score": 10, "visitor_team_score": 8,
        "home_team": {"id": home_id, "name": home, "abbreviation": home, "players": [player(id * 10, "Hugo", "González", 10)]},
        "visitor_team": {"id": visitor_id, "name": visitor, "abbreviation": visitor, "players": [player(id * 10 + 1, "Nolan", "Traoré", 8)]},
    })
}
