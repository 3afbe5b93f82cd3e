//! The live export: a poll becomes the public scores of its slate day.

mod concurrency;
mod failures;
mod games;
mod live_timeline;
mod names;
mod publication;
mod request;
mod thirty_seconds;

use local_cloud::{cloud::API_BUCKET, latency::Latency};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use tests::{Cloud, HandClock, Reply, Stub, game};

const NIGHT: &str = "2026-01-10T02:12:01.500000Z";

const DATED: &str = "v1/live/2026-01-09.json";

const LATEST: &str = "v1/live/latest.json";

const GRADING: &str = "v1/live-grading/2026-01-09.json";

const LATEST_GRADING: &str = "v1/live-grading/latest.json";

const TIMELINE: &str = "v1/live-timeline/2026-01-09.json";

const LATEST_TIMELINE: &str = "v1/live-timeline/latest.json";

const DATES: &str = "v1/dates.json";

const STATUS: &str = "v1/status.json";

fn on(id: i64) -> Value {
    game(id, "2026-01-09", "3rd Qtr", 3, "Q3 6:35")
}

fn over(id: i64) -> Value {
    game(id, "2026-01-09", "Final", 4, "Final")
}

fn ids(document: &Value) -> Vec<&str> {
    let games = document["games"].as_array().expect("games");
    games.iter().map(|game| game["game_id"].as_str().expect("an id")).collect()
}
