//! The lines and odds of the list.

use super::*;

#[tokio::test]
async fn f36_an_estimate_is_the_last_resort_and_says_so() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let estimated =
        json!({"current_points_line": null, "line_source": "ESTIMATED_AVG", "estimated_line_value": 22.5});
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 27.3, "OVER"), estimated));
    let player = exported_player(&cloud, "jaylenbrown").await;
    assert_eq!(
        (&player["line_source"], &player["props"][0]["line"]),
        (&json!("ESTIMATED_AVG"), &json!(22.5))
    );
    assert!(player["props"][0]["over_odds"].is_null());
}

#[tokio::test]
async fn a_line_without_a_prediction_is_still_a_line() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(ODDS, offered("hugogonzlez", 1, "over", 6.5, -110));
    let of_full_name =
        json!({"player_name": "Hugo González", "bookmaker_last_update": "2026-01-09T21:00:00Z"});
    cloud.add(ODDS, with(offered("hugogonzlez", 1, "over", 6.5, -112), of_full_name));
    let player = exported_player(&cloud, "hugogonzalez").await;
    assert_eq!((&player["has_line"], &player["line_source"]), (&json!(true), &json!("BETTINGPROS")), "f70");
    assert_eq!(player["prediction"], json!({"predicted": null, "confidence": null, "recommendation": null}));
}

#[tokio::test]
async fn f45_only_points_are_a_points_line() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let rebounds = json!({"market_type": "rebounds", "bookmaker_last_update": "2026-01-09T21:00:00Z"});
    cloud.add(ODDS, with(offered("jaylenbrown", 1, "over", 7.5, 100), rebounds));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["has_line"], false);
    cloud.add(ODDS, offered("jaylenbrown", 1, "over", 25.5, -110));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["props"][0]["line"], 25.5);
}

#[tokio::test]
async fn f35_odds_that_no_bookmaker_gives_are_dropped() {
    for odds in [199_900, -199_900, 99, -99, 0, 10_001] {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        cloud.add(ODDS, offered("jaylenbrown", 1, "over", 25.5, -110));
        let garbage = json!({"bookmaker_last_update": "2026-01-09T21:00:00Z"});
        cloud.add(ODDS, with(offered("jaylenbrown", 1, "over", 25.5, odds), garbage.clone()));
        cloud.add(ODDS, with(offered("jaylenbrown", 1, "under", 25.5, odds), garbage));
        let props = &exported_player(&cloud, "jaylenbrown").await["props"];
        let shown = json!([props[0]["line"], props[0]["over_odds"], props[0]["under_odds"]]);
        assert_eq!(shown, json!([25.5, -110, null]), "{odds}");
    }
}

#[tokio::test]
async fn only_the_newest_update_of_a_book_s_side_counts_and_only_while_it_stands() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let later = |row: Value, fields: Value| {
        with(with(row, json!({"bookmaker_last_update": "2026-01-09T21:00:00Z"})), fields)
    };
    // Book 1 moved its line; book 2 withdrew its line.
    cloud.add(ODDS, offered("jaylenbrown", 1, "over", 23.5, 150));
    cloud.add(ODDS, later(offered("jaylenbrown", 1, "over", 25.5, -110), json!({})));
    cloud.add(ODDS, offered("jaylenbrown", 2, "over", 23.5, 160));
    cloud.add(ODDS, later(offered("jaylenbrown", 2, "over", 23.5, 160), json!({"is_active": false})));
    let props = &exported_player(&cloud, "jaylenbrown").await["props"];
    assert_eq!((&props[0]["line"], &props[0]["over_odds"]), (&json!(25.5), &json!(-110)));
}

#[tokio::test]
async fn f17_an_invented_line_does_not_win_over_a_bookmaker_s_however_the_game_is_named() {
    let other_form = json!({
        "game_id": "20260109_TOR_BOS", "line_source": "ESTIMATED_AVG", "current_points_line": 20.0,
        "created_at": "2026-01-09T19:00:00Z",
    });
    let line_of = async |newer: Value| {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
        cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 19.0, "UNDER"), newer));
        exported_player(&cloud, "jaylenbrown").await["props"][0]["line"].clone()
    };
    assert_eq!(line_of(other_form.clone()).await, 24.5);
    // Of two with a bookmaker's line the newer one counts, whichever form its game id has.
    assert_eq!(line_of(with(other_form, json!({"line_source": "ACTUAL_PROP"}))).await, 20.0);
}

#[tokio::test]
async fn a_line_that_was_taken_away_is_gone_whatever_its_last_odds() {
    for odds in [0, 199_900, -110] {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        cloud.add(ODDS, offered("jaylenbrown", 1, "over", 23.5, -110));
        let taken_away = json!({"is_active": false, "bookmaker_last_update": "2026-01-09T21:00:00Z"});
        cloud.add(ODDS, with(offered("jaylenbrown", 1, "over", 23.5, odds), taken_away));
        assert_eq!(exported_player(&cloud, "jaylenbrown").await["has_line"], false, "{odds}");
    }
}

#[tokio::test]
async fn a_line_stays_as_it_was_at_tip_off() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(ODDS, offered("jaylenbrown", 1, "over", 25.5, -110));
    cloud.add(ODDS, offered("jaylenbrown", 2, "over", 25.5, -115));
    // The game began at half past seven, Eastern, which is half past midnight in UTC.
    let in_play = json!({"bookmaker_last_update": "2026-01-10T01:00:00Z", "points_line": 31.5});
    cloud.add(ODDS, with(offered("jaylenbrown", 1, "over", 31.5, -110), in_play));
    let closed = json!({"bookmaker_last_update": "2026-01-10T00:31:00Z", "is_active": false});
    cloud.add(ODDS, with(offered("jaylenbrown", 2, "over", 25.5, -115), closed));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["props"][0]["line"], 25.5);
}
