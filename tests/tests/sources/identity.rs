//! Games and players stay the same whichever source speaks.

use super::*;

#[tokio::test]
async fn a_player_of_another_spelling_stays_one_player_when_only_one_source_is_left() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    // BallDontLie has another first name, and the registry's is the feed's.
    let spelled = |state, points| {
        let mut game = boston(state, points);
        box_of(&mut game, "home_team")[0]["player"]["first_name"] = json!("Marselles");
        full(game)
    };
    let clock = HandClock::at(&instant_of("02:01"));
    let (stub, feed) = (Stub::answering([refused()]).await, Feed::of([of_feed(THIRD, 9)]).await);
    cloud.services.limits.set(Limit { object_write_interval: Duration::ZERO, ..Limit::default() });
    let exporter = cloud.exporter_of(BOTH, &stub, &feed, &clock).await;
    exporter.post("").await;
    feed.fail(403);
    stub.answer([Reply::games([spelled(FOURTH, 18)])]);
    clock.set(&instant_of("02:02"));
    exporter.post("").await;
    let live = cloud.document(LIVE).await;
    assert_eq!(fields(player(&live, "jaylenbrown"), ["points", "bdl_player_id"]), json!([18, 70]));
    let browns = live["games"][0]["players"].as_array().expect("players").iter();
    let browns = browns.filter(|row| row["name"].as_str().is_some_and(|name| name.ends_with("Brown")));
    assert_eq!(browns.count(), 1);
    assert_eq!(live["games"][0]["game_id"], GAME, "a game that has begun keeps its id");
}

#[tokio::test]
async fn at_tip_off_a_game_does_not_flip_between_the_sources() {
    let night = Night::of(&[]).await;
    let mut begins = of_feed(("1st Qtr", 1, "Q1 12:00"), 0);
    for side in ["homeTeam", "awayTeam"] {
        begins[side]["score"] = json!(0);
        begins[side]["players"].as_array_mut().expect("players").clear();
    }
    night.feed.list([begins]);
    let mut seen = Vec::new();
    for minute in 36..42 {
        let shown = night.poll(&format!("00:{minute}"), Reply::games([])).await;
        seen.push(shown["status"].as_str().expect("a status").to_owned());
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
}

#[tokio::test]
async fn a_game_that_the_feed_has_under_another_id_than_the_schedule_keeps_its_ids() {
    let night = Night::of(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let other = |state, points| of_the_nba(&game(state, points), "0022501299");
    night.poll("02:01", Reply::games([game(THIRD, 21)])).await;
    for (time, state, points) in [("02:02", FOURTH, 25), ("02:31", FINAL, 27)] {
        night.feed.list([other(state, points)]);
        let public = night.poll(time, refused()).await;
        assert_eq!(
            fields(&public, ["game_id", "nba_game_id", "source"]),
            json!(["1", GAME, "nba_cdn"]),
            "{time}"
        );
    }
    let lines = night.cloud.document(GRADING).await["lines"].clone();
    assert_eq!(only(&lines, "jaylenbrown")["outcome"], "over");

    // Without BallDontLie, a game is called by the schedule's id.
    let night = Night::of(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    night.feed.list([other(THIRD, 21)]);
    let public = night.poll("02:01", refused()).await;
    assert_eq!(fields(&public, ["game_id", "nba_game_id"]), json!([GAME, GAME]));
}
