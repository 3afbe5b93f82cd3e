//! A stub of BallDontLie: gives the answers that a test sets, and records its requests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use local_cloud::functions::listen;
use reqwest::Url;
use serde_json::{Value, json};

/// An answer of the stub.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    body: String,
    headers: Vec<(&'static str, String)>,
    delay: Duration,
}

impl Reply {
    /// A page of games.
    pub fn games(games: impl IntoIterator<Item = Value>) -> Self {
        Self::text(200, json!({"data": games.into_iter().collect::<Vec<_>>()}).to_string())
    }

    /// A page of games that names the next one.
    pub fn page(games: impl IntoIterator<Item = Value>, next_cursor: impl Into<Value>) -> Self {
        let games: Vec<Value> = games.into_iter().collect();
        Self::text(200, json!({"data": games, "meta": {"next_cursor": next_cursor.into()}}).to_string())
    }

    /// Any answer.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into(), headers: Vec::new(), delay: Duration::ZERO }
    }

    /// The answer with a header.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The answer after a delay.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

#[derive(Debug, Default)]
struct Script {
    replies: VecDeque<Reply>,
    /// The answer to `/v1/games`; an empty list where a test sets none.
    listed: Option<Reply>,
    asked_for_games: usize,
    asked: Vec<String>,
    authorization: Option<String>,
}

/// The stub, on a port.
#[derive(Clone, Debug)]
pub struct Stub {
    /// The URL of the stub.
    pub url: Url,
    script: Arc<Mutex<Script>>,
}

impl Stub {
    /// Starts a stub that gives these answers in turn, and then keeps giving the last one.
    pub async fn answering(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script =
            Arc::new(Mutex::new(Script { replies: replies.into_iter().collect(), ..Default::default() }));
        let (listener, url) = listen(0).await.expect("a port");
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(shared::service::serve(listener, router, std::future::pending()));
        Self { url, script }
    }

    /// From now on gives these answers.
    pub fn answer(&self, replies: impl IntoIterator<Item = Reply>) {
        self.script.lock().expect("the script").replies = replies.into_iter().collect();
    }

    /// From now on answers a request for the list of a day's games, `/v1/games`, with this.
    pub fn list(&self, reply: Reply) {
        self.script.lock().expect("the script").listed = Some(reply);
    }

    /// How often the list of games has been asked for.
    pub fn asked_for_games(&self) -> usize {
        self.script.lock().expect("the script").asked_for_games
    }

    /// The requests for box scores so far: path and query of each.
    pub fn asked(&self) -> Vec<String> {
        self.script.lock().expect("the script").asked.clone()
    }

    /// The `Authorization` header of the last request.
    pub fn authorization(&self) -> Option<String> {
        self.script.lock().expect("the script").authorization.clone()
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let reply = {
        let mut script = script.lock().expect("the script");
        let is_list = request.uri().path() == "/v1/games";
        if is_list {
            script.asked_for_games += 1;
        } else {
            script.asked.push(request.uri().to_string());
        }
        let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        script.authorization = authorization.map(str::to_owned);
        if is_list {
            Some(script.listed.clone().unwrap_or_else(|| Reply::games([])))
        } else if script.replies.len() > 1 {
            script.replies.pop_front()
        } else {
            script.replies.front().cloned()
        }
    };
    let Some(reply) = reply else { return StatusCode::NOT_FOUND.into_response() };
    tokio::time::sleep(reply.delay).await;
    let mut response = (StatusCode::from_u16(reply.status).expect("a status"), reply.body).into_response();
    for (name, value) in reply.headers {
        response.headers_mut().insert(name, value.parse().expect("a header value"));
    }
    response
}
