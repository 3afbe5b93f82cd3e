//! Deadlines: whatever upstream fails to do, an invocation ends in time with an error that the platform
//! retries, and the process stays healthy.

use std::time::{Duration, Instant};

use axum::Router;
use local_cloud::{cloud::RAW_BUCKET, faults::Fault};
use serde_json::{Value, json};
use shared::{Clock, env::Environment};
use tests::{Answer, Cloud, Function, game, instant, snapshot};

const SNAPSHOT: &str = "ball-dont-lie/live-boxscores/2026-01-09/20260110_021201.json";
/// Replaces production's deadline of 100 seconds.
const DEADLINE: Duration = Duration::from_secs(2);

/// The functions with this deadline; BallDontLie is the local cloud's.
struct Functions {
    cloud: Cloud,
    generation: i64,
    scraper: Function,
    processor: Function,
    tonight: Function,
    live: Function,
}

impl Functions {
    async fn start(deadline: Option<Duration>) -> Self {
        let cloud = Cloud::start().await;
        let upstream = cloud.services.url.join("balldontlie").expect("a URL");
        let clock = Clock::new(|| instant("2025-12-28T02:12:01Z"));
        macro_rules! start {
            ($function:ident, $name:literal) => {{
                let environment: Environment = cloud.environment($name, &upstream).into_iter().collect();
                let mut settings = $function::Settings::read(&environment).expect("settings");
                if let Some(deadline) = deadline {
                    settings.service.invocation_deadline = deadline;
                }
                let router: Router = $function::app(settings, clock.clone());
                Function::start(router).await
            }};
        }
        let games = [game(1, "2026-01-09", "3rd Qtr", 3, "Q3 6:35")];
        let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, snapshot("20260110T021201Z", &games)).await;
        Self {
            generation,
            scraper: start!(scrape_live_boxscores, "scrape-live-boxscores"),
            processor: start!(process_live_boxscores, "process-live-boxscores"),
            tonight: start!(export_tonight, "export-tonight"),
            live: start!(export_live, "export-live"),
            cloud,
        }
    }

    async fn process(&self) -> Answer {
        self.processor.deliver(RAW_BUCKET, SNAPSHOT, self.generation).await
    }

    async fn export_tonight(&self) -> Answer {
        self.tonight.tell(json!({"export_types": ["tonight"]})).await
    }
}

/// Calls while `fault` applies to calls that contain `call`: an error in time, and a success afterwards.
async fn assert_in_time(call: &str, fault: Fault, invoke: impl AsyncFn(&Functions) -> Answer) {
    let functions = Functions::start(Some(DEADLINE)).await;
    functions.cloud.services.faults.plan(call, 0, 1_000, fault);
    let begun = Instant::now();
    let answer = invoke(&functions).await;
    let took = begun.elapsed();
    assert_eq!(answer.status, 504, "{call} {fault}: {answer:?}");
    assert_eq!(answer.message(), "the invocation did not finish within 2 seconds");
    assert!(took < DEADLINE + Duration::from_secs(20), "{call} {fault}: {took:?}");
    for function in [&functions.scraper, &functions.processor, &functions.tonight, &functions.live] {
        let health = reqwest::get(function.url.join("health").expect("a URL")).await.expect("an answer");
        assert_eq!(health.status(), 200);
    }
    functions.cloud.services.faults.end();
    let answer = invoke(&functions).await;
    assert!(answer.status.is_success(), "{call} {fault}: {answer:?}");
}

#[tokio::test]
async fn a_balldontlie_that_sends_a_byte_a_second_ends_a_scrape_and_a_live_export_in_time() {
    for fault in [Fault::Trickle, Fault::Hang] {
        assert_in_time("GET /balldontlie/", fault, async |it| it.scraper.post("").await).await;
        assert_in_time("GET /balldontlie/", fault, async |it| it.live.post("").await).await;
    }
}

#[tokio::test]
async fn a_storage_that_sends_a_byte_a_second_ends_a_processing_in_time() {
    for (call, fault) in [
        ("GET /storage/", Fault::Trickle),
        ("GET /storage/", Fault::Hang),
        ("POST /upload/", Fault::Trickle),
        ("POST /upload/", Fault::Hang),
    ] {
        assert_in_time(call, fault, async |it| it.process().await).await;
    }
}

#[tokio::test]
async fn a_bigquery_that_sends_a_byte_a_second_ends_a_tonight_export_in_time() {
    for fault in [Fault::Trickle, Fault::Hang] {
        assert_in_time("/queries", fault, async |it| it.export_tonight().await).await;
    }
}

#[tokio::test]
async fn a_pubsub_that_does_not_answer_ends_a_tonight_export_in_time() {
    assert_in_time("/google.pubsub", Fault::Hang, async |it| it.export_tonight().await).await;
}

#[tokio::test]
async fn a_load_job_that_never_ends_ends_its_processing_in_time() {
    assert_in_time("RUN ", Fault::EndlessJob, async |it| it.process().await).await;
}

/// With the limits of production, the timeout of each call ends before the invocation's deadline.
#[tokio::test]
async fn the_calls_own_limits_end_them_before_the_invocation_s_deadline() {
    let functions = Functions::start(None).await;
    let faults = &functions.cloud.services.faults;
    faults.plan("GET /balldontlie/", 0, 1_000, Fault::Trickle);
    faults.plan("RUN ", 0, 1, Fault::EndlessJob);
    faults.plan("/queries", 0, 1_000, Fault::Hang);
    let begun = Instant::now();
    let (scraped, exported, tonight, processed) = tokio::join!(
        functions.scraper.post(""),
        functions.live.post(""),
        functions.export_tonight(),
        functions.process(),
    );
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(95), "{took:?}");
    let answers = [scraped, exported, tonight, processed];
    let said: Vec<(u16, &Value)> =
        answers.iter().map(|answer| (answer.status.as_u16(), &answer.json["error"]["code"])).collect();
    let (upstream, unavailable) = (json!("upstream_failed"), json!("unavailable"));
    assert_eq!(said, [(502, &upstream), (502, &upstream), (503, &unavailable), (503, &unavailable)]);
    assert!(answers[3].message().contains("has not finished within 80s"), "{}", answers[3].message());
}
