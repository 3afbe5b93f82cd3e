//! Points fall: no result is presented as certain before it is official, and a correction is shown as one,
//! consistently in all documents.

use serde_json::{Value, json};
use tests::drift::{
    DATED_GRADING, FINAL, FOURTH, Night, SUMMARY, THIRD, boston, fields, only, player, predicting,
};
use tests::{
    contract::schemas,
    warehouse::{DAY, played, predicted},
};

const LATER: tests::drift::State<'static> = ("3rd Qtr", 3, "Q3 4:00");

/// A night with a prediction of Jaylen Brown on this side of 24.5.
async fn night(side: &str) -> Night {
    Night::of(predicting(&[predicted("jaylenbrown", 27.3, side)]).await).await
}

/// The state of the prediction, after a check that all documents of the poll agree on these points.
async fn consistent(night: &Night, live: &Value, points: i64) -> Value {
    assert_eq!(player(live, "jaylenbrown")["points"], points);
    let standing = night.standing("jaylenbrown").await;
    assert_eq!(fields(&standing, ["actual", "margin_vs_line"]), json!([points, points as f64 - 24.5]));
    let timed = night.timed("jaylenbrown").await;
    let last = timed["points"].as_array().expect("points").last().expect("a point");
    assert_eq!(last[1], points, "{timed}");
    assert_eq!(timed["passed_at"].is_null(), points < 25, "{timed}");
    standing
}

#[tokio::test]
async fn points_that_fall_below_the_line_move_status_clinched_and_timeline_back() {
    for (side, above, below) in [
        ("OVER", "trending_correct", "trending_correct"),
        ("UNDER", "trending_incorrect", "trending_incorrect"),
    ] {
        let night = night(side).await;
        let live = night.poll("02:12", [boston(THIRD, 25)]).await;
        let standing = consistent(&night, &live, 25).await;
        assert_eq!(
            fields(&standing, ["status", "clinched"]),
            json!([above, true]),
            "by the score as it stands"
        );
        let live = night.poll("02:15", [boston(LATER, 24)]).await;
        let standing = consistent(&night, &live, 24).await;
        assert_eq!(fields(&standing, ["status", "clinched"]), json!([below, false]), "{side}");
    }
}

#[tokio::test]
async fn a_line_that_is_passed_twice_is_passed_at_the_second_moment() {
    let night = night("OVER").await;
    for (time, state, points) in
        [("02:12", THIRD, 25), ("02:15", LATER, 24), ("02:24", FOURTH, 26), ("02:40", FINAL, 26)]
    {
        let live = night.poll(time, [boston(state, points)]).await;
        consistent(&night, &live, points).await;
    }
    let timed = night.timed("jaylenbrown").await;
    assert_eq!(timed["points"], json!([[1765, 25], [1920, 24], [2340, 26]]));
    let passed_at = json!({"period": 4, "clock": "9:00", "poll_id": "20260110T022400Z"});
    assert_eq!(timed["passed_at"], passed_at);
}

#[tokio::test]
async fn a_final_score_that_is_corrected_is_graded_again() {
    let night = night("OVER").await;
    let live = night.poll("02:40", [boston(FINAL, 25)]).await;
    assert_eq!(consistent(&night, &live, 25).await["status"], "correct");
    let live = night.poll("02:43", [boston(FINAL, 24)]).await;
    assert_eq!(consistent(&night, &live, 24).await["status"], "incorrect");
}

#[tokio::test]
async fn a_free_throw_taken_away_the_next_day_is_taken_away_in_every_document_of_the_day() {
    let night = night("OVER").await;
    night.poll("02:40", [boston(FINAL, 25)]).await;
    let live = night.backfill([boston(FINAL, 24)]).await;
    assert_eq!(player(&live, "jaylenbrown")["points"], 24);
    let grading = night.cloud.document(DATED_GRADING).await;
    let standing = only(&grading["predictions"], "jaylenbrown");
    assert_eq!(fields(standing, ["actual", "status"]), json!([24, "incorrect"]));
    let timeline = night.cloud.document("v1/live-timeline/2026-01-09.json").await;
    let timed = only(&timeline["players"], "jaylenbrown");
    assert_eq!(timed["points"], json!([[2880, 25], [2880, 24]]));
    assert!(timed["passed_at"].is_null(), "{timed}");
}

#[tokio::test]
async fn an_official_score_below_the_line_leaves_no_moment_at_which_it_was_passed() {
    let mut night = night("OVER").await;
    night.poll("02:12", [boston(THIRD, 25)]).await;
    assert!(!night.timed("jaylenbrown").await["passed_at"].is_null());
    night.cloud.add(SUMMARY, played("jaylenbrown", DAY, 24, 36.5));
    night.restart().await;
    night.poll("03:12", [boston(FINAL, 25)]).await;
    let standing = night.standing("jaylenbrown").await;
    let shown = fields(&standing, ["actual", "status", "score_source"]);
    assert_eq!(shown, json!([24, "incorrect", "nba_official"]));
    let timed = night.timed("jaylenbrown").await;
    assert!(timed["passed_at"].is_null(), "the grading says that the line was not passed: {timed}");
}

#[test]
fn the_contract_says_that_clinched_is_by_the_score_as_it_stands() {
    let schemas = schemas("schemas");
    let clinched = &schemas["live-grading"]["$defs"]["GradedPrediction"]["properties"]["clinched"];
    let description = clinched["description"].as_str().expect("a description");
    assert!(description.contains("as it stands"), "{description}");
}
