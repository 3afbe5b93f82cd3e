//! Every function works with the roles that `infra/terraform` grants it, and fails with Google's own error
//! message if one of them is taken away.

use local_cloud::{
    cloud::{API_BUCKET, RAW_BUCKET},
    identity::Access,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{Answer, Cloud, HandClock, Reply, Stub, game, snapshot};

const SNAPSHOT: &str = "ball-dont-lie/live-boxscores/2026-01-09/20260110_021201.json";
const NOW: &str = "2026-01-10T02:12:01.5Z";

fn games() -> [Value; 1] {
    [game(1, "2026-01-09", "3rd Qtr", 3, "Q3 6:35")]
}

/// The answer of the function `name` to a typical call.
async fn call(cloud: &Cloud, name: &str) -> Answer {
    let (clock, upstream) = (HandClock::at(NOW), Stub::answering([Reply::games(games())]).await);
    match name {
        "scrape-live-boxscores" => cloud.scraper(&upstream, &clock).await.post("").await,
        "export-live" => cloud.exporter(&upstream, &clock).await.post("").await,
        "export-tonight" => {
            cloud.add_tonight();
            cloud.tonight(&clock).await.tell(json!({"export_types": ["tonight"]})).await
        }
        "process-live-boxscores" => {
            let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, snapshot("20260110T021201Z", &games())).await;
            cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, generation).await
        }
        name => panic!("there is no function {name}"),
    }
}

#[tokio::test]
async fn every_function_works_with_its_deployed_roles() {
    for name in Access::deployed().functions() {
        let answer = call(&Cloud::start().await, name).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {answer:?}");
        assert_eq!(answer.json["error"], Value::Null, "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn without_one_of_its_roles_a_function_fails_and_names_the_permission() {
    for (name, role, permission) in [
        ("scrape-live-boxscores", "roles/storage.objectCreator", "storage.objects.create"),
        ("process-live-boxscores", "roles/storage.objectViewer", "storage.objects.get"),
        ("process-live-boxscores", "roles/storage.objectUser", "storage.objects.create"),
        ("process-live-boxscores", "roles/bigquery.jobUser", "bigquery.jobs.create"),
        ("process-live-boxscores", "roles/bigquery.dataEditor", "bigquery.tables.updateData"),
        ("export-live", "roles/storage.objectUser", "storage.objects.get"),
        ("export-live", "roles/bigquery.jobUser", "bigquery.jobs.create"),
        ("export-live", "roles/bigquery.dataViewer", "bigquery.tables.getData"),
        ("export-tonight", "roles/storage.objectUser", "storage.objects.get"),
        ("export-tonight", "roles/bigquery.jobUser", "bigquery.jobs.create"),
        ("export-tonight", "roles/bigquery.dataViewer", "bigquery.tables.getData"),
        ("export-tonight", "roles/pubsub.publisher", "User not authorized to perform this action"),
    ] {
        let cloud = Cloud::start_with(Access::deployed().without(name, role)).await;
        let answer = call(&cloud, name).await;
        assert!(!answer.status.is_success(), "{name} without {role}: {answer:?}");
        assert!(answer.json.to_string().contains(permission), "{name} without {role}: {answer:?}");
    }
}

#[tokio::test]
async fn a_scraper_without_permission_to_replace_finds_that_its_poll_is_kept_already() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NOW));
    let upstream = Stub::answering([Reply::games(games()), Reply::games([])]).await;
    let scraper = cloud.scraper(&upstream, &clock).await;
    let (first, second) = (scraper.post("").await, scraper.post("").await);
    assert_eq!((first.status, second.status), (StatusCode::OK, StatusCode::OK), "{second:?}");
    assert_eq!(second.json["gameCount"], 1, "that of the poll that is kept");
}

/// Google's answer to a request with the processor's identity.
async fn asked_by_the_processor(cloud: &Cloud, path: &str) -> (StatusCode, Value) {
    let url = cloud.services.endpoint("process-live-boxscores").join(path).expect("a URL");
    let answer = cloud.http.get(url).send().await.expect("an answer");
    (answer.status(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_table_s_role_does_not_allow_to_look_at_its_dataset() {
    let cloud = Cloud::start().await;
    let (status, body) = asked_by_the_processor(&cloud, "bigquery/v2/projects/local/datasets/nba_raw").await;
    let message = "Access Denied: Dataset local:nba_raw: Permission bigquery.datasets.get denied on dataset \
                   local:nba_raw (or it may not exist).";
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(
        body,
        json!({"error": {
            "code": 403, "message": message, "status": "PERMISSION_DENIED",
            "errors": [{"message": message, "domain": "global", "reason": "accessDenied"}],
        }})
    );
    // Nor may it read the public bucket or another caller's job.
    let (status, _) =
        asked_by_the_processor(&cloud, &format!("storage/v1/b/{API_BUCKET}/o/v1%2Fstatus.json?alt=media"))
            .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_job_is_found_only_with_its_location() {
    let cloud = Cloud::start().await;
    call(&cloud, "process-live-boxscores").await;
    let jobs = cloud.rows("SELECT id FROM main.jobs");
    let job = format!("bigquery/v2/projects/local/jobs/{}", jobs[0][0]);
    for (query, expected) in [("", 404), ("?location=US", 404), ("?location=us-west2", 200)] {
        let (status, body) = asked_by_the_processor(&cloud, &format!("{job}{query}")).await;
        assert_eq!(status.as_u16(), expected, "{query}: {body}");
    }
}
