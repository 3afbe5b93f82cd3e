//! The two sources are compared, and their differences counted.

use super::*;

#[tokio::test]
async fn every_tenth_poll_asks_both_and_counts_where_they_disagree() {
    let night = Night::of(&[]).await;
    night.feed.list([of_feed(THIRD, 21)]);
    night.poll("02:00", Reply::games([game(THIRD, 21)])).await;
    assert_eq!(night.feed.asked().len(), 2, "scoreboard and one box score");
    let first = night.source("balldontlie").await;
    assert_eq!(
        fields(&first, ["disagreements", "lag_seconds", "compared_at"]),
        json!([0, 0, "2026-01-10T02:00:00.000000+00:00"])
    );
    night.poll("02:01", Reply::games([game(THIRD, 22)])).await;
    assert_eq!(night.feed.asked().len(), 2);

    // A basket that one source has already is the lag of a poll, no disagreement.
    night.feed.list([of_feed(("4th Qtr", 4, "Q4 8:40"), 26)]);
    night.poll("02:05", Reply::games([game(FOURTH, 24)])).await;
    assert_eq!(fields(&night.source("balldontlie").await, ["disagreements", "lag_seconds"]), json!([0, 20]));
    assert_eq!(night.source("nba_cdn").await["lag_seconds"], 0);

    // Fewer points than were public a poll ago are one.
    night.feed.list([of_feed(("4th Qtr", 4, "Q4 7:00"), 22)]);
    let shown = night.poll("02:10", Reply::games([game(("4th Qtr", 4, "Q4 7:00"), 27)])).await;
    assert_eq!(shown["source"], "balldontlie");
    assert_eq!(night.source("balldontlie").await["disagreements"], 1);
    let issues = night.issues().await;
    assert!(issues.contains(&"1 player differs between the sources".to_owned()), "{issues:?}");
    // It stays known until the next comparison.
    night.poll("02:11", Reply::games([game(("4th Qtr", 4, "Q4 6:30"), 27)])).await;
    assert_eq!(night.source("balldontlie").await["disagreements"], 1);
}

#[tokio::test]
async fn an_end_about_which_they_differ_is_a_known_issue_and_stays_provisional() {
    let night = Night::of(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    night.poll("02:56", Reply::games([game(FOURTH, 29)])).await;
    night.feed.list([of_feed(FINAL, 30)]);
    night.poll("03:00", Reply::games([game(FINAL, 31)])).await;
    let differing = json!(["TOR at BOS"]);
    assert_eq!(night.source("balldontlie").await["differing_finals"], differing);
    let issue = "TOR at BOS: the sources disagree about its end".to_owned();
    assert!(night.issues().await.contains(&issue));
    let grading = night.cloud.document(GRADING).await;
    let line = only(&grading["lines"], "jaylenbrown");
    assert_eq!(fields(line, ["actual", "settled"]), json!([31, "provisional"]));
    night.poll("03:01", Reply::games([game(FINAL, 31)])).await;
    assert!(night.issues().await.contains(&issue), "until the next comparison");
    night.feed.list([of_feed(FINAL, 31)]);
    night.poll("03:05", Reply::games([game(FINAL, 31)])).await;
    assert!(!night.issues().await.contains(&issue));
}

#[tokio::test]
async fn fewer_points_of_the_other_source_are_taken_only_if_they_last_for_five_minutes() {
    // Brown's points in the feed after 30, poll by poll, and what is public.
    for (points, shown) in [
        ([28, 28, 28, 31], [30, 30, 30, 31]),
        ([28, 29, 30, 30], [30, 30, 30, 30]),
        ([27, 27, 33, 34], [30, 30, 33, 34]),
    ] {
        let night = Night::of(&[]).await;
        night.poll("02:01", Reply::games([game(FOURTH, 30)])).await;
        for (nth, (points, shown)) in points.into_iter().zip(shown).enumerate() {
            let clock = format!("Q4 8:{}", 50 - nth);
            night.feed.list([of_feed(("4th Qtr", 4, &clock), points)]);
            let public = night.poll(&format!("02:0{}", 2 + nth), refused()).await;
            let brown = player(&json!({"games": [public]}), "jaylenbrown")["points"].clone();
            assert_eq!(brown, shown, "{points} at {clock}");
        }
    }
    // No score keeps a game from going on.
    let night = Night::of(&[]).await;
    night.poll("02:01", Reply::games([game(FOURTH, 50)])).await;
    for (time, clock, shown) in [
        ("02:02", "Q4 8:50", 50),
        ("02:04", "Q4 7:50", 50),
        ("02:06", "Q4 6:50", 50),
        ("02:08", "Q4 5:50", 28),
        ("02:09", "Q4 5:20", 28),
    ] {
        night.feed.list([of_feed(("4th Qtr", 4, clock), 28)]);
        let public = night.poll(time, refused()).await;
        assert_eq!(player(&json!({"games": [public]}), "jaylenbrown")["points"], shown, "{time}");
    }
}

#[tokio::test]
async fn a_source_that_stays_behind_or_ahead_in_points_disagrees_at_the_next_comparison() {
    // Brown's points by BallDontLie and by the feed at two comparisons, and the disagreements at the second.
    for (first, second, expected) in [
        ([21, 22], [21, 24], 1),
        ([10, 22], [12, 24], 1),
        ([24, 22], [26, 22], 1),
        ([22, 21], [24, 24], 0),
        ([22, 20], [24, 22], 0),
    ] {
        let night = Night::of(&[]).await;
        for (time, clock, [one, other]) in [("02:00", "Q4 9:00", first), ("02:05", "Q4 7:00", second)] {
            let state = ("4th Qtr", 4, clock);
            night.feed.list([of_feed(state, other)]);
            night.poll(time, Reply::games([game(state, one)])).await;
        }
        assert_eq!(night.source("balldontlie").await["disagreements"], expected, "{first:?} {second:?}");
    }
}
