//! Load: many events through one processor, the deployed binary. No event is lost or duplicated, memory
//! stays bounded, and the process stays healthy throughout.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use local_cloud::{cloud::RAW_BUCKET, limits::Limit};
use reqwest::StatusCode;
use serde_json::Value;
use tests::{Cloud, Function, Running, game, snapshot};

const MEBIBYTE: u64 = 1024 * 1024;

/// The snapshot of poll number `nth`: `games` games of 36 players.
fn poll(nth: usize, games: i64) -> (String, String) {
    let id = format!("20260110T{:02}{:02}{:02}Z", nth / 3600, nth / 60 % 60, nth % 60);
    let crowded = |id: i64| {
        let mut game = game(id, "2026-01-09", "3rd Qtr", 3, "Q3 6:35");
        for side in ["home_team", "visitor_team"] {
            let line = game[side]["players"][0].clone();
            let line = |nth: i64| {
                let mut line = line.clone();
                let first = line["player"]["id"].as_i64().expect("an id") * 100;
                line["player"]["id"] = (first + nth).into();
                line
            };
            game[side]["players"] = (0..18).map(line).collect();
        }
        game
    };
    let games: Vec<Value> = (1..=games).map(crowded).collect();
    let name = format!("ball-dont-lie/live-boxscores/2026-01-09/{}_{}.json", &id[..8], &id[9..15]);
    (name, snapshot(&id, &games))
}

/// Checks the processor's health until told to stop; returns the number of checks and of failures.
fn watch_health(processor: &Running) -> (Arc<AtomicBool>, tokio::task::JoinHandle<(u64, u64)>) {
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, url) = (stop.clone(), processor.url.join("health").expect("a URL"));
    let watching = tokio::spawn(async move {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().expect("a client");
        let (mut asked, mut unwell) = (0, 0);
        while !stopped.load(Ordering::Relaxed) {
            let answer = http.get(url.clone()).send().await;
            asked += 1;
            unwell += u64::from(!answer.is_ok_and(|answer| answer.status() == StatusCode::OK));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        (asked, unwell)
    });
    (stop, watching)
}

/// Checks that every poll's rows are in the table exactly once.
fn assert_once(cloud: &Cloud, polls: usize, rows_of_each: usize) {
    let by_poll = "SELECT COUNT(*), MIN(n), MAX(n) FROM
        (SELECT poll_id, COUNT(*) AS n FROM nba_raw.bdl_live_boxscores GROUP BY poll_id)";
    let rows = rows_of_each.to_string();
    assert_eq!(cloud.rows(by_poll), [[polls.to_string(), rows.clone(), rows]]);
    assert_eq!(cloud.names(RAW_BUCKET, "dead-letter/"), Vec::<String>::new());
}

/// Delivers an event until it is acknowledged, as Eventarc does; counts the redeliveries.
async fn deliver(processor: &Function, name: &str, generation: i64, repeated: &AtomicU64) {
    loop {
        match processor.deliver(RAW_BUCKET, name, generation).await.status {
            StatusCode::OK => return,
            status => assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE),
        }
        repeated.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_events_at_once_go_through_one_instance() {
    const EVENTS: usize = 200;
    let cloud = Cloud::start().await;
    let processor = Running::function(
        "process-live-boxscores",
        &cloud.environment("process-live-boxscores", &cloud.services.url),
    )
    .await;
    let mut events = Vec::new();
    for nth in 0..EVENTS {
        let (name, body) = poll(nth, 10);
        events.push((cloud.upload(RAW_BUCKET, &name, body).await, name));
    }
    let (stop, health) = watch_health(&processor);
    let (function, repeated) = (processor.as_function(), Arc::new(AtomicU64::new(0)));
    let deliveries: Vec<_> = events
        .into_iter()
        .map(|(generation, name)| {
            let (function, repeated) = (function.clone(), repeated.clone());
            tokio::spawn(async move { deliver(&function, &name, generation, &repeated).await })
        })
        .collect();
    for delivery in deliveries {
        delivery.await.expect("a delivery");
    }
    stop.store(true, Ordering::Relaxed);
    let (asked, unwell) = health.await.expect("a task");
    let peak = processor.memory("VmHWM");
    println!(
        "peak {} MiB, {} repeated, healthy {asked} times",
        peak / MEBIBYTE,
        repeated.load(Ordering::Relaxed)
    );
    assert_once(&cloud, EVENTS, 360);
    assert!(asked > 10 && unwell == 0, "not well {unwell} of {asked} times");
    assert!(peak < 128 * MEBIBYTE, "{} MiB", peak / MEBIBYTE);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_events_in_a_row_go_through_one_instance() {
    const EVENTS: usize = 2_000;
    let cloud = Cloud::start().await;
    // A week's polls in a minute: the test measures memory, not waiting time.
    cloud.services.limits.set(Limit { load_jobs_run_on: false, ..Limit::for_measuring() });
    let processor = Running::function(
        "process-live-boxscores",
        &cloud.environment("process-live-boxscores", &cloud.services.url),
    )
    .await;
    let (stop, health) = watch_health(&processor);
    let function = processor.as_function();
    let mut settled = 0;
    for nth in 0..EVENTS {
        let (name, body) = poll(nth, 1);
        let generation = cloud.upload(RAW_BUCKET, &name, body).await;
        let answer = function.deliver(RAW_BUCKET, &name, generation).await;
        assert_eq!(answer.json["status"], "stored", "{answer:?}");
        if nth == EVENTS / 4 {
            settled = processor.memory("VmRSS");
        }
    }
    stop.store(true, Ordering::Relaxed);
    let (asked, unwell) = health.await.expect("a task");
    let (peak, grown) = (processor.memory("VmHWM"), processor.memory("VmRSS").saturating_sub(settled));
    println!("peak {} MiB, grown by {} KiB, healthy {asked} times", peak / MEBIBYTE, grown / 1024);
    assert_once(&cloud, EVENTS, 36);
    assert!(asked > 100 && unwell == 0, "not well {unwell} of {asked} times");
    assert!(peak < 128 * MEBIBYTE, "{} MiB", peak / MEBIBYTE);
    assert!(grown < 8 * MEBIBYTE, "grown by {grown} bytes over the last 1,500 events");
}
