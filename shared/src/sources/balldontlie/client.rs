//! The client of BallDontLie's box scores (<https://docs.balldontlie.io>).

use std::{collections::HashSet, time::Duration};

use bytes::BytesMut;
use chrono::{DateTime, Utc};
use reqwest::{
    StatusCode, Url,
    header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::MAXIMUM_GAMES;
use crate::{
    Clock, Error,
    env::Environment,
    google::{
        connections,
        retry::{Budget, Failure, retry_after, with_retries},
    },
    nba::SlateDay,
};

/// The games of a poll, exactly as upstream sent them, unknown fields and digits included.
pub type Games = Vec<Box<RawValue>>;

/// A poll.
#[derive(Debug)]
pub struct Polled {
    /// Instant at which upstream was asked, in the attempt that succeeded: the answer is no older. Of two
    /// polls the one with the later instant is the newer, even if it took longer or more attempts.
    pub at: DateTime<Utc>,
    /// The games in the answer.
    pub games: Games,
}

const BUDGET: Budget =
    Budget { service: "BallDontLie", attempt: Duration::from_secs(15), total: Duration::from_secs(45) };
/// A night has one page; more than this means that upstream's cursor goes in circles.
const MAXIMUM_PAGES: usize = 20;
/// The largest page that is read, and all pages of a poll together; a night of ten games has 155 KB. A
/// snapshot of the poll must stay below what the processor reads.
const MAXIMUM_PAGE_BYTES: usize = 16 * 1024 * 1024;
const MAXIMUM_POLL_BYTES: usize = 24 * 1024 * 1024;

/// BallDontLie, with our key.
#[derive(Clone, Debug)]
pub struct BallDontLie {
    http: reqwest::Client,
    base: Url,
}

/// A page of box scores, as it is sent.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// Its games.
    pub data: Games,
    #[serde(default)]
    meta: Option<Meta>,
}

#[derive(Debug, Deserialize)]
struct Meta {
    next_cursor: Option<Cursor>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Cursor {
    Number(i64),
    Text(String),
}

impl BallDontLie {
    /// Reads `BDL_API_URL` (BallDontLie's own unless set) and `BDL_API_KEY` (required).
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        let base = match environment.url("BDL_API_URL")? {
            Some(url) => url,
            None => Url::parse("https://api.balldontlie.io")
                .map_err(|error| Error::Configuration(format!("BDL_API_URL: {error}")))?,
        };
        Self::new(base, &environment.required("BDL_API_KEY")?.into())
    }

    /// BallDontLie at `base`. The key goes into the header as the vendor documents it, without
    /// `Bearer`, and is marked as sensitive so that no log shows it.
    pub fn new(base: Url, key: &SecretString) -> Result<Self, Error> {
        let mut value = HeaderValue::from_str(key.expose_secret()).map_err(|_| {
            Error::Configuration("BDL_API_KEY has a character that no header can carry".into())
        })?;
        value.set_sensitive(true);
        let http = reqwest::Client::builder()
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, value)]))
            .user_agent(concat!("challenge-system/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(5))
            .pool_idle_timeout(connections::IDLE)
            .timeout(BUDGET.attempt)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::Internal(format!("no HTTP client: {error}")))?;
        Ok(Self { http, base })
    }

    /// The games that are on or have just ended; of today and, past midnight, of yesterday.
    pub async fn live(&self, clock: &Clock) -> Result<Polled, Error> {
        self.all_pages(clock, "v1/box_scores/live", &[]).await
    }

    /// The games of a day, whatever their state.
    pub async fn on(&self, clock: &Clock, day: SlateDay) -> Result<Polled, Error> {
        self.all_pages(clock, "v1/box_scores", &[("date", &day.to_string())]).await
    }

    /// The games of a day without their players, also those that the box scores leave out because nobody plays in
    /// them.
    pub async fn games(&self, clock: &Clock, day: SlateDay) -> Result<Polled, Error> {
        self.all_pages(clock, "v1/games", &[("dates[]", &day.to_string())]).await
    }

    async fn all_pages(
        &self,
        clock: &Clock,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Polled, Error> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url.query_pairs_mut().append_pair("per_page", "100").extend_pairs(parameters);
        let mut games = Games::new();
        let mut asked = None;
        let mut seen = HashSet::new();
        let mut page_url = url.clone();
        loop {
            let answered = with_retries(BUDGET, || async {
                let now = clock.now();
                Ok((now, self.page(&page_url).await?))
            });
            let (now, page) = answered.await.map_err(as_upstream)?;
            let at = *asked.get_or_insert(now);
            games.extend(page.data);
            if games.len() > MAXIMUM_GAMES {
                return Err(Error::BallDontLie(format!("sent more than {MAXIMUM_GAMES} games")));
            }
            if games.iter().map(|game| game.get().len()).sum::<usize>() > MAXIMUM_POLL_BYTES {
                return Err(Error::BallDontLie(format!(
                    "sent more than {MAXIMUM_POLL_BYTES} bytes of box scores"
                )));
            }
            let Some(cursor) = page.meta.and_then(|meta| meta.next_cursor) else {
                return Ok(Polled { at, games });
            };
            let cursor = match cursor {
                Cursor::Number(number) => number.to_string(),
                Cursor::Text(text) if text.is_empty() => return Ok(Polled { at, games }),
                Cursor::Text(text) => text,
            };
            if seen.len() + 1 >= MAXIMUM_PAGES {
                return Err(Error::BallDontLie(format!("more than {MAXIMUM_PAGES} pages of box scores")));
            }
            page_url = url.clone();
            page_url.query_pairs_mut().append_pair("cursor", &cursor);
            if !seen.insert(cursor) {
                return Err(Error::BallDontLie("the pages of box scores repeat a cursor".into()));
            }
        }
    }

    async fn page(&self, url: &Url) -> Result<Page, Failure> {
        let again = |detail: String, after| Failure::Retryable { error: Error::BallDontLie(detail), after };
        let broken = |error: reqwest::Error| again(error.without_url().to_string(), None);
        let mut response = self.http.get(url.clone()).send().await.map_err(broken)?;
        let status = response.status();
        if !status.is_success() {
            let after = response
                .headers()
                .get(RETRY_AFTER)
                .and_then(|value| retry_after(value.to_str().ok()?, Utc::now()));
            return Err(match status {
                StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                    again(format!("answered {status}"), after)
                }
                _ if status.is_server_error() => again(format!("answered {status}"), after),
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    // No later tick fixes this; a person has to.
                    tracing::error!(%status, "BallDontLie refuses the key in BDL_API_KEY");
                    let detail = format!("answered {status}: the key in BDL_API_KEY is refused");
                    Failure::Permanent(Error::BallDontLie(detail))
                }
                _ => Failure::Permanent(Error::BallDontLie(format!("answered {status}"))),
            });
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAXIMUM_PAGE_BYTES {
                let detail = format!("sent a page of more than {MAXIMUM_PAGE_BYTES} bytes");
                return Err(Failure::Permanent(Error::BallDontLie(detail)));
            }
        }
        // A maintenance page with status 200 and a truncated body look alike: both may pass.
        serde_json::from_slice(&body)
            .map_err(|error| again(format!("sent no list of box scores: {error}"), None))
    }
}

/// To the caller, a timeout that the retries report is a failure of upstream.
fn as_upstream(error: Error) -> Error {
    match error {
        Error::Transient { detail, .. } => Error::BallDontLie(detail),
        error => error,
    }
}
