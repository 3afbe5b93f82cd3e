//! Every line is locked as it stood at its game's tip-off, in both documents, and no later read changes it.

use serde_json::{Value, json};
use tests::drift::{
    BEFORE, FINAL, GRADING, Night, ODDS, PREDICTIONS, boston, both_sides, box_of, fields, full, line, player,
    predicting, tonight,
};
use tests::warehouse::{GAME, predicted, with};

const FIRST: (&str, i64, &str) = ("1st Qtr", 1, "Q1 10:00");

/// Offers on Brown's `statistic`, on both sides of `at`, updated at `instant`.
fn offers(statistic: &str, at: f64, instant: &str) -> [Value; 2] {
    let fields = json!({"market_type": statistic, "bookmaker_last_update": instant});
    both_sides("jaylenbrown", 10, at, -110, -110).map(|offer| with(offer, fields.clone()))
}

fn offer(night: &Night, statistic: &str, at: f64, instant: &str) {
    for row in offers(statistic, at, instant) {
        night.cloud.add(ODDS, row);
    }
}

async fn night() -> Night {
    let night = Night::of(predicting(&[]).await).await;
    for (statistic, at) in [("points", 24.5), ("rebounds", 5.5), ("assists", 4.5)] {
        offer(&night, statistic, at, "2026-01-09T20:00:00Z");
    }
    night
}

/// Brown's lines in the grading, and whether they are locked.
async fn graded(night: &Night) -> Value {
    let grading = night.cloud.document(GRADING).await;
    let lines = grading["lines"].as_array().expect("lines").iter();
    lines.map(|line| fields(line, ["stat_type", "line", "locked"])).collect()
}

/// The same in tonight's list.
async fn listed(night: &Night, time: &str) -> Value {
    let list = tonight(&night.cloud, time).await;
    let props = player(&list, "jaylenbrown")["props"].clone();
    let props = props.as_array().expect("props").iter();
    props.map(|prop| fields(prop, ["stat_type", "line", "locked"])).collect()
}

fn lines(points: f64, rebounds: f64, assists: f64, locked: bool) -> Value {
    json!([["points", points, locked], ["rebounds", rebounds, locked], ["assists", assists, locked]])
}

#[tokio::test]
async fn what_is_offered_at_tip_off_is_locked_although_it_moved_after_the_last_read() {
    let night = night().await;
    night.poll("00:28", [boston(BEFORE, 0)]).await;
    assert_eq!(graded(&night).await, lines(24.5, 5.5, 4.5, false));
    // Two minutes before tip-off, and again in the first minute of the game.
    for (statistic, at) in [("points", 25.5), ("rebounds", 6.5)] {
        offer(&night, statistic, at, "2026-01-10T00:28:30Z");
        offer(&night, statistic, at + 2.0, "2026-01-10T00:31:00Z");
    }
    night.poll("00:31", [boston(BEFORE, 0)]).await;
    let expected = lines(25.5, 6.5, 4.5, true);
    assert_eq!(graded(&night).await, expected, "the first version that says locked");
    assert_eq!(listed(&night, "00:32").await, expected);
    night.poll("00:45", [boston(FIRST, 4)]).await;
    assert_eq!(graded(&night).await, expected);
}

#[tokio::test]
async fn offers_of_before_tip_off_that_arrive_after_the_lock_change_nothing() {
    for first_is_tonight in [false, true] {
        let mut night = night().await;
        night.poll("00:20", [boston(BEFORE, 0)]).await;
        if first_is_tonight {
            assert_eq!(listed(&night, "00:30").await, lines(24.5, 5.5, 4.5, true));
        } else {
            night.poll("00:30", [boston(BEFORE, 0)]).await;
            assert_eq!(graded(&night).await, lines(24.5, 5.5, 4.5, true));
        }
        for (statistic, at) in [("points", 26.5), ("rebounds", 7.5), ("assists", 3.5)] {
            offer(&night, statistic, at, "2026-01-10T00:29:00Z");
        }
        for (minute, state) in [("00:36", FIRST), ("02:12", FIRST), ("03:10", FINAL)] {
            night.restart().await;
            night.poll(minute, [full(boston(state, 27))]).await;
            assert_eq!(graded(&night).await, lines(24.5, 5.5, 4.5, true), "{minute}");
            assert_eq!(listed(&night, minute).await, lines(24.5, 5.5, 4.5, true), "{minute}");
        }
    }
}

#[tokio::test]
async fn a_prediction_made_in_time_counts_if_the_first_read_after_tip_off_has_it() {
    for (arrives, expected) in [("00:29", json!([26.5, "UNDER"])), ("00:40", json!([24.5, "OVER"]))] {
        let mut night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
        night.poll("00:20", [boston(BEFORE, 0)]).await;
        let revised = with(
            predicted("jaylenbrown", 22.0, "UNDER"),
            json!({"current_points_line": 26.5, "created_at": "2026-01-10T00:25:00Z"}),
        );
        let revise = || {
            night.cloud.execute("nba_predictions", "DELETE FROM player_prop_predictions");
            night.cloud.add(PREDICTIONS, revised.clone());
        };
        if arrives < "00:30" {
            revise();
            night.poll("00:31", [boston(BEFORE, 0)]).await;
        } else {
            night.poll("00:31", [boston(BEFORE, 0)]).await;
            revise();
        }
        night.restart().await;
        night.poll("00:45", [boston(FIRST, 4)]).await;
        let standing = night.standing("jaylenbrown").await;
        assert_eq!(fields(&standing, ["line", "recommendation"]), expected, "{arrives}");
    }
}

#[tokio::test]
async fn the_line_of_a_player_whom_only_the_prediction_knows_is_locked_and_stays_too() {
    let mut night = Night::of(predicting(&[predicted("newsigning", 20.0, "OVER")]).await).await;
    night.poll("00:20", [boston(BEFORE, 0)]).await;
    night.poll("00:31", [boston(BEFORE, 0)]).await;
    night.cloud.execute("nba_predictions", "DELETE FROM player_prop_predictions");
    let later = json!({"current_points_line": 29.5, "created_at": "2026-01-10T00:40:00Z"});
    night.cloud.add(PREDICTIONS, with(predicted("newsigning", 20.0, "OVER"), later));
    let mut game = boston(FIRST, 4);
    box_of(&mut game, "home_team").push(line(990, "New", "Signing", 12, "9"));
    for time in ["00:45", "01:00", "01:20"] {
        night.restart().await;
        night.poll(time, [game.clone()]).await;
        let standing = night.standing("newsigning").await;
        assert_eq!(fields(&standing, ["line", "actual"]), json!([24.5, 12]), "{time}");
        night.cloud.execute("nba_predictions", "DELETE FROM player_prop_predictions");
    }
}

#[tokio::test]
async fn a_postponed_game_is_postponed_unlocked_and_void_in_tonight_s_list_too() {
    for status in ["Postponed", "Canceled"] {
        let mut night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
        night.poll("00:20", [boston(BEFORE, 0)]).await;
        let mut game = boston((status, 0, ""), 0);
        for side in ["home_team", "visitor_team"] {
            game[format!("{side}_score")] = json!(0);
            game[side]["players"] = json!([]);
        }
        night.poll("00:45", [game.clone()]).await;
        for (time, settled) in [("00:50", "provisional"), ("14:00", "official")] {
            if settled == "official" {
                night.restart().await;
                night.backfill([game.clone()]).await;
            }
            let function =
                night.cloud.tonight(&tests::HandClock::at(&format!("2026-01-10T{time}:00Z"))).await;
            function.tell(json!({"export_types": ["tonight"], "target_date": "2026-01-09"})).await;
            let list = night.cloud.document("v1/tonight/2026-01-09.json").await;
            assert_eq!(list["games"][0]["game_status"], "postponed", "{status} {time}");
            let brown = player(&list, "jaylenbrown");
            let shown = ["locked", "outcome", "settled"];
            assert_eq!(fields(&brown["props"][0], shown), json!([false, "void", settled]), "{status} {time}");
            assert_eq!(brown["result"], "VOID");
        }
    }
}

#[tokio::test]
async fn a_suspended_game_stays_locked_and_open_until_it_is_called_off_or_played() {
    let played = ("Final", json!([true, "over", "provisional"]));
    let called_off = ("Postponed", json!([false, "void", "official"]));
    for (end, expected) in [played, called_off] {
        let mut night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
        night.poll("01:00", [boston(FIRST, 4)]).await;
        night.poll("01:10", [boston(("Suspended", 1, "Q1 6:00"), 6)]).await;
        let shown = ["locked", "outcome", "settled"];
        let brown = async |night: &Night| {
            let grading = night.cloud.document("v1/live-grading/2026-01-09.json").await;
            fields(&grading["lines"][0], shown)
        };
        assert_eq!(brown(&night).await, json!([true, "open", "open"]));
        night.restart().await;
        night.backfill([boston(("Suspended", 1, "Q1 6:00"), 6)]).await;
        assert_eq!(brown(&night).await, json!([true, "open", "open"]), "the morning after");
        assert_eq!(
            night.cloud.document("v1/live/2026-01-09.json").await["next_update_expected"],
            Value::Null
        );
        night.restart().await;
        let last = if end == "Final" { full(boston(FINAL, 27)) } else { boston((end, 1, ""), 6) };
        night.backfill([last.clone()]).await;
        // Play that was recorded is called off only by a second report.
        night.backfill([last]).await;
        assert_eq!(brown(&night).await, expected, "{end}");
    }
}

#[tokio::test]
async fn a_game_that_is_moved_after_its_lines_were_locked_is_locked_again_at_its_new_tip_off() {
    let mut night = night().await;
    night.poll("00:31", [boston(BEFORE, 0)]).await;
    assert_eq!(graded(&night).await, lines(24.5, 5.5, 4.5, true));
    night.cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
    let later = json!({"game_date_est": "2026-01-10T02:30:00Z"});
    night.cloud.add("nba_raw.nbac_schedule", with(tests::warehouse::scheduled(GAME, "BOS", "TOR"), later));
    offer(&night, "points", 25.5, "2026-01-10T00:40:00Z");
    night.restart().await;
    night.poll("00:45", [boston(BEFORE, 0)]).await;
    assert_eq!(graded(&night).await, lines(25.5, 5.5, 4.5, false));
    offer(&night, "points", 26.5, "2026-01-10T02:29:00Z");
    night.poll("02:31", [boston(BEFORE, 0)]).await;
    assert_eq!(graded(&night).await, lines(26.5, 5.5, 4.5, true));
}
