//! Authentication of callers: `INVOKER_AUTH=oidc`, in front of every function.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use local_cloud::issuer::{Claims, INVOKER, Issuer};
use reqwest::{Client, StatusCode};
use serde_json::json;
use shared::{env::Environment, service};
use tests::{Cloud, Function, Reply, Stub, binary_event};

const AUDIENCE: &str = "https://guarded.run.app";

/// A function that requires tokens, the issuer of its tokens, and the URL of the issuer's public keys.
struct Guarded {
    function: Function,
    issuer: Issuer,
    keys: Stub,
}

fn environment(keys: &Stub) -> Vec<(String, String)> {
    [
        ("GOOGLE_CLOUD_PROJECT", "p"),
        ("INVOKER_AUTH", "oidc"),
        ("OIDC_AUDIENCE", AUDIENCE),
        ("BIGQUERY_LOCATION", "us-west2"),
        ("OIDC_ALLOWED_EMAILS", &format!("somebody@example.com, {INVOKER}")),
        ("OIDC_JWKS_URL", keys.url.as_str()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn published(issuer: &Issuer) -> Reply {
    Reply::text(200, json!(issuer.keys()).to_string()).with_header("content-type", "application/json")
}

impl Guarded {
    async fn start() -> Self {
        let issuer = Issuer::new("first").expect("a key");
        let keys = Stub::answering([published(&issuer)]).await;
        let environment: Environment = environment(&keys).into_iter().collect();
        let settings = service::Settings::read(&environment).expect("settings");
        let router = service::http("guarded", &settings, (), |(), _| async { Ok("in") });
        Self { function: Function::start(router).await, issuer, keys }
    }

    /// The status for a request with this header, and whether the answer says how to authenticate.
    async fn knock(&self, authorization: Option<&str>) -> (u16, bool) {
        let request = Client::new().post(self.function.url.clone());
        let request =
            authorization.into_iter().fold(request, |request, it| request.header("authorization", it));
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.headers().contains_key("www-authenticate"))
    }

    async fn knock_with(&self, token: &str) -> (u16, bool) {
        self.knock(Some(&format!("Bearer {token}"))).await
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs()
}

const IN: (u16, bool) = (200, false);
const UNAUTHENTICATED: (u16, bool) = (401, true);
const FORBIDDEN: (u16, bool) = (403, false);

#[tokio::test]
async fn a_token_of_the_issuer_for_us_about_somebody_on_the_list_comes_in() {
    let guarded = Guarded::start().await;
    let good = Claims::of_google(AUDIENCE);
    assert_eq!(guarded.knock_with(&guarded.issuer.sign(&good)).await, IN);
    let second = Claims { email: "somebody@example.com".into(), iss: "accounts.google.com".into(), ..good };
    assert_eq!(guarded.knock_with(&guarded.issuer.sign(&second)).await, IN);
    let token = guarded.issuer.token(AUDIENCE);
    assert_eq!(guarded.knock(Some(&format!("bearer {token}"))).await, IN, "the scheme in any case");
}

#[tokio::test]
async fn no_token_or_none_that_can_be_read_is_unauthenticated() {
    let guarded = Guarded::start().await;
    assert_eq!(guarded.knock(None).await, UNAUTHENTICATED);
    let too_long = "x".repeat(100_000);
    let padded = format!("{}.{}", guarded.issuer.token(AUDIENCE), "x".repeat(100_000));
    for header in
        ["", "Bearer", "Bearer ", "Basic dTpw", "Bearer x.y.z", "Bearer ..", &format!("Bearer {too_long}")]
    {
        assert_eq!(guarded.knock(Some(header)).await, UNAUTHENTICATED, "{}", &header[..header.len().min(20)]);
    }
    assert_eq!(guarded.knock_with(&padded).await, UNAUTHENTICATED, "100 KB");
    assert!(guarded.keys.asked().is_empty(), "none of them is worth a question");
}

#[tokio::test]
async fn a_token_that_is_expired_or_to_come_is_unauthenticated_beyond_a_minute_of_leeway() {
    let guarded = Guarded::start().await;
    let good = Claims::of_google(AUDIENCE);
    for (claims, outcome) in [
        (Claims { exp: now() - 30, ..good.clone() }, IN),
        (Claims { exp: now() - 90, ..good.clone() }, UNAUTHENTICATED),
        (Claims { exp: 0, ..good.clone() }, UNAUTHENTICATED),
        (Claims { iat: now() + 30, ..good.clone() }, IN),
        (Claims { iat: now() + 120, exp: now() + 3_600, ..good.clone() }, UNAUTHENTICATED),
    ] {
        assert_eq!(guarded.knock_with(&guarded.issuer.sign(&claims)).await, outcome, "{claims:?}");
    }
}

#[tokio::test]
async fn a_token_for_another_audience_or_of_another_issuer_is_unauthenticated() {
    let guarded = Guarded::start().await;
    let good = Claims::of_google(AUDIENCE);
    for claims in [
        Claims { aud: "https://elsewhere.run.app".into(), ..good.clone() },
        Claims { aud: String::new(), ..good.clone() },
        Claims { iss: "https://accounts.example.com".into(), ..good.clone() },
    ] {
        assert_eq!(guarded.knock_with(&guarded.issuer.sign(&claims)).await, UNAUTHENTICATED, "{claims:?}");
    }
    let stranger = Issuer::new("first").expect("another key of the same name");
    assert_eq!(guarded.knock_with(&stranger.token(AUDIENCE)).await, UNAUTHENTICATED);
}

#[tokio::test]
async fn a_verified_token_about_somebody_else_is_forbidden() {
    let guarded = Guarded::start().await;
    let good = Claims::of_google(AUDIENCE);
    for claims in [
        Claims { email: "stranger@example.com".into(), ..good.clone() },
        Claims { email: String::new(), ..good.clone() },
        Claims { email: INVOKER.to_uppercase(), ..good.clone() },
        Claims { email_verified: false, ..good.clone() },
    ] {
        assert_eq!(guarded.knock_with(&guarded.issuer.sign(&claims)).await, FORBIDDEN, "{claims:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_signed_with_rs256_is_unauthenticated() {
    let guarded = Guarded::start().await;
    let claims = Claims::of_google(AUDIENCE);
    let part = |json: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let unsigned =
        |alg: &str| format!("{}.{}.", part(json!({"alg": alg, "kid": "first"})), part(json!(claims)));
    let signature = guarded.issuer.sign(&claims);
    let signature = signature.rsplit('.').next().expect("a signature");
    for alg in ["none", "None", "NONE", "HS256", "RS512", "PS256", ""] {
        assert_eq!(guarded.knock_with(&unsigned(alg)).await, UNAUTHENTICATED, "{alg}");
        assert_eq!(
            guarded.knock_with(&format!("{}{signature}", unsigned(alg))).await,
            UNAUTHENTICATED,
            "{alg}"
        );
    }
    // The public key is known to everyone; it must not be accepted as a shared secret.
    let keys = json!(guarded.issuer.keys());
    let modulus = keys["keys"][0]["n"].as_str().expect("a modulus");
    let header = Header { kid: Some("first".into()), ..Header::new(Algorithm::HS256) };
    for secret in [
        keys.to_string().into_bytes(),
        modulus.into(),
        BASE64_URL_SAFE_NO_PAD.decode(modulus).expect("base64"),
    ] {
        let token = encode(&header, &claims, &EncodingKey::from_secret(&secret)).expect("a token");
        assert_eq!(guarded.knock_with(&token).await, UNAUTHENTICATED);
    }
    assert_eq!(guarded.knock_with(&guarded.issuer.sign(&claims)).await, IN);
}

#[tokio::test]
async fn the_public_keys_are_kept_and_fetched_again_for_a_key_that_is_not_known() {
    let guarded = Guarded::start().await;
    let token = guarded.issuer.token(AUDIENCE);
    for _ in 0..10 {
        assert_eq!(guarded.knock_with(&token).await, IN);
    }
    assert_eq!(guarded.keys.asked().len(), 1);
    // The issuer rotates its key, as Google does every few days.
    let second = Issuer::new("second").expect("a key");
    assert_eq!(guarded.knock_with(&second.token(AUDIENCE)).await, UNAUTHENTICATED, "not published yet");
    guarded.keys.answer([published(&second)]);
    assert_eq!(guarded.knock_with(&second.token(AUDIENCE)).await, IN);
    assert_eq!(guarded.keys.asked().len(), 3);
    assert_eq!(guarded.knock_with(&token).await, IN, "the first one is still kept");
}

#[tokio::test]
async fn many_callers_at_once_come_in_after_one_fetch_of_the_keys() {
    let guarded = std::sync::Arc::new(Guarded::start().await);
    let token = guarded.issuer.token(AUDIENCE);
    let knocks: Vec<_> = (0..32)
        .map(|_| {
            let (guarded, token) = (guarded.clone(), token.clone());
            tokio::spawn(async move { guarded.knock_with(&token).await })
        })
        .collect();
    for knock in knocks {
        assert_eq!(knock.await.expect("an answer"), IN);
    }
    assert_eq!(guarded.keys.asked().len(), 1);
}

#[tokio::test]
async fn while_the_public_keys_cannot_be_fetched_nobody_comes_in_and_nobody_is_told_to_give_up() {
    let guarded = Guarded::start().await;
    let token = guarded.issuer.token(AUDIENCE);
    guarded.keys.answer([Reply::text(503, "")]);
    assert_eq!(guarded.knock_with(&token).await, (503, false), "the platform tries again");
    guarded.keys.answer([published(&guarded.issuer)]);
    assert_eq!(guarded.knock_with(&token).await, IN);
}

#[tokio::test]
async fn health_is_answered_without_a_token() {
    let guarded = Guarded::start().await;
    let health = reqwest::get(guarded.function.url.join("/health").expect("a URL")).await.expect("an answer");
    assert_eq!(health.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_event_without_a_token_is_refused_before_it_is_read() {
    let cloud = Cloud::start().await;
    let issuer = Issuer::new("first").expect("a key");
    let keys = Stub::answering([published(&issuer)]).await;
    let mut variables = cloud.environment("process-live-boxscores", &cloud.services.url);
    variables.retain(|(name, _)| name != "INVOKER_AUTH");
    variables.extend(environment(&keys));
    let environment: Environment = variables.into_iter().collect();
    let settings = process_live_boxscores::Settings::read(&environment).expect("settings");
    let processor = Function::start(process_live_boxscores::app(settings, shared::Clock::system())).await;
    let mut event = binary_event("some.other.type");
    assert_eq!(processor.post_with(&event, "{}").await.status, StatusCode::UNAUTHORIZED);
    event.push(("authorization", format!("Bearer {}", issuer.token(AUDIENCE))));
    let answer = processor.post_with(&event, "{}").await;
    assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("ignored")));
}
