//! Every line of the night: locked at tip-off, settled by the live box score, and by the official one in the
//! morning.

use serde_json::{Value, json};
use tests::drift::{
    BEFORE, CONTEXT, DATED_GRADING, DATED_LIVE, FINAL, GRADING, Night, ODDS, SCHEDULE, SUMMARY, THIRD,
    at_line, boston, both_sides, box_of, fields, full, line, only, player, predicting, tonight,
};
use tests::{
    Cloud,
    warehouse::{DAY, GAME, expected, played, predicted, scheduled, with},
};

/// Brown is predicted, Walsh only offered.
async fn cloud() -> Cloud {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    cloud.add(CONTEXT, expected("jordanwalsh", "BOS"));
    for offer in both_sides("jordanwalsh", 10, 9.5, -110, -110) {
        cloud.add(ODDS, offer);
    }
    cloud
}

/// Toronto at Boston with Walsh's points beside Brown's.
fn with_walsh(state: (&str, i64, &str), points: i64, walsh: i64) -> Value {
    let mut game = boston(state, points);
    box_of(&mut game, "home_team").push(line(77, "Jordan", "Walsh", walsh, "20"));
    game
}

async fn settled(night: &Night, lookup: &str) -> Value {
    only(&night.cloud.document(GRADING).await["lines"], lookup).clone()
}

const RESULT: [&str; 4] = ["actual", "outcome", "settled", "locked"];

#[tokio::test]
async fn every_line_predicted_or_not_is_settled_by_the_live_box_and_then_by_the_official_one() {
    let night = Night::of(cloud().await).await;
    night.poll("23:30", [boston(BEFORE, 0)]).await;
    let before = settled(&night, "jordanwalsh").await;
    assert_eq!(fields(&before, RESULT), json!([null, "open", "open", false]));
    assert!(before["chance_over"].is_null(), "neither a season nor a prediction is known: {before}");
    night.poll("02:12", [with_walsh(THIRD, 21, 8)]).await;
    assert_eq!(fields(&settled(&night, "jordanwalsh").await, RESULT), json!([8, "open", "open", true]));
    night.poll("03:12", [full(with_walsh(FINAL, 27, 8))]).await;
    let walsh = settled(&night, "jordanwalsh").await;
    assert_eq!(fields(&walsh, RESULT), json!([8, "under", "provisional", true]));
    assert!(walsh["chance_over"].is_null());
    let brown = settled(&night, "jaylenbrown").await;
    assert_eq!(fields(&brown, RESULT), json!([27, "over", "provisional", true]));

    // The official box score gives Walsh two more.
    let mut night = night;
    for (lookup, points) in [("jaylenbrown", 27), ("jordanwalsh", 10)] {
        night.cloud.add(SUMMARY, played(lookup, DAY, points, 30.0));
    }
    night.restart().await;
    night.backfill([full(with_walsh(FINAL, 27, 8))]).await;
    let grading = night.cloud.document(DATED_GRADING).await;
    let walsh = only(&grading["lines"], "jordanwalsh");
    assert_eq!(fields(walsh, RESULT), json!([10, "over", "official", true]));
    assert_eq!(walsh["score_source"], "nba_official");
    let corrected = json!([{
        "player_lookup": "jordanwalsh", "player_name": "Jordanwalsh", "team": "BOS", "game_id": GAME,
        "stat_type": "points", "from": 8, "to": 10,
    }]);
    assert_eq!(grading["corrections"], corrected);
    let counts = &grading["summary"]["lines"];
    let counted = ["total", "open", "over", "under", "pushes", "voided", "provisional", "official", "locked"];
    assert_eq!(fields(counts, counted), json!([2, 0, 2, 0, 0, 0, 0, 2, 2]));
    assert_eq!(night.cloud.document(DATED_LIVE).await["games_final"], 1);

    // Exported again, by another process: the correction is still told, though nothing has changed since.
    night.restart().await;
    night.backfill([full(with_walsh(FINAL, 27, 8))]).await;
    let grading = night.cloud.document(DATED_GRADING).await;
    assert_eq!(grading["corrections"], corrected);
}

#[tokio::test]
async fn a_line_on_a_whole_number_is_a_push_and_a_pick_without_a_side_has_an_outcome() {
    let pass = at_line(predicted("jaylenbrown", 25.0, "PASS"), 25.0);
    let night = Night::of(predicting(&[pass]).await).await;
    night.poll("03:12", [full(boston(FINAL, 25))]).await;
    let standing = night.standing("jaylenbrown").await;
    assert_eq!(
        fields(
            &standing,
            ["status", "outcome", "settled", "pick_display", "result_display", "margin_display"]
        ),
        json!(["graded", "push", "provisional", "PASS 25", "25 points", "0"])
    );
    let summary = night.cloud.document(GRADING).await["summary"].clone();
    assert_eq!((&summary["without_side"], &summary["win_rate"]), (&json!(1), &Value::Null));
}

#[tokio::test]
async fn counts_add_up_at_every_moment_of_the_night() {
    let night = Night::of(cloud().await).await;
    for (time, game) in [
        ("23:30", boston(BEFORE, 0)),
        ("02:12", with_walsh(THIRD, 21, 8)),
        ("03:12", full(with_walsh(FINAL, 27, 8))),
    ] {
        night.poll(time, [game]).await;
        let grading = night.cloud.document(GRADING).await;
        let summary = &grading["summary"];
        let sum = |counts: &Value, names: &[&str]| -> u64 {
            names.iter().map(|name| counts[*name].as_u64().expect("a count")).sum()
        };
        let by_status = [
            "pending",
            "correct",
            "incorrect",
            "trending_correct",
            "trending_incorrect",
            "in_progress",
            "pushes",
            "voided",
            "without_side",
        ];
        assert_eq!(sum(summary, &by_status), summary["total_predictions"], "{time}");
        let lines = &summary["lines"];
        assert_eq!(sum(lines, &["open", "over", "under", "pushes", "voided"]), lines["total"], "{time}");
        assert_eq!(sum(lines, &["open", "provisional", "official"]), lines["total"], "{time}");
    }
}

#[tokio::test]
async fn a_line_moves_until_tip_off_and_is_the_same_in_both_documents() {
    let cloud = predicting(&[]).await;
    for offer in both_sides("jaylenbrown", 10, 24.5, -110, -110) {
        cloud.add(ODDS, offer);
    }
    let mut night = Night::of(cloud).await;
    let shown = ["line", "opening_line", "market_line", "books", "locked"];
    let both = async |night: &Night, time: &str| {
        let list = tonight(&night.cloud, time).await;
        let prop = fields(&player(&list, "jaylenbrown")["props"][0], shown);
        assert_eq!(prop, fields(&settled(night, "jaylenbrown").await, shown), "{time}");
        prop
    };
    night.poll("22:00", [boston(BEFORE, 0)]).await;
    assert_eq!(both(&night, "22:01").await, json!([24.5, 24.5, 24.5, 1, false]));
    let at = |instant: &str, line: f64| {
        both_sides("jaylenbrown", 10, line, -112, -108)
            .map(|offer| with(offer, json!({"bookmaker_last_update": instant})))
    };
    for offer in at("2026-01-09T23:45:00Z", 25.5) {
        night.cloud.add(ODDS, offer);
    }
    night.restart().await;
    night.poll("23:50", [boston(BEFORE, 0)]).await;
    assert_eq!(both(&night, "23:51").await, json!([25.5, 24.5, 25.5, 1, false]), "the opening line stays");
    // Offered in the first quarter.
    for offer in at("2026-01-10T00:45:00Z", 27.5) {
        night.cloud.add(ODDS, offer);
    }
    night.restart().await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    assert_eq!(both(&night, "02:13").await, json!([25.5, 24.5, 25.5, 1, true]));
}

#[tokio::test]
async fn a_line_that_bookmakers_withdraw_before_tip_off_is_carried_to_the_end_of_the_day() {
    let mut night = Night::of(cloud().await).await;
    night.poll("20:00", [boston(BEFORE, 0)]).await;
    night.cloud.execute("nba_raw", "DELETE FROM bettingpros_player_points_props");
    night.cloud.execute(
        "nba_analytics",
        "DELETE FROM upcoming_player_game_context WHERE player_lookup = 'jordanwalsh'",
    );
    for time in ["20:10", "20:20", "20:30", "23:00"] {
        night.restart().await;
        night.poll(time, [boston(BEFORE, 0)]).await;
        assert_eq!(settled(&night, "jordanwalsh").await["line"], 9.5, "{time}");
    }
    night.poll("03:12", [full(boston(FINAL, 27))]).await;
    let walsh = settled(&night, "jordanwalsh").await;
    let shown = ["line", "actual", "outcome", "void_reason"];
    assert_eq!(fields(&walsh, shown), json!([9.5, null, "void", "did_not_play"]));
}

#[tokio::test]
async fn a_game_that_is_moved_to_a_later_hour_is_open_again() {
    let mut night = Night::of(cloud().await).await;
    night.poll("00:35", [boston(BEFORE, 0)]).await;
    assert_eq!(settled(&night, "jaylenbrown").await["locked"], true, "tip-off was at 00:30");
    night.cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
    let later = json!({"game_date_est": "2026-01-10T02:30:00Z"});
    night.cloud.add(SCHEDULE, with(scheduled(GAME, "BOS", "TOR"), later));
    night.restart().await;
    night.poll("00:45", [boston(BEFORE, 0)]).await;
    let brown = settled(&night, "jaylenbrown").await;
    assert_eq!(fields(&brown, ["locked", "tip_off"]), json!([false, "2026-01-10T02:30:00Z"]));
}

#[tokio::test]
async fn a_void_line_says_why() {
    for (status, reason) in [
        ("Postponed", "postponed"),
        ("Canceled", "cancelled"),
        ("Abandoned", "cancelled"),
        ("PPD", "postponed"),
    ] {
        let night = Night::of(cloud().await).await;
        let mut game = boston((status, 0, ""), 0);
        for side in ["home_team", "visitor_team"] {
            game[format!("{side}_score")] = json!(0);
            game[side]["players"] = json!([]);
        }
        night.poll("00:45", [game]).await;
        let brown = settled(&night, "jaylenbrown").await;
        let shown = ["outcome", "void_reason", "locked", "actual", "chance_over"];
        assert_eq!(fields(&brown, shown), json!(["void", reason, false, null, null]), "{status}");
    }
}

#[tokio::test]
async fn an_offer_of_a_player_whom_nobody_predicts_has_a_chance_by_the_season() {
    let night = Night::of(cloud().await).await;
    for (day, points) in [("2026-01-05", 8), ("2026-01-06", 12), ("2026-01-07", 10)] {
        night.cloud.add(SUMMARY, played("jordanwalsh", day, points, 24.0));
    }
    // A night on the bench counts in no average.
    let bench = json!({"is_dnp": true, "points": 0, "minutes_played": 0.0});
    night.cloud.add(SUMMARY, with(played("jordanwalsh", "2026-01-08", 0, 0.0), bench));
    night.poll("23:30", [boston(BEFORE, 0)]).await;
    let walsh = settled(&night, "jordanwalsh").await;
    // The published formula for an average of 10 before tip-off.
    assert_eq!(walsh["chance_over"], 0.5304, "{walsh}");
}

#[tokio::test]
async fn a_game_that_is_on_before_its_tip_off_is_known_locks_its_lines_in_both_documents() {
    for tip_off in [Value::Null, json!("2026-01-10T05:00:00Z"), json!("2026-01-10T03:30:00Z")] {
        let cloud = cloud().await;
        cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
        cloud.add(SCHEDULE, with(scheduled(GAME, "BOS", "TOR"), json!({"game_date_est": tip_off})));
        let mut night = Night::of(cloud).await;
        night.poll("00:20", [boston(BEFORE, 0)]).await;
        night.poll("00:50", [with_walsh(("1st Qtr", 1, "Q1 5:00"), 4, 2)]).await;
        for offer in both_sides("jordanwalsh", 10, 12.5, -110, -110) {
            night.cloud.add(ODDS, with(offer, json!({"bookmaker_last_update": "2026-01-10T00:55:00Z"})));
        }
        let list = tonight(&night.cloud, "01:00").await;
        let prop = &player(&list, "jordanwalsh")["props"][0];
        assert_eq!(fields(prop, ["line", "locked"]), json!([9.5, true]), "{tip_off}");
        night.restart().await;
        night.poll("01:10", [with_walsh(("2nd Qtr", 2, "Q2 8:00"), 9, 5)]).await;
        let walsh = settled(&night, "jordanwalsh").await;
        assert_eq!(fields(&walsh, ["line", "locked"]), json!([9.5, true]), "{tip_off}");
    }
}

#[tokio::test]
async fn a_prediction_that_is_first_made_after_tip_off_is_no_pick() {
    let mut night = Night::of(predicting(&[]).await).await;
    night.poll("00:50", [boston(THIRD, 21)]).await;
    let late = json!({"created_at": "2026-01-10T03:05:00Z"});
    night
        .cloud
        .add("nba_predictions.player_prop_predictions", with(predicted("gradeydick", 9.0, "OVER"), late));
    night.restart().await;
    night.poll("03:12", [full(boston(FINAL, 27))]).await;
    let grading = night.cloud.document(GRADING).await;
    assert_eq!((&grading["lines"], &grading["predictions"]), (&json!([]), &json!([])));
    let list = tonight(&night.cloud, "03:20").await;
    assert_eq!(player(&list, "gradeydick")["has_line"], false);
}

/// An official box score of Boston's players, Brown not among them, with these minutes each.
fn add_teammates(cloud: &Cloud, count: usize, minutes: f64) {
    for nth in 0..count {
        cloud.add(SUMMARY, played(&format!("reserve{}", char::from(b'a' + nth as u8)), DAY, 10, minutes));
    }
}

#[tokio::test]
async fn an_official_box_score_that_is_not_whole_yet_says_of_nobody_that_he_did_not_play() {
    let mut night = Night::of(cloud().await).await;
    let mut short = boston(FINAL, 27);
    box_of(&mut short, "home_team").remove(0);
    night.poll("03:12", [short.clone()]).await;
    add_teammates(&night.cloud, 6, 20.0);
    night.restart().await;
    night.backfill([short.clone()]).await;
    let grading = night.cloud.document(DATED_GRADING).await;
    assert_eq!(fields(only(&grading["lines"], "jaylenbrown"), RESULT), json!([null, "open", "open", true]));
    // With everyone's minutes in, it does.
    night.cloud.execute("nba_analytics", "DELETE FROM player_game_summary");
    add_teammates(&night.cloud, 8, 30.0);
    night.restart().await;
    night.backfill([short]).await;
    let grading = night.cloud.document(DATED_GRADING).await;
    assert_eq!(
        fields(only(&grading["lines"], "jaylenbrown"), RESULT),
        json!([null, "void", "official", true])
    );
}

#[tokio::test]
async fn what_is_official_stays_while_the_official_table_is_replaced() {
    let mut night = Night::of(cloud().await).await;
    night.poll("03:12", [full(with_walsh(FINAL, 27, 8))]).await;
    for (lookup, points) in [("jaylenbrown", 24), ("jordanwalsh", 10)] {
        night.cloud.add(SUMMARY, played(lookup, DAY, points, 30.0));
    }
    night.restart().await;
    night.backfill([full(with_walsh(FINAL, 27, 8))]).await;
    let official = night.cloud.document(DATED_GRADING).await;
    assert_eq!(
        fields(only(&official["lines"], "jaylenbrown"), RESULT),
        json!([24, "under", "official", true])
    );
    // Empty, and then with one of the two.
    night.cloud.execute("nba_analytics", "DELETE FROM player_game_summary");
    for _ in 0..2 {
        night.restart().await;
        night.backfill([full(with_walsh(FINAL, 27, 8))]).await;
        let grading = night.cloud.document(DATED_GRADING).await;
        for part in ["lines", "predictions", "corrections", "summary"] {
            assert_eq!(grading[part], official[part], "{part}");
        }
        night.cloud.add(SUMMARY, played("jordanwalsh", DAY, 10, 30.0));
    }
}

#[tokio::test]
async fn an_official_row_without_points_or_of_another_person_corrects_nothing() {
    for row in [
        json!({"points": null}),
        json!({"universal_player_id": "jaylenbrown_002", "team_abbr": "MIA"}),
        json!({"universal_player_id": "jaylenbrown_002"}),
    ] {
        let mut night = Night::of(cloud().await).await;
        night.poll("03:12", [full(with_walsh(FINAL, 27, 8))]).await;
        night.cloud.add(SUMMARY, with(played("jaylenbrown", DAY, 9, 36.0), row.clone()));
        night.restart().await;
        night.backfill([full(with_walsh(FINAL, 27, 8))]).await;
        let grading = night.cloud.document(DATED_GRADING).await;
        let brown = only(&grading["lines"], "jaylenbrown");
        assert_eq!(fields(brown, RESULT), json!([27, "over", "provisional", true]), "{row}");
        assert_eq!(grading["corrections"], json!([]), "{row}");
    }
}

#[tokio::test]
async fn a_second_official_value_is_a_correction_too() {
    let mut night = Night::of(cloud().await).await;
    let mut end = boston(FINAL, 27);
    box_of(&mut end, "home_team").remove(0);
    night.poll("03:12", [full(end.clone())]).await;
    let mut told = Vec::new();
    for points in [Value::Null, json!(25), json!(26)] {
        night.cloud.execute("nba_analytics", "DELETE FROM player_game_summary");
        let bench = json!({"is_dnp": points.is_null(), "points": points, "minutes_played": 30.0});
        night.cloud.add(SUMMARY, with(played("jaylenbrown", DAY, 0, 0.0), bench));
        night.restart().await;
        night.backfill([full(end.clone())]).await;
        let grading = night.cloud.document(DATED_GRADING).await;
        told.push(json!([only(&grading["lines"], "jaylenbrown")["settled"], grading["corrections"]]));
    }
    let changed = told.iter().map(|it| json!([it[0], it[1][0]["from"], it[1][0]["to"]]));
    let expected =
        [json!(["official", null, null]), json!(["official", null, 25]), json!(["official", null, 26])];
    assert_eq!(changed.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn the_lines_of_an_only_game_that_is_moved_to_another_day_are_void_in_the_morning() {
    let mut night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    night.poll("23:30", [boston(BEFORE, 0)]).await;
    let moved = json!({"game_date": "2026-01-12", "game_date_est": "2026-01-13T00:30:00Z"});
    night.cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
    night.cloud.add(SCHEDULE, with(scheduled(GAME, "BOS", "TOR"), moved));
    night.stub.answer([tests::Reply::games([])]);
    for time in ["10:00", "12:30"] {
        night.restart().await;
        night.clock.set(&format!("2026-01-10T{time}:00Z"));
        night.call(json!({"target_date": DAY})).await;
    }
    let grading = night.cloud.document(DATED_GRADING).await;
    let brown = only(&grading["lines"], "jaylenbrown");
    assert_eq!(
        fields(brown, ["outcome", "void_reason", "settled", "locked"]),
        json!(["void", "postponed", "official", false])
    );
}

#[tokio::test]
async fn a_game_that_is_moved_to_a_later_hour_has_the_new_offers_at_the_first_read() {
    let mut night = Night::of(cloud().await).await;
    let mut before = boston(BEFORE, 0);
    (before["home_team"]["players"], before["visitor_team"]["players"]) = (json!([]), json!([]));
    night.poll("00:35", [before.clone()]).await;
    night.cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
    let later = json!({"game_date_est": "2026-01-10T02:30:00Z"});
    night.cloud.add(SCHEDULE, with(scheduled(GAME, "BOS", "TOR"), later));
    for offer in both_sides("jordanwalsh", 10, 11.5, -110, -110) {
        night.cloud.add(ODDS, with(offer, json!({"bookmaker_last_update": "2026-01-10T01:30:00Z"})));
    }
    night.restart().await;
    night.poll("01:40", [before]).await;
    let walsh = settled(&night, "jordanwalsh").await;
    assert_eq!(fields(&walsh, ["line", "locked"]), json!([11.5, false]));
}
