//! Pub/Sub: topics that accept messages and notify their subscribers.
//!
//! The functions' client uses gRPC and only publishes, so there is only that method; an operator publishes
//! over REST.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt,
    future::{Ready, ready},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Extension, Path, Request},
    http::StatusCode,
    response::Response,
    routing::post,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::{PublishRequest, PublishResponse, PubsubMessage};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::Clock;

use crate::identity::{Caller, Resource};
use tonic::{Status, server::UnaryService};
use tonic_prost::ProstCodec;

/// The project of all local resources.
pub const PROJECT: &str = "local";
/// The topic whose messages trigger exports, as in production.
pub const TRIGGER_TOPIC: &str = "nba-phase6-export-trigger";
/// The topic of finished predictions, whose messages trigger exports too.
pub const PREDICTIONS_TOPIC: &str = "nba-phase5-predictions-complete";
/// The topic of completed exports, successful or not.
pub const COMPLETE_TOPIC: &str = "nba-phase6-export-complete";

/// A published message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Pub/Sub's id.
    pub id: String,
    /// Its content.
    pub data: Bytes,
    /// When it was published.
    pub published: DateTime<Utc>,
}

/// The topics.
#[derive(Debug)]
pub struct Topics {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    messages: BTreeMap<String, Vec<Message>>,
    next_id: u64,
    subscribers: Vec<Subscriber>,
}

struct Subscriber {
    topic: String,
    tell: Box<dyn Fn(&Message) + Send + Sync>,
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscriber({})", self.topic)
    }
}

impl Topics {
    /// These topics, without messages.
    pub fn new(names: &[&str], clock: Clock) -> Self {
        let messages = names.iter().map(|name| ((*name).to_owned(), Vec::new())).collect();
        Self { clock, state: Mutex::new(State { messages, next_id: 1, subscribers: Vec::new() }) }
    }

    /// Notifies `subscriber` of every message of `topic` from now on, in order, before its publisher gets
    /// an answer. The subscriber must not call the topics itself.
    pub fn subscribe(&self, topic: &str, subscriber: impl Fn(&Message) + Send + Sync + 'static) {
        let subscriber = Subscriber { topic: topic.to_owned(), tell: Box::new(subscriber) };
        self.state().subscribers.push(subscriber);
    }

    /// Publishes to `topic`; returns the message's id, or `None` if the topic does not exist.
    pub fn publish(&self, topic: &str, data: Bytes) -> Option<String> {
        let mut state = self.state();
        let id = state.next_id.to_string();
        let message = Message { id: id.clone(), data, published: self.clock.now() };
        state.messages.get_mut(topic)?.push(message.clone());
        state.next_id += 1;
        for subscriber in state.subscribers.iter().filter(|subscriber| subscriber.topic == topic) {
            (subscriber.tell)(&message);
        }
        Some(id)
    }

    /// The messages of `topic`, oldest first.
    pub fn messages(&self, topic: &str) -> Vec<Message> {
        self.state().messages.get(topic).cloned().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The data of Eventarc's event for a message.
/// <https://cloud.google.com/eventarc/docs/cloudevents#pubsub>
pub fn event_data(topic: &str, message: &Message) -> Value {
    let time = message.published.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    json!({
        "subscription": format!("projects/{PROJECT}/subscriptions/{topic}-sub"),
        "message": {
            "data": BASE64_STANDARD.encode(&message.data),
            "attributes": {},
            "messageId": message.id,
            "message_id": message.id,
            "publishTime": time,
            "publish_time": time,
        },
    })
}

/// The gRPC method `Publish`; any other method is answered with `UNIMPLEMENTED`. The same over REST
/// (<https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish>).
pub fn router(topics: Arc<Topics>) -> Router {
    let rest = {
        let topics = topics.clone();
        async move |Path((_, topic)): Path<(String, String)>, Json(request): Json<RestRequest>| {
            publish_over_rest(&topics, &topic, request)
        }
    };
    let publish = move |Extension(caller): Extension<Caller>, request: Request| {
        let publish = Publish { topics: topics.clone(), caller };
        async move {
            let codec = ProstCodec::<PublishResponse, PublishRequest>::default();
            let response = tonic::server::Grpc::new(codec).unary(publish, request).await;
            Ok::<_, Infallible>(response.map(Body::new))
        }
    };
    let unimplemented = || async {
        let response: Response<tonic::body::Body> =
            Status::unimplemented("local-cloud serves only the method Publish").into_http();
        response.map(Body::new)
    };
    Router::new()
        .route("/google.pubsub.v1.Publisher/Publish", post(publish))
        .route("/google.pubsub.v1.{service}/{method}", post(unimplemented))
        .route("/v1/projects/{project}/topics/{topic_and_method}", post(rest))
}

#[derive(Deserialize)]
struct RestRequest {
    messages: Vec<RestMessage>,
}

#[derive(Deserialize)]
struct RestMessage {
    data: String,
}

fn publish_over_rest(
    topics: &Topics,
    topic_and_method: &str,
    request: RestRequest,
) -> Result<Json<Value>, (StatusCode, String)> {
    let Some(topic) = topic_and_method.strip_suffix(":publish") else {
        return Err((StatusCode::NOT_IMPLEMENTED, "local-cloud serves only the method Publish".into()));
    };
    let contents: Vec<Vec<u8>> = request
        .messages
        .iter()
        .map(|message| BASE64_STANDARD.decode(&message.data))
        .collect::<Result<_, _>>()
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("data: not base64: {error}")))?;
    let ids: Option<Vec<String>> =
        contents.into_iter().map(|content| topics.publish(topic, content.into())).collect();
    let ids = ids.ok_or((StatusCode::NOT_FOUND, format!("there is no topic {topic:?}")))?;
    Ok(Json(json!({ "messageIds": ids })))
}

struct Publish {
    topics: Arc<Topics>,
    caller: Caller,
}

impl Publish {
    /// Publishes either all messages or none.
    fn publish(&self, topic: &str, messages: Vec<PubsubMessage>) -> Result<Vec<String>, Status> {
        let denied = |_| Status::permission_denied("User not authorized to perform this action.");
        self.caller.check("pubsub.topics.publish", Resource::Topic(topic.to_owned())).map_err(denied)?;
        if messages.iter().any(|message| message.data.is_empty() && message.attributes.is_empty()) {
            return Err(Status::invalid_argument("Some messages are empty."));
        }
        let not_found = || Status::not_found(format!("Resource not found (resource={topic})."));
        let publish = |message: PubsubMessage| {
            self.topics.publish(topic, Bytes::from(message.data)).ok_or_else(not_found)
        };
        messages.into_iter().map(publish).collect()
    }
}

impl UnaryService<PublishRequest> for Publish {
    type Response = PublishResponse;
    type Future = Ready<Result<tonic::Response<PublishResponse>, Status>>;

    fn call(&mut self, request: tonic::Request<PublishRequest>) -> Self::Future {
        let PublishRequest { topic, messages } = request.into_inner();
        let name = topic.rsplit('/').next().unwrap_or_default();
        ready(
            self.publish(name, messages)
                .map(|message_ids| tonic::Response::new(PublishResponse { message_ids })),
        )
    }
}
