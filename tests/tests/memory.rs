//! Memory: calls that exceed their deadline leak nothing.

use std::time::Duration;

use local_cloud::faults::Fault;
use reqwest::StatusCode;
use shared::env::Environment;
use tests::{Cloud, Function, HandClock};

/// The maximum number of rounds of a thousand calls; one of them must show no leak.
const ROUNDS: usize = 6;
/// The memory growth, two kilobytes per call, below which a round shows no leak.
const MAX_GROWN: u64 = 2 * 1024 * 1024;

/// This process's resident memory in bytes; the function under test is in it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("a figure");
    line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).expect("a number") * 1024
}

async fn run_into_the_deadline(function: &Function, calls: usize) {
    let answers: Vec<_> = (0..calls)
        .map(|_| {
            let function = function.clone();
            tokio::spawn(async move { function.post("").await.status })
        })
        .collect();
    for answer in answers {
        assert_eq!(answer.await.expect("an answer"), StatusCode::GATEWAY_TIMEOUT);
    }
}

#[tokio::test]
async fn a_thousand_calls_whose_upstream_trickles_leave_no_memory_behind() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at("2025-12-28T02:12:01Z"));
    cloud.services.faults.plan("GET /balldontlie/", 0, u32::MAX, Fault::Trickle);
    let upstream = cloud.services.url.join("balldontlie").expect("a URL");
    let environment: Environment = cloud.environment("export-live", &upstream).into_iter().collect();
    let mut settings = export_live::Settings::read(&environment).expect("settings");
    settings.service.invocation_deadline = Duration::from_millis(400);
    let exporter = Function::start(export_live::app(settings, clock.for_function())).await;
    // A leak grows the heap in every round; a peak of concurrent allocations grows it only in some rounds.
    let mut grown = Vec::new();
    while grown.len() < ROUNDS && grown.iter().all(|grown| *grown >= MAX_GROWN) {
        let before = resident();
        for _ in 0..20 {
            run_into_the_deadline(&exporter, 50).await;
        }
        grown.push(resident().saturating_sub(before));
    }
    let least = grown.iter().min().copied().unwrap_or_default();
    assert!(least < MAX_GROWN, "grown by {grown:?} bytes in rounds of 1,000 calls");
    let health = reqwest::get(exporter.url.join("health").expect("a URL")).await.expect("an answer");
    assert_eq!(health.status(), StatusCode::OK);
}
