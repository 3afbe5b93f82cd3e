//! When the second source stands in, and when the first one is back.

use super::*;

#[tokio::test]
async fn when_the_first_source_fails_the_second_stands_in_under_the_same_ids() {
    let night = Night::of(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let before = night.poll("02:01", Reply::games([game(THIRD, 21)])).await;
    assert_eq!(before["source"], "balldontlie");
    assert!(night.feed.asked().is_empty(), "a first source that answers suffices");

    night.feed.list([of_feed(FOURTH, 23)]);
    let after = night.poll("02:02", refused()).await;
    assert_eq!(fields(&after, ["source", "time_remaining"]), json!(["nba_cdn", "Q4 9:00"]));
    for lookup in ["jaylenbrown", "hugogonzalez"] {
        assert_eq!(ids(&after, lookup), ids(&before, lookup));
    }
    assert_eq!(after["player_count"], before["player_count"]);
    let live = json!({"games": [after]});
    assert_eq!(fields(player(&live, "jaylenbrown"), ["points", "nba_player_id"]), json!([23, 1_000_070]));
    let grading = night.cloud.document(GRADING).await;
    let brown = only(&grading["predictions"], "jaylenbrown");
    assert_eq!(fields(brown, ["actual", "score_source"]), json!([23, "nba_live"]));

    let (first, second) = (night.source("balldontlie").await, night.source("nba_cdn").await);
    assert_eq!(fields(&first, ["status", "games"]), json!(["unhealthy", 0]));
    assert_eq!(fields(&second, ["status", "games"]), json!(["healthy", 1]));
    let issues = night.issues().await;
    for expected in ["BallDontLie does not answer (BallDontLie: answered 401", "the scores of 1 game come"] {
        assert!(issues.iter().any(|issue| issue.starts_with(expected)), "{expected}: {issues:?}");
    }

    // Back to the first source at once, because it is no longer behind.
    let back = night.poll("02:04", Reply::games([game(FOURTH, 25)])).await;
    assert_eq!(back["source"], "balldontlie");
    assert_eq!(ids(&back, "jaylenbrown"), ids(&before, "jaylenbrown"));
    assert_eq!(night.source("balldontlie").await["status"], "healthy");
    assert!(night.issues().await.iter().all(|issue| !issue.contains("come")));
}

#[tokio::test]
async fn a_night_that_begins_without_the_first_source_is_told_by_the_second() {
    let night = Night::of(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    night.feed.list([of_feed(THIRD, 21)]);
    let alone = night.poll("02:01", refused()).await;
    assert_eq!(fields(&alone, ["game_id", "nba_game_id", "source"]), json!([GAME, GAME, "nba_cdn"]));
    assert_eq!(ids(&alone, "hugogonzalez")[2], Value::Null, "no id of BallDontLie's is known");
    night.feed.list([of_feed(FINAL, 30)]);
    let end = night.poll("03:01", refused()).await;
    assert_eq!(fields(&end, ["status", "time_remaining"]), json!(["final", "Final"]));
    let grading = night.cloud.document(GRADING).await;
    assert_eq!(only(&grading["predictions"], "jaylenbrown")["actual"], 30);
}

#[tokio::test]
async fn a_first_source_that_is_late_does_not_hold_the_scores_back() {
    let night = Night::of(&[]).await;
    night.feed.list([of_feed(FOURTH, 23)]);
    let began = std::time::Instant::now();
    let late = Reply::games([game(FOURTH, 23)]).after(Duration::from_secs(40));
    let shown = night.poll("02:01", late).await;
    assert_eq!(shown["source"], "nba_cdn");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(night.source("balldontlie").await["status"], "unhealthy");
}

#[tokio::test]
async fn a_game_that_stands_still_for_five_minutes_is_taken_from_the_second_source() {
    let night = Night::of(&[]).await;
    let frozen = || Reply::games([game(THIRD, 21)]);
    night.feed.list([of_feed(FOURTH, 29)]);
    night.poll("02:01", frozen()).await;
    for time in ["02:02", "02:04"] {
        let shown = night.poll(time, frozen()).await;
        assert_eq!(
            fields(&shown, ["source", "moved_at"]),
            json!(["balldontlie", "2026-01-10T02:01:00Z"]),
            "{time}"
        );
    }
    assert!(night.feed.asked().is_empty(), "not before it is needed");
    let shown = night.poll("02:06", frozen()).await;
    assert_eq!(fields(&shown, ["source", "time_remaining"]), json!(["nba_cdn", "Q4 9:00"]));
    assert_eq!(player(&json!({"games": [shown]}), "jaylenbrown")["points"], 29);

    // It stays there while the first one is behind, whether or not the second answers.
    night.feed.list([of_feed(("4th Qtr", 4, "Q4 8:00"), 30)]);
    let shown = night.poll("02:07", frozen()).await;
    assert_eq!(fields(&shown, ["source", "time_remaining"]), json!(["nba_cdn", "Q4 8:00"]));
    night.feed.fail(500);
    for time in ["02:08", "02:09", "02:11"] {
        let shown = night.poll(time, Reply::games([game(("4th Qtr", 4, "Q4 8:30"), 30)])).await;
        assert_eq!(
            fields(&shown, ["source", "time_remaining"]),
            json!(["nba_cdn", "Q4 8:00"]),
            "{time}: never back"
        );
    }
    let shown = night.poll("02:12", Reply::games([game(("4th Qtr", 4, "Q4 7:00"), 31)])).await;
    assert_eq!(fields(&shown, ["source", "time_remaining"]), json!(["balldontlie", "Q4 7:00"]), "caught up");
}

#[tokio::test]
async fn halftime_is_no_standstill() {
    let night = Night::of(&[]).await;
    let half = || Reply::games([game(("Halftime", 2, "Halftime"), 14)]);
    night.feed.list([of_feed(("Halftime", 2, "Halftime"), 14)]);
    for time in ["01:31", "01:37", "01:44"] {
        night.poll(time, half()).await;
    }
    assert!(night.feed.asked().is_empty(), "{:?}", night.feed.asked());
    night.poll("01:52", half()).await;
    assert!(!night.feed.asked().is_empty(), "a halftime of twenty minutes");
}

#[tokio::test]
async fn a_game_that_should_be_on_and_is_not_listed_is_looked_for() {
    let night = Night::of(&[]).await;
    night.feed.list([of_feed(("1st Qtr", 1, "Q1 9:00"), 4)]);
    let shown = night.poll("00:31", Reply::games([])).await;
    assert_eq!(shown["status"], "scheduled");
    let mut before = boston(BEFORE, 0);
    for side in ["home_team", "visitor_team"] {
        box_of(&mut before, side).clear();
        before[format!("{side}_score")] = json!(0);
    }
    let shown = night.poll("00:36", Reply::games([before])).await;
    assert_eq!(
        fields(&shown, ["source", "status", "time_remaining"]),
        json!(["nba_cdn", "in_progress", "Q1 9:00"])
    );
}

#[tokio::test]
async fn half_a_box_score_is_taken_from_the_second_source() {
    let night = Night::of(&[]).await;
    night.poll("02:01", Reply::games([game(THIRD, 21)])).await;
    let mut half = game(FOURTH, 23);
    for side in ["home_team", "visitor_team"] {
        let players = box_of(&mut half, side);
        players.retain({
            let mut nth = 0;
            move |_| {
                nth += 1;
                nth % 2 == 0
            }
        });
    }
    night.feed.list([of_feed(FOURTH, 23)]);
    let shown = night.poll("02:02", Reply::games([half.clone()])).await;
    assert_eq!(shown["source"], "nba_cdn");
    assert_eq!(player(&json!({"games": [shown]}), "jaylenbrown")["points"], 23);
    // Without the second source everyone stays as last seen.
    night.feed.fail(503);
    let shown = night.poll("02:03", Reply::games([half])).await;
    assert_eq!(player(&json!({"games": [shown]}), "jaylenbrown")["points"], 23);
}

#[tokio::test]
async fn scores_never_go_back_from_one_source_to_the_other() {
    let night = Night::of(&[]).await;
    night.poll("02:01", Reply::games([game(FOURTH, 30)])).await;
    // The feed is behind, in play or in points.
    for (behind, time) in
        [(of_feed(THIRD, 21), "02:02"), (of_feed(FOURTH, 28), "02:03"), (of_feed(BEFORE, 0), "02:04")]
    {
        night.feed.list([behind]);
        let shown = night.poll(time, refused()).await;
        assert_eq!(
            fields(&shown, ["source", "time_remaining", "status"]),
            json!(["balldontlie", "Q4 9:00", "in_progress"])
        );
        assert_eq!(player(&json!({"games": [shown]}), "jaylenbrown")["points"], 30, "{time}");
    }
    night.feed.list([of_feed(FINAL, 33)]);
    assert_eq!(night.poll("02:30", refused()).await["status"], "final");
    // An end is not taken back by the other source.
    let shown = night.poll("02:31", Reply::games([game(FOURTH, 33)])).await;
    assert_eq!(fields(&shown, ["status", "source"]), json!(["final", "nba_cdn"]));
}

#[tokio::test]
async fn when_both_fail_nothing_is_written_and_the_status_says_so() {
    let night = Night::of(&[]).await;
    night.poll("02:01", Reply::games([game(THIRD, 21)])).await;
    night.feed.fail(403);
    night.clock.set(&instant_of("02:02"));
    night.balldontlie.answer([refused()]);
    let answer = night.exporter.post("").await;
    assert_eq!(answer.status, 502);
    assert!(answer.message().contains("the key in BDL_API_KEY is refused"), "{}", answer.message());
    assert_eq!(night.cloud.document(LIVE).await["poll_id"], "20260110T020100Z");
    let (first, second) = (night.source("balldontlie").await, night.source("nba_cdn").await);
    assert_eq!((&first["status"], &second["status"]), (&json!("unhealthy"), &json!("unhealthy")));
    assert!(
        second["message"].as_str().expect("a text").contains("refuses requests from this IP address"),
        "{second}"
    );
}

#[tokio::test]
async fn a_game_whose_box_score_fails_goes_on_by_the_scoreboard() {
    let night = Night::of(&[]).await;
    night.feed.list([of_feed(THIRD, 21)]);
    night.poll("02:01", refused()).await;
    night.feed.list([of_feed(FOURTH, 25)]);
    night.feed.lose_box(GAME);
    let shown = night.poll("02:02", refused()).await;
    let score = of_feed(FOURTH, 25)["homeTeam"]["score"].clone();
    assert_eq!(fields(&shown, ["time_remaining", "home_score"]), json!(["Q4 9:00", score]));
    // The players stay as they were seen last.
    let row = player(&json!({"games": [shown]}), "jaylenbrown").clone();
    assert_eq!(fields(&row, ["points", "outdated"]), json!([21, true]));
    assert_eq!(night.balldontlie.asked().len(), 2, "{:?}", night.balldontlie.asked());
}

#[tokio::test]
async fn one_source_alone_is_allowed_and_an_unknown_one_is_refused_by_name() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let clock = HandClock::at(&instant_of("02:01"));
    let (stub, feed) = (Stub::answering([]).await, Feed::of([of_feed(THIRD, 21)]).await);
    let exporter = cloud.exporter_of("nba_cdn", &stub, &feed, &clock).await;
    assert_eq!(exporter.post("").await.status, 200, "without a key of BallDontLie's");
    assert!(stub.asked().is_empty());
    assert_eq!(cloud.document(LIVE).await["games"][0]["source"], "nba_cdn");

    for order in ["espn", "balldontlie,espn", "balldontlie,balldontlie", "balldontlie;nba_cdn"] {
        let mut variables = cloud.environment("export-live", &stub.url);
        variables.retain(|(name, _)| name != "LIVE_SOURCES");
        variables.push(("LIVE_SOURCES".to_owned(), order.to_owned()));
        let environment: Environment = variables.into_iter().collect();
        let error = export_live::Settings::read(&environment).expect_err(order).to_string();
        assert!(error.starts_with(&format!("LIVE_SOURCES is {order:?}, expected one or both of")), "{error}");
    }
}

#[tokio::test]
async fn the_order_of_the_sources_can_be_turned_round() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let clock = HandClock::at(&instant_of("02:01"));
    let (stub, feed) =
        (Stub::answering([Reply::games([game(FOURTH, 25)])]).await, Feed::of([of_feed(THIRD, 21)]).await);
    let exporter = cloud.exporter_of("nba_cdn,balldontlie", &stub, &feed, &clock).await;
    exporter.post("").await;
    assert_eq!(cloud.document(LIVE).await["games"][0]["source"], "nba_cdn");
    assert!(stub.asked().is_empty());
    feed.fail(500);
    clock.set(&instant_of("02:02"));
    assert_eq!(exporter.post("").await.status, 200);
    assert_eq!(cloud.document(LIVE).await["games"][0]["source"], "balldontlie");
}

#[tokio::test]
async fn with_the_feed_first_the_end_of_a_game_that_is_no_longer_listed_is_balldontlie_s() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.services.limits.set(Limit { object_write_interval: Duration::ZERO, ..Limit::default() });
    let clock = HandClock::at(&instant_of("02:31"));
    let (stub, feed) = (Stub::answering([]).await, Feed::of([of_feed(FOURTH, 25)]).await);
    let exporter = cloud.exporter_of("nba_cdn,balldontlie", &stub, &feed, &clock).await;
    assert_eq!(exporter.post("").await.status, 200);
    feed.fail(500);
    stub.answer([Reply::games([]), Reply::games([game(FINAL, 30)])]);
    clock.set(&instant_of("02:51"));
    assert_eq!(exporter.post("").await.status, 200);
    let asked = stub.asked();
    assert!(asked.last().is_some_and(|url| url.contains("date=2026-01-09")), "{asked:?}");
    let live = cloud.document(LIVE).await;
    assert_eq!(fields(&live["games"][0], ["status", "source"]), json!(["final", "balldontlie"]));
}

#[tokio::test]
async fn a_second_source_that_stands_still_is_left_though_the_first_lacks_a_player() {
    let night = Night::of(&[]).await;
    night.poll("02:01", Reply::games([game(THIRD, 21)])).await;
    night.feed.list([of_feed(FOURTH, 25)]);
    assert_eq!(night.poll("02:02", refused()).await["source"], "nba_cdn");
    // The feed goes on answering the same; BallDontLie plays on, without one who has played.
    let mut shown = json!(null);
    for (minute, points) in (3..=8).zip(26..) {
        let time = format!("Q4 {}:00", 11 - minute);
        let mut short = game(("4th Qtr", 4, &time), points);
        box_of(&mut short, "visitor_team").retain(|row| row["player"]["last_name"] != "Barnes");
        shown = night.poll(&format!("02:0{minute}"), Reply::games([short])).await;
        let is_patient = minute < 7;
        assert_eq!(shown["source"] == "nba_cdn", is_patient, "02:0{minute}: {}", shown["time_remaining"]);
    }
    assert_eq!(shown["time_remaining"], "Q4 3:00");
    let rows = json!({"games": [shown]});
    assert_eq!(fields(player(&rows, "jaylenbrown"), ["points"]), json!([31]));
    assert_eq!(fields(player(&rows, "scottiebarnes"), ["points", "outdated"]), json!([11, true]));
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_no_health() {
    let night = Night::of(&[]).await;
    night.feed.list([of_feed(THIRD, 21)]);
    night.poll("02:01", Reply::games([json!({"id": 1, "status": "?"})])).await;
    assert_eq!(night.source("balldontlie").await["status"], "unhealthy");
}

#[tokio::test]
async fn a_game_that_the_second_source_plays_on_is_neither_ended_nor_called_off_by_the_first() {
    let mut called_off = boston(("Postponed", 0, ""), 0);
    (called_off["home_team_score"], called_off["visitor_team_score"]) = (json!(0), json!(0));
    for wrong in [boston(FINAL, 21), boston(("Final", 3, "Final"), 21), called_off] {
        let night = Night::of(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
        night.poll("02:11", Reply::games([boston(THIRD, 21)])).await;
        for (time, state, points) in [
            ("02:12", ("3rd Qtr", 3, "Q3 6:00"), 21),
            ("02:13", ("3rd Qtr", 3, "Q3 5:10"), 23),
            ("02:36", ("4th Qtr", 4, "Q4 4:00"), 25),
        ] {
            night.feed.list([of_the_nba(&boston(state, points), GAME)]);
            let game = night.poll(time, Reply::games([wrong.clone()])).await;
            let expected = json!(["nba_cdn", "in_progress", state.2]);
            assert_eq!(
                fields(&game, ["source", "status", "time_remaining"]),
                expected,
                "{time} {}",
                wrong["status"]
            );
        }
        night.feed.list([of_the_nba(&game(FINAL, 27), GAME)]);
        night.poll("02:48", Reply::games([wrong.clone()])).await;
        let brown = only(&night.cloud.document(GRADING).await["predictions"], "jaylenbrown").clone();
        assert_eq!(fields(&brown, ["actual", "status"]), json!([27, "correct"]), "{}", wrong["status"]);
    }
}

#[tokio::test]
async fn seconds_on_the_floor_that_only_the_feed_counts_do_not_keep_the_first_source_out() {
    let with_dick = |state, minutes: &str| {
        let mut game = game(state, 21);
        let dick = &mut box_of(&mut game, "visitor_team")[1];
        let player = dick["player"].clone();
        *dick = json!({"min": minutes, "pts": 0, "player": player});
        game
    };
    let night = Night::of(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    night.feed.list([of_the_nba(&with_dick(THIRD, "0:05"), GAME)]);
    let by_feed = night.poll("02:01", refused()).await;
    assert_eq!(by_feed["source"], "nba_cdn");
    let back = night.poll("02:12", Reply::games([with_dick(FOURTH, "00")])).await;
    assert_eq!(back["source"], "balldontlie");
}

#[tokio::test]
async fn a_box_that_lacks_a_basket_or_two_for_two_polls_is_looked_up_in_the_second_source() {
    let night = Night::of(&[]).await;
    let with_score = |clock: &str, more: i64| {
        let mut listed = game(("2nd Qtr", 2, clock), 12);
        listed["home_team_score"] = json!(listed["home_team_score"].as_i64().expect("a score") + more);
        Reply::games([listed])
    };
    night.feed.list([of_feed(("2nd Qtr", 2, "Q2 5:00"), 16)]);
    night.poll("01:01", with_score("Q2 6:00", 4)).await;
    assert_eq!(night.feed.asked().len(), 0, "a score may be ahead of the rows");
    let shown = night.poll("01:02", with_score("Q2 5:30", 4)).await;
    assert_eq!(night.feed.asked().len(), 2);
    assert_eq!((&shown["source"], &shown["time_remaining"]), (&json!("nba_cdn"), &json!("Q2 5:00")));
}
