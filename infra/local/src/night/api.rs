//! BallDontLie's two box score endpoints, replaying a night.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::Night;

#[derive(Clone)]
struct Api {
    night: Arc<Night>,
    clock: shared::Clock,
}

/// `/v1/box_scores/live` and `/v1/box_scores?date=` of `night` by `clock`.
pub fn router(night: Arc<Night>, clock: shared::Clock) -> Router {
    Router::new()
        .route("/v1/box_scores/live", get(live))
        .route("/v1/box_scores", get(dated))
        .with_state(Api { night, clock })
}

async fn live(State(api): State<Api>, headers: HeaderMap) -> Response {
    answer(&headers, || api.night.live(api.clock.now()))
}

async fn dated(
    State(api): State<Api>,
    Query(parameters): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let is_of_the_night = parameters.get("date").is_some_and(|date| *date == api.night.day.to_string());
    answer(&headers, || if is_of_the_night { api.night.dated(api.clock.now()) } else { Vec::new() })
}

fn answer(headers: &HeaderMap, games: impl FnOnce() -> Vec<Value>) -> Response {
    if !headers.contains_key(header::AUTHORIZATION) {
        return (StatusCode::UNAUTHORIZED, "Unauthorized").into_response();
    }
    Json(json!({ "data": games() })).into_response()
}
