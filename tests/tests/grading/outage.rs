//! Grading while upstream or the warehouse fails.

use super::*;

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
