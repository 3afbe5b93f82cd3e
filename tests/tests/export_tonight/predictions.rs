//! The predictions of the list.

use super::*;

#[tokio::test]
async fn f3_a_prediction_without_a_line_takes_the_bookmakers() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let no_line =
        json!({"current_points_line": null, "line_source": "NO_PROP_LINE", "recommendation": "NO_LINE"});
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 27.3, "NO_LINE"), no_line));
    for (book, line, over, under) in [(1, 25.5, -110, -120), (2, 25.5, -105, -115), (3, 24.5, -140, 110)] {
        cloud.add(ODDS, offered("jaylenbrown", book, "over", line, over));
        cloud.add(ODDS, offered("jaylenbrown", book, "under", line, under));
    }
    let player = exported_player(&cloud, "jaylenbrown").await;
    assert_eq!(player["line_source"], "BETTINGPROS");
    let best_of_both = json!([{
        "stat_type": "points", "line": 25.5, "opening_line": 25.5, "market_line": 25.5, "books": 2, "locked": false,
        "over_odds": -105, "under_odds": -115, "actual": null, "outcome": "open", "settled": "open",
    }]);
    assert_eq!(player["props"], best_of_both);
    assert_eq!(player["prediction"]["recommendation"], "OVER", "by the number: 27.3 is more than 25.5");
}

#[tokio::test]
async fn f39_a_prediction_that_is_not_active_is_not_there() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 27.3, "OVER"), json!({"is_active": false})));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["has_line"], false);
}

#[tokio::test]
async fn f50_any_active_model_counts_and_of_several_the_newest_with_a_line() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let by = |system: &str, points: f64, created_at: &str, line: Option<f64>| {
        let row = json!({"system_id": system, "created_at": created_at, "current_points_line": line});
        with(predicted("jaylenbrown", points, "OVER"), row)
    };
    cloud.add(PREDICTIONS, by("nobody_knows_v13", 26.0, "2026-01-09T17:00:00Z", Some(24.5)));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["prediction"]["predicted"], 26.0);
    cloud.add(PREDICTIONS, by("catboost_v9", 27.0, "2026-01-09T18:00:00Z", Some(24.5)));
    cloud.add(PREDICTIONS, by("ensemble_v1", 28.0, "2026-01-09T19:00:00Z", None));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["prediction"]["predicted"], 27.0);
    // At the same instant: one of them, and always the same one.
    cloud.add(PREDICTIONS, by("aardvark_v1", 29.0, "2026-01-09T18:00:00Z", Some(24.5)));
    for _ in 0..3 {
        assert_eq!(exported_player(&cloud, "jaylenbrown").await["prediction"]["predicted"], 29.0);
    }
}

#[tokio::test]
async fn confidence_has_one_scale() {
    for (written, shown) in
        [(0.57, json!(0.57)), (92.0, json!(0.92)), (100.0, json!(1.0)), (250.0, Value::Null)]
    {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        cloud.add(
            PREDICTIONS,
            with(predicted("jaylenbrown", 27.3, "OVER"), json!({"confidence_score": written})),
        );
        assert_eq!(
            exported_player(&cloud, "jaylenbrown").await["prediction"]["confidence"],
            shown,
            "{written}"
        );
    }
}
