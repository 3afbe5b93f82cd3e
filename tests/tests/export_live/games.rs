//! Which games of which day are published.

use super::*;

#[tokio::test]
async fn f5_games_of_another_day_are_not_published_under_today() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at("2026-01-10T17:00:00Z"));
    let stub =
        Stub::answering([Reply::games([over(1), game(2, "2026-01-10", "1st Qtr", 1, "Q1 9:00")])]).await;
    cloud.exporter(&stub, &clock).await.post("").await;
    assert_eq!(ids(&cloud.document("v1/live/2026-01-10.json").await), ["2"]);
    assert_eq!(ids(&cloud.document(LATEST).await), ["2"]);
    assert!(cloud.names(API_BUCKET, DATED).is_empty());
}

#[tokio::test]
async fn f8_past_midnight_the_night_s_late_games_are_still_today() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at("2026-01-10T06:45:00Z"));
    let stub = Stub::answering([Reply::games([game(1, "2026-01-09", "OT", 5, "OT 2:10")])]).await;
    let answer = cloud.exporter(&stub, &clock).await.post("").await;
    assert_eq!(answer.json["date"], "2026-01-09");
    let document = cloud.document(LATEST).await;
    assert_eq!(
        (&document["game_date"], &document["games"][0]["time_remaining"]),
        (&json!("2026-01-09"), &json!("OT1 2:10"))
    );
}

#[tokio::test]
async fn a_finished_game_stays_when_upstream_drops_it() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([over(1), on(2)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    stub.answer([Reply::games([on(2)])]);
    clock.set("2026-01-10T02:15:01Z");
    exporter.post("").await;
    assert_eq!(ids(&cloud.document(DATED).await), ["2", "1"]);
    // A newly started instance reads it from the document.
    stub.answer([Reply::games([over(2)])]);
    clock.set("2026-01-10T02:18:01Z");
    cloud.exporter(&stub, &clock).await.post("").await;
    let document = cloud.document(LATEST).await;
    assert_eq!((ids(&document), &document["games_final"]), (vec!["1", "2"], &json!(2)));
}

#[tokio::test]
async fn f63_a_game_that_vanishes_before_we_saw_it_end_is_asked_for_by_date() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1), on(2)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    stub.answer([Reply::games([on(2)]), Reply::games([over(1), on(2)])]);
    clock.set("2026-01-10T04:30:00Z");
    exporter.post("").await;
    let document = cloud.document(DATED).await;
    assert_eq!((ids(&document), &document["games"][1]["status"]), (vec!["2", "1"], &json!("final")));
    assert_eq!(stub.asked().last().map(String::as_str), Some("/v1/box_scores?per_page=100&date=2026-01-09"));

    // If the dated endpoint fails, the game keeps its last known state.
    stub.answer([Reply::games([]), Reply::text(401, "no")]);
    clock.set("2026-01-10T04:33:00Z");
    assert_eq!(exporter.post("").await.status, StatusCode::OK);
    assert_eq!(ids(&cloud.document(DATED).await), ["2", "1"]);

    // It also does if the dated endpoint lacks the game: a game that has begun is not dropped.
    stub.answer([Reply::games([])]);
    clock.set("2026-01-10T04:36:00Z");
    exporter.post("").await;
    assert_eq!(ids(&cloud.document(DATED).await), ["2", "1"]);
}

#[tokio::test]
async fn a_game_that_never_began_goes_when_upstream_no_longer_has_it() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let to_come = |id| game(id, "2026-01-09", "2026-01-10T03:00:00Z", 0, "");
    let stub = Stub::answering([Reply::games([over(1), to_come(2)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    // The dated endpoint is called only for what is missing.
    stub.answer([Reply::games([over(1)]), Reply::games([over(1), to_come(3)])]);
    clock.set("2026-01-10T02:15:01Z");
    exporter.post("").await;
    assert_eq!(ids(&cloud.document(DATED).await), ["1"]);
}

#[tokio::test]
async fn a_game_does_not_go_back_when_upstream_does() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([over(1), on(2)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    let before = cloud.document(DATED).await["games"].clone();
    let mut without_players = over(1);
    without_players["home_team"]["players"] = json!([]);
    let earlier = game(2, "2026-01-09", "2nd Qtr", 2, "Q2 1:00");
    stub.answer([Reply::games([without_players, earlier])]);
    clock.set("2026-01-10T02:15:01Z");
    exporter.post("").await;
    let mut held = cloud.document(DATED).await["games"].clone();
    let regressed = held[0].as_object_mut().expect("a game").remove("regressed_since");
    assert_eq!((held, regressed), (before, Some(json!("2026-01-10T02:15:01Z"))));
    // A correction of the score is not a regression, and an overtime may follow an apparent end.
    let mut corrected = game(1, "2026-01-09", "OT", 5, "OT 5:00");
    corrected["home_team_score"] = json!(9);
    stub.answer([Reply::games([corrected, on(2)])]);
    clock.set("2026-01-10T02:18:01Z");
    exporter.post("").await;
    let game = &cloud.document(DATED).await["games"][0];
    assert_eq!((&game["home_score"], &game["time_remaining"]), (&json!(9), &json!("OT1 5:00")));
}

#[tokio::test]
async fn a_game_that_cannot_be_read_keeps_what_was_known_of_it() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1), on(2)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    let mut unreadable = on(1);
    unreadable["home_team"] = Value::Null;
    stub.answer([Reply::games([unreadable, over(2)])]);
    clock.set("2026-01-10T02:15:01Z");
    assert_eq!(exporter.post("").await.status, StatusCode::OK);
    assert_eq!(ids(&cloud.document(DATED).await), ["1", "2"]);
}
