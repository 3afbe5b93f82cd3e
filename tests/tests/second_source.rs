//! When BallDontLie is gone, late, frozen or short of players, the NBA's feed stands in; and each checks the other.

use std::time::Duration;

use local_cloud::{cloud::RAW_BUCKET, limits::Limit};
use serde_json::{Value, json};
use shared::env::Environment;
use tests::{
    Cloud, Feed, Function, HandClock, Reply, Stub,
    drift::{
        BEFORE, FINAL, FOURTH, GRADING, LIVE, PREDICTIONS, SCHEDULE, STATUS, THIRD, TIMELINE, boston, box_of,
        fields, full, instant_of, line, los_angeles, only, player,
    },
    feed::{of_the_nba, with_inactive},
    warehouse::{DAY, GAME, predicted, scheduled},
};

const BOTH: &str = "balldontlie,nba_cdn";
const IN_PROGRESS: &str = "nba-com/live-boxscores/2026-01-09/";

/// A night with two sources.
struct Night {
    cloud: Cloud,
    clock: HandClock,
    balldontlie: Stub,
    feed: Feed,
    exporter: Function,
}

impl Night {
    async fn of(predictions: &[Value]) -> Self {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        predictions.iter().for_each(|row| cloud.add(PREDICTIONS, row.clone()));
        let limit = Limit { object_write_interval: Duration::ZERO, ..Limit::default() };
        cloud.services.limits.set(limit);
        let clock = HandClock::at("2026-01-10T00:00:00Z");
        let (balldontlie, feed) = (Stub::answering([]).await, Feed::of([]).await);
        let exporter = cloud.exporter_of(BOTH, &balldontlie, &feed, &clock).await;
        Self { cloud, clock, balldontlie, feed, exporter }
    }

    /// The first game of the public scores after an export at `time`. Polls at a second that is not a multiple of 300
    /// compare nothing.
    async fn poll(&self, time: &str, balldontlie: Reply) -> Value {
        self.clock.set(&instant_of(time));
        self.balldontlie.answer([balldontlie]);
        let answer = self.exporter.post("").await;
        assert_eq!(answer.status, 200, "{time}: {answer:?}");
        self.cloud.document(LIVE).await["games"][0].clone()
    }

    /// Exports the scores alone.
    async fn scores(&self, time: &str, balldontlie: Reply) {
        self.clock.set(&instant_of(time));
        self.balldontlie.answer([balldontlie]);
        let answer = self.exporter.post(json!({"include_grading": false}).to_string()).await;
        assert_eq!(answer.status, 200, "{time}: {answer:?}");
    }

    async fn status(&self) -> Value {
        self.cloud.document(STATUS).await
    }

    async fn source(&self, name: &str) -> Value {
        let status = self.status().await;
        let sources = status["sources"].as_array().expect("sources").clone();
        sources.into_iter().find(|source| source["source"] == name).expect("a source")
    }

    /// The messages of the known issues.
    async fn issues(&self) -> Vec<String> {
        let status = self.status().await;
        let issues = status["known_issues"].as_array().expect("issues").iter();
        issues.map(|issue| issue["message"].as_str().expect("a message").to_owned()).collect()
    }
}

fn game(state: tests::drift::State<'_>, points: i64) -> Value {
    full(boston(state, points))
}

fn of_feed(state: tests::drift::State<'_>, points: i64) -> Value {
    of_the_nba(&game(state, points), GAME)
}

fn refused() -> Reply {
    Reply::text(401, "Unauthorized")
}

/// What identifies a game and a player.
fn ids(game: &Value, lookup: &str) -> Value {
    let players = game["players"].as_array().expect("players").iter();
    let player = players.clone().find(|player| player["player_lookup"] == lookup).expect("a player");
    json!([game["game_id"], game["nba_game_id"], player["bdl_player_id"], player["team"], player["name"]])
}

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
async fn an_end_that_is_seen_late_has_its_box_score() {
    let night = Night::of(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    night.feed.list([of_feed(THIRD, 21)]);
    night.poll("02:01", refused()).await;
    // Nothing answers until five hours after tip-off.
    night.feed.list([of_feed(FINAL, 30)]);
    let end = night.poll("05:31", refused()).await;
    assert_eq!(
        fields(&end, ["status", "home_score"]),
        json!(["final", of_feed(FINAL, 30)["homeTeam"]["score"]])
    );
    let grading = night.cloud.document(GRADING).await;
    let brown = only(&grading["predictions"], "jaylenbrown");
    assert_eq!(fields(brown, ["actual", "status"]), json!([30, "correct"]));
}

#[tokio::test]
async fn an_incomplete_end_is_polled_until_its_box_score_comes() {
    let night = Night::of(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    night.poll("02:01", Reply::games([game(THIRD, 21)])).await;
    let mut without_rows = game(FINAL, 30);
    for side in ["home_team", "visitor_team"] {
        box_of(&mut without_rows, side).clear();
    }
    night.poll("03:01", Reply::games([without_rows.clone()])).await;
    night.poll("03:12", Reply::games([without_rows])).await;
    let brown = || async {
        let grading = night.cloud.document(GRADING).await;
        fields(only(&grading["predictions"], "jaylenbrown"), ["game_status", "actual", "status"])
    };
    assert_eq!(brown().await, json!(["final", 21, "pending"]), "the last points are not known");
    // The schedule's call, later than four hours after tip-off.
    night.clock.set(&instant_of("06:01"));
    night.balldontlie.answer([Reply::games([game(FINAL, 30)])]);
    let answer = night.exporter.post(json!({"polls": 2, "every_seconds": 10}).to_string()).await;
    assert_eq!(answer.json["status"], "success", "it is not idle: {answer:?}");
    assert_eq!(brown().await, json!(["final", 30, "correct"]));
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
async fn a_box_score_that_fails_leaves_the_game_as_it_was() {
    let night = Night::of(&[]).await;
    night.feed.list([of_feed(THIRD, 21)]);
    night.poll("02:01", refused()).await;
    night.feed.list([of_feed(FOURTH, 25)]);
    night.feed.lose_box(GAME);
    let shown = night.poll("02:02", refused()).await;
    assert_eq!(
        fields(&shown, ["time_remaining", "home_score"]),
        fields(&night.cloud.document(LIVE).await["games"][0], ["time_remaining", "home_score"])
    );
    assert_eq!(shown["time_remaining"], "Q3 6:35");
    assert_eq!(night.balldontlie.asked().len(), 2, "{:?}", night.balldontlie.asked());
}

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
async fn who_is_inactive_is_void_with_the_reason_until_he_plays() {
    let predictions = [predicted("hugogonzalez", 7.5, "OVER"), predicted("jaylenbrown", 27.3, "OVER")];
    let night = Night::of(&predictions).await;
    let out = |state, points| {
        with_inactive(of_feed(state, points), "Hugo", "González", "INACTIVE_INJURY", "Left Knee; Surgery")
    };
    night.feed.list([out(BEFORE, 0)]);
    // Before tip-off, as soon as the feed is asked.
    let shown = night.poll("00:31", refused()).await;
    let inactive = &shown["inactive"][0];
    assert_eq!(
        fields(inactive, ["player_lookup", "team", "reason"]),
        json!(["hugogonzalez", "BOS", "Injury: Left Knee; Surgery"])
    );
    let hugo = async || only(&night.cloud.document(GRADING).await["predictions"], "hugogonzalez").clone();
    let void = json!(["void", "did_not_play", "Injury: Left Knee; Surgery", "provisional"]);
    assert_eq!(fields(&hugo().await, ["status", "void_reason", "void_detail", "settled"]), void);
    let grading = night.cloud.document(GRADING).await;
    assert_eq!(only(&grading["lines"], "hugogonzalez")["void_detail"], "Injury: Left Knee; Surgery");
    assert_eq!(only(&grading["predictions"], "jaylenbrown")["status"], "pending");

    // It stays known while BallDontLie, which does not say so, is back.
    let mut without = game(THIRD, 21);
    box_of(&mut without, "home_team").retain(|row| row["player"]["last_name"] != "González");
    let without = full(without);
    night.poll("02:01", Reply::games([without])).await;
    assert_eq!(fields(&hugo().await, ["status", "void_reason", "void_detail", "settled"]), void);
    // He plays after all.
    let shown = night.poll("02:02", Reply::games([game(("3rd Qtr", 3, "Q3 5:00"), 21)])).await;
    assert!(shown["inactive"].is_null(), "{}", shown["inactive"]);
    assert_ne!(hugo().await["status"], "void");
}

#[tokio::test]
async fn nobody_becomes_active_in_a_game_that_has_begun_because_a_later_list_lacks_his_name() {
    let night = Night::of(&[predicted("hugogonzalez", 7.5, "OVER")]).await;
    let another =
        |state, points| with_inactive(of_feed(state, points), "Jordan", "Walsh", "INACTIVE_COACH", "");
    let both = |state, points| {
        with_inactive(another(state, points), "Hugo", "González", "INACTIVE_INJURY", "Left Knee; Surgery")
    };
    let hugo =
        async || only(&night.cloud.document(GRADING).await["predictions"], "hugogonzalez")["status"].clone();
    let names = |shown: &Value| {
        let listed = shown["inactive"].as_array().expect("a list").iter();
        let mut names: Vec<String> =
            listed.map(|it| it["player_lookup"].as_str().expect("a name").into()).collect();
        names.sort();
        names
    };
    // Before tip-off a list is corrected.
    night.feed.list([both(BEFORE, 0)]);
    night.poll("00:06", refused()).await;
    assert_eq!(hugo().await, "void");
    night.feed.list([another(BEFORE, 0)]);
    assert_eq!(names(&night.poll("00:16", refused()).await), ["jordanwalsh"]);
    assert_eq!(hugo().await, "pending");

    // Afterwards one that lacks a name is only short.
    let row_of_hugo = |row: &Value| row["familyName"] == "González";
    let without_a_row = |mut game: Value| {
        game["homeTeam"]["players"].as_array_mut().expect("players").retain(|row| !row_of_hugo(row));
        game
    };
    night.feed.list([both(THIRD, 21)]);
    night.poll("02:01", refused()).await;
    assert_eq!(hugo().await, "void");
    for (time, points) in [("02:02", 22), ("02:03", 23)] {
        night.feed.list([without_a_row(another(THIRD, points))]);
        assert_eq!(names(&night.poll(time, refused()).await), ["hugogonzalez", "jordanwalsh"]);
        assert_eq!(hugo().await, "void");
    }
    // BallDontLie does not tell.
    let mut without = game(FOURTH, 25);
    box_of(&mut without, "home_team").retain(|row| row["player"]["last_name"] != "González");
    night.poll("02:04", Reply::games([without])).await;
    assert_eq!(hugo().await, "void");
    // Until the feed lists him as active, on the bench or on the floor.
    let mut active = of_feed(FOURTH, 26);
    let rows = active["homeTeam"]["players"].as_array_mut().expect("players");
    let row = rows.iter_mut().find(|row| row_of_hugo(row)).expect("a row");
    row["statistics"] = json!({"minutes": "PT00M00.00S", "points": 0});
    let mut active = with_inactive(active, "Jordan", "Walsh", "INACTIVE_COACH", "");
    night.feed.list([active.clone()]);
    assert_eq!(names(&night.poll("02:06", refused()).await), ["jordanwalsh"]);
    assert_ne!(hugo().await, "void");

    // The same where nobody is inactive any longer.
    night.feed.list([both(FOURTH, 26)]);
    night.poll("02:07", refused()).await;
    assert_eq!(hugo().await, "void");
    for row in active["homeTeam"]["players"].as_array_mut().expect("players") {
        (row["status"], row["notPlayingReason"]) = (json!("ACTIVE"), json!(""));
    }
    night.feed.list([active]);
    assert!(night.poll("02:08", refused()).await["inactive"].is_null());
    assert_ne!(hugo().await, "void");
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
async fn an_end_with_a_basket_less_is_believed_at_the_second_report() {
    let night = Night::of(&[]).await;
    night.poll("02:51", Reply::games([game(("4th Qtr", 4, "Q4 0:00"), 32)])).await;
    night.feed.list([of_feed(FINAL, 30)]);
    let shown = night.poll("02:52", refused()).await;
    assert_eq!(fields(&shown, ["status", "source"]), json!(["in_progress", "balldontlie"]));
    let shown = night.poll("02:53", refused()).await;
    assert_eq!(fields(&shown, ["status", "source"]), json!(["final", "nba_cdn"]));
    assert_eq!(player(&json!({"games": [shown]}), "jaylenbrown")["points"], 30);
}

#[tokio::test]
async fn an_end_in_a_tie_is_none_and_an_overtime_follows() {
    let night = Night::of(&[]).await;
    let tied = |state| {
        let mut game = boston(state, 21);
        game["visitor_team_score"] = game["home_team_score"].clone();
        game
    };
    let end = || Reply::games([tied(FINAL)]);
    night.poll("02:51", end()).await;
    let mut overtime = tied(("OT", 5, "OT 2:00"));
    overtime["time"] = json!("OT1 2:00");
    let mut overtime = of_the_nba(&overtime, GAME);
    overtime["homeTeam"]["score"] = json!(90);
    night.feed.list([overtime]);
    let shown = night.poll("02:58", end()).await;
    assert_eq!(
        fields(&shown, ["status", "time_remaining", "source"]),
        json!(["in_progress", "OT1 2:00", "nba_cdn"])
    );
}

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
async fn who_is_inactive_is_looked_up_before_the_first_tip_off() {
    let night = Night::of(&[predicted("hugogonzalez", 7.5, "OVER")]).await;
    let out = with_inactive(of_feed(BEFORE, 0), "Hugo", "González", "INACTIVE_INJURY", "");
    night.feed.list([out]);
    let shown = night.poll("00:10", Reply::games([])).await;
    assert_eq!(fields(&shown, ["status", "source", "game_id"]), json!(["scheduled", null, GAME]));
    assert_eq!(shown["inactive"][0]["player_lookup"], "hugogonzalez");
    let grading = night.cloud.document(GRADING).await;
    assert_eq!(only(&grading["predictions"], "hugogonzalez")["status"], "void");
    night.poll("00:11", Reply::games([])).await;
    let grading = night.cloud.document(GRADING).await;
    assert_eq!(only(&grading["predictions"], "hugogonzalez")["status"], "void", "it stays known");
}

#[tokio::test]
async fn a_game_that_the_feed_calls_off_stays_called_off() {
    let night = Night::of(&[]).await;
    let mut off = of_feed(BEFORE, 0);
    off["gameStatusText"] = json!("PPD");
    night.feed.list([off]);
    let before = || {
        let mut game = boston(BEFORE, 0);
        ["home_team", "visitor_team"].iter().for_each(|side| box_of(&mut game, side).clear());
        ["home_team_score", "visitor_team_score"].iter().for_each(|score| game[*score] = json!(0));
        Reply::games([game])
    };
    let shown = night.poll("00:10", before()).await;
    assert_eq!(shown["status"], "postponed");
    for time in ["00:11", "00:14", "00:40"] {
        assert_eq!(night.poll(time, before()).await["status"], "postponed", "{time}");
    }
    // Play shows that it was wrong.
    let shown = night.poll("00:50", Reply::games([game(("1st Qtr", 1, "Q1 5:00"), 8)])).await;
    assert_eq!(shown["status"], "in_progress");
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
async fn an_answer_that_cannot_be_read_is_no_health() {
    let night = Night::of(&[]).await;
    night.feed.list([of_feed(THIRD, 21)]);
    night.poll("02:01", Reply::games([json!({"id": 1, "status": "?"})])).await;
    assert_eq!(night.source("balldontlie").await["status"], "unhealthy");
}

#[tokio::test]
async fn an_end_without_many_players_waits_ten_minutes_for_them_and_then_comes() {
    let night = Night::of(&[]).await;
    night.feed.fail(503);
    night.poll("02:41", Reply::games([game(FOURTH, 29)])).await;
    let half = || {
        let mut game = game(FINAL, 31);
        for side in ["home_team", "visitor_team"] {
            let players = box_of(&mut game, side);
            let last = players.split_off(6);
            *players = last;
        }
        Reply::games([game])
    };
    for time in ["02:51", "02:57", "03:01"] {
        assert_eq!(night.poll(time, half()).await["status"], "in_progress", "{time}");
    }
    assert_eq!(night.poll("03:02", half()).await["status"], "final", "the end always comes");
    // With everyone it is believed at once.
    let whole = Night::of(&[]).await;
    whole.poll("02:41", Reply::games([game(FOURTH, 29)])).await;
    assert_eq!(whole.poll("02:51", Reply::games([game(FINAL, 31)])).await["status"], "final");
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
