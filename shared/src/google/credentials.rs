//! The service's own identity, shared by every client of a process.
//!
//! One set of credentials means one token from the metadata server for Cloud Storage, BigQuery and Pub/Sub
//! together, and one place that detects its absence.

use std::{
    fmt, process,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use axum::http::{Extensions, HeaderMap};
use google_cloud_auth::{
    credentials::{AccessTokenCredentials, Builder, CacheableResource, CredentialsProvider},
    errors::CredentialsError,
};
use tokio::time::Instant;

use crate::Error;

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// Set explicitly, because the library would take the metadata server's empty answer literally.
const UNIVERSE_DOMAIN: &str = "googleapis.com";
/// How long tokens may fail with a transient error. The library asks again every ten seconds.
const TOKEN_OUTAGE_LIMIT: Duration = Duration::from_secs(60);

/// How long a token is waited for: the library waits without a limit where the metadata server takes the request and
/// does not answer, and the caller would give up before this counts as an outage.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

/// The credentials of this process, created at first use, so that startup needs no call. Cheap to clone.
#[derive(Clone, Default)]
pub struct Credentials(Arc<Shared>);

#[derive(Default)]
struct Shared {
    credentials: OnceLock<AccessTokenCredentials>,
    /// The instant since which every token has failed.
    failing_since: Mutex<Option<Instant>>,
}

impl Credentials {
    /// An access token for a call that this crate makes itself.
    pub(crate) async fn access_token(&self) -> Result<String, CredentialsError> {
        let token = in_time(self.library()?.access_token()).await;
        self.end_process_without_token(token.as_ref().err());
        Ok(token?.token)
    }

    /// The same credentials for one of Google's clients.
    pub(crate) fn for_client(&self) -> google_cloud_auth::credentials::Credentials {
        self.clone().into()
    }

    fn library(&self) -> Result<&AccessTokenCredentials, CredentialsError> {
        if let Some(credentials) = self.0.credentials.get() {
            return Ok(credentials);
        }
        let built = Builder::default()
            .with_scopes([SCOPE])
            .with_universe_domain(UNIVERSE_DOMAIN)
            .build_access_token_credentials()
            .map_err(|error| CredentialsError::from_source(false, error))?;
        Ok(self.0.credentials.get_or_init(|| built))
    }

    /// Ends the process where tokens have failed for too long or permanently: the library's own refresh stops
    /// for ever at an error that it takes for permanent, and the instance would then fail every call. Cloud
    /// Run starts a new one.
    fn end_process_without_token(&self, error: Option<&CredentialsError>) {
        let mut failing_since = self.0.failing_since.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(error) = error else {
            *failing_since = None;
            return;
        };
        let since = *failing_since.get_or_insert_with(Instant::now);
        if !error.is_transient() || since.elapsed() >= TOKEN_OUTAGE_LIMIT {
            let error = Error::with_sources(error);
            tracing::error!(error, "no access token; the process ends so that Cloud Run starts a new one");
            process::exit(1);
        }
    }
}

/// An answer of the library, or a transient error if there is none in time.
async fn in_time<T>(asked: impl Future<Output = Result<T, CredentialsError>>) -> Result<T, CredentialsError> {
    let late = || CredentialsError::from_msg(true, format!("no token within {TOKEN_TIMEOUT:?}"));
    tokio::time::timeout(TOKEN_TIMEOUT, asked).await.unwrap_or_else(|_| Err(late()))
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

impl CredentialsProvider for Credentials {
    async fn headers(
        &self,
        extensions: Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        let headers = in_time(self.library()?.headers(extensions)).await;
        self.end_process_without_token(headers.as_ref().err());
        headers
    }

    async fn universe_domain(&self) -> Option<String> {
        Some(UNIVERSE_DOMAIN.to_owned())
    }
}
