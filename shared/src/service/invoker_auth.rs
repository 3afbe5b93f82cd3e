//! Authentication of a function's callers.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use google_cloud_auth::{
    credentials::idtoken::verifier::{Builder, Verifier},
    errors::CredentialsError,
};
use tokio::sync::Mutex;

use crate::{Error, env::Environment};

/// Google's public keys for the identity tokens it signs.
const GOOGLE_JWKS_URL: &str = "https://www.googleapis.com/oauth2/v3/certs";
/// A real identity token has under 2 KB; a longer one is refused unread.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// Name of the public keys in error messages.
const KEYS: &str = "public keys of identity tokens";
/// The most by which the issuer's clock may differ from the local one.
const LEEWAY: Duration = Duration::from_secs(60);
/// How long fetching the public keys may take.
const JWKS_TIMEOUT: Duration = Duration::from_secs(10);

/// The guard in front of a function, from `INVOKER_AUTH`.
#[derive(Clone, Debug)]
pub enum InvokerAuth {
    /// `iam`: Cloud Run has checked the caller's `run.invoker` role before the request arrives and has
    /// replaced the token's signature, so there is nothing left to check.
    Iam,
    /// `oidc`: the service verifies the caller's identity token itself.
    Oidc(Oidc),
    /// `none`: anyone who reaches the port. The service then listens on loopback only.
    None,
}

/// The requirements for an acceptable identity token.
#[derive(Clone)]
pub struct Oidc {
    /// Locked, because the verifier refuses other callers while it fetches the public keys.
    verifier: Arc<Mutex<Verifier>>,
    allowed_emails: Arc<[String]>,
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oidc").field("allowed_emails", &self.allowed_emails).finish_non_exhaustive()
    }
}

impl InvokerAuth {
    /// Reads `INVOKER_AUTH` and, for `oidc`, its `OIDC_*` variables.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        match environment.get("INVOKER_AUTH").as_deref().unwrap_or("iam") {
            "iam" if environment.get("K_SERVICE").is_some() => Ok(Self::Iam),
            "iam" => Err(Error::configuration(
                "INVOKER_AUTH is \"iam\" (the default), which only protects a service on Cloud Run; \
                 set it to \"oidc\", or to \"none\" for a loopback-only service",
            )),
            "oidc" => Oidc::read(environment).map(Self::Oidc),
            "none" => Ok(Self::None),
            other => Err(Error::configuration(format!(
                "INVOKER_AUTH is {other:?}, expected \"iam\", \"oidc\" or \"none\""
            ))),
        }
    }

    /// Admits the caller of a request with these `headers`, or returns the reason for refusal.
    pub async fn check(&self, headers: &HeaderMap) -> Result<(), Error> {
        match self {
            Self::Iam | Self::None => Ok(()),
            Self::Oidc(oidc) => oidc.check(headers).await,
        }
    }
}

impl Oidc {
    fn read(environment: &Environment) -> Result<Self, Error> {
        let audience = environment.required("OIDC_AUDIENCE")?;
        let allowed_emails: Arc<[String]> = environment
            .required("OIDC_ALLOWED_EMAILS")?
            .split(',')
            .map(|email| email.trim().to_owned())
            .filter(|email| !email.is_empty())
            .collect();
        let jwks_url = environment.url("OIDC_JWKS_URL")?;
        let verifier = Builder::new([audience])
            .with_jwks_url(jwks_url.as_ref().map_or(GOOGLE_JWKS_URL, |url| url.as_str()))
            .with_clock_skew(LEEWAY)
            .build();
        Ok(Self { verifier: Arc::new(Mutex::new(verifier)), allowed_emails })
    }

    async fn check(&self, headers: &HeaderMap) -> Result<(), Error> {
        let unauthenticated = |detail: &str| Error::Unauthenticated(detail.into());
        let token = headers
            .get(AUTHORIZATION)
            .ok_or_else(|| {
                unauthenticated("the Authorization header is missing, expected a bearer identity token")
            })?
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| unauthenticated("the Authorization header is not a bearer token"))?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(unauthenticated("the identity token is too long"));
        }
        if algorithm(token).as_deref() != Some("RS256") {
            return Err(unauthenticated("the identity token is not signed with RS256"));
        }
        let verified = async { self.verifier.lock().await.verify(token).await };
        let claims = tokio::time::timeout(JWKS_TIMEOUT, verified)
            .await
            .map_err(|_| Error::transient(KEYS, "timed out"))?
            .map_err(|error| {
                if error.is_load_cert() {
                    tracing::warn!(%error, "no public key could be loaded for an identity token; the call is refused");
                }
                if passes(&error) {
                    return Error::transient(KEYS, "could not be fetched");
                }
                unauthenticated("the identity token is invalid, expired or for another audience")
            })?;
        if ["iat", "nbf"].iter().any(|moment| is_to_come(claims.get(*moment))) {
            return Err(unauthenticated("the identity token is not valid yet"));
        }
        let email = claims.get("email").and_then(|email| email.as_str()).unwrap_or_default();
        let verified = claims.get("email_verified").and_then(|it| it.as_bool()) == Some(true);
        if !verified || !self.allowed_emails.iter().any(|allowed| allowed == email) {
            return Err(Error::Forbidden(format!("{email:?} may not call this function").into()));
        }
        Ok(())
    }
}

/// Whether the public keys could not be fetched, which is transient and says nothing about the token.
fn passes(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .filter_map(|error| error.downcast_ref::<CredentialsError>())
        .any(CredentialsError::is_transient)
}

/// The algorithm in the token's header. The verifier would accept any algorithm that fits the key.
fn algorithm(token: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Header {
        alg: String,
    }
    let (header, _) = token.split_once('.')?;
    let header: Header = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    Some(header.alg)
}

/// Whether a claim's instant, in seconds since 1970, is in the future.
fn is_to_come(moment: Option<&serde_json::Value>) -> bool {
    let latest = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + LEEWAY;
    moment.and_then(serde_json::Value::as_f64).is_some_and(|moment| moment > latest.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<InvokerAuth, Error> {
        InvokerAuth::read(&variables.iter().copied().collect())
    }

    #[test]
    fn off_cloud_run_the_default_stops_the_start() {
        assert!(
            matches!(read(&[]), Err(Error::Configuration(detail)) if detail.to_string().contains("INVOKER_AUTH"))
        );
        assert!(matches!(read(&[("K_SERVICE", "export-live")]), Ok(InvokerAuth::Iam)));
    }

    #[test]
    fn oidc_demands_an_audience_and_a_list_of_emails() {
        let error = |variables: &[(&str, &str)]| read(variables).map_err(|error| error.to_string());
        assert_eq!(error(&[("INVOKER_AUTH", "oidc")]).err().as_deref(), Some("OIDC_AUDIENCE is not set"));
        assert_eq!(
            error(&[("INVOKER_AUTH", "oidc"), ("OIDC_AUDIENCE", "a")]).err().as_deref(),
            Some("OIDC_ALLOWED_EMAILS is not set")
        );
    }
}
