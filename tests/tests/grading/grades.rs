//! The grade of a prediction at each stage of its game.

use super::*;

#[tokio::test]
async fn predictions_are_graded_by_the_poll_of_the_scores() {
    let cloud = cloud_with(&[
        predicted("jaylenbrown", 27.3, "OVER"),
        with(predicted("scottiebarnes", 20.0, "UNDER"), json!({"confidence_score": 0.57})),
    ])
    .await;
    let document = graded(&cloud, [boston(PROGRESS, 21, "25")]).await;
    assert_eq!(document, cloud.document(DATED).await);
    assert_eq!(
        document,
        json!({
            "updated_at": "2026-01-10T02:12:01.500000+00:00", "game_date": DAY, "poll_id": "20260110T021201Z", "next_update_expected": "2026-01-10T02:12:31.500Z",
            "summary": {
                "total_predictions": 2, "graded": 2, "pending": 0, "correct": 0, "incorrect": 0, "trending_correct": 2,
                "trending_incorrect": 0, "in_progress": 0, "pushes": 0, "voided": 0, "without_side": 0,
                "win_rate": null, "avg_error": 7.7, "games_in_progress": 1, "games_final": 0,
                "lines": {
                    "total": 2, "open": 2, "over": 0, "under": 0, "pushes": 0, "voided": 0, "provisional": 0,
                    "official": 0, "locked": 2,
                },
            },
            "predictions": [
                {
                    "player_lookup": "jaylenbrown", "player_name": "Jaylen Brown", "team": "BOS", "opponent": "TOR",
                    "home_team": "BOS", "away_team": "TOR", "game_id": GAME, "game_status": "in_progress", "period": 3,
                    "time_remaining": "Q3 6:35", "predicted": 27.3, "line": 24.5, "recommendation": "OVER",
                    "confidence": 0.92, "has_line": true, "line_source": "PREDICTION", "actual": 21, "minutes": "25",
                    "score_source": "bdl_live", "error": 6.3, "margin_vs_line": -3.5, "status": "trending_correct",
                    "void_reason": null, "void_detail": null, "clinched": false, "chance": 0.9295, "outcome": "open",
                    "settled": "open", "pick_display": "OVER 24.5", "result_display": "21 points so far",
                    "margin_display": "-3.5",
                },
                {
                    "player_lookup": "scottiebarnes", "player_name": "Scottie Barnes", "team": "TOR", "opponent": "BOS",
                    "home_team": "BOS", "away_team": "TOR", "game_id": GAME, "game_status": "in_progress", "period": 3,
                    "time_remaining": "Q3 6:35", "predicted": 20.0, "line": 24.5, "recommendation": "UNDER",
                    "confidence": 0.57, "has_line": true, "line_source": "PREDICTION", "actual": 11, "minutes": "22",
                    "score_source": "bdl_live", "error": 9.0, "margin_vs_line": -13.5, "status": "trending_correct",
                    "void_reason": null, "void_detail": null, "clinched": false, "chance": 0.8165, "outcome": "open",
                    "settled": "open", "pick_display": "UNDER 24.5", "result_display": "11 points so far",
                    "margin_display": "-13.5",
                },
            ],
            "corrections": [],
            "lines": [
                {
                    "player_lookup": "jaylenbrown", "player_name": "Jaylen Brown", "team": "BOS", "game_id": GAME,
                    "stat_type": "points", "line": 24.5, "opening_line": 24.5, "market_line": null, "books": 0,
                    "over_odds": null, "under_odds": null, "line_source": "PREDICTION",
                    "tip_off": "2026-01-10T00:30:00Z", "locked": true, "actual": 21, "score_source": "bdl_live",
                    "chance_over": 0.9295, "outcome": "open", "void_reason": null, "void_detail": null, "settled": "open",
                },
                {
                    "player_lookup": "scottiebarnes", "player_name": "Scottie Barnes", "team": "TOR", "game_id": GAME,
                    "stat_type": "points", "line": 24.5, "opening_line": 24.5, "market_line": null, "books": 0,
                    "over_odds": null, "under_odds": null, "line_source": "PREDICTION",
                    "tip_off": "2026-01-10T00:30:00Z", "locked": true, "actual": 11, "score_source": "bdl_live",
                    "chance_over": 0.1835, "outcome": "open", "void_reason": null, "void_detail": null, "settled": "open",
                },
            ],
        })
    );
}

#[tokio::test]
async fn before_tip_off_everything_is_pending() {
    let before = boston(("2026-01-10T00:30:00Z", 0, ""), 0, "00");
    for games in [vec![], vec![before]] {
        let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "UNDER")]).await;
        let document = graded(&cloud, games).await;
        let standing = &document["predictions"][0];
        let fields = [
            "status",
            "game_status",
            "actual",
            "minutes",
            "score_source",
            "period",
            "time_remaining",
            "clinched",
        ];
        let shown: Vec<&Value> = fields.iter().map(|field| &standing[*field]).collect();
        assert_eq!(json!(shown), json!(["pending", "scheduled", null, null, null, null, null, false]));
        assert_eq!((&document["summary"]["pending"], &document["summary"]["graded"]), (&json!(1), &json!(0)));
    }
}

#[tokio::test]
async fn f60_a_trend_is_a_chance_of_at_least_0_65_and_a_passed_line_decides() {
    // By the published formula for an average of 27.3 with 1,115 seconds of play left and a lead of two.
    for (side, points, status, chance, clinched) in [
        ("OVER", 25, "trending_correct", json!(1.0), true),
        ("OVER", 14, "in_progress", json!(0.4831), false),
        ("OVER", 11, "trending_incorrect", json!(0.3037), false),
        ("UNDER", 25, "trending_incorrect", json!(0.0), true),
        ("UNDER", 14, "in_progress", json!(0.5169), false),
        ("UNDER", 11, "trending_correct", json!(0.6963), false),
        ("PASS", 40, "in_progress", Value::Null, false),
    ] {
        let standing = standing(predicted("jaylenbrown", 27.3, side), boston(PROGRESS, points, "25")).await;
        assert_eq!(
            json!([standing["status"], standing["chance"], standing["clinched"]]),
            json!([status, chance, clinched]),
            "{side} {points}"
        );
    }
}

#[tokio::test]
async fn whoever_has_not_been_on_the_floor_has_no_points_and_no_trend() {
    let standing = standing(predicted("jaylenbrown", 27.3, "UNDER"), boston(PROGRESS, 0, "00")).await;
    let shown =
        ["status", "actual", "minutes", "score_source", "margin_vs_line"].map(|field| &standing[field]);
    assert_eq!(json!(shown), json!(["in_progress", null, null, null, null]));
    assert!(standing["chance"].as_f64().is_some_and(|chance| chance > 0.9), "{standing}");
}

#[tokio::test]
async fn a_final_score_decides_and_f59_on_the_line_it_is_a_push() {
    for (side, line, points, status) in [
        ("OVER", 24.5, 25, "correct"),
        ("OVER", 24.5, 24, "incorrect"),
        ("UNDER", 24.5, 24, "correct"),
        ("UNDER", 24.5, 25, "incorrect"),
        ("OVER", 25.0, 25, "push"),
        ("UNDER", 25.0, 25, "push"),
        ("PASS", 24.5, 30, "graded"),
    ] {
        let prediction = with(predicted("jaylenbrown", 27.3, side), json!({"current_points_line": line}));
        let standing = standing(prediction, boston(FINAL, points, "37")).await;
        assert_eq!(standing["status"], status, "{side} {line} {points}");
        assert_eq!(standing["clinched"], true);
    }
}

#[tokio::test]
async fn f68_every_key_is_there_even_for_a_pass() {
    let standing = standing(predicted("jaylenbrown", 27.3, "PASS"), boston(FINAL, 30, "37")).await;
    assert_eq!((&standing["game_id"], &standing["margin_vs_line"]), (&json!(GAME), &json!(5.5)));
}

#[tokio::test]
async fn a_game_that_is_not_played_voids_its_predictions() {
    let standing =
        standing(predicted("jaylenbrown", 27.3, "OVER"), boston(("Postponed", 0, ""), 0, "00")).await;
    assert_eq!((&standing["status"], &standing["game_status"]), (&json!("void"), &json!("postponed")));
}

#[tokio::test]
async fn the_win_rate_counts_correct_and_incorrect_only() {
    let cloud = cloud_with(&[
        predicted("jaylenbrown", 27.3, "OVER"),
        predicted("scottiebarnes", 20.0, "OVER"),
        with(predicted("gradeydick", 10.0, "OVER"), json!({"current_points_line": 9.0})),
        predicted("hugogonzalez", 7.0, "OVER"),
    ])
    .await;
    let mut game = boston(FINAL, 30, "37");
    let players = game["visitor_team"]["players"].as_array_mut().expect("players");
    players.push(line(74, "Gradey", "Dick", 9, "20"));
    let summary = graded(&cloud, [tests::drift::full(game)]).await["summary"].clone();
    let counts = ["correct", "incorrect", "pushes", "voided", "win_rate", "avg_error", "games_final"];
    let shown: Vec<&Value> = counts.iter().map(|field| &summary[*field]).collect();
    assert_eq!(json!(shown), json!([1, 1, 1, 1, 0.5, 4.2, 1]), "(2.7 + 9 + 1) / 3");
}

#[tokio::test]
async fn a_foul_is_enough_to_have_played() {
    let mut game = boston(FINAL, 0, "00");
    game["home_team"]["players"][0]["pf"] = json!(1);
    let standing = standing(predicted("jaylenbrown", 27.3, "UNDER"), game).await;
    assert_eq!((&standing["actual"], &standing["status"]), (&json!(0), &json!("correct")));
}

#[tokio::test]
async fn a_line_of_the_bookmakers_is_graded_as_it_was_at_tip_off() {
    let no_line =
        json!({"current_points_line": null, "line_source": "NO_PROP_LINE", "recommendation": "NO_LINE"});
    let cloud = cloud_with(&[with(predicted("jaylenbrown", 27.3, "NO_LINE"), no_line)]).await;
    let odds = "nba_raw.bettingpros_player_points_props";
    cloud.add(odds, tests::warehouse::offered("jaylenbrown", 1, "over", 25.5, -110));
    let closed = json!({"bookmaker_last_update": "2026-01-10T00:31:00Z", "is_active": false});
    cloud.add(odds, with(tests::warehouse::offered("jaylenbrown", 1, "over", 25.5, -110), closed));
    let document = graded(&cloud, [boston(FINAL, 26, "37")]).await;
    let standing = &document["predictions"][0];
    assert_eq!((&standing["line"], &standing["status"]), (&json!(25.5), &json!("correct")));
}
