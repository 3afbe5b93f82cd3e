//! Two instances of the live export that have read the tables at different times: neither takes from the public
//! grading what the other has locked in it.

use local_cloud::faults::Fault;
use serde_json::{Value, json};
use tests::drift::{
    BEFORE, DATED_GRADING, GRADING, Night, ODDS, PREDICTIONS, boston, both_sides, box_of, fields, instant_of,
    player, predicting, tonight,
};
use tests::warehouse::{predicted, with};
use tests::{Function, Reply};

const FIRST: (&str, i64, &str) = ("1st Qtr", 1, "Q1 10:00");

/// Offers on a player's `statistic`, on both sides of `at`, updated at `time`.
fn offer(night: &Night, lookup: &str, statistic: &str, at: f64, time: &str) {
    let fields = json!({"market_type": statistic, "bookmaker_last_update": instant_of(time)});
    for row in both_sides(lookup, 10, at, -110, -110) {
        night.cloud.add(ODDS, with(row, fields.clone()));
    }
}

/// The public grading after a poll by `instance` that lists Boston's game.
async fn graded_by(instance: &Function, night: &Night, time: &str, game: Value) -> Value {
    night.clock.set(&instant_of(time));
    night.stub.answer([Reply::games([game])]);
    let answer = instance.post("").await;
    assert_eq!(answer.status, 200, "{time}: {answer:?}");
    night.cloud.document(GRADING).await
}

/// A player's lines.
fn lines(grading: &Value, lookup: &str) -> Value {
    let lines = grading["lines"].as_array().expect("lines").iter();
    let his = lines.filter(|line| line["player_lookup"] == lookup);
    his.map(|line| fields(line, ["stat_type", "line", "locked", "actual"])).collect()
}

/// A player's predictions.
fn predictions(grading: &Value, lookup: &str) -> Value {
    let all = grading["predictions"].as_array().expect("predictions").iter();
    let his = all.filter(|graded| graded["player_lookup"] == lookup);
    his.map(|graded| fields(graded, ["predicted", "recommendation", "line", "status"])).collect()
}

#[tokio::test]
async fn what_another_instance_has_read_later_stays_and_is_counted_on() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    offer(&night, "jaylenbrown", "points", 24.5, "20:00");
    let another = night.cloud.exporter(&night.stub, &night.clock).await;
    night.poll("00:31", [boston(BEFORE, 0)]).await;
    // Offers and a prediction that were made in time, and arrive after the first read.
    offer(&night, "jaylenbrown", "rebounds", 5.5, "00:29");
    offer(&night, "scottiebarnes", "points", 15.5, "00:29");
    let late = json!({"created_at": instant_of("00:25"), "current_points_line": null});
    night.cloud.add(PREDICTIONS, with(predicted("scottiebarnes", 18.0, "OVER"), late));
    let read_later = graded_by(&another, &night, "00:40", boston(FIRST, 4)).await;
    assert_eq!(lines(&read_later, "scottiebarnes"), json!([["points", 15.5, true, 11]]));
    assert_eq!(
        lines(&read_later, "jaylenbrown"),
        json!([["points", 24.5, true, 4], ["rebounds", 5.5, true, 0]])
    );
    assert_eq!(predictions(&read_later, "scottiebarnes")[0][0], 18.0);
    let mut game = boston(FIRST, 7);
    box_of(&mut game, "home_team")[0]["reb"] = json!(2);
    box_of(&mut game, "visitor_team")[0]["pts"] = json!(12);
    night.poll("00:41", [game]).await;
    let read_earlier = night.cloud.document(GRADING).await;
    assert_eq!(
        lines(&read_earlier, "scottiebarnes"),
        json!([["points", 15.5, true, 12]]),
        "kept, and counted on"
    );
    assert_eq!(
        lines(&read_earlier, "jaylenbrown"),
        json!([["points", 24.5, true, 7], ["rebounds", 5.5, true, 2]])
    );
    assert_eq!(predictions(&read_earlier, "scottiebarnes")[0][0], 18.0);
}

#[tokio::test]
async fn an_instance_that_cannot_read_the_tables_grades_what_another_has_locked() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    night.poll("00:28", [boston(BEFORE, 0)]).await;
    let revised = json!({"current_points_line": 28.5, "created_at": instant_of("00:29")});
    night.cloud.execute("nba_predictions", "DELETE FROM player_prop_predictions");
    night.cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 22.0, "UNDER"), revised));
    let another = night.cloud.exporter(&night.stub, &night.clock).await;
    let locked = graded_by(&another, &night, "00:31", boston(BEFORE, 0)).await;
    assert_eq!(lines(&locked, "jaylenbrown"), json!([["points", 28.5, true, null]]));
    night.cloud.execute("nba_predictions", "ALTER TABLE player_prop_predictions RENAME TO elsewhere");
    night.poll("00:36", [boston(FIRST, 4)]).await;
    let graded = night.cloud.document(GRADING).await;
    assert_eq!(lines(&graded, "jaylenbrown"), json!([["points", 28.5, true, 4]]));
    let prediction = &predictions(&graded, "jaylenbrown")[0];
    assert_eq!((&prediction[0], &prediction[1]), (&json!(22.0), &json!("UNDER")));
    assert_eq!(night.timed("jaylenbrown").await["line"], 28.5, "the timeline has the same line");
}

#[tokio::test]
async fn lines_that_were_read_before_the_tip_off_are_not_called_locked() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    night.poll("00:28", [boston(BEFORE, 0)]).await;
    night.cloud.execute("nba_predictions", "ALTER TABLE player_prop_predictions RENAME TO elsewhere");
    night.poll("00:36", [boston(FIRST, 4)]).await;
    let grading = night.cloud.document(GRADING).await;
    assert_eq!(
        lines(&grading, "jaylenbrown")[0][2],
        false,
        "they may yet become what was offered at tip-off"
    );
    night.cloud.execute("nba_predictions", "ALTER TABLE elsewhere RENAME TO player_prop_predictions");
    night.poll("00:37", [boston(FIRST, 4)]).await;
    let grading = night.cloud.document(GRADING).await;
    assert_eq!(lines(&grading, "jaylenbrown")[0][2], true);
}

#[tokio::test]
async fn a_game_that_begins_ahead_of_its_time_is_locked_in_both_documents_with_one_line() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    night.poll("00:20", [boston(BEFORE, 0)]).await;
    night.poll("00:25", [boston(FIRST, 4)]).await;
    night.poll("00:26", [boston(FIRST, 6)]).await;
    let grading = night.cloud.document(GRADING).await;
    let of_brown = &lines(&grading, "jaylenbrown")[0];
    assert_eq!(of_brown[2], true, "locked although the schedule says 00:30");
    let revised = json!({"current_points_line": 28.5, "created_at": instant_of("00:29")});
    night.cloud.execute("nba_predictions", "DELETE FROM player_prop_predictions");
    night.cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 22.0, "UNDER"), revised));
    let list = tonight(&night.cloud, "00:29").await;
    let prop = &player(&list, "jaylenbrown")["props"][0];
    assert_eq!((&prop["line"], &prop["locked"]), (&of_brown[1], &json!(true)));
    let another = night.cloud.exporter(&night.stub, &night.clock).await;
    let grading = graded_by(&another, &night, "00:31", boston(FIRST, 8)).await;
    assert_eq!(lines(&grading, "jaylenbrown")[0][1], of_brown[1]);
}

#[tokio::test]
async fn what_only_one_of_the_two_objects_has_locked_stays_in_both() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    offer(&night, "jaylenbrown", "points", 24.5, "20:00");
    let another = night.cloud.exporter(&night.stub, &night.clock).await;
    night.poll("00:31", [boston(BEFORE, 0)]).await;
    offer(&night, "jaylenbrown", "rebounds", 5.5, "00:29");
    // The other instance writes the grading of the day, and not the latest one.
    let faults = &night.cloud.services.faults;
    faults.plan("name=v1%2Flive-grading%2Flatest", 0, 20, Fault::Status(403));
    night.clock.set(&instant_of("00:40"));
    night.stub.answer([Reply::games([boston(FIRST, 4)])]);
    another.post("").await;
    faults.end();
    let expected = json!([["points", 24.5, true, 4], ["rebounds", 5.5, true, 0]]);
    assert_eq!(lines(&night.cloud.document(DATED_GRADING).await, "jaylenbrown"), expected);
    // This one writes the latest one first, and then builds on both.
    night.poll("00:41", [boston(FIRST, 7)]).await;
    let expected = json!([["points", 24.5, true, 7], ["rebounds", 5.5, true, 0]]);
    for object in [GRADING, DATED_GRADING] {
        assert_eq!(lines(&night.cloud.document(object).await, "jaylenbrown"), expected, "{object}");
    }
}
