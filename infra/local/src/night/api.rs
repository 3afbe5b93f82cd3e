//! BallDontLie's box score endpoints and its list of games, replaying a night.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Night;
use crate::outage::Outages;

#[derive(Clone)]
struct Api {
    night: Arc<Night>,
    clock: shared::Clock,
    outages: Outages,
}

/// `/v1/box_scores/live`, `/v1/box_scores?date=` and `/v1/games?dates[]=` of `night` by `clock`.
pub fn router(night: Arc<Night>, clock: shared::Clock, outages: Outages) -> Router {
    Router::new()
        .route("/v1/box_scores/live", get(live))
        .route("/v1/box_scores", get(dated))
        .route("/v1/games", get(games))
        .with_state(Api { night, clock, outages })
}

async fn live(State(api): State<Api>, headers: HeaderMap) -> Response {
    answer(&api, &headers, |now| api.night.live(now))
}

async fn dated(
    State(api): State<Api>,
    Query(parameters): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let is_of_the_night = parameters.get("date").is_some_and(|date| *date == api.night.day.to_string());
    answer(&api, &headers, |now| if is_of_the_night { api.night.dated(now) } else { Vec::new() })
}

/// The games without their players.
async fn games(
    State(api): State<Api>,
    Query(parameters): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let is_of_the_night = parameters.get("dates[]").is_some_and(|date| *date == api.night.day.to_string());
    answer(&api, &headers, |now| {
        let mut games = if is_of_the_night { api.night.dated(now) } else { Vec::new() };
        for game in &mut games {
            for side in ["home_team", "visitor_team"] {
                game[side].as_object_mut().and_then(|team| team.remove("players"));
            }
        }
        games
    })
}

fn answer(api: &Api, headers: &HeaderMap, games: impl Fn(DateTime<Utc>) -> Vec<Value>) -> Response {
    if !headers.contains_key(header::AUTHORIZATION) {
        return (StatusCode::UNAUTHORIZED, "Unauthorized").into_response();
    }
    api.outages.answer(&api.night, api.clock.now(), games)
}
