//! When and how tonight's list is written.

use super::*;

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
