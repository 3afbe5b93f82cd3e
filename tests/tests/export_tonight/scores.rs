//! The scores of the games that have begun.

use super::*;
use tests::drift::{self, FINAL, FOURTH, Night, boston, fields, full, predicting};

#[tokio::test]
async fn f51_scores_are_shown_once_a_game_has_begun_though_the_schedule_does_not_know() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    assert!(exported(&cloud).await["games"][0].get("home_score").is_none());
    let poll = |minute: u32, status: &str, points: u32| {
        json!({
            "poll_timestamp": format!("2026-01-10T01:{minute:02}:00Z"), "game_date": DAY, "game_status": status,
            "home_team_abbr": "BOS", "away_team_abbr": "TOR", "home_score": points, "away_score": points - 1,
        })
    };
    cloud.add("nba_raw.bdl_live_boxscores", poll(10, "in_progress", 50));
    cloud.add("nba_raw.bdl_live_boxscores", poll(4, "in_progress", 48));
    let game = &exported(&cloud).await["games"][0];
    assert_eq!(
        (&game["game_status"], &game["home_score"], &game["away_score"]),
        (&json!("in_progress"), &json!(50), &json!(49))
    );
    cloud.execute(
        "nba_raw",
        "UPDATE nbac_schedule SET game_status = 3, home_team_score = 110, away_team_score = 99",
    );
    let game = &exported(&cloud).await["games"][0];
    assert_eq!((&game["game_status"], &game["home_score"]), (&json!("final"), &json!(110)));
}

#[tokio::test]
async fn the_scores_are_those_that_are_public_also_where_no_poll_of_the_history_has_them() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    night.poll("02:12", [boston(FOURTH, 22)]).await;
    // The history has another state of the game, with the sides turned.
    let row = json!({
        "poll_timestamp": "2026-01-10T03:13:00Z", "game_date": DAY, "game_status": "in_progress",
        "home_team_abbr": "TOR", "away_team_abbr": "BOS", "home_score": 70, "away_score": 40,
    });
    night.cloud.add("nba_raw.bdl_live_boxscores", row);
    night.poll("03:12", [full(boston(FINAL, 30))]).await;
    let list = drift::tonight(&night.cloud, "03:15").await;
    let shown = fields(&list["games"][0], ["game_status", "home_score", "away_score"]);
    let live = night.cloud.document("v1/live/latest.json").await;
    assert_eq!(shown, fields(&live["games"][0], ["status", "home_score", "away_score"]));
    assert_eq!(shown[0], "final");
}
