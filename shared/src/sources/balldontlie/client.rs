//! The client of BallDontLie's box scores (<https://docs.balldontlie.io>).

use std::{collections::HashSet, time::Duration};

use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::time::Instant;

use crate::{
    Clock, Error,
    env::Environment,
    error::Detail,
    nba::SlateDay,
    retry::{Budget, Failure, with_retries},
    sources::{
        MAX_GAMES, Polled, RawGames, Source,
        http::{self, ErrorPolicy},
        wire::object,
    },
};

/// How long a poll is retried, all its pages together. All calls of an invocation together must end before its
/// `INVOCATION_DEADLINE`.
const BUDGET: Budget =
    Budget { service: "BallDontLie", attempt: Duration::from_secs(15), total: Duration::from_secs(45) };
/// A night has one page; more than this means that upstream's cursor goes in circles.
const MAX_PAGES: usize = 20;
/// The largest page that is read, and all pages of a poll together; a night of ten games has 155 KB. A
/// snapshot of the poll must stay below what the processor reads.
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;
const MAX_POLL_BYTES: usize = 24 * 1024 * 1024;

const ERRORS: ErrorPolicy = ErrorPolicy {
    error: Error::BallDontLie,
    refusal: "the key in BDL_API_KEY is refused",
    refusal_is_error: true,
};

/// BallDontLie, with an API key.
#[derive(Clone, Debug)]
pub struct BallDontLie {
    http: reqwest::Client,
    base: Url,
}

/// A page of box scores, as it is sent.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// Its games.
    pub data: RawGames,
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
    /// How long a poll may take at most, with all its attempts and pages.
    pub const MAX_POLL_DURATION: Duration = BUDGET.total;

    /// Reads `BDL_API_URL` (BallDontLie's own unless set) and `BDL_API_KEY` (required).
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        let base = match environment.url("BDL_API_URL")? {
            Some(url) => url,
            None => Url::parse("https://api.balldontlie.io")
                .map_err(|error| Error::configuration(Detail::of("BDL_API_URL", error)))?,
        };
        Self::new(base, &environment.required("BDL_API_KEY")?.into())
    }

    /// BallDontLie at `base`. The key goes into the header as the vendor documents it, without
    /// `Bearer`, and is marked as sensitive so that no log shows it.
    pub fn new(base: Url, key: &SecretString) -> Result<Self, Error> {
        let mut value = HeaderValue::from_str(key.expose_secret()).map_err(|_| {
            Error::configuration("BDL_API_KEY has a character that an HTTP header cannot contain")
        })?;
        value.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
        Ok(Self { http: http::client(headers, BUDGET.attempt)?, base })
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
        let mut games = RawGames::new();
        let mut asked = None;
        let mut seen = HashSet::new();
        let mut page_url = url.clone();
        let end = Instant::now() + BUDGET.total;
        loop {
            let total = end.saturating_duration_since(Instant::now());
            if total.is_zero() {
                let pages = seen.len() + 1;
                return Err(Error::balldontlie(format!(
                    "did not send page {pages} within {:?}",
                    BUDGET.total
                )));
            }
            let answered = with_retries(Budget { total, ..BUDGET }, || async {
                let now = clock.now();
                Ok((now, self.page(&page_url).await?))
            });
            let (now, page) = answered.await.map_err(|error| http::as_upstream(error, Error::BallDontLie))?;
            let at = *asked.get_or_insert(now);
            games.extend(page.data);
            if games.len() > MAX_GAMES {
                return Err(Error::balldontlie(format!("sent more than {MAX_GAMES} games")));
            }
            if games.iter().map(|game| game.get().len()).sum::<usize>() > MAX_POLL_BYTES {
                return Err(Error::balldontlie(format!(
                    "sent more than {MAX_POLL_BYTES} bytes of box scores"
                )));
            }
            let Some(cursor) = page.meta.and_then(|meta| meta.next_cursor) else {
                return Ok(Polled { source: Source::BallDontLie, at, games, left_out: 0 });
            };
            let cursor = match cursor {
                Cursor::Number(number) => number.to_string(),
                Cursor::Text(text) if text.is_empty() => {
                    return Ok(Polled { source: Source::BallDontLie, at, games, left_out: 0 });
                }
                Cursor::Text(text) => text,
            };
            if seen.len() + 1 >= MAX_PAGES {
                return Err(Error::balldontlie(format!("sent more than {MAX_PAGES} pages of box scores")));
            }
            page_url = url.clone();
            page_url.query_pairs_mut().append_pair("cursor", &cursor);
            if !seen.insert(cursor) {
                // The pages that were read are a list; games that another page may have had are only missing. A page that
                // came twice has the same games.
                let mut seen = HashSet::new();
                games.retain(|game| seen.insert(game.get().to_owned()));
                tracing::warn!(
                    pages = seen.len() + 1,
                    "BallDontLie sent the cursor of a page twice; the list ends there"
                );
                return Ok(Polled { source: Source::BallDontLie, at, games, left_out: 1 });
            }
        }
    }

    async fn page(&self, url: &Url) -> Result<Page, Failure> {
        let body = http::get(&self.http, url, MAX_PAGE_BYTES, ERRORS).await?;
        // A maintenance page with status 200 and a truncated body look alike: both may pass.
        std::str::from_utf8(&body)
            .map_err(|error| error.to_string())
            .and_then(|body| object(body, &mut None))
            .map_err(|error| {
                Failure::retryable(Error::balldontlie(Detail::of("sent no list of box scores", error)))
            })
    }
}
