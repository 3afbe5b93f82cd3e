//! No regression: the public documents end at the newest poll, whichever export finishes last.

use std::time::Duration;

use local_cloud::{cloud::API_BUCKET, faults::Fault};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{
    Cloud, HandClock, Reply, Stub,
    drift::{FOURTH, Night, THIRD, boston, predicting, shown},
    game,
    warehouse::predicted,
};

const DOCUMENTS: [&str; 6] = [
    "v1/live/2026-01-09.json",
    "v1/live/latest.json",
    "v1/live-grading/2026-01-09.json",
    "v1/live-grading/latest.json",
    "v1/live-timeline/2026-01-09.json",
    "v1/live-timeline/latest.json",
];

fn scored(points: i64) -> Value {
    let mut game = game(1, "2026-01-09", "3rd Qtr", 3, "Q3 6:35");
    game["home_team"]["players"][0]["pts"] = points.into();
    game
}

/// An export that begins at `second` past 21:12 in New York and whose upstream answers after `delay`.
async fn export(cloud: &Cloud, second: &str, points: i64, delay: u64) -> tests::Answer {
    let clock = HandClock::at(&format!("2026-01-10T02:12:{second}Z"));
    let reply = Reply::games([scored(points)]).after(Duration::from_millis(delay));
    let exporter = cloud.exporter(&Stub::answering([reply]).await, &clock).await;
    exporter.post("").await
}

async fn assert_all_are_of(cloud: &Cloud, poll: &str) {
    for object in DOCUMENTS {
        assert_eq!(cloud.document(object).await["poll_id"], poll, "{object}");
    }
    assert_eq!(cloud.document("v1/status.json").await["services"]["live_data"]["poll_id"], poll);
}

#[tokio::test]
async fn of_two_exports_the_older_that_finishes_last_changes_nothing() {
    let cloud = Cloud::start().await;
    let (older, newer) = tokio::join!(export(&cloud, "01", 10, 900), export(&cloud, "31", 12, 0));
    assert_eq!((newer.status, &newer.json["status"]), (StatusCode::OK, &json!("success")));
    assert_eq!((older.status, &older.json["status"]), (StatusCode::OK, &json!("superseded")));
    assert_all_are_of(&cloud, "20260110T021231Z").await;
    assert_eq!(cloud.document(DOCUMENTS[1]).await["games"][0]["players"][0]["points"], 12);
}

#[tokio::test]
async fn of_three_exports_at_once_the_newest_stays_in_whatever_order_they_finish() {
    for delays in [[0, 0, 0], [0, 300, 600], [600, 300, 0], [300, 0, 600], [300, 600, 0], [600, 0, 300]] {
        let cloud = Cloud::start().await;
        let [first, second, third] = delays;
        let answers = tokio::join!(
            export(&cloud, "01", 10, first),
            export(&cloud, "02", 12, second),
            export(&cloud, "03", 14, third),
        );
        for answer in [&answers.0, &answers.1, &answers.2] {
            assert_eq!(answer.status, StatusCode::OK, "{delays:?} {answer:?}");
        }
        assert_eq!(answers.2.json["status"], "success", "{delays:?}");
        assert_all_are_of(&cloud, "20260110T021203Z").await;
    }
}

#[tokio::test]
async fn exports_of_the_same_second_are_ordered_by_its_parts() {
    let cloud = Cloud::start().await;
    let (older, newer) = tokio::join!(export(&cloud, "01.100", 10, 700), export(&cloud, "01.900", 12, 0));
    assert_eq!((&older.json["status"], &newer.json["status"]), (&json!("superseded"), &json!("success")));
    assert_eq!(cloud.document(DOCUMENTS[1]).await["games"][0]["players"][0]["points"], 12);
    assert_all_are_of(&cloud, "20260110T021201Z").await;
}

#[tokio::test]
async fn exports_of_the_same_instant_both_succeed_and_leave_documents_of_one_poll() {
    let cloud = Cloud::start().await;
    let (one, other) = tokio::join!(export(&cloud, "01", 10, 0), export(&cloud, "01", 10, 0));
    assert_eq!((one.status, other.status), (StatusCode::OK, StatusCode::OK));
    assert_all_are_of(&cloud, "20260110T021201Z").await;
    assert_eq!(cloud.document(DOCUMENTS[0]).await, cloud.document(DOCUMENTS[1]).await);
}

#[tokio::test]
async fn a_poll_is_as_old_as_the_question_that_was_answered_and_not_as_the_first_one_asked() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at("2026-01-10T02:12:01Z"));
    let replies = [Reply::text(500, ""), Reply::games([scored(12)])];
    let slow = Stub::answering(replies).await;
    let exporter = cloud.exporter(&slow, &clock).await;
    let retrying = tokio::spawn(async move { exporter.post("").await });
    tokio::time::sleep(Duration::from_millis(150)).await;
    clock.set("2026-01-10T02:12:09Z");
    assert_eq!(retrying.await.expect("an answer").json["status"], "success");
    assert_all_are_of(&cloud, "20260110T021209Z").await;
    let meanwhile = export(&cloud, "05", 10, 0).await;
    assert_eq!(meanwhile.json["status"], "superseded", "it saw less");
}

#[tokio::test]
async fn a_precondition_that_fails_is_tried_again_and_no_write_is_lost_to_it() {
    let cloud = Cloud::start().await;
    assert_eq!(export(&cloud, "01", 10, 0).await.json["status"], "success");
    for object in DOCUMENTS {
        cloud.services.faults.plan(
            &format!("name={}", object.replace('/', "%2F")),
            0,
            5,
            Fault::Precondition,
        );
    }
    let answer = export(&cloud, "31", 12, 0).await;
    assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("success")), "{answer:?}");
    assert_eq!(answer.json["paths"].as_object().map(|paths| paths.len()), Some(6));
    let refused: u64 = cloud.services.faults.injected().values().sum();
    assert!(refused >= 10, "only {refused} writes were refused");
    assert_all_are_of(&cloud, "20260110T021231Z").await;
}

#[tokio::test]
async fn a_precondition_that_always_fails_is_an_error_and_what_was_public_stays() {
    let cloud = Cloud::start().await;
    assert_eq!(export(&cloud, "01", 10, 0).await.json["status"], "success");
    cloud.services.faults.plan("POST /upload/", 0, 1_000, Fault::Precondition);
    let answer = export(&cloud, "31", 12, 0).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert!(answer.message().contains("before each of 8 writes"), "{}", answer.message());
    assert_all_are_of(&cloud, "20260110T021201Z").await;
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_published_and_told_as_such() {
    for fault in [Fault::AnswerLost, Fault::CutOff, Fault::WrongJson] {
        let cloud = Cloud::start().await;
        cloud.services.faults.plan("POST /upload/", 0, 4, fault);
        for (second, poll) in [("01", "20260110T021201Z"), ("31", "20260110T021231Z")] {
            let answer = export(&cloud, second, 10, 0).await;
            assert_eq!(
                (answer.status, &answer.json["status"]),
                (StatusCode::OK, &json!("success")),
                "{fault}"
            );
            assert_all_are_of(&cloud, poll).await;
        }
    }
}

#[tokio::test]
async fn a_document_that_comes_broken_off_its_bucket_is_read_again_and_loses_no_game() {
    for fault in [Fault::CutOff, Fault::Truncated, Fault::WrongJson, Fault::Html] {
        let cloud = Cloud::start().await;
        let clock = HandClock::at("2026-01-10T02:12:01Z");
        let both = [scored(10), game(2, "2026-01-09", "Final", 4, "Final")];
        cloud.exporter(&Stub::answering([Reply::games(both)]).await, &clock).await.post("").await;
        cloud.services.faults.plan("GET /storage/", 0, 2, fault);
        let answer = export(&cloud, "31", 12, 0).await;
        assert_eq!(answer.json["status"], "success", "{fault}");
        assert_eq!(cloud.json(API_BUCKET, DOCUMENTS[1])["total_games"], 2, "{fault}");
    }
}

#[tokio::test]
async fn where_only_the_copy_was_written_the_next_poll_goes_on_from_the_copy() {
    let cloud = Cloud::start().await;
    assert_eq!(export(&cloud, "01", 10, 0).await.json["status"], "success");
    let dated = "name=v1%2Flive%2F2026-01-09.json";
    cloud.services.faults.plan(dated, 0, 1, Fault::Status(401));
    assert!(export(&cloud, "31", 20, 0).await.status.is_server_error());
    let points =
        async |object: &str| cloud.document(object).await["games"][0]["players"][0]["points"].clone();
    assert_eq!((points(DOCUMENTS[0]).await, points(DOCUMENTS[1]).await), (json!(10), json!(20)));

    // A poll between the two.
    assert_eq!(export(&cloud, "21", 15, 0).await.json["status"], "success");
    assert_eq!(points(DOCUMENTS[1]).await, 20);

    // Held back, because it is of an earlier period: the game stays as the copy has it.
    let clock = HandClock::at("2026-01-10T02:12:41Z");
    let mut earlier = game(1, "2026-01-09", "1st Qtr", 1, "Q1 6:35");
    earlier["home_team"]["players"][0]["pts"] = 5.into();
    let exporter = cloud.exporter(&Stub::answering([Reply::games([earlier])]).await, &clock).await;
    assert_eq!(exporter.post("").await.json["status"], "success");
    assert_eq!((points(DOCUMENTS[0]).await, points(DOCUMENTS[1]).await), (json!(20), json!(20)));
}

#[tokio::test]
async fn where_only_the_copy_of_a_timeline_was_written_its_moment_is_not_lost() {
    let mut night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    let dated = "name=v1%2Flive-timeline%2F2026-01-09.json";
    night.cloud.services.faults.plan(dated, 0, 1, Fault::Status(401));
    night.clock.set("2026-01-10T02:15:00Z");
    night.stub.answer([Reply::games([boston(FOURTH, 25)])]);
    let another = night.cloud.exporter(&night.stub, &night.clock).await;
    assert!(another.post("").await.status.is_server_error());
    night.restart().await;
    night.poll("02:18", [boston(("4th Qtr", 4, "Q4 5:00"), 27)]).await;
    assert_eq!(night.timed("jaylenbrown").await["points"], json!([[1765, 21], [2340, 25], [2580, 27]]));
}

/// Puts the scores of a poll of 02:15 into one of their two objects, and restarts the function.
async fn replace_one_object(night: &mut Night, mut scores: Value) {
    scores["poll_id"] = json!("20260110T021500Z");
    let version = json!({"version": "2026-01-10T02:15:00.000000Z"});
    let metadata = json!({"contentType": "application/json", "metadata": version});
    let answer = night.cloud.upload_with(API_BUCKET, DOCUMENTS[0], metadata, scores.to_string(), &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    night.restart().await;
}

#[tokio::test]
async fn of_two_objects_of_different_polls_a_game_keeps_the_state_that_can_follow_the_other() {
    let mut night = Night::of(predicting(&[]).await).await;
    night.poll("02:09", [boston(("2nd Qtr", 2, "Q2 3:00"), 14)]).await;
    let overtaken = night.cloud.document(DOCUMENTS[0]).await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    // A poll that was asked later and answered earlier, of which only one object could be written.
    replace_one_object(&mut night, overtaken).await;
    // A state that cannot follow is held back, and the public one stays.
    let live = night.poll("02:18", [boston(("In Progress", 9, "2:00"), 21)]).await;
    assert_eq!(shown(&live), json!(["in_progress", "Q3 6:35", 81]));
    assert_eq!(night.cloud.document(DOCUMENTS[0]).await["games"][0]["period"], 3);
}

#[tokio::test]
async fn a_state_that_a_later_poll_kept_does_not_replace_a_newer_one_of_as_much_play() {
    const END: (&str, i64, &str) = ("In Progress", 3, "0:00");
    const BEGINNING: (&str, i64, &str) = ("In Progress", 4, "12:00");
    let mut night = Night::of(predicting(&[]).await).await;
    night.poll("02:09", [boston(END, 21)]).await;
    let mut overtaken = night.cloud.document(DOCUMENTS[0]).await;
    night.poll("02:12", [boston(BEGINNING, 21)]).await;
    // Of a later poll, whose own state was held back, only one object could be written.
    overtaken["games"][0]["regressed_since"] = json!("2026-01-10T02:15:00Z");
    replace_one_object(&mut night, overtaken).await;
    let live = night.poll("02:15", [boston(("2nd Qtr", 2, "Q2 3:00"), 14)]).await;
    assert_eq!(shown(&live), json!(["in_progress", "Q4 12:00", 81]));
}

#[tokio::test]
async fn a_copy_of_another_day_is_not_what_is_public_of_the_day() {
    let cloud = Cloud::start().await;
    // Early on the next slate day `latest.json` is still of the night before, and of a later version than the
    // new day's document could be.
    assert_eq!(export(&cloud, "01", 10, 0).await.json["status"], "success");
    let clock = HandClock::at("2026-01-10T17:00:00Z");
    let mut next_day = game(2, "2026-01-10", "2026-01-11T00:00:00Z", 0, "");
    next_day["home_team"]["players"] = json!([]);
    let exporter = cloud.exporter(&Stub::answering([Reply::games([next_day])]).await, &clock).await;
    assert_eq!(exporter.post("").await.json["status"], "success");
    let latest = cloud.document(DOCUMENTS[1]).await;
    assert_eq!((&latest["game_date"], &latest["total_games"]), (&json!("2026-01-10"), &json!(1)));
}
