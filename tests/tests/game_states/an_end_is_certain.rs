//! What settles a line is certain: no unfinished official box score, no end that the clock or the score contradicts;
//! and a game that was not seen to its end is ended afterwards.

use serde_json::{Value, json};
use tests::drift::{
    BEFORE, DATED_GRADING, DATED_LIVE, FINAL, FOURTH, GRADING, Night, SCHEDULE, SUMMARY, THIRD, boston,
    fields, full, player, predicting,
};
use tests::warehouse::{DAY, GAME, played, predicted, scheduled, with};

const RESULT: [&str; 3] = ["actual", "outcome", "settled"];

async fn night() -> Night {
    Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await
}

async fn brown(night: &Night) -> Value {
    fields(&night.cloud.document(GRADING).await["lines"][0], RESULT)
}

#[tokio::test]
async fn official_rows_that_arrive_during_the_game_settle_nothing() {
    for (points, minutes) in [(12, 15.0), (0, 0.0)] {
        let mut night = night().await;
        night.poll("01:40", [boston(THIRD, 20)]).await;
        night.cloud.add(SUMMARY, played("jaylenbrown", DAY, points, minutes));
        night.restart().await;
        night.poll("02:12", [boston(FOURTH, 22)]).await;
        assert_eq!(brown(&night).await, json!([22, "open", "open"]), "{points}");
        // Nor do they once the game is over, until the whole box is there.
        night.poll("03:12", [full(boston(FINAL, 31))]).await;
        assert_eq!(brown(&night).await, json!([31, "over", "provisional"]), "{points}");
        assert_eq!(night.cloud.document(GRADING).await["corrections"], json!([]));
        // The finished row is a correction like any other.
        night.cloud.execute("nba_analytics", "DELETE FROM player_game_summary");
        night.cloud.add(SUMMARY, played("jaylenbrown", DAY, 30, 30.0));
        night.restart().await;
        night.backfill([full(boston(FINAL, 31))]).await;
        let grading = night.cloud.document(DATED_GRADING).await;
        assert_eq!(fields(&grading["lines"][0], RESULT), json!([30, "over", "official"]));
        assert_eq!(fields(&grading["corrections"][0], ["from", "to"]), json!([31, 30]));
    }
}

#[tokio::test]
async fn an_official_box_of_half_a_game_settles_nothing_before_the_day_is_over() {
    let mut night = night().await;
    night.poll("01:40", [boston(THIRD, 12)]).await;
    night.cloud.add(SUMMARY, played("jaylenbrown", DAY, 12, 30.0));
    for nth in 0..6 {
        night.cloud.add(SUMMARY, played(&format!("reserve{}", char::from(b'a' + nth)), DAY, 4, 14.0));
    }
    night.restart().await;
    for (time, state, expected) in
        [("01:41", THIRD, json!([12, "open", "open"])), ("03:12", FINAL, json!([31, "over", "provisional"]))]
    {
        let points = if state == THIRD { 12 } else { 31 };
        night.poll(time, [full(boston(state, points))]).await;
        assert_eq!(brown(&night).await, expected, "{time}");
    }
}

#[tokio::test]
async fn an_end_in_a_tie_settles_no_line() {
    let night = night().await;
    let tied = |state: (&str, i64, &str), points: i64| {
        let mut game = full(boston(state, points));
        game["visitor_team_score"] = game["home_team_score"].clone();
        game
    };
    night.poll("02:40", [tied(("4th Qtr", 4, "Q4 0:10"), 24)]).await;
    night.poll("02:41", [tied(FINAL, 24)]).await;
    assert_eq!(brown(&night).await, json!([24, "open", "open"]));
    night.poll("02:45", [boston(("OT", 5, "OT 3:00"), 26)]).await;
    night.poll("02:58", [full(boston(("Final", 5, "Final/OT"), 27))]).await;
    assert_eq!(brown(&night).await, json!([27, "over", "provisional"]));
}

#[tokio::test]
async fn the_end_of_the_second_quarter_is_halftime_without_a_clock_too() {
    for (status, period, expected) in
        [("End of 2nd", 2, "Halftime"), ("End of 2nd Qtr", 2, "Halftime"), ("End of 3rd", 3, "Q3")]
    {
        let night = night().await;
        let live = night.poll("01:30", [boston((status, period, ""), 12)]).await;
        assert_eq!(live["games"][0]["time_remaining"], expected, "{status}");
    }
}

#[tokio::test]
async fn a_person_under_two_ids_of_one_source_is_one_row() {
    let night = night().await;
    for points in [22, 24] {
        let mut game = boston(FOURTH, points);
        let double = tests::drift::line(7000, "Jaylen", "Brown", 0, "0");
        tests::drift::box_of(&mut game, "home_team").push(double);
        let live = night.poll(&format!("02:{points}"), [game]).await;
        let brown = player(&live, "jaylenbrown");
        assert_eq!(fields(brown, ["points", "bdl_player_id"]), json!([points, 70]));
    }
}

#[tokio::test]
async fn a_game_that_a_prediction_names_and_the_schedule_lacks_is_looked_for_each_quarter_of_an_hour() {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
    cloud.add(
        SCHEDULE,
        with(scheduled("0022500556", "LAL", "MIL"), json!({"game_date_est": "2026-01-10T03:30:00Z"})),
    );
    let night = Night::of(cloud).await;
    let mut asked = 0;
    for (time, is_asked, status) in [("01:00", 1, "success"), ("01:05", 0, "idle"), ("01:16", 1, "success")] {
        night.clock.set(&tests::drift::instant_of(time));
        let state = if time < "01:10" { BEFORE } else { ("1st Qtr", 1, "Q1 5:00") };
        let listed = if time < "01:10" { vec![] } else { vec![boston(state, 4)] };
        night.stub.answer([tests::Reply::games(listed)]);
        let reply = night.call(json!({"polls": 2, "every_seconds": 5})).await;
        asked += is_asked;
        assert!(night.stub.asked().len() >= asked, "{time}");
        assert_eq!(reply["status"], status, "{time}");
    }
    assert_eq!(night.standing("jaylenbrown").await["actual"], 4);
}

#[tokio::test]
async fn a_game_that_stands_still_alone_is_a_known_issue() {
    let night = night().await;
    let on = || [boston(FOURTH, 22)];
    night.poll("02:00", on()).await;
    night.poll("02:20", on()).await;
    assert_eq!(night.status().await["services"]["live_data"]["status"], "healthy");
    for games in [Some(on()), None] {
        night.poll("02:31", games.into_iter().flatten()).await;
        let status = night.status().await;
        assert_eq!(status["services"]["live_data"]["status"], "degraded");
        let issues = status["known_issues"].to_string();
        assert!(issues.contains("TOR at BOS: no change of score for 31 minutes"), "{issues}");
    }
}

#[tokio::test]
async fn a_row_of_the_schedule_without_teams_is_no_game() {
    let cloud = predicting(&[]).await;
    cloud.add(SCHEDULE, scheduled("0022501230", "TBD", "TBD"));
    let list = tests::drift::tonight(&cloud, "22:00").await;
    assert_eq!(list["games"].as_array().expect("games").len(), 1);
    assert_eq!(list["games"][0]["game_id"], GAME);
    let night = Night::of(cloud).await;
    night.poll("23:30", [boston(BEFORE, 0)]).await;
    assert_eq!(night.cloud.document(DATED_LIVE).await["total_games"], 1);
}

#[tokio::test]
async fn a_game_whose_end_no_source_tells_ends_in_the_morning_as_the_schedule_says() {
    let mut night = night().await;
    night.poll("03:00", [boston(FOURTH, 25)]).await;
    let over = json!({"game_status": 3, "home_team_score": 110, "away_team_score": 101});
    night.cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
    night.cloud.add(SCHEDULE, with(scheduled(GAME, "BOS", "TOR"), over));
    night.cloud.add(SUMMARY, played("jaylenbrown", DAY, 29, 36.0));
    night.restart().await;
    let live = night.backfill([]).await;
    let shown = ["status", "time_remaining", "home_score", "away_score"];
    assert_eq!(fields(&live["games"][0], shown), json!(["final", "Final", 110, 101]));
    let grading = night.cloud.document(DATED_GRADING).await;
    assert_eq!(fields(&grading["lines"][0], RESULT), json!([29, "over", "official"]));
}
