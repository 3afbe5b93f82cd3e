//! The harness: what every function does with a request before and after its handler.

use std::time::Duration;

use axum::Json;
use local_cloud::{functions, functions::listen, issuer::Issuer};
use reqwest::{Client, StatusCode};
use serde_json::json;
use shared::{
    Error,
    config::{Environment, Platform},
    function::{self, MAXIMUM_BODY_BYTES},
};
use tests::{Cloud, Function};

fn platform() -> Platform {
    let environment = Environment::from_iter([("GOOGLE_CLOUD_PROJECT", "p"), ("INVOKER_AUTH", "none")]);
    Platform::read(&environment).expect("a platform")
}

/// A function that does what its body says.
async fn obedient(platform: &Platform) -> Function {
    let router = function::http("obedient", platform, |body| async move {
        match &body[..] {
            b"panic" => panic!("as told"),
            b"sleep" => tokio::time::sleep(Duration::from_secs(600)).await,
            b"fail" => return Err(Error::Internal("as told".into())),
            b"transient" => return Err(Error::transient("Somewhere", "busy")),
            _ => {}
        }
        Ok(Json(json!({"length": body.len()})))
    });
    Function::start(router).await
}

#[tokio::test]
async fn health_is_answered_to_anyone_and_get_is_for_nothing_else() {
    let function = obedient(&platform()).await;
    let http = Client::new();
    let get = async |path: &str| http.get(function.url.join(path).unwrap()).send().await.expect("an answer");
    let health = get("/healthz").await;
    assert_eq!((health.status(), health.text().await.expect("a text")), (StatusCode::OK, "ok".to_owned()));
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
    let function = obedient(&platform()).await;
    let at_the_limit = function.post(vec![b'x'; MAXIMUM_BODY_BYTES]).await;
    assert_eq!(at_the_limit.json, json!({"length": MAXIMUM_BODY_BYTES}));
    let over = function.post(vec![b'x'; MAXIMUM_BODY_BYTES + 1]).await;
    assert_eq!(over.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(over.message(), "the body is larger than 1048576 bytes");
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_process_goes_on() {
    let function = obedient(&platform()).await;
    let answer = function.post("panic").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!answer.message().contains("as told"), "what went wrong is for the log");
    assert_eq!(function.post("").await.status, StatusCode::OK);
}

#[tokio::test]
async fn each_error_has_its_status_and_the_one_shape() {
    let function = obedient(&platform()).await;
    let failed = function.post("fail").await;
    assert_eq!((failed.status, failed.message()), (StatusCode::INTERNAL_SERVER_ERROR, "as told"));
    let transient = function.post("transient").await;
    assert_eq!((transient.status, transient.message()), (StatusCode::SERVICE_UNAVAILABLE, "Somewhere: busy"));
}

#[tokio::test]
async fn an_invocation_ends_at_its_deadline() {
    let platform = Platform { invocation_deadline: Duration::from_secs(1), ..platform() };
    let function = obedient(&platform).await;
    let answer = function.post("sleep").await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(answer.message(), "the invocation did not finish within 1 seconds");
}

#[tokio::test]
async fn a_request_in_flight_is_finished_before_the_service_stops() {
    let router = function::http("slow", &platform(), |_| async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        Ok("done")
    });
    let (listener, url) = listen(0).await.expect("a port");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let service = tokio::spawn(function::serve(listener, router, async {
        let _ = stopped.await;
    }));
    let request = tokio::spawn(Client::new().post(url).send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.send(()).expect("a running service");
    assert_eq!(request.await.expect("a task").expect("an answer").status(), StatusCode::OK);
    service.await.expect("a task").expect("a clean end");
}

#[tokio::test]
async fn with_oidc_only_the_listed_identity_comes_in() {
    let cloud = Cloud::start().await;
    let (listener, own) = listen(0).await.expect("a port");
    let platform =
        Platform::read(&functions::variables(&cloud.services.url, &own).collect()).expect("a platform");
    let router = function::http("guarded", &platform, |_| async { Ok("in") });
    tokio::spawn(function::serve(listener, router, std::future::pending()));

    let call = async |token: Option<String>| {
        let request = cloud.http.post(own.clone());
        let request =
            token.into_iter().fold(request, |request, token| request.header("authorization", token));
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.headers().contains_key("www-authenticate"))
    };
    let audience = functions::audience(&own);
    let issued = async |audience: &str| {
        let path = "computeMetadata/v1/instance/service-accounts/default/identity";
        let request =
            cloud.http.get(format!("{}{path}", cloud.services.url)).query(&[("audience", audience)]);
        request.send().await.expect("an answer").text().await.expect("a token")
    };
    let token = issued(&audience).await;
    let stranger = Issuer::new().expect("another key").token(&audience);
    assert_eq!(call(Some(format!("Bearer {token}"))).await, (200, false));
    for refused in [
        None,
        Some("Basic dTpw".to_owned()),
        Some("Bearer".to_owned()),
        Some("Bearer x.y.z".to_owned()),
        Some(format!("Bearer {stranger}")),
        Some(format!("Bearer {}", issued("https://elsewhere.run.app").await)),
        Some(format!("Bearer {}", "x".repeat(100_000))),
    ] {
        let shown: Option<String> = refused.as_deref().map(|it| it.chars().take(30).collect());
        assert_eq!(call(refused).await, (401, true), "{shown:?}");
    }
    assert_eq!(cloud.http.get(own.join("/healthz").unwrap()).send().await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn with_oidc_a_verified_stranger_is_forbidden() {
    let cloud = Cloud::start().await;
    let (listener, own) = listen(0).await.expect("a port");
    let jwks = format!("{}oauth2/v3/certs", cloud.services.url);
    let audience = functions::audience(&own);
    let environment = Environment::from_iter([
        ("GOOGLE_CLOUD_PROJECT", "p"),
        ("INVOKER_AUTH", "oidc"),
        ("OIDC_AUDIENCE", &audience),
        ("OIDC_ALLOWED_EMAILS", "scheduler@p.iam.gserviceaccount.com"),
        ("OIDC_JWKS_URL", &jwks),
    ]);
    let platform = Platform::read(&environment).expect("a platform");
    tokio::spawn(function::serve(
        listener,
        function::http("guarded", &platform, |_| async { Ok("in") }),
        std::future::pending(),
    ));
    let answer = cloud.services.delivery.call(&own).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}
