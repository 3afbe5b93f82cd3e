//! The end of a game by two sources.

use super::*;

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
