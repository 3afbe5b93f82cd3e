//! What starts an export of tonight's list, and how it is completed.

use super::*;

#[tokio::test]
async fn the_completion_has_the_result_under_the_same_correlation_id() {
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
async fn f64_an_evening_s_message_that_comes_again_after_midnight_is_of_the_same_slate_day() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let answer = cloud.tonight(&HandClock::at("2026-01-10T07:30:00Z")).await.tell(tonight()).await;
    assert_eq!((&answer.json["date"], &answer.json["total_players"]), (&json!(DAY), &json!(4)));
}
