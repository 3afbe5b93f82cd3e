//! The raw snapshots and the history while two sources serve.

use super::*;

#[tokio::test]
async fn a_first_source_that_is_late_does_not_hold_the_snapshot_back() {
    let night = Night::of(&[]).await;
    night.feed.list([of_feed(FOURTH, 23)]);
    let scraper = night.cloud.scraper_of(BOTH, &night.balldontlie, &night.feed, &night.clock).await;
    night.clock.set(&instant_of("02:01"));
    night.balldontlie.answer([Reply::games([game(FOURTH, 23)]).after(Duration::from_secs(40))]);
    let began = std::time::Instant::now();
    let answer = scraper.post("").await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(fields(&answer.json, ["status", "source"]), json!(["success", "nba_cdn"]));
    assert_eq!(night.cloud.names(RAW_BUCKET, IN_PROGRESS).len(), 1);
    assert!(night.cloud.names(RAW_BUCKET, "ball-dont-lie/").is_empty());

    // One that is whole goes before a stand-in that lacks a box score.
    night.feed.lose_box(GAME);
    night.clock.set(&instant_of("02:02"));
    night.balldontlie.answer([Reply::games([game(FOURTH, 24)]).after(Duration::from_secs(11))]);
    let answer = scraper.post("").await;
    assert_eq!(fields(&answer.json, ["status", "source"]), json!(["success", "balldontlie"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_second_source_serves_the_history_has_its_polls_once_under_the_same_game() {
    let night = Night::of(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let scraper = night.cloud.scraper_of(BOTH, &night.balldontlie, &night.feed, &night.clock).await;
    let processor = night.cloud.processor().await;
    let scrape = async |time: &str, balldontlie: Reply| {
        night.clock.set(&instant_of(time));
        night.balldontlie.answer([balldontlie]);
        let answer = scraper.post("").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json
    };
    let process = async |name: &str| {
        let object = night.cloud.services.objects.list(RAW_BUCKET, name).pop().expect("a snapshot");
        let answer = processor.deliver(RAW_BUCKET, name, object.generation).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json["status"].clone()
    };
    night.scores("02:01", Reply::games([game(THIRD, 21)])).await;
    let stored = scrape("02:01", Reply::games([game(THIRD, 21)])).await;
    process(stored["path"].as_str().expect("a path")).await;

    night.feed.list([of_feed(FOURTH, 25)]);
    night.scores("02:02", refused()).await;
    let stored = scrape("02:02", refused()).await;
    let path = stored["path"].as_str().expect("a path").to_owned();
    assert_eq!(
        (&stored["source"], path.as_str()),
        (&json!("nba_cdn"), "nba-com/live-boxscores/2026-01-09/20260110_020200.json")
    );
    let snapshot = night.cloud.json(RAW_BUCKET, &path);
    assert_eq!(snapshot["liveBoxes"], json!([of_feed(FOURTH, 25)]), "untouched");
    assert_eq!(snapshot["gameIds"], json!({GAME: "1"}));
    assert_eq!(process(&path).await, "stored");
    assert_eq!(process(&path).await, "already_stored");

    let rows = night.cloud.rows(
        "SELECT game_id, COALESCE(bdl_player_id, 'null'), points, COUNT(*) FROM nba_raw.bdl_live_boxscores
         WHERE player_lookup = 'jaylenbrown' GROUP BY 1, 2, 3 ORDER BY 3",
    );
    assert_eq!(rows, [["1", "70", "21", "1"], ["1", "null", "25", "1"]]);
    // A line between the two is passed once, at the poll of the second source.
    let passed = night.cloud.rows(
        "SELECT poll_id, points_before, points FROM nba_raw.time_to_line
         WHERE player_lookup = 'jaylenbrown' AND points_before < 24 AND points >= 24",
    );
    assert_eq!(passed, [["20260110T020200Z", "21", "25"]]);

    // A timeline that is built from the history has no hole.
    night.poll("02:03", Reply::games([game(FOURTH, 27)])).await;
    let timeline = night.cloud.document(TIMELINE).await;
    let brown = only(&timeline["players"], "jaylenbrown");
    let points: Vec<&Value> =
        brown["points"].as_array().expect("points").iter().map(|point| &point[1]).collect();
    assert_eq!(points, [21, 25, 27]);
}

#[tokio::test]
async fn games_that_are_public_by_the_second_source_are_kept_as_it_has_them() {
    let night = Night::of(&[]).await;
    let scraper = night.cloud.scraper_of(BOTH, &night.balldontlie, &night.feed, &night.clock).await;
    let frozen = || Reply::games([game(THIRD, 21)]);
    night.feed.list([of_feed(FOURTH, 29)]);
    night.poll("02:01", frozen()).await;
    scraper.post("").await;
    assert!(night.cloud.names(RAW_BUCKET, IN_PROGRESS).is_empty());
    night.poll("02:06", frozen()).await;
    let answer = scraper.post("").await;
    let kept = "nba-com/live-boxscores/2026-01-09/20260110_020600.json";
    assert_eq!(answer.json["path"], kept, "no other game is on");
    assert_eq!(night.cloud.names(RAW_BUCKET, IN_PROGRESS), [kept]);
    assert_eq!(night.cloud.json(RAW_BUCKET, kept)["liveBoxes"][0]["gameId"], GAME);
    let processor = night.cloud.processor().await;
    let object = night.cloud.services.objects.list(RAW_BUCKET, kept).pop().expect("a snapshot");
    let answer = processor.deliver(RAW_BUCKET, kept, object.generation).await;
    assert_eq!(answer.json["rows"], 26, "{answer:?}");
}

#[tokio::test]
async fn rows_are_left_to_the_second_source_only_where_it_has_a_snapshot() {
    let night = Night::of(&[]).await;
    let scraper = night.cloud.scraper_of(BOTH, &night.balldontlie, &night.feed, &night.clock).await;
    night.feed.list([of_feed(FOURTH, 29)]);
    night.poll("02:01", refused()).await;
    night.feed.fail(503);
    night.clock.set(&instant_of("02:02"));
    night.balldontlie.answer([Reply::games([game(FOURTH, 30)])]);
    let answer = scraper.post("").await;
    let path = answer.json["path"].as_str().expect("a path").to_owned();
    assert!(night.cloud.json(RAW_BUCKET, &path)["elsewhere"].is_null());
}

#[tokio::test]
async fn after_an_end_by_the_feed_a_frozen_first_source_adds_no_rows_of_the_game() {
    let night = Night::of(&[]).await;
    let scraper = night.cloud.scraper_of(BOTH, &night.balldontlie, &night.feed, &night.clock).await;
    let frozen = || Reply::games([game(THIRD, 21)]);
    night.feed.list([of_feed(FOURTH, 29)]);
    night.poll("02:01", frozen()).await;
    night.poll("02:06", frozen()).await;
    night.feed.list([of_feed(FINAL, 33)]);
    assert_eq!(night.poll("02:31", frozen()).await["status"], "final");
    for (time, source) in [("02:32", "nba_cdn"), ("02:50", "balldontlie"), ("05:00", "balldontlie")] {
        night.clock.set(&instant_of(time));
        night.balldontlie.answer([frozen()]);
        let answer = scraper.post("").await;
        assert_eq!(answer.json["source"], source, "{time}");
        let snapshot = night.cloud.json(RAW_BUCKET, answer.json["path"].as_str().expect("a path"));
        let elsewhere = if source == "balldontlie" { json!([["BOS", "TOR"]]) } else { Value::Null };
        assert_eq!(snapshot["elsewhere"], elsewhere, "{time}");
    }
}

#[tokio::test]
async fn sources_that_each_have_a_game_take_turns_and_a_box_that_fails_leaves_no_hole() {
    let night = Night::of(&[]).await;
    let scraper = night.cloud.scraper_of(BOTH, &night.balldontlie, &night.feed, &night.clock).await;
    let other = "0022500556";
    night.cloud.add(SCHEDULE, scheduled(other, "LAL", "MIL"));
    let in_la = |state| full(los_angeles(state, 90, &[line(90, "LeBron", "James", 20, "30")]));
    night.feed.list([of_feed(FOURTH, 29), of_the_nba(&in_la(FOURTH), other)]);
    // Boston stands still.
    let both = |state| Reply::games([game(THIRD, 21), in_la(state)]);
    night.poll("02:01", both(THIRD)).await;
    night.poll("02:06", both(FOURTH)).await;
    let scrape = async |time: &str| {
        night.clock.set(&instant_of(time));
        night.balldontlie.answer([both(FOURTH)]);
        let answer = scraper.post("").await;
        let snapshot = night.cloud.json(RAW_BUCKET, answer.json["path"].as_str().expect("a path"));
        json!([answer.json["source"], snapshot["elsewhere"]])
    };
    assert_eq!(scrape("02:07").await, json!(["nba_cdn", null]));
    assert_eq!(scrape("02:08").await, json!(["balldontlie", [["BOS", "TOR"]]]));
    let snapshots = |prefix: &str| night.cloud.names(RAW_BUCKET, prefix).len();
    assert_eq!((snapshots("nba-com/"), snapshots("ball-dont-lie/")), (1, 1), "one a minute");
    night.feed.lose_box(GAME);
    for time in ["02:09", "02:10"] {
        assert_eq!(scrape(time).await, json!(["balldontlie", null]), "{time}");
    }
}
