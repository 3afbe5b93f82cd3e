//! Identity tokens in Google's format, signed with a local key.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair, KeySize},
};
use axum::{Json, Router, extract::Query, http::StatusCode, response::IntoResponse, routing::get};
use base64::{Engine, prelude::BASE64_STANDARD};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header, encode,
    jwk::{Jwk, JwkSet},
};
use serde::Serialize;

/// The subject of the tokens: the service account that may call the functions.
pub const INVOKER: &str = "invoker@local.iam.gserviceaccount.com";

const LIFETIME: Duration = Duration::from_secs(3600);

/// An issuer of identity tokens.
pub struct Issuer {
    key: EncodingKey,
    key_id: String,
    keys: JwkSet,
}

/// The claims of a token.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "each field is the claim of that name, RFC 7519")]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub email: String,
    pub email_verified: bool,
    /// Seconds since 1970.
    pub iat: u64,
    /// Seconds since 1970.
    pub exp: u64,
}

impl Claims {
    /// The claims of Google's token for `audience`, valid for an hour of real time.
    pub fn of_google(audience: &str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            iss: "https://accounts.google.com".into(),
            aud: audience.into(),
            sub: "local-invoker".into(),
            email: INVOKER.into(),
            email_verified: true,
            iat: now.as_secs(),
            exp: (now + LIFETIME).as_secs(),
        }
    }
}

/// The issuer of every local cloud of a process: making a key takes a tenth of a second.
static LOCAL: LazyLock<Result<Arc<Issuer>, String>> = LazyLock::new(|| Issuer::new("local").map(Arc::new));

impl Issuer {
    /// The issuer of the local cloud.
    pub fn local() -> Result<Arc<Self>, String> {
        LOCAL.clone()
    }

    /// An issuer with a new key, identified by `key_id`.
    pub fn new(key_id: &str) -> Result<Self, String> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|error| error.to_string())?;
        let der = pair.as_der().map_err(|error| error.to_string())?;
        let base64 = BASE64_STANDARD.encode(der.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|error| error.to_string())?;
        let mut public = Jwk::from_encoding_key(&key, Algorithm::RS256).map_err(|error| error.to_string())?;
        public.common.key_id = Some(key_id.into());
        Ok(Self { key, key_id: key_id.into(), keys: JwkSet { keys: vec![public] } })
    }

    /// A token for `audience`, in Google's format.
    pub fn token(&self, audience: &str) -> String {
        self.sign(&Claims::of_google(audience))
    }

    /// A token with exactly these claims.
    pub fn sign(&self, claims: &Claims) -> String {
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::RS256) };
        // Signing with this key does not fail once it has succeeded; an empty token would be refused.
        encode(&header, claims, &self.key).unwrap_or_default()
    }

    /// The public keys.
    pub fn keys(&self) -> &JwkSet {
        &self.keys
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Issuer")
    }
}

/// The routes for the public keys, and for the token that Google's metadata server gives a service for an
/// audience.
pub fn router(issuer: Arc<Issuer>) -> Router {
    let keys = Json(issuer.keys.clone());
    let identity = move |Query(parameters): Query<HashMap<String, String>>| async move {
        match parameters.get("audience") {
            Some(audience) => issuer.token(audience).into_response(),
            None => (StatusCode::BAD_REQUEST, "audience: missing").into_response(),
        }
    };
    Router::new()
        .route("/oauth2/v3/certs", get(|| async { keys }))
        .route("/computeMetadata/v1/instance/service-accounts/default/identity", get(identity))
}
