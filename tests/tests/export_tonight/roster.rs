//! Who is on the list, and in which game.

use super::*;

#[tokio::test]
async fn a_message_becomes_the_list_of_everyone_who_plays() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    cloud.add(ODDS, offered("jaylenbrown", 10, "over", 24.5, -115));
    cloud.add(ODDS, offered("jaylenbrown", 10, "under", 24.5, -105));
    cloud.add(FATIGUE, json!({"player_lookup": "jaylenbrown", "game_date": DAY, "fatigue_score": 96}));
    cloud.add(INJURIES, reported("jaylenbrown", "probable"));
    let box_score = json!({
        "fg_makes": 10, "fg_attempts": 16, "three_pt_makes": 2, "three_pt_attempts": 6, "ft_attempts": 5, "plus_minus": -3,
        "points_line": 24.5, "game_id": "20260107_TOR_BOS",
    });
    for (day, points, result) in
        [("2026-01-07", 30, Some("OVER")), ("2026-01-05", 20, None), ("2026-01-03", 25, Some("UNDER"))]
    {
        cloud.add(
            SUMMARY,
            with(
                played("jaylenbrown", day, points, 34.0),
                with(box_score.clone(), json!({"over_under_result": result})),
            ),
        );
    }
    let answer = export(&cloud).await;
    let paths = json!({"tonight": tests::uri(DATED), "all_players": tests::uri(LATEST)});
    assert_eq!(answer.json, json!({"status": "success", "date": DAY, "paths": paths, "total_players": 4}));

    let document = cloud.document(LATEST).await;
    assert_eq!(document, cloud.document(DATED).await);
    let game = &document["games"][0];
    assert_eq!(
        game["players"][0],
        json!({
            "player_lookup": "jaylenbrown", "name": "Jaylen Brown", "team": "BOS", "is_home": true, "position": "G",
            "context": "analysis", "has_line": true, "fatigue_level": "fresh", "fatigue_score": 96, "days_rest": 1,
            "injury_status": "probable", "injury_reason": "Injury/Illness - Back; Contusion",
            "injury_report_at": "2026-01-09T18:00:00Z", "season_ppg": 25.0, "season_mpg": 34.0, "minutes_avg": 34.0, "last_5_ppg": 25.0, "last_30d_ppg": 25.0,
            "season_fg_pct": 0.625, "season_three_pct": 0.333, "season_fta": 5.0, "season_plus_minus": -3.0,
            "recent_form": "Neutral", "games_played": 3, "limited_data": true,
            "last_10_points": [30, 20, 25], "last_10_results": ["O", "-", "U"], "last_10_record": "1-1",
            "last_10_vs_avg": ["O", "U", "P"], "last_10_avg_record": "1-1", "line_source": "PREDICTION",
            "last_10_lines": [24.5, 24.5, 24.5], "last_10_minutes": [34.0, 34.0, 34.0],
            "last_10_fg_pct": [0.625, 0.625, 0.625], "last_10_three_pct": [0.333, 0.333, 0.333],
            "last_10_fta": [5, 5, 5], "last_10_plus_minus": [-3, -3, -3],
            "last_10_home_away": ["home", "home", "home"], "last_10_days_rest": [1, 1, null],
            "props": [{
                "stat_type": "points", "line": 24.5, "opening_line": 24.5, "market_line": 24.5, "books": 1, "locked": false,
                "over_odds": -115, "under_odds": -105, "actual": null, "outcome": "open", "settled": "open",
            }],
            "prediction": {"predicted": 27.3, "confidence": 0.92, "recommendation": "OVER"},
            "actual_points": null, "result": null, "settled": "open",
        })
    );
    // Without a line the keys of a line are absent, not null.
    assert_eq!(
        player(&document, "gradeydick"),
        json!({
            "player_lookup": "gradeydick", "name": "Gradey Dick", "team": "TOR", "is_home": false, "position": "G",
            "context": "analysis", "has_line": false, "fatigue_level": "normal", "fatigue_score": null, "days_rest": 1,
            "injury_status": "available", "injury_reason": null, "injury_report_at": null, "season_ppg": null, "season_mpg": null,
            "minutes_avg": null, "last_5_ppg": null, "last_30d_ppg": null, "season_fg_pct": null, "season_three_pct": null,
            "season_fta": null, "season_plus_minus": null, "recent_form": null, "games_played": 0, "limited_data": true,
            "last_10_points": [], "last_10_lines": [], "last_10_minutes": [], "last_10_fg_pct": [], "last_10_three_pct": [],
            "last_10_fta": [], "last_10_plus_minus": [], "last_10_home_away": [], "last_10_days_rest": [], "last_10_results": [], "last_10_record": null, "line_source": null,
            "actual_points": null, "result": null, "settled": "open",
        })
    );
    let game = with(game.clone(), json!({"players": []}));
    assert_eq!(
        with(document, json!({"games": []})),
        json!({
            "game_date": DAY, "generated_at": "2026-01-09T22:45:00.000000+00:00", "total_players": 4,
            "total_with_lines": 1, "status": "degraded", "degraded_reason": "1 of 1 game with too few players", "settled": "open",
            "data_quality": {
                "games_without_context": 0, "players_without_line": 3, "players_from_roster": 0, "predictions": 1,
            },
            "games": [],
        })
    );
    assert_eq!(
        game,
        json!({
            "game_id": GAME, "home_team": "BOS", "away_team": "TOR", "game_time": "7:30 PM ET",
            "tip_off": "2026-01-10T00:30:00Z", "game_status": "scheduled", "player_count": 4, "players": [],
        })
    );
}

#[tokio::test]
async fn f10_f55_a_team_without_context_plays_with_its_roster() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.execute("nba_analytics", "DELETE FROM upcoming_player_game_context WHERE team_abbr = 'TOR'");
    // A traded player: an older row still lists him in Toronto.
    let of_old =
        with(registered("Jaylen Brown", "TOR"), json!({"last_game_date": "2025-11-02", "position": "F"}));
    cloud.add(REGISTRY, of_old);
    cloud.add(REGISTRY, with(registered("Chris Boucher", "TOR"), json!({"season": "2024-25"})));
    cloud.add(SUMMARY, with(played("gradeydick", "2026-01-06", 12, 20.0), json!({"team_abbr": "TOR"})));
    let document = exported(&cloud).await;
    assert_eq!(player(&document, "jaylenbrown")["team"], "BOS");
    let of_roster = player(&document, "gradeydick");
    assert_eq!((&of_roster["context"], &of_roster["team"]), (&json!("roster"), &json!("TOR")));
    assert_eq!((&of_roster["days_rest"], &of_roster["season_ppg"]), (&json!(2), &json!(12.0)));
    assert_eq!(document["total_players"], 4, "who was on the team last season only is not");
    let quality = &document["data_quality"];
    assert_eq!((&quality["games_without_context"], &quality["players_from_roster"]), (&json!(1), &json!(2)));
    assert_eq!(document["status"], "degraded");
    let reason = document["degraded_reason"].as_str().expect("a reason");
    assert!(reason.starts_with("1 of 1 game without the analysis of a team; "), "{reason}");
}

#[tokio::test]
async fn a_night_that_lacks_nothing_is_not_degraded() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    for name in ["Jayson Tatum", "Derrick White", "Al Horford", "Sam Hauser"] {
        let player = registered(name, "BOS");
        cloud.add(CONTEXT, expected(player["player_lookup"].as_str().expect("a lookup"), "BOS"));
        cloud.add(REGISTRY, player);
    }
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    let document = exported(&cloud).await;
    assert!(document["status"].is_null() && document["degraded_reason"].is_null(), "{document}");
}

#[tokio::test]
async fn f13_f29_the_game_is_found_in_whatever_form_a_table_names_it() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.execute(
        "nba_analytics",
        "UPDATE upcoming_player_game_context SET game_id = '20260109_TOR_BOS' WHERE team_abbr = 'TOR'",
    );
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    cloud.add(
        PREDICTIONS,
        with(predicted("scottiebarnes", 21.0, "UNDER"), json!({"game_id": "20260109_TOR_BOS"})),
    );
    let document = exported(&cloud).await;
    assert_eq!(document["games"].as_array().map(Vec::len), Some(1));
    assert_eq!((&document["games"][0]["game_id"], &document["total_players"]), (&json!(GAME), &json!(4)));
    for lookup in ["jaylenbrown", "scottiebarnes"] {
        assert_eq!(player(&document, lookup)["has_line"], true, "{lookup}");
    }
}

#[tokio::test]
async fn f9_f31_f42_a_player_is_in_once_whatever_is_doubled() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add_tonight();
    cloud.execute(
        "nba_raw",
        "UPDATE nbac_schedule SET data_source = 'cdn_static', game_status = 2 WHERE rowid = 2",
    );
    let older =
        json!({"processed_at": "2026-01-08T12:00:00Z", "days_rest": 9, "game_id": "20260109_TOR_BOS"});
    cloud.add(CONTEXT, with(expected("jaylenbrown", "BOS"), older));
    for number in 0..5 {
        let row = predicted("jaylenbrown", 27.3, "OVER");
        cloud.add(PREDICTIONS, with(row, json!({"prediction_id": number.to_string()})));
    }
    let native = json!({"created_at": "2026-01-09T15:00:00Z", "predicted_points": 10.0, "game_id": "20260109_TOR_BOS"});
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 27.3, "OVER"), native));
    for _ in 0..3 {
        cloud.add(SUMMARY, played("jaylenbrown", "2026-01-07", 30, 34.0));
    }
    let stale = json!({"processed_at": "2026-01-08T01:00:00Z", "points": 2});
    cloud.add(SUMMARY, with(played("jaylenbrown", "2026-01-07", 2, 3.0), stale));
    let document = exported(&cloud).await;
    assert_eq!(
        (&document["total_players"], document["games"].as_array().map(Vec::len)),
        (&json!(4), Some(1))
    );
    assert_eq!(document["games"][0]["game_status"], "in_progress", "the further status");
    assert_eq!(document["data_quality"]["predictions"], 1);
    let player = player(&document, "jaylenbrown");
    assert_eq!((&player["games_played"], &player["last_10_points"]), (&json!(1), &json!([30])));
    assert_eq!((&player["days_rest"], &player["prediction"]["predicted"]), (&json!(1), &json!(27.3)));
}

#[tokio::test]
async fn players_are_listed_with_lines_first_and_out_last_then_by_confidence_and_average() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    for name in ["Jayson Tatum", "Derrick White", "Al Horford"] {
        let player = registered(name, "BOS");
        cloud.add(CONTEXT, expected(player["player_lookup"].as_str().expect("a lookup"), "BOS"));
        cloud.add(REGISTRY, player);
    }
    for (lookup, confidence) in [("jaylenbrown", 70), ("jaysontatum", 99), ("derrickwhite", 80)] {
        cloud
            .add(PREDICTIONS, with(predicted(lookup, 27.3, "OVER"), json!({"confidence_score": confidence})));
    }
    for lookup in ["jaysontatum", "alhorford"] {
        cloud.add(INJURIES, reported(lookup, "out"));
    }
    cloud.add(SUMMARY, played("gradeydick", "2026-01-07", 12, 20.0));
    let document = exported(&cloud).await;
    assert_eq!(
        lookups(&document["games"][0]),
        [
            "derrickwhite",
            "jaylenbrown",
            "jaysontatum",
            "gradeydick",
            "hugogonzalez",
            "scottiebarnes",
            "alhorford"
        ]
    );
}

#[tokio::test]
async fn a_predicted_player_whom_nobody_expected_joins_the_team_of_the_registry() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(REGISTRY, registered("Jordan Walsh", "BOS"));
    cloud.add(PREDICTIONS, predicted("jordanwalsh", 9.0, "OVER"));
    let player = exported_player(&cloud, "jordanwalsh").await;
    assert_eq!((&player["team"], &player["context"]), (&json!("BOS"), &json!("roster")));
}

#[tokio::test]
async fn a_player_who_changed_teams_today_plays_for_the_new_one_only() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(SCHEDULE, scheduled("0022500556", "LAL", "MIL"));
    let traded = json!({"processed_at": "2026-01-09T20:00:00Z", "game_id": "0022500556"});
    cloud.add(CONTEXT, with(expected("jaylenbrown", "LAL"), traded));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["team"], "LAL");
}

#[tokio::test]
async fn rows_without_the_certain_id_are_about_the_same_player() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    for (day, points) in [("2026-01-07", 30), ("2026-01-05", 20)] {
        cloud.add(SUMMARY, played("jaylenbrown", day, points, 34.0));
    }
    let without = json!({"universal_player_id": null});
    cloud.add(SUMMARY, with(played("jaylenbrown", "2026-01-08", 10, 34.0), without.clone()));
    cloud.add(REGISTRY, with(registered("Jaylen Brown", "BOS"), without));
    let player = exported_player(&cloud, "jaylenbrown").await;
    assert_eq!((&player["games_played"], &player["last_10_points"]), (&json!(3), &json!([10, 30, 20])));
}
