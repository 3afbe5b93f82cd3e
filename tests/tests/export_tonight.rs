//! The tonight export: a message becomes the list of everyone who plays.

use local_cloud::cloud::{API_BUCKET, RAW_BUCKET};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{
    Answer, Cloud, HandClock,
    warehouse::{DAY, GAME, expected, offered, played, predicted, registered, reported, scheduled, with},
};

const AFTERNOON: &str = "2026-01-09T22:45:00Z";
const DATED: &str = "v1/tonight/2026-01-09.json";
const LATEST: &str = "v1/tonight/all-players.json";

const SCHEDULE: &str = "nba_raw.nbac_schedule";
const REGISTRY: &str = "nba_reference.nba_players_registry";
const CONTEXT: &str = "nba_analytics.upcoming_player_game_context";
const PREDICTIONS: &str = "nba_predictions.player_prop_predictions";
const ODDS: &str = "nba_raw.bettingpros_player_points_props";
const SUMMARY: &str = "nba_analytics.player_game_summary";
const INJURIES: &str = "nba_raw.nbac_injury_report";
const FATIGUE: &str = "nba_precompute.player_composite_factors";

fn tonight() -> Value {
    json!({"export_types": ["tonight"], "target_date": "today", "correlation_id": "c-1", "trigger_source": "test"})
}

async fn export(cloud: &Cloud) -> Answer {
    cloud.tonight(&HandClock::at(AFTERNOON)).await.tell(tonight()).await
}

/// The document that an export writes.
async fn exported(cloud: &Cloud) -> Value {
    let answer = export(cloud).await;
    assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("success")), "{answer:?}");
    cloud.document(LATEST).await
}

/// A player of the first game.
async fn exported_player(cloud: &Cloud, lookup: &str) -> Value {
    player(&exported(cloud).await, lookup)
}

fn player(document: &Value, lookup: &str) -> Value {
    let games = document["games"].as_array().expect("games").iter();
    let players: Vec<&Value> = games
        .flat_map(|game| game["players"].as_array().expect("players"))
        .filter(|player| player["player_lookup"] == lookup)
        .collect();
    assert_eq!(players.len(), 1, "{lookup} is in {} times", players.len());
    players[0].clone()
}

fn lookups(game: &Value) -> Vec<&str> {
    let players = game["players"].as_array().expect("players");
    players.iter().map(|player| player["player_lookup"].as_str().expect("a lookup")).collect()
}

#[tokio::test]
async fn a_message_becomes_the_list_of_everyone_who_plays() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    cloud.add(ODDS, offered("jaylenbrown", 10, "over", 24.5, -115));
    cloud.add(ODDS, offered("jaylenbrown", 10, "under", 24.5, -105));
    cloud.add(FATIGUE, json!({"player_lookup": "jaylenbrown", "game_date": DAY, "fatigue_score": 96}));
    cloud.add(INJURIES, reported("jaylenbrown", "probable"));
    let box_score = json!({
        "fg_makes": 10, "fg_attempts": 16, "three_pt_makes": 2, "three_pt_attempts": 6, "ft_attempts": 5, "plus_minus": -3,
        "points_line": 24.5, "game_id": "20260107_TOR_BOS",
    });
    for (day, points, result) in
        [("2026-01-07", 30, Some("OVER")), ("2026-01-05", 20, None), ("2026-01-03", 25, Some("UNDER"))]
    {
        cloud.add(
            SUMMARY,
            with(
                played("jaylenbrown", day, points, 34.0),
                with(box_score.clone(), json!({"over_under_result": result})),
            ),
        );
    }
    let answer = export(&cloud).await;
    let paths = json!({"tonight": tests::uri(DATED), "all_players": tests::uri(LATEST)});
    assert_eq!(answer.json, json!({"status": "success", "date": DAY, "paths": paths, "total_players": 4}));

    let document = cloud.document(LATEST).await;
    assert_eq!(document, cloud.document(DATED).await);
    let game = &document["games"][0];
    assert_eq!(
        game["players"][0],
        json!({
            "player_lookup": "jaylenbrown", "name": "Jaylen Brown", "team": "BOS", "is_home": true, "position": "G",
            "context": "analysis", "has_line": true, "fatigue_level": "fresh", "fatigue_score": 96, "days_rest": 1,
            "injury_status": "probable", "injury_reason": "Injury/Illness - Back; Contusion",
            "injury_report_at": "2026-01-09T18:00:00Z", "season_ppg": 25.0, "season_mpg": 34.0, "minutes_avg": 34.0, "last_5_ppg": 25.0, "last_30d_ppg": 25.0,
            "season_fg_pct": 0.625, "season_three_pct": 0.333, "season_fta": 5.0, "season_plus_minus": -3.0,
            "recent_form": "Neutral", "games_played": 3, "limited_data": true,
            "last_10_points": [30, 20, 25], "last_10_results": ["O", "-", "U"], "last_10_record": "1-1",
            "last_10_vs_avg": ["O", "U", "P"], "last_10_avg_record": "1-1", "line_source": "PREDICTION",
            "last_10_lines": [24.5, 24.5, 24.5], "last_10_minutes": [34.0, 34.0, 34.0],
            "last_10_fg_pct": [0.625, 0.625, 0.625], "last_10_three_pct": [0.333, 0.333, 0.333],
            "last_10_fta": [5, 5, 5], "last_10_plus_minus": [-3, -3, -3],
            "last_10_home_away": ["home", "home", "home"], "last_10_days_rest": [1, 1, null],
            "props": [{
                "stat_type": "points", "line": 24.5, "opening_line": 24.5, "market_line": 24.5, "books": 1, "locked": false,
                "over_odds": -115, "under_odds": -105, "actual": null, "outcome": "open", "settled": "open",
            }],
            "prediction": {"predicted": 27.3, "confidence": 0.92, "recommendation": "OVER"},
            "actual_points": null, "result": null, "settled": "open",
        })
    );
    // Without a line the keys of a line are absent, not null.
    assert_eq!(
        player(&document, "gradeydick"),
        json!({
            "player_lookup": "gradeydick", "name": "Gradey Dick", "team": "TOR", "is_home": false, "position": "G",
            "context": "analysis", "has_line": false, "fatigue_level": "normal", "fatigue_score": null, "days_rest": 1,
            "injury_status": "available", "injury_reason": null, "injury_report_at": null, "season_ppg": null, "season_mpg": null,
            "minutes_avg": null, "last_5_ppg": null, "last_30d_ppg": null, "season_fg_pct": null, "season_three_pct": null,
            "season_fta": null, "season_plus_minus": null, "recent_form": null, "games_played": 0, "limited_data": true,
            "last_10_points": [], "last_10_lines": [], "last_10_minutes": [], "last_10_fg_pct": [], "last_10_three_pct": [],
            "last_10_fta": [], "last_10_plus_minus": [], "last_10_home_away": [], "last_10_days_rest": [], "last_10_results": [], "last_10_record": null, "line_source": null,
            "actual_points": null, "result": null, "settled": "open",
        })
    );
    let game = with(game.clone(), json!({"players": []}));
    assert_eq!(
        with(document, json!({"games": []})),
        json!({
            "game_date": DAY, "generated_at": "2026-01-09T22:45:00.000000+00:00", "total_players": 4,
            "total_with_lines": 1, "status": "degraded", "degraded_reason": "1 of 1 game with too few players", "settled": "open",
            "data_quality": {
                "games_without_context": 0, "players_without_line": 3, "players_from_roster": 0, "predictions": 1,
            },
            "games": [],
        })
    );
    assert_eq!(
        game,
        json!({
            "game_id": GAME, "home_team": "BOS", "away_team": "TOR", "game_time": "7:30 PM ET",
            "tip_off": "2026-01-10T00:30:00Z", "game_status": "scheduled", "player_count": 4, "players": [],
        })
    );
}

#[tokio::test]
async fn the_completion_tells_what_came_of_it_under_the_same_correlation_id() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    export(&cloud).await;
    let [completion] = cloud.completions().try_into().expect("one completion");
    assert!(completion["duration_seconds"].is_f64());
    assert_eq!(
        with(completion, json!({"duration_seconds": 0})),
        json!({
            "processor_name": "Phase6Export", "phase": "phase_6_publishing", "correlation_id": "c-1",
            "timestamp": "2026-01-09T22:45:00.000000+00:00", "status": "success", "export_type": "daily",
            "duration_seconds": 0, "paths": {"tonight": tests::uri(DATED), "all_players": tests::uri(LATEST)}, "errors": [],
            "trigger_source": "test", "target_date": "today", "export_types": ["tonight"],
        })
    );
}

#[tokio::test]
async fn f30_a_message_that_is_not_understood_is_completed_as_failed_kept_and_acknowledged() {
    for (message, reason) in [
        (
            json!({"export_types": ["results"], "correlation_id": "c-2"}),
            "export_types: [\"results\"] not known",
        ),
        (json!({"players": true, "min_games": 5, "correlation_id": "c-2"}), "missing field `export_types`"),
        (
            json!({"export_types": ["tonight"], "target_date": "morgen", "correlation_id": "c-2"}),
            "target_date: \"morgen\"",
        ),
        (json!("tonight"), "the message is not a JSON object"),
    ] {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        let answer = cloud.tonight(&HandClock::at(AFTERNOON)).await.tell(&message).await;
        assert_eq!(
            (answer.status, &answer.json["status"]),
            (StatusCode::OK, &json!("dead_letter")),
            "{message}"
        );
        let [completion] = cloud.completions().try_into().expect("one completion");
        assert_eq!((&completion["status"], &completion["paths"]), (&json!("failed"), &json!({})));
        assert!(completion["errors"][0].as_str().is_some_and(|error| error.contains(reason)), "{completion}");
        let correlation_id = if message.is_object() { "c-2" } else { "scheduled" };
        assert_eq!(completion["correlation_id"], correlation_id);
        assert!(cloud.dead_letter()["reason"].as_str().is_some_and(|it| it.contains(reason)));
        assert_eq!(cloud.names(RAW_BUCKET, "dead-letter/"), ["dead-letter/export-tonight/event-1.json"]);
        assert!(cloud.names(API_BUCKET, "").is_empty(), "and no other export instead");
    }
}

#[tokio::test]
async fn an_event_that_holds_no_message_is_completed_as_failed_too() {
    let cloud = Cloud::start().await;
    let function = cloud.tonight(&HandClock::at(AFTERNOON)).await;
    for data in [r#"{"subscription":"s"}"#, r#"{"message":{"data":"?"}}"#] {
        let event = tests::binary_event(shared::service::event::MESSAGE_PUBLISHED);
        assert_eq!(function.post_with(&event, data).await.json["status"], "dead_letter", "{data}");
    }
    assert!(cloud.completions().iter().all(|completion| completion["status"] == "failed"));
    assert_eq!(cloud.completions().len(), 2);
}

#[tokio::test]
async fn tonight_is_exported_even_if_something_else_was_asked_for_as_well() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let message = json!({"export_types": ["tonight", "tonight-players"]});
    let answer = cloud.tonight(&HandClock::at(AFTERNOON)).await.tell(message).await;
    assert_eq!(answer.json["status"], "dead_letter");
    assert_eq!(cloud.document(LATEST).await["total_players"], 4);
    let [completion] = cloud.completions().try_into().expect("one completion");
    assert_eq!(
        (&completion["status"], &completion["paths"]["all_players"]),
        (&json!("partial"), &json!(tests::uri(LATEST)))
    );
    assert!(completion["errors"][0].as_str().is_some_and(|error| error.contains("tonight-players")));
}

#[tokio::test]
async fn finished_predictions_are_exported_and_too_few_leave_the_list_alone() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let function = cloud.tonight(&HandClock::at(AFTERNOON)).await;
    let finished = |percent: f64| {
        json!({
            "processor_name": "PredictionCoordinator", "phase": "phase_5_predictions", "correlation_id": "c-5",
            "game_date": DAY, "status": "success", "metadata": {"completion_pct": percent},
        })
    };
    let answer = function.tell(finished(61.0)).await;
    assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("ignored")), "{answer:?}");
    assert!(cloud.names(API_BUCKET, "").is_empty() && cloud.completions().is_empty());

    let answer = function.tell(finished(99.6)).await;
    assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("success")), "{answer:?}");
    assert_eq!(cloud.document(LATEST).await["total_players"], 4);
    let [completion] = cloud.completions().try_into().expect("one completion");
    assert_eq!((&completion["correlation_id"], &completion["target_date"]), (&json!("c-5"), &json!(DAY)));
}

#[tokio::test]
async fn f65_another_day_never_overwrites_tonight() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(SCHEDULE, with(scheduled("0022500400", "NYK", "BKN"), json!({"game_date": "2026-01-02"})));
    cloud.add(REGISTRY, registered("Jalen Brunson", "NYK"));
    let tonight = exported(&cloud).await;
    let function = cloud.tonight(&HandClock::at("2026-01-09T23:00:00Z")).await;
    for day in ["2026-01-02", "yesterday", "2026-01-10"] {
        let answer = function.tell(json!({"export_types": ["tonight"], "target_date": day})).await;
        assert_eq!(answer.json["status"], "success", "{day}: {answer:?}");
        assert!(answer.json["paths"]["all_players"].is_null(), "{day}");
    }
    assert_eq!(cloud.document(LATEST).await, tonight);
    assert_eq!(cloud.document("v1/tonight/2026-01-02.json").await["games"][0]["home_team"], "NYK");
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    function.tell(with(self::tonight(), json!({"update_latest": false}))).await;
    assert_eq!(cloud.document(LATEST).await, tonight);
    assert_ne!(cloud.document(DATED).await, tonight, "but the day's own is new");
}

#[tokio::test]
async fn f64_an_evening_s_message_that_comes_again_after_midnight_is_of_the_same_slate_day() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let answer = cloud.tonight(&HandClock::at("2026-01-10T07:30:00Z")).await.tell(tonight()).await;
    assert_eq!((&answer.json["date"], &answer.json["total_players"]), (&json!(DAY), &json!(4)));
}

#[tokio::test]
async fn f71_an_off_day_publishes_the_empty_document() {
    let cloud = Cloud::start().await;
    let document = exported(&cloud).await;
    assert_eq!((&document["total_players"], &document["games"]), (&json!(0), &json!([])));
    assert!(document["status"].is_null(), "nothing is wrong with an off-day");
    assert_eq!(document, cloud.document(DATED).await);
}

#[tokio::test]
async fn games_with_nobody_at_all_are_not_published() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let good = exported(&cloud).await;
    cloud.execute("nba_reference", "DELETE FROM nba_players_registry");
    cloud.execute("nba_analytics", "DELETE FROM upcoming_player_game_context");
    assert_eq!(export(&cloud).await.json["status"], "dead_letter");
    assert_eq!(cloud.document(LATEST).await, good);
    assert_eq!(cloud.completions()[1]["status"], "failed");
}

#[tokio::test]
async fn f62_without_bigquery_nothing_is_written_and_the_message_comes_again() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let good = exported(&cloud).await;
    cloud.execute("nba_predictions", "ALTER TABLE player_prop_predictions RENAME TO elsewhere");
    let function = cloud.tonight(&HandClock::at("2026-01-09T23:00:00Z")).await;
    assert_eq!(function.tell(tonight()).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(cloud.document(LATEST).await, good);
    assert_eq!(cloud.completions().len(), 1, "the second one is still to come");
    cloud.execute("nba_predictions", "ALTER TABLE elsewhere RENAME TO player_prop_predictions");
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    assert_eq!(function.tell(tonight()).await.json["status"], "success");
    assert_ne!(cloud.document(LATEST).await, good);
}

#[tokio::test]
async fn an_older_export_that_finishes_last_changes_nothing() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.tonight(&HandClock::at("2026-01-09T23:00:00Z")).await.tell(tonight()).await;
    let newer = cloud.document(LATEST).await;
    assert_eq!(export(&cloud).await.json["status"], "success", "somebody else's newer list is public");
    assert_eq!(cloud.document(LATEST).await, newer);
    assert_eq!(cloud.document(DATED).await, newer);
}

#[tokio::test]
async fn the_documents_are_public_with_their_cache_time() {
    let cloud = Cloud::start().await;
    export(&cloud).await;
    for object in [DATED, LATEST] {
        let response = cloud.public(object).await;
        assert_eq!(response.headers()["cache-control"], "public, max-age=300", "{object}");
        assert_eq!(response.headers()["content-type"], "application/json");
    }
}

#[tokio::test]
async fn f10_f55_a_team_without_context_plays_with_its_roster() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.execute("nba_analytics", "DELETE FROM upcoming_player_game_context WHERE team_abbr = 'TOR'");
    // A traded player: an older row still lists him in Toronto.
    let of_old =
        with(registered("Jaylen Brown", "TOR"), json!({"last_game_date": "2025-11-02", "position": "F"}));
    cloud.add(REGISTRY, of_old);
    cloud.add(REGISTRY, with(registered("Chris Boucher", "TOR"), json!({"season": "2024-25"})));
    cloud.add(SUMMARY, with(played("gradeydick", "2026-01-06", 12, 20.0), json!({"team_abbr": "TOR"})));
    let document = exported(&cloud).await;
    assert_eq!(player(&document, "jaylenbrown")["team"], "BOS");
    let of_roster = player(&document, "gradeydick");
    assert_eq!((&of_roster["context"], &of_roster["team"]), (&json!("roster"), &json!("TOR")));
    assert_eq!((&of_roster["days_rest"], &of_roster["season_ppg"]), (&json!(2), &json!(12.0)));
    assert_eq!(document["total_players"], 4, "who was on the team last season only is not");
    let quality = &document["data_quality"];
    assert_eq!((&quality["games_without_context"], &quality["players_from_roster"]), (&json!(1), &json!(2)));
    assert_eq!(document["status"], "degraded");
    let reason = document["degraded_reason"].as_str().expect("a reason");
    assert!(reason.starts_with("1 of 1 game without the analysis of a team; "), "{reason}");
}

#[tokio::test]
async fn a_night_that_lacks_nothing_is_not_degraded() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    for name in ["Jayson Tatum", "Derrick White", "Al Horford", "Sam Hauser"] {
        let player = registered(name, "BOS");
        cloud.add(CONTEXT, expected(player["player_lookup"].as_str().expect("a lookup"), "BOS"));
        cloud.add(REGISTRY, player);
    }
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    let document = exported(&cloud).await;
    assert!(document["status"].is_null() && document["degraded_reason"].is_null(), "{document}");
}

#[tokio::test]
async fn f13_f29_the_game_is_found_in_whatever_form_a_table_names_it() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.execute(
        "nba_analytics",
        "UPDATE upcoming_player_game_context SET game_id = '20260109_TOR_BOS' WHERE team_abbr = 'TOR'",
    );
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    cloud.add(
        PREDICTIONS,
        with(predicted("scottiebarnes", 21.0, "UNDER"), json!({"game_id": "20260109_TOR_BOS"})),
    );
    let document = exported(&cloud).await;
    assert_eq!(document["games"].as_array().map(Vec::len), Some(1));
    assert_eq!((&document["games"][0]["game_id"], &document["total_players"]), (&json!(GAME), &json!(4)));
    for lookup in ["jaylenbrown", "scottiebarnes"] {
        assert_eq!(player(&document, lookup)["has_line"], true, "{lookup}");
    }
}

#[tokio::test]
async fn f3_a_prediction_without_a_line_takes_the_bookmakers() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let no_line =
        json!({"current_points_line": null, "line_source": "NO_PROP_LINE", "recommendation": "NO_LINE"});
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 27.3, "NO_LINE"), no_line));
    for (book, line, over, under) in [(1, 25.5, -110, -120), (2, 25.5, -105, -115), (3, 24.5, -140, 110)] {
        cloud.add(ODDS, offered("jaylenbrown", book, "over", line, over));
        cloud.add(ODDS, offered("jaylenbrown", book, "under", line, under));
    }
    let player = exported_player(&cloud, "jaylenbrown").await;
    assert_eq!(player["line_source"], "BETTINGPROS");
    let best_of_both = json!([{
        "stat_type": "points", "line": 25.5, "opening_line": 25.5, "market_line": 25.5, "books": 2, "locked": false,
        "over_odds": -105, "under_odds": -115, "actual": null, "outcome": "open", "settled": "open",
    }]);
    assert_eq!(player["props"], best_of_both);
    assert_eq!(player["prediction"]["recommendation"], "OVER", "by the number: 27.3 is more than 25.5");
}

#[tokio::test]
async fn f36_an_estimate_is_the_last_resort_and_says_so() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let estimated =
        json!({"current_points_line": null, "line_source": "ESTIMATED_AVG", "estimated_line_value": 22.5});
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 27.3, "OVER"), estimated));
    let player = exported_player(&cloud, "jaylenbrown").await;
    assert_eq!(
        (&player["line_source"], &player["props"][0]["line"]),
        (&json!("ESTIMATED_AVG"), &json!(22.5))
    );
    assert!(player["props"][0]["over_odds"].is_null());
}

#[tokio::test]
async fn a_line_without_a_prediction_is_still_a_line() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(ODDS, offered("hugogonzlez", 1, "over", 6.5, -110));
    let of_full_name =
        json!({"player_name": "Hugo González", "bookmaker_last_update": "2026-01-09T21:00:00Z"});
    cloud.add(ODDS, with(offered("hugogonzlez", 1, "over", 6.5, -112), of_full_name));
    let player = exported_player(&cloud, "hugogonzalez").await;
    assert_eq!((&player["has_line"], &player["line_source"]), (&json!(true), &json!("BETTINGPROS")), "f70");
    assert_eq!(player["prediction"], json!({"predicted": null, "confidence": null, "recommendation": null}));
}

#[tokio::test]
async fn f45_only_points_are_a_points_line() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let rebounds = json!({"market_type": "rebounds", "bookmaker_last_update": "2026-01-09T21:00:00Z"});
    cloud.add(ODDS, with(offered("jaylenbrown", 1, "over", 7.5, 100), rebounds));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["has_line"], false);
    cloud.add(ODDS, offered("jaylenbrown", 1, "over", 25.5, -110));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["props"][0]["line"], 25.5);
}

#[tokio::test]
async fn f35_odds_that_no_bookmaker_gives_are_dropped() {
    for odds in [199_900, -199_900, 99, -99, 0, 10_001] {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        cloud.add(ODDS, offered("jaylenbrown", 1, "over", 25.5, -110));
        let garbage = json!({"bookmaker_last_update": "2026-01-09T21:00:00Z"});
        cloud.add(ODDS, with(offered("jaylenbrown", 1, "over", 25.5, odds), garbage.clone()));
        cloud.add(ODDS, with(offered("jaylenbrown", 1, "under", 25.5, odds), garbage));
        let props = &exported_player(&cloud, "jaylenbrown").await["props"];
        let shown = json!([props[0]["line"], props[0]["over_odds"], props[0]["under_odds"]]);
        assert_eq!(shown, json!([25.5, -110, null]), "{odds}");
    }
}

#[tokio::test]
async fn only_the_newest_update_of_a_book_s_side_counts_and_only_while_it_stands() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let later = |row: Value, fields: Value| {
        with(with(row, json!({"bookmaker_last_update": "2026-01-09T21:00:00Z"})), fields)
    };
    // Book 1 moved its line; book 2 withdrew its line.
    cloud.add(ODDS, offered("jaylenbrown", 1, "over", 23.5, 150));
    cloud.add(ODDS, later(offered("jaylenbrown", 1, "over", 25.5, -110), json!({})));
    cloud.add(ODDS, offered("jaylenbrown", 2, "over", 23.5, 160));
    cloud.add(ODDS, later(offered("jaylenbrown", 2, "over", 23.5, 160), json!({"is_active": false})));
    let props = &exported_player(&cloud, "jaylenbrown").await["props"];
    assert_eq!((&props[0]["line"], &props[0]["over_odds"]), (&json!(25.5), &json!(-110)));
}

#[tokio::test]
async fn f9_f31_f42_a_player_is_in_once_whatever_is_doubled() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add_tonight();
    cloud.execute(
        "nba_raw",
        "UPDATE nbac_schedule SET data_source = 'cdn_static', game_status = 2 WHERE rowid = 2",
    );
    let older =
        json!({"processed_at": "2026-01-08T12:00:00Z", "days_rest": 9, "game_id": "20260109_TOR_BOS"});
    cloud.add(CONTEXT, with(expected("jaylenbrown", "BOS"), older));
    for number in 0..5 {
        let row = predicted("jaylenbrown", 27.3, "OVER");
        cloud.add(PREDICTIONS, with(row, json!({"prediction_id": number.to_string()})));
    }
    let native = json!({"created_at": "2026-01-09T15:00:00Z", "predicted_points": 10.0, "game_id": "20260109_TOR_BOS"});
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 27.3, "OVER"), native));
    for _ in 0..3 {
        cloud.add(SUMMARY, played("jaylenbrown", "2026-01-07", 30, 34.0));
    }
    let stale = json!({"processed_at": "2026-01-08T01:00:00Z", "points": 2});
    cloud.add(SUMMARY, with(played("jaylenbrown", "2026-01-07", 2, 3.0), stale));
    let document = exported(&cloud).await;
    assert_eq!(
        (&document["total_players"], document["games"].as_array().map(Vec::len)),
        (&json!(4), Some(1))
    );
    assert_eq!(document["games"][0]["game_status"], "in_progress", "the further status");
    assert_eq!(document["data_quality"]["predictions"], 1);
    let player = player(&document, "jaylenbrown");
    assert_eq!((&player["games_played"], &player["last_10_points"]), (&json!(1), &json!([30])));
    assert_eq!((&player["days_rest"], &player["prediction"]["predicted"]), (&json!(1), &json!(27.3)));
}

#[tokio::test]
async fn f42_days_of_rest_are_never_negative() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.execute(
        "nba_analytics",
        "UPDATE upcoming_player_game_context SET days_rest = -1 WHERE player_lookup = 'jaylenbrown'",
    );
    assert!(exported_player(&cloud, "jaylenbrown").await["days_rest"].is_null());
    cloud.add(SUMMARY, played("jaylenbrown", "2026-01-08", 30, 34.0));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["days_rest"], 0, "told by the games themselves");
}

#[tokio::test]
async fn f39_a_prediction_that_is_not_active_is_not_there() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 27.3, "OVER"), json!({"is_active": false})));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["has_line"], false);
}

#[tokio::test]
async fn f50_any_active_model_counts_and_of_several_the_newest_with_a_line() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let by = |system: &str, points: f64, created_at: &str, line: Option<f64>| {
        let row = json!({"system_id": system, "created_at": created_at, "current_points_line": line});
        with(predicted("jaylenbrown", points, "OVER"), row)
    };
    cloud.add(PREDICTIONS, by("nobody_knows_v13", 26.0, "2026-01-09T17:00:00Z", Some(24.5)));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["prediction"]["predicted"], 26.0);
    cloud.add(PREDICTIONS, by("catboost_v9", 27.0, "2026-01-09T18:00:00Z", Some(24.5)));
    cloud.add(PREDICTIONS, by("ensemble_v1", 28.0, "2026-01-09T19:00:00Z", None));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["prediction"]["predicted"], 27.0);
    // At the same instant: one of them, and always the same one.
    cloud.add(PREDICTIONS, by("aardvark_v1", 29.0, "2026-01-09T18:00:00Z", Some(24.5)));
    for _ in 0..3 {
        assert_eq!(exported_player(&cloud, "jaylenbrown").await["prediction"]["predicted"], 29.0);
    }
}

#[tokio::test]
async fn f17_an_invented_line_does_not_win_over_a_bookmaker_s_however_the_game_is_named() {
    let other_form = json!({
        "game_id": "20260109_TOR_BOS", "line_source": "ESTIMATED_AVG", "current_points_line": 20.0,
        "created_at": "2026-01-09T19:00:00Z",
    });
    let line_of = async |newer: Value| {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
        cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 19.0, "UNDER"), newer));
        exported_player(&cloud, "jaylenbrown").await["props"][0]["line"].clone()
    };
    assert_eq!(line_of(other_form.clone()).await, 24.5);
    // Of two with a bookmaker's line the newer one counts, whichever form its game id has.
    assert_eq!(line_of(with(other_form, json!({"line_source": "ACTUAL_PROP"}))).await, 20.0);
}

#[tokio::test]
async fn confidence_has_one_scale() {
    for (written, shown) in
        [(0.57, json!(0.57)), (92.0, json!(0.92)), (100.0, json!(1.0)), (250.0, Value::Null)]
    {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        cloud.add(
            PREDICTIONS,
            with(predicted("jaylenbrown", 27.3, "OVER"), json!({"confidence_score": written})),
        );
        assert_eq!(
            exported_player(&cloud, "jaylenbrown").await["prediction"]["confidence"],
            shown,
            "{written}"
        );
    }
}

/// The injury status of Jaylen Brown, and the report's instant, with these reports of his.
async fn injury(rows: &[Value]) -> Value {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    for row in rows {
        cloud.add(INJURIES, with(reported("jaylenbrown", "out"), row.clone()));
    }
    let player = exported_player(&cloud, "jaylenbrown").await;
    json!([player["injury_status"], player["injury_report_at"]])
}

/// A report of a day about a game of that day, by default at 1 PM Eastern.
fn report_of(day: &str, status: &str) -> Value {
    json!({"report_date": day, "game_date": day, "injury_status": status})
}

fn about_somebody_else(day: &str) -> Value {
    with(report_of(day, "out"), json!({"player_lookup": "somebodyelse", "player_full_name": "Somebody Else"}))
}

#[tokio::test]
async fn f66_a_report_counts_for_three_days_with_reports() {
    let daily = ["2026-01-09", "2026-01-08", "2026-01-07", "2026-01-06"].map(about_somebody_else);
    let among_daily = |row: Value| [&daily[..], &[row]].concat();
    let available = json!(["available", null]);
    assert_eq!(injury(&among_daily(report_of("2026-01-06", "out"))).await, available, "the fourth day");
    let third = injury(&among_daily(report_of("2026-01-07", "out"))).await;
    assert_eq!(third, json!(["out", "2026-01-07T18:00:00Z"]), "the third day");
    // Over a holiday the league publishes nothing: the last report stands, with its age.
    assert_eq!(injury(&[report_of("2026-01-05", "out")]).await, json!(["out", "2026-01-05T18:00:00Z"]));
    assert_eq!(injury(&[report_of("2026-01-02", "out")]).await, available, "the eighth day");
    assert_eq!(injury(&[report_of("2025-01-09", "out")]).await, available, "last season");
}

#[tokio::test]
async fn f66_a_report_about_this_game_goes_before_one_about_another() {
    let tonight = json!({"report_date": "2026-01-08", "game_date": DAY, "injury_status": "questionable"});
    let later_game = json!({"report_date": DAY, "game_date": "2026-01-11", "injury_status": "out"});
    let earlier_game =
        json!({"report_date": DAY, "report_hour": 1, "game_date": "2026-01-08", "injury_status": "out"});
    let expected = json!(["questionable", "2026-01-08T18:00:00Z"]);
    assert_eq!(injury(&[tonight.clone(), later_game.clone(), earlier_game]).await, expected);
    let newer = with(tonight.clone(), json!({"report_hour": 17, "injury_status": "doubtful"}));
    assert_eq!(injury(&[newer, tonight]).await, json!(["doubtful", "2026-01-08T22:00:00Z"]));
    assert_eq!(injury(&[later_game]).await, json!(["available", null]), "tomorrow's absence says nothing");
    let of_its_day = json!({"report_date": DAY, "game_date": null, "injury_status": "out"});
    assert_eq!(injury(&[of_its_day]).await, json!(["out", "2026-01-09T18:00:00Z"]));
}

#[tokio::test]
async fn days_of_rest_are_counted_from_the_game_that_the_player_played_before() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    // Every other day since the twentieth; the second newest game and the two before the last ten were missed.
    for day in ["01-07", "01-03", "01-01", "12-30", "12-28", "12-26", "12-24", "12-22", "12-20", "12-01"] {
        let year = if day.starts_with("01") { 2026 } else { 2025 };
        cloud.add(SUMMARY, played("jaylenbrown", &format!("{year}-{day}"), 20, 30.0));
    }
    for day in ["2026-01-05", "2025-12-18", "2025-12-16"] {
        cloud.add(SUMMARY, with(played("jaylenbrown", day, 0, 0.0), json!({"is_dnp": true})));
    }
    let player = exported_player(&cloud, "jaylenbrown").await;
    assert_eq!(player["last_10_days_rest"], json!([3, 1, 1, 1, 1, 1, 1, 1, 1, 18]));
    assert_eq!(player["last_10_points"].as_array().map(Vec::len), Some(10));
}

#[tokio::test]
async fn f34_games_not_played_are_shown_and_count_in_no_average() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let rows = [
        played("jaylenbrown", "2026-01-07", 30, 34.0),
        with(played("jaylenbrown", "2026-01-05", 0, 0.0), json!({"is_dnp": true})),
        with(played("jaylenbrown", "2026-01-03", 0, 0.0), json!({"points": null, "minutes_played": null})),
        played("jaylenbrown", "2026-01-01", 0, 12.0),
        played("jaylenbrown", "2025-12-30", 20, 30.0),
        with(played("jaylenbrown", "2025-04-10", 60, 40.0), json!({"season_year": 2024})),
    ];
    for row in rows {
        cloud.add(SUMMARY, row);
    }
    let player = exported_player(&cloud, "jaylenbrown").await;
    assert_eq!(player["last_10_points"], json!([30, null, null, 0, 20]), "f11: for everyone");
    assert_eq!((&player["season_ppg"], &player["games_played"]), (&json!(16.7), &json!(3)), "of this season");
    assert_eq!(player["last_10_vs_avg"], json!(["O", "DNP", "DNP", "U", "O"]));
}

#[tokio::test]
async fn f51_scores_are_shown_once_a_game_has_begun_though_the_schedule_does_not_know() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    assert!(exported(&cloud).await["games"][0].get("home_score").is_none());
    let poll = |minute: u32, status: &str, points: u32| {
        json!({
            "poll_timestamp": format!("2026-01-10T01:{minute:02}:00Z"), "game_date": DAY, "game_status": status,
            "home_team_abbr": "BOS", "away_team_abbr": "TOR", "home_score": points, "away_score": points - 1,
        })
    };
    cloud.add("nba_raw.bdl_live_boxscores", poll(10, "in_progress", 50));
    cloud.add("nba_raw.bdl_live_boxscores", poll(4, "in_progress", 48));
    let game = &exported(&cloud).await["games"][0];
    assert_eq!(
        (&game["game_status"], &game["home_score"], &game["away_score"]),
        (&json!("in_progress"), &json!(50), &json!(49))
    );
    cloud.execute(
        "nba_raw",
        "UPDATE nbac_schedule SET game_status = 3, home_team_score = 110, away_team_score = 99",
    );
    let game = &exported(&cloud).await["games"][0];
    assert_eq!((&game["game_status"], &game["home_score"]), (&json!("final"), &json!(110)));
}

#[tokio::test]
async fn players_are_listed_with_lines_first_and_out_last_then_by_confidence_and_average() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    for name in ["Jayson Tatum", "Derrick White", "Al Horford"] {
        let player = registered(name, "BOS");
        cloud.add(CONTEXT, expected(player["player_lookup"].as_str().expect("a lookup"), "BOS"));
        cloud.add(REGISTRY, player);
    }
    for (lookup, confidence) in [("jaylenbrown", 70), ("jaysontatum", 99), ("derrickwhite", 80)] {
        cloud
            .add(PREDICTIONS, with(predicted(lookup, 27.3, "OVER"), json!({"confidence_score": confidence})));
    }
    for lookup in ["jaysontatum", "alhorford"] {
        cloud.add(INJURIES, reported(lookup, "out"));
    }
    cloud.add(SUMMARY, played("gradeydick", "2026-01-07", 12, 20.0));
    let document = exported(&cloud).await;
    assert_eq!(
        lookups(&document["games"][0]),
        [
            "derrickwhite",
            "jaylenbrown",
            "jaysontatum",
            "gradeydick",
            "hugogonzalez",
            "scottiebarnes",
            "alhorford"
        ]
    );
}

#[tokio::test]
async fn f67_two_players_of_one_name_do_not_share_what_is_known_of_one() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let other = json!({"universal_player_id": "jaylenbrown_002"});
    cloud.add(
        REGISTRY,
        with(registered("Jaylen Brown", "TOR"), with(other.clone(), json!({"position": "C"}))),
    );
    cloud.add(CONTEXT, with(expected("jaylenbrown", "TOR"), other.clone()));
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 9.0, "UNDER"), other));
    cloud.add(SUMMARY, played("jaylenbrown", "2026-01-07", 30, 34.0));
    let document = exported(&cloud).await;
    assert_eq!(document["total_players"], 5);
    let players = document["games"][0]["players"].as_array().expect("players").clone();
    let of = |team: &str| {
        let mut found =
            players.iter().filter(|it| it["player_lookup"] == "jaylenbrown" && it["team"] == team);
        found.next().expect("a namesake").clone()
    };
    assert_eq!(
        (&of("BOS")["season_ppg"], &of("BOS")["has_line"], &of("BOS")["position"]),
        (&json!(30.0), &json!(false), &json!("G"))
    );
    assert_eq!(
        (&of("TOR")["season_ppg"], &of("TOR")["has_line"], &of("TOR")["position"]),
        (&Value::Null, &json!(true), &json!("C"))
    );
}

#[tokio::test]
async fn a_predicted_player_whom_nobody_expected_joins_the_team_of_the_registry() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(REGISTRY, registered("Jordan Walsh", "BOS"));
    cloud.add(PREDICTIONS, predicted("jordanwalsh", 9.0, "OVER"));
    let player = exported_player(&cloud, "jordanwalsh").await;
    assert_eq!((&player["team"], &player["context"]), (&json!("BOS"), &json!("roster")));
}

#[tokio::test]
async fn a_line_that_was_taken_away_is_gone_whatever_its_last_odds() {
    for odds in [0, 199_900, -110] {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        cloud.add(ODDS, offered("jaylenbrown", 1, "over", 23.5, -110));
        let taken_away = json!({"is_active": false, "bookmaker_last_update": "2026-01-09T21:00:00Z"});
        cloud.add(ODDS, with(offered("jaylenbrown", 1, "over", 23.5, odds), taken_away));
        assert_eq!(exported_player(&cloud, "jaylenbrown").await["has_line"], false, "{odds}");
    }
}

#[tokio::test]
async fn a_line_stays_as_it_was_at_tip_off() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(ODDS, offered("jaylenbrown", 1, "over", 25.5, -110));
    cloud.add(ODDS, offered("jaylenbrown", 2, "over", 25.5, -115));
    // The game began at half past seven, Eastern, which is half past midnight in UTC.
    let in_play = json!({"bookmaker_last_update": "2026-01-10T01:00:00Z", "points_line": 31.5});
    cloud.add(ODDS, with(offered("jaylenbrown", 1, "over", 31.5, -110), in_play));
    let closed = json!({"bookmaker_last_update": "2026-01-10T00:31:00Z", "is_active": false});
    cloud.add(ODDS, with(offered("jaylenbrown", 2, "over", 25.5, -115), closed));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["props"][0]["line"], 25.5);
}

#[tokio::test]
async fn f67_a_namesake_without_odds_or_report_does_not_get_the_other_s() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let other = json!({"universal_player_id": "jaylenbrown_002"});
    cloud.add(REGISTRY, with(registered("Jaylen Brown", "TOR"), other.clone()));
    cloud.add(CONTEXT, with(expected("jaylenbrown", "TOR"), other));
    cloud.add(ODDS, offered("jaylenbrown", 1, "over", 25.5, -110));
    cloud.add(INJURIES, reported("jaylenbrown", "out"));
    let document = exported(&cloud).await;
    let players = document["games"][0]["players"].as_array().expect("players");
    let namesakes: Vec<Value> = players
        .iter()
        .filter(|player| player["player_lookup"] == "jaylenbrown")
        .map(|player| json!([player["team"], player["has_line"], player["injury_status"]]))
        .collect();
    assert_eq!(namesakes, [json!(["BOS", true, "out"]), json!(["TOR", false, "available"])]);
}

#[tokio::test]
async fn f67_a_prediction_of_somebody_else_of_that_name_is_nobody_s() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    let other = json!({"universal_player_id": "jaylenbrown_002", "created_at": "2026-01-09T20:00:00Z"});
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 4.0, "UNDER"), other));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["prediction"]["predicted"], 27.3);
}

#[tokio::test]
async fn a_player_who_changed_teams_today_plays_for_the_new_one_only() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(SCHEDULE, scheduled("0022500556", "LAL", "MIL"));
    let traded = json!({"processed_at": "2026-01-09T20:00:00Z", "game_id": "0022500556"});
    cloud.add(CONTEXT, with(expected("jaylenbrown", "LAL"), traded));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["team"], "LAL");
}

#[tokio::test]
async fn rows_without_the_certain_id_are_about_the_same_player() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    for (day, points) in [("2026-01-07", 30), ("2026-01-05", 20)] {
        cloud.add(SUMMARY, played("jaylenbrown", day, points, 34.0));
    }
    let without = json!({"universal_player_id": null});
    cloud.add(SUMMARY, with(played("jaylenbrown", "2026-01-08", 10, 34.0), without.clone()));
    cloud.add(REGISTRY, with(registered("Jaylen Brown", "BOS"), without));
    let player = exported_player(&cloud, "jaylenbrown").await;
    assert_eq!((&player["games_played"], &player["last_10_points"]), (&json!(3), &json!([10, 30, 20])));
}
