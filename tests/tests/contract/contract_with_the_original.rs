//! The contract of the original system: keys that are always present, whole paths, halves that round up, an
//! export by GET, and void rows without a score.

use local_cloud::{
    cloud::API_BUCKET,
    issuer::{INVOKER, Issuer},
};
use serde_json::{Value, json};
use shared::env::Environment;
use tests::drift::{
    CONTEXT, FINAL, GRADING, LIVE, Night, ODDS, PREDICTIONS, REGISTRY, SUMMARY, boston, both_sides, box_of,
    fields, full, line, player, predicting, tonight,
};
use tests::{
    Cloud, Function, HandClock, Reply, Stub, game,
    warehouse::{DAY, expected, played, predicted, registered, with},
};

const AUDIENCE: &str = "https://live-export.run.app";

/// Tonight's list with Jaylen Brown's last games, each with these points and this result.
async fn after(games: &[(i64, Option<&str>)]) -> Value {
    let cloud = predicting(&[]).await;
    for offer in both_sides("jaylenbrown", 10, 24.5, -110, -110) {
        cloud.add(ODDS, offer);
    }
    for (nth, (points, result)) in (1..).zip(games) {
        let row = played("jaylenbrown", &format!("2026-01-{:02}", 9 - nth), *points, 34.0);
        cloud.add(SUMMARY, with(row, json!({"over_under_result": result})));
    }
    tonight(&cloud, "22:00").await
}

fn last_ten(list: &Value, lookup: &str) -> Value {
    let player = player(list, lookup).as_object().expect("a player");
    for key in ["last_10_results", "last_10_record", "last_10_points"] {
        assert!(player.contains_key(key), "{lookup} has no {key}");
    }
    json!([player["last_10_results"], player["last_10_record"]])
}

#[tokio::test]
async fn a_lined_player_whose_past_games_had_no_line_has_dashes_and_no_record() {
    let list = after(&[(30, None), (20, None), (25, None)]).await;
    assert_eq!(last_ten(&list, "jaylenbrown"), json!([["-", "-", "-"], null]));
}

#[tokio::test]
async fn whoever_has_no_line_tonight_has_the_keys_too() {
    let list = after(&[(30, Some("OVER")), (20, None), (25, Some("UNDER"))]).await;
    assert_eq!(last_ten(&list, "jaylenbrown"), json!([["O", "-", "U"], "1-1"]));
    for lookup in ["hugogonzalez", "scottiebarnes", "gradeydick"] {
        assert_eq!(last_ten(&list, lookup), json!([[], null]), "{lookup}");
    }
}

#[tokio::test]
async fn a_lined_player_of_no_games_has_an_empty_list_and_no_record() {
    assert_eq!(last_ten(&after(&[]).await, "jaylenbrown"), json!([[], null]));
}

#[tokio::test]
async fn paths_of_the_live_export_are_whole() {
    let cloud = predicting(&[]).await;
    let stub = Stub::answering([Reply::games([boston(FINAL, 25)])]).await;
    let exporter = cloud.exporter(&stub, &HandClock::at("2026-01-10T03:12:00Z")).await;
    let paths = exporter.post("").await.json["paths"].clone();
    let whole = |object: &str| json!(format!("gs://{API_BUCKET}/v1/{object}.json"));
    for (name, object) in [
        ("live", "live/2026-01-09"),
        ("latest", "live/latest"),
        ("live_grading", "live-grading/2026-01-09"),
        ("live_grading_latest", "live-grading/latest"),
        ("live_timeline", "live-timeline/2026-01-09"),
        ("live_timeline_latest", "live-timeline/latest"),
    ] {
        assert_eq!(paths[name], whole(object), "{name}");
    }
}

#[tokio::test]
async fn paths_of_tonight_s_list_and_of_its_completion_are_whole() {
    let cloud = predicting(&[]).await;
    let function = cloud.tonight(&HandClock::at("2026-01-09T22:00:00Z")).await;
    let answer = function.tell(json!({"export_types": ["tonight"]})).await;
    let expected = json!({
        "tonight": format!("gs://{API_BUCKET}/v1/tonight/2026-01-09.json"),
        "all_players": format!("gs://{API_BUCKET}/v1/tonight/all-players.json"),
    });
    assert_eq!(answer.json["paths"], expected);
    assert_eq!(cloud.completions()[0]["paths"], expected);
}

/// Jaylen Brown's entry in tonight's list after games of this many minutes.
async fn minutes_a_game(minutes: &[f64]) -> Value {
    let cloud = predicting(&[]).await;
    for (nth, minutes) in (1..).zip(minutes) {
        cloud.add(SUMMARY, played("jaylenbrown", &format!("2025-12-{nth:02}"), 20, *minutes));
    }
    player(&tonight(&cloud, "22:00").await, "jaylenbrown")["season_mpg"].clone()
}

#[tokio::test]
async fn halves_of_minutes_a_game_round_up() {
    // 600.3 / 18 = 33.35
    let eighteen = [vec![33.4; 17], vec![32.5]].concat();
    assert_eq!(minutes_a_game(&eighteen).await, 33.4);
}

#[tokio::test]
async fn halves_of_minutes_a_game_round_up_after_few_games_too() {
    // 63.3 / 6 = 10.55, 98.1 / 6 = 16.35, 8.1 / 6 = 1.35
    for (five, sixth, expected) in [(10.5, 10.8, 10.6), (16.3, 16.6, 16.4), (1.3, 1.6, 1.4)] {
        let six = [vec![five; 5], vec![sixth]].concat();
        assert_eq!(minutes_a_game(&six).await, expected, "{five} {sixth}");
    }
}

#[tokio::test]
async fn a_half_of_the_mean_error_rounds_up() {
    // 14.7 / 6 = 2.45
    let names = ["Ann One", "Ben Two", "Cid Three", "Dan Four", "Eli Five", "Fay Six"];
    let cloud = predicting(&[]).await;
    let mut game = boston(FINAL, 25);
    for (id, name) in (81..).zip(names) {
        let player = registered(name, "BOS");
        let lookup = player["player_lookup"].as_str().expect("a lookup").to_owned();
        cloud.add(REGISTRY, player);
        cloud.add(CONTEXT, expected(&lookup, "BOS"));
        let points = if id == 86 { 12.7 } else { 12.4 };
        cloud.add(PREDICTIONS, predicted(&lookup, points, "UNDER"));
        let (first, last) = name.split_once(' ').expect("two names");
        box_of(&mut game, "home_team").push(line(id, first, last, 10, "20"));
    }
    let night = Night::of(cloud).await;
    night.poll("03:12", [game]).await;
    let summary = night.cloud.document(GRADING).await["summary"].clone();
    assert_eq!(fields(&summary, ["graded", "avg_error"]), json!([6, 2.5]));
}

/// The live export with caller authentication, and the issuer of its tokens.
async fn guarded(cloud: &Cloud) -> (Function, Issuer) {
    let issuer = Issuer::new("first").expect("a key");
    let keys = Reply::text(200, json!(issuer.keys()).to_string());
    let keys = Stub::answering([keys.with_header("content-type", "application/json")]).await;
    let upstream = Stub::answering([Reply::games([game(1, DAY, "3rd Qtr", 3, "Q3 6:35")])]).await;
    let mut variables = cloud.environment("export-live", &upstream.url);
    variables.retain(|(name, _)| name != "INVOKER_AUTH");
    let guard = [
        ("INVOKER_AUTH", "oidc"),
        ("OIDC_AUDIENCE", AUDIENCE),
        ("OIDC_ALLOWED_EMAILS", INVOKER),
        ("OIDC_JWKS_URL", keys.url.as_str()),
    ];
    variables.extend(guard.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let environment: Environment = variables.into_iter().collect();
    let settings = export_live::Settings::read(&environment).expect("settings");
    let clock = HandClock::at("2026-01-10T02:12:00Z");
    (Function::start(export_live::app(settings, clock.for_function())).await, issuer)
}

#[tokio::test]
async fn an_authenticated_get_on_the_live_export_does_what_an_empty_post_does() {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let (exporter, issuer) = guarded(&cloud).await;
    let request = || cloud.http.get(exporter.url.clone());
    let refused = request().send().await.expect("an answer");
    assert_eq!(refused.status(), 401);
    assert!(cloud.names(API_BUCKET, "v1/live/").is_empty(), "nothing for a stranger");
    let token = issuer.token(AUDIENCE);
    let answer =
        request().header("authorization", format!("Bearer {token}")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let reply: Value = answer.json().await.expect("JSON");
    assert_eq!(fields(&reply, ["status", "date", "games_in_progress"]), json!(["success", DAY, 1]));
    assert_eq!(cloud.document(LIVE).await["total_games"], 2, "those before tip-off included");
    assert_eq!(cloud.document(GRADING).await["summary"]["total_predictions"], 1);
}

#[tokio::test]
async fn a_get_without_a_guard_exports_as_well_and_other_functions_still_want_a_post() {
    let cloud = predicting(&[]).await;
    let stub = Stub::answering([Reply::games([boston(FINAL, 25)])]).await;
    let clock = HandClock::at("2026-01-10T03:12:00Z");
    let get = async |function: Function| {
        let answer = cloud.http.get(function.url).send().await.expect("an answer");
        answer.status().as_u16()
    };
    assert_eq!(get(cloud.exporter(&stub, &clock).await).await, 200);
    assert_eq!(cloud.document(LIVE).await["games_final"], 1);
    assert_eq!(get(cloud.scraper(&stub, &clock).await).await, 405);
    assert_eq!(get(cloud.processor().await).await, 405);
    assert_eq!(get(cloud.tonight(&clock).await).await, 405);
}

/// The void row of a player who is listed in a complete box and has not played.
async fn void_row(night: &Night) -> Value {
    let standing = night.standing("jaylenbrown").await;
    fields(&standing, ["status", "actual", "minutes", "score_source", "error", "margin_vs_line"])
}

fn nothing() -> Value {
    json!(["void", null, null, null, null, null])
}

#[tokio::test]
async fn a_void_row_has_neither_minutes_nor_a_source() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let mut game = boston(FINAL, 0);
    box_of(&mut game, "home_team")[0]["min"] = json!("00");
    box_of(&mut game, "home_team")[0]["pts"] = json!(0);
    night.poll("03:12", [full(game)]).await;
    assert_eq!(void_row(&night).await, nothing());
}

#[tokio::test]
async fn a_row_that_the_official_box_makes_void_has_neither_minutes_nor_a_source() {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    cloud.add(SUMMARY, with(played("jaylenbrown", DAY, 0, 0.0), json!({"is_dnp": true})));
    let night = Night::of(cloud).await;
    night.poll("03:12", [full(boston(FINAL, 0))]).await;
    assert_eq!(void_row(&night).await, nothing());
}

#[tokio::test]
async fn a_void_row_of_a_game_that_is_not_played_has_neither_minutes_nor_a_source() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    night.poll("01:12", [boston(("Postponed", 0, ""), 0)]).await;
    assert_eq!(void_row(&night).await, nothing());
    assert_eq!(night.standing("jaylenbrown").await["void_reason"], "postponed");
}
