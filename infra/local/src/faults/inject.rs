//! The middleware that injects a fault into a call.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{COMMON, Fault, Faults, Service};
use crate::{api_error_with_reason, drift};

/// The cursor of a page that points to itself.
const LOOP: &str = "round-and-round";

/// The service of a path; `None` for paths without faults, such as the front end's reads.
fn service_of(path: &str) -> Option<Service> {
    [
        ("/balldontlie/", Service::BallDontLie),
        ("/nba-cdn/", Service::NbaCdn),
        ("/storage/v1/", Service::Storage),
        ("/upload/storage/v1/", Service::Storage),
        ("/bigquery/v2/", Service::BigQuery),
        ("/google.pubsub.v1.", Service::PubSub),
    ]
    .into_iter()
    .find_map(|(prefix, service)| path.starts_with(prefix).then_some(service))
}

/// The middleware in front of every service.
pub(crate) async fn inject(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let Some(service) = service_of(request.uri().path()) else { return next.run(request).await };
    let call = format!("{} {}", request.method(), request.uri());
    let mut possible = COMMON.to_vec();
    match service {
        Service::BallDontLie => {
            possible.push(Fault::CursorLoop);
            if request.uri().path().ends_with("/live") {
                possible.extend(drift::ALL.map(Fault::Drift));
            }
        }
        Service::NbaCdn => possible.push(Fault::EarlierFile),
        Service::BigQuery if request.uri().path().contains("/queries") => possible.push(Fault::EmptyRead),
        Service::BigQuery if *request.method() == Method::POST => {
            possible.push(Fault::Refused("rateLimitExceeded"));
        }
        Service::Storage if *request.method() == Method::POST => possible.push(Fault::Precondition),
        _ => {}
    }
    let goes_round = request.uri().query().is_some_and(|query| query.contains(LOOP));
    let fault = if goes_round { Some(Fault::CursorLoop) } else { faults.of(service, &call, &possible) };
    let path = request.uri().path().to_owned();
    let Some(fault) = fault else {
        let answer = next.run(request).await;
        return if service == Service::NbaCdn && faults.are_seeded() {
            let keep = |file: Bytes| {
                faults.keep_file(&path, &file);
                file
            };
            changed(answer, keep).await
        } else {
            answer
        };
    };
    tracing::info!(call, %fault, "a fault is injected into a call");
    befall(fault, request, next, &faults).await
}

async fn befall(fault: Fault, request: Request, next: Next, faults: &Faults) -> Response {
    match fault {
        Fault::Status(code) => refused(request, code, "fault").await,
        Fault::Refused(reason) => refused(request, 403, reason).await,
        Fault::Precondition => refused(request, 412, "conditionNotMet").await,
        Fault::Html => {
            read(request).await;
            let page = "<!DOCTYPE html><title>Maintenance</title><p>We shall be back soon.</p>";
            ([(header::CONTENT_TYPE, "text/html")], page).into_response()
        }
        Fault::Hang => {
            faults.over().await;
            refused(request, 503, "fault").await
        }
        Fault::AnswerLost => {
            let _ = next.run(request).await;
            refusal(503, "answerLost")
        }
        Fault::DoneThenHang => {
            let _ = next.run(request).await;
            faults.over().await;
            refusal(503, "answerLost")
        }
        Fault::WrongJson => changed(next.run(request).await, |_| r#"{"unexpected":true}"#.into()).await,
        Fault::Truncated => changed(next.run(request).await, |body| body.slice(..body.len() / 2)).await,
        Fault::CursorLoop => changed(next.run(request).await, loop_of).await,
        Fault::EarlierFile => {
            let path = request.uri().path().to_owned();
            changed(next.run(request).await, |file| faults.earlier_file(&path).unwrap_or(file)).await
        }
        Fault::Drift(drift) => {
            changed(next.run(request).await, |page| rewritten(page, |page| drift.in_page(page))).await
        }
        Fault::EmptyRead => {
            let empty = |answer: &mut Value| {
                if !answer["rows"].is_null() {
                    answer["rows"] = json!([]);
                    answer["totalRows"] = json!("0");
                }
            };
            changed(next.run(request).await, |answer| rewritten(answer, empty)).await
        }
        Fault::CutOff => {
            let (mut head, body) = whole(next.run(request).await).await;
            head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len() + 1));
            let dropped = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            let half = stream::iter([Ok(body.slice(..body.len() / 2)), Err(dropped)]);
            Response::from_parts(head, Body::from_stream(half))
        }
        Fault::Trickle => {
            let (mut head, body) = whole(next.run(request).await).await;
            head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            let bytes = stream::iter(body).then(|byte| async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok::<_, std::convert::Infallible>(vec![byte])
            });
            Response::from_parts(head, Body::from_stream(bytes))
        }
        // A fault of a job, not of a call.
        Fault::FailedJob | Fault::EndlessJob => next.run(request).await,
    }
}

/// Reads the request first, because a client whose upload is aborted does not read the answer.
async fn refused(request: Request, code: u16, reason: &str) -> Response {
    read(request).await;
    refusal(code, reason)
}

fn refusal(code: u16, reason: &str) -> Response {
    let mut response = api_error_with_reason(code, reason, "an injected fault");
    if matches!(code, 429 | 503) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

async fn read(request: Request) {
    let _ = to_bytes(request.into_body(), usize::MAX).await;
}

async fn whole(response: Response) -> (axum::http::response::Parts, Bytes) {
    let (head, body) = response.into_parts();
    (head, to_bytes(body, usize::MAX).await.unwrap_or_default())
}

async fn changed(response: Response, change: impl FnOnce(Bytes) -> Bytes) -> Response {
    let (mut head, body) = whole(response).await;
    head.headers.remove(header::CONTENT_LENGTH);
    if head.status != StatusCode::OK {
        return Response::from_parts(head, Body::from(body));
    }
    Response::from_parts(head, Body::from(change(body)))
}

fn loop_of(page: Bytes) -> Bytes {
    rewritten(page, |page| page["meta"] = json!({"next_cursor": LOOP}))
}

fn rewritten(body: Bytes, change: impl FnOnce(&mut Value)) -> Bytes {
    let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
    change(&mut body);
    body.to_string().into()
}
