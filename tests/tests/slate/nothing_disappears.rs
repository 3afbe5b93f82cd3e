//! Public content stays: predictions, players and games do not disappear because a read was empty or short,
//! or because only one source has them.

use local_cloud::cloud::API_BUCKET;
use serde_json::{Value, json};
use tests::drift::{
    BEFORE, CONTEXT, FINAL, FOURTH, GRADING, INJURIES, Night, ODDS, PREDICTIONS, REGISTRY, SCHEDULE, STATUS,
    THIRD, at_line, boston, both_sides, box_of, fields, full, line, new_issues, player, players, predicting,
    tonight,
};
use tests::{
    Cloud,
    warehouse::{DAY, GAME, expected, predicted, registered, reported, scheduled, with},
};

const DEACTIVATED: &str = "UPDATE player_prop_predictions SET is_active = 0";

async fn night() -> Night {
    Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await
}

/// A night whose grading has been public since before tip-off, with its prediction pending.
async fn graded_night() -> Night {
    let mut night = night().await;
    night.poll("23:30", [boston(BEFORE, 0)]).await;
    assert_eq!(night.standing("jaylenbrown").await["status"], "pending");
    night.restart().await;
    night
}

/// Toronto at Boston without Jaylen Brown, in complete boxes.
fn without_brown() -> Value {
    let mut game = boston(FINAL, 25);
    box_of(&mut game, "home_team").remove(0);
    full(game)
}

#[tokio::test]
async fn a_game_that_only_live_knows_is_graded() {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
    cloud.add(SCHEDULE, scheduled("0022500556", "LAL", "MIL"));
    let night = Night::of(cloud).await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    assert_eq!(night.standing("jaylenbrown").await["actual"], 21);
    night.poll("03:12", [full(boston(FINAL, 27))]).await;
    let standing = night.standing("jaylenbrown").await;
    let shown = fields(&standing, ["team", "opponent", "game_id", "actual", "status"]);
    assert_eq!(shown, json!(["BOS", "TOR", GAME, 27, "correct"]));
}

#[tokio::test]
async fn a_player_whom_only_live_knows_is_graded() {
    let cloud = predicting(&[at_line(predicted("jordanwalsh", 11.0, "OVER"), 9.5)]).await;
    let night = Night::of(cloud).await;
    let mut game = boston(FINAL, 25);
    box_of(&mut game, "home_team").push(line(77, "Jordan", "Walsh", 12, "20"));
    night.poll("03:12", [full(game)]).await;
    let standing = night.standing("jordanwalsh").await;
    assert_eq!(fields(&standing, ["team", "actual", "status"]), json!(["BOS", 12, "correct"]));
}

#[tokio::test]
async fn a_player_whom_nobody_knows_stays_and_is_void_with_a_reason_where_he_does_not_play() {
    let night = Night::of(predicting(&[at_line(predicted("jordanwalsh", 11.0, "OVER"), 9.5)]).await).await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    assert!(night.standing("jordanwalsh").await["actual"].is_null());
    night.poll("03:12", [full(boston(FINAL, 25))]).await;
    let standing = night.standing("jordanwalsh").await;
    assert_eq!(fields(&standing, ["status", "void_reason"]), json!(["void", "did_not_play"]));
}

#[tokio::test]
async fn a_prediction_that_is_deactivated_because_its_player_is_out_is_void_with_the_reason() {
    let mut night = graded_night().await;
    night.cloud.execute("nba_predictions", DEACTIVATED);
    night.cloud.add(INJURIES, reported("jaylenbrown", "out"));
    for (time, game) in [("23:45", boston(BEFORE, 0)), ("03:12", without_brown())] {
        night.poll(time, [game]).await;
        let standing = night.standing("jaylenbrown").await;
        let shown = fields(&standing, ["status", "void_reason", "actual", "line"]);
        assert_eq!(shown, json!(["void", "ruled_out", null, 24.5]), "{time}");
        night.restart().await;
    }
    let summary = night.cloud.document(GRADING).await["summary"].clone();
    assert_eq!(fields(&summary, ["total_predictions", "voided"]), json!([1, 1]));
}

#[tokio::test]
async fn a_prediction_that_is_deactivated_in_mid_game_is_graded_all_the_same() {
    let mut night = night().await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    night.cloud.execute("nba_predictions", DEACTIVATED);
    for (time, game, actual, status) in [
        ("02:24", boston(FOURTH, 25), 25, "trending_correct"),
        ("03:12", full(boston(FINAL, 27)), 27, "correct"),
    ] {
        night.restart().await;
        night.poll(time, [game]).await;
        let standing = night.standing("jaylenbrown").await;
        let shown = fields(&standing, ["predicted", "line", "recommendation", "actual", "status"]);
        assert_eq!(shown, json!([27.3, 24.5, "OVER", actual, status]), "{time}");
        assert_eq!(night.timed("jaylenbrown").await["line"], 24.5, "{time}");
    }
}

#[tokio::test]
async fn a_prediction_that_is_replaced_in_mid_game_stays_as_it_was() {
    let mut night = night().await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    night.cloud.execute("nba_predictions", DEACTIVATED);
    let replaced = json!({"created_at": "2026-01-10T02:15:00Z"});
    night.cloud.add(PREDICTIONS, with(at_line(predicted("jaylenbrown", 30.0, "UNDER"), 31.5), replaced));
    night.restart().await;
    night.poll("02:24", [boston(FOURTH, 25)]).await;
    let standing = night.standing("jaylenbrown").await;
    let shown = fields(&standing, ["predicted", "line", "recommendation", "actual"]);
    assert_eq!(shown, json!([27.3, 24.5, "OVER", 25]));
}

#[tokio::test]
async fn predictions_that_are_read_empty_while_they_are_replaced_stay() {
    let mut night = graded_night().await;
    night.cloud.execute("nba_predictions", "DELETE FROM player_prop_predictions");
    for (time, game, status) in
        [("23:48", boston(BEFORE, 0), "pending"), ("01:12", boston(THIRD, 21), "trending_correct")]
    {
        night.poll(time, [game]).await;
        let standing = night.standing("jaylenbrown").await;
        assert_eq!(fields(&standing, ["status", "line"]), json!([status, 24.5]), "{time}");
        // The rows are present again before the next export.
        night.cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
        night.restart().await;
    }
}

#[tokio::test]
async fn predictions_that_are_read_short_stay() {
    let rows = [predicted("jaylenbrown", 27.3, "OVER"), predicted("scottiebarnes", 20.0, "UNDER")];
    let mut night = Night::of(predicting(&rows).await).await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    let half = "DELETE FROM player_prop_predictions WHERE player_lookup = 'jaylenbrown'";
    night.cloud.execute("nba_predictions", half);
    night.restart().await;
    night.poll("02:24", [boston(FOURTH, 25)]).await;
    for (lookup, actual) in [("jaylenbrown", 25), ("scottiebarnes", 11)] {
        assert_eq!(night.standing(lookup).await["actual"], actual, "{lookup}");
    }
}

/// A day whose list was public at noon, and the status at that time.
async fn listed() -> (Cloud, Value, Value) {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let list = tonight(&cloud, "17:00").await;
    assert_eq!((&list["total_players"], &list["total_with_lines"]), (&json!(4), &json!(1)));
    let status = cloud.document(STATUS).await;
    (cloud, list, status)
}

/// Every player in a list, with the fields from the tables that were read empty.
fn known(list: &Value) -> Vec<Value> {
    let of_player =
        |it: &&Value| fields(it, ["player_lookup", "team", "context", "days_rest", "has_line", "props"]);
    players(list).iter().map(of_player).collect()
}

#[tokio::test]
async fn a_table_that_is_read_empty_leaves_the_last_good_list_and_the_status_says_so() {
    for (dataset, table) in [
        ("nba_raw", "nbac_schedule"),
        ("nba_analytics", "upcoming_player_game_context"),
        ("nba_predictions", "player_prop_predictions"),
    ] {
        let (cloud, before, healthy) = listed().await;
        cloud.execute(dataset, &format!("DELETE FROM {table}"));
        let list = tonight(&cloud, "18:00").await;
        assert_eq!(known(&list), known(&before), "{table}");
        let status = cloud.document(STATUS).await;
        let message = |status: &Value| status["services"]["tonight_data"]["message"].clone();
        let says_so = !new_issues(&healthy, &status).is_empty() || message(&status) != message(&healthy);
        assert!(says_so && status["active_break"].is_null(), "{table}: {status}");
    }
}

#[tokio::test]
async fn lines_that_are_read_empty_stay() {
    let cloud = predicting(&[]).await;
    for offer in both_sides("jaylenbrown", 10, 24.5, -112, -108) {
        cloud.add(ODDS, offer);
    }
    let before = tonight(&cloud, "17:00").await;
    assert_eq!(player(&before, "jaylenbrown")["props"][0]["line"], 24.5);
    cloud.execute("nba_raw", "DELETE FROM bettingpros_player_points_props");
    assert_eq!(known(&tonight(&cloud, "18:00").await), known(&before));
}

#[tokio::test]
async fn a_line_of_bookmakers_gives_way_to_an_average_by_no_single_read_and_never_after_tip_off() {
    let unpriced = json!({"current_points_line": null, "estimated_line_value": 20.5});
    let listed = async || {
        let cloud = predicting(&[with(predicted("jaylenbrown", 27.3, "NO_LINE"), unpriced.clone())]).await;
        for offer in both_sides("jaylenbrown", 10, 28.5, -112, -108) {
            cloud.add(ODDS, offer);
        }
        let before = tonight(&cloud, "17:00").await;
        let brown = player(&before, "jaylenbrown").clone();
        assert_eq!(brown["props"][0]["line"], 28.5);
        assert_eq!(brown["prediction"]["recommendation"], "UNDER");
        cloud.execute("nba_raw", "DELETE FROM bettingpros_player_points_props");
        (cloud, before)
    };
    let shown = |list: &Value| {
        let brown = player(list, "jaylenbrown");
        let odds = fields(&brown["props"][0], ["line", "over_odds", "under_odds"]);
        json!([odds, brown["prediction"]])
    };
    let (cloud, before) = listed().await;
    assert_eq!(shown(&tonight(&cloud, "18:00").await), shown(&before), "missed once");
    let list = tonight(&cloud, "18:15").await;
    assert_eq!(player(&list, "jaylenbrown")["prediction"]["recommendation"], "OVER", "missed twice");
    let (cloud, before) = listed().await;
    for time in ["01:00", "01:30", "02:30"] {
        assert_eq!(shown(&tonight(&cloud, time).await), shown(&before), "{time}, after tip-off");
    }
}

#[tokio::test]
async fn a_prediction_of_before_tip_off_that_is_read_late_takes_a_side_of_the_line_that_is_known() {
    let cloud = predicting(&[]).await;
    for offer in both_sides("jaylenbrown", 10, 28.5, -112, -108) {
        cloud.add(ODDS, offer);
    }
    tonight(&cloud, "17:00").await;
    cloud.execute("nba_raw", "DELETE FROM bettingpros_player_points_props");
    let unpriced = json!({"current_points_line": null});
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 27.3, "NO_LINE"), unpriced));
    let list = tonight(&cloud, "01:00").await;
    let brown = player(&list, "jaylenbrown");
    assert_eq!(brown["props"][0]["line"], 28.5);
    assert_eq!(fields(&brown["prediction"], ["predicted", "recommendation"]), json!([27.3, "UNDER"]));
}

#[tokio::test]
async fn when_the_rows_are_back_so_is_everything() {
    let (cloud, before, healthy) = listed().await;
    cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
    tonight(&cloud, "18:00").await;
    cloud.add(SCHEDULE, scheduled(GAME, "BOS", "TOR"));
    let list = tonight(&cloud, "18:15").await;
    assert_eq!(known(&list), known(&before));
    assert_ne!(list["generated_at"], before["generated_at"]);
    assert_eq!(new_issues(&healthy, &cloud.document(STATUS).await), Vec::<String>::new());
}

#[tokio::test]
async fn a_team_that_is_read_without_its_contexts_keeps_those_it_had() {
    let (cloud, before, _) = listed().await;
    let short = "DELETE FROM upcoming_player_game_context WHERE team_abbr = 'BOS'";
    cloud.execute("nba_analytics", short);
    assert_eq!(known(&tonight(&cloud, "18:00").await), known(&before));
}

#[tokio::test]
async fn what_upstream_says_twice_in_a_row_hours_apart_is_believed() {
    let (cloud, ..) = listed().await;
    cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
    cloud.add(SCHEDULE, scheduled("0022500600", "NYK", "PHI"));
    cloud.add(CONTEXT, expected("jalenbrunson", "NYK"));
    assert_eq!(tonight(&cloud, "18:00").await["total_players"], 5, "once");
    let list = tonight(&cloud, "21:30").await;
    assert_eq!(fields(&list, ["game_date", "total_players"]), json!([DAY, 2]), "twice");
    // The line that was public is void, and stays in the day's documents.
    let is_void = |game: &&Value| game["game_id"] == GAME && game["game_status"] == "postponed";
    assert!(list["games"].as_array().expect("games").iter().any(|game| is_void(&game)), "{list}");
    assert_eq!(player(&list, "jaylenbrown")["props"][0]["locked"], false);
    let night = Night::of(cloud).await;
    night.poll("02:12", []).await;
    let standing = night.standing("jaylenbrown").await;
    assert_eq!(fields(&standing, ["status", "outcome", "void_reason"]), json!(["void", "void", "postponed"]));
    let list = tonight(&night.cloud, "02:15").await;
    assert_eq!(fields(player(&list, "jaylenbrown"), ["result", "settled"]), json!(["VOID", "provisional"]));
}

#[tokio::test]
async fn what_is_lost_while_something_else_is_missing_is_missed_twice_as_well() {
    let (cloud, before, _) = listed().await;
    cloud.execute("nba_analytics", "DELETE FROM upcoming_player_game_context");
    tonight(&cloud, "18:00").await;
    cloud.execute("nba_predictions", "DELETE FROM player_prop_predictions");
    cloud.add(PREDICTIONS, predicted("scottiebarnes", 21.0, "UNDER"));
    let list = tonight(&cloud, "18:15").await;
    let brown = player(&list, "jaylenbrown");
    assert_eq!(brown["props"], player(&before, "jaylenbrown")["props"], "the prediction, missed once");
    assert_eq!(brown["context"], "roster", "the analysis, missed twice");
    let list = tonight(&cloud, "18:30").await;
    let brown = player(&list, "jaylenbrown");
    assert_eq!(brown["prediction"]["predicted"], Value::Null, "the prediction, missed twice");
    assert_eq!(
        brown["props"],
        player(&before, "jaylenbrown")["props"],
        "a line is carried to the end of the day"
    );
}

#[tokio::test]
async fn a_prediction_that_is_withdrawn_after_tip_off_is_locked_and_no_loss() {
    let (cloud, before, healthy) = listed().await;
    cloud.execute("nba_predictions", DEACTIVATED);
    let list = tonight(&cloud, "01:30").await;
    let locked = with(player(&before, "jaylenbrown")["props"][0].clone(), json!({"locked": true}));
    assert_eq!(player(&list, "jaylenbrown")["props"], json!([locked]));
    // The four players of these tests are too few, which counts only once the list is due.
    let few = "1 of 1 game with too few players";
    assert_eq!((&before["degraded_reason"], &list["degraded_reason"]), (&Value::Null, &json!(few)));
    assert_eq!(new_issues(&healthy, &cloud.document(STATUS).await), [few]);
}

#[tokio::test]
async fn the_live_export_does_not_take_an_empty_schedule_for_a_day_without_games() {
    let mut night = night().await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    night.cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
    night.restart().await;
    night.poll("02:24", [boston(FOURTH, 25)]).await;
    let standing = night.standing("jaylenbrown").await;
    assert_eq!(fields(&standing, ["game_id", "actual"]), json!([GAME, 25]));
    let status = night.status().await;
    assert!(status["active_break"].is_null(), "{status}");
    assert_eq!(status["services"]["live_data"]["games_active"], true);
}

#[tokio::test]
async fn a_registry_read_empty_takes_nobody_s_name_or_team() {
    let (cloud, before, _) = listed().await;
    cloud.add(REGISTRY, registered("Jordan Walsh", "BOS"));
    cloud.add(CONTEXT, expected("jordanwalsh", "BOS"));
    let list = tonight(&cloud, "17:30").await;
    assert_eq!(player(&list, "jordanwalsh")["name"], "Jordan Walsh");
    cloud.execute("nba_reference", "DELETE FROM nba_players_registry");
    let list = tonight(&cloud, "18:00").await;
    assert_eq!(player(&list, "jordanwalsh")["name"], "Jordan Walsh");
    assert_eq!(player(&list, "hugogonzalez")["name"], player(&before, "hugogonzalez")["name"]);
}

#[tokio::test]
async fn a_schedule_or_predictions_without_any_row_say_nothing_however_often_they_are_read() {
    for (dataset, table) in [("nba_raw", "nbac_schedule"), ("nba_predictions", "player_prop_predictions")] {
        let (cloud, before, healthy) = listed().await;
        let mut night = Night::of(cloud).await;
        night.poll("18:00", [boston(BEFORE, 0)]).await;
        night.cloud.execute(dataset, &format!("DELETE FROM {table}"));
        for time in ["18:10", "18:20", "18:40", "19:40"] {
            night.restart().await;
            night.poll(time, [boston(BEFORE, 0)]).await;
            let standing = night.standing("jaylenbrown").await;
            assert_eq!(fields(&standing, ["status", "line"]), json!(["pending", 24.5]), "{table} {time}");
            assert_eq!(known(&tonight(&night.cloud, time).await), known(&before), "{table} {time}");
            let status = night.status().await;
            let message = |status: &Value| status["services"]["tonight_data"]["message"].clone();
            assert_ne!(message(&status), message(&healthy), "{table} {time}");
        }
    }
}

#[tokio::test]
async fn a_slate_that_is_read_as_before_is_not_stored_again() {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    // Two teams of whom nobody is expected, so that their players come from the registry.
    cloud.add(SCHEDULE, scheduled("0022500556", "LAL", "MIL"));
    for (team, letters) in [("LAL", "ABCDEFGH"), ("MIL", "KLMNOPQR")] {
        for letter in letters.chars() {
            cloud.add(REGISTRY, registered(&format!("Player {letter}onas"), team));
        }
    }
    let mut night = Night::of(cloud).await;
    night.poll("23:30", [boston(BEFORE, 0)]).await;
    let stored = night.cloud.services.objects.list(API_BUCKET, "slate/");
    for time in ["23:36", "23:42", "23:48"] {
        night.restart().await;
        night.poll(time, [boston(BEFORE, 0)]).await;
        tonight(&night.cloud, time).await;
        let now = night.cloud.services.objects.list(API_BUCKET, "slate/");
        assert_eq!(now[0].generation, stored[0].generation, "{time}");
    }
}
