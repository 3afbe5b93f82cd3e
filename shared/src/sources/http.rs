//! A bounded request to a source.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::Utc;
use reqwest::{
    StatusCode, Url,
    header::{HeaderMap, RETRY_AFTER},
};

use crate::{
    Error, connections,
    error::Detail,
    retry::{Failure, retry_after},
};

/// A client with the headers and the time limit of a source.
pub(super) fn client(headers: HeaderMap, limit: Duration) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .default_headers(headers)
        .user_agent(concat!("challenge-system/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(5))
        .pool_idle_timeout(connections::IDLE)
        .timeout(limit)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Error::internal(Detail::of("the HTTP client could not be created", error)))
}

/// How the failures of a source are reported.
#[derive(Clone, Copy)]
pub(super) struct ErrorPolicy {
    /// Makes the error.
    pub error: fn(Detail) -> Error,
    /// What status 401 or 403 means.
    pub refusal: &'static str,
    /// Whether that is an ERROR in the log: no later call fixes it, a person has to.
    pub refusal_is_error: bool,
}

/// The body of `url`, at most `most` bytes.
pub(super) async fn get(
    http: &reqwest::Client,
    url: &Url,
    most: usize,
    ErrorPolicy { error, refusal, refusal_is_error }: ErrorPolicy,
) -> Result<Bytes, Failure> {
    let again = |detail: Detail, after| Failure::Retryable { error: error(detail), after };
    let broken = |error: reqwest::Error| again(Detail::only(error.without_url()), None);
    let mut response = http.get(url.clone()).send().await.map_err(broken)?;
    let status = response.status();
    if !status.is_success() {
        let after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| retry_after(value.to_str().ok()?, Utc::now()));
        return Err(match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                again(format!("answered {status}").into(), after)
            }
            _ if status.is_server_error() => again(format!("answered {status}").into(), after),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                if refusal_is_error {
                    tracing::error!(%status, refusal, "a source of scores refuses the request; it is not retried");
                }
                Failure::Permanent(error(format!("answered {status}: {refusal}").into()))
            }
            _ => Failure::Permanent(error(format!("answered {status}").into())),
        });
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        body.extend_from_slice(&chunk);
        if body.len() > most {
            return Err(Failure::Permanent(error(format!("sent a page of more than {most} bytes").into())));
        }
    }
    Ok(body.freeze())
}

/// To the caller, a timeout that the retries report is a failure of the source.
pub(super) fn as_upstream(failed: Error, error: fn(Detail) -> Error) -> Error {
    match failed {
        Error::Transient { detail, .. } => error(detail),
        failed => failed,
    }
}
