//! The tip-off time: unknown so far, at one in the morning, or missing for the player's game.

use local_cloud::cloud::RAW_BUCKET;
use serde_json::{Value, json};
use tests::drift::{
    CONTEXT, LIVE, Night, ODDS, PREDICTIONS, REGISTRY, SCHEDULE, STATUS, THIRD, TONIGHT, boston, both_sides,
    fields, lookups, new_issues, player, predicting, tonight,
};
use tests::{
    Cloud, HandClock, Reply, Stub, game,
    warehouse::{DAY, GAME, expected, offered, predicted, registered, scheduled, with},
};

/// Midnight Eastern of the slate day, the placeholder for a time that is not fixed yet.
const MIDNIGHT: &str = "2026-01-09T05:00:00Z";

fn at_midnight() -> Value {
    with(scheduled(GAME, "BOS", "TOR"), json!({"game_date_est": MIDNIGHT}))
}

/// Toronto at Boston at a time that is not fixed yet, with an offer of 25.5 points on Jaylen Brown in the
/// afternoon.
async fn unfixed() -> Cloud {
    let no_line =
        json!({"current_points_line": null, "line_source": "NO_PROP_LINE", "recommendation": "NO_LINE"});
    let cloud = predicting(&[with(predicted("jaylenbrown", 27.3, "NO_LINE"), no_line)]).await;
    cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
    cloud.add(SCHEDULE, at_midnight());
    for offer in both_sides("jaylenbrown", 10, 25.5, -110, -110) {
        cloud.add(ODDS, offer);
    }
    cloud
}

#[tokio::test]
async fn a_tip_off_at_midnight_is_none_yet_and_lines_are_shown() {
    let cloud = unfixed().await;
    let list = tonight(&cloud, "22:00").await;
    assert_eq!(fields(&list["games"][0], ["game_time", "game_status"]), json!([null, "scheduled"]));
    assert_eq!(player(&list, "jaylenbrown")["props"][0]["line"], 25.5);
    assert_eq!(player(&list, "jaylenbrown")["prediction"]["recommendation"], "OVER");
}

#[tokio::test]
async fn nothing_is_over_before_a_time_is_known() {
    let cloud = unfixed().await;
    for time in ["15:00", "22:00"] {
        tonight(&cloud, time).await;
        let status = cloud.document(STATUS).await;
        let live = &status["services"]["live_data"];
        let message = live["message"].as_str().expect("a message");
        assert!(!message.contains("over"), "{time}: {message}");
        assert_eq!(fields(live, ["status", "games_active"]), json!(["healthy", false]), "{time}: {status}");
        assert!(live["next_update_expected"].is_null(), "{time}: {live}");
        assert!(status["active_break"].is_null(), "{time}");
    }
}

#[tokio::test]
async fn the_other_source_s_time_counts_whichever_row_is_newer() {
    const FIXED: &str = "2026-01-10T00:30:00Z";
    for (older, newer) in [(FIXED, MIDNIGHT), (MIDNIGHT, FIXED)] {
        let cloud = unfixed().await;
        cloud.execute("nba_raw", "DELETE FROM nbac_schedule");
        for (time, at, source) in
            [(older, "2026-01-09T08:00:00Z", "api_stats"), (newer, "2026-01-09T16:00:00Z", "cdn_static")]
        {
            let row = json!({"game_date_est": time, "processed_at": at, "data_source": source});
            cloud.add(SCHEDULE, with(scheduled(GAME, "BOS", "TOR"), row));
        }
        let list = tonight(&cloud, "22:00").await;
        assert_eq!(list["games"][0]["game_time"], "7:30 PM ET", "{newer} is the newer");
        assert_eq!(player(&list, "jaylenbrown")["props"][0]["line"], 25.5, "{newer} is the newer");
    }
}

#[tokio::test]
async fn midnight_in_summer_is_midnight_too() {
    const APRIL: &str = "2026-04-12";
    let cloud = Cloud::start().await;
    let on = |row: Value| with(row, json!({"game_date": APRIL}));
    cloud.add(
        SCHEDULE,
        with(on(scheduled(GAME, "BOS", "TOR")), json!({"game_date_est": "2026-04-12T04:00:00Z"})),
    );
    cloud.add(REGISTRY, registered("Jaylen Brown", "BOS"));
    cloud.add(CONTEXT, on(expected("jaylenbrown", "BOS")));
    let offer = json!({"game_date": APRIL, "bookmaker_last_update": "2026-04-12T19:00:00Z"});
    cloud.add(ODDS, with(offered("jaylenbrown", 10, "over", 25.5, -110), offer));
    let function = cloud.tonight(&HandClock::at("2026-04-12T20:00:00Z")).await;
    function.tell(json!({"export_types": ["tonight"]})).await;
    let list = cloud.document(TONIGHT).await;
    assert!(list["games"][0]["game_time"].is_null(), "{list}");
    assert_eq!(player(&list, "jaylenbrown")["props"][0]["line"], 25.5);
}

#[tokio::test]
async fn a_game_without_a_fixed_time_is_graded_against_the_line_that_was_offered() {
    let night = Night::of(unfixed().await).await;
    night.poll("02:12", [boston(THIRD, 26)]).await;
    let standing = night.standing("jaylenbrown").await;
    assert_eq!(fields(&standing, ["line", "actual", "game_status"]), json!([25.5, 26, "in_progress"]));
}

/// Games that upstream reports as in progress, in the latest scores after an export.
async fn on_at(cloud: &Cloud, now: &str, games: Vec<Value>) -> Vec<String> {
    let stub = Stub::answering([Reply::games(games)]).await;
    let answer = cloud.exporter(&stub, &HandClock::at(now)).await.post("").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let live = cloud.document(LIVE).await;
    let games = live["games"].as_array().expect("games").iter();
    let on = games.filter(|game| game["status"] == "in_progress");
    on.map(|game| game["game_id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_game_that_began_at_one_in_the_morning_is_shown_while_it_is_on() {
    let cloud = Cloud::start().await;
    // In Tokyo, on 15 January as New York and upstream count it.
    for now in ["2026-01-15T06:40:00Z", "2026-01-15T08:10:00Z", "2026-01-15T08:58:00Z"] {
        let on = game(7, "2026-01-15", "2nd Qtr", 2, "Q2 5:00");
        assert_eq!(on_at(&cloud, now, vec![on]).await, ["7"], "{now}");
    }
}

#[tokio::test]
async fn a_pre_season_game_in_the_early_morning_is_shown_while_it_is_on() {
    let cloud = Cloud::start().await;
    let row = json!({"game_date": "2025-10-10", "game_date_est": "2025-10-10T05:00:00Z"});
    cloud.add(SCHEDULE, with(scheduled("0012500021", "BKN", "PHX"), row));
    let on = game(8, "2025-10-10", "1st Qtr", 1, "Q1 2:00");
    assert_eq!(on_at(&cloud, "2025-10-10T05:24:00Z", vec![on]).await, ["8"]);
}

#[tokio::test]
async fn a_game_in_the_early_morning_is_shown_beside_the_last_night_s_overtime() {
    let cloud = Cloud::start().await;
    let games = || {
        let mut abroad = game(7, "2026-01-15", "1st Qtr", 1, "Q1 5:00");
        abroad["home_team"]["abbreviation"] = json!("CLE");
        abroad["visitor_team"]["abbreviation"] = json!("DET");
        vec![game(6, "2026-01-14", "OT", 5, "OT 2:10"), abroad]
    };
    let mut on = on_at(&cloud, "2026-01-15T06:15:00Z", games()).await;
    on.sort();
    assert_eq!(on, ["6", "7"]);
}

#[tokio::test]
async fn a_game_of_the_early_morning_is_in_the_scores_of_its_own_day() {
    let cloud = Cloud::start().await;
    on_at(&cloud, "2026-01-15T06:40:00Z", vec![game(7, "2026-01-15", "2nd Qtr", 2, "Q2 5:00")]).await;
    on_at(&cloud, "2026-01-15T09:20:00Z", vec![game(7, "2026-01-15", "Final", 4, "Final")]).await;
    let dated = cloud.document("v1/live/2026-01-15.json").await;
    assert_eq!(fields(&dated["games"][0], ["game_id", "status"]), json!(["7", "final"]));
    assert_eq!(dated, cloud.document(LIVE).await);
}

/// The answer to a message that requests tonight's list.
async fn told(cloud: &Cloud) -> Value {
    let function = cloud.tonight(&HandClock::at("2026-01-09T22:00:00Z")).await;
    let answer = function.tell(json!({"export_types": ["tonight"]})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json["status"].clone()
}

#[tokio::test]
async fn a_day_of_an_all_star_game_alone_is_a_day_without_games() {
    for (id, home, away) in
        [("0032500001", "STR", "STP"), ("0032500002", "WLD", "USA"), ("0012500007", "DAL", "RMD")]
    {
        let cloud = Cloud::start().await;
        cloud.add(SCHEDULE, scheduled(id, home, away));
        assert_eq!(told(&cloud).await, "success", "{id}");
        assert!(cloud.names(RAW_BUCKET, "dead-letter/").is_empty(), "{id}");
        let status = cloud.document(STATUS).await;
        assert_eq!(status["overall_status"], "healthy", "{id}: {status}");
        assert!(!status["active_break"].is_null(), "{id}: {status}");
        let list = cloud.document(TONIGHT).await;
        assert_eq!(fields(&list, ["game_date", "total_players"]), json!([DAY, 0]), "not yesterday's");
    }
}

#[tokio::test]
async fn an_all_star_game_beside_real_games_is_ignored() {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    for name in ["Jayson Tatum", "Derrick White", "Al Horford", "Sam Hauser"] {
        let player = registered(name, "BOS");
        cloud.add(CONTEXT, expected(player["player_lookup"].as_str().expect("a lookup"), "BOS"));
        cloud.add(REGISTRY, player);
    }
    assert_eq!(told(&cloud).await, "success");
    let before = cloud.document(STATUS).await;
    cloud.add(SCHEDULE, scheduled("0032500001", "STR", "STP"));
    assert_eq!(told(&cloud).await, "success");
    let list = cloud.document(TONIGHT).await;
    assert!(list["status"].is_null(), "{}", list["degraded_reason"]);
    let real: Vec<&Value> = list["games"].as_array().expect("games").iter().collect();
    assert_eq!(real.len(), 1, "{list}");
    assert_eq!(real[0]["game_id"], GAME);
    assert_eq!(new_issues(&before, &cloud.document(STATUS).await), Vec::<String>::new());
}

#[tokio::test]
async fn a_row_whose_teams_are_not_known_yet_fails_no_day_either() {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    for (id, home, away) in
        [("0032500003", "", ""), ("0032500004", "TEAM A", "TEAM B"), ("0042500101", "", "BOS")]
    {
        cloud.add(SCHEDULE, scheduled(id, home, away));
    }
    assert_eq!(told(&cloud).await, "success");
    let list = cloud.document(TONIGHT).await;
    assert_eq!(list["games"].as_array().map(Vec::len), Some(1));
    let night = Night::of(cloud).await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    assert_eq!(night.standing("jaylenbrown").await["actual"], 21);
}

#[tokio::test]
async fn a_prediction_of_an_exhibition_fails_no_day_and_is_in_no_real_game() {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    cloud.add(SCHEDULE, scheduled("0032500001", "STR", "STP"));
    let star = with(predicted("lebronjames", 12.0, "OVER"), json!({"game_id": "0032500001"}));
    cloud.add(PREDICTIONS, star);
    cloud.add(REGISTRY, registered("LeBron James", "LAL"));
    assert_eq!(told(&cloud).await, "success");
    let list = cloud.document(TONIGHT).await;
    assert!(!lookups(&list).contains("lebronjames"), "{list}");
}

#[tokio::test]
async fn scores_of_an_all_star_game_whose_teams_have_no_code_fail_no_call() {
    for code in ["", "TEAM A"] {
        let cloud = Cloud::start().await;
        cloud.add(SCHEDULE, scheduled("0032500001", "STR", "STP"));
        let night = Night::of(cloud).await;
        let mut game = boston(THIRD, 21);
        for side in ["home_team", "visitor_team"] {
            game[side] = with(game[side].clone(), json!({"id": 500, "abbreviation": code}));
        }
        let live = night.poll("02:12", [game]).await;
        assert_eq!(live["total_games"], 0, "{code:?}");
    }
}
