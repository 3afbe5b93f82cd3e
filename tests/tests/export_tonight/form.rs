//! The form of the season and of the last ten games.

use super::*;

#[tokio::test]
async fn f42_days_of_rest_are_never_negative() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.execute(
        "nba_analytics",
        "UPDATE upcoming_player_game_context SET days_rest = -1 WHERE player_lookup = 'jaylenbrown'",
    );
    assert!(exported_player(&cloud, "jaylenbrown").await["days_rest"].is_null());
    cloud.add(SUMMARY, played("jaylenbrown", "2026-01-08", 30, 34.0));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["days_rest"], 0, "told by the games themselves");
}

#[tokio::test]
async fn days_of_rest_are_counted_from_the_game_that_the_player_played_before() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    // Every other day since the twentieth; the second newest game and the two before the last ten were missed.
    for day in ["01-07", "01-03", "01-01", "12-30", "12-28", "12-26", "12-24", "12-22", "12-20", "12-01"] {
        let year = if day.starts_with("01") { 2026 } else { 2025 };
        cloud.add(SUMMARY, played("jaylenbrown", &format!("{year}-{day}"), 20, 30.0));
    }
    for day in ["2026-01-05", "2025-12-18", "2025-12-16"] {
        cloud.add(SUMMARY, with(played("jaylenbrown", day, 0, 0.0), json!({"is_dnp": true})));
    }
    let player = exported_player(&cloud, "jaylenbrown").await;
    assert_eq!(player["last_10_days_rest"], json!([3, 1, 1, 1, 1, 1, 1, 1, 1, 18]));
    assert_eq!(player["last_10_points"].as_array().map(Vec::len), Some(10));
}

#[tokio::test]
async fn f34_games_not_played_are_shown_and_count_in_no_average() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let rows = [
        played("jaylenbrown", "2026-01-07", 30, 34.0),
        with(played("jaylenbrown", "2026-01-05", 0, 0.0), json!({"is_dnp": true})),
        with(played("jaylenbrown", "2026-01-03", 0, 0.0), json!({"points": null, "minutes_played": null})),
        played("jaylenbrown", "2026-01-01", 0, 12.0),
        played("jaylenbrown", "2025-12-30", 20, 30.0),
        with(played("jaylenbrown", "2025-04-10", 60, 40.0), json!({"season_year": 2024})),
    ];
    for row in rows {
        cloud.add(SUMMARY, row);
    }
    let player = exported_player(&cloud, "jaylenbrown").await;
    assert_eq!(player["last_10_points"], json!([30, null, null, 0, 20]), "f11: for everyone");
    assert_eq!((&player["season_ppg"], &player["games_played"]), (&json!(16.7), &json!(3)), "of this season");
    assert_eq!(player["last_10_vs_avg"], json!(["O", "DNP", "DNP", "U", "O"]));
}
