//! Live grading: the state of a slate day's predictions at a poll.

use std::time::Duration;

use local_cloud::cloud::API_BUCKET;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{
    Cloud, HandClock, Reply, Stub,
    drift::fields,
    game,
    warehouse::{DAY, GAME, played, predicted, registered, scheduled, with},
};

const NIGHT: &str = "2026-01-10T02:12:01.500000Z";
const DATED: &str = "v1/live-grading/2026-01-09.json";
const LATEST: &str = "v1/live-grading/latest.json";
const PREDICTIONS: &str = "nba_predictions.player_prop_predictions";
const SUMMARY: &str = "nba_analytics.player_game_summary";
const PROGRESS: (&str, i64, &str) = ("3rd Qtr", 3, "Q3 6:35");
const FINAL: (&str, i64, &str) = ("Final", 4, "Final");

/// A player's entry in a box score.
fn line(id: i64, first: &str, last: &str, points: i64, minutes: &str) -> Value {
    let zeros = json!({
        "fgm": 0, "fga": 0, "fg3m": 0, "fg3a": 0, "ftm": 0, "fta": 0, "oreb": 0, "dreb": 0, "reb": 0, "ast": 0,
        "stl": 0, "blk": 0, "turnover": 0, "pf": 0,
    });
    let player = json!({"id": id, "first_name": first, "last_name": last, "position": "G"});
    with(zeros, json!({"min": minutes, "pts": points, "player": player}))
}

/// Toronto at Boston with these points of Jaylen Brown.
fn boston((status, period, time): (&str, i64, &str), points: i64, minutes: &str) -> Value {
    let mut game = game(1, DAY, status, period, time);
    game["home_team"]["players"] = json!([line(70, "Jaylen", "Brown", points, minutes)]);
    game["visitor_team"] =
        json!({"id": 28, "abbreviation": "TOR", "players": [line(71, "Scottie", "Barnes", 11, "22")]});
    game
}

async fn cloud_with(predictions: &[Value]) -> Cloud {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    for row in predictions {
        cloud.add(PREDICTIONS, row.clone());
    }
    cloud
}

/// The grading after one export.
async fn graded(cloud: &Cloud, games: impl IntoIterator<Item = Value>) -> Value {
    let stub = Stub::answering([Reply::games(games)]).await;
    let answer = cloud.exporter(&stub, &HandClock::at(NIGHT)).await.post("").await;
    assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("success")), "{answer:?}");
    cloud.document(LATEST).await
}

/// The grading of one prediction of Jaylen Brown in one game.
async fn standing(prediction: Value, game: Value) -> Value {
    let cloud = cloud_with(&[prediction]).await;
    graded(&cloud, [game]).await["predictions"][0].clone()
}

#[tokio::test]
async fn predictions_are_graded_by_the_poll_of_the_scores() {
    let cloud = cloud_with(&[
        predicted("jaylenbrown", 27.3, "OVER"),
        with(predicted("scottiebarnes", 20.0, "UNDER"), json!({"confidence_score": 0.57})),
    ])
    .await;
    let document = graded(&cloud, [boston(PROGRESS, 21, "25")]).await;
    assert_eq!(document, cloud.document(DATED).await);
    assert_eq!(
        document,
        json!({
            "updated_at": "2026-01-10T02:12:01.500000+00:00", "game_date": DAY, "poll_id": "20260110T021201Z", "next_update_expected": "2026-01-10T02:12:31.500Z",
            "summary": {
                "total_predictions": 2, "graded": 2, "pending": 0, "correct": 0, "incorrect": 0, "trending_correct": 2,
                "trending_incorrect": 0, "in_progress": 0, "pushes": 0, "voided": 0, "without_side": 0,
                "win_rate": null, "avg_error": 7.7, "games_in_progress": 1, "games_final": 0,
                "lines": {
                    "total": 2, "open": 2, "over": 0, "under": 0, "pushes": 0, "voided": 0, "provisional": 0,
                    "official": 0, "locked": 2,
                },
            },
            "predictions": [
                {
                    "player_lookup": "jaylenbrown", "player_name": "Jaylen Brown", "team": "BOS", "opponent": "TOR",
                    "home_team": "BOS", "away_team": "TOR", "game_id": GAME, "game_status": "in_progress", "period": 3,
                    "time_remaining": "Q3 6:35", "predicted": 27.3, "line": 24.5, "recommendation": "OVER",
                    "confidence": 0.92, "has_line": true, "line_source": "PREDICTION", "actual": 21, "minutes": "25",
                    "score_source": "bdl_live", "error": 6.3, "margin_vs_line": -3.5, "status": "trending_correct",
                    "void_reason": null, "void_detail": null, "clinched": false, "chance": 0.9295, "outcome": "open",
                    "settled": "open", "pick_display": "OVER 24.5", "result_display": "21 points so far",
                    "margin_display": "-3.5",
                },
                {
                    "player_lookup": "scottiebarnes", "player_name": "Scottie Barnes", "team": "TOR", "opponent": "BOS",
                    "home_team": "BOS", "away_team": "TOR", "game_id": GAME, "game_status": "in_progress", "period": 3,
                    "time_remaining": "Q3 6:35", "predicted": 20.0, "line": 24.5, "recommendation": "UNDER",
                    "confidence": 0.57, "has_line": true, "line_source": "PREDICTION", "actual": 11, "minutes": "22",
                    "score_source": "bdl_live", "error": 9.0, "margin_vs_line": -13.5, "status": "trending_correct",
                    "void_reason": null, "void_detail": null, "clinched": false, "chance": 0.8165, "outcome": "open",
                    "settled": "open", "pick_display": "UNDER 24.5", "result_display": "11 points so far",
                    "margin_display": "-13.5",
                },
            ],
            "corrections": [],
            "lines": [
                {
                    "player_lookup": "jaylenbrown", "player_name": "Jaylen Brown", "team": "BOS", "game_id": GAME,
                    "stat_type": "points", "line": 24.5, "opening_line": 24.5, "market_line": null, "books": 0,
                    "over_odds": null, "under_odds": null, "line_source": "PREDICTION",
                    "tip_off": "2026-01-10T00:30:00Z", "locked": true, "actual": 21, "score_source": "bdl_live",
                    "chance_over": 0.9295, "outcome": "open", "void_reason": null, "void_detail": null, "settled": "open",
                },
                {
                    "player_lookup": "scottiebarnes", "player_name": "Scottie Barnes", "team": "TOR", "game_id": GAME,
                    "stat_type": "points", "line": 24.5, "opening_line": 24.5, "market_line": null, "books": 0,
                    "over_odds": null, "under_odds": null, "line_source": "PREDICTION",
                    "tip_off": "2026-01-10T00:30:00Z", "locked": true, "actual": 11, "score_source": "bdl_live",
                    "chance_over": 0.1835, "outcome": "open", "void_reason": null, "void_detail": null, "settled": "open",
                },
            ],
        })
    );
}

#[tokio::test]
async fn f72_scores_and_grading_are_of_one_fetch_and_one_poll() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let stub = Stub::answering([
        Reply::games([boston(PROGRESS, 21, "25")]),
        Reply::games([boston(PROGRESS, 23, "26")]),
    ])
    .await;
    cloud.exporter(&stub, &HandClock::at(NIGHT)).await.post("").await;
    assert_eq!(stub.asked().len(), 1);
    let (live, grading) = (cloud.document("v1/live/latest.json").await, cloud.document(LATEST).await);
    assert_eq!((&live["poll_id"], &live["updated_at"]), (&grading["poll_id"], &grading["updated_at"]));
    assert_eq!(live["games"][0]["players"][0]["points"], grading["predictions"][0]["actual"]);
}

#[tokio::test]
async fn before_tip_off_everything_is_pending() {
    let before = boston(("2026-01-10T00:30:00Z", 0, ""), 0, "00");
    for games in [vec![], vec![before]] {
        let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "UNDER")]).await;
        let document = graded(&cloud, games).await;
        let standing = &document["predictions"][0];
        let fields = [
            "status",
            "game_status",
            "actual",
            "minutes",
            "score_source",
            "period",
            "time_remaining",
            "clinched",
        ];
        let shown: Vec<&Value> = fields.iter().map(|field| &standing[*field]).collect();
        assert_eq!(json!(shown), json!(["pending", "scheduled", null, null, null, null, null, false]));
        assert_eq!((&document["summary"]["pending"], &document["summary"]["graded"]), (&json!(1), &json!(0)));
    }
}

#[tokio::test]
async fn f60_a_trend_is_a_chance_of_at_least_two_thirds_and_a_passed_line_decides() {
    // By the published formula for an average of 27.3 with 1,115 seconds of play left and a lead of two.
    for (side, points, status, chance, clinched) in [
        ("OVER", 25, "trending_correct", json!(1.0), true),
        ("OVER", 14, "in_progress", json!(0.4831), false),
        ("OVER", 11, "trending_incorrect", json!(0.3037), false),
        ("UNDER", 25, "trending_incorrect", json!(0.0), true),
        ("UNDER", 14, "in_progress", json!(0.5169), false),
        ("UNDER", 11, "trending_correct", json!(0.6963), false),
        ("PASS", 40, "in_progress", Value::Null, false),
    ] {
        let standing = standing(predicted("jaylenbrown", 27.3, side), boston(PROGRESS, points, "25")).await;
        assert_eq!(
            json!([standing["status"], standing["chance"], standing["clinched"]]),
            json!([status, chance, clinched]),
            "{side} {points}"
        );
    }
}

#[tokio::test]
async fn whoever_has_not_been_on_the_floor_has_no_points_and_no_trend() {
    let standing = standing(predicted("jaylenbrown", 27.3, "UNDER"), boston(PROGRESS, 0, "00")).await;
    let shown =
        ["status", "actual", "minutes", "score_source", "margin_vs_line"].map(|field| &standing[field]);
    assert_eq!(json!(shown), json!(["in_progress", null, null, null, null]));
    assert!(standing["chance"].as_f64().is_some_and(|chance| chance > 0.9), "{standing}");
}

#[tokio::test]
async fn a_final_score_decides_and_f59_on_the_line_it_is_a_push() {
    for (side, line, points, status) in [
        ("OVER", 24.5, 25, "correct"),
        ("OVER", 24.5, 24, "incorrect"),
        ("UNDER", 24.5, 24, "correct"),
        ("UNDER", 24.5, 25, "incorrect"),
        ("OVER", 25.0, 25, "push"),
        ("UNDER", 25.0, 25, "push"),
        ("PASS", 24.5, 30, "graded"),
    ] {
        let prediction = with(predicted("jaylenbrown", 27.3, side), json!({"current_points_line": line}));
        let standing = standing(prediction, boston(FINAL, points, "37")).await;
        assert_eq!(standing["status"], status, "{side} {line} {points}");
        assert_eq!(standing["clinched"], true);
    }
}

#[tokio::test]
async fn f68_every_key_is_there_even_for_a_pass() {
    let standing = standing(predicted("jaylenbrown", 27.3, "PASS"), boston(FINAL, 30, "37")).await;
    assert_eq!((&standing["game_id"], &standing["margin_vs_line"]), (&json!(GAME), &json!(5.5)));
}

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

#[tokio::test]
async fn a_game_that_is_not_played_voids_its_predictions() {
    let standing =
        standing(predicted("jaylenbrown", 27.3, "OVER"), boston(("Postponed", 0, ""), 0, "00")).await;
    assert_eq!((&standing["status"], &standing["game_status"]), (&json!("void"), &json!("postponed")));
}

#[tokio::test]
async fn the_win_rate_counts_correct_and_incorrect_only() {
    let cloud = cloud_with(&[
        predicted("jaylenbrown", 27.3, "OVER"),
        predicted("scottiebarnes", 20.0, "OVER"),
        with(predicted("gradeydick", 10.0, "OVER"), json!({"current_points_line": 9.0})),
        predicted("hugogonzalez", 7.0, "OVER"),
    ])
    .await;
    let mut game = boston(FINAL, 30, "37");
    let players = game["visitor_team"]["players"].as_array_mut().expect("players");
    players.push(line(74, "Gradey", "Dick", 9, "20"));
    let summary = graded(&cloud, [tests::drift::full(game)]).await["summary"].clone();
    let counts = ["correct", "incorrect", "pushes", "voided", "win_rate", "avg_error", "games_final"];
    let shown: Vec<&Value> = counts.iter().map(|field| &summary[*field]).collect();
    assert_eq!(json!(shown), json!([1, 1, 1, 1, 0.5, 4.2, 1]), "(2.7 + 9 + 1) / 3");
}

#[tokio::test]
async fn f44_a_schedule_that_has_not_heard_of_it_holds_nothing_up() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    assert_eq!(cloud.rows("SELECT DISTINCT game_status FROM nba_raw.nbac_schedule"), [["1"]]);
    let document = graded(&cloud, [boston(FINAL, 30, "37")]).await;
    assert_eq!(
        (&document["predictions"][0]["status"], &document["summary"]["games_final"]),
        (&json!("correct"), &json!(1))
    );
}

#[tokio::test]
async fn f40_the_official_box_score_wins_over_the_live_one_once_it_has_come() {
    let cloud =
        cloud_with(&[predicted("jaylenbrown", 27.3, "OVER"), predicted("hugogonzalez", 7.0, "UNDER")]).await;
    cloud.add(SUMMARY, played("jaylenbrown", DAY, 24, 36.5));
    let older = json!({"processed_at": "2026-01-09T09:00:00Z"});
    cloud.add(SUMMARY, with(played("jaylenbrown", DAY, 12, 20.0), older));
    cloud.add(SUMMARY, with(played("hugogonzalez", DAY, 0, 0.0), json!({"is_dnp": true})));
    // The live feed still counts the annulled basket, and reports the end of the game late.
    let document = graded(&cloud, [boston(PROGRESS, 26, "37")]).await;
    let of = |lookup: &str| {
        let mut found = document["predictions"].as_array().expect("predictions").iter();
        found.find(|it| it["player_lookup"] == lookup).expect("a prediction").clone()
    };
    let brown = of("jaylenbrown");
    let shown = ["actual", "minutes", "score_source", "status", "game_status"].map(|field| &brown[field]);
    assert_eq!(json!(shown), json!([24, "36:30", "nba_official", "incorrect", "final"]));
    let gonzalez = of("hugogonzalez");
    let shown = ["status", "void_reason", "score_source"].map(|field| &gonzalez[field]);
    assert_eq!(json!(shown), json!(["void", "did_not_play", null]));
}

#[tokio::test]
async fn f40_without_upstream_the_day_is_graded_by_official_box_scores_and_the_last_public_scores() {
    for has_scores in [true, false] {
        let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
        let before = match has_scores {
            true => {
                graded(&cloud, [boston(FINAL, 26, "37")]).await;
                cloud.document("v1/live/2026-01-09.json").await
            }
            false => Value::Null,
        };
        cloud.add(SUMMARY, played("jaylenbrown", DAY, 24, 36.5));
        let stub = Stub::answering([Reply::text(401, "{}")]).await;
        let exporter = cloud.exporter(&stub, &HandClock::at("2026-01-10T15:30:00Z")).await;
        let answer = exporter.post(json!({"target_date": DAY}).to_string()).await;
        let reply = (answer.status, &answer.json["status"]);
        assert_eq!(reply, (StatusCode::INTERNAL_SERVER_ERROR, &json!("partial")), "{answer:?}");
        assert!(
            answer.json["errors"][0].as_str().is_some_and(|error| error.starts_with("live: BallDontLie"))
        );
        assert!(answer.json["paths"]["live"].is_null(), "{answer:?}");
        let document = cloud.document(DATED).await;
        let brown = &document["predictions"][0];
        let shown = ["actual", "status", "settled", "score_source"].map(|field| &brown[field]);
        assert_eq!(json!(shown), json!([24, "incorrect", "official", "nba_official"]), "{has_scores}");
        if has_scores {
            assert_eq!(cloud.document("v1/live/2026-01-09.json").await, before, "the scores stay");
        }
    }
}

#[tokio::test]
async fn f40_without_upstream_lines_still_lock_at_tip_off_and_the_day_has_its_games() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let clock = HandClock::at("2026-01-10T00:05:00Z");
    let exporter = cloud.exporter(&Stub::answering([Reply::text(401, "{}")]).await, &clock).await;
    let seen = async |time: &str| {
        clock.set(time);
        let answer = exporter.post(json!({"include_grading": true}).to_string()).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{answer:?}");
        assert_eq!(answer.json["status"], "partial");
        let live = cloud.document("v1/live/latest.json").await;
        let grading = cloud.document("v1/live-grading/latest.json").await;
        assert_eq!(answer.json["paths"]["live"].is_null(), time != "2026-01-10T00:05:00Z", "{answer:?}");
        let game = fields(&live["games"][0], ["nba_game_id", "status", "home_team"]);
        assert_eq!((&live["game_date"], game), (&json!(DAY), json!([GAME, "scheduled", "BOS"])), "{time}");
        fields(&grading["lines"][0], ["player_lookup", "locked", "outcome"])
    };
    assert_eq!(seen("2026-01-10T00:05:00Z").await, json!(["jaylenbrown", false, "open"]));
    assert_eq!(seen("2026-01-10T00:31:00Z").await, json!(["jaylenbrown", true, "open"]));
    let status = cloud.document("v1/status.json").await;
    let issue = status["known_issues"][0]["message"].as_str().expect("an issue").to_owned();
    assert!(issue.starts_with("live: BallDontLie"), "{status}");
}

#[tokio::test]
async fn f13_the_game_is_found_in_either_form_of_its_id() {
    for game_id in [GAME, "20260109_TOR_BOS"] {
        let prediction = with(predicted("jaylenbrown", 27.3, "OVER"), json!({"game_id": game_id}));
        let standing = standing(prediction, boston(FINAL, 30, "37")).await;
        let shown = ["game_id", "home_team", "away_team", "status"].map(|field| &standing[field]);
        assert_eq!(json!(shown), json!([GAME, "BOS", "TOR", "correct"]), "{game_id}");
    }
}

#[tokio::test]
async fn f67_two_players_of_one_name_on_two_teams_do_not_collide() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    cloud.add("nba_raw.nbac_schedule", scheduled("0022500556", "LAL", "MIL"));
    let other = json!({"universal_player_id": "jaylenbrown_002", "game_id": "0022500556"});
    cloud.add(
        "nba_reference.nba_players_registry",
        with(registered("Jaylen Brown", "MIL"), json!({"universal_player_id": "jaylenbrown_002"})),
    );
    cloud.add(
        "nba_analytics.upcoming_player_game_context",
        with(tests::warehouse::expected("jaylenbrown", "MIL"), other.clone()),
    );
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 9.0, "UNDER"), other));
    let mut milwaukee = game(2, DAY, "Final", 4, "Final");
    milwaukee["home_team"] = json!({"id": 14, "abbreviation": "LAL", "players": []});
    milwaukee["visitor_team"] =
        json!({"id": 17, "abbreviation": "MIL", "players": [line(99, "Jaylen", "Brown", 4, "11")]});
    let document = graded(&cloud, [boston(FINAL, 30, "37"), milwaukee]).await;
    let standings: Vec<Value> = document["predictions"]
        .as_array()
        .expect("predictions")
        .iter()
        .map(|it| json!([it["team"], it["actual"], it["recommendation"], it["status"]]))
        .collect();
    assert_eq!(standings, [json!(["BOS", 30, "OVER", "correct"]), json!(["MIL", 4, "UNDER", "correct"])]);
}

#[tokio::test]
async fn f62_when_the_predictions_cannot_be_read_the_scores_are_published_and_the_grading_stays() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let good = graded(&cloud, [boston(PROGRESS, 21, "25")]).await;
    cloud.execute("nba_predictions", "ALTER TABLE player_prop_predictions RENAME TO elsewhere");
    let stub = Stub::answering([Reply::games([boston(PROGRESS, 26, "27")])]).await;
    let exporter = cloud.exporter(&stub, &HandClock::at("2026-01-10T02:15:01Z")).await;
    let answer = exporter.post("").await;
    assert_eq!(
        (answer.status, &answer.json["status"]),
        (StatusCode::INTERNAL_SERVER_ERROR, &json!("partial"))
    );
    let error = answer.json["errors"][0].as_str().expect("an error");
    assert!(error.starts_with("live_grading: BigQuery: "), "{error}");
    assert_eq!(
        answer.json["paths"],
        json!({
            "live": "gs://nba-props-platform-api/v1/live/2026-01-09.json",
            "latest": "gs://nba-props-platform-api/v1/live/latest.json",
        })
    );
    assert_eq!(cloud.document("v1/live/latest.json").await["poll_id"], "20260110T021501Z");
    for object in [DATED, LATEST] {
        assert_eq!(cloud.document(object).await, good, "{object}");
    }
    cloud.execute("nba_predictions", "ALTER TABLE elsewhere RENAME TO player_prop_predictions");
    assert_eq!(exporter.post("").await.json["status"], "success");
    assert_eq!(cloud.document(LATEST).await["predictions"][0]["actual"], 26);
}

#[tokio::test]
async fn f61_when_upstream_fails_the_grading_stays_too() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let good = graded(&cloud, [boston(PROGRESS, 21, "25")]).await;
    let stub = Stub::answering([Reply::text(401, "{}")]).await;
    let answer = cloud.exporter(&stub, &HandClock::at("2026-01-10T02:15:01Z")).await.post("").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert_eq!(cloud.document(LATEST).await, good);
}

#[tokio::test]
async fn f61_an_outage_that_begins_in_a_break_changes_no_chance() {
    for clock in ["End Q3", "Q3"] {
        let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
        let good = graded(&cloud, [boston(("3rd Qtr", 3, clock), 21, "25")]).await;
        let stub = Stub::answering([Reply::text(401, "{}")]).await;
        let answer = cloud.exporter(&stub, &HandClock::at("2026-01-10T02:15:01Z")).await.post("").await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{answer:?}");
        assert_eq!(cloud.document(LATEST).await, good, "{clock}");
    }
}

#[tokio::test]
async fn a_finished_game_that_upstream_drops_stays_graded() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let stub = Stub::answering([Reply::games([boston(FINAL, 30, "37")]), Reply::games([])]).await;
    let clock = HandClock::at(NIGHT);
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    clock.set("2026-01-10T04:12:01Z");
    exporter.post("").await;
    let document = cloud.document(LATEST).await;
    assert_eq!(
        (&document["poll_id"], &document["predictions"][0]["status"]),
        (&json!("20260110T041201Z"), &json!("correct"))
    );
}

#[tokio::test]
async fn another_day_is_graded_without_touching_the_latest() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let stub = Stub::answering([Reply::games([boston(FINAL, 30, "37")])]).await;
    let clock = HandClock::at("2026-01-12T15:00:00Z");
    cloud.exporter(&stub, &clock).await.post(r#"{"target_date":"2026-01-09"}"#).await;
    assert_eq!(cloud.names(API_BUCKET, "v1/live-grading/"), [DATED]);
    assert_eq!(cloud.document(DATED).await["summary"]["correct"], 1);
}

#[tokio::test]
async fn an_older_export_that_finishes_last_changes_nothing() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let slow =
        Stub::answering([Reply::games([boston(PROGRESS, 21, "25")]).after(Duration::from_millis(700))]).await;
    let quick = Stub::answering([Reply::games([boston(FINAL, 30, "37")])]).await;
    let older = cloud.exporter(&slow, &HandClock::at(NIGHT)).await;
    let newer = cloud.exporter(&quick, &HandClock::at("2026-01-10T02:15:01Z")).await;
    let running = tokio::spawn(async move { older.post("").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    newer.post("").await;
    assert_eq!(running.await.expect("an answer").json["status"], "superseded");
    for object in [DATED, LATEST] {
        assert_eq!(cloud.document(object).await["poll_id"], "20260110T021501Z");
    }
}

#[tokio::test]
async fn the_documents_are_public_with_their_cache_time() {
    let cloud = cloud_with(&[]).await;
    graded(&cloud, []).await;
    for object in [DATED, LATEST] {
        assert_eq!(cloud.public(object).await.headers()["cache-control"], "public, max-age=60", "{object}");
    }
}

#[tokio::test]
async fn a_player_whose_first_name_or_suffix_upstream_has_otherwise_is_found_by_surname() {
    let cloud =
        cloud_with(&[predicted("alexsarr", 15.0, "OVER"), predicted("jaylenbrown", 27.3, "OVER")]).await;
    cloud.add("nba_reference.nba_players_registry", registered("Alex Sarr", "BOS"));
    cloud.add("nba_analytics.upcoming_player_game_context", tests::warehouse::expected("alexsarr", "BOS"));
    let mut game = boston(FINAL, 30, "37");
    let players = game["home_team"]["players"].as_array_mut().expect("players");
    players.push(line(75, "Alexandre", "Sarr", 26, "30"));
    let document = graded(&cloud, [game.clone()]).await;
    let standings = |document: &Value| -> Vec<Value> {
        let predictions = document["predictions"].as_array().expect("predictions").iter();
        predictions.map(|it| json!([it["player_lookup"], it["actual"], it["status"]])).collect()
    };
    assert_eq!(
        standings(&document),
        [json!(["alexsarr", 26, "correct"]), json!(["jaylenbrown", 30, "correct"])]
    );
    // Two players of that surname: a row stays that of the player who its id was.
    let players = game["home_team"]["players"].as_array_mut().expect("players");
    players.push(line(76, "Olivier", "Sarr", 2, "3"));
    let document = graded(&cloud, [game.clone()]).await;
    assert_eq!(standings(&document)[0], json!(["alexsarr", 26, "correct"]));
    // At first sight the match is uncertain, and a box score with so few players is not complete.
    let cloud = cloud_with(&[predicted("alexsarr", 15.0, "OVER")]).await;
    cloud.add("nba_reference.nba_players_registry", registered("Alex Sarr", "BOS"));
    cloud.add("nba_analytics.upcoming_player_game_context", tests::warehouse::expected("alexsarr", "BOS"));
    assert_eq!(standings(&graded(&cloud, [game]).await), [json!(["alexsarr", null, "pending"])]);
}

#[tokio::test]
async fn f67_a_namesake_on_the_other_side_of_the_game_does_not_lend_his_points() {
    let cloud = cloud_with(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let other = json!({"universal_player_id": "jaylenbrown_002"});
    cloud.add("nba_reference.nba_players_registry", with(registered("Jaylen Brown", "TOR"), other));
    let mut game = boston(FINAL, 30, "37");
    game["home_team"]["players"] = json!([]);
    game["visitor_team"]["players"] = json!([line(99, "Jaylen", "Brown", 22, "30")]);
    let document = graded(&cloud, [tests::drift::full(game)]).await;
    let standing = &document["predictions"][0];
    assert_eq!(json!([standing["status"], standing["void_reason"]]), json!(["void", "did_not_play"]));
}

#[tokio::test]
async fn a_foul_is_enough_to_have_played() {
    let mut game = boston(FINAL, 0, "00");
    game["home_team"]["players"][0]["pf"] = json!(1);
    let standing = standing(predicted("jaylenbrown", 27.3, "UNDER"), game).await;
    assert_eq!((&standing["actual"], &standing["status"]), (&json!(0), &json!("correct")));
}

#[tokio::test]
async fn a_line_of_the_bookmakers_is_graded_as_it_was_at_tip_off() {
    let no_line =
        json!({"current_points_line": null, "line_source": "NO_PROP_LINE", "recommendation": "NO_LINE"});
    let cloud = cloud_with(&[with(predicted("jaylenbrown", 27.3, "NO_LINE"), no_line)]).await;
    let odds = "nba_raw.bettingpros_player_points_props";
    cloud.add(odds, tests::warehouse::offered("jaylenbrown", 1, "over", 25.5, -110));
    let closed = json!({"bookmaker_last_update": "2026-01-10T00:31:00Z", "is_active": false});
    cloud.add(odds, with(tests::warehouse::offered("jaylenbrown", 1, "over", 25.5, -110), closed));
    let document = graded(&cloud, [boston(FINAL, 26, "37")]).await;
    let standing = &document["predictions"][0];
    assert_eq!((&standing["line"], &standing["status"]), (&json!(25.5), &json!("correct")));
}
