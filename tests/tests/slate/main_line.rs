//! The line is the main line of real bookmakers at the tip-off of the player's own game.

use serde_json::{Value, json};
use tests::drift::{
    CONTEXT, Night, ODDS, PREDICTIONS, SCHEDULE, THIRD, boston, both_sides, fields, player, predicting,
    tonight,
};
use tests::{
    Cloud,
    warehouse::{expected, offered, predicted, scheduled, with},
};

/// FanDuel, DraftKings and Caesars.
const BOOKS: [i64; 3] = [10, 12, 13];
/// BettingPros' consensus, PrizePicks, Underdog, Sleeper and PropSwap: none of them is a bookmaker.
const NO_BOOKS: [i64; 5] = [0, 60, 63, 39, 45];

/// A night with these offers on Jaylen Brown, and no prediction.
async fn offering(offers: impl IntoIterator<Item = Value>) -> Cloud {
    let cloud = predicting(&[]).await;
    for offer in offers {
        cloud.add(ODDS, offer);
    }
    cloud
}

fn brown(book_id: i64, side: &str, line: f64, odds: i64) -> Value {
    offered("jaylenbrown", book_id, side, line, odds)
}

fn both(book_id: i64, line: f64, over: i64, under: i64) -> [Value; 2] {
    both_sides("jaylenbrown", book_id, line, over, under)
}

fn at(offer: Value, instant: &str) -> Value {
    with(offer, json!({"bookmaker_last_update": instant}))
}

/// Overs of one book from 9.5 to 34.5, around a main line that has odds on both sides.
fn ladder(book_id: i64, main: f64) -> Vec<Value> {
    let alternates = [(-15.0, -2_500), (-10.0, -900), (-5.0, -300), (5.0, 350), (10.0, 900)];
    let alternates = alternates.map(|(step, odds)| brown(book_id, "over", main + step, odds));
    alternates.into_iter().chain(both(book_id, main, -112, -108)).collect()
}

/// Jaylen Brown's line and odds in tonight's list.
async fn props(cloud: &Cloud, time: &str) -> Value {
    let list = tonight(cloud, time).await;
    let props = player(&list, "jaylenbrown")["props"][0].clone();
    json!([props["line"], props["over_odds"], props["under_odds"]])
}

#[tokio::test]
async fn alternates_of_a_book_are_not_its_main_line() {
    let cloud = offering(ladder(10, 24.5)).await;
    assert_eq!(props(&cloud, "22:00").await, json!([24.5, -112, -108]));
}

#[tokio::test]
async fn alternates_are_no_main_line_when_they_are_a_minute_newer_or_on_both_sides() {
    let newer = ladder(10, 24.5).into_iter().map(|offer| {
        let is_main = offer["points_line"] == 24.5;
        at(offer, if is_main { "2026-01-09T20:00:00Z" } else { "2026-01-09T20:01:00Z" })
    });
    assert_eq!(props(&offering(newer).await, "22:00").await, json!([24.5, -112, -108]));
    let two_sided = both(10, 19.5, -450, 320).into_iter().chain(ladder(10, 24.5));
    assert_eq!(props(&offering(two_sided).await, "22:00").await, json!([24.5, -112, -108]));
}

#[tokio::test]
async fn alternates_of_many_books_do_not_win_over_a_line_that_one_quotes_near_even() {
    let alternates = BOOKS.into_iter().flat_map(|book| both(book, 19.5, -450, 320));
    let cloud = offering(alternates.chain(both(19, 24.5, -110, -115))).await;
    assert_eq!(props(&cloud, "22:00").await, json!([24.5, -110, -115]));
}

#[tokio::test]
async fn of_main_lines_that_of_most_books_is_taken() {
    let offers = ladder(10, 23.5).into_iter().chain(ladder(12, 24.5)).chain(ladder(13, 24.5));
    assert_eq!(props(&offering(offers).await, "22:00").await, json!([24.5, -112, -108]));
}

#[tokio::test]
async fn a_main_line_that_moves_takes_its_alternates_along() {
    let moved = ladder(10, 25.5).into_iter().map(|offer| at(offer, "2026-01-09T21:00:00Z"));
    let cloud = offering(ladder(10, 24.5).into_iter().chain(moved)).await;
    assert_eq!(props(&cloud, "22:00").await, json!([25.5, -112, -108]));
}

#[tokio::test]
async fn consensus_and_pick_em_books_have_no_vote_on_the_line() {
    let theirs = NO_BOOKS.into_iter().flat_map(|book| both(book, 22.5, -110, -110));
    let cloud = offering(theirs.chain(both(10, 24.5, -112, -108))).await;
    assert_eq!(props(&cloud, "22:00").await, json!([24.5, -112, -108]));
}

#[tokio::test]
async fn consensus_and_pick_em_books_give_no_odds() {
    let theirs = NO_BOOKS.into_iter().flat_map(|book| both(book, 24.5, 105, 130));
    let theirs: Vec<Value> = theirs.collect();
    let cloud = offering(theirs.clone().into_iter().chain(both(10, 24.5, -112, -108))).await;
    assert_eq!(props(&cloud, "22:00").await, json!([24.5, -112, -108]));
    // Nor do they give odds if the line comes from a prediction.
    let cloud = offering(theirs).await;
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    assert_eq!(props(&cloud, "22:00").await, json!([24.5, null, null]));
}

#[tokio::test]
async fn what_only_consensus_or_pick_em_books_offer_is_no_line() {
    for book in NO_BOOKS {
        let cloud = offering(both(book, 24.5, -110, -110)).await;
        let list = tonight(&cloud, "22:00").await;
        assert_eq!(player(&list, "jaylenbrown")["has_line"], false, "{book}");
    }
}

/// The line after it moved in play, under a team other than the player's.
fn in_play(offer: Value, team: &str) -> Value {
    let play = json!({"player_team": team, "bookmaker_last_update": "2026-01-10T01:10:00Z"});
    with(offer, play)
}

#[tokio::test]
async fn no_offer_after_his_game_s_tip_off_counts_whatever_team_the_feed_says() {
    for team in ["FA", "LAL", "CHI", "BOS"] {
        let cloud = offering(both(10, 24.5, -112, -108)).await;
        // He belonged until this week to Los Angeles, whose game begins at ten.
        let late = json!({"game_date_est": "2026-01-10T03:00:00Z"});
        cloud.add(SCHEDULE, with(scheduled("0022500556", "LAL", "MIL"), late));
        for offer in both(10, 31.5, -110, -110).into_iter().chain(both(12, 31.5, -110, -110)) {
            cloud.add(ODDS, in_play(offer, team));
        }
        assert_eq!(props(&cloud, "01:20").await, json!([24.5, -112, -108]), "{team}");
    }
}

#[tokio::test]
async fn a_book_that_closes_in_play_under_the_old_team_takes_no_line_away() {
    let cloud = offering(both(10, 24.5, -112, -108)).await;
    for offer in both(10, 24.5, -112, -108) {
        cloud.add(ODDS, with(in_play(offer, "FA"), json!({"is_active": false})));
    }
    assert_eq!(props(&cloud, "01:20").await, json!([24.5, -112, -108]));
}

#[tokio::test]
async fn offers_of_the_afternoon_under_the_old_team_are_his() {
    for team in ["FA", "LAL"] {
        let offers = both(10, 24.5, -112, -108).map(|offer| with(offer, json!({"player_team": team})));
        assert_eq!(props(&offering(offers).await, "22:00").await, json!([24.5, -112, -108]), "{team}");
    }
}

#[tokio::test]
async fn a_traded_player_s_line_is_that_of_the_game_he_plays_in_now() {
    // He plays for Los Angeles tonight, at ten; Boston, which the feed still names, plays at half past
    // seven.
    let cloud = offering(both(10, 24.5, -112, -108)).await;
    let late = json!({"game_date_est": "2026-01-10T03:00:00Z"});
    cloud.add(SCHEDULE, with(scheduled("0022500556", "LAL", "MIL"), late));
    let traded = json!({"processed_at": "2026-01-09T20:00:00Z", "game_id": "0022500556"});
    cloud.add(CONTEXT, with(expected("jaylenbrown", "LAL"), traded));
    for offer in both(10, 26.5, -105, -115) {
        cloud.add(ODDS, at(offer, "2026-01-10T02:30:00Z"));
    }
    assert_eq!(props(&cloud, "02:40").await, json!([26.5, -105, -115]), "before his tip-off");
    for offer in both(10, 33.5, -110, -110) {
        cloud.add(ODDS, at(offer, "2026-01-10T03:30:00Z"));
    }
    assert_eq!(props(&cloud, "03:40").await, json!([26.5, -105, -115]), "after it");
}

#[tokio::test]
async fn grading_and_timeline_hold_the_same_line() {
    let no_line =
        json!({"current_points_line": null, "line_source": "NO_PROP_LINE", "recommendation": "NO_LINE"});
    let cloud = offering(ladder(10, 24.5)).await;
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 27.3, "NO_LINE"), no_line));
    for offer in NO_BOOKS.into_iter().flat_map(|book| both(book, 22.5, -110, -110)) {
        cloud.add(ODDS, offer);
    }
    for offer in both(12, 31.5, -110, -110) {
        cloud.add(ODDS, in_play(offer, "FA"));
    }
    let night = Night::of(cloud).await;
    night.poll("02:12", [boston(THIRD, 25)]).await;
    let standing = night.standing("jaylenbrown").await;
    assert_eq!(json!([standing["line"], standing["actual"]]), json!([24.5, 25]));
    assert_eq!(night.timed("jaylenbrown").await["line"], 24.5);
}

#[tokio::test]
async fn offers_under_another_spelling_of_a_teammate_s_name_are_his() {
    for (name, spelled) in [
        ("Michael Porter Jr.", "Michael Porter"),
        ("Nic Claxton", "Nicolas Claxton"),
        ("Hansen Yang", "Yang Hansen"),
    ] {
        let cloud = predicting(&[]).await;
        let row = tests::warehouse::registered(name, "BOS");
        let lookup = row["player_lookup"].as_str().expect("a lookup").to_owned();
        cloud.add(CONTEXT, expected(&lookup, "BOS"));
        cloud.add("nba_reference.nba_players_registry", row);
        let theirs = shared::nba::PlayerLookup::of(spelled).expect("a lookup");
        for offer in both_sides(theirs.as_str(), 10, 24.5, -112, -108) {
            cloud.add(ODDS, with(offer, json!({"player_name": spelled})));
        }
        let list = tonight(&cloud, "22:00").await;
        assert_eq!(player(&list, &lookup)["props"][0]["line"], 24.5, "{spelled}");
    }
    // An unknown teammate of the same surname is somebody else, also with the same initial.
    for teammate in ["Xavier Brown", "Jordan Brown", "J. Brown"] {
        let theirs = shared::nba::PlayerLookup::of(teammate).expect("a lookup");
        let offers = both_sides(theirs.as_str(), 10, 24.5, -112, -108);
        let cloud = offering(offers.map(|offer| with(offer, json!({"player_name": teammate})))).await;
        let list = tonight(&cloud, "22:00").await;
        assert_eq!(player(&list, "jaylenbrown")["has_line"], false, "{teammate}");
    }
}

#[tokio::test]
async fn a_line_of_zero_or_less_is_none() {
    for nonsense in [0.0, -1.0, -24.5] {
        let offers =
            [both(12, nonsense, -110, -110), both(13, nonsense, -110, -110), both(10, 24.5, -112, -108)];
        let cloud = offering(offers.concat()).await;
        let list = tonight(&cloud, "22:00").await;
        let shown =
            fields(&player(&list, "jaylenbrown")["props"][0], ["line", "over_odds", "under_odds", "books"]);
        assert_eq!(shown, json!([24.5, -112, -108, 1]), "{nonsense}");
        let cloud = offering(both(12, nonsense, -110, -110)).await;
        assert_eq!(player(&tonight(&cloud, "22:00").await, "jaylenbrown")["has_line"], false, "{nonsense}");
    }
}

#[tokio::test]
async fn a_line_that_no_player_has_ever_reached_is_none_however_many_books_have_it() {
    for nonsense in [100.5, 245.0, 1000.0] {
        let broken = [11, 12, 13].map(|book| both(book, nonsense, -110, -110)).concat();
        let cloud = offering(broken.into_iter().chain(both(10, 24.5, -112, -108))).await;
        let of_prediction =
            with(predicted("jaylenbrown", 27.3, "OVER"), json!({"current_points_line": nonsense}));
        cloud.add(PREDICTIONS, of_prediction);
        let list = tonight(&cloud, "22:00").await;
        let shown = fields(&player(&list, "jaylenbrown")["props"][0], ["line", "market_line", "books"]);
        assert_eq!(shown, json!([24.5, 24.5, 1]), "{nonsense}");
    }
    // Fifteen threes are more than the record, fourteen are not.
    for (line, is_one) in [(14.5, false), (13.5, true)] {
        let offers = both(12, line, -110, -110).map(|offer| with(offer, json!({"market_type": "threes"})));
        let list = tonight(&offering(offers).await, "22:00").await;
        let props = player(&list, "jaylenbrown")["props"].as_array().map_or(0, Vec::len);
        assert_eq!(props == 1, is_one, "{line}");
    }
}

#[tokio::test]
async fn a_prediction_s_line_of_zero_or_less_gives_way_to_the_bookmakers() {
    for nonsense in [0.0, -1.0] {
        for source in ["ACTUAL_PROP", "ESTIMATED_AVG"] {
            let row = with(
                predicted("jaylenbrown", 27.3, "OVER"),
                json!({
                    "current_points_line": nonsense, "estimated_line_value": nonsense, "line_source": source,
                }),
            );
            let cloud = predicting(&[row]).await;
            let list = tonight(&cloud, "22:00").await;
            assert_eq!(player(&list, "jaylenbrown")["has_line"], false, "{nonsense} {source}");
            for offer in both(10, 24.5, -112, -108) {
                cloud.add(ODDS, offer);
            }
            let list = tonight(&cloud, "22:15").await;
            let shown =
                fields(&player(&list, "jaylenbrown")["props"][0], ["line", "over_odds", "under_odds"]);
            assert_eq!(shown, json!([24.5, -112, -108]), "{nonsense} {source}");
        }
    }
}
