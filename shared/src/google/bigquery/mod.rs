//! BigQuery: typed queries with named parameters, and load jobs that land once.
//!
//! A thin layer over `gcp-bigquery-client` that adds what it lacks: retries, a time limit on every
//! call, results that are waited for and read to the last page, and typed rows.

mod load_once;
mod load_pause;
mod query;
mod values;

use std::{fmt, sync::Arc, time::Duration};

use gcp_bigquery_client::{
    Client,
    auth::Authenticator,
    error::{BQError, ResponseError},
};
use reqwest::Url;
use tokio::sync::OnceCell;

pub use load_once::{Load, Loaded, Loader, STAGING};
pub use query::Parameter;
pub use values::Values;

use crate::{
    Error, connections,
    error::Detail,
    google::{GoogleCloud, credentials::Credentials},
    retry::{Budget, Failure},
};

const SERVICE: &str = "BigQuery";
/// How long a call is retried. All calls of an invocation together must end before its `INVOCATION_DEADLINE`.
const BUDGET: Budget =
    Budget { service: SERVICE, attempt: Duration::from_secs(30), total: Duration::from_secs(60) };

/// BigQuery in one project. The client is created at first use, so that startup needs no call. Cheap to
/// clone.
#[derive(Clone)]
pub struct BigQuery {
    project: String,
    emulator: Option<Url>,
    /// The location of the datasets; every call about a job names it.
    location: Option<String>,
    credentials: Credentials,
    client: Arc<OnceCell<Client>>,
}

impl BigQuery {
    /// The client of BigQuery at Google or, without credentials, at the emulator.
    pub fn new(google: &GoogleCloud) -> Self {
        Self {
            project: google.project.clone(),
            emulator: google.bigquery_emulator.clone(),
            location: google.bigquery_location.clone(),
            credentials: google.credentials.clone(),
            client: Arc::default(),
        }
    }

    async fn client(&self) -> Result<&Client, Failure> {
        let words = || format!("{SERVICE}: the client could not be created");
        let build = || async {
            connections::choose_tls_provider();
            let http = reqwest_0_12::Client::builder()
                .connect_timeout(Duration::from_secs(5))
                .pool_idle_timeout(connections::IDLE)
                .timeout(BUDGET.attempt)
                .build()
                .map_err(|error| Failure::Permanent(Error::internal(Detail::of(words(), error))))?;
            let mut builder = gcp_bigquery_client::client_builder::ClientBuilder::new();
            builder.with_client(http);
            let authenticator: Arc<dyn Authenticator> = match &self.emulator {
                Some(emulator) => {
                    let base = emulator.as_str().trim_end_matches('/');
                    builder.with_v2_base_url(format!("{base}/bigquery/v2"));
                    Arc::new(Anonymous)
                }
                None => Arc::new(OwnIdentity(self.credentials.clone())),
            };
            builder
                .build_from_authenticator(authenticator)
                .await
                .map_err(|error| Failure::Permanent(Error::internal(Detail::of(words(), error))))
        };
        self.client.get_or_try_init(build).await
    }
}

impl fmt::Debug for BigQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BigQuery")
            .field("project", &self.project)
            .field("emulator", &self.emulator)
            .finish_non_exhaustive()
    }
}

/// The process's own credentials, as the client expects them.
#[derive(Clone)]
struct OwnIdentity(Credentials);

#[async_trait::async_trait]
impl Authenticator for OwnIdentity {
    async fn access_token(&self) -> Result<String, BQError> {
        self.0.access_token().await.map_err(|error| {
            tracing::warn!(
                error = Error::with_sources(&error),
                "no access token for BigQuery; the call is retried"
            );
            BQError::NoToken
        })
    }
}

/// A fixed token, because the emulator accepts any.
#[derive(Clone)]
struct Anonymous;

#[async_trait::async_trait]
impl Authenticator for Anonymous {
    async fn access_token(&self) -> Result<String, BQError> {
        Ok("emulator".into())
    }
}

/// Converts BigQuery's error. Quota refusals come as 403 with a reason that distinguishes them from a missing
/// permission: <https://cloud.google.com/bigquery/docs/error-messages>.
fn failure(error: BQError) -> Failure {
    let (code, reason, message) = match &error {
        BQError::ResponseError { error } => {
            (error.error.code, reason(error).map_or("", String::as_str), error.error.message.clone())
        }
        BQError::RequestError(request) if request.is_builder() => {
            return Failure::Permanent(Error::internal(Detail::of(SERVICE, error)));
        }
        BQError::RequestError(_) | BQError::NoToken => {
            return Failure::retryable(Error::transient(SERVICE, Detail::only(error)));
        }
        _ => return Failure::Permanent(Error::internal(Detail::of(SERVICE, error))),
    };
    if is_quota(reason) {
        // Each attempt counts against the same quota, so the retry is left to the next delivery.
        Failure::Permanent(Error::transient(SERVICE, format!("{reason}: {message}")))
    } else if matches!(code, 408 | 429 | 500..=599) || is_transient(reason) {
        Failure::retryable(Error::transient(SERVICE, message))
    } else {
        Failure::Permanent(Error::internal(format!("{SERVICE}: {code} {reason}: {message}")))
    }
}

fn reason(error: &ResponseError) -> Option<&String> {
    error.error.errors.first().and_then(|first| first.get("reason"))
}

/// The reason with which BigQuery refuses a call that no immediate attempt can help: a quota, a missing permission or a
/// missing table.
fn refusal_reason(error: &BQError) -> Option<String> {
    match error {
        BQError::ResponseError { error } if matches!(error.error.code, 403 | 404) => reason(error).cloned(),
        _ => None,
    }
}

/// Whether BigQuery gives this reason for exceeded quotas and rate limits.
fn is_quota(reason: &str) -> bool {
    matches!(reason, "jobRateLimitExceeded" | "quotaExceeded" | "rateLimitExceeded")
}

/// Whether BigQuery gives this reason for a transient error.
fn is_transient(reason: &str) -> bool {
    matches!(
        reason,
        "backendError"
            | "internalError"
            | "jobBackendError"
            | "jobInternalError"
            | "resourcesExceeded"
            | "stopped"
            | "tableUnavailable"
            | "timeout"
    )
}
