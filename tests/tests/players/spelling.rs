//! One player in several spellings.

use super::*;
use tests::drift::FOURTH;

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

#[tokio::test]
async fn a_box_with_everyone_on_one_side_gives_each_player_the_own_team() {
    let teammates = [
        (80, "home_team", "BOS", ["Derrick White", "Sam Hauser", "Payton Pritchard"]),
        (90, "visitor_team", "TOR", ["Immanuel Quickley", "RJ Barrett", "Jakob Poeltl"]),
    ];
    let predictions = [predicted("jaylenbrown", 27.3, "OVER"), predicted("scottiebarnes", 20.0, "UNDER")];
    let cloud = predicting(&predictions).await;
    let mut game = boston(FINAL, 30);
    for (first_id, side, team, names) in teammates {
        for (id, name) in (first_id..).zip(names) {
            cloud.add(REGISTRY, registered(name, team));
            let (first, last) = name.split_once(' ').expect("two words");
            box_of(&mut game, side).push(line(id, first, last, 5, "20"));
        }
    }
    let night = Night::of(cloud).await;
    for (time, from, to) in [("03:12", "visitor_team", "home_team"), ("03:13", "home_team", "visitor_team")] {
        // All at home, then all on the visitors' side.
        let moved = std::mem::take(box_of(&mut game, from));
        box_of(&mut game, to).extend(moved);
        let live = night.poll(time, [game.clone()]).await;
        for (lookup, team, actual) in [("jaylenbrown", "BOS", 30), ("scottiebarnes", "TOR", 11)] {
            assert_eq!(fields(player(&live, lookup), ["team", "points"]), json!([team, actual]), "{to}");
            let standing = night.standing(lookup).await;
            assert_eq!(fields(&standing, ["actual", "status"]), json!([actual, "correct"]), "{lookup} {to}");
        }
        assert_eq!(lookups(&live).len(), 10, "{to}: {live}");
    }
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

#[tokio::test]
async fn teammates_under_one_id_are_told_apart_by_their_names() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let mut game = full(boston(FINAL, 30));
    for row in box_of(&mut game, "home_team") {
        row["player"]["id"] = json!(1);
    }
    let live = night.poll("03:12", [game]).await;
    assert_eq!(player(&live, "jaylenbrown")["points"], 30);
    assert_eq!(player(&live, "hugogonzalez")["points"], 6);
    assert_eq!(night.standing("jaylenbrown").await["actual"], 30);
}

#[tokio::test]
async fn a_stranger_whom_the_directory_takes_for_a_player_in_the_box_stays_a_stranger() {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    cloud.add(DIRECTORY, known(300, "Jaylen Brown", "jaylenbrown"));
    let night = Night::of(cloud).await;
    let game = joined(boston(FOURTH, 22), 300, "Zed", "Okafor", 30);
    let live = night.poll("02:12", [game]).await;
    assert_eq!(player(&live, "jaylenbrown")["points"], 22);
    assert_eq!(player(&live, "zedokafor")["points"], 30);
    assert_eq!(night.standing("jaylenbrown").await["actual"], 22);
}
