//! A game continues, whatever upstream sends about it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::drift::{
    BEFORE, DATED_GRADING, DATED_LIVE, FINAL, FOURTH, Night, SCHEDULE, SUMMARY, THIRD, boston, box_of,
    fields, full, line, lookups, los_angeles, new_issues, only, player, players, predicting, shown,
};
use tests::{
    Reply,
    warehouse::{DAY, played, predicted, scheduled},
};

const EVERYONE: [&str; 4] = ["gradeydick", "hugogonzalez", "jaylenbrown", "scottiebarnes"];

/// A night with a prediction of Jaylen Brown, 27.3 points against a line of 24.5.
async fn night() -> Night {
    Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await
}

async fn grade(night: &Night) -> Value {
    fields(&night.standing("jaylenbrown").await, ["game_status", "actual", "status"])
}

fn everyone() -> BTreeSet<&'static str> {
    BTreeSet::from(EVERYONE)
}

#[tokio::test]
async fn a_row_that_becomes_unreadable_in_the_fourth_quarter_freezes_nothing() {
    let night = night().await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    for (time, state, points, expected) in [
        ("02:15", FOURTH, 25, json!(["in_progress", "Q4 9:00", 85])),
        ("02:30", FINAL, 27, json!(["final", "Final", 87])),
    ] {
        let mut game = boston(state, points);
        box_of(&mut game, "visitor_team")[1]["player"] = Value::Null;
        let live = night.poll(time, [game]).await;
        assert_eq!(shown(&live), expected);
        assert_eq!(lookups(&live), everyone(), "the union of what was seen");
        assert_eq!(player(&live, "gradeydick")["points"], 9, "as last seen");
        assert_eq!(live["games"][0]["player_count"], 4);
    }
    assert_eq!(grade(&night).await, json!(["final", 27, "correct"]));
}

#[tokio::test]
async fn a_predicted_player_who_is_lost_keeps_his_points_until_he_is_back() {
    let night = night().await;
    night.poll("02:12", [boston(FOURTH, 25)]).await;
    let without = |state| {
        let mut game = boston(state, 27);
        box_of(&mut game, "home_team").remove(0);
        game
    };
    let live = night.poll("02:15", [without(("4th Qtr", 4, "Q4 2:00"))]).await;
    assert_eq!(shown(&live), json!(["in_progress", "Q4 2:00", 87]));
    assert_eq!(player(&live, "jaylenbrown")["points"], 25);
    assert_eq!(grade(&night).await, json!(["in_progress", 25, "trending_correct"]));
    let live = night.poll("02:30", [without(FINAL)]).await;
    assert_eq!(shown(&live), json!(["final", "Final", 87]));
    assert_eq!(player(&live, "jaylenbrown")["outdated"], true);
    let standing = night.standing("jaylenbrown").await;
    let open = fields(&standing, ["actual", "status", "outcome", "settled", "result_display"]);
    assert_eq!(open, json!([25, "pending", "open", "open", "25 points so far"]), "who knows how he ended");
    let live = night.poll("02:33", [boston(FINAL, 27)]).await;
    assert_eq!(player(&live, "jaylenbrown")["points"], 27);
    assert_eq!(player(&live, "jaylenbrown")["outdated"], Value::Null);
    assert_eq!(grade(&night).await, json!(["final", 27, "correct"]));
}

#[tokio::test]
async fn an_end_without_a_player_settles_his_line_if_the_points_of_his_team_add_up() {
    let night = night().await;
    let recorded = full(boston(FOURTH, 27));
    night.poll("02:27", [recorded.clone()]).await;
    let mut over = recorded;
    (over["status"], over["time"]) = (json!("Final"), json!("Final"));
    box_of(&mut over, "home_team").remove(0);
    let live = night.poll("02:30", [over]).await;
    assert_eq!(player(&live, "jaylenbrown")["outdated"], true);
    assert_eq!(grade(&night).await, json!(["final", 27, "correct"]));
}

#[tokio::test]
async fn a_settled_line_stays_settled_if_a_later_poll_lacks_the_player() {
    let night = night().await;
    night.poll("02:30", [boston(FINAL, 27)]).await;
    let mut without = boston(FINAL, 27);
    box_of(&mut without, "home_team").remove(0);
    let live = night.poll("02:33", [without]).await;
    assert_eq!(player(&live, "jaylenbrown")["outdated"], Value::Null, "the row is that of the end");
    assert_eq!(grade(&night).await, json!(["final", 27, "correct"]));
}

#[tokio::test]
async fn a_player_whom_the_official_box_score_lacks_too_is_settled_by_his_last_points() {
    let mut night = night().await;
    night.poll("02:12", [boston(FOURTH, 25)]).await;
    let mut without = boston(FINAL, 27);
    box_of(&mut without, "home_team").remove(0);
    night.poll("02:30", [without.clone()]).await;
    assert_eq!(night.standing("jaylenbrown").await["outcome"], "open");
    for teammate in ["hugogonzalez", "derrickwhite", "samhauser", "nealmiasqueta"] {
        night.cloud.add(SUMMARY, played(teammate, DAY, 6, 48.0));
    }
    night.restart().await;
    night.poll("02:33", [without.clone()]).await;
    assert_eq!(night.standing("jaylenbrown").await["outcome"], "open", "four are no whole box score");
    night.cloud.add(SUMMARY, played("paytonpritchard", DAY, 6, 48.0));
    night.restart().await;
    night.poll("02:36", [without]).await;
    let standing = night.standing("jaylenbrown").await;
    let settled = fields(&standing, ["actual", "outcome", "settled", "score_source"]);
    assert_eq!(settled, json!([25, "over", "provisional", "bdl_live"]));
}

#[tokio::test]
async fn an_incomplete_end_is_waited_for_until_the_day_is_over() {
    let night = night().await;
    night.poll("02:12", [boston(FOURTH, 25)]).await;
    let mut without = boston(FINAL, 27);
    box_of(&mut without, "home_team").remove(0);
    let late = night.poll("05:30", [without.clone()]).await;
    assert_eq!(late["next_update_expected"], "2026-01-10T05:31:00Z");
    let past = night.backfill([without]).await;
    assert_eq!(past["next_update_expected"], Value::Null, "the schedule polls no past day");
}

#[tokio::test]
async fn a_dated_answer_that_lacks_players_takes_nobody_away() {
    let night = night().await;
    night.poll("02:30", [full(boston(FINAL, 27))]).await;
    let mut halved = full(boston(FINAL, 27));
    for side in ["home_team", "visitor_team"] {
        let mut nth = 0;
        box_of(&mut halved, side).retain(|_| {
            nth += 1;
            nth % 2 == 0
        });
    }
    let live = night.backfill([halved]).await;
    assert_eq!(players(&live).len(), 26);
    assert_eq!(player(&live, "jaylenbrown")["points"], 27);
    assert_eq!(
        only(&night.cloud.document(DATED_GRADING).await["predictions"], "jaylenbrown")["status"],
        "correct"
    );
    let live = night.backfill([full(boston(FINAL, 28))]).await;
    assert_eq!(player(&live, "jaylenbrown")["points"], 28, "a correction");
}

#[tokio::test]
async fn a_player_who_was_listed_twice_is_listed_once_and_the_game_goes_on() {
    let night = night().await;
    let mut doubled = boston(THIRD, 21);
    box_of(&mut doubled, "home_team").push(line(7_070, "Jaylen", "Brown", 21, "30"));
    night.poll("02:12", [doubled]).await;
    for (time, state, points, expected) in [
        ("02:15", FOURTH, 25, json!(["in_progress", "Q4 9:00", 85])),
        ("02:30", FINAL, 27, json!(["final", "Final", 87])),
    ] {
        let live = night.poll(time, [boston(state, points)]).await;
        assert_eq!(shown(&live), expected);
        assert_eq!(player(&live, "jaylenbrown")["points"], points);
    }
    assert_eq!(grade(&night).await, json!(["final", 27, "correct"]));
}

#[tokio::test]
async fn the_end_is_seen_whatever_its_period() {
    for period in [json!(0), Value::Null, json!(2)] {
        let night = night().await;
        night.poll("02:12", [boston(FOURTH, 25)]).await;
        let mut over = boston(FINAL, 27);
        over["period"] = period.clone();
        let live = night.poll("02:30", [over]).await;
        assert_eq!(shown(&live), json!(["final", "Final", 87]), "{period}");
        assert_eq!(live["games"][0]["period"], 4, "{period}");
        assert_eq!(grade(&night).await, json!(["final", 27, "correct"]), "{period}");
    }
}

#[tokio::test]
async fn an_end_without_a_period_after_an_overtime_is_the_end_of_that_overtime() {
    let night = night().await;
    night.poll("02:12", [boston(("OT", 5, "OT 2:10"), 25)]).await;
    let mut over = boston(FINAL, 27);
    over["period"] = Value::Null;
    let live = night.poll("02:30", [over]).await;
    assert_eq!(shown(&live), json!(["final", "Final/OT", 87]));
    assert_eq!(live["games"][0]["period"], 5);
}

#[tokio::test]
async fn a_period_that_jumps_ahead_heals_within_two_polls() {
    for wrong in [("4th Qtr", 5, "Q4 7:00"), ("OT", 5, "OT 4:00"), ("4th Qtr", 9, "7:00")] {
        let night = night().await;
        night.poll("02:12", [boston(FOURTH, 22)]).await;
        night.poll("02:15", [boston(wrong, 23)]).await;
        night.poll("02:18", [boston(("4th Qtr", 4, "Q4 5:00"), 24)]).await;
        let live = night.poll("02:21", [boston(("4th Qtr", 4, "Q4 3:00"), 26)]).await;
        assert_eq!(shown(&live), json!(["in_progress", "Q4 3:00", 86]), "{wrong:?}");
        assert_eq!(live["games"][0]["period"], 4, "{wrong:?}");
        assert_eq!(grade(&night).await, json!(["in_progress", 26, "trending_correct"]), "{wrong:?}");
        let live = night.poll("02:30", [boston(FINAL, 27)]).await;
        assert_eq!(shown(&live), json!(["final", "Final", 87]), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_game_that_was_called_over_too_early_goes_on_within_two_polls() {
    let night = night().await;
    night.poll("02:12", [boston(FOURTH, 22)]).await;
    night.poll("02:15", [boston(FINAL, 22)]).await;
    night.poll("02:18", [boston(("4th Qtr", 4, "Q4 5:00"), 24)]).await;
    let live = night.poll("02:21", [boston(("4th Qtr", 4, "Q4 3:00"), 26)]).await;
    assert_eq!(shown(&live), json!(["in_progress", "Q4 3:00", 86]));
    assert_eq!(grade(&night).await, json!(["in_progress", 26, "trending_correct"]));
    night.poll("02:30", [boston(FINAL, 28)]).await;
    assert_eq!(grade(&night).await, json!(["final", 28, "correct"]));
}

#[tokio::test]
async fn one_old_answer_takes_nothing_back_and_the_next_one_counts() {
    let night = night().await;
    night.poll("02:12", [boston(FOURTH, 25)]).await;
    let live = night.poll("02:15", [boston(("2nd Qtr", 2, "Q2 1:00"), 12)]).await;
    assert_eq!(shown(&live), json!(["in_progress", "Q4 9:00", 85]));
    let live = night.poll("02:18", [boston(("4th Qtr", 4, "Q4 5:00"), 26)]).await;
    assert_eq!(shown(&live), json!(["in_progress", "Q4 5:00", 86]));
}

#[tokio::test]
async fn overtime_counted_from_one_is_overtime() {
    for first in [("OT", 1, "4:30"), ("OT", 1, "OT 4:30"), ("1st OT", 1, "OT1 4:30"), ("OT", 5, "4:30")] {
        let night = night().await;
        night.poll("02:12", [boston(("4th Qtr", 4, "Q4 0:10"), 22)]).await;
        let live = night.poll("02:15", [boston(first, 24)]).await;
        assert_eq!(shown(&live), json!(["in_progress", "OT1 4:30", 84]), "{first:?}");
        assert_eq!(live["games"][0]["period"], 5, "{first:?}");
        let live = night.poll("02:24", [boston(("2nd OT", 2, "3:00"), 26)]).await;
        assert_eq!(shown(&live), json!(["in_progress", "OT2 3:00", 86]), "{first:?}");
        let live = night.poll("02:33", [boston(("Final/2OT", 2, "Final"), 28)]).await;
        assert_eq!(shown(&live), json!(["final", "Final/OT2", 88]), "{first:?}");
    }
}

#[tokio::test]
async fn an_export_of_the_date_mends_whatever_the_night_left_behind() {
    let mut ghost = boston(FINAL, 30);
    box_of(&mut ghost, "home_team").push(line(999, "Nobody", "Atall", 3, "4"));
    for left in [boston(("OT5", 9, "OT5 1:00"), 30), boston(THIRD, 30), ghost] {
        let night = night().await;
        night.poll("02:12", [boston(THIRD, 21)]).await;
        night.poll("02:15", [left]).await;
        let dated = night.backfill([boston(FINAL, 24)]).await;
        assert_eq!(shown(&dated), json!(["final", "Final", 84]));
        assert_eq!(player(&dated, "jaylenbrown")["points"], 24);
        let grading = night.cloud.document(DATED_GRADING).await;
        let standing = only(&grading["predictions"], "jaylenbrown");
        assert_eq!(fields(standing, ["actual", "status"]), json!([24, "incorrect"]));
    }
}

/// Milwaukee at Los Angeles, which progresses with each poll.
fn moving(nth: i64) -> Value {
    let clock = format!("Q3 {}:00", 11 - nth);
    let players = [line(90, "Luka", "Doncic", 20 + nth, "30")];
    los_angeles(("3rd Qtr", 3, &clock), 80 + nth, &players)
}

/// Eighteen minutes in which the first `listed` polls list Boston's game without any progress; returns the
/// status at the beginning and at the end.
async fn eighteen_minutes(night: &Night, listed: usize) -> (Value, Value) {
    let mut said = Vec::new();
    for nth in 0..7 {
        let stands = (nth < i64::try_from(listed).expect("few")).then(|| boston(THIRD, 21));
        let live = night.poll(&format!("02:{}", 12 + 3 * nth), stands.into_iter().chain([moving(nth)])).await;
        assert_eq!(live["total_games"], 2);
        said.push(night.status().await);
    }
    (said[0].clone(), said[6].clone())
}

async fn two_games() -> Night {
    let night = night().await;
    night.cloud.add(SCHEDULE, scheduled("0022500556", "LAL", "MIL"));
    night
}

#[tokio::test]
async fn a_game_that_stands_still_while_others_move_is_a_known_issue_and_not_healthy() {
    let night = two_games().await;
    let (before, after) = eighteen_minutes(&night, 7).await;
    assert_eq!(before["services"]["live_data"]["status"], "healthy");
    let issues = new_issues(&before, &after);
    assert!(issues.iter().any(|issue| issue.contains("BOS")), "{issues:?}");
    assert_ne!(after["services"]["live_data"]["status"], "healthy");
    assert_ne!(after["overall_status"], "healthy");
    night.poll("02:33", [boston(FOURTH, 25), moving(8)]).await;
    let moved = night.status().await;
    assert_eq!(new_issues(&before, &moved), Vec::<String>::new());
    assert_eq!(moved["services"]["live_data"]["status"], "healthy");
}

#[tokio::test]
async fn a_game_that_upstream_has_stopped_sending_stays_and_is_a_known_issue() {
    let night = two_games().await;
    let (before, after) = eighteen_minutes(&night, 1).await;
    let issues = new_issues(&before, &after);
    assert!(issues.iter().any(|issue| issue.contains("BOS")), "{issues:?}");
    assert_ne!(after["services"]["live_data"]["status"], "healthy");
}

#[tokio::test]
async fn a_tip_off_time_for_a_status_does_not_hide_a_game_that_is_on() {
    let night = night().await;
    night.poll("00:21", [boston(BEFORE, 0)]).await;
    let live = night.poll("01:12", [boston((BEFORE.0, 2, "Q2 5:11"), 12)]).await;
    assert_eq!(shown(&live), json!(["in_progress", "Q2 5:11", 72]));
    assert_eq!(live["games_in_progress"], 1);
    let standing = night.standing("jaylenbrown").await;
    assert_eq!(fields(&standing, ["game_status", "actual", "period"]), json!(["in_progress", 12, 2]));
}

#[tokio::test]
async fn period_or_clock_alone_tells_that_a_game_is_on_against_any_word_for_scheduled() {
    for (state, expected) in [
        (("7:30 pm ET", 1, "Q1 9:00"), json!(["in_progress", "Q1 9:00", 72])),
        (("Scheduled", 3, "6:35"), json!(["in_progress", "Q3 6:35", 72])),
        ((BEFORE.0, 0, "Q2 5:11"), json!(["in_progress", "Q2 5:11", 72])),
        ((BEFORE.0, 5, "OT 2:10"), json!(["in_progress", "OT1 2:10", 72])),
        // Nothing but a score, before anything else is known of the game.
        (BEFORE, json!(["scheduled", "", 72])),
    ] {
        assert_eq!(shown(&night().await.poll("01:12", [boston(state, 12)]).await), expected, "{state:?}");
    }
}

#[tokio::test]
async fn a_game_whose_source_goes_back_to_the_scheduled_time_goes_on_by_its_score() {
    let night = night().await;
    night.poll("01:12", [boston(("2nd Qtr", 2, "Q2 5:11"), 12)]).await;
    for (time, points) in [("01:15", 14), ("01:18", 16)] {
        let live = night.poll(time, [boston(BEFORE, points)]).await;
        assert_eq!(shown(&live), json!(["in_progress", "Q2", 60 + points]));
        let standing = night.standing("jaylenbrown").await;
        assert_eq!(fields(&standing, ["game_status", "actual", "period"]), json!(["in_progress", points, 2]));
    }
    let live = night.poll("02:30", [boston(FINAL, 27)]).await;
    assert_eq!(shown(&live), json!(["final", "Final", 87]));
    assert_eq!(grade(&night).await, json!(["final", 27, "correct"]));
}

#[tokio::test]
async fn a_stable_word_that_is_stale_gives_way_to_period_and_clock() {
    let night = night().await;
    let mut game = boston((BEFORE.0, 3, "Q3 6:35"), 21);
    game["status_state"] = json!("scheduled");
    assert_eq!(shown(&night.poll("02:12", [game]).await), json!(["in_progress", "Q3 6:35", 81]));
}

/// The game without score and players, as upstream lists a game that is not in progress.
fn empty(mut game: Value) -> Value {
    (game["home_team_score"], game["visitor_team_score"]) = (json!(0), json!(0));
    (game["home_team"]["players"], game["visitor_team"]["players"]) = (json!([]), json!([]));
    game
}

#[tokio::test]
async fn a_final_game_that_is_then_called_postponed_stays_final_and_graded() {
    for later in ["Postponed", "PPD", "Cancelled"] {
        let night = night().await;
        night.poll("02:30", [boston(FINAL, 27)]).await;
        for time in ["02:33", "02:36", "02:39"] {
            let live = night.poll(time, [empty(boston((later, 0, ""), 0))]).await;
            assert_eq!(shown(&live), json!(["final", "Final", 87]), "{later}");
            assert_eq!(lookups(&live), everyone(), "{later}");
            assert_eq!(grade(&night).await, json!(["final", 27, "correct"]), "{later}");
        }
    }
}

#[tokio::test]
async fn a_final_game_stays_final_against_the_newer_payload_s_words_and_in_a_new_process() {
    let mut by_word = empty(boston(BEFORE, 0));
    by_word["status_state"] = json!("postponed");
    let mut by_mark = empty(boston(BEFORE, 0));
    by_mark["postponed"] = json!(true);
    for later in [by_word, by_mark] {
        let mut night = night().await;
        night.poll("02:30", [boston(FINAL, 27)]).await;
        night.restart().await;
        let live = night.poll("02:33", [later.clone()]).await;
        assert_eq!(shown(&live), json!(["final", "Final", 87]), "{later}");
        assert_eq!(grade(&night).await, json!(["final", 27, "correct"]), "{later}");
    }
}

#[tokio::test]
async fn a_final_game_that_one_answer_lists_as_to_come_stays_final() {
    let night = night().await;
    night.poll("02:30", [boston(FINAL, 27)]).await;
    assert_eq!(shown(&night.poll("02:33", [empty(boston(BEFORE, 0))]).await), json!(["final", "Final", 87]));
    assert_eq!(grade(&night).await, json!(["final", 27, "correct"]));
}

#[tokio::test]
async fn a_status_that_is_left_from_halftime_stops_nothing() {
    let night = night().await;
    night.poll("01:40", [boston(("Halftime", 2, "Halftime"), 12)]).await;
    for (time, state, points, expected) in [
        ("02:12", ("Halftime", 3, "Q3 6:35"), 21, json!(["in_progress", "Q3 6:35", 81])),
        ("02:40", ("Halftime", 4, "Q4 5:30"), 24, json!(["in_progress", "Q4 5:30", 84])),
    ] {
        assert_eq!(shown(&night.poll(time, [boston(state, points)]).await), expected);
    }
    let timed = night.timed("jaylenbrown").await;
    assert_eq!(timed["points"], json!([[1440, 12], [1765, 21], [2550, 24]]));
}

#[tokio::test]
async fn a_clock_that_says_the_end_ends_the_game_whatever_the_status_says() {
    for status in ["2026-01-10T00:30:00Z", "4th Qtr", "Ended", "Q4 0:05"] {
        let night = night().await;
        night.poll("02:12", [boston(FOURTH, 25)]).await;
        let live = night.poll("03:12", [full(boston((status, 4, "Final"), 27))]).await;
        assert_eq!(live["games"][0]["status"], "final", "{status}");
        assert_eq!(grade(&night).await, json!(["final", 27, "correct"]), "{status}");
    }
}

#[tokio::test]
async fn of_two_listings_of_a_game_and_of_two_rows_of_a_player_the_one_with_more_play_counts() {
    for turned in [false, true] {
        let night = night().await;
        let mut end = full(boston(FINAL, 27));
        let mut empty = box_of(&mut end, "home_team")[0].clone();
        (empty["pts"], empty["min"], empty["fga"], empty["fgm"]) =
            (json!(0), json!("00"), json!(0), json!(0));
        box_of(&mut end, "home_team").insert(usize::from(turned), empty);
        let mut games = vec![end, boston(("4th Qtr", 4, "Q4 6:00"), 22)];
        if turned {
            games.reverse();
        }
        let live = night.poll("03:12", games).await;
        assert_eq!(live["games"][0]["status"], "final", "{turned}");
        assert_eq!(grade(&night).await, json!(["final", 27, "correct"]), "{turned}");
    }
}

#[tokio::test]
async fn a_score_that_is_missing_stays_as_it_was_and_is_counted() {
    let night = night().await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    let healthy = night.status().await;
    for (time, missing) in [("02:13", Value::Null), ("02:14", json!("")), ("02:15", json!({}))] {
        let mut game = boston(THIRD, 21);
        game["home_team_score"] = missing;
        assert_eq!(shown(&night.poll(time, [game]).await)[2], 81);
        assert_eq!(new_issues(&healthy, &night.status().await).len(), 1);
    }
    // Its players' points tell more than the last score.
    let night = self::night().await;
    night.poll("02:12", [full(boston(THIRD, 21))]).await;
    let mut end = full(boston(FINAL, 27));
    let score = end["home_team_score"].take();
    assert_eq!(shown(&night.poll("03:12", [end]).await)[2], score);
}

#[tokio::test]
async fn points_that_are_missing_in_a_row_with_play_are_not_zero() {
    for missing in [Value::Null, json!("")] {
        let night = night().await;
        night.poll("02:12", [boston(THIRD, 21)]).await;
        let without = |mut game: Value| {
            box_of(&mut game, "home_team")[0]["pts"] = missing.clone();
            game
        };
        let live = night.poll("02:15", [without(boston(FOURTH, 25))]).await;
        assert_eq!(player(&live, "jaylenbrown")["points"], 21);
        let mut end = full(boston(FINAL, 27));
        let score = end["home_team_score"].clone();
        end = without(end);
        end["home_team_score"] = score;
        night.poll("03:12", [end]).await;
        assert_eq!(grade(&night).await, json!(["final", 21, "pending"]), "{missing}");
        let first_sight = self::night().await;
        first_sight.poll("03:12", [without(full(boston(FINAL, 27)))]).await;
        let standing = first_sight.standing("jaylenbrown").await;
        assert_eq!(fields(&standing, ["outcome", "status"]), json!(["open", "pending"]), "{missing}");
        let mended = full(boston(FINAL, 27));
        night.poll("03:13", [mended]).await;
        assert_eq!(grade(&night).await, json!(["final", 27, "correct"]));
    }
}

#[tokio::test]
async fn one_answer_alone_neither_calls_a_game_off_nor_ends_it_by_halftime() {
    let second = ("2nd Qtr", 2, "Q2 5:00");
    let mut called_off = boston(("Postponed", 0, ""), 0);
    (called_off["home_team_score"], called_off["visitor_team_score"]) = (json!(0), json!(0));
    for wrong in [called_off, boston(("Final", 2, "Final"), 12)] {
        let night = night().await;
        night.poll("01:20", [boston(second, 12)]).await;
        let live = night.poll("01:21", [wrong.clone()]).await;
        assert_eq!(shown(&live), json!(["in_progress", "Q2 5:00", 72]), "{}", wrong["status"]);
        assert_ne!(live["next_update_expected"], Value::Null);
        assert_eq!(grade(&night).await[1], 12);
        let live = night.poll("01:22", [boston(("2nd Qtr", 2, "Q2 4:30"), 14)]).await;
        assert_eq!(shown(&live), json!(["in_progress", "Q2 4:30", 74]));
        // Said twice, it is believed.
        night.poll("01:23", [wrong.clone()]).await;
        let live = night.poll("01:24", [wrong.clone()]).await;
        assert_ne!(live["games"][0]["status"], "in_progress", "{}", wrong["status"]);
    }
}

/// A game of the next date, which begins after midnight in New York.
fn abroad(state: tests::drift::State<'_>, score: i64) -> Value {
    let mut game = los_angeles(state, score, &[]);
    game["date"] = json!("2026-01-10");
    game
}

#[tokio::test]
async fn a_game_abroad_that_begins_after_midnight_ends_in_the_same_document() {
    let night = night().await;
    night.poll("03:12", [full(boston(FINAL, 27))]).await;
    let live = night.poll("06:40", [abroad(("1st Qtr", 1, "Q1 5:00"), 12)]).await;
    assert_eq!(live["games_in_progress"], 1);
    let live = night.poll("08:30", [abroad(FINAL, 99)]).await;
    assert_eq!((&live["games_in_progress"], &live["games_final"]), (&json!(0), &json!(2)));
}

#[tokio::test]
async fn a_game_abroad_that_is_on_when_the_slate_day_changes_ends_in_both_documents() {
    let night = night().await;
    night.poll("03:12", [full(boston(FINAL, 27))]).await;
    night.poll("08:45", [abroad(("4th Qtr", 4, "Q4 5:00"), 90)]).await;
    // The slate day changes at 09:00 UTC.
    let live = night.poll("09:05", [abroad(("4th Qtr", 4, "Q4 1:00"), 97)]).await;
    assert_eq!((&live["game_date"], &live["games_in_progress"]), (&json!("2026-01-10"), &json!(1)));
    let live = night.poll("09:20", [abroad(FINAL, 99)]).await;
    assert_eq!(live["games_final"], 1);
    night.clock.set("2026-01-10T10:00:00Z");
    night.stub.answer([Reply::games([full(boston(FINAL, 27))]), Reply::games([abroad(FINAL, 99)])]);
    night.call(json!({"target_date": "yesterday"})).await;
    let asked = night.stub.asked();
    let dates: Vec<&str> =
        asked.iter().filter_map(|url| url.split_once("date=")).map(|(_, date)| date).collect();
    assert_eq!(dates, ["2026-01-09", "2026-01-10"]);
    let live = night.cloud.document(DATED_LIVE).await;
    assert_eq!((&live["games_in_progress"], &live["games_final"]), (&json!(0), &json!(2)), "{live}");
}

#[tokio::test]
async fn a_team_whose_rows_stop_coming_is_a_known_issue() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let game = |minute: i64, with_rows: bool| {
        let mut game = boston(("4th Qtr", 4, "Q4 9:00"), 20);
        game["time"] = json!(format!("Q4 {}:{:02}", 9 - minute / 3, 50 - minute % 3));
        game["home_team_score"] = json!(80 + minute);
        let more = [("Sam", "Hauser"), ("Derrick", "White"), ("Payton", "Pritchard")];
        let more = (60..).zip(more).map(|(id, (first, last))| line(id, first, last, 8, "20"));
        box_of(&mut game, "home_team").extend(more);
        if !with_rows {
            box_of(&mut game, "home_team").clear();
        }
        game
    };
    night.poll("01:50", [game(0, true)]).await;
    for (minute, is_known) in [(2, false), (6, false), (14, true)] {
        night
            .poll(&format!("01:{:02}", 50 + minute % 10).replace("01:54", "02:04"), [game(minute, false)])
            .await;
        let status = night.status().await;
        let issues = status["known_issues"].to_string();
        assert_eq!(
            issues.contains("TOR at BOS: 5 players without a new row for"),
            is_known,
            "{minute}: {issues}"
        );
        assert_eq!(status["services"]["live_data"]["status"] == "degraded", is_known, "{status}");
    }
}
