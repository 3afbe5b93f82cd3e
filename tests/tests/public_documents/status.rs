//! `v1/status.json`: whether the public documents can be trusted. The rules are a table beside the code
//! (`shared/src/documents/status/tests.rs`); these tests check the functions' use of it.

use local_cloud::{
    cloud::{API_BUCKET, RAW_BUCKET},
    faults::Fault,
};
use serde_json::{Value, json};
use tests::{
    Cloud, HandClock, Reply, Stub, game,
    warehouse::{DAY, predicted, scheduled, with},
};

const STATUS: &str = "v1/status.json";
const AFTERNOON: &str = "2026-01-09T22:45:00Z";
const NIGHT: &str = "2026-01-10T02:12:01Z";
const PREDICTIONS: &str = "nba_predictions.player_prop_predictions";
const SCHEDULE: &str = "nba_raw.nbac_schedule";

fn tonight() -> Value {
    json!({"export_types": ["tonight"], "target_date": "today"})
}

/// Toronto at Boston, in progress, with one player.
fn boston() -> Value {
    let mut game = game(1, DAY, "3rd Qtr", 3, "Q3 6:35");
    let player = json!({"id": 70, "first_name": "Jaylen", "last_name": "Brown"});
    game["home_team"]["players"] = json!([{"min": "25", "pts": 21, "player": player}]);
    game["visitor_team"] = json!({"id": 28, "abbreviation": "TOR", "players": []});
    game
}

async fn cloud() -> Cloud {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    cloud
}

async fn status(cloud: &Cloud) -> Value {
    cloud.document(STATUS).await
}

fn health<'a>(status: &'a Value, service: &str) -> (&'a str, &'a str) {
    let text = |field: &str| status["services"][service][field].as_str().expect("a text");
    (text("status"), text("message"))
}

#[tokio::test]
async fn each_exporter_judges_its_part_and_keeps_the_others() {
    let cloud = cloud().await;
    cloud.tonight(&HandClock::at(AFTERNOON)).await.tell(tonight()).await;
    let afternoon = status(&cloud).await;
    assert_eq!(
        (&afternoon["game_date"], &afternoon["updated_at"]),
        (&json!(DAY), &json!("2026-01-09T22:45:00.000000+00:00"))
    );
    assert_eq!(health(&afternoon, "live_data").0, "healthy", "f48: before tip-off nothing is degraded");
    assert_eq!(health(&afternoon, "predictions"), ("healthy", "1 player"));
    let list = &afternoon["services"]["tonight_data"];
    assert_eq!((&list["game_date"], &list["total_players"]), (&json!(DAY), &json!(4)));

    let stub = Stub::answering([Reply::games([boston()])]).await;
    cloud.exporter(&stub, &HandClock::at(NIGHT)).await.post("").await;
    let night = status(&cloud).await;
    let live = &night["services"]["live_data"];
    assert_eq!(
        (&live["poll_id"], &live["games_active"], &live["is_stale"]),
        (&json!("20260110T021201Z"), &json!(true), &json!(false))
    );
    assert_eq!(health(&night, "grading"), ("healthy", "of the last poll"));
    let kept = &night["services"]["tonight_data"];
    for fact in ["last_update", "game_date", "total_players", "total_with_lines", "degraded_reason"] {
        assert_eq!(kept[fact], list[fact], "{fact}");
    }
}

#[tokio::test]
async fn f12_f46_scores_that_stop_are_stale_and_the_failure_is_named() {
    let (cloud, clock) = (cloud().await, HandClock::at(NIGHT));
    cloud.tonight(&HandClock::at(AFTERNOON)).await.tell(tonight()).await;
    let stub = Stub::answering([Reply::games([boston()])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    stub.answer([Reply::text(401, "no such key")]);
    clock.set("2026-01-10T02:15:01Z");
    assert_eq!(exporter.post("").await.status, 502);
    let soon = status(&cloud).await;
    assert_eq!(health(&soon, "live_data").0, "healthy", "three minutes are not stale: {soon}");
    let issue = &soon["known_issues"][0];
    assert_eq!(issue["severity"], "error");
    assert!(
        issue["message"].as_str().is_some_and(|it| it.contains("the key in BDL_API_KEY is refused")),
        "{issue}"
    );

    clock.set("2026-01-10T02:24:01Z");
    exporter.post("").await;
    let late = status(&cloud).await;
    assert_eq!(health(&late, "live_data"), ("degraded", "1 game on; the scores are 12 minutes old"));
    assert_eq!(
        (&late["services"]["live_data"]["is_stale"], &late["overall_status"]),
        (&json!(true), &json!("degraded"))
    );
    assert_eq!(
        late["known_issues"][0]["detected_at"], issue["detected_at"],
        "seen first when it was seen first"
    );
    assert_eq!(
        cloud.document("v1/live/latest.json").await["poll_id"],
        "20260110T021201Z",
        "the last good scores stay"
    );
}

/// Two exports at 21:12 and 21:24, of which the second cannot write the objects `refused`.
async fn refused(refused: &str) -> (Cloud, Value, Value) {
    let (cloud, clock) = (cloud().await, HandClock::at(NIGHT));
    cloud.tonight(&HandClock::at(AFTERNOON)).await.tell(tonight()).await;
    let stub = Stub::answering([Reply::games([boston()])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    assert_eq!(exporter.post("").await.status, 200);
    cloud.services.faults.plan(refused, 0, u32::MAX, Fault::Status(403));
    let mut after = Vec::new();
    for at in ["2026-01-10T02:24:01Z", "2026-01-10T02:27:01Z"] {
        clock.set(at);
        assert_eq!(exporter.post("").await.status, 500);
        after.push(status(&cloud).await);
    }
    let [first, second] = after.try_into().expect("two");
    (cloud, first, second)
}

#[tokio::test]
async fn f12_the_status_does_not_vouch_for_scores_that_could_not_be_written() {
    let (cloud, first, second) = refused("name=v1%2Flive%2F").await;
    assert_eq!(cloud.document("v1/live/latest.json").await["poll_id"], "20260110T021201Z");
    for (status, minutes) in [(&first, 12), (&second, 15)] {
        assert_eq!(status["services"]["live_data"]["poll_id"], "20260110T021201Z");
        let said = format!("1 game on; the scores are {minutes} minutes old");
        assert_eq!(health(status, "live_data"), ("degraded", said.as_str()));
        assert_eq!(status["known_issues"][0]["severity"], "error");
        assert_eq!(
            status["known_issues"][0]["detected_at"], "2026-01-10T02:24:01.000000+00:00",
            "seen first when it was seen first"
        );
    }
}

#[tokio::test]
async fn f12_the_status_does_not_vouch_for_a_grading_that_could_not_be_written() {
    let (cloud, first, second) = refused("name=v1%2Flive-grading").await;
    assert_eq!(cloud.document("v1/live-grading/latest.json").await["poll_id"], "20260110T021201Z");
    assert_eq!(health(&first, "live_data"), ("healthy", "1 game on"), "the scores were written");
    assert_eq!(health(&first, "grading"), ("degraded", "12 minutes behind the scores"));
    assert_eq!(health(&second, "grading"), ("degraded", "15 minutes behind the scores"));
    assert_eq!(first["known_issues"][0]["detected_at"], second["known_issues"][0]["detected_at"]);
}

#[tokio::test]
async fn what_failed_is_known_until_it_succeeds_whoever_else_runs() {
    let (cloud, clock) = (cloud().await, HandClock::at(AFTERNOON));
    let (exporter, list) = (cloud.tonight(&clock).await, "name=v1%2Ftonight");
    cloud.services.faults.plan(list, 0, 2, Fault::Status(403));
    assert_eq!(exporter.tell(tonight()).await.status, 500);
    let failed = status(&cloud).await;
    let issue = &failed["known_issues"][0];
    assert_eq!((&issue["severity"], &issue["reported_by"]), (&json!("error"), &json!("export-tonight")));
    assert_eq!(failed["services"]["tonight_data"]["game_date"], Value::Null, "no list is public");
    clock.set(NIGHT);
    let stub = Stub::answering([Reply::games([boston()])]).await;
    assert_eq!(cloud.exporter(&stub, &clock).await.post("").await.status, 200);
    let night = status(&cloud).await;
    assert_eq!(night["known_issues"][0], *issue, "the live export leaves it alone");
    assert_eq!(health(&night, "tonight_data"), ("unhealthy", "there is no list of 2026-01-09"));
    clock.set("2026-01-10T02:20:00Z");
    exporter.tell(tonight()).await;
    let issues = status(&cloud).await["known_issues"].clone();
    assert!(issues.as_array().expect("issues").iter().all(|issue| issue["severity"] != "error"), "{issues}");
}

#[tokio::test]
async fn f46_fresh_but_empty_is_unhealthy() {
    let cloud = cloud().await;
    let stub = Stub::answering([Reply::games([])]).await;
    cloud.exporter(&stub, &HandClock::at(NIGHT)).await.post("").await;
    let status = status(&cloud).await;
    assert_eq!(health(&status, "live_data"), ("unhealthy", "1 game on, but no player in the scores"));
    assert_eq!(status["overall_status"], "unhealthy");
}

#[tokio::test]
async fn f43_a_break_has_a_headline_and_the_next_slate_day() {
    let cloud = Cloud::start().await;
    let on = |id: &str, day: &str| {
        with(
            scheduled(id, "BOS", "TOR"),
            json!({"game_date": day, "game_date_est": format!("{day}T23:00:00Z")}),
        )
    };
    for row in
        [on("0022500700", "2026-02-12"), on("0032500001", "2026-02-15"), on("0022500701", "2026-02-19")]
    {
        cloud.add(SCHEDULE, row);
    }
    let clock = HandClock::at("2026-02-16T17:00:00Z");
    cloud.tonight(&clock).await.tell(tonight()).await;
    let expected = json!({
        "headline": "No games until Thursday, February 19", "message": "The next games are on Thursday, February 19.",
        "resume_date": "2026-02-19", "last_game_date": "2026-02-12",
    });
    let status_now = status(&cloud).await;
    assert_eq!((&status_now["active_break"], &status_now["overall_status"]), (&expected, &json!("healthy")));
    // The live export, which runs all day, preserves the break.
    let stub = Stub::answering([Reply::games([])]).await;
    clock.set("2026-02-16T18:00:00Z");
    cloud.exporter(&stub, &clock).await.post("").await;
    let later = status(&cloud).await;
    assert_eq!((&later["active_break"], &later["overall_status"]), (&expected, &json!("healthy")));
    assert_eq!(later["updated_at"], "2026-02-16T18:00:00.000000+00:00");
}

#[tokio::test]
async fn what_the_documents_say_of_themselves_and_dead_letters_are_known_issues() {
    let cloud = cloud().await;
    let clock = HandClock::at(AFTERNOON);
    let exporter = cloud.tonight(&clock).await;
    exporter.tell(tonight()).await;
    let issues = |status: Value| -> Vec<String> {
        let issues = status["known_issues"].as_array().expect("issues").iter();
        issues.map(|issue| issue["message"].as_str().expect("a message").to_owned()).collect()
    };
    assert_eq!(
        issues(status(&cloud).await),
        ["1 of 1 game with too few players", "3 players without a line"]
    );
    assert_eq!(status(&cloud).await["maintenance_windows"], json!([]));

    // Cloud Storage's own clock stands at the evening of 27 December.
    let cloud = Cloud::start().await;
    let exporter = cloud.tonight(&clock).await;
    exporter.tell(json!({"export_types": ["nonsense"]})).await;
    assert_eq!(cloud.names(RAW_BUCKET, "dead-letter/").len(), 1);
    for (now, expected) in
        [("2025-12-28T23:00:00Z", vec!["1 dead letter since yesterday"]), ("2025-12-29T23:00:00Z", vec![])]
    {
        clock.set(now);
        exporter.tell(tonight()).await;
        assert_eq!(issues(status(&cloud).await), expected, "{now}");
        // The live export counts them too, because tonight's list is exported only five times a day.
        clock.set(&now.replace("23:00", "23:30"));
        let stub = Stub::answering([Reply::games([])]).await;
        assert_eq!(cloud.exporter(&stub, &clock).await.post("").await.status, 200);
        assert_eq!(issues(status(&cloud).await), expected, "{now}");
    }
}

#[tokio::test]
async fn dead_letters_beyond_the_first_page_of_a_listing_are_counted() {
    // Cloud Storage's own clock stands at the evening of 27 December.
    let (cloud, clock) = (Cloud::start().await, HandClock::at("2025-12-28T20:00:00Z"));
    // Three pages of the local cloud.
    for nth in 0..45 {
        let letter = format!("dead-letter/export-tonight/{nth}.json");
        cloud.upload(RAW_BUCKET, &letter, "{}").await;
    }
    cloud.tonight(&clock).await.tell(tonight()).await;
    assert_eq!(status(&cloud).await["dead_letters"], 45);
}

#[tokio::test]
async fn a_status_never_goes_backwards_and_costs_no_document() {
    let (cloud, clock) = (cloud().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([boston()])]).await;
    let first = cloud.exporter(&stub, &clock).await;
    first.post("").await;
    clock.set("2026-01-10T02:00:00Z");
    // Another process whose clock is slow: its status is older.
    cloud.tonight(&clock).await.tell(tonight()).await;
    assert_eq!(status(&cloud).await["updated_at"], "2026-01-10T02:12:01.000000+00:00");
    assert!(cloud.names(API_BUCKET, "v1/tonight/").len() == 2, "tonight's list is public all the same");
    clock.set("2026-01-10T02:15:00Z");
    first.post("").await;
    assert_eq!(status(&cloud).await["updated_at"], "2026-01-10T02:15:00.000000+00:00");
}

#[tokio::test]
async fn another_day_s_export_says_nothing_of_today() {
    let cloud = cloud().await;
    let stub = Stub::answering([Reply::games([boston()])]).await;
    cloud
        .exporter(&stub, &HandClock::at("2026-01-12T20:00:00Z"))
        .await
        .post(r#"{"target_date":"2026-01-09"}"#)
        .await;
    cloud
        .tonight(&HandClock::at("2026-01-12T20:00:00Z"))
        .await
        .tell(json!({"export_types": ["tonight"], "target_date": DAY}))
        .await;
    assert!(!cloud.names(API_BUCKET, "v1/").contains(&STATUS.to_owned()));
}

#[tokio::test]
async fn a_game_that_is_late_is_waited_for_and_not_over() {
    let cloud = cloud().await;
    let mut waiting = game(1, DAY, "2026-01-10T00:30:00Z", 0, "");
    waiting["home_team"]["players"] = json!([]);
    waiting["visitor_team"] = json!({"id": 28, "abbreviation": "TOR", "players": []});
    let upstream = Stub::answering([Reply::games([waiting])]).await;
    let clock = HandClock::at("2026-01-10T00:35:00Z");
    cloud.tonight(&clock).await.tell(tonight()).await;
    let exporter = cloud.exporter(&upstream, &clock).await;
    exporter.post("").await;
    let at_first = status(&cloud).await;
    assert_eq!(health(&at_first, "live_data"), ("healthy", "1 game is late"));
    let next = &at_first["services"]["live_data"]["next_update_expected"];
    assert_eq!(*next, "2026-01-10T00:36:00.000000+00:00");
    clock.set("2026-01-10T01:10:00Z");
    exporter.post("").await;
    let later = status(&cloud).await;
    assert_eq!(health(&later, "live_data"), ("degraded", "1 game is late, by up to 40 minutes"));
}
