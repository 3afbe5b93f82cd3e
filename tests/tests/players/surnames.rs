//! Teammates who share a surname.

use super::*;

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
