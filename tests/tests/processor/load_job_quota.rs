//! BigQuery accepts 1,500 load jobs per table and day, failed ones included. A day on which every load job
//! fails, with Eventarc redelivering every event, and the subsequent replay of that day must stay far
//! below.

use std::{cmp::Reverse, collections::BinaryHeap};

use chrono::{DateTime, TimeDelta, Utc};
use local_cloud::{
    cloud::RAW_BUCKET,
    delivery::Subscription,
    faults::{Fault, Service},
    limits::Limit,
};
use reqwest::StatusCode;
use serde_json::json;
use tests::{Cloud, Function, HandClock, Reply, Stub, game, instant, snapshot};

const JOBS: &str = "SELECT COUNT(*) FROM main.jobs";
/// From noon to four in the morning, Eastern, with games on from the beginning until half past one: longer than
/// the longest day of a season, Christmas.
const FIRST_POLL: &str = "2026-01-09T17:00:00Z";
const MINUTES: usize = 960;
const MINUTES_WITH_GAMES: usize = 810;
/// The snapshots of that day: one a minute while a game is on, else one in three.
const POLLS: usize = MINUTES_WITH_GAMES + (MINUTES - MINUTES_WITH_GAMES) / 3;

/// A pending delivery: its time, its snapshot, and the pause after it if it fails.
type Due = Reverse<(DateTime<Utc>, usize, TimeDelta)>;

struct Day {
    cloud: Cloud,
    snapshots: Vec<(String, i64)>,
    subscription: Subscription,
}

impl Day {
    /// A day whose polls are all stored, before any delivery.
    async fn start() -> Self {
        let cloud = Cloud::start().await;
        // A day in seconds: the quota is the real one, the waiting time of each job is not.
        let quota = Limit::default().load_jobs_a_day;
        cloud.services.limits.set(Limit {
            load_jobs_run_on: false,
            load_jobs_a_day: quota,
            ..Limit::for_measuring()
        });
        let mut snapshots = Vec::new();
        for nth in 0..POLLS {
            let at = poll_at(nth);
            let name = format!("ball-dont-lie/live-boxscores/2026-01-09/{}.json", at.format("%Y%m%d_%H%M%S"));
            let poll = at.format("%Y%m%dT%H%M%SZ").to_string();
            let body = snapshot(&poll, &[game(1, "2026-01-09", "3rd Qtr", 3, "Q3 6:35")]);
            snapshots.push((name.clone(), cloud.upload(RAW_BUCKET, &name, body).await));
        }
        Self { cloud, snapshots, subscription: Subscription::deployed() }
    }

    /// Delivers every event at its poll and again after Eventarc's pauses until it is accepted, until
    /// `end`. Returns the number of accepted events and of the deliveries.
    async fn deliver_until(&self, processor: &Function, end: DateTime<Utc>) -> (usize, usize) {
        let delta = |pause| TimeDelta::from_std(pause).expect("a pause");
        let (shortest, longest) =
            (delta(self.subscription.min_back_off), delta(self.subscription.max_back_off));
        let mut due: BinaryHeap<Due> = (0..POLLS).map(|nth| Reverse((poll_at(nth), nth, shortest))).collect();
        let (mut taken, mut deliveries) = (0, 0);
        while let Some(Reverse((at, nth, pause))) = due.pop() {
            if at > end {
                break;
            }
            self.cloud.services.clock.run_until(at).await;
            deliveries += 1;
            match self.deliver(processor, nth).await {
                StatusCode::OK => taken += 1,
                status => {
                    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
                    due.push(Reverse((at + pause, nth, (pause * 2).min(longest))));
                }
            }
        }
        (taken, deliveries)
    }

    async fn deliver(&self, processor: &Function, nth: usize) -> StatusCode {
        let (name, generation) = &self.snapshots[nth];
        processor.deliver(RAW_BUCKET, name, *generation).await.status
    }

    fn jobs(&self) -> i64 {
        self.cloud.number(JOBS)
    }
}

fn poll_at(nth: usize) -> DateTime<Utc> {
    let minute = nth + 2 * nth.saturating_sub(MINUTES_WITH_GAMES);
    instant(FIRST_POLL) + TimeDelta::minutes(minute.try_into().expect("a minute"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_games_has_a_snapshot_a_minute_and_one_in_three_after_the_last() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(FIRST_POLL));
    let stub = Stub::answering([]).await;
    let scraper = cloud.scraper(&stub, &clock).await;
    for minute in 0..MINUTES {
        let is_on = minute < MINUTES_WITH_GAMES;
        let (status, period) = if is_on { ("2nd Qtr", 2) } else { ("Final", 4) };
        stub.answer([Reply::games([game(1, "2026-01-09", status, period, "")])]);
        let at = instant(FIRST_POLL) + TimeDelta::minutes(minute.try_into().expect("a minute"));
        clock.set(&at.to_rfc3339());
        let answer = scraper.post(json!({"idle_every_minutes": 3}).to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
    assert_eq!(cloud.names(RAW_BUCKET, "ball-dont-lie/").len(), POLLS);
}

#[tokio::test(flavor = "multi_thread")]
async fn f25_a_day_of_outage_and_its_replay_stay_far_below_the_limit_of_load_jobs() {
    let day = Day::start().await;
    let processor = day.cloud.processor().await;
    day.cloud.services.faults.plan("RUN ", 0, u32::MAX, Fault::FailedJob);
    let (taken, deliveries) = day.deliver_until(&processor, instant(FIRST_POLL) + TimeDelta::days(1)).await;
    let failed = day.jobs();
    assert_eq!(taken, 0);
    assert!(deliveries > 20_000, "{deliveries} deliveries are no day of Eventarc's");

    // The outage ends, and the operator replays the day, which also accepts the pending events.
    day.cloud.services.faults.end();
    let mut open: Vec<usize> = (0..POLLS).collect();
    let mut rounds = 0;
    while !open.is_empty() {
        day.cloud.pass(10).await;
        let mut left = Vec::new();
        for nth in open {
            match day.deliver(&processor, nth).await {
                StatusCode::OK => {}
                _ => left.push(nth),
            }
        }
        open = left;
        rounds += 1;
        assert!(rounds < 10, "{} snapshots are never taken", open.len());
    }
    println!(
        "{deliveries} deliveries, {failed} failed jobs, {} jobs in all, {rounds} rounds of replay",
        day.jobs()
    );
    assert_eq!(
        day.cloud.number("SELECT COUNT(DISTINCT poll_id) FROM nba_raw.bdl_live_boxscores"),
        POLLS as i64
    );
    assert!(day.jobs() < 1_000, "{} load jobs", day.jobs());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_load_jobs_than_the_quota_fail_and_are_tried_again_without_using_up_more() {
    let day = Day::start().await;
    day.cloud.services.limits.set(Limit {
        load_jobs_run_on: false,
        load_jobs_a_day: 3,
        ..Limit::for_measuring()
    });
    let processor = day.cloud.processor().await;
    for nth in 0..3 {
        assert_eq!(day.deliver(&processor, nth).await, StatusCode::OK);
    }
    for _ in 0..5 {
        assert_eq!(day.deliver(&processor, 3).await, StatusCode::SERVICE_UNAVAILABLE);
        day.cloud.pass(1).await;
    }
    assert_eq!(day.jobs(), 4, "one is refused for the quota, the others are not even started");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_job_that_is_refused_at_once_is_asked_for_again_only_minutes_later() {
    let inserts = |day: &Day| -> u64 {
        let injected = day.cloud.services.faults.injected();
        injected.iter().filter(|((service, _), _)| *service == Service::BigQuery).map(|(_, n)| n).sum()
    };
    for (reason, status, minutes) in [
        ("quotaExceeded", StatusCode::SERVICE_UNAVAILABLE, 10),
        ("accessDenied", StatusCode::INTERNAL_SERVER_ERROR, 10),
        ("rateLimitExceeded", StatusCode::SERVICE_UNAVAILABLE, 2),
    ] {
        let day = Day::start().await;
        day.cloud.services.faults.plan("/jobs", 0, 1, Fault::Refused(reason));
        let processor = day.cloud.processor().await;
        assert_eq!(day.deliver(&processor, 0).await, status, "{reason}");
        for minute in 1..minutes {
            day.cloud.pass(1).await;
            let answer = day.deliver(&processor, minute).await;
            assert_eq!(answer, StatusCode::SERVICE_UNAVAILABLE, "{reason}, after {minute} minutes");
        }
        assert_eq!((inserts(&day), day.jobs()), (1, 0), "{reason}");
        day.cloud.pass(1).await;
        assert_eq!(day.deliver(&processor, 0).await, StatusCode::OK, "{reason}");
    }
}
