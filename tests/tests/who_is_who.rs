//! A name is never matched to another person's points, and an unmatched player is not reported as "did not
//! play".

use serde_json::{Value, json};
use tests::drift::{
    BEFORE, CONTEXT, DIRECTORY, FINAL, GRADING, Night, PREDICTIONS, REGISTRY, SCHEDULE, SUMMARY, State,
    THIRD, at_line, boston, box_of, fields, full, line, los_angeles, player, predicting, tonight,
};
use tests::{
    Cloud,
    warehouse::{DAY, expected, played, predicted, registered, scheduled, with},
};

/// A night with a prediction of 8 points of Boston's `name`, under a line of 10.5.
async fn predicting_of(name: &str) -> Cloud {
    let player = registered(name, "BOS");
    let lookup = player["player_lookup"].as_str().expect("a lookup").to_owned();
    let cloud = predicting(&[at_line(predicted(&lookup, 8.0, "UNDER"), 10.5)]).await;
    cloud.add(REGISTRY, player);
    cloud.add(CONTEXT, expected(&lookup, "BOS"));
    cloud
}

/// The game with one more player of Boston.
fn joined(mut game: Value, id: i64, first: &str, last: &str, points: i64) -> Value {
    box_of(&mut game, "home_team").push(line(id, first, last, points, "18"));
    game
}

async fn grade(night: &Night, lookup: &str) -> Value {
    fields(&night.standing(lookup).await, ["actual", "status", "void_reason"])
}

fn did_not_play() -> Value {
    json!([null, "void", "did_not_play"])
}

#[tokio::test]
async fn a_teammate_of_the_same_surname_does_not_lend_his_points() {
    let cloud = predicting_of("Marcus Vale").await;
    cloud.add(REGISTRY, registered("Darius Vale", "BOS"));
    let night = Night::of(cloud).await;
    let on = joined(boston(THIRD, 21), 501, "Darius", "Vale", 4);
    let live = night.poll("02:12", [on]).await;
    assert_eq!(player(&live, "dariusvale")["points"], 4);
    assert!(night.standing("marcusvale").await["actual"].is_null());
    let live = night.poll("03:12", [full(joined(boston(FINAL, 25), 501, "Darius", "Vale", 6))]).await;
    assert_eq!(player(&live, "dariusvale")["points"], 6);
    assert_eq!(grade(&night, "marcusvale").await, did_not_play());
    assert_eq!(night.timed("marcusvale").await["points"], json!([]));
}

#[tokio::test]
async fn a_teammate_whose_first_name_is_nearly_the_same_does_not_lend_his_points() {
    let cloud = predicting_of("Jalen Williams").await;
    cloud.add(REGISTRY, registered("Jaylin Williams", "BOS"));
    cloud.add(REGISTRY, registered("Kenrich Williams", "BOS"));
    let night = Night::of(cloud).await;
    let game = joined(boston(FINAL, 25), 502, "Jaylin", "Williams", 12);
    let live = night.poll("03:12", [full(game)]).await;
    assert_eq!(player(&live, "jaylinwilliams")["points"], 12);
    assert_eq!(grade(&night, "jalenwilliams").await, did_not_play());
}

#[tokio::test]
async fn a_teammate_whom_the_registry_has_with_another_team_does_not_lend_his_points() {
    let cloud = predicting_of("Marcus Vale").await;
    // He belonged to Milwaukee until this week; the registry does not have the trade yet.
    cloud.add(REGISTRY, registered("Darius Vale", "MIL"));
    let night = Night::of(cloud).await;
    night.poll("03:12", [full(joined(boston(FINAL, 25), 501, "Darius", "Vale", 6))]).await;
    assert_eq!(grade(&night, "marcusvale").await, did_not_play());
}

/// The name that BallDontLie's directory has for an id.
fn known(id: i64, name: &str, lookup: &str) -> Value {
    json!({
        "game_date": "2026-01-05", "season_year": 2025, "is_postseason": false, "team_abbr": "BOS",
        "player_full_name": name, "player_lookup": lookup, "bdl_player_id": id,
    })
}

#[tokio::test]
async fn a_teammate_whom_only_the_directory_of_ids_knows_does_not_lend_his_points() {
    let cloud = predicting_of("Marcus Vale").await;
    cloud.add(DIRECTORY, known(501, "Darius Vale", "dariusvale"));
    let night = Night::of(cloud).await;
    night.poll("03:12", [full(joined(boston(FINAL, 25), 501, "D.", "Vale", 6))]).await;
    assert_eq!(grade(&night, "marcusvale").await, did_not_play());
}

#[tokio::test]
async fn a_nickname_is_still_found_beside_a_teammate_who_is_known_as_himself() {
    let cloud = predicting_of("Marcus Vale").await;
    cloud.add(REGISTRY, registered("Darius Vale", "BOS"));
    let night = Night::of(cloud).await;
    let game = joined(boston(FINAL, 25), 501, "Darius", "Vale", 6);
    let live = night.poll("03:12", [full(joined(game, 503, "Marc", "Vale", 9))]).await;
    assert_eq!(player(&live, "marcusvale")["points"], 9);
    assert_eq!(fields(&night.standing("marcusvale").await, ["actual", "status"]), json!([9, "correct"]));
}

/// Checks that a prediction is not presented as decided.
async fn open(night: &Night, lookup: &str) {
    let standing = night.standing(lookup).await;
    assert!(standing["status"] == "pending" || standing["settled"] == "provisional", "{standing}");
    assert_eq!(standing["clinched"], false, "{standing}");
}

#[tokio::test]
async fn a_short_box_at_the_first_sight_of_a_final_game_voids_nobody() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let mut short = boston(FINAL, 25);
    box_of(&mut short, "home_team").remove(0);
    night.poll("03:12", [short]).await;
    open(&night, "jaylenbrown").await;
    night.poll("03:15", [full(boston(FINAL, 25))]).await;
    assert_eq!(fields(&night.standing("jaylenbrown").await, ["actual", "status"]), json!([25, "correct"]));
}

#[tokio::test]
async fn an_empty_box_at_the_first_sight_of_a_final_game_voids_nobody() {
    for players in [json!([]), Value::Null] {
        let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
        let mut empty = boston(FINAL, 25);
        empty["home_team"]["players"] = players.clone();
        empty["visitor_team"]["players"] = players;
        night.poll("03:12", [empty]).await;
        open(&night, "jaylenbrown").await;
    }
}

#[tokio::test]
async fn a_box_of_one_side_only_voids_nobody_of_the_other() {
    let night = Night::of(predicting(&[predicted("scottiebarnes", 20.0, "UNDER")]).await).await;
    let mut half = full(boston(FINAL, 25));
    half["visitor_team"]["players"] = json!([]);
    night.poll("03:12", [half]).await;
    open(&night, "scottiebarnes").await;
}

#[tokio::test]
async fn the_official_box_says_for_certain_that_a_player_did_not_play() {
    let mut night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let mut short = boston(FINAL, 25);
    box_of(&mut short, "home_team").remove(0);
    night.poll("03:12", [short.clone()]).await;
    open(&night, "jaylenbrown").await;
    let row = with(played("jaylenbrown", DAY, 0, 0.0), json!({"is_dnp": true}));
    night.cloud.add(SUMMARY, row);
    night.restart().await;
    night.poll("03:15", [short]).await;
    assert_eq!(grade(&night, "jaylenbrown").await, did_not_play());
    assert_eq!(night.standing("jaylenbrown").await["clinched"], true);
}

#[tokio::test]
async fn a_whole_box_without_a_player_says_that_he_did_not_play() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let mut game = boston(FINAL, 25);
    box_of(&mut game, "home_team").remove(0);
    night.poll("03:12", [full(game)]).await;
    assert_eq!(grade(&night, "jaylenbrown").await, did_not_play());
}

#[tokio::test]
async fn a_family_name_written_first_is_the_same_name() {
    for (name, lookup, first, last) in [
        ("Tianlei Bao", "tianleibao", "Bao", "Tianlei"),
        ("Yang Hansen", "yanghansen", "Hansen", "Yang"),
        ("Wang Jun-jie", "wangjunjie", "Jun-jie", "Wang"),
    ] {
        let night = Night::of(predicting_of(name).await).await;
        let live = night.poll("03:12", [full(joined(boston(FINAL, 25), 504, first, last, 7))]).await;
        assert_eq!(player(&live, lookup)["points"], 7, "one lookup in every document");
        assert_eq!(
            fields(&night.standing(lookup).await, ["actual", "status"]),
            json!([7, "correct"]),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_box_whose_sides_are_swapped_is_read_all_the_same() {
    let predictions = [predicted("jaylenbrown", 27.3, "OVER"), predicted("scottiebarnes", 20.0, "UNDER")];
    let night = Night::of(predicting(&predictions).await).await;
    let mut game = full(boston(FINAL, 30));
    let (home, away) = (game["home_team"]["players"].take(), game["visitor_team"]["players"].take());
    (game["home_team"]["players"], game["visitor_team"]["players"]) = (away, home);
    night.poll("03:12", [game]).await;
    for (lookup, actual) in [("jaylenbrown", 30), ("scottiebarnes", 11)] {
        let standing = night.standing(lookup).await;
        assert_eq!(fields(&standing, ["actual", "status"]), json!([actual, "correct"]), "{lookup}");
    }
}

/// A night on which Boston and Los Angeles play, with a prediction of 21 points of Boston's Jaylen Brown,
/// over 19.5.
async fn trade_night() -> Cloud {
    let cloud = predicting(&[at_line(predicted("jaylenbrown", 21.0, "OVER"), 19.5)]).await;
    cloud.add(SCHEDULE, scheduled("0022500556", "LAL", "MIL"));
    cloud
}

/// Toronto at Boston without Jaylen Brown.
fn boston_without(state: State<'_>) -> Value {
    let mut game = boston(state, 25);
    box_of(&mut game, "home_team").remove(0);
    game
}

fn brown(points: i64) -> Value {
    line(70, "Jaylen", "Brown", points, "34")
}

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
async fn a_name_that_drifts_in_the_middle_of_a_game_keeps_its_id_s_player() {
    for (first, last) in
        [(json!("Jaylen"), Value::Null), (json!("Jay"), json!("Browne")), (json!("J"), json!({}))]
    {
        let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
        night.poll("02:12", [boston(THIRD, 21)]).await;
        let mut end = full(boston(FINAL, 27));
        let drifted = &mut box_of(&mut end, "home_team")[0]["player"];
        (drifted["first_name"], drifted["last_name"]) = (first.clone(), last.clone());
        let live = night.poll("03:12", [end]).await;
        assert_eq!(player(&live, "jaylenbrown")["points"], 27, "{first} {last}");
        assert_eq!(grade(&night, "jaylenbrown").await, json!([27, "correct", null]), "{first} {last}");
    }
}

#[tokio::test]
async fn a_universal_id_is_more_certain_than_the_spelling_beside_it() {
    let cloud = predicting(&[]).await;
    let butler =
        with(registered("Jimmy Butler III", "BOS"), json!({"universal_player_id": "jimmybutleriii_001"}));
    cloud.add(REGISTRY, butler);
    cloud.add(CONTEXT, expected("jimmybutleriii", "BOS"));
    let row =
        with(predicted("jimmybutler", 24.0, "OVER"), json!({"universal_player_id": "jimmybutleriii_001"}));
    cloud.add(PREDICTIONS, at_line(row, 21.5));
    let night = Night::of(cloud).await;
    let live = night.poll("03:12", [full(joined(boston(FINAL, 25), 504, "Jimmy", "Butler", 27))]).await;
    assert_eq!(player(&live, "jimmybutleriii")["points"], 27);
    assert_eq!(grade(&night, "jimmybutleriii").await, json!([27, "correct", null]));
}

#[tokio::test]
async fn of_namesakes_that_differ_in_the_suffix_a_row_is_its_own_team_s() {
    // Boston's Gary Trent Jr., whose suffix upstream drops, and Toronto's Gary Trent.
    let cloud = predicting(&[at_line(predicted("garytrent", 12.0, "OVER"), 9.5)]).await;
    for (name, team) in [("Gary Trent Jr.", "BOS"), ("Gary Trent", "TOR")] {
        let row = registered(name, team);
        cloud.add(CONTEXT, expected(row["player_lookup"].as_str().expect("a lookup"), team));
        cloud.add(REGISTRY, row);
    }
    let night = Night::of(cloud).await;
    let live = night.poll("02:12", [joined(boston(THIRD, 21), 505, "Gary", "Trent", 20)]).await;
    assert_eq!(fields(player(&live, "garytrentjr"), ["points", "team"]), json!([20, "BOS"]));
    assert!(night.standing("garytrent").await["actual"].is_null());
    // Both under the same name.
    let mut end = joined(boston(FINAL, 25), 505, "Gary", "Trent", 22);
    box_of(&mut end, "visitor_team").push(line(506, "Gary", "Trent", 11, "18"));
    let live = night.poll("03:12", [full(end)]).await;
    assert_eq!([&player(&live, "garytrentjr")["points"], &player(&live, "garytrent")["points"]], [22, 11]);
    assert_eq!(grade(&night, "garytrent").await, json!([11, "correct", null]));
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
async fn of_teammates_with_one_surname_the_likelier_first_name_is_the_player() {
    for (theirs, own) in [("Alexandre", "Alex"), ("Moritz", "Moe")] {
        let cloud = predicting_of(&format!("{own} Sarr")).await;
        // The brother is in no box yet.
        cloud.add(REGISTRY, registered("Olivier Sarr", "BOS"));
        cloud.add(CONTEXT, expected("oliviersarr", "BOS"));
        let lookup = format!("{}sarr", own.to_lowercase());
        let night = Night::of(cloud).await;
        let live = night.poll("02:12", [joined(boston(THIRD, 21), 507, theirs, "Sarr", 6)]).await;
        assert_eq!(player(&live, &lookup)["points"], 6);
        assert_eq!(night.standing(&lookup).await["actual"], 6);
    }
}

#[tokio::test]
async fn a_row_that_nobody_is_known_by_and_that_may_be_the_player_s_keeps_the_line_open() {
    let cloud = predicting_of("Jalen Williams").await;
    cloud.add(REGISTRY, registered("Jaylin Williams", "BOS"));
    cloud.add(CONTEXT, expected("jaylinwilliams", "BOS"));
    let night = Night::of(cloud).await;
    night.poll("03:12", [full(joined(boston(FINAL, 25), 508, "J.", "Williams", 30))]).await;
    assert_eq!(grade(&night, "jalenwilliams").await, json!([null, "pending", null]));
    // A stranger of another surname is none of theirs.
    let night = Night::of(predicting_of("Jalen Williams").await).await;
    night.poll("03:12", [full(joined(boston(FINAL, 25), 509, "Jo", "Winter", 30))]).await;
    assert_eq!(grade(&night, "jalenwilliams").await, did_not_play());
}

/// A prediction of 8 points under 10.5, in a spelling of its own and without the certain id.
fn spelled(lookup: &str) -> Value {
    let row = with(predicted(lookup, 8.0, "UNDER"), json!({"universal_player_id": null}));
    at_line(with(row, json!({"prediction_id": format!("of-{lookup}")})), 10.5)
}

#[tokio::test]
async fn a_prediction_in_the_other_source_s_spelling_is_the_player_s() {
    for (name, lookup, spelling, first, last) in [
        ("Jimmy Butler III", "jimmybutleriii", "jimmybutler", "Jimmy", "Butler"),
        ("Nic Claxton", "nicclaxton", "nicolasclaxton", "Nicolas", "Claxton"),
        ("Alex Sarr", "alexsarr", "alexandresarr", "Alexandre", "Sarr"),
    ] {
        let cloud = predicting(&[spelled(spelling)]).await;
        cloud.add(REGISTRY, registered(name, "BOS"));
        cloud.add(CONTEXT, expected(lookup, "BOS"));
        assert_eq!(player(&tonight(&cloud, "22:00").await, lookup)["has_line"], true, "{name}");
        // The same one again, under the registry's spelling.
        cloud.add(PREDICTIONS, at_line(predicted(lookup, 8.0, "UNDER"), 10.5));
        let night = Night::of(cloud).await;
        night.poll("03:12", [full(joined(boston(FINAL, 25), 501, first, last, 7))]).await;
        assert_eq!(grade(&night, lookup).await, json!([7, "correct", null]), "{name}");
        let grading = night.cloud.document(GRADING).await;
        assert_eq!(grading["summary"]["total_predictions"], 1, "{name}");
    }
}

#[tokio::test]
async fn a_prediction_spelled_like_another_player_of_the_registry_stays_that_player_s() {
    let cloud = predicting(&[spelled("nicolasclaxton")]).await;
    for (name, lookup) in [("Nic Claxton", "nicclaxton"), ("Nicolas Claxton", "nicolasclaxton")] {
        cloud.add(REGISTRY, registered(name, "BOS"));
        cloud.add(CONTEXT, expected(lookup, "BOS"));
    }
    let night = Night::of(cloud).await;
    night.poll("03:12", [full(joined(boston(FINAL, 25), 501, "Nic", "Claxton", 7))]).await;
    assert_eq!(grade(&night, "nicolasclaxton").await, did_not_play());
}

#[tokio::test]
async fn a_form_in_two_spellings_is_one_player_s_by_the_certain_id() {
    for (spellings, expected) in [
        (["nicclaxton", "nicolasclaxton"], json!([15.0, 2, [20, 10]])),
        (["nicolasclaxton", "nicolasclaxton"], json!([15.0, 2, [20, 10]])),
    ] {
        let cloud = predicting_of("Nic Claxton").await;
        let id = json!({"universal_player_id": "nicclaxton_001"});
        for (spelling, day, points) in [(spellings[0], "2026-01-07", 20), (spellings[1], "2026-01-05", 10)] {
            cloud.add(SUMMARY, with(played(spelling, day, points, 30.0), id.clone()));
        }
        let list = tonight(&cloud, "22:00").await;
        let nic = player(&list, "nicclaxton");
        let shown = fields(nic, ["season_ppg", "games_played", "last_10_points"]);
        assert_eq!(shown, expected, "{spellings:?}");
    }
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

#[tokio::test]
async fn a_stranger_on_another_team_who_is_spelled_like_two_players_is_neither() {
    let cloud = predicting_of("Nic Claxton").await;
    cloud.add(REGISTRY, registered("Nico Claxton", "BOS"));
    cloud.add(CONTEXT, expected("nicoclaxton", "BOS"));
    cloud.add(SCHEDULE, scheduled("0022500556", "LAL", "MIL"));
    let night = Night::of(cloud).await;
    let away = los_angeles(FINAL, 101, &[line(777, "Nicolas", "Claxton", 7, "30")]);
    let live = night.poll("03:12", [full(boston(FINAL, 25)), full(away)]).await;
    assert_eq!(player(&live, "nicolasclaxton")["points"], 7);
}

#[tokio::test]
async fn two_rows_of_a_game_are_not_one_player_because_the_directory_says_so() {
    let rows =
        [predicted("jaylenbrown", 27.3, "OVER"), at_line(predicted("hugogonzalez", 8.0, "UNDER"), 10.5)];
    let night = Night::of(predicting(&rows).await).await;
    for id in [70, 72] {
        night.cloud.add(
            DIRECTORY,
            json!({
                "game_date": "2026-01-05", "season_year": 2025, "is_postseason": false, "team_abbr": "BOS",
                "player_full_name": "Hugo González", "player_lookup": "hugogonzalez", "bdl_player_id": id,
            }),
        );
    }
    night.poll("03:12", [full(boston(FINAL, 27))]).await;
    assert_eq!(night.standing("jaylenbrown").await["actual"], 27);
    assert_eq!(night.standing("hugogonzalez").await["actual"], 6);
}

#[tokio::test]
async fn a_prediction_with_another_certain_id_is_not_the_player_s() {
    let other = with(spelled("jalenbrownjr"), json!({"universal_player_id": "jalenbrownjr_001"}));
    let cloud = predicting(&[other, predicted("jalenbrown", 8.0, "UNDER")]).await;
    cloud.add(REGISTRY, registered("Jalen Brown", "BOS"));
    cloud.add(CONTEXT, expected("jalenbrown", "BOS"));
    let night = Night::of(cloud).await;
    night.poll("03:12", [full(joined(boston(FINAL, 25), 501, "Jalen", "Brown", 7))]).await;
    let brown = night.standing("jalenbrown").await;
    assert_eq!(fields(&brown, ["actual", "line"]), json!([7, 24.5]));
    assert!(night.standing("jalenbrownjr").await["actual"].is_null());
}

#[tokio::test]
async fn a_prediction_spelled_exactly_like_the_box_is_graded_by_that_row() {
    for with_line in [false, true] {
        let pick = with(
            at_line(predicted("carltoncarrington", 18.0, "OVER"), 15.5),
            json!({"universal_player_id": null}),
        );
        let cloud = predicting(&[pick]).await;
        cloud.add(REGISTRY, registered("Bub Carrington", "BOS"));
        cloud.add(CONTEXT, expected("bubcarrington", "BOS"));
        if with_line {
            for offer in tests::drift::both_sides("bubcarrington", 10, 14.5, -110, -110) {
                cloud.add(tests::drift::ODDS, offer);
            }
        }
        let night = Night::of(cloud).await;
        let game = |state: State<'_>, points| joined(boston(state, 25), 510, "Carlton", "Carrington", points);
        night.poll("02:12", [game(THIRD, 12)]).await;
        night.poll("03:12", [full(game(FINAL, 21))]).await;
        let live = night.cloud.document("v1/live/latest.json").await;
        assert_eq!(player(&live, "bubcarrington")["points"], 21);
        assert_eq!(grade(&night, "bubcarrington").await, json!([21, "correct", null]));
        let grading = night.cloud.document(GRADING).await;
        let lines = grading["lines"].as_array().expect("lines");
        let his: Vec<&Value> = lines.iter().filter(|line| line["player_lookup"] == "bubcarrington").collect();
        assert_eq!(his.len(), 1, "{lines:?}");
        assert_eq!(his[0]["outcome"], "over");
    }
}

#[tokio::test]
async fn an_analysis_in_another_spelling_and_without_an_id_is_of_the_registered_player() {
    for spelled in ["jimmybutler", "jimbutler", "jimmybutlersr"] {
        let cloud = predicting(&[predicted("jimmybutleriii", 27.3, "OVER")]).await;
        cloud.add(REGISTRY, registered("Jimmy Butler III", "BOS"));
        cloud.add(CONTEXT, with(expected(spelled, "BOS"), json!({"universal_player_id": null})));
        let list = tonight(&cloud, "22:00").await;
        let lookups = tests::drift::lookups(&list);
        let his: Vec<&&str> = lookups.iter().filter(|lookup| lookup.contains("butler")).collect();
        assert_eq!(his, [&"jimmybutleriii"], "{spelled}");
        assert_eq!(player(&list, "jimmybutleriii")["context"], "analysis");
        let night = Night::of(cloud).await;
        let game = joined(boston(FINAL, 25), 511, "Jimmy", "Butler", 26);
        night.poll("03:12", [full(game)]).await;
        assert_eq!(grade(&night, "jimmybutleriii").await, json!([26, "correct", null]), "{spelled}");
    }
}

#[tokio::test]
async fn an_injury_report_without_a_lookup_is_read_by_its_name() {
    for (name, status) in [("Jaylen Brown", " Out "), ("Brown, Jaylen", "OUT"), ("Jaylen Brown", "out")] {
        let cloud = predicting(&[]).await;
        let report = json!({"player_lookup": null, "player_full_name": name, "injury_status": status});
        cloud.add(tests::drift::INJURIES, with(tests::warehouse::reported("jaylenbrown", "out"), report));
        let list = tonight(&cloud, "22:00").await;
        assert_eq!(player(&list, "jaylenbrown")["injury_status"], "out", "{name} {status:?}");
    }
}
