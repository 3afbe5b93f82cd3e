//! Tokens of a deployed function, from a working and from a faulty metadata server. The binaries run
//! without any emulator, against Google's own host names.

use std::time::{Duration, Instant};

use local_cloud::cloud::RAW_BUCKET;
use reqwest::StatusCode;
use tests::{
    Answer, Cloud, Running, game,
    google::{Metadata, Token, Trusted, deployed},
    snapshot,
};

const PROCESSOR: &str = "process-live-boxscores";
const GOOD: Token = Token::For(3600);

/// A processor that runs as in a deployment.
struct Deployed {
    cloud: Cloud,
    processor: Running,
    metadata: Metadata,
    _trusted: Trusted,
}

impl Deployed {
    async fn start(tokens: impl IntoIterator<Item = Token>) -> Self {
        let (cloud, trusted) = (Cloud::start().await, Trusted::default());
        let metadata = Metadata::giving(tokens).await;
        let variables = deployed(cloud.services.endpoint(PROCESSOR), &trusted, &metadata).await;
        let processor = Running::function(PROCESSOR, &variables).await;
        Self { cloud, processor, metadata, _trusted: trusted }
    }

    /// Delivers snapshot number `nth`; an error if the process ends instead of answering.
    async fn deliver(&self, nth: u32) -> reqwest::Result<Answer> {
        let name = format!("ball-dont-lie/live-boxscores/2026-01-09/20260110_02{nth:02}01.json");
        let games = [game(1, "2026-01-09", "3rd Qtr", 3, "Q3 6:35")];
        let poll = snapshot(&format!("20260110T02{nth:02}01Z"), &games);
        let generation = self.cloud.upload(RAW_BUCKET, &name, poll).await;
        self.processor.as_function().try_deliver(RAW_BUCKET, &name, generation).await
    }

    async fn assert_stored(&self, nth: u32) {
        let answer = self.deliver(nth).await.expect("an answer");
        assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &"stored".into()), "{answer:?}");
    }

    /// Waits for the process to end and finds the one log line with the reason.
    async fn assert_ends(&mut self, why: &str) {
        assert_eq!(self.processor.ended().await.code(), Some(1), "{why}");
        let errors: Vec<_> =
            self.processor.log_lines().into_iter().filter(|line| line["severity"] == "ERROR").collect();
        let [line] = errors.as_slice() else { panic!("{why}: {errors:#?}") };
        assert_eq!(line["message"], "no access token; the process ends so that Cloud Run starts a new one");
        assert!(line["error"].as_str().is_some_and(|error| !error.is_empty()), "{why}: {line}");
    }
}

#[tokio::test]
async fn all_clients_of_a_process_share_one_token_and_an_empty_universe_domain_is_no_domain() {
    let deployed = Deployed::start([GOOD]).await;
    for nth in 0..3 {
        deployed.assert_stored(nth).await;
    }
    assert_eq!(deployed.metadata.tokens_asked_for(), 1);
}

#[tokio::test]
async fn a_token_of_a_minute_is_enough() {
    let deployed = Deployed::start([Token::For(60)]).await;
    for nth in 0..3 {
        deployed.assert_stored(nth).await;
    }
}

#[tokio::test]
async fn a_metadata_server_that_gives_no_token_ends_the_process_with_one_line() {
    for (what, answer) in [
        ("404", Token::Answer(404, "not found")),
        ("an empty body", Token::Answer(200, "")),
        ("truncated JSON", Token::Answer(200, r#"{"access_token":"tok"#)),
    ] {
        let mut deployed = Deployed::start([answer]).await;
        assert!(deployed.deliver(0).await.is_err(), "{what}: the process answers");
        deployed.assert_ends(what).await;
        assert_eq!(deployed.cloud.names(RAW_BUCKET, "staging/"), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_ends_the_process_once_it_has_expired() {
    let mut deployed = Deployed::start([Token::For(3), Token::Answer(404, "not found")]).await;
    deployed.assert_stored(0).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(deployed.deliver(1).await.is_err());
    deployed.assert_ends("expired").await;
}

#[tokio::test]
async fn a_metadata_server_that_is_overloaded_for_a_moment_costs_a_redelivery_and_no_process() {
    let deployed = Deployed::start([Token::Answer(503, "busy"), Token::Answer(503, "busy"), GOOD]).await;
    let mut answers = Vec::new();
    for _ in 0..10 {
        let answer = deployed.deliver(0).await.expect("an answer");
        answers.push(answer.status.as_u16());
        if answer.status == StatusCode::OK {
            break;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    assert_eq!(answers.last(), Some(&200), "{answers:?}");
    assert!(answers.iter().all(|status| [200, 503].contains(status)), "{answers:?}");
}

#[tokio::test]
async fn a_metadata_server_that_is_silent_or_overloaded_for_a_minute_ends_the_process() {
    for token in [Token::Silence, Token::Answer(503, "busy")] {
        let mut deployed = Deployed::start([token]).await;
        let begun = Instant::now();
        while let Ok(answer) = deployed.deliver(0).await {
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(begun.elapsed() < Duration::from_secs(180), "the process goes on without tokens");
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        assert!(begun.elapsed() >= Duration::from_secs(55), "{:?}", begun.elapsed());
        deployed.assert_ends("a minute without tokens").await;
    }
}

/// Cloud Run suspends the CPU between two requests; a token refresh that was due meanwhile is made up for.
#[tokio::test]
async fn a_process_that_was_stopped_beyond_its_token_s_life_goes_on_with_a_new_one() {
    let deployed = Deployed::start([Token::For(4), GOOD]).await;
    deployed.assert_stored(0).await;
    deployed.processor.signal("STOP");
    tokio::time::sleep(Duration::from_secs(6)).await;
    deployed.processor.signal("CONT");
    deployed.assert_stored(1).await;
    assert!(deployed.metadata.tokens_asked_for() >= 2);
}
