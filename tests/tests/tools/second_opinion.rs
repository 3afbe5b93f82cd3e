//! Google's own Python clients and Google's own Pub/Sub emulator against this system: the local cloud must
//! look like Google's services to the clients, and the functions like a Google client to the emulator.

use std::{path::Path, process::Command};

use local_cloud::{bigquery::LOCATION, cloud::RAW_BUCKET, pubsub::COMPLETE_TOPIC};
use serde_json::json;
use tests::{Cloud, HandClock, Running, binary, free_port, skipped};

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[tokio::test(flavor = "multi_thread")]
async fn google_s_python_clients_find_the_local_cloud_to_be_google_s() {
    let python = root().join("target/venv/bin/python");
    if !python.is_file() {
        return skipped("no Google clients in target/venv (`make test` installs them)");
    }
    let cloud = Cloud::start().await;
    let mut command = Command::new(python);
    command
        .arg(root().join("tests/google_clients/second_opinion.py"))
        .args(["--endpoint", cloud.services.url.as_str().trim_end_matches('/')])
        .args(["--project", "local", "--location", LOCATION])
        .args(["--raw-bucket", RAW_BUCKET, "--topic", COMPLETE_TOPIC]);
    let output =
        tokio::task::spawn_blocking(move || command.output()).await.expect("a task").expect("python");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.lines().filter(|line| line.starts_with("ok")).count() >= 20, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_pubsub_emulator_takes_the_completion_of_an_export() {
    let gcloud = Command::new("gcloud").args(["info", "--format=value(installation.sdk_root)"]).output();
    let root = gcloud.map(|info| String::from_utf8_lossy(&info.stdout).trim().to_owned()).unwrap_or_default();
    let emulator = Path::new(&root).join("platform/pubsub-emulator/bin/cloud-pubsub-emulator");
    if !emulator.is_file() {
        return skipped("no Pub/Sub emulator of Google's is installed with gcloud");
    }
    let port = free_port();
    let mut command = Command::new(emulator);
    command.args(["--host=127.0.0.1", &format!("--port={port}")]);
    let emulator = Running::start(&mut command, port, "/").await;
    let http = reqwest::Client::new();
    let at = |path: &str| emulator.url.join(&format!("/v1/projects/local/{path}")).expect("a URL");
    let topic = format!("projects/local/topics/{COMPLETE_TOPIC}");
    for (path, body) in [
        (format!("topics/{COMPLETE_TOPIC}"), json!({})),
        ("subscriptions/reader".to_owned(), json!({ "topic": topic })),
    ] {
        let made = http.put(at(&path)).json(&body).send().await.expect("an answer");
        assert!(made.status().is_success(), "{path}: {}", made.status());
    }

    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let mut variables = cloud.environment("export-tonight", &cloud.services.url);
    variables.retain(|(name, _)| name != "PUBSUB_EMULATOR_HOST");
    variables.push(("PUBSUB_EMULATOR_HOST".into(), format!("127.0.0.1:{port}")));
    let environment = variables.into_iter().collect();
    let settings = export_tonight::Settings::read(&environment).expect("settings");
    let clock = HandClock::at("2026-01-09T22:00:00Z");
    let tonight = tests::Function::start(export_tonight::app(settings, clock.for_function())).await;
    assert_eq!(tonight.tell(json!({"export_types": ["tonight"]})).await.json["status"], "success");

    let pulled = http.post(at("subscriptions/reader:pull")).json(&json!({"maxMessages": 5})).send().await;
    let pulled: serde_json::Value = pulled.expect("an answer").json().await.expect("JSON");
    let data = pulled["receivedMessages"][0]["message"]["data"].as_str().expect("a message").to_owned();
    let data = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, data).expect("base64");
    let completion: serde_json::Value = serde_json::from_slice(&data).expect("JSON");
    assert_eq!((&completion["status"], &completion["export_type"]), (&json!("success"), &json!("daily")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_verifies_a_deployed_project_holds_for_the_local_cloud() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(binary("verify"));
    command.arg("--record").arg(folder.path()).current_dir(root());
    let output =
        tokio::task::spawn_blocking(move || command.output()).await.expect("a task").expect("verify");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let lines = |word: &str| said.lines().filter(|line| line.trim_start().starts_with(word)).count();
    assert_eq!((lines("ok "), lines("skipped "), lines("FAIL ")), (8, 1, 0), "{said}");
    let mut records = 0;
    for entry in std::fs::read_dir(folder.path()).expect("the records") {
        let record = std::fs::read_to_string(entry.expect("an entry").path()).expect("a record");
        let record_json: serde_json::Value = serde_json::from_str(&record).expect("JSON");
        assert!(record_json["response"]["status"].is_number(), "{record}");
        assert!(!record.contains("Bearer") && !record.contains(RAW_BUCKET), "{record}");
        records += 1;
    }
    assert!(records > 30, "{records} calls were kept");
}
