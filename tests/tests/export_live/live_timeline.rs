//! The timeline: the points over time of every player with a prediction.

use local_cloud::{cloud::API_BUCKET, faults::Fault};
use serde_json::{Value, json};
use tests::{
    Cloud, HandClock, Reply, Stub, game,
    warehouse::{DAY, GAME, offered, predicted},
};

const LATEST: &str = "v1/live-timeline/latest.json";
const DATED: &str = "v1/live-timeline/2026-01-09.json";
const PREDICTIONS: &str = "nba_predictions.player_prop_predictions";

/// Toronto at Boston at a moment, with these points of Jaylen Brown.
fn boston(status: &str, period: i64, time: &str, points: i64) -> Reply {
    let mut game = game(1, DAY, status, period, time);
    let player = json!({"id": 70, "first_name": "Jaylen", "last_name": "Brown"});
    game["home_team"]["players"] = json!([{"min": "25", "pts": points, "player": player}]);
    game["visitor_team"] = json!({"id": 28, "abbreviation": "TOR", "players": []});
    Reply::games([game])
}

async fn cloud() -> Cloud {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    cloud
}

/// A night of four polls, the last in an overtime.
fn evening() -> [(&'static str, Reply); 5] {
    [
        ("2026-01-10T00:00:00Z", boston("2026-01-10T00:00:00Z", 0, "", 0)),
        ("2026-01-10T00:21:00Z", boston("1st Qtr", 1, "Q1 2:10", 8)),
        ("2026-01-10T00:24:00Z", boston("1st Qtr", 1, "Q1 1:00", 8)),
        ("2026-01-10T01:30:00Z", boston("3rd Qtr", 3, "Q3 6:35", 25)),
        ("2026-01-10T02:40:00Z", boston("OT", 5, "OT 2:10", 31)),
    ]
}

fn jaylen(document: &Value) -> &Value {
    let players = document["players"].as_array().expect("players");
    players.iter().find(|player| player["player_lookup"] == "jaylenbrown").expect("Jaylen Brown")
}

#[tokio::test]
async fn points_are_there_where_they_changed_and_the_line_has_its_moment() {
    let (cloud, clock) = (cloud().await, HandClock::at("2026-01-10T00:00:00Z"));
    let stub = Stub::answering([]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    for (at, reply) in evening() {
        clock.set(at);
        stub.answer([reply]);
        assert_eq!(exporter.post("").await.status, 200);
    }
    let document = cloud.document(LATEST).await;
    assert_eq!(document, cloud.document(DATED).await);
    assert_eq!((&document["game_date"], &document["poll_id"]), (&json!(DAY), &json!("20260110T024000Z")));
    let expected = json!({
        "player_lookup": "jaylenbrown", "player_name": "Jaylen Brown", "team": "BOS", "game_id": GAME, "line": 24.5,
        "passed_at": {"period": 3, "clock": "6:35", "poll_id": "20260110T013000Z"},
        "points": [[590, 8], [1765, 25], [3050, 31]],
        "polls": ["20260110T002100Z", "20260110T013000Z", "20260110T024000Z"],
    });
    assert_eq!(*jaylen(&document), expected);
}

#[tokio::test]
async fn a_new_process_builds_on_what_is_public_and_nothing_is_lost() {
    let (cloud, clock) = (cloud().await, HandClock::at("2026-01-10T00:00:00Z"));
    let stub = Stub::answering([]).await;
    // Two processes, whose turns alternate: each remembers a document that the other has replaced.
    let exporters = [cloud.exporter(&stub, &clock).await, cloud.exporter(&stub, &clock).await];
    for ((at, reply), exporter) in evening().into_iter().zip(exporters.iter().cycle()) {
        clock.set(at);
        stub.answer([reply]);
        assert_eq!(exporter.post("").await.status, 200);
    }
    assert_eq!(jaylen(&cloud.document(DATED).await)["points"], json!([[590, 8], [1765, 25], [3050, 31]]));
}

#[tokio::test]
async fn a_missing_timeline_is_made_from_the_history() {
    let (cloud, clock) = (cloud().await, HandClock::at("2026-01-10T02:40:00Z"));
    let row = |at: &str, period: i64, time: &str, points: i64| {
        json!({
            "poll_timestamp": at, "poll_id": at.replace(['-', ':'], ""), "game_id": "1", "game_date": DAY,
            "game_status": "in_progress", "period": period, "time_remaining": time, "is_halftime": false,
            "home_team_abbr": "BOS", "away_team_abbr": "TOR", "home_score": 50, "away_score": 50, "bdl_player_id": 70,
            "player_lookup": "jaylenbrown", "player_full_name": "Jaylen Brown", "team_abbr": "BOS", "points": points,
            "processed_at": at,
        })
    };
    cloud.append(
        "nba_raw",
        "bdl_live_boxscores",
        &[
            row("2026-01-10T00:21:00Z", 1, "Q1 2:10", 8),
            row("2026-01-10T00:24:00Z", 1, "Q1 1:00", 8),
            row("2026-01-10T01:00:00Z", 2, "Halftime", 14),
            row("2026-01-10T01:30:00Z", 3, "Q3 6:35", 25),
        ],
    );
    let [.., (_, overtime)] = evening();
    let stub = Stub::answering([overtime]).await;
    cloud.exporter(&stub, &clock).await.post("").await;
    let document = cloud.document(DATED).await;
    let timed = jaylen(&document);
    assert_eq!(timed["points"], json!([[590, 8], [1440, 14], [1765, 25], [3050, 31]]));
    assert_eq!(timed["passed_at"], json!({"period": 3, "clock": "6:35", "poll_id": "20260110T013000Z"}));
}

#[tokio::test]
async fn a_timeline_that_cannot_be_read_is_built_again_and_one_that_is_newer_stays() {
    let (cloud, clock) = (cloud().await, HandClock::at("2026-01-10T01:30:00Z"));
    let stub = Stub::answering([boston("3rd Qtr", 3, "Q3 6:35", 25)]).await;
    cloud.services.objects.store(API_BUCKET, DATED, "<html>".into()).expect("an object");
    cloud.exporter(&stub, &clock).await.post("").await;
    assert_eq!(jaylen(&cloud.document(DATED).await)["points"], json!([[1765, 25]]));
    clock.set("2026-01-10T01:00:00Z");
    stub.answer([boston("2nd Qtr", 2, "Q2 6:35", 12)]);
    cloud.exporter(&stub, &clock).await.post("").await;
    assert_eq!(cloud.document(DATED).await["poll_id"], "20260110T013000Z");
}

#[tokio::test]
async fn without_a_timeline_the_scores_and_the_grading_are_public_and_the_answer_says_what_is_missing() {
    let (cloud, clock) = (cloud().await, HandClock::at("2026-01-10T01:30:00Z"));
    let stub = Stub::answering([boston("3rd Qtr", 3, "Q3 6:35", 25)]).await;
    cloud.services.faults.plan("name=v1%2Flive-timeline", 0, 20, Fault::Status(403));
    let answer = cloud.exporter(&stub, &clock).await.post("").await;
    assert_eq!((answer.status.as_u16(), &answer.json["status"]), (500, &json!("partial")), "{answer:?}");
    let errors = answer.json["errors"].as_array().expect("errors");
    assert!(
        errors.len() == 1 && errors[0].as_str().is_some_and(|it| it.starts_with("live_timeline: ")),
        "{errors:?}"
    );
    assert_eq!(cloud.document("v1/live-grading/latest.json").await["predictions"][0]["actual"], 25);
    let status = cloud.document("v1/status.json").await;
    assert_eq!(status["known_issues"][0]["message"], errors[0]);
}

#[tokio::test]
async fn a_timeline_that_cannot_be_read_costs_no_grading_and_a_grading_no_timeline() {
    for (refused, missing, kept) in [
        (
            "GET /storage/v1/b/nba-props-platform-api/o/v1%2Flive-timeline",
            "live_timeline: ",
            "v1/live-grading/",
        ),
        (
            "GET /storage/v1/b/nba-props-platform-api/o/v1%2Flive-grading",
            "live_grading: ",
            "v1/live-timeline/",
        ),
    ] {
        let (cloud, clock) = (cloud().await, HandClock::at("2026-01-10T01:30:00Z"));
        let stub = Stub::answering([boston("3rd Qtr", 3, "Q3 6:35", 25)]).await;
        cloud.services.faults.plan(refused, 0, 20, Fault::Status(403));
        let answer = cloud.exporter(&stub, &clock).await.post("").await;
        assert_eq!((answer.status.as_u16(), &answer.json["status"]), (500, &json!("partial")), "{answer:?}");
        let errors = answer.json["errors"].as_array().expect("errors");
        assert!(errors.len() == 1 && errors[0].as_str().expect("a text").starts_with(missing), "{errors:?}");
        assert_eq!(cloud.names(API_BUCKET, kept).len(), 2, "{missing}");
    }
}

#[tokio::test]
async fn whoever_has_a_line_or_is_predicted_late_has_a_timeline_from_the_beginning() {
    let (cloud, clock) = (cloud().await, HandClock::at("2026-01-10T00:00:00Z"));
    let stub = Stub::answering([]).await;
    // Two processes, because predictions are cached for some minutes.
    for (index, (at, reply)) in evening().into_iter().enumerate() {
        clock.set(at);
        stub.answer([reply]);
        if index == 3 {
            cloud.add(
                "nba_raw.bettingpros_player_points_props",
                offered("scottiebarnes", 10, "over", 18.5, -110),
            );
            let row = |at: &str, time: &str, points: i64| {
                json!({
                    "poll_timestamp": at, "poll_id": at.replace(['-', ':'], ""), "game_id": "1", "game_date": DAY,
                    "game_status": "in_progress", "period": 1, "time_remaining": time, "home_team_abbr": "BOS",
                    "away_team_abbr": "TOR", "bdl_player_id": 71, "player_lookup": "scottiebarnes",
                    "player_full_name": "Scottie Barnes", "team_abbr": "TOR", "points": points, "processed_at": at,
                })
            };
            let rows = [row("2026-01-10T00:21:00Z", "Q1 2:10", 4), row("2026-01-10T00:24:00Z", "Q1 1:00", 6)];
            cloud.append("nba_raw", "bdl_live_boxscores", &rows);
        }
        assert_eq!(cloud.exporter(&stub, &clock).await.post("").await.status, 200);
    }
    let document = cloud.document(DATED).await;
    let barnes = document["players"].as_array().expect("players").iter();
    let barnes: Vec<_> = barnes.filter(|it| it["player_lookup"] == "scottiebarnes").collect();
    assert_eq!(barnes.len(), 1, "{document}");
    assert_eq!((&barnes[0]["line"], &barnes[0]["points"]), (&json!(18.5), &json!([[590, 4], [660, 6]])));
    assert_eq!(jaylen(&document)["points"], json!([[590, 8], [1765, 25], [3050, 31]]));
}
