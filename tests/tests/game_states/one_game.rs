//! A game is listed once: matched by its day and its two teams in either order, and of duplicates the one
//! that is played.

use serde_json::{Value, json};
use tests::drift::{
    BEFORE, CONTEXT, FINAL, FOURTH, Night, PREDICTIONS, REGISTRY, SCHEDULE, STATUS, THIRD, boston, fields,
    full, line, los_angeles, only, player, predicting, shown, tonight,
};
use tests::{
    Cloud, game,
    warehouse::{DAY, GAME, expected, predicted, registered, scheduled, with},
};

const LIVE_ROWS: &str = "nba_raw.bdl_live_boxscores";

/// The schedule has Washington at home against Miami; 27.3 points of Bilal Coulibaly are predicted.
async fn neutral_ground() -> Cloud {
    let cloud = Cloud::start().await;
    cloud.add(SCHEDULE, scheduled(GAME, "WAS", "MIA"));
    for (name, team) in [("Bilal Coulibaly", "WAS"), ("Bam Adebayo", "MIA")] {
        let player = registered(name, team);
        cloud.add(CONTEXT, expected(player["player_lookup"].as_str().expect("a lookup"), team));
        cloud.add(REGISTRY, player);
    }
    cloud.add(PREDICTIONS, predicted("bilalcoulibaly", 27.3, "OVER"));
    cloud
}

/// Upstream has Miami at home, and these points of Coulibaly, who makes all of Washington's.
fn miami((status, period, time): tests::drift::State<'_>, points: i64) -> Value {
    let mut game = game(1, DAY, status, period, time);
    game["home_team_score"] = json!(40);
    game["visitor_team_score"] = json!(points);
    let home = [line(60, "Bam", "Adebayo", 40, "30")];
    game["home_team"] = json!({"id": 16, "abbreviation": "MIA", "players": home});
    let away = [line(61, "Bilal", "Coulibaly", points, "30")];
    game["visitor_team"] = json!({"id": 30, "abbreviation": "WAS", "players": away});
    game
}

/// The status about the scores: the number of games, whether some are in progress, and the text.
async fn live_data(night: &Night) -> Value {
    let status = night.status().await;
    let live = &status["services"]["live_data"];
    json!([live["games"].as_array().map(Vec::len), live["games_active"], live["message"]])
}

#[tokio::test]
async fn on_neutral_ground_a_game_is_graded_whoever_is_called_the_home_team() {
    let night = Night::of(neutral_ground().await).await;
    let live = night.poll("02:12", [miami(THIRD, 26)]).await;
    assert_eq!(live["games"][0]["nba_game_id"], GAME);
    let sides = ["home_team", "away_team", "home_score", "away_score"];
    assert_eq!(fields(&live["games"][0], sides), json!(["WAS", "MIA", 26, 40]), "as in the schedule");
    let standing = night.standing("bilalcoulibaly").await;
    let shown = fields(&standing, ["team", "opponent", "game_status", "actual", "game_id"]);
    assert_eq!(shown, json!(["WAS", "MIA", "in_progress", 26, GAME]));
    assert_eq!(live_data(&night).await, json!([1, true, "1 game on"]));
    night.poll("03:12", [miami(FINAL, 28)]).await;
    let standing = night.standing("bilalcoulibaly").await;
    assert_eq!(fields(&standing, ["game_status", "actual", "status"]), json!(["final", 28, "correct"]));
    assert_eq!(live_data(&night).await, json!([1, false, "all games are over"]));
}

#[tokio::test]
async fn the_timeline_of_a_game_on_neutral_ground_has_its_points() {
    let night = Night::of(neutral_ground().await).await;
    night.poll("02:12", [miami(THIRD, 26)]).await;
    night.poll("02:30", [miami(FOURTH, 28)]).await;
    assert_eq!(night.timed("bilalcoulibaly").await["points"], json!([[1765, 26], [2340, 28]]));
}

#[tokio::test]
async fn tonight_s_list_gives_each_team_on_neutral_ground_its_own_score() {
    let cloud = neutral_ground().await;
    let row = json!({
        "poll_timestamp": "2026-01-10T01:10:00Z", "game_date": DAY, "game_status": "in_progress",
        "home_team_abbr": "MIA", "away_team_abbr": "WAS", "home_score": 40, "away_score": 26,
    });
    cloud.add(LIVE_ROWS, row);
    let game = tonight(&cloud, "01:20").await["games"][0].clone();
    let shown = fields(&game, ["home_team", "home_score", "away_score", "game_status"]);
    assert_eq!(shown, json!(["WAS", 26, 40, "in_progress"]));
}

#[tokio::test]
async fn a_game_without_an_id_is_that_of_its_day_and_teams() {
    let without = |points: i64, state: tests::drift::State<'_>| {
        let mut game = boston(state, points);
        game["id"] = Value::Null;
        game
    };
    // From the first poll on, and in the middle of the game.
    for (first, called) in [(without(18, THIRD), "20260109_TOR_BOS"), (boston(THIRD, 18), "1")] {
        let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
        let id = night.poll("02:10", [first]).await["games"][0]["game_id"].clone();
        let live = night.poll("02:12", [without(21, THIRD)]).await;
        assert_eq!(shown(&live), json!(["in_progress", "Q3 6:35", 81]), "{id}");
        assert_eq!((&id, &live["games"][0]["game_id"]), (&json!(called), &id), "a game keeps its id");
        assert_eq!(night.standing("jaylenbrown").await["actual"], 21, "{id}");
        let live = night.poll("03:12", [boston(FINAL, 28)]).await;
        let game = fields(&live["games"][0], ["game_id", "nba_game_id", "status"]);
        assert_eq!(game, json!([id, GAME, "final"]));
        assert_eq!(night.standing("jaylenbrown").await["status"], "correct", "{id}");
    }
}

/// A duplicate of Toronto at Boston that is never played.
fn stale(state: tests::drift::State<'_>) -> Value {
    let mut game = boston(state, 0);
    game["id"] = json!(9_001);
    game["home_team_score"] = json!(0);
    game["visitor_team_score"] = json!(0);
    game["home_team"]["players"] = json!([]);
    game["visitor_team"]["players"] = json!([]);
    game
}

#[tokio::test]
async fn of_a_game_and_its_stale_double_the_one_that_is_played_wins_in_either_order() {
    for state in [BEFORE, ("Postponed", 0, ""), ("1st Qtr", 1, "Q1 12:00")] {
        for stale_first in [true, false] {
            let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
            let pair = |played: Value| match stale_first {
                true => [stale(state), played],
                false => [played, stale(state)],
            };
            let live = night.poll("02:12", pair(boston(THIRD, 21))).await;
            assert_eq!(shown(&live), json!(["in_progress", "Q3 6:35", 81]), "{state:?}");
            assert_eq!(night.standing("jaylenbrown").await["actual"], 21, "{state:?}");
            assert_eq!(live_data(&night).await, json!([1, true, "1 game on"]), "{state:?}");
            let live = night.poll("03:12", pair(boston(FINAL, 27))).await;
            assert_eq!(shown(&live), json!(["final", "Final", 87]), "{state:?}");
            assert_eq!(fields(&live, ["games_in_progress", "games_final", "total_games"]), json!([0, 1, 1]));
            assert_eq!(night.standing("jaylenbrown").await["status"], "correct", "{state:?}");
            assert_eq!(live_data(&night).await[1], false, "{state:?}");
        }
    }
}

#[tokio::test]
async fn a_double_with_the_teams_the_other_way_round_is_a_double_too() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let mut double = stale(BEFORE);
    let (home, away) = (double["home_team"].take(), double["visitor_team"].take());
    (double["home_team"], double["visitor_team"]) = (away, home);
    let live = night.poll("02:12", [double, boston(THIRD, 21)]).await;
    assert_eq!(shown(&live), json!(["in_progress", "Q3 6:35", 81]));
    assert_eq!(night.standing("jaylenbrown").await["actual"], 21);
}

#[tokio::test]
async fn an_id_that_changes_in_mid_game_is_the_same_game() {
    for restarts in [false, true] {
        let mut night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
        night.poll("02:12", [boston(THIRD, 21)]).await;
        if restarts {
            night.restart().await;
        }
        let renamed = |state, points| with(boston(state, points), json!({"id": 900}));
        let live = night.poll("02:24", [renamed(FOURTH, 25)]).await;
        assert_eq!(shown(&live), json!(["in_progress", "Q4 9:00", 85]));
        assert_eq!(player(&live, "jaylenbrown")["points"], 25);
        let live = night.poll("02:45", [renamed(FINAL, 27)]).await;
        assert_eq!(shown(&live), json!(["final", "Final", 87]));
        assert_eq!(live["games_in_progress"], 0, "nothing is on after the end");
        assert_eq!(live_data(&night).await[1], false);
        assert_eq!(night.standing("jaylenbrown").await["status"], "correct");
        let points = json!([[1765, 21], [2340, 25], [2880, 27]]);
        assert_eq!(night.timed("jaylenbrown").await["points"], points);
    }
}

#[tokio::test]
async fn a_schedule_that_has_a_pair_twice_has_one_game() {
    for (home, away) in [("BOS", "TOR"), ("TOR", "BOS")] {
        let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
        cloud.add(SCHEDULE, scheduled("0022509999", home, away));
        let list = tonight(&cloud, "22:00").await;
        let games = list["games"].as_array().map(Vec::len);
        assert_eq!((games, &list["total_players"]), (Some(1), &json!(4)), "{list}");
        assert_eq!(player(&list, "jaylenbrown")["has_line"], true);
        let night = Night::of(cloud).await;
        night.poll("03:12", [boston(FINAL, 27)]).await;
        assert_eq!(night.standing("jaylenbrown").await["status"], "correct");
        assert_eq!(live_data(&night).await[1], false);
    }
}

#[tokio::test]
async fn an_id_that_was_a_number_once_is_the_id_with_its_leading_zeros() {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    cloud.execute("nba_raw", "UPDATE nbac_schedule SET game_id = '22500555'");
    let list = tonight(&cloud, "22:00").await;
    assert_eq!((&list["total_players"], &list["games"][0]["game_id"]), (&json!(4), &json!("0022500555")));
    let night = Night::of(cloud).await;
    let live = night.poll("03:12", [boston(FINAL, 27)]).await;
    assert_eq!(live["games"][0]["nba_game_id"], "0022500555");
    assert_eq!(night.standing("jaylenbrown").await["status"], "correct");
}

#[tokio::test]
async fn a_game_that_changes_its_nba_id_in_the_schedule_has_each_player_once_in_the_timeline() {
    let mut night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    night.cloud.execute("nba_raw", "UPDATE nbac_schedule SET game_id = '0022501555'");
    night.restart().await;
    night.poll("02:24", [boston(FOURTH, 25)]).await;
    let timeline = night.cloud.document(tests::drift::TIMELINE).await;
    let timed = only(&timeline["players"], "jaylenbrown");
    assert_eq!(timed["points"], json!([[1765, 21], [2340, 25]]));
    let status = night.cloud.document(STATUS).await;
    assert_eq!(status["services"]["live_data"]["message"], "1 game on");
}

#[tokio::test]
async fn a_team_code_that_is_wrong_for_one_poll_makes_no_second_game() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let other = || los_angeles(("1st Qtr", 1, "Q1 5:00"), 12, &[line(80, "Luka", "Doncic", 12, "6")]);
    night.poll("02:10", [boston(FOURTH, 22), other()]).await;
    for wrong in [json!({"id": 20, "abbreviation": "NYK"}), json!({"id": 2, "abbreviation": "BOS"})] {
        let mut game = boston(FOURTH, 23);
        game["visitor_team"] = with(game["visitor_team"].clone(), wrong);
        let live = night.poll("02:12", [game, other()]).await;
        let teams = live["games"].as_array().expect("games").iter();
        let teams: Vec<Value> = teams.map(|game| fields(game, ["home_team", "away_team"])).collect();
        assert_eq!(teams, [json!(["BOS", "TOR"]), json!(["LAL", "MIL"])]);
    }
    let live = night.poll("03:12", [full(boston(FINAL, 30)), other()]).await;
    assert_eq!(fields(&live, ["total_games", "games_in_progress", "games_final"]), json!([2, 1, 1]));
}

#[tokio::test]
async fn two_games_that_upstream_lists_under_one_id_are_two_games() {
    let night = Night::of(predicting(&[]).await).await;
    let mut other = los_angeles(("1st Qtr", 1, "Q1 5:00"), 12, &[line(80, "Luka", "Doncic", 12, "6")]);
    let one = boston(FOURTH, 22);
    other["id"] = one["id"].clone();
    let live = night.poll("02:12", [one, other]).await;
    assert_eq!(fields(&live, ["total_games", "games_in_progress"]), json!([2, 2]));
}
