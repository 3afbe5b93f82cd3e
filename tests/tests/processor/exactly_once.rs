//! Exactly once: a snapshot's rows are in the table once, however often its event is delivered and whatever
//! fails on the way.

use std::time::Duration;

use local_cloud::{cloud::RAW_BUCKET, faults::Fault};
use reqwest::StatusCode;
use serde_json::Value;
use tests::{Answer, Cloud, Function, Running, game, snapshot};

const SNAPSHOT: &str = "ball-dont-lie/live-boxscores/2026-01-09/20260110_021201.json";
const COUNT: &str = "SELECT COUNT(*) FROM nba_raw.bdl_live_boxscores";
const JOBS: &str = "POST /bigquery/v2/projects/local/jobs";

fn in_progress(id: i64) -> Value {
    game(id, "2026-01-09", "3rd Qtr", 3, "Q3 6:35")
}

async fn upload(cloud: &Cloud) -> i64 {
    cloud.upload(RAW_BUCKET, SNAPSHOT, snapshot("20260110T021201Z", &[in_progress(1)])).await
}

/// The number of load jobs started, failed ones included.
fn job_count(cloud: &Cloud) -> usize {
    usize::try_from(cloud.number("SELECT COUNT(*) FROM main.jobs")).expect("a count")
}

fn status(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.json["status"].as_str().unwrap_or("an error"))
}

#[tokio::test]
async fn a_second_delivery_of_an_event_adds_no_row() {
    let cloud = Cloud::start().await;
    let processor = cloud.processor().await;
    let generation = upload(&cloud).await;
    assert_eq!(processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await.json["status"], "stored");
    // Redelivered to the same instance, and to a new one without memory.
    assert_eq!(processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await.json["status"], "already_stored");
    let other = cloud.processor().await;
    assert_eq!(other.deliver(RAW_BUCKET, SNAPSHOT, generation).await.json["status"], "already_stored");
    assert_eq!(cloud.number(COUNT), 2);
}

#[tokio::test]
async fn after_a_failed_load_job_the_next_attempt_lands_the_rows() {
    let cloud = Cloud::start().await;
    let processor = cloud.processor().await;
    let generation = upload(&cloud).await;
    assert_eq!(processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await.json["status"], "stored");
    // The state in BigQuery as if that job had failed: the job exists, and none of its rows.
    cloud.execute("jobs", "UPDATE jobs SET rows = NULL, reason = 'backendError', message = 'try again'");
    cloud.execute("nba_raw", "DELETE FROM bdl_live_boxscores");
    cloud.pass(2).await;
    assert_eq!(processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await.json["status"], "stored");
    assert_eq!(processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await.json["status"], "already_stored");
    assert_eq!(cloud.names(RAW_BUCKET, "staging/").len(), 2, "one for each attempt");
    assert_eq!(cloud.number(COUNT), 2);
}

#[tokio::test]
async fn thirty_two_simultaneous_deliveries_of_an_event_add_its_rows_once() {
    let cloud = Cloud::start().await;
    let instances = [cloud.processor().await, cloud.processor().await];
    let generation = upload(&cloud).await;
    let deliveries: Vec<_> = (0..32)
        .map(|nth| {
            let processor = instances[nth % 2].clone();
            tokio::spawn(async move { processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await })
        })
        .collect();
    let mut stored = 0;
    for delivery in deliveries {
        let answer = delivery.await.expect("a delivery");
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        stored += usize::from(answer.json["status"] == "stored");
    }
    assert_eq!(stored, 1, "one has stored them, the others have found them");
    assert_eq!(cloud.number(COUNT), 2);
}

#[tokio::test]
async fn after_a_load_job_that_fails_the_redelivered_event_lands_its_rows() {
    let cloud = Cloud::start().await;
    let processor = cloud.processor().await;
    let generation = upload(&cloud).await;
    cloud.services.faults.plan("RUN ", 0, 2, Fault::FailedJob);
    // Eventarc redelivers within seconds; each attempt pauses for minutes, the second one for longer.
    for (minutes, jobs) in [(0, 1), (1, 1), (1, 2), (2, 2)] {
        cloud.pass(minutes).await;
        let answer = processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        assert_eq!(job_count(&cloud), jobs, "after {minutes} more minutes");
        assert_eq!(cloud.number(COUNT), 0);
    }
    // The same for another instance, which learns of the failures from the failed jobs themselves.
    let other = cloud.processor().await;
    let answer = other.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
    assert!(answer.message().contains("the next attempt is due"), "{answer:?}");
    cloud.pass(2).await;
    assert_eq!(status(&processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await), (200, "stored"));
    assert_eq!(status(&processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await), (200, "already_stored"));
    assert_eq!(cloud.number(COUNT), 2);
    assert_eq!(cloud.names(RAW_BUCKET, "dead-letter/"), Vec::<String>::new());
}

#[tokio::test]
async fn a_day_later_when_its_staged_rows_are_gone_an_event_adds_no_row() {
    let cloud = Cloud::start().await;
    let generation = upload(&cloud).await;
    assert_eq!(
        status(&cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, generation).await),
        (200, "stored")
    );
    let processed = cloud.rows("SELECT DISTINCT processed_at FROM nba_raw.bdl_live_boxscores");
    for staged in cloud.names(RAW_BUCKET, "staging/") {
        cloud.services.objects.remove(RAW_BUCKET, &staged);
    }
    let another_day = cloud.processor().await;
    assert_eq!(status(&another_day.deliver(RAW_BUCKET, SNAPSHOT, generation).await), (200, "already_stored"));
    assert_eq!(cloud.number(COUNT), 2);
    assert_eq!(cloud.rows("SELECT DISTINCT processed_at FROM nba_raw.bdl_live_boxscores"), processed);
}

#[tokio::test]
async fn an_object_that_is_overwritten_adds_the_rows_of_each_of_its_versions_once() {
    let cloud = Cloud::start().await;
    let processor = cloud.processor().await;
    let first = upload(&cloud).await;
    assert_eq!(status(&processor.deliver(RAW_BUCKET, SNAPSHOT, first).await), (200, "stored"));
    let later = snapshot("20260110T021201Z", &[in_progress(1), in_progress(2)]);
    let second = cloud.upload(RAW_BUCKET, SNAPSHOT, later).await;
    assert_ne!(first, second);
    assert_eq!(status(&processor.deliver(RAW_BUCKET, SNAPSHOT, second).await), (200, "stored"));
    // The first snapshot's content is gone; its rows are not, and no event is dead-lettered.
    for generation in [first, second] {
        let answer = processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
        assert_eq!(status(&answer), (200, "already_stored"));
    }
    assert_eq!(cloud.number(COUNT), 2 + 4);
    assert_eq!(cloud.names(RAW_BUCKET, "dead-letter/"), Vec::<String>::new());
}

#[tokio::test]
async fn a_job_that_exists_and_is_not_found_for_a_moment_is_found() {
    let cloud = Cloud::start().await;
    let processor = cloud.processor().await;
    let generation = upload(&cloud).await;
    assert_eq!(status(&processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await), (200, "stored"));
    // The job is looked up before a new one is started, and again after the 409 for an existing one.
    cloud.services.faults.plan("GET /bigquery/v2/projects/local/jobs/", 0, 2, Fault::Status(404));
    assert_eq!(status(&processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await), (200, "already_stored"));
    assert_eq!(cloud.number(COUNT), 2);
}

/// Kills a processor during its call `call`, and redelivers the event to a new one.
async fn crash_during(call: &str, fault: Fault) -> (Cloud, Answer) {
    let cloud = Cloud::start().await;
    let variables = cloud.environment("process-live-boxscores", &cloud.services.url);
    let generation = upload(&cloud).await;
    let mut crashing = Running::function("process-live-boxscores", &variables).await;
    cloud.services.faults.plan(call, 0, 1, fault);
    let delivery = {
        let function: Function = crashing.as_function();
        tokio::spawn(async move { function.try_deliver(RAW_BUCKET, SNAPSHOT, generation).await })
    };
    for _ in 0..500 {
        if !cloud.services.faults.injected().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!cloud.services.faults.injected().is_empty(), "{call} was never made");
    // The effect of the hanging call has happened by now.
    tokio::time::sleep(Duration::from_millis(300)).await;
    crashing.kill();
    assert!(delivery.await.expect("a task").is_err(), "the connection broke off");
    cloud.services.faults.end();
    let other = Running::function("process-live-boxscores", &variables).await;
    let answer = other.as_function().deliver(RAW_BUCKET, SNAPSHOT, generation).await;
    assert_eq!(cloud.names(RAW_BUCKET, "dead-letter/"), Vec::<String>::new());
    (cloud, answer)
}

#[tokio::test]
async fn a_crash_before_the_rows_are_staged_loses_nothing() {
    let (cloud, answer) = crash_during("name=staging", Fault::Hang).await;
    assert_eq!(status(&answer), (200, "stored"));
    assert_eq!(cloud.number(COUNT), 2);
}

#[tokio::test]
async fn a_crash_between_staging_and_load_loses_nothing() {
    let (cloud, answer) = crash_during(JOBS, Fault::Hang).await;
    assert_eq!(status(&answer), (200, "stored"));
    assert_eq!(cloud.number(COUNT), 2);
}

#[tokio::test]
async fn a_crash_between_load_and_acknowledgement_doubles_nothing() {
    let (cloud, answer) = crash_during(JOBS, Fault::DoneThenHang).await;
    assert_eq!(status(&answer), (200, "already_stored"));
    assert_eq!(cloud.number(COUNT), 2);
}

#[tokio::test]
async fn a_crash_while_the_load_job_runs_doubles_nothing() {
    let (cloud, answer) = crash_during("RUN ", Fault::EndlessJob).await;
    assert_eq!(status(&answer), (200, "already_stored"), "the job went on without us");
    assert_eq!(cloud.number(COUNT), 2);
}

#[tokio::test]
async fn an_answer_that_is_lost_after_its_effect_doubles_nothing() {
    for (call, fault) in [
        ("name=staging", Fault::AnswerLost),
        ("name=staging", Fault::CutOff),
        (JOBS, Fault::AnswerLost),
        (JOBS, Fault::CutOff),
        (JOBS, Fault::Truncated),
        (JOBS, Fault::WrongJson),
        (JOBS, Fault::Html),
    ] {
        let cloud = Cloud::start().await;
        let generation = upload(&cloud).await;
        cloud.services.faults.plan(call, 0, 2, fault);
        let answer = cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
        assert_eq!(answer.status, StatusCode::OK, "{call} {fault}: {answer:?}");
        assert_eq!(cloud.number(COUNT), 2, "{call} {fault}");
        assert!(!cloud.services.faults.injected().is_empty(), "{call} {fault} never happened");
    }
}

#[tokio::test]
async fn a_snapshot_that_comes_broken_off_its_bucket_is_read_again_and_never_given_up_on() {
    for fault in [Fault::CutOff, Fault::Truncated, Fault::WrongJson, Fault::Html, Fault::Status(503)] {
        let cloud = Cloud::start().await;
        let generation = upload(&cloud).await;
        cloud.services.faults.plan("GET /storage/", 0, 2, fault);
        let answer = cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
        assert_eq!(status(&answer), (200, "stored"), "{fault}: {answer:?}");
        assert_eq!(cloud.number(COUNT), 2, "{fault}");
    }
}

#[tokio::test]
async fn a_dead_letter_is_kept_even_if_its_write_is_refused_for_a_precondition_that_nobody_set() {
    let cloud = Cloud::start().await;
    let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, "half a snapsh").await;
    cloud.services.faults.plan("name=dead-letter", 0, 3, Fault::Precondition);
    let answer = cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
    assert_eq!(status(&answer), (200, "dead_letter"));
    assert_eq!(cloud.names(RAW_BUCKET, "dead-letter/").len(), 1);
}
