//! Who did not play, and how certain that is.

use super::*;

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
