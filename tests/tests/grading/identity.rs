//! The game and the player of a prediction are found.

use super::*;

#[tokio::test]
async fn f13_the_game_is_found_in_either_form_of_its_id() {
    for game_id in [GAME, "20260109_TOR_BOS"] {
        let prediction = with(predicted("jaylenbrown", 27.3, "OVER"), json!({"game_id": game_id}));
        let standing = standing(prediction, boston(FINAL, 30, "37")).await;
        let shown = ["game_id", "home_team", "away_team", "status"].map(|field| &standing[field]);
        assert_eq!(json!(shown), json!([GAME, "BOS", "TOR", "correct"]), "{game_id}");
    }
}

#[tokio::test]
async fn f67_two_players_of_one_name_on_two_teams_do_not_collide() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    cloud.add("nba_raw.nbac_schedule", scheduled("0022500556", "LAL", "MIL"));
    let other = json!({"universal_player_id": "jaylenbrown_002", "game_id": "0022500556"});
    cloud.add(
        "nba_reference.nba_players_registry",
        with(registered("Jaylen Brown", "MIL"), json!({"universal_player_id": "jaylenbrown_002"})),
    );
    cloud.add(
        "nba_analytics.upcoming_player_game_context",
        with(tests::warehouse::expected("jaylenbrown", "MIL"), other.clone()),
    );
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 9.0, "UNDER"), other));
    let mut milwaukee = game(2, DAY, "Final", 4, "Final");
    milwaukee["home_team"] = json!({"id": 14, "abbreviation": "LAL", "players": []});
    milwaukee["visitor_team"] =
        json!({"id": 17, "abbreviation": "MIL", "players": [line(99, "Jaylen", "Brown", 4, "11")]});
    let document = graded(&cloud, [boston(FINAL, 30, "37"), milwaukee]).await;
    let standings: Vec<Value> = document["predictions"]
        .as_array()
        .expect("predictions")
        .iter()
        .map(|it| json!([it["team"], it["actual"], it["recommendation"], it["status"]]))
        .collect();
    assert_eq!(standings, [json!(["BOS", 30, "OVER", "correct"]), json!(["MIL", 4, "UNDER", "correct"])]);
}

#[tokio::test]
async fn a_player_whose_first_name_or_suffix_upstream_has_otherwise_is_found_by_surname() {
    let cloud =
        cloud_with(&[predicted("alexsarr", 15.0, "OVER"), predicted("jaylenbrown", 27.3, "OVER")]).await;
    cloud.add("nba_reference.nba_players_registry", registered("Alex Sarr", "BOS"));
    cloud.add("nba_analytics.upcoming_player_game_context", tests::warehouse::expected("alexsarr", "BOS"));
    let mut game = boston(FINAL, 30, "37");
    let players = game["home_team"]["players"].as_array_mut().expect("players");
    players.push(line(75, "Alexandre", "Sarr", 26, "30"));
    let document = graded(&cloud, [game.clone()]).await;
    let standings = |document: &Value| -> Vec<Value> {
        let predictions = document["predictions"].as_array().expect("predictions").iter();
        predictions.map(|it| json!([it["player_lookup"], it["actual"], it["status"]])).collect()
    };
    assert_eq!(
        standings(&document),
        [json!(["alexsarr", 26, "correct"]), json!(["jaylenbrown", 30, "correct"])]
    );
    // Two players of that surname: a row stays that of the player who its id was.
    let players = game["home_team"]["players"].as_array_mut().expect("players");
    players.push(line(76, "Olivier", "Sarr", 2, "3"));
    let document = graded(&cloud, [game.clone()]).await;
    assert_eq!(standings(&document)[0], json!(["alexsarr", 26, "correct"]));
    // At first sight the match is uncertain, and a box score with so few players is not complete.
    let cloud = cloud_with(&[predicted("alexsarr", 15.0, "OVER")]).await;
    cloud.add("nba_reference.nba_players_registry", registered("Alex Sarr", "BOS"));
    cloud.add("nba_analytics.upcoming_player_game_context", tests::warehouse::expected("alexsarr", "BOS"));
    assert_eq!(standings(&graded(&cloud, [game]).await), [json!(["alexsarr", null, "pending"])]);
}

#[tokio::test]
async fn f67_a_namesake_on_the_other_side_of_the_game_does_not_lend_his_points() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let other = json!({"universal_player_id": "jaylenbrown_002"});
    cloud.add("nba_reference.nba_players_registry", with(registered("Jaylen Brown", "TOR"), other));
    let mut game = boston(FINAL, 30, "37");
    game["home_team"]["players"] = json!([]);
    game["visitor_team"]["players"] = json!([line(99, "Jaylen", "Brown", 22, "30")]);
    let document = graded(&cloud, [tests::drift::full(game)]).await;
    let standing = &document["predictions"][0];
    assert_eq!(json!([standing["status"], standing["void_reason"]]), json!(["void", "did_not_play"]));
}
