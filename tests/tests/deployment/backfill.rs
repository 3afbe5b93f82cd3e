//! The backfill, run like an operator does.

use std::process::{Command, Output};

use local_cloud::{
    cloud::API_BUCKET,
    functions::{listen, variables},
};
use reqwest::Url;
use shared::env::Environment;
use tests::{Cloud, Function, HandClock, Reply, Stub, binary, game};

/// A live export that requires tokens as in production, its upstream, and the cloud that issues its tokens.
struct Exported {
    cloud: Cloud,
    upstream: Stub,
    url: Url,
}

impl Exported {
    async fn start() -> Self {
        let cloud = Cloud::start().await;
        let games = [game(1, "2025-12-01", "Final", 4, "Final")];
        let upstream = Stub::answering([Reply::games(games)]).await;
        let (listener, own) = listen(0).await.expect("a port");
        let mut environment: Vec<(String, String)> = variables(&cloud.services, "export-live", &own)
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        environment.retain(|(name, _)| name != "BDL_API_URL");
        environment.push(("BDL_API_URL".into(), upstream.url.to_string()));
        let environment: Environment = environment.into_iter().collect();
        let settings = export_live::Settings::read(&environment).expect("settings");
        let clock = HandClock::at("2026-01-10T18:00:00Z");
        let router = export_live::app(settings, clock.for_function());
        tokio::spawn(shared::service::serve(listener, router, std::future::pending()));
        Self { cloud, upstream, url: own }
    }

    async fn backfill(&self, from: &str, to: &str) -> (bool, String, String) {
        let mut command = Command::new(binary("backfill"));
        command.args(["--from", from, "--to", to, "--pause", "0.01"]).current_dir(self.cloud.folder());
        command.args(["--url", self.url.as_str(), "--issuer", self.cloud.services.url.as_str()]);
        let run = tokio::task::spawn_blocking(move || command.output()).await.expect("a task");
        let Output { status, stdout, stderr } = run.expect("a process");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (status.success(), text(stdout), text(stderr))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_dates_are_exported_and_a_second_run_has_nothing_left_to_do() {
    let exported = Exported::start().await;
    let (success, said, complaint) = exported.backfill("2025-12-01", "2025-12-03").await;
    assert!(success, "{said}{complaint}");
    assert_eq!(said, "exported: 3, done before: 0, failed: 0\n");
    let dates = ["2025-12-01", "2025-12-02", "2025-12-03"];
    assert_eq!(
        exported.cloud.names(API_BUCKET, "v1/live/"),
        dates.map(|date| format!("v1/live/{date}.json")),
        "and no latest.json"
    );
    let asked = dates.map(|date| format!("/v1/box_scores?per_page=100&date={date}"));
    assert_eq!(exported.upstream.asked(), asked);

    let (success, said, _) = exported.backfill("2025-12-01", "2025-12-04").await;
    assert!(success);
    assert_eq!(said, "exported: 1, done before: 3, failed: 0\n");
    assert_eq!(exported.upstream.asked().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_fails_is_listed_and_tried_again_by_the_next_run() {
    let exported = Exported::start().await;
    let refused = || Reply::text(401, "");
    let good = || Reply::games([]);
    exported.upstream.answer([good(), refused(), refused(), refused(), good()]);
    let (success, said, _) = exported.backfill("2025-12-01", "2025-12-03").await;
    assert!(!success);
    let (summary, failed) = said.split_once('\n').expect("two lines");
    assert_eq!(summary, "exported: 2, done before: 0, failed: 1");
    assert!(failed.starts_with("  2025-12-02  502 Bad Gateway: "), "{failed}");
    assert!(failed.contains("the key in BDL_API_KEY is refused"), "{failed}");
    let (success, said, _) = exported.backfill("2025-12-01", "2025-12-03").await;
    assert!(success);
    assert_eq!(said, "exported: 1, done before: 2, failed: 0\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_that_make_no_sense_are_refused_by_name() {
    let exported = Exported::start().await;
    for (from, to, said) in [
        ("2025-12-03", "2025-12-01", "--from 2025-12-03 is after --to 2025-12-01"),
        ("2025-12-01", "2099-01-01", "--to 2099-01-01: must be before today"),
        ("yesterday", "2025-12-01", "--from <DATE>"),
    ] {
        let (success, _, complaint) = exported.backfill(from, to).await;
        assert!(!success && complaint.contains(said), "{from} {to}: {complaint}");
    }
    assert!(exported.upstream.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_does_not_answer_fails_its_dates_and_says_so() {
    let exported = Exported::start().await;
    let nowhere = Function::start(axum::Router::new()).await;
    let exported = Exported { url: nowhere.url, ..exported };
    let (success, said, _) = exported.backfill("2025-12-01", "2025-12-02").await;
    assert!(!success);
    assert!(said.starts_with("exported: 0, done before: 0, failed: 2\n  2025-12-01  404"), "{said}");
}
