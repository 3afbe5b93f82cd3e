//! Game clocks in every spelling: their display, and their conversion to seconds of play.

use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};
use shared::nba::{GameState, UpstreamClock, elapsed_seconds};
use tests::drift::{FOURTH, Night, boston, predicting};
use tests::warehouse::predicted;

/// The displayed clock, and the seconds of play that the timeline derives from it.
async fn read(status: &str, period: Value, time: &str) -> (String, u64) {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let mut game = boston((status, 0, time), 21);
    game["period"] = period;
    let live = night.poll("02:12", [game]).await;
    let shown = live["games"][0]["time_remaining"].as_str().expect("a text").to_owned();
    let timed = night.timed("jaylenbrown").await;
    (shown, timed["points"][0][0].as_u64().expect("seconds"))
}

#[tokio::test]
async fn a_quarter_without_a_clock_is_over() {
    for (status, period, time, quarter, seconds) in [
        ("3rd Qtr", json!(3), "Q3", "Q3", 2_160),
        ("End of 3rd", json!(3), "End Q3", "Q3", 2_160),
        ("In Progress", Value::Null, "End Q1", "Q1", 720),
        ("1st Qtr", json!(1), "End of Q1", "Q1", 720),
        ("End of 1st", json!(1), "End of 1st", "Q1", 720),
    ] {
        let (shown, counted) = read(status, period, time).await;
        assert!(shown.contains(quarter), "{time}: {shown}");
        assert_eq!(counted, seconds, "{time}");
    }
}

#[tokio::test]
async fn a_clock_of_seconds_and_tenths_is_counted() {
    for (time, period) in [(":45.2", json!(4)), ("Q4 :45.2", Value::Null), ("0:45.2", json!(4))] {
        let (shown, counted) = read("4th Qtr", period, time).await;
        assert!(shown.starts_with("Q4 ") && shown.ends_with(":45.2"), "{time}: {shown}");
        assert!((2_834..=2_835).contains(&counted), "{time}: {counted}");
    }
}

#[tokio::test]
async fn overtimes_are_counted_however_they_are_numbered() {
    for (time, period, expected) in [
        ("2OT 3:21", json!(6), ("OT2 3:21", 3_279)),
        ("2OT 3:21", Value::Null, ("OT2 3:21", 3_279)),
        ("2OT 3:21", json!(2), ("OT2 3:21", 3_279)),
        ("Q5 2:10", json!(5), ("OT1 2:10", 3_050)),
        ("Q5 2:10", Value::Null, ("OT1 2:10", 3_050)),
        ("Q6 4:59", json!(6), ("OT2 4:59", 3_181)),
        ("3OT 0:05", json!(7), ("OT3 0:05", 3_775)),
    ] {
        let (shown, counted) = read("In Progress", period, time).await;
        assert_eq!((shown.as_str(), counted), expected, "{time}");
    }
}

#[tokio::test]
async fn other_feeds_spellings_are_clocks_too() {
    for (time, period) in [
        ("PT06M35.00S", json!(3)),
        ("6:35 - 3rd", Value::Null),
        ("3rd 6:35", Value::Null),
        ("Q3  06:35", json!(3)),
        ("Q3 - 6:35", json!(3)),
    ] {
        assert_eq!(read("In Progress", period, time).await, ("Q3 6:35".to_owned(), 1_765), "{time}");
    }
}

#[tokio::test]
async fn a_clock_that_nobody_knows_shows_the_quarter_and_takes_nothing_back() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    night.poll("02:12", [boston(FOURTH, 25)]).await;
    let live = night.poll("02:15", [boston(("4th Qtr", 4, "timeout"), 26)]).await;
    assert_eq!(tests::drift::player(&live, "jaylenbrown")["points"], 26);
    let points = night.timed("jaylenbrown").await["points"].clone();
    assert_eq!((&points[0], &points[1][1]), (&json!([2340, 25]), &json!(26)));
    assert!(points[1][0].as_u64() >= Some(2_340), "{points}");
}

/// The seconds of play of a game in progress.
fn counted(status: &str, period: Option<i64>, time: &str) -> u32 {
    let clock = UpstreamClock { status: Some(status), period, time: Some(time), ..UpstreamClock::default() };
    let state = GameState::read(&clock);
    elapsed_seconds(state.status, state.period, &state.time_remaining)
}

/// Names of a period before a clock.
fn names(period: i64) -> Vec<String> {
    match period - 4 {
        ..=0 => vec![format!("Q{period} "), format!("q{period} ")],
        1 => vec!["OT ".into(), "OT1 ".into(), "1OT ".into(), "Q5 ".into()],
        nth => vec![format!("OT{nth} "), format!("{nth}OT "), format!("Q{period} ")],
    }
}

/// Spellings of this number of seconds.
fn clocks(left: u32) -> Vec<String> {
    let (minutes, seconds) = (left / 60, left % 60);
    let mut spelled = vec![format!("{minutes}:{seconds:02}"), format!("{minutes:02}:{seconds:02}")];
    if minutes == 0 {
        spelled.extend([format!(":{seconds:02}"), format!("{seconds}.0"), format!(":{seconds:02}.0")]);
    }
    spelled
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

    #[test]
    fn a_clock_is_the_same_moment_in_each_of_its_spellings(
        period in 1..=8_i64,
        left in prop_oneof![0..720_u32, 0..60_u32],
        (name, clock, number) in (any::<Index>(), any::<Index>(), any::<Index>()),
    ) {
        let length = if period <= 4 { 720 } else { 300 };
        let left = left % length;
        let before: u32 = (1..period).map(|period| if period <= 4 { 720 } else { 300 }).sum();
        let clock = clock.get(&clocks(left)).clone();
        let named = format!("{}{clock}", name.get(&names(period)));
        // Overtimes are numbered on from the fourth quarter or from one; the name tells which.
        let numbers = [Some(period), None, Some(if period > 4 { period - 4 } else { period })];
        let number = *number.get(&numbers);
        prop_assert_eq!(counted("In Progress", number, &named), before + length - left, "{:?} {}", number, named);
        prop_assert_eq!(counted("In Progress", Some(period), &clock), before + length - left, "{} {}", period, clock);
    }
}

#[tokio::test]
async fn the_chance_at_the_end_of_a_quarter_is_that_of_the_next_one_s_beginning() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let mut chances = Vec::new();
    for (time, state) in [
        ("02:12", ("3rd Qtr", 3, "Q3 0:00")),
        ("02:13", ("End of 3rd", 3, "End Q3")),
        ("02:14", ("3rd Qtr", 3, "Q3")),
        ("02:15", ("4th Qtr", 4, "Q4 12:00")),
    ] {
        night.poll(time, [boston(state, 20)]).await;
        chances.push(night.standing("jaylenbrown").await["chance"].clone());
    }
    assert!(chances[0].is_f64() && chances.iter().all(|chance| *chance == chances[0]), "{chances:?}");
}

#[tokio::test]
async fn a_tie_at_the_end_of_the_fourth_quarter_leaves_an_overtime() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let chance = async |time: &str, visitors: i64| {
        let mut game = boston(("4th Qtr", 4, "Q4 0:00"), 22);
        game["visitor_team_score"] = json!(visitors);
        night.poll(time, [game]).await;
        night.standing("jaylenbrown").await["chance"].as_f64().expect("a chance")
    };
    assert!(chance("02:50", 81).await < 0.001, "a point behind at the end");
    assert!(chance("02:51", 82).await > 0.05, "five minutes more");
}

/// The public clocks of polls of a game that is tied, at these times of the night.
async fn tied_clocks(polls: &[(&str, (&str, i64, &str), i64)]) -> Vec<Value> {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let mut shown = Vec::new();
    for (time, state, points) in polls {
        let mut game = boston(*state, *points);
        game["visitor_team_score"] = game["home_team_score"].clone();
        shown.push(night.poll(time, [game]).await["games"][0]["time_remaining"].clone());
    }
    shown
}

#[tokio::test]
async fn an_overtime_counted_from_one_follows_a_tied_end_whatever_it_is_called() {
    for word in ["In Progress", "", "1st OT", "Overtime", "1st Overtime", "4th Qtr", "1st Qtr"] {
        let seen = tied_clocks(&[
            ("02:40", ("4th Qtr", 4, "Q4 0:00"), 21),
            ("02:46", (word, 1, "4:30"), 23),
            ("02:49", (word, 1, "3:00"), 23),
            ("02:52", (word, 1, "0:00"), 25),
            ("02:55", (word.strip_prefix("1st").map_or(word, |_| ""), 2, "4:00"), 25),
        ])
        .await;
        let expected = ["Q4 0:00", "OT1 4:30", "OT1 3:00", "OT1 0:00", "OT2 4:00"];
        assert_eq!(seen[..4], expected[..4], "{word:?}");
        assert!(seen[4] == expected[4] || word == "Overtime", "{word:?}: {}", seen[4]);
    }
    // At the end of a second one, which is no halftime; a basket is taken back, and the end of the quarter was not seen.
    let seen = tied_clocks(&[
        ("02:40", ("4th Qtr", 4, "Q4 0:12"), 25),
        ("02:46", ("In Progress", 1, "4:30"), 27),
        ("02:49", ("In Progress", 1, "3:00"), 25),
        ("02:52", ("In Progress", 1, "0:00"), 29),
        ("02:55", ("In Progress", 2, "4:00"), 29),
        ("02:58", ("In Progress", 2, "0:00"), 31),
        ("03:01", ("In Progress", 3, "4:00"), 31),
    ])
    .await;
    let expected = ["Q4 0:12", "OT1 4:30", "OT1 3:00", "OT1 0:00", "OT2 4:00", "OT2 0:00", "OT3 4:00"];
    assert_eq!(seen, expected);
    // Without the tied end it is an earlier state of the game.
    let seen = tied_clocks(&[("02:40", ("4th Qtr", 4, "Q4 5:00"), 21), ("02:46", ("", 1, "4:30"), 23)]).await;
    assert_eq!(seen, ["Q4 5:00", "Q4 5:00"]);
}

#[tokio::test]
async fn seconds_have_two_digits() {
    let seen = tied_clocks(&[
        ("02:50", ("4th Qtr", 4, "Q4 9.4"), 21),
        ("02:51", ("4th Qtr", 4, "Q4 :05.3"), 21),
        ("02:52", ("4th Qtr", 4, "Q4 0.0"), 21),
    ])
    .await;
    assert_eq!(seen, ["Q4 0:09.4", "Q4 0:05.3", "Q4 0:00.0"]);
}
