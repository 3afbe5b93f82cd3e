//! Players whom the league lists as inactive.

use super::*;

#[tokio::test]
async fn who_is_inactive_is_void_with_the_reason_until_he_plays() {
    let predictions = [predicted("hugogonzalez", 7.5, "OVER"), predicted("jaylenbrown", 27.3, "OVER")];
    let night = Night::of(&predictions).await;
    let out = |state, points| {
        with_inactive(of_feed(state, points), "Hugo", "González", "INACTIVE_INJURY", "Left Knee; Surgery")
    };
    night.feed.list([out(BEFORE, 0)]);
    // Before tip-off, as soon as the feed is asked.
    let shown = night.poll("00:31", refused()).await;
    let inactive = &shown["inactive"][0];
    assert_eq!(
        fields(inactive, ["player_lookup", "team", "reason"]),
        json!(["hugogonzalez", "BOS", "Injury: Left Knee; Surgery"])
    );
    let hugo = async || only(&night.cloud.document(GRADING).await["predictions"], "hugogonzalez").clone();
    let void = json!(["void", "did_not_play", "Injury: Left Knee; Surgery", "provisional"]);
    assert_eq!(fields(&hugo().await, ["status", "void_reason", "void_detail", "settled"]), void);
    let grading = night.cloud.document(GRADING).await;
    assert_eq!(only(&grading["lines"], "hugogonzalez")["void_detail"], "Injury: Left Knee; Surgery");
    assert_eq!(only(&grading["predictions"], "jaylenbrown")["status"], "pending");

    // It stays known while BallDontLie, which does not say so, is back.
    let mut without = game(THIRD, 21);
    box_of(&mut without, "home_team").retain(|row| row["player"]["last_name"] != "González");
    let without = full(without);
    night.poll("02:01", Reply::games([without])).await;
    assert_eq!(fields(&hugo().await, ["status", "void_reason", "void_detail", "settled"]), void);
    // He plays after all.
    let shown = night.poll("02:02", Reply::games([game(("3rd Qtr", 3, "Q3 5:00"), 21)])).await;
    assert!(shown["inactive"].is_null(), "{}", shown["inactive"]);
    assert_ne!(hugo().await["status"], "void");
}

#[tokio::test]
async fn nobody_becomes_active_in_a_game_that_has_begun_because_a_later_list_lacks_his_name() {
    let night = Night::of(&[predicted("hugogonzalez", 7.5, "OVER")]).await;
    let another =
        |state, points| with_inactive(of_feed(state, points), "Jordan", "Walsh", "INACTIVE_COACH", "");
    let both = |state, points| {
        with_inactive(another(state, points), "Hugo", "González", "INACTIVE_INJURY", "Left Knee; Surgery")
    };
    let hugo =
        async || only(&night.cloud.document(GRADING).await["predictions"], "hugogonzalez")["status"].clone();
    let names = |shown: &Value| {
        let listed = shown["inactive"].as_array().expect("a list").iter();
        let mut names: Vec<String> =
            listed.map(|it| it["player_lookup"].as_str().expect("a name").into()).collect();
        names.sort();
        names
    };
    // Before tip-off a list is corrected.
    night.feed.list([both(BEFORE, 0)]);
    night.poll("00:06", refused()).await;
    assert_eq!(hugo().await, "void");
    night.feed.list([another(BEFORE, 0)]);
    assert_eq!(names(&night.poll("00:16", refused()).await), ["jordanwalsh"]);
    assert_eq!(hugo().await, "pending");

    // Afterwards one that lacks a name is only short.
    let row_of_hugo = |row: &Value| row["familyName"] == "González";
    let without_a_row = |mut game: Value| {
        game["homeTeam"]["players"].as_array_mut().expect("players").retain(|row| !row_of_hugo(row));
        game
    };
    night.feed.list([both(THIRD, 21)]);
    night.poll("02:01", refused()).await;
    assert_eq!(hugo().await, "void");
    for (time, points) in [("02:02", 22), ("02:03", 23)] {
        night.feed.list([without_a_row(another(THIRD, points))]);
        assert_eq!(names(&night.poll(time, refused()).await), ["hugogonzalez", "jordanwalsh"]);
        assert_eq!(hugo().await, "void");
    }
    // BallDontLie does not tell.
    let mut without = game(FOURTH, 25);
    box_of(&mut without, "home_team").retain(|row| row["player"]["last_name"] != "González");
    night.poll("02:04", Reply::games([without])).await;
    assert_eq!(hugo().await, "void");
    // Until the feed lists him as active, on the bench or on the floor.
    let mut active = of_feed(FOURTH, 26);
    let rows = active["homeTeam"]["players"].as_array_mut().expect("players");
    let row = rows.iter_mut().find(|row| row_of_hugo(row)).expect("a row");
    row["statistics"] = json!({"minutes": "PT00M00.00S", "points": 0});
    let mut active = with_inactive(active, "Jordan", "Walsh", "INACTIVE_COACH", "");
    night.feed.list([active.clone()]);
    assert_eq!(names(&night.poll("02:06", refused()).await), ["jordanwalsh"]);
    assert_ne!(hugo().await, "void");

    // The same where nobody is inactive any longer.
    night.feed.list([both(FOURTH, 26)]);
    night.poll("02:07", refused()).await;
    assert_eq!(hugo().await, "void");
    for row in active["homeTeam"]["players"].as_array_mut().expect("players") {
        (row["status"], row["notPlayingReason"]) = (json!("ACTIVE"), json!(""));
    }
    night.feed.list([active]);
    assert!(night.poll("02:08", refused()).await["inactive"].is_null());
    assert_ne!(hugo().await, "void");
}

#[tokio::test]
async fn who_is_inactive_is_looked_up_before_the_first_tip_off() {
    let night = Night::of(&[predicted("hugogonzalez", 7.5, "OVER")]).await;
    let out = with_inactive(of_feed(BEFORE, 0), "Hugo", "González", "INACTIVE_INJURY", "");
    night.feed.list([out]);
    let shown = night.poll("00:10", Reply::games([])).await;
    assert_eq!(fields(&shown, ["status", "source", "game_id"]), json!(["scheduled", null, GAME]));
    assert_eq!(shown["inactive"][0]["player_lookup"], "hugogonzalez");
    let grading = night.cloud.document(GRADING).await;
    assert_eq!(only(&grading["predictions"], "hugogonzalez")["status"], "void");
    night.poll("00:11", Reply::games([])).await;
    let grading = night.cloud.document(GRADING).await;
    assert_eq!(only(&grading["predictions"], "hugogonzalez")["status"], "void", "it stays known");
}

#[tokio::test]
async fn a_game_that_the_feed_calls_off_stays_called_off() {
    let night = Night::of(&[]).await;
    let mut off = of_feed(BEFORE, 0);
    off["gameStatusText"] = json!("PPD");
    night.feed.list([off]);
    let before = || {
        let mut game = boston(BEFORE, 0);
        ["home_team", "visitor_team"].iter().for_each(|side| box_of(&mut game, side).clear());
        ["home_team_score", "visitor_team_score"].iter().for_each(|score| game[*score] = json!(0));
        Reply::games([game])
    };
    let shown = night.poll("00:10", before()).await;
    assert_eq!(shown["status"], "postponed");
    for time in ["00:11", "00:14", "00:40"] {
        assert_eq!(night.poll(time, before()).await["status"], "postponed", "{time}");
    }
    // Play shows that it was wrong.
    let shown = night.poll("00:50", Reply::games([game(("1st Qtr", 1, "Q1 5:00"), 8)])).await;
    assert_eq!(shown["status"], "in_progress");
}
