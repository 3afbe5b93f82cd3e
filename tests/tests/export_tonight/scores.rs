//! The scores of the games that have begun.

use super::*;

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
