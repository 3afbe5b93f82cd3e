//! The one error type of every function, and how it is handled.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// Everything that can go wrong. Each variant says who sees it and what the platform then does.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A missing or malformed environment variable. Seen by whoever starts the process, as one line
    /// on stderr; the process does not start, so a bad deploy never takes traffic.
    #[error("{0}")]
    Configuration(String),

    /// The caller sent a request that cannot be read. 400 to the caller; Cloud Scheduler reports the job as
    /// failed, and a retry would not help.
    #[error("{0}")]
    InvalidRequest(String),

    /// No identity token, or one that does not verify. 401 to the caller.
    #[error("{0}")]
    Unauthenticated(String),

    /// A verified caller who is not on the list. 403 to the caller.
    #[error("{0}")]
    Forbidden(String),

    /// BallDontLie failed, refused us, or answered with something that is not a box score. 502 to
    /// the caller; nothing was published and the next tick of the schedule tries again.
    #[error("BallDontLie: {0}")]
    BallDontLie(String),

    /// The NBA's feed failed, refused us, or answered with something that is not a scoreboard or box score. 502 to the
    /// caller; seen only where no other source has answered.
    #[error("the NBA's feed: {0}")]
    NbaCdn(String),

    /// A Google service timed out, was overloaded or out of quota. 503: Eventarc and Cloud Scheduler deliver
    /// the event or call again.
    #[error("{service}: {detail}")]
    Transient {
        /// The service as the on-call engineer knows it, such as `BigQuery`.
        service: &'static str,
        /// The service's description of the error.
        detail: String,
    },

    /// An event that can never be processed, such as a snapshot that is not JSON. The harness keeps
    /// the event and this reason under `dead-letter/`, logs an ERROR and acknowledges, so that the
    /// platform does not deliver it again.
    #[error("{0}")]
    Permanent(String),

    /// The invocation ran into its deadline. 504: delivered again like any 5xx.
    #[error("the invocation did not finish within {0} seconds")]
    DeadlineExceeded(u64),

    /// A fault of the function or its permissions: a refused token, a missing table, a bug. 500; the platform
    /// delivers an event again, so that nothing is lost until the on-call engineer fixes it.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// The HTTP status the caller sees.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::InvalidRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::BallDontLie(_) | Self::NbaCdn(_) => StatusCode::BAD_GATEWAY,
            Self::Transient { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::DeadlineExceeded(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Configuration(_) | Self::Permanent(_) | Self::Internal(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// The stable code of this error in the JSON answer.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Configuration(_) => "configuration",
            Self::InvalidRequest(_) => "invalid_request",
            Self::Unauthenticated(_) => "unauthenticated",
            Self::Forbidden(_) => "forbidden",
            Self::BallDontLie(_) | Self::NbaCdn(_) => "upstream_failed",
            Self::Transient { .. } => "unavailable",
            Self::Permanent(_) => "permanent",
            Self::DeadlineExceeded(_) => "deadline_exceeded",
            Self::Internal(_) => "internal",
        }
    }

    /// Formats an error and its sources in one line.
    pub fn with_sources(error: &(dyn std::error::Error + 'static)) -> String {
        let causes = std::iter::successors(error.source(), |cause| cause.source());
        causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
    }

    /// A transient failure of `service`.
    pub fn transient(service: &'static str, detail: impl ToString) -> Self {
        Self::Transient { service, detail: detail.to_string() }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = error_response(self.status(), self.code(), &self.to_string());
        if matches!(self, Self::Unauthenticated(_)) {
            response
                .headers_mut()
                .insert(axum::http::header::WWW_AUTHENTICATE, axum::http::HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The one JSON shape of an error, `{"error":{"code","message"}}`, with its status.
pub fn error_response(status: StatusCode, code: &str, message: &str) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        error: Detail<'a>,
    }
    #[derive(Serialize)]
    struct Detail<'a> {
        code: &'a str,
        message: &'a str,
    }
    (status, Json(Body { error: Detail { code, message } })).into_response()
}
