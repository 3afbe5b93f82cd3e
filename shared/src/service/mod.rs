//! Turns a handler into a Cloud Run service.
//!
//! [`http`] and [`event()`] make the router of a function, [`run`] is the whole of its `main`. The
//! router answers `POST /`, and with [`http_or_get`] `GET /` too, with the handler, and `GET /health` and `/healthz` with
//! 200; everything else is an error in the one JSON shape. Each invocation is authenticated, bounded in body and time, and logged.

use std::future::Future;

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header::CONTENT_LENGTH},
    middleware,
    response::{IntoResponse, Response},
    routing::{self, MethodFilter},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Serialize, de::DeserializeOwned};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use crate::{Error, error::Detail, error::error_response};

pub mod dead_letter;
pub mod event;
mod invoker_auth;
mod run;
mod settings;
pub mod telemetry;

pub use invoker_auth::{InvokerAuth, Oidc};
pub use run::{run, serve, stop_signal};
pub use settings::{INVOCATION_DEADLINE, Settings};

use dead_letter::DeadLetters;
use event::bare_push;

/// The largest request body that is read; an event is under 10 KB, a trigger under 1 KB.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A function that answers an HTTP call: `handler` gets the `state`, which is cheap to clone, and the body,
/// and returns the answer.
///
/// ```
/// # use std::sync::Arc;
/// # use axum::body::Bytes;
/// # use shared::{Error, service::{self, Settings}};
/// # let environment = [("GOOGLE_CLOUD_PROJECT", "demo"), ("INVOKER_AUTH", "none")].into_iter().collect();
/// # let settings = Settings::read(&environment)?;
/// struct Greeter {
///     greeting: String,
/// }
///
/// impl Greeter {
///     async fn greet(self: Arc<Self>, body: Bytes) -> Result<String, Error> {
///         Ok(format!("{}, {}!", self.greeting, String::from_utf8_lossy(&body)))
///     }
/// }
///
/// let greeter = Arc::new(Greeter { greeting: "Hello".into() });
/// let router = service::http("greet", &settings, greeter, Greeter::greet);
/// # Ok::<(), Error>(())
/// ```
pub fn http<S, H, F, R>(name: &'static str, settings: &Settings, state: S, handler: H) -> Router
where
    S: Clone + Send + Sync + 'static,
    H: Fn(S, Bytes) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<R, Error>> + Send,
    R: IntoResponse + Send,
{
    called_by(MethodFilter::POST, name, settings, state, handler)
}

/// A function like [`http`] that a person may also call with `GET`, which is an empty `POST`.
pub fn http_or_get<S, H, F, R>(name: &'static str, settings: &Settings, state: S, handler: H) -> Router
where
    S: Clone + Send + Sync + 'static,
    H: Fn(S, Bytes) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<R, Error>> + Send,
    R: IntoResponse + Send,
{
    called_by(MethodFilter::POST.or(MethodFilter::GET), name, settings, state, handler)
}

fn called_by<S, H, F, R>(
    methods: MethodFilter,
    name: &'static str,
    settings: &Settings,
    state: S,
    handler: H,
) -> Router
where
    S: Clone + Send + Sync + 'static,
    H: Fn(S, Bytes) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<R, Error>> + Send,
    R: IntoResponse + Send,
{
    service(name, settings, methods, move |_, body| {
        let answer = handler(state.clone(), body);
        async move { Ok(answer.await?.into_response()) }
    })
}

/// Result of an event that needs no retry.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Outcome<R> {
    /// It was processed.
    Done(R),
    /// It is not for this function: another type, bucket or prefix.
    Ignored(Ignored),
}

/// The answer to an event that is acknowledged without work.
#[derive(Debug, Serialize)]
pub struct Ignored {
    status: &'static str,
    reason: String,
}

impl<R> Outcome<R> {
    /// An event that is acknowledged and ignored, and why.
    pub fn ignored(reason: impl Into<String>) -> Self {
        Self::Ignored(Ignored { status: "ignored", reason: reason.into() })
    }
}

/// A function that handles a CloudEvent of `event_type`, in binary or structured mode: `handler` gets the
/// `state`, which is cheap to clone, and the event.
///
/// A permanent failure is kept in `dead_letters` and acknowledged; every other error is an HTTP error
/// and the event is delivered again.
///
/// ```
/// # use std::sync::Arc;
/// # use shared::{Error, clock::Clock, google::{GoogleCloud, storage::Storage}};
/// use cloudevents::Event;
/// use shared::service::{self, Outcome, Settings, dead_letter::DeadLetters, event::{FinalizedObject, OBJECT_FINALIZED}};
///
/// struct Counter {
///     bucket: &'static str,
/// }
///
/// impl Counter {
///     async fn count(self: Arc<Self>, event: Event) -> Result<Outcome<String>, Error> {
///         let object = FinalizedObject::of(&event)?;
///         if object.bucket != self.bucket {
///             return Ok(Outcome::ignored(format!("{} is another bucket", object.bucket)));
///         }
///         Ok(Outcome::Done(object.name))
///     }
/// }
///
/// # let host = "http://localhost:8080";
/// # let environment = [
/// #     ("GOOGLE_CLOUD_PROJECT", "demo"), ("INVOKER_AUTH", "none"), ("STORAGE_EMULATOR_HOST", host),
/// #     ("BIGQUERY_EMULATOR_HOST", host), ("PUBSUB_EMULATOR_HOST", "localhost:8080"),
/// # ].into_iter().collect();
/// # let (settings, google) = (Settings::read(&environment)?, GoogleCloud::read(&environment)?);
/// let dead_letters = DeadLetters::new(Storage::new(&google), "raw", "count", Clock::system());
/// let counter = Arc::new(Counter { bucket: "raw" });
/// let router = service::event("count", &settings, OBJECT_FINALIZED, dead_letters, counter, Counter::count);
/// # Ok::<(), Error>(())
/// ```
pub fn event<S, H, F, R>(
    name: &'static str,
    settings: &Settings,
    event_type: &'static str,
    dead_letters: DeadLetters,
    state: S,
    handler: H,
) -> Router
where
    S: Clone + Send + Sync + 'static,
    H: Fn(S, cloudevents::Event) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Outcome<R>, Error>> + Send,
    R: Serialize + Send,
{
    #[derive(Serialize)]
    struct Kept {
        status: &'static str,
        reason: String,
        path: String,
    }
    service(name, settings, MethodFilter::POST, move |headers, body| {
        let (state, handler, dead_letters) = (state.clone(), handler.clone(), dead_letters.clone());
        async move {
            use cloudevents::AttributesReader;
            let event = match cloudevents::binding::http::to_event(&headers, body.to_vec()) {
                Ok(event) => event,
                Err(error) => bare_push(&body).ok_or_else(|| {
                    Error::invalid_request(Detail::of("the request is not a CloudEvent", error))
                })?,
            };
            tracing::Span::current().record("event_id", event.id());
            if event.id().is_empty() {
                return Err(Error::invalid_request("the request is not a CloudEvent: its id is empty"));
            }
            if event.ty() != event_type {
                let reason = format!("the event's type is {:?}, expected {event_type:?}", event.ty());
                tracing::info!(reason, "event ignored");
                return Ok(Json(Outcome::<()>::ignored(reason)).into_response());
            }
            match handler(state, event.clone()).await {
                Ok(outcome) => Ok(Json(outcome).into_response()),
                Err(Error::Permanent(reason)) => {
                    let reason = reason.to_string();
                    let path = dead_letters.keep(&event, &reason, &[]).await?;
                    tracing::error!(reason, path, "event dead-lettered");
                    Ok(Json(Kept { status: "dead_letter", reason, path }).into_response())
                }
                Err(error) => Err(error),
            }
        }
    })
}

/// The JSON body of an HTTP call as a `T`; an empty body is `T`'s default.
pub fn json_body<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Error> {
    let refused = |error: Box<dyn std::error::Error + Send + Sync>| {
        Error::invalid_request(Detail::of("the body is not the expected JSON object", error))
    };
    match body.trim_ascii() {
        [] => Ok(T::default()),
        // serde would also read a struct from a list, field by field.
        body @ [b'{', ..] => serde_json::from_slice(body).map_err(|error| refused(error.into())),
        _ => Err(refused("it does not begin with {".into())),
    }
}

fn service<W, F>(name: &'static str, settings: &Settings, methods: MethodFilter, work: W) -> Router
where
    W: Fn(HeaderMap, Bytes) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response, Error>> + Send,
{
    let Settings { invoker_auth, project, invocation_deadline, .. } = settings.clone();
    let invoke = move |request: Request| {
        let (work, invoker_auth) = (work.clone(), invoker_auth.clone());
        let (head, body) = request.into_parts();
        let invocation = async move {
            invoker_auth.check(&head.headers).await?;
            let Some(body) = read_body(&head.headers, body).await? else {
                return Ok(error_response(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "too_large",
                    &format!("the body is larger than {MAX_BODY_BYTES} bytes"),
                ));
            };
            work(head.headers, body).await
        };
        async move {
            let deadline = || Error::DeadlineExceeded(invocation_deadline.as_secs());
            tokio::time::timeout(invocation_deadline, invocation)
                .await
                .unwrap_or_else(|_| Err(deadline()))
                .unwrap_or_else(|error| {
                    let (status, code) = (error.status().as_u16(), error.code());
                    if error.status() == StatusCode::INTERNAL_SERVER_ERROR {
                        tracing::error!(status, code, "{error}");
                    } else {
                        tracing::warn!(status, code, "{error}");
                    }
                    error.into_response()
                })
        }
    };
    // Outside the panic handler, so that a panic's log line belongs to the request too.
    let in_span = move |request: Request, next: middleware::Next| {
        let span = telemetry::invocation_span(name, &project, request.headers());
        next.run(request).instrument(span)
    };
    let not_allowed = || async {
        let message = "a function is called with POST; GET is for /health";
        error_response(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    };
    let not_found = || async {
        let message = "a function has one path, /, and its health at /health";
        error_response(StatusCode::NOT_FOUND, "not_found", message)
    };
    Router::new()
        .route("/", routing::on(methods, invoke).fallback(not_allowed))
        .route("/health", routing::get(|| async { "ok" }).fallback(not_allowed))
        // For Cloud Run's own probe. From outside no path that ends in z reaches a service:
        // https://cloud.google.com/run/docs/known-issues#ah
        .route("/healthz", routing::get(|| async { "ok" }).fallback(not_allowed))
        .fallback(not_found)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(in_span))
}

/// The whole body, or `None` where it is over the limit.
async fn read_body(headers: &HeaderMap, body: Body) -> Result<Option<Bytes>, Error> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > MAX_BODY_BYTES) {
        return Ok(None);
    }
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => Ok(Some(body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Ok(None),
        Err(error) => {
            Err(Error::invalid_request(Detail::of("the request body could not be read to its end", error)))
        }
    }
}

/// A panic is a bug: logged with its message, answered with 500, and the process goes on.
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!("panic: {message}");
    Error::internal("the function failed unexpectedly; its log says why").into_response()
}
