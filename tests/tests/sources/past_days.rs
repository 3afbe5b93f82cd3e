//! Exports of past days by two sources.

use super::*;

#[tokio::test]
async fn a_past_day_is_exported_from_the_box_scores_of_its_scheduled_games() {
    let night = Night::of(&[]).await;
    night.feed.list([of_feed(FINAL, 31)]);
    night.clock.set("2026-01-10T18:00:00Z");
    night.balldontlie.answer([refused()]);
    let answer = night.exporter.post(json!({"target_date": DAY}).to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let live = night.cloud.document("v1/live/2026-01-09.json").await;
    assert_eq!(fields(&live["games"][0], ["status", "source"]), json!(["final", "nba_cdn"]));
    assert_eq!(player(&live, "jaylenbrown")["points"], 31);
    assert_eq!(night.feed.asked(), [format!("/boxscore/boxscore_{GAME}.json")]);
}

#[tokio::test]
async fn with_the_feed_first_a_past_day_is_exported_too() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let clock = HandClock::at("2026-01-10T18:00:00Z");
    let (stub, feed) = (Stub::answering([]).await, Feed::of([of_feed(FINAL, 31)]).await);
    for order in ["nba_cdn", "nba_cdn,balldontlie"] {
        let exporter = cloud.exporter_of(order, &stub, &feed, &clock).await;
        let answer = exporter.post(json!({"target_date": DAY}).to_string()).await;
        assert_eq!(answer.status, 200, "{order}: {answer:?}");
        assert_eq!(cloud.document("v1/live/2026-01-09.json").await["games"][0]["source"], "nba_cdn");
    }
}

#[tokio::test]
async fn on_a_past_day_a_game_that_has_ended_is_not_to_be_played_again() {
    let night = Night::of(&[]).await;
    night.poll("02:51", Reply::games([game(FINAL, 31)])).await;
    night.clock.set("2026-01-10T18:00:00Z");
    for earlier in [game(THIRD, 21), game(BEFORE, 0)] {
        night.balldontlie.answer([Reply::games([earlier])]);
        let answer = night.exporter.post(json!({"target_date": DAY}).to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(night.cloud.document("v1/live/2026-01-09.json").await["games"][0]["status"], "final");
    }
}

#[tokio::test]
async fn a_dated_answer_that_lacks_a_game_in_progress_is_completed_by_the_second_source() {
    let night = Night::of(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    night.poll("02:12", Reply::games([game(FOURTH, 25)])).await;
    night.feed.list([of_feed(FINAL, 27)]);
    night.clock.set("2026-01-10T18:00:00Z");
    night.balldontlie.answer([Reply::games([])]);
    let answer = night.exporter.post(json!({"target_date": DAY}).to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let live = night.cloud.document("v1/live/2026-01-09.json").await;
    assert_eq!(fields(&live["games"][0], ["status", "source"]), json!(["final", "nba_cdn"]));
    let grading = night.cloud.document("v1/live-grading/2026-01-09.json").await;
    assert_eq!(fields(&grading["lines"][0], ["outcome", "actual"]), json!(["over", 27]));
}
