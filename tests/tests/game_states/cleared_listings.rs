//! A listing that upstream has cleared, zeroed or doubled takes nothing away from the game that is played.

use serde_json::{Value, json};
use tests::drift::{
    BEFORE, FINAL, FOURTH, LIVE, Night, THIRD, boston, box_of, fields, full, line, player, players,
    predicting, shown,
};
use tests::warehouse::{predicted, with};

async fn night() -> Night {
    Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await
}

async fn grade(night: &Night) -> Value {
    fields(&night.standing("jaylenbrown").await, ["game_status", "actual", "status"])
}

/// The game without players and points.
fn empty(mut game: Value) -> Value {
    (game["home_team_score"], game["visitor_team_score"]) = (json!(0), json!(0));
    (game["home_team"]["players"], game["visitor_team"]["players"]) = (json!([]), json!([]));
    game
}

/// The game with all its rows, of one side or of both, and their scores set to zero.
fn zeroed(mut game: Value, sides: &[&str]) -> Value {
    for side in sides {
        game[format!("{side}_score")] = json!(0);
        for row in box_of(&mut game, side) {
            let player = row["player"].clone();
            *row = json!({"min": "00", "pts": 0, "reb": 0, "ast": 0, "player": player});
        }
    }
    game
}

/// The same game with its two sides the other way round.
fn swapped(mut game: Value) -> Value {
    let (home, away) = (game["home_team"].take(), game["visitor_team"].take());
    (game["home_team"], game["visitor_team"]) = (away, home);
    let (home, away) = (game["home_team_score"].take(), game["visitor_team_score"].take());
    (game["home_team_score"], game["visitor_team_score"]) = (away, home);
    game
}

#[tokio::test]
async fn a_listing_that_is_cleared_after_the_end_changes_nothing() {
    // Upstream resets scores and players of a game that is over.
    for state in [FINAL, ("Final", 0, ""), ("Final", 4, "")] {
        let mut night = night().await;
        night.poll("03:10", [full(boston(FINAL, 27))]).await;
        let before = night.cloud.document(LIVE).await;
        for time in ["03:13", "03:16", "03:19"] {
            let live = night.poll(time, [empty(boston(state, 0))]).await;
            assert_eq!(
                fields(&live["games"][0], ["status", "home_score", "away_score", "player_count"]),
                fields(&before["games"][0], ["status", "home_score", "away_score", "player_count"]),
                "{state:?}"
            );
            assert_eq!(grade(&night).await, json!(["final", 27, "correct"]), "{state:?}");
            night.restart().await;
        }
    }
}

async fn check_that_the_score_stays(wrong: Value) {
    let night = night().await;
    let before = night.poll("02:12", [full(boston(FOURTH, 25))]).await;
    let names = ["home_score", "away_score"];
    for time in ["02:15", "02:18"] {
        let live = night.poll(time, [wrong.clone()]).await;
        assert_eq!(fields(&live["games"][0], names), fields(&before["games"][0], names), "{time}");
    }
}

#[tokio::test]
async fn a_listing_that_is_cleared_in_mid_game_at_the_same_clock_keeps_the_score() {
    check_that_the_score_stays(empty(boston(FOURTH, 0))).await;
}

#[tokio::test]
async fn a_listing_that_is_cleared_in_mid_game_at_a_later_clock_keeps_the_score() {
    check_that_the_score_stays(empty(boston(("4th Qtr", 4, "Q4 5:00"), 0))).await;
}

#[tokio::test]
async fn a_score_of_zero_beside_players_with_points_is_missing() {
    let mut game = full(boston(("4th Qtr", 4, "Q4 5:00"), 25));
    (game["home_team_score"], game["visitor_team_score"]) = (json!(0), json!(0));
    check_that_the_score_stays(game).await;
}

#[tokio::test]
async fn an_end_that_comes_without_score_and_players_has_those_that_were_public() {
    let night = night().await;
    let before = night.poll("02:45", [full(boston(("4th Qtr", 4, "Q4 0:10"), 25))]).await;
    for time in ["03:00", "03:05", "03:12", "03:20"] {
        let live = night.poll(time, [empty(boston(FINAL, 0))]).await;
        assert_eq!(
            fields(&live["games"][0], ["home_score", "away_score"]),
            fields(&before["games"][0], ["home_score", "away_score"]),
            "{time}"
        );
    }
}

#[tokio::test]
async fn whoever_was_on_the_floor_has_played_whatever_the_last_row_says() {
    let night = night().await;
    night.poll("02:40", [full(boston(FOURTH, 25))]).await;
    let mut end = full(boston(FINAL, 27));
    let score = end["home_team_score"].clone();
    let row = &mut box_of(&mut end, "home_team")[0];
    for field in ["fgm", "fga", "pts", "fg3m"] {
        row[field] = json!(0);
    }
    row["min"] = json!("00");
    end["home_team_score"] = score;
    night.poll("02:55", [end.clone()]).await;
    night.poll("02:58", [end]).await;
    let standing = night.standing("jaylenbrown").await;
    assert_ne!(standing["status"], "void", "{standing}");
    assert_ne!(standing["outcome"], "under", "{standing}");
    night.poll("03:01", [full(boston(FINAL, 27))]).await;
    assert_eq!(grade(&night).await, json!(["final", 27, "correct"]));
}

#[tokio::test]
async fn a_row_that_is_zeroed_in_mid_game_stays_as_it_was() {
    let night = night().await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    let mut game = boston(FOURTH, 25);
    box_of(&mut game, "home_team")[0] = line(70, "Jaylen", "Brown", 0, "00");
    let live = night.poll("02:15", [game]).await;
    let brown = night.standing("jaylenbrown").await;
    assert_eq!(player(&live, "jaylenbrown")["points"], 21, "{brown}");
    assert_eq!(brown["actual"], 21);
}

#[tokio::test]
async fn a_double_that_is_over_without_play_is_not_the_game() {
    for state in [FINAL, ("Final", 0, ""), ("Canceled", 0, "")] {
        for first in [true, false] {
            let night = night().await;
            let mut double = empty(boston(state, 0));
            double["id"] = json!(9_001);
            let double = swapped(double);
            let pair = |game: Value| if first { [double.clone(), game] } else { [game, double.clone()] };
            night.poll("00:10", pair(empty(boston(BEFORE, 0)))).await;
            let standing = night.standing("jaylenbrown").await;
            assert_ne!(standing["outcome"], "under", "{standing}");
            for (time, game, expected) in [
                ("01:00", boston(("1st Qtr", 1, "Q1 2:00"), 8), json!(["in_progress", "Q1 2:00", 68])),
                ("02:12", boston(THIRD, 21), json!(["in_progress", "Q3 6:35", 81])),
                ("03:12", boston(FINAL, 27), json!(["final", "Final", 87])),
            ] {
                let live = night.poll(time, pair(game)).await;
                assert_eq!(shown(&live), expected, "{state:?} {first}");
            }
            assert_eq!(grade(&night).await, json!(["final", 27, "correct"]), "{state:?} {first}");
        }
    }
}

#[tokio::test]
async fn a_double_without_play_hides_no_game_that_is_played() {
    let mut wrong = Vec::new();
    for state in [
        ("Final", 0, ""),
        ("Final", 4, "Final"),
        ("Canceled", 0, ""),
        ("Abandoned", 0, ""),
        ("4th Qtr", 4, "Q4 12:00"),
    ] {
        let night = night().await;
        let mut double = empty(boston(state, 0));
        double["id"] = json!(9_001);
        night.poll("00:50", [boston(("1st Qtr", 1, "Q1 5:00"), 5), double.clone()]).await;
        let mut seen = Vec::new();
        for (time, clock) in [("02:12", "Q3 6:35"), ("02:15", "Q3 5:35"), ("02:18", "Q3 4:35")] {
            seen.push(shown(&night.poll(time, [boston(("3rd Qtr", 3, clock), 21), double.clone()]).await));
        }
        let end = shown(&night.poll("03:12", [full(boston(FINAL, 27)), double]).await);
        if seen[2] != json!(["in_progress", "Q3 4:35", 81]) || end[2] == 0 {
            wrong.push(json!([state.0, state.1, seen, end]));
        }
    }
    assert!(wrong.is_empty(), "{}", json!(wrong));
}

#[tokio::test]
async fn a_player_on_both_sides_stays_on_the_own_team() {
    // The whole row of a star is listed for both teams.
    for first in [true, false] {
        let night = night().await;
        let doubled = |mut game: Value| {
            let row = box_of(&mut game, "home_team")[0].clone();
            box_of(&mut game, "visitor_team").insert(if first { 0 } else { 2 }, row);
            game
        };
        night.poll("00:50", [boston(("1st Qtr", 1, "Q1 5:00"), 5)]).await;
        let live = night.poll("02:12", [doubled(boston(THIRD, 21))]).await;
        assert_eq!(
            fields(&night.standing("jaylenbrown").await, ["team", "opponent", "actual"]),
            json!(["BOS", "TOR", 21])
        );
        assert_eq!(fields(player(&live, "jaylenbrown"), ["points", "team"]), json!([21, "BOS"]));
        let live = night.poll("03:12", [doubled(boston(FINAL, 27))]).await;
        assert_eq!(players(&live).len(), 4, "{live}");
        assert_eq!(grade(&night).await, json!(["final", 27, "correct"]));
    }
}

#[tokio::test]
async fn a_game_that_has_begun_keeps_its_id() {
    let night = night().await;
    let first = night.poll("02:12", [boston(THIRD, 21)]).await;
    let renamed = with(boston(FOURTH, 25), json!({"id": 18_447_999}));
    let live = night.poll("02:15", [renamed]).await;
    assert_eq!(live["games"][0]["game_id"], first["games"][0]["game_id"]);
}

#[tokio::test]
async fn a_side_whose_rows_are_zeroed_keeps_its_score_and_its_rows() {
    for sides in [&["home_team", "visitor_team"][..], &["home_team"], &["visitor_team"]] {
        let night = night().await;
        let before = night.poll("03:10", [full(boston(FINAL, 27))]).await;
        let names = ["status", "home_score", "away_score", "player_count"];
        for time in ["03:13", "03:16"] {
            let live = night.poll(time, [zeroed(full(boston(FINAL, 27)), sides)]).await;
            assert_eq!(fields(&live["games"][0], names), fields(&before["games"][0], names), "{sides:?}");
            for lookup in ["jaylenbrown", "scottiebarnes"] {
                let points = |live: &Value| player(live, lookup)["points"].clone();
                assert_eq!(points(&live), points(&before), "{sides:?} {time}");
            }
            assert_eq!(night.standing("jaylenbrown").await["actual"], 27, "{sides:?} {time}");
        }
        // So does an export of the date, and the score that comes back is believed.
        let live = night.backfill([zeroed(full(boston(FINAL, 27)), sides)]).await;
        assert_eq!(fields(&live["games"][0], names), fields(&before["games"][0], names), "{sides:?}");
        let live = night.backfill([full(boston(FINAL, 29))]).await;
        assert_eq!(player(&live, "jaylenbrown")["points"], 29, "{sides:?}");
    }
}

#[tokio::test]
async fn a_row_that_is_zeroed_where_the_box_adds_up_without_it_is_a_correction() {
    let night = night().await;
    let mut wrong = full(boston(FINAL, 27));
    // Two points that were a teammate's.
    box_of(&mut wrong, "home_team").push(line(78, "Wrong", "Scorer", 0, "1"));
    night.poll("03:10", [wrong.clone()]).await;
    box_of(&mut wrong, "home_team").pop();
    box_of(&mut wrong, "home_team").push(line(78, "Wrong", "Scorer", 0, "00"));
    let live = night.poll("03:13", [wrong]).await;
    assert_eq!(player(&live, "wrongscorer")["minutes"], "00");
}
