//! Words that tell an end or a postponement are left over where the clock beside them runs: the game goes on, and
//! nothing is settled.

use serde_json::{Value, json};
use tests::drift::{BEFORE, FINAL, GRADING, Night, State, boston, box_of, fields, full, predicting};
use tests::warehouse::{predicted, with};

async fn night() -> Night {
    Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await
}

/// The game's state and the outcome of Brown's line after a poll.
async fn polled(night: &Night, time: &str, game: Value) -> Value {
    let live = night.poll(time, [game]).await;
    let line = night.cloud.document(GRADING).await["lines"][0].clone();
    json!([live["games"][0]["status"], live["games"][0]["time_remaining"], line["outcome"]])
}

#[tokio::test]
async fn an_end_that_is_left_over_from_the_first_sight_on_ends_nothing() {
    let night = night().await;
    for (time, state, shown) in [
        ("00:50", ("Final", 1, "Q1 11:40"), "Q1 11:40"),
        ("00:51", ("Final", 1, "Q1 11:20"), "Q1 11:20"),
        ("01:30", ("Final", 3, "Q3 6:35"), "Q3 6:35"),
        ("02:12", ("Final", 4, "Q4 0:31"), "Q4 0:31"),
        ("02:13", ("Final", 4, "Q4 0:12"), "Q4 0:12"),
    ] {
        let game = boston(state, if time < "01:00" { 4 } else { 22 });
        assert_eq!(polled(&night, time, game).await, json!(["in_progress", shown, "open"]), "{time}");
    }
    let end = full(boston(FINAL, 30));
    assert_eq!(polled(&night, "02:20", end).await, json!(["final", "Final", "over"]));
}

#[tokio::test]
async fn an_end_beside_a_clock_that_stands_still_comes() {
    for (state, is_late) in [(("Final", 4, "Q4 0:12"), true), (("Final", 4, "Q4 8:30"), false)] {
        let night = night().await;
        let end = || full(boston(state, 30));
        assert_eq!(polled(&night, "02:12", end()).await[2], "open");
        assert_eq!(polled(&night, "02:13", end()).await[2] == "over", is_late, "{state:?}");
        assert_eq!(polled(&night, "02:17", end()).await, json!(["final", "Final", "over"]), "{state:?}");
        assert_eq!(polled(&night, "02:18", end()).await, json!(["final", "Final", "over"]), "it stays ended");
    }
    // A row that is left out is no play.
    let night = night().await;
    let mut end = full(boston(("Final", 4, "Q4 0:12"), 30));
    polled(&night, "02:12", end.clone()).await;
    box_of(&mut end, "home_team").retain(|row| row["player"]["last_name"] != "González");
    polled(&night, "02:13", end.clone()).await;
    assert_eq!(polled(&night, "02:14", end).await[0], "final");
}

#[tokio::test]
async fn a_word_of_the_end_that_no_source_has_used_yet_ends_the_game() {
    for (status, time) in
        [("Game Over", "0:00"), ("Ended", ""), ("STATUS_FINAL", "0.0"), ("complete", "0:00")]
    {
        let night = night().await;
        night.poll("02:12", [boston(("4th Qtr", 4, "Q4 0:30"), 28)]).await;
        let end = full(boston((status, 4, time), 30));
        assert_eq!(polled(&night, "02:15", end).await[0], "final", "{status}");
    }
}

#[tokio::test]
async fn a_postponement_that_is_left_over_voids_nothing() {
    let states: [State<'_>; 3] =
        [("Postponed", 1, "Q1 9:10"), ("PPD", 3, "Q3 6:35"), ("Postponed", 4, "Q4 2:00")];
    let night = night().await;
    for (time, state) in ["00:40", "01:30", "02:10"].into_iter().zip(states) {
        assert_eq!(polled(&night, time, boston(state, 12)).await, json!(["in_progress", state.2, "open"]));
    }
    let end = with(full(boston(("Postponed", 4, "Final"), 30)), json!({"status_state": "postponed"}));
    assert_eq!(polled(&night, "02:25", end).await, json!(["final", "Final", "over"]));
}

#[tokio::test]
async fn the_mark_of_a_game_that_was_made_up_does_not_postpone_it_in_a_break() {
    let night = night().await;
    for (time, state) in [
        ("01:10", ("2nd Qtr", 2, "Q2 0:30")),
        ("01:15", ("Halftime", 2, "")),
        ("01:20", ("Halftime", 2, "")),
        ("02:00", ("End of 3rd", 3, "")),
    ] {
        let game = with(boston(state, 12), json!({"postponed": true}));
        assert_eq!(polled(&night, time, game).await[0], "in_progress", "{time}");
    }
}

#[tokio::test]
async fn a_game_that_is_called_off_in_play_is_postponed_once_its_clock_stands_still() {
    let night = night().await;
    night.poll("01:10", [boston(("2nd Qtr", 2, "Q2 5:00"), 12)]).await;
    let off = || boston(("Postponed", 2, "Q2 5:00"), 12);
    assert_eq!(polled(&night, "01:12", off()).await[0], "in_progress");
    polled(&night, "01:18", off()).await;
    let live = night.poll("01:19", [off()]).await;
    assert_eq!(fields(&live["games"][0], ["status", "time_remaining"]), json!(["postponed", "Postponed"]));
    // Before tip-off a clock is set to the whole quarter.
    let another = self::night().await;
    another.poll("23:30", [boston(BEFORE, 0)]).await;
    assert_eq!(polled(&another, "00:20", boston(("Postponed", 1, "12:00"), 0)).await[0], "postponed");
}
