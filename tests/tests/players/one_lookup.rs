//! Each player has one lookup in all documents, however the sources spell the name.

use serde_json::{Value, json};
use shared::nba::PlayerLookup;
use tests::drift::{
    CONTEXT, GRADING, Night, ODDS, PREDICTIONS, REGISTRY, SCHEDULE, THIRD, TIMELINE, boston, both_sides,
    box_of, line, lookups, player, players, tonight,
};
use tests::{
    Cloud, recorded_data,
    warehouse::{DAY, expected, predicted, registered, scheduled, with},
};

/// Points that only this player has.
const POINTS: i64 = 33;

/// The lookup of one player of Boston, whose name the warehouse spells `stored` and BallDontLie as a first
/// and a last name: in tonight's list, the scores, the grading and the timeline.
async fn everywhere(name: &str, stored: &str, (first, last): (&str, &str)) -> [String; 4] {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let him = json!({"player_lookup": stored, "universal_player_id": "him_001"});
    cloud.add(REGISTRY, with(registered(name, "BOS"), him.clone()));
    cloud.add(CONTEXT, with(expected("him", "BOS"), him.clone()));
    cloud.add(PREDICTIONS, with(predicted("him", 27.3, "OVER"), him));
    for offer in both_sides(stored, 10, 24.5, -115, -105) {
        cloud.add(ODDS, with(offer, json!({"player_name": name})));
    }
    let list = tonight(&cloud, "22:00").await;
    let lined: Vec<&Value> = players(&list).into_iter().filter(|it| it["has_line"] == true).collect();
    assert_eq!(lined.len(), 1, "{list}");
    assert_eq!(lined[0]["name"], name);
    assert_eq!(lined[0]["props"][0]["over_odds"], -115, "his odds are found: {}", lined[0]);

    let night = Night::of(cloud).await;
    let mut game = boston(THIRD, 21);
    box_of(&mut game, "home_team").push(line(79, first, last, POINTS, "30"));
    let live = night.poll("02:12", [game]).await;
    let scored: Vec<&Value> = players(&live).into_iter().filter(|it| it["points"] == POINTS).collect();
    assert_eq!(scored.len(), 1, "{live}");
    let grading = night.cloud.document(GRADING).await;
    assert_eq!(grading["predictions"][0]["actual"], POINTS, "{grading}");
    let timeline = night.cloud.document(TIMELINE).await;
    assert_eq!(timeline["players"][0]["points"], json!([[1765, POINTS]]), "{timeline}");
    [lined[0], scored[0], &grading["predictions"][0], &timeline["players"][0]]
        .map(|it| it["player_lookup"].as_str().expect("a lookup").to_owned())
}

/// Checks that all documents have the same lookup, and that it does not belong to another player.
async fn check(name: &str, stored: &str, boxed: (&str, &str)) {
    let found = everywhere(name, stored, boxed).await;
    assert!(found.iter().all(|lookup| *lookup == found[0]), "{name}: {found:?}");
}

#[tokio::test]
async fn a_letter_that_the_warehouse_drops_makes_no_other_player() {
    check("Nikola Đorđić", "nikolaoric", ("Nikola", "Dordic")).await;
}

#[tokio::test]
async fn a_letter_that_upstream_writes_with_two_makes_no_other_player() {
    check("Nikola Đorđić", "nikolaoric", ("Nikola", "Djordjic")).await;
    check("Nikola Đurišić", "nikolaurisic", ("Nikola", "Djurisic")).await;
}

#[tokio::test]
async fn a_letter_that_one_side_keeps_and_the_other_writes_plainly_makes_no_other_player() {
    check("Nikola Đurišić", "nikoladurisic", ("Nikola", "Durisic")).await;
    check("Nikola Đurišić", "nikolaurisic", ("Nikola", "Đurišić")).await;
}

#[tokio::test]
async fn other_letters_that_do_not_decompose_make_no_other_player() {
    for (name, stored, boxed) in [
        ("Mikkel Sørensen", "mikkelsrensen", ("Mikkel", "Sorensen")),
        ("Mikkel Sørensen", "mikkelsrensen", ("Mikkel", "Soerensen")),
        ("Ömer Aşık", "omerask", ("Omer", "Asik")),
        ("Łukasz Groß", "ukaszgro", ("Lukasz", "Gross")),
    ] {
        check(name, stored, boxed).await;
    }
}

/// Checks that every document has the NBA's lookup of a player whose name differs in BallDontLie.
async fn check_alias(name: &str, boxed: (&str, &str)) {
    let lookup = PlayerLookup::of(name).expect("a lookup");
    let found = everywhere(name, lookup.as_str(), boxed).await;
    assert!(found.iter().all(|it| *it == lookup.as_str()), "{name}: {found:?}");
}

#[tokio::test]
async fn sarr_and_carrington_have_the_nba_s_lookup_in_every_document() {
    check_alias("Alex Sarr", ("Alexandre", "Sarr")).await;
    check_alias("Bub Carrington", ("Carlton", "Carrington")).await;
}

#[tokio::test]
async fn claxton_has_the_nba_s_lookup_in_every_document() {
    check_alias("Nic Claxton", ("Nicolas", "Claxton")).await;
}

#[tokio::test]
async fn a_suffix_that_only_one_side_has_makes_no_other_player() {
    check_alias("Jimmy Butler III", ("Jimmy", "Butler")).await;
    check_alias("Robert Williams", ("Robert", "Williams III")).await;
}

#[tokio::test]
async fn a_nickname_or_a_name_of_initials_makes_no_other_player() {
    check_alias("Moritz Wagner", ("Moe", "Wagner")).await;
    check_alias("KJ Martin", ("Kenyon", "Martin Jr.")).await;
    check_alias("Bones Hyland", ("Nah'Shon", "Hyland")).await;
}

#[tokio::test]
async fn a_brother_on_the_team_keeps_his_own_points() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    for name in ["Moritz Wagner", "Franz Wagner"] {
        cloud.add(REGISTRY, registered(name, "BOS"));
        let lookup = PlayerLookup::of(name).expect("a lookup");
        cloud.add(CONTEXT, expected(lookup.as_str(), "BOS"));
    }
    let night = Night::of(cloud).await;
    let mut game = boston(THIRD, 21);
    box_of(&mut game, "home_team").push(line(81, "Moe", "Wagner", 8, "14"));
    box_of(&mut game, "home_team").push(line(82, "Franz", "Wagner", 19, "28"));
    let live = night.poll("02:12", [game]).await;
    for (lookup, points) in [("moritzwagner", 8), ("franzwagner", 19)] {
        assert_eq!(player(&live, lookup)["points"], points, "{lookup}");
    }
}

/// The codes of a game's teams, the home team's first.
fn codes(game: &Value) -> [String; 2] {
    ["home_team", "visitor_team"].map(|side| game[side]["abbreviation"].as_str().expect("a team").to_owned())
}

#[tokio::test]
async fn the_scores_of_the_recorded_night_and_its_list_are_joined_by_lookup() {
    const WANTED: [&str; 4] = ["alexsarr", "bubcarrington", "nicclaxton", "jimmybutleriii"];
    let Some(folder) = recorded_data() else { return };
    let read = |file: &str| -> Value {
        serde_json::from_slice(&std::fs::read(folder.join(file)).expect("a file")).expect("JSON")
    };
    let recorded = read("bdl_box_scores_2026-01-09.json");
    let games = recorded["data"].as_array().expect("games").iter();
    let games: Vec<Value> = games
        .filter(|game| codes(game).iter().any(|team| ["WAS", "BKN", "GSW"].contains(&team.as_str())))
        .cloned()
        .collect();
    let cloud = Cloud::start().await;
    let mut teams = Vec::new();
    for (nth, game) in games.iter().enumerate() {
        let [home, away] = codes(game);
        cloud.add(SCHEDULE, scheduled(&format!("002250090{nth}"), &home, &away));
        teams.extend([home, away]);
    }
    let index = read("nba_player_index_2025-26.json");
    for row in index["resultSets"][0]["rowSet"].as_array().expect("players") {
        let text = |column: usize| row[column].as_str().unwrap_or_default().to_owned();
        let (name, team) = (format!("{} {}", text(2), text(1)), text(9));
        if teams.contains(&team) {
            cloud.add(REGISTRY, registered(&name, &team));
        }
    }
    let list = tonight(&cloud, "22:00").await;
    let night = Night::of(cloud).await;
    let live = night.poll("05:12", games).await;
    assert_eq!(live["game_date"], DAY);
    for lookup in WANTED {
        assert!(lookups(&list).contains(lookup), "{lookup} is not in tonight's list");
        assert!(lookups(&live).contains(lookup), "{lookup} is not in the scores");
    }
}
