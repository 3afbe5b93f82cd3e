//! Lines of every statistic that bookmakers offer: in tonight's list, in the grading and in the timeline.

use serde_json::{Value, json};
use tests::Cloud;
use tests::drift::{
    BEFORE, FINAL, FOURTH, GRADING, Night, ODDS, SUMMARY, State, THIRD, boston, both_sides, box_of, fields,
    full, player, predicting, tonight,
};
use tests::warehouse::{DAY, played, predicted, with};

/// The lines that bookmakers offer on Brown, by market.
const OFFERED: [(&str, f64); 6] = [
    ("points", 24.5),
    ("rebounds", 6.5),
    ("assists", 4.5),
    ("threes", 2.5),
    ("steals", 1.0),
    ("blocks", 0.5),
];

fn offer(cloud: &Cloud, lookup: &str, market: &str, line: f64) {
    for side in both_sides(lookup, 10, line, -110, -105) {
        cloud.add(ODDS, with(side, json!({"market_type": market})));
    }
}

/// Brown with a prediction and a line of every statistic.
async fn cloud() -> Cloud {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    for (market, line) in OFFERED {
        offer(&cloud, "jaylenbrown", market, line);
    }
    cloud
}

/// Toronto at Boston with Brown's points and his other counts: rebounds, assists, threes, steals, blocks.
fn counting(state: State<'_>, points: i64, [reb, ast, fg3m, stl, blk]: [i64; 5]) -> Value {
    let mut game = boston(state, points);
    let brown = &mut box_of(&mut game, "home_team")[0];
    *brown = with(
        brown.clone(),
        json!({"reb": reb, "oreb": 1, "dreb": reb - 1, "ast": ast, "fg3m": fg3m, "fg3a": fg3m, "stl": stl, "blk": blk}),
    );
    game
}

/// Brown's lines in the public grading, in their order, each with these fields.
async fn lines<const N: usize>(night: &Night, names: [&str; N]) -> Vec<Value> {
    let grading = night.cloud.document(GRADING).await;
    grading["lines"].as_array().expect("lines").iter().map(|line| fields(line, names)).collect()
}

#[tokio::test]
async fn tonight_has_a_line_of_every_statistic_that_bookmakers_offer_and_predicts_points() {
    let cloud = cloud().await;
    offer(&cloud, "jaylenbrown", "double_doubles", 0.5);
    offer(&cloud, "hugogonzalez", "rebounds", 3.5);
    let list = tonight(&cloud, "23:00").await;
    let brown = player(&list, "jaylenbrown");
    let props: Vec<Value> = brown["props"]
        .as_array()
        .expect("props")
        .iter()
        .map(|prop| fields(prop, ["stat_type", "line", "over_odds", "under_odds", "books"]))
        .collect();
    let expected: Vec<Value> =
        OFFERED.iter().map(|(stat, line)| json!([stat, line, -110, -105, 1])).collect();
    assert_eq!(props, expected, "a statistic that nobody knows is left out");
    assert_eq!((&brown["has_line"], &brown["prediction"]["predicted"]), (&json!(true), &json!(27.3)));
    // Without a points line there is nothing to compare a prediction with.
    let gonzalez = player(&list, "hugogonzalez");
    assert_eq!(gonzalez["props"][0]["stat_type"], "rebounds");
    assert_eq!((&gonzalez["has_line"], &gonzalez["prediction"]), (&json!(false), &Value::Null));
    assert_eq!(list["total_with_lines"], 1);
}

#[tokio::test]
async fn each_line_is_settled_by_its_own_count_and_the_chance_is_told_for_points_only() {
    let night = Night::of(cloud().await).await;
    night.poll("23:30", [boston(BEFORE, 0)]).await;
    night.poll("02:12", [counting(THIRD, 21, [5, 4, 2, 1, 0])]).await;
    let counted = lines(&night, ["stat_type", "actual", "outcome"]).await;
    let expected =
        [("points", 21), ("rebounds", 5), ("assists", 4), ("threes", 2), ("steals", 1), ("blocks", 0)];
    assert_eq!(counted, expected.map(|(stat, count)| json!([stat, count, "open"])));
    let chances = lines(&night, ["stat_type", "chance_over"]).await;
    assert!(chances[0][1].is_f64() && chances[1..].iter().all(|it| it[1].is_null()), "{chances:?}");

    night.poll("03:12", [full(counting(FINAL, 25, [6, 5, 3, 1, 0]))]).await;
    let outcomes = lines(&night, ["stat_type", "outcome", "settled"]).await;
    let expected = [
        ("points", "over"),
        ("rebounds", "under"),
        ("assists", "over"),
        ("threes", "over"),
        ("steals", "push"),
        ("blocks", "under"),
    ];
    assert_eq!(outcomes, expected.map(|(stat, outcome)| json!([stat, outcome, "provisional"])));
    let summary = night.cloud.document(GRADING).await["summary"]["lines"].clone();
    assert_eq!(fields(&summary, ["total", "over", "under", "pushes", "open"]), json!([6, 3, 2, 1, 0]));
    let list = tonight(&night.cloud, "03:20").await;
    let props = player(&list, "jaylenbrown")["props"].clone();
    assert_eq!(fields(&props[4], ["stat_type", "actual", "outcome"]), json!(["steals", 1, "push"]));
}

#[tokio::test]
async fn the_official_box_score_corrects_each_statistic_and_what_it_lacks_stays_as_live() {
    let mut night = Night::of(cloud().await).await;
    night.poll("03:12", [full(counting(FINAL, 25, [6, 5, 3, 1, 0]))]).await;
    // Seven rebounds instead of six; the table has no blocks.
    let official = json!({
        "offensive_rebounds": 2, "defensive_rebounds": 5, "assists": 5, "three_pt_makes": 3, "steals": 1,
    });
    night.cloud.add(SUMMARY, with(played("jaylenbrown", DAY, 25, 30.0), official));
    night.restart().await;
    night.backfill([full(counting(FINAL, 25, [6, 5, 3, 1, 0]))]).await;
    let grading = night.cloud.document("v1/live-grading/2026-01-09.json").await;
    let lines = grading["lines"].as_array().expect("lines");
    let settled: Vec<Value> =
        lines.iter().map(|line| fields(line, ["stat_type", "actual", "settled"])).collect();
    let expected =
        [("points", 25), ("rebounds", 7), ("assists", 5), ("threes", 3), ("steals", 1), ("blocks", 0)];
    assert_eq!(settled, expected.map(|(stat, count)| json!([stat, count, "official"])));
    let corrections = grading["corrections"].as_array().expect("corrections");
    let told: Vec<Value> = corrections.iter().map(|it| fields(it, ["stat_type", "from", "to"])).collect();
    assert_eq!(told, [json!(["rebounds", 6, 7])]);
}

#[tokio::test]
async fn a_player_who_does_not_play_voids_the_lines_of_every_statistic() {
    let night = Night::of(cloud().await).await;
    let mut game = counting(FINAL, 0, [0; 5]);
    let brown = &mut box_of(&mut game, "home_team")[0];
    *brown = with(brown.clone(), json!({"min": "00", "reb": 0, "oreb": 0, "dreb": 0}));
    night.poll("03:12", [full(game)]).await;
    let outcomes = lines(&night, ["outcome", "void_reason", "actual"]).await;
    assert_eq!(outcomes, vec![json!(["void", "did_not_play", null]); 6]);
}

#[tokio::test]
async fn the_timeline_has_the_course_of_every_statistic_with_a_line() {
    let night = Night::of(cloud().await).await;
    night.poll("02:12", [counting(THIRD, 21, [5, 4, 2, 1, 0])]).await;
    night.poll("02:15", [counting(FOURTH, 21, [7, 4, 2, 1, 0])]).await;
    let timed = night.timed("jaylenbrown").await;
    let stats = timed["other_stats"].as_array().expect("statistics");
    let names: Vec<&Value> = stats.iter().map(|it| &it["stat_type"]).collect();
    assert_eq!(names, ["rebounds", "assists", "threes", "steals", "blocks"]);
    let rebounds = json!({
        "stat_type": "rebounds", "line": 6.5,
        "passed_at": {"period": 4, "clock": "9:00", "poll_id": "20260110T021500Z"},
        "counts": [[1765, 5], [2340, 7]], "polls": ["20260110T021200Z", "20260110T021500Z"],
    });
    assert_eq!(stats[0], rebounds);
    assert_eq!(stats[1]["counts"], json!([[1765, 4]]), "only what changes");
    assert_eq!(timed["points"], json!([[1765, 21]]));
}

#[tokio::test]
async fn a_missing_course_of_a_statistic_is_made_from_the_history() {
    let night = Night::of(cloud().await).await;
    for (at, period, time, rebounds) in
        [("2026-01-10T00:21:00Z", 1, "Q1 2:10", 2), ("2026-01-10T01:00:00Z", 2, "Halftime", 4)]
    {
        night.cloud.add(
            "nba_raw.bdl_live_boxscores",
            json!({
                "poll_timestamp": at, "poll_id": at.replace(['-', ':'], ""), "game_id": "1", "game_date": DAY,
                "game_status": "in_progress", "period": period, "time_remaining": time, "is_halftime": false,
                "home_team_abbr": "BOS", "away_team_abbr": "TOR", "bdl_player_id": 70, "points": 8,
                "player_lookup": "jaylenbrown", "player_full_name": "Jaylen Brown", "team_abbr": "BOS",
                "rebounds": rebounds, "processed_at": at,
            }),
        );
    }
    night.poll("02:12", [counting(THIRD, 21, [5, 4, 2, 1, 0])]).await;
    let timed = night.timed("jaylenbrown").await;
    assert_eq!(timed["points"], json!([[590, 8], [1765, 21]]));
    assert_eq!(timed["other_stats"][0]["counts"], json!([[590, 2], [1440, 4], [1765, 5]]));
}

#[tokio::test]
async fn a_line_of_another_statistic_is_locked_at_tip_off_and_stays_when_it_is_withdrawn() {
    let night = Night::of(cloud().await).await;
    night.poll("23:30", [boston(BEFORE, 0)]).await;
    // After tip-off at 00:30 the books move the line of rebounds and withdraw that of assists.
    let late = |row: Value| with(row, json!({"bookmaker_last_update": "2026-01-10T01:00:00Z"}));
    for side in both_sides("jaylenbrown", 10, 8.5, -110, -110) {
        night.cloud.add(ODDS, late(with(side, json!({"market_type": "rebounds"}))));
    }
    for side in both_sides("jaylenbrown", 10, 4.5, -110, -105) {
        night.cloud.add(ODDS, late(with(side, json!({"market_type": "assists", "is_active": false}))));
    }
    let mut night = night;
    night.restart().await;
    night.poll("02:12", [counting(THIRD, 21, [5, 4, 2, 1, 0])]).await;
    let shown = lines(&night, ["stat_type", "line", "locked"]).await;
    assert_eq!(shown[1..3], [json!(["rebounds", 6.5, true]), json!(["assists", 4.5, true])]);
}

/// The same game, in which a row of Brown's lacks his rebounds.
fn without_rebounds(mut game: Value, written: &Value) -> Value {
    let brown = &mut box_of(&mut game, "home_team")[0];
    *brown = with(brown.clone(), json!({"reb": written, "oreb": null, "dreb": null}));
    game
}

#[tokio::test]
async fn a_count_that_a_row_lacks_is_the_last_one_and_settles_nothing() {
    for written in [json!(null), json!("abc"), json!(-1)] {
        let mut night = Night::of(cloud().await).await;
        night.poll("02:12", [counting(FOURTH, 22, [9, 5, 3, 1, 1])]).await;
        let end = without_rebounds(full(counting(FINAL, 30, [9, 5, 3, 1, 1])), &written);
        let live = night.poll("03:12", [end.clone()]).await;
        let brown = player(&live, "jaylenbrown");
        assert_eq!(
            (&brown["rebounds"], &brown["outdated_stats"]),
            (&json!(9), &json!(["rebounds"])),
            "{written}"
        );
        let outcomes = lines(&night, ["stat_type", "actual", "outcome"]).await;
        assert_eq!(outcomes[0], json!(["points", 30, "over"]));
        assert_eq!(outcomes[1], json!(["rebounds", 9, "open"]), "{written}");
        assert_eq!(outcomes[2], json!(["assists", 5, "over"]));
        // A new instance reads the mark back.
        night.restart().await;
        night.poll("03:13", [end]).await;
        assert_eq!(lines(&night, ["actual", "outcome"]).await[1], json!([9, "open"]));
        night.poll("03:14", [full(counting(FINAL, 30, [9, 5, 3, 1, 1]))]).await;
        assert_eq!(lines(&night, ["actual", "outcome"]).await[1], json!([9, "over"]));
    }
}

#[tokio::test]
async fn a_later_answer_that_lacks_a_count_takes_back_no_outcome() {
    let night = Night::of(cloud().await).await;
    night.poll("03:12", [full(counting(FINAL, 30, [9, 5, 3, 1, 1]))]).await;
    let end = without_rebounds(full(counting(FINAL, 30, [9, 5, 3, 1, 1])), &Value::Null);
    night.poll("03:14", [end.clone()]).await;
    assert_eq!(lines(&night, ["actual", "outcome"]).await[1], json!([9, "over"]));
    let live = night.backfill([end]).await;
    assert_eq!(player(&live, "jaylenbrown")["rebounds"], 9);
    let grading = night.cloud.document("v1/live-grading/2026-01-09.json").await;
    assert_eq!(fields(&grading["lines"][1], ["actual", "outcome"]), json!([9, "over"]));
}
