//! Predictions of players who did not play.

use super::*;

#[tokio::test]
async fn f19_f47_who_did_not_play_is_void_and_counts_on_neither_side() {
    let in_no_box = {
        let mut game = boston(FINAL, 0, "00");
        game["home_team"]["players"] = json!([line(72, "Jayson", "Tatum", 30, "38")]);
        game
    };
    let without_minutes = {
        let mut game = boston(FINAL, 0, "00");
        game["home_team"]["players"][0]["min"] = Value::Null;
        game
    };
    for (what, game) in [
        ("zeros", boston(FINAL, 0, "00")),
        ("no minutes", without_minutes),
        ("in no box", tests::drift::full(in_no_box)),
    ] {
        for side in ["OVER", "UNDER"] {
            let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, side)]).await;
            let document = graded(&cloud, [game.clone()]).await;
            let standing = &document["predictions"][0];
            assert_eq!(
                (&standing["status"], &standing["actual"]),
                (&json!("void"), &Value::Null),
                "{what} {side}"
            );
            let summary = &document["summary"];
            let counts =
                ["voided", "correct", "incorrect", "pushes", "pending", "graded"].map(|it| &summary[it]);
            assert_eq!(json!(counts), json!([1, 0, 0, 0, 0, 0]), "{what} {side}");
            assert!(summary["win_rate"].is_null());
        }
    }
    // A scoreless game counts as a game.
    let scoreless = standing(predicted("jaylenbrown", 27.3, "UNDER"), boston(FINAL, 0, "12")).await;
    assert_eq!((&scoreless["status"], &scoreless["actual"]), (&json!("correct"), &json!(0)));
}
