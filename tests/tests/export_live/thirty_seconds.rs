//! Polls half a minute apart while a game is on, and rest while none is on or near.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::drift::{
    BEFORE, FINAL, FOURTH, GRADING, LIVE, Night, THIRD, TIMELINE, boston, fields, full, instant_of,
    predicting,
};
use tests::warehouse::{GAME, predicted, scheduled};
use tests::{Cloud, Function, Reply};

async fn night() -> Night {
    Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await
}

/// The answer to a call of the schedule at this time, for which upstream lists these games, one list a poll.
async fn call<const N: usize>(night: &Night, time: &str, polls: [Value; N]) -> Value {
    night.clock.set(&instant_of(time));
    night.stub.answer(polls.map(|game| Reply::games([game])));
    night.call(json!({"polls": N.max(2), "every_seconds": 5})).await
}

#[tokio::test]
async fn a_call_polls_again_while_a_game_is_on() {
    let night = night().await;
    let begun = Instant::now();
    let reply = call(&night, "02:12", [boston(THIRD, 21), boston(FOURTH, 25)]).await;
    assert!(begun.elapsed() >= Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(fields(&reply, ["status", "games_in_progress"]), json!(["success", 1]));
    assert_eq!(night.stub.asked().len(), 2);
    assert_eq!(night.cloud.document(LIVE).await["games"][0]["time_remaining"], "Q4 9:00");
}

#[tokio::test]
async fn a_call_polls_once_where_no_game_is_on_and_where_the_deadline_is_near() {
    let night = night().await;
    let begun = Instant::now();
    // A quarter of an hour before tip-off the game is near.
    let reply = call(&night, "00:15", [boston(BEFORE, 0)]).await;
    assert_eq!(reply["status"], "success");
    assert_eq!(night.stub.asked().len(), 1);
    // The second poll would begin after a minute, and has to have three quarters of one.
    night.clock.set(&instant_of("02:12"));
    night.stub.answer([Reply::games([boston(THIRD, 21)])]);
    night.call(json!({"polls": 2, "every_seconds": 60})).await;
    assert_eq!(night.stub.asked().len(), 2);
    assert!(begun.elapsed() < Duration::from_secs(50));
}

#[tokio::test]
async fn a_first_poll_that_took_long_leaves_no_time_for_a_second() {
    let night = night().await;
    night.clock.set(&instant_of("02:12"));
    let environment = night.cloud.environment("export-live", &night.stub.url).into_iter().collect();
    let mut settings = export_live::Settings::read(&environment).expect("settings");
    settings.service.invocation_deadline = Duration::from_secs(51);
    let exporter = Function::start(export_live::app(settings, night.clock.for_function())).await;
    // A poll has to have 45 seconds.
    night.stub.answer([Reply::games([boston(THIRD, 21)]).after(Duration::from_secs(7))]);
    let answer = exporter.post(json!({"polls": 2, "every_seconds": 5}).to_string()).await;
    assert_eq!((answer.status.as_u16(), &answer.json["status"]), (200, &json!("success")));
    assert_eq!(night.stub.asked().len(), 1);
}

#[tokio::test]
async fn a_first_poll_that_fails_does_not_cost_the_second_while_a_game_is_on() {
    let night = night().await;
    let reply = call(&night, "02:12", [boston(THIRD, 21)]).await;
    assert_eq!(reply["games_in_progress"], 1);
    night.clock.set(&instant_of("02:13"));
    let asked = night.stub.asked().len();
    night.stub.answer([Reply::text(404, "gone"), Reply::games([boston(FOURTH, 25)])]);
    let reply = night.call(json!({"polls": 2, "every_seconds": 5})).await;
    assert_eq!(fields(&reply, ["status", "games_in_progress"]), json!(["success", 1]));
    assert_eq!(night.stub.asked().len(), asked + 2);
    assert_eq!(night.cloud.document(LIVE).await["games"][0]["time_remaining"], "Q4 9:00");
}

#[tokio::test]
async fn polls_and_seconds_out_of_range_are_refused_by_name() {
    let night = night().await;
    let exporter = night.cloud.exporter(&night.stub, &night.clock).await;
    for (body, said) in [
        (json!({"polls": 0}), "polls: 0, expected 1 to 10"),
        (json!({"polls": 11}), "polls: 11, expected 1 to 10"),
        (json!({"every_seconds": 1}), "every_seconds: 1, expected 5 to 60"),
        (json!({"every_seconds": 61}), "every_seconds: 61, expected 5 to 60"),
    ] {
        let answer = exporter.post(body.to_string()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.message().contains(said), "{}", answer.message());
    }
    assert_eq!(night.stub.asked().len(), 0);
}

#[tokio::test]
async fn while_no_game_is_near_upstream_is_not_asked_and_the_documents_have_the_night_s_games() {
    let night = night().await;
    // The game begins at 00:30; from half an hour before it is polled.
    let reply = call(&night, "20:00", []).await;
    assert_eq!(reply["status"], "idle");
    let live = night.cloud.document(LIVE).await;
    assert_eq!(fields(&live, ["total_games", "next_update_expected"]), json!([1, "2026-01-10T00:00:00Z"]));
    let shown = ["game_id", "nba_game_id", "status", "home_team", "away_team", "time_remaining", "players"];
    assert_eq!(fields(&live["games"][0], shown), json!([GAME, GAME, "scheduled", "BOS", "TOR", "", []]));
    for document in [GRADING, TIMELINE] {
        let document = night.cloud.document(document).await;
        assert_eq!(document["next_update_expected"], "2026-01-10T00:00:00Z");
    }
    assert_eq!(night.standing("jaylenbrown").await["outcome"], "open");
    // For a quarter of an hour nothing is written either.
    let reply = call(&night, "20:14", []).await;
    assert_eq!(fields(&reply, ["status", "paths"]), json!(["idle", {}]));
    assert_eq!(night.cloud.document(LIVE).await["updated_at"], live["updated_at"]);
    let reply = call(&night, "20:16", []).await;
    assert_eq!(reply["status"], "idle");
    assert_ne!(night.cloud.document(LIVE).await["updated_at"], live["updated_at"]);
    assert_eq!(night.stub.asked().len(), 0, "upstream is not asked");

    let reply = call(&night, "00:01", [boston(BEFORE, 0)]).await;
    assert_eq!(reply["status"], "success");
    let live = night.cloud.document(LIVE).await;
    assert_eq!(live["games"].as_array().map(Vec::len), Some(1), "one game under both ids: {live}");
    assert_eq!(fields(&live["games"][0], ["game_id", "nba_game_id"]), json!(["1", GAME]));
    assert_eq!(live["next_update_expected"], "2026-01-10T00:02:00Z");
}

#[tokio::test]
async fn a_game_that_upstream_has_listed_keeps_its_id_while_upstream_is_not_asked() {
    let night = night().await;
    night.poll("20:00", [boston(BEFORE, 0)]).await;
    let reply = call(&night, "20:16", []).await;
    assert_eq!(reply["status"], "idle");
    let live = night.cloud.document(LIVE).await;
    assert_eq!(fields(&live["games"][0], ["game_id", "nba_game_id", "player_count"]), json!(["1", GAME, 4]));
    assert_eq!(live["total_games"], 1);
    // A whole poll without it leaves what the schedule has.
    let live = night.poll("23:45", []).await;
    assert_eq!(fields(&live["games"][0], ["game_id", "status"]), json!([GAME, "scheduled"]));
}

#[tokio::test]
async fn a_game_is_polled_to_its_end_however_late_and_then_four_hours_from_its_tip_off() {
    let night = night().await;
    for (time, game, expected) in [
        ("03:12", full(boston(FINAL, 27)), "success"),
        ("04:29", full(boston(FINAL, 28)), "success"),
        ("04:46", full(boston(FINAL, 28)), "idle"),
    ] {
        let reply = call(&night, time, [game]).await;
        assert_eq!(reply["status"], expected, "{time}");
    }
    let live = night.cloud.document(LIVE).await;
    assert_eq!(fields(&live, ["games_final", "next_update_expected"]), json!([1, null]));
    let home = &live["games"][0]["home_score"];
    assert_eq!(night.standing("jaylenbrown").await["actual"], 28, "{home}");

    let late = Night::of(predicting(&[]).await).await;
    let reply = call(&late, "06:00", [boston(FOURTH, 25)]).await;
    assert_eq!(fields(&reply, ["status", "games_in_progress"]), json!(["success", 1]));
}

#[tokio::test]
async fn on_a_day_without_a_schedule_upstream_is_asked_every_quarter_of_an_hour() {
    let night = Night::of(Cloud::start().await).await;
    for (time, asked) in [("20:00", 1), ("20:05", 1), ("20:16", 2)] {
        night.clock.set(&instant_of(time));
        night.stub.answer([Reply::games([])]);
        night.call(json!({"polls": 2})).await;
        assert_eq!(night.stub.asked().len(), asked, "{time}");
    }
    // A game that the schedule lacks is found, and polled from then on.
    night.clock.set(&instant_of("02:12"));
    night.stub.answer([Reply::games([boston(THIRD, 21)]), Reply::games([boston(FOURTH, 25)])]);
    let reply = night.call(json!({"polls": 2, "every_seconds": 5})).await;
    assert_eq!(reply["games_in_progress"], 1);
}

#[tokio::test]
async fn a_document_is_cached_for_ten_seconds_while_a_game_is_on_and_for_a_minute_otherwise() {
    let night = night().await;
    night.cloud.add("nba_raw.nbac_schedule", scheduled("0022500556", "LAL", "MIL"));
    for (time, game, expected) in [
        ("23:30", boston(BEFORE, 0), "public, max-age=60"),
        ("02:12", boston(THIRD, 21), "public, max-age=10"),
        ("03:12", full(boston(FINAL, 27)), "public, max-age=60"),
    ] {
        night.poll(time, [game]).await;
        for document in [LIVE, GRADING, TIMELINE] {
            let response = night.cloud.public(document).await;
            assert_eq!(response.headers()["cache-control"], expected, "{document} at {time}");
        }
    }
}
