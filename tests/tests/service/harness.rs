//! The harness: the processing of a request before and after a function's handler.

use std::time::Duration;

use axum::Json;
use local_cloud::functions::listen;
use reqwest::{Client, StatusCode};
use serde_json::json;
use shared::{
    Error,
    env::Environment,
    service::{self, MAX_BODY_BYTES, Settings},
};
use tests::Function;

fn settings() -> Settings {
    let environment = Environment::from_iter([
        ("GOOGLE_CLOUD_PROJECT", "p"),
        ("BIGQUERY_LOCATION", "us-west2"),
        ("INVOKER_AUTH", "none"),
    ]);
    Settings::read(&environment).expect("settings")
}

/// A function whose behaviour is given by the request body.
async fn obedient(settings: &Settings) -> Function {
    let router = service::http("obedient", settings, (), |(), body| async move {
        match &body[..] {
            b"panic" => panic!("as told"),
            b"sleep" => tokio::time::sleep(Duration::from_secs(600)).await,
            b"fail" => return Err(Error::internal("as told")),
            b"transient" => return Err(Error::transient("Somewhere", "busy")),
            _ => {}
        }
        Ok(Json(json!({"length": body.len()})))
    });
    Function::start(router).await
}

#[tokio::test]
async fn health_is_answered_to_anyone_and_get_is_for_nothing_else() {
    let function = obedient(&settings()).await;
    let http = Client::new();
    let get = async |path: &str| http.get(function.url.join(path).unwrap()).send().await.expect("an answer");
    // The second path is the one that Cloud Run's probe uses.
    for path in ["/health", "/healthz"] {
        let health = get(path).await;
        assert_eq!((health.status(), health.text().await.expect("a text")), (StatusCode::OK, "ok".into()));
    }
    for (path, status, code) in [("/", 405, "method_not_allowed"), ("/elsewhere", 404, "not_found")] {
        let answer = get(path).await;
        assert_eq!(answer.status(), status, "{path}");
        let body: serde_json::Value = answer.json().await.expect("JSON");
        assert_eq!(body["error"]["code"], code);
        assert!(body["error"]["message"].is_string());
    }
}

#[tokio::test]
async fn a_body_up_to_the_limit_is_taken_and_a_larger_one_is_refused() {
    let function = obedient(&settings()).await;
    let at_the_limit = function.post(vec![b'x'; MAX_BODY_BYTES]).await;
    assert_eq!(at_the_limit.json, json!({"length": MAX_BODY_BYTES}));
    let over = function.post(vec![b'x'; MAX_BODY_BYTES + 1]).await;
    assert_eq!(over.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(over.message(), "the body is larger than 1048576 bytes");
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_process_goes_on() {
    let function = obedient(&settings()).await;
    let answer = function.post("panic").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!answer.message().contains("as told"), "what went wrong is for the log");
    assert_eq!(function.post("").await.status, StatusCode::OK);
}

#[tokio::test]
async fn each_error_has_its_status_and_the_one_shape() {
    let function = obedient(&settings()).await;
    let failed = function.post("fail").await;
    assert_eq!((failed.status, failed.message()), (StatusCode::INTERNAL_SERVER_ERROR, "as told"));
    let transient = function.post("transient").await;
    assert_eq!((transient.status, transient.message()), (StatusCode::SERVICE_UNAVAILABLE, "Somewhere: busy"));
}

#[tokio::test]
async fn an_invocation_ends_at_its_deadline() {
    let settings = Settings { invocation_deadline: Duration::from_secs(1), ..settings() };
    let function = obedient(&settings).await;
    let answer = function.post("sleep").await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(answer.message(), "the invocation did not finish within 1 seconds");
}

#[tokio::test]
async fn a_request_in_flight_is_finished_before_the_service_stops() {
    let router = service::http("slow", &settings(), (), |(), _| async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        Ok("done")
    });
    let (listener, url) = listen(0).await.expect("a port");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let service = tokio::spawn(service::serve(listener, router, async {
        let _ = stopped.await;
    }));
    let request = tokio::spawn(Client::new().post(url).send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.send(()).expect("a running service");
    assert_eq!(request.await.expect("a task").expect("an answer").status(), StatusCode::OK);
    service.await.expect("a task").expect("a clean end");
}
