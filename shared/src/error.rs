//! The one error type of every function, and how it is handled.

use std::{error::Error as StdError, fmt};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// Everything that can go wrong. Each variant says who sees it and what the platform then does.
#[derive(Debug)]
pub enum Error {
    /// A missing or malformed environment variable. Seen by whoever starts the process, as one line
    /// on stderr; the process does not start, so a bad deploy never takes traffic.
    Configuration(Detail),

    /// The caller sent a request that cannot be read. 400 to the caller; Cloud Scheduler reports the job as
    /// failed, and a retry would not help.
    InvalidRequest(Detail),

    /// No identity token, or one that does not verify. 401 to the caller.
    Unauthenticated(Detail),

    /// A verified caller who is not on the list. 403 to the caller.
    Forbidden(Detail),

    /// BallDontLie failed, refused the request, or answered with something that is not a box score. 502 to the caller
    /// where no other source answered and nothing else could be exported; the next tick of the schedule tries again.
    BallDontLie(Detail),

    /// The NBA's feed failed, refused the request, or answered with something that is not a scoreboard or box score. 502
    /// to the caller; seen only where no other source has answered.
    NbaCdn(Detail),

    /// A Google service timed out, was overloaded or out of quota. 503: Eventarc delivers the
    /// event again; the next call of a schedule is its retry.
    Transient {
        /// The service as the on-call engineer knows it, such as `BigQuery`.
        service: &'static str,
        /// The service's description of the error.
        detail: Detail,
    },

    /// An event that can never be processed, such as a snapshot that is not JSON. `service::event`
    /// keeps the event and this reason under `dead-letter/`, logs an ERROR and acknowledges, so that the platform does
    /// not deliver it again.
    Permanent(Detail),

    /// The invocation ran into its deadline. 504: an event is delivered again, like after
    /// any 5xx.
    DeadlineExceeded(u64),

    /// A fault of the function or its permissions: a refused token, a missing table, a bug. 500; the platform
    /// delivers an event again, so that nothing is lost until the on-call engineer fixes it.
    Internal(Detail),
}

/// The words for an error, and the error that it follows from.
///
/// As text it is one line with the words of both, because answers, log entries and dead letters have one line for an
/// error. Deeper sources are left out of the text, because some libraries repeat them in their own.
///
/// ```
/// use std::error::Error as _;
/// use shared::{Error, error::Detail};
///
/// let unreadable = "x".parse::<i64>().unwrap_err();
/// let error = Error::permanent(Detail::of("generation", unreadable));
/// assert_eq!(error.to_string(), "generation: invalid digit found in string");
/// assert!(error.source().is_some_and(|source| source.is::<std::num::ParseIntError>()));
/// ```
pub struct Detail {
    words: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Detail {
    /// An error that needs no words of its own.
    pub fn only(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::of("", source)
    }

    /// An error that follows from `source`.
    pub fn of(words: impl Into<String>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { words: words.into(), source: Some(source.into()) }
    }
}

impl From<String> for Detail {
    fn from(words: String) -> Self {
        Self { words, source: None }
    }
}

impl From<&str> for Detail {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.words.is_empty() { "" } else { ": " };
        match &self.source {
            Some(source) => write!(f, "{}{colon}{source}", self.words),
            None => f.write_str(&self.words),
        }
    }
}

impl fmt::Debug for Detail {
    /// The text: libraries have whole answers in their errors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BallDontLie(detail) => write!(f, "BallDontLie: {detail}"),
            Self::NbaCdn(detail) => write!(f, "the NBA's feed: {detail}"),
            Self::Transient { service, detail } => write!(f, "{service}: {detail}"),
            Self::DeadlineExceeded(seconds) => {
                write!(f, "the invocation did not finish within {seconds} seconds")
            }
            Self::Configuration(detail)
            | Self::InvalidRequest(detail)
            | Self::Unauthenticated(detail)
            | Self::Forbidden(detail)
            | Self::Permanent(detail)
            | Self::Internal(detail) => write!(f, "{detail}"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let detail = match self {
            Self::Configuration(detail)
            | Self::InvalidRequest(detail)
            | Self::Unauthenticated(detail)
            | Self::Forbidden(detail)
            | Self::BallDontLie(detail)
            | Self::NbaCdn(detail)
            | Self::Transient { detail, .. }
            | Self::Permanent(detail)
            | Self::Internal(detail) => detail,
            Self::DeadlineExceeded(_) => return None,
        };
        detail.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
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

    /// Formats an error of a library and its sources in one line.
    pub fn with_sources(error: &(dyn StdError + 'static)) -> String {
        let causes =
            std::iter::successors(error.source(), |cause: &&(dyn StdError + 'static)| (*cause).source());
        causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
    }

    /// A transient failure of `service`.
    pub fn transient(service: &'static str, detail: impl Into<Detail>) -> Self {
        Self::Transient { service, detail: detail.into() }
    }

    /// An unusable setting, [`Error::Configuration`].
    pub fn configuration(detail: impl Into<Detail>) -> Self {
        Self::Configuration(detail.into())
    }

    /// A request that cannot be read, [`Error::InvalidRequest`].
    pub fn invalid_request(detail: impl Into<Detail>) -> Self {
        Self::InvalidRequest(detail.into())
    }

    /// An event that can never be processed, [`Error::Permanent`].
    pub fn permanent(detail: impl Into<Detail>) -> Self {
        Self::Permanent(detail.into())
    }

    /// A fault of the function or its permissions, [`Error::Internal`].
    pub fn internal(detail: impl Into<Detail>) -> Self {
        Self::Internal(detail.into())
    }

    /// A failure of BallDontLie, [`Error::BallDontLie`].
    pub fn balldontlie(detail: impl Into<Detail>) -> Self {
        Self::BallDontLie(detail.into())
    }

    /// A failure of the NBA's feed, [`Error::NbaCdn`].
    pub fn nba_cdn(detail: impl Into<Detail>) -> Self {
        Self::NbaCdn(detail.into())
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
        error: Reason<'a>,
    }
    #[derive(Serialize)]
    struct Reason<'a> {
        code: &'a str,
        message: &'a str,
    }
    (status, Json(Body { error: Reason { code, message } })).into_response()
}
