//! The operator's read access to the triggers: Eventarc's list of them, and the settings of the Pub/Sub
//! subscription of each.

use axum::{
    Extension, Json, Router,
    extract::{Path, State},
    routing::get,
};
use serde_json::{Value, json};

use crate::{
    delivery::{Delivery, Subscription},
    identity::Caller,
    pubsub::PROJECT,
    storage::Refused,
};

/// `GET` of the triggers and of a subscription, for an operator.
pub(crate) fn router(delivery: Delivery) -> Router {
    Router::new()
        .route("/v1/projects/{project}/locations/{location}/triggers", get(triggers))
        .route("/v1/projects/{project}/subscriptions/{subscription}", get(subscription))
        .with_state(delivery)
}

fn name_of(trigger: &str) -> String {
    format!("projects/{PROJECT}/subscriptions/eventarc-{trigger}")
}

async fn triggers(
    State(delivery): State<Delivery>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, Refused> {
    for_operators(&caller)?;
    let triggers: Vec<Value> = delivery
        .triggers()
        .iter()
        .map(|trigger| json!({"name": trigger, "transport": {"pubsub": {"subscription": name_of(trigger)}}}))
        .collect();
    Ok(Json(json!({ "triggers": triggers })))
}

async fn subscription(
    State(delivery): State<Delivery>,
    Extension(caller): Extension<Caller>,
    Path((_, name)): Path<(String, String)>,
) -> Result<Json<Value>, Refused> {
    for_operators(&caller)?;
    let known = delivery.triggers().iter().any(|trigger| name == format!("eventarc-{trigger}"));
    if !known {
        return Err(Refused(404, format!("Resource not found (resource={name}).")));
    }
    let Subscription { ack_deadline, min_back_off, max_back_off, attempts } = Subscription::deployed();
    Ok(Json(json!({
        "name": format!("projects/{PROJECT}/subscriptions/{name}"),
        "ackDeadlineSeconds": ack_deadline.as_secs(),
        "retryPolicy": {
            "minimumBackoff": format!("{}s", min_back_off.as_secs()),
            "maximumBackoff": format!("{}s", max_back_off.as_secs()),
        },
        "deadLetterPolicy": {"maxDeliveryAttempts": attempts},
    })))
}

fn for_operators(caller: &Caller) -> Result<(), Refused> {
    if caller.is_operator() {
        Ok(())
    } else {
        Err(Refused(403, "Only an operator reads triggers and subscriptions.".into()))
    }
}
