//! Players who were traded today.

use super::*;

#[tokio::test]
async fn a_player_traded_today_is_graded_by_the_only_row_of_his_name_that_night() {
    for boston in [full(boston_without(FINAL)), boston_without(THIRD)] {
        let night = Night::of(trade_night().await).await;
        let los_angeles = full(los_angeles(FINAL, 101, &[brown(25)]));
        night.poll("03:12", [boston, los_angeles]).await;
        let standing = night.standing("jaylenbrown").await;
        assert_eq!(fields(&standing, ["actual", "status"]), json!([25, "correct"]), "{standing}");
    }
}

#[tokio::test]
async fn a_player_traded_to_tonight_s_opponent_is_graded_by_his_row_there() {
    let night = Night::of(trade_night().await).await;
    let mut game = boston_without(FINAL);
    box_of(&mut game, "visitor_team").push(brown(25));
    let live = night.poll("03:12", [full(game)]).await;
    assert_eq!(player(&live, "jaylenbrown")["team"], "TOR");
    assert_eq!(fields(&night.standing("jaylenbrown").await, ["actual", "status"]), json!([25, "correct"]));
}

#[tokio::test]
async fn a_namesake_whom_the_registry_has_on_that_team_is_somebody_else() {
    let cloud = trade_night().await;
    let other = json!({"universal_player_id": "jaylenbrown_002"});
    cloud.add(REGISTRY, with(registered("Jaylen Brown", "LAL"), other));
    let night = Night::of(cloud).await;
    let namesake = line(99, "Jaylen", "Brown", 25, "34");
    night.poll("03:12", [full(boston_without(FINAL)), full(los_angeles(FINAL, 101, &[namesake]))]).await;
    assert_eq!(grade(&night, "jaylenbrown").await, did_not_play());
}

#[tokio::test]
async fn of_two_rows_of_his_name_that_night_neither_is_taken_for_his() {
    let night = Night::of(trade_night().await).await;
    let mut elsewhere = los_angeles(FINAL, 101, &[brown(25)]);
    box_of(&mut elsewhere, "visitor_team").push(line(99, "Jaylen", "Brown", 8, "12"));
    night.poll("03:12", [full(boston_without(FINAL)), full(elsewhere)]).await;
    assert!(night.standing("jaylenbrown").await["actual"].is_null());
}

#[tokio::test]
async fn a_traded_player_of_whom_no_row_is_seen_yet_is_not_void() {
    let night = Night::of(trade_night().await).await;
    night.poll("02:12", [boston_without(THIRD), los_angeles(BEFORE, 0, &[])]).await;
    let standing = night.standing("jaylenbrown").await;
    assert_ne!(standing["status"], "void");
    assert!(standing["actual"].is_null(), "{standing}");
}

#[tokio::test]
async fn a_prediction_row_that_names_the_new_team_s_game_is_of_the_same_player() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(SCHEDULE, scheduled("0022500556", "LAL", "MIL"));
    let row = with(predicted("jaylenbrown", 21.0, "OVER"), json!({"game_id": "0022500556"}));
    cloud.add(PREDICTIONS, at_line(row, 19.5));
    let night = Night::of(cloud).await;
    night.poll("03:12", [full(boston_without(FINAL)), full(los_angeles(FINAL, 101, &[brown(25)]))]).await;
    assert_eq!(fields(&night.standing("jaylenbrown").await, ["actual", "status"]), json!([25, "correct"]));
}

#[tokio::test]
async fn a_row_without_play_in_the_old_team_s_box_is_no_reason_against_the_new_team_s() {
    let night = Night::of(trade_night().await).await;
    let mut left = boston_without(FINAL);
    let bench = line(70, "Jaylen", "Brown", 0, "00");
    box_of(&mut left, "home_team").push(bench);
    night.poll("03:12", [full(left), full(los_angeles(FINAL, 101, &[brown(25)]))]).await;
    assert_eq!(grade(&night, "jaylenbrown").await, json!([25, "correct", null]));
}

#[tokio::test]
async fn tonight_s_list_settles_a_player_who_was_traded_today() {
    let night = Night::of(trade_night().await).await;
    night.poll("03:12", [full(boston_without(FINAL)), full(los_angeles(FINAL, 101, &[brown(25)]))]).await;
    let list = tests::drift::tonight(&night.cloud, "03:20").await;
    let shown = fields(player(&list, "jaylenbrown"), ["actual_points", "result", "settled"]);
    assert_eq!(shown, json!([25, "WIN", "provisional"]));
}

#[tokio::test]
async fn a_player_traded_today_has_the_row_that_is_spelled_otherwise() {
    for (name, lookup, first, last) in [
        ("Jimmy Butler III", "jimmybutleriii", "Jimmy", "Butler"),
        ("Nic Claxton", "nicclaxton", "Nicolas", "Claxton"),
    ] {
        let cloud = predicting_of(name).await;
        cloud.add(SCHEDULE, scheduled("0022500556", "LAL", "MIL"));
        let night = Night::of(cloud).await;
        let away = los_angeles(FINAL, 101, &[line(777, first, last, 7, "30")]);
        night.poll("03:12", [full(boston(FINAL, 25)), full(away)]).await;
        assert_eq!(grade(&night, lookup).await, json!([7, "correct", null]), "{name}");
    }
}
