//! A wrong jump ahead is reverted within two polls, whatever follows it and whichever process sees it.

use serde_json::{Value, json};
use tests::drift::{BEFORE, FINAL, FOURTH, Night, boston, fields, predicting, shown};
use tests::warehouse::predicted;

/// A night with a prediction of Jaylen Brown, 27.3 points against a line of 24.5.
async fn night() -> Night {
    Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await
}

/// Boston's game without score and players, as upstream lists a game that is not in progress.
fn empty(state: tests::drift::State<'_>) -> Value {
    let mut game = boston(state, 0);
    for side in ["home_team", "visitor_team"] {
        game[format!("{side}_score")] = json!(0);
        game[side]["players"] = json!([]);
    }
    game
}

#[tokio::test]
async fn a_jump_of_the_last_poll_before_the_end_is_no_overtime_of_the_final() {
    for wrong in [("In Progress", 5, "1:00"), ("In Progress", 9, "4:00"), ("OT2", 6, "OT2 4:00")] {
        let night = night().await;
        night.poll("02:12", [boston(FOURTH, 25)]).await;
        night.poll("02:15", [boston(wrong, 26)]).await;
        night.poll("02:30", [boston(FINAL, 27)]).await;
        let live = night.poll("02:33", [boston(FINAL, 27)]).await;
        assert_eq!(shown(&live), json!(["final", "Final", 87]), "{wrong:?}");
        assert_eq!(live["games"][0]["period"], 4, "{wrong:?}");
        assert_eq!(night.standing("jaylenbrown").await["status"], "correct", "{wrong:?}");
    }
}

#[tokio::test]
async fn a_final_game_is_not_on_again_because_of_a_jump_but_by_its_next_overtime() {
    let night = night().await;
    night.poll("02:12", [boston(FOURTH, 25)]).await;
    night.poll("02:30", [boston(FINAL, 27)]).await;
    let live = night.poll("02:33", [boston(("In Progress", 9, "2:00"), 27)]).await;
    assert_eq!(shown(&live), json!(["final", "Final", 87]));
    assert_eq!(night.standing("jaylenbrown").await["status"], "correct");
    night.poll("02:36", [boston(FINAL, 27)]).await;
    let live = night.poll("02:39", [boston(("In Progress", 5, "4:00"), 27)]).await;
    assert_eq!(live["games"][0]["status"], "in_progress");
}

#[tokio::test]
async fn a_jump_over_several_periods_is_not_shown_until_a_second_poll_confirms_it() {
    for wrong in [("In Progress", 9, "2:00"), ("OT2", 6, "OT2 4:00"), ("OT3", 7, "3OT 1:00")] {
        let night = night().await;
        night.poll("02:12", [boston(FOURTH, 25)]).await;
        let live = night.poll("02:15", [boston(wrong, 27)]).await;
        assert_eq!(shown(&live), json!(["in_progress", "Q4 9:00", 85]), "{wrong:?}");
        let live = night.poll("02:18", [boston(wrong, 29)]).await;
        assert_eq!(live["games"][0]["period"], wrong.1, "polls may have missed periods");
        let live = night.poll("02:21", [boston(FINAL, 29)]).await;
        assert_eq!(live["games"][0]["status"], "in_progress", "an end in an earlier period is doubtful");
        let live = night.poll("02:24", [boston(FINAL, 29)]).await;
        assert_eq!(shown(&live), json!(["final", "Final", 89]), "{wrong:?}");
    }
}

#[tokio::test]
async fn an_overtime_after_overtimes_is_no_jump() {
    let night = night().await;
    for (state, shown_period) in
        [(FOURTH, 4), (("OT", 5, "OT 1:00"), 5), (("2OT", 6, "2OT 5:00"), 6), (("OT3", 7, "OT3 5:00"), 7)]
    {
        let time = format!("02:{}", 10 + shown_period);
        let live = night.poll(&time, [boston(state, 25)]).await;
        assert_eq!(live["games"][0]["period"], shown_period);
    }
}

#[tokio::test]
async fn an_end_that_names_a_wrong_overtime_is_put_right_by_the_next_two() {
    let night = night().await;
    night.poll("02:12", [boston(FOURTH, 25)]).await;
    night.poll("02:30", [boston(("Final", 7, "Final"), 27)]).await;
    night.poll("02:33", [boston(FINAL, 27)]).await;
    let live = night.poll("02:36", [boston(FINAL, 27)]).await;
    assert_eq!(shown(&live), json!(["final", "Final", 87]));
    assert_eq!(live["games"][0]["period"], 4);
}

#[tokio::test]
async fn a_jump_heals_though_each_poll_is_seen_by_another_process() {
    for wrong in [("In Progress", 9, "4:00"), FINAL] {
        let mut night = night().await;
        let mut live = Value::Null;
        for (time, state, points) in [
            ("02:12", FOURTH, 22),
            ("02:15", wrong, 23),
            ("02:18", ("4th Qtr", 4, "Q4 5:00"), 24),
            ("02:21", ("4th Qtr", 4, "Q4 3:00"), 26),
        ] {
            live = night.poll(time, [boston(state, points)]).await;
            night.restart().await;
        }
        assert_eq!(shown(&live), json!(["in_progress", "Q4 3:00", 86]), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_game_that_is_called_on_or_over_before_tip_off_is_to_come_again() {
    for wrong in [("1st Qtr", 1, "Q1 12:00"), ("In Progress", 0, ""), ("Final", 0, "Final")] {
        let night = night().await;
        night.poll("23:30", [empty(BEFORE)]).await;
        night.poll("23:33", [empty(wrong)]).await;
        night.poll("23:36", [empty(BEFORE)]).await;
        let live = night.poll("23:39", [empty(BEFORE)]).await;
        assert_eq!(shown(&live), json!(["scheduled", "", 0]), "{wrong:?}");
        assert_eq!(fields(&live, ["games_in_progress", "games_final"]), json!([0, 0]), "{wrong:?}");
        assert_eq!(night.standing("jaylenbrown").await["status"], "pending", "{wrong:?}");
        let live = night.poll("02:12", [boston(FOURTH, 25)]).await;
        assert_eq!(shown(&live), json!(["in_progress", "Q4 9:00", 85]), "{wrong:?}");
    }
}

#[tokio::test]
async fn the_timeline_forgets_the_moments_of_a_jump() {
    let night = night().await;
    for (time, state, points) in [
        ("02:12", FOURTH, 22),
        ("02:15", ("In Progress", 9, "4:00"), 23),
        ("02:18", ("4th Qtr", 4, "Q4 5:00"), 24),
        ("02:21", ("4th Qtr", 4, "Q4 3:00"), 26),
        ("02:33", FINAL, 27),
    ] {
        night.poll(time, [boston(state, points)]).await;
    }
    let timed = night.timed("jaylenbrown").await;
    let seconds: Vec<u64> =
        timed["points"].as_array().expect("points").iter().filter_map(|point| point[0].as_u64()).collect();
    assert!(seconds.iter().all(|second| *second <= 2_880), "regulation has 2,880 seconds: {timed}");
    assert_eq!(timed["passed_at"]["period"], 4, "{timed}");
}
