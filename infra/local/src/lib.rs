//! The whole system on one machine: the parts of Google Cloud, of BallDontLie and of the NBA's feed that the functions use,
//! the functions themselves, and a night that is replayed through them.
//!
//! Test and development equipment. It implements only what the functions use; any other call is answered
//! with `501` and the name of the call.

pub mod age;
pub mod bigquery;
mod board;
pub mod chaos;
pub mod clock;
pub mod cloud;
pub mod delivery;
pub mod drift;
mod eventarc;
pub mod faults;
pub mod functions;
pub mod identity;
pub mod issuer;
pub mod latency;
pub mod limits;
pub mod mock;
mod morning;
pub mod night;
pub mod outage;
pub mod pubsub;
pub mod replay;
pub mod report;
mod roles;
pub mod seed;
pub mod storage;
pub mod terraform;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// An error as Google's APIs write it.
fn api_error_with_reason(code: u16, reason: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let errors = json!([{"message": message, "domain": "global", "reason": reason}]);
    (status, Json(json!({"error": {"code": code, "message": message, "errors": errors, "status": status_name(code)}})))
        .into_response()
}

/// Google's name of an HTTP status: <https://cloud.google.com/apis/design/errors#handling_errors>.
fn status_name(code: u16) -> &'static str {
    match code {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ALREADY_EXISTS",
        412 => "FAILED_PRECONDITION",
        429 => "RESOURCE_EXHAUSTED",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        _ => "INTERNAL",
    }
}
