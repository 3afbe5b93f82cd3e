//! Identity tokens, as Google issues them, from a key of our own.

use std::{
    collections::HashMap,
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
use std::sync::Arc;

/// Whom the tokens are about: the service account that may call the functions.
pub const INVOKER: &str = "invoker@local.iam.gserviceaccount.com";

const KEY_ID: &str = "local";
const LIFETIME: Duration = Duration::from_secs(3600);

/// An issuer of identity tokens.
pub struct Issuer {
    key: EncodingKey,
    keys: JwkSet,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    aud: &'a str,
    sub: &'static str,
    email: &'static str,
    email_verified: bool,
    iat: u64,
    exp: u64,
}

impl Issuer {
    /// An issuer with a new key.
    pub fn new() -> Result<Self, String> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|error| error.to_string())?;
        let der = pair.as_der().map_err(|error| error.to_string())?;
        let base64 = BASE64_STANDARD.encode(der.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|error| error.to_string())?;
        let mut public = Jwk::from_encoding_key(&key, Algorithm::RS256).map_err(|error| error.to_string())?;
        public.common.key_id = Some(KEY_ID.into());
        Ok(Self { key, keys: JwkSet { keys: vec![public] } })
    }

    /// A token for `audience`, good for an hour of real time.
    pub fn token(&self, audience: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let claims = Claims {
            iss: "https://accounts.google.com",
            aud: audience,
            sub: "local-invoker",
            email: INVOKER,
            email_verified: true,
            iat: now.as_secs(),
            exp: (now + LIFETIME).as_secs(),
        };
        let header = Header { kid: Some(KEY_ID.into()), ..Header::new(Algorithm::RS256) };
        // Signing with a key that has just signed does not fail; an empty token would be refused.
        encode(&header, &claims, &self.key).unwrap_or_default()
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Issuer")
    }
}

/// The public keys, and the token that Google's metadata server gives a service for an audience.
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
