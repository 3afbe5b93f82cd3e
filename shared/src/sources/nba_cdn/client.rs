//! The client of the NBA's public feed.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use reqwest::{
    Url,
    header::{ACCEPT, HeaderMap, HeaderValue},
};
use serde_json::value::RawValue;

use super::game::{read_box_score, read_games, read_scoreboard};
use crate::{
    Clock, Error,
    env::Environment,
    error::Detail,
    nba::{GameStatus, LISTED_BEFORE_TIP_OFF, NbaGameId},
    retry::{Budget, Failure, with_retries},
    sources::{
        Game, MAX_GAMES, Polled, RawGames, Source,
        http::{self, ErrorPolicy},
    },
};

/// How long a call is retried. All calls of an invocation together must end before its `INVOCATION_DEADLINE`.
const BUDGET: Budget =
    Budget { service: "the NBA's feed", attempt: Duration::from_secs(6), total: Duration::from_secs(15) };
const SCOREBOARD_ERRORS: ErrorPolicy = ErrorPolicy {
    error: Error::NbaCdn,
    refusal: "the feed refuses requests from this IP address",
    refusal_is_error: true,
};
/// The feed refuses a box score in the same way while there is none.
const BOX_SCORE_ERRORS: ErrorPolicy = ErrorPolicy {
    refusal: "there is no such box score, or the feed refuses it",
    refusal_is_error: false,
    ..SCOREBOARD_ERRORS
};
/// The largest file that is read; a box score has 37 KB, a scoreboard of ten games 14 KB.
const MAX_BYTES: usize = 2 * 1024 * 1024;
/// The most box scores of a day; a night has at most fifteen games.
const MAX_BOX_SCORES: usize = 40;
/// The most box scores that are asked for at once.
const MAX_CONCURRENT_REQUESTS: usize = 10;
/// How long after its tip-off the box score of a game that is over is asked for: to the end of the slate day, because
/// the end may be seen late, and a score may be corrected.
const AFTER_TIP_OFF: TimeDelta = TimeDelta::hours(12);

/// The NBA's public feed.
#[derive(Clone, Debug)]
pub struct NbaCdn {
    http: reqwest::Client,
    base: Url,
}

impl NbaCdn {
    /// Reads `NBA_CDN_URL` (the NBA's own unless set).
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        let base = match environment.url("NBA_CDN_URL")? {
            Some(url) => url,
            None => Url::parse("https://cdn.nba.com/static/json/liveData")
                .map_err(|error| Error::configuration(Detail::of("NBA_CDN_URL", error)))?,
        };
        Self::new(base)
    }

    /// The feed at `base`.
    pub fn new(base: Url) -> Result<Self, Error> {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Ok(Self { http: http::client(headers, BUDGET.attempt)?, base })
    }

    /// The games of the scoreboard's day, with the players of those that are on, about to begin or just over. Games
    /// whose box score is not asked for have none, and so have games whose box score fails.
    pub async fn live(&self, clock: &Clock) -> Result<Polled, Error> {
        let (at, scoreboard) = self
            .file("scoreboard/todaysScoreboard_00.json", SCOREBOARD_ERRORS, clock, read_scoreboard)
            .await?;
        if scoreboard.len() > MAX_GAMES {
            return Err(Error::nba_cdn(format!("sent more than {MAX_GAMES} games")));
        }
        let mut asked = 0;
        let games = scoreboard.into_iter().map(|listed| {
            let (read, _) = read_games([&*listed]);
            let wanted = read.into_iter().next().filter(|game| wants_players(game, &listed, at));
            asked += usize::from(wanted.is_some());
            self.with_players(listed, wanted.filter(|_| asked <= MAX_BOX_SCORES), clock)
        });
        let games: Vec<(Box<RawValue>, bool)> =
            stream::iter(games).buffered(MAX_CONCURRENT_REQUESTS).collect().await;
        let left_out = games.iter().filter(|(_, is_whole)| !is_whole).count();
        let games: RawGames = games.into_iter().map(|(game, _)| game).collect();
        Ok(Polled { source: Source::NbaCdn, at, games, left_out })
    }

    /// The box scores of these games, of whichever day. Games that are not there yet are left out; all fail together
    /// where none can be had.
    pub async fn of(&self, clock: &Clock, ids: &[NbaGameId]) -> Result<Polled, Error> {
        if ids.is_empty() {
            return Err(Error::nba_cdn(
                "the ids of the day's games are not known, so no box score can be requested",
            ));
        }
        let at = clock.now();
        let ids: Vec<NbaGameId> = ids.iter().take(MAX_BOX_SCORES).cloned().collect();
        let boxes = ids.into_iter().map(|id| async move { self.box_score(&id, clock).await });
        let boxes: Vec<Result<Box<RawValue>, Error>> =
            stream::iter(boxes).buffered(MAX_CONCURRENT_REQUESTS).collect().await;
        let mut games = RawGames::new();
        let (mut failed, mut left_out) = (None, 0);
        for game in boxes {
            match game {
                Ok(game) => games.push(game),
                Err(error) => {
                    failed = Some(error);
                    left_out += 1;
                }
            }
        }
        match failed {
            Some(error) if games.is_empty() => Err(error),
            _ => Ok(Polled { source: Source::NbaCdn, at, games, left_out }),
        }
    }

    /// A game of the scoreboard, or its box score where it is `wanted`; and whether it has all that was wanted.
    async fn with_players(
        &self,
        listed: Box<RawValue>,
        wanted: Option<Game>,
        clock: &Clock,
    ) -> (Box<RawValue>, bool) {
        let Some((game, id)) = wanted.and_then(|game| Some((game.state, game.nba_id?))) else {
            return (listed, true);
        };
        match self.box_score(&id, clock).await {
            Ok(box_score) => (box_score, true),
            Err(error) => {
                tracing::warn!(%error, game = %id, "a box score of the NBA's feed could not be fetched; the game has its score and clock, without players");
                // Before tip-off a box score adds nothing but the inactive.
                (listed, game.status == GameStatus::Scheduled)
            }
        }
    }

    async fn box_score(&self, id: &NbaGameId, clock: &Clock) -> Result<Box<RawValue>, Error> {
        let (_, game) = self
            .file(&format!("boxscore/boxscore_{id}.json"), BOX_SCORE_ERRORS, clock, read_box_score)
            .await?;
        Ok(game)
    }

    async fn file<T>(
        &self,
        path: &str,
        errors: ErrorPolicy,
        clock: &Clock,
        read: fn(&[u8]) -> Result<T, String>,
    ) -> Result<(DateTime<Utc>, T), Error> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        let answered = with_retries(BUDGET, || async {
            let at = clock.now();
            let body: Bytes = http::get(&self.http, &url, MAX_BYTES, errors).await?;
            let read = read(&body).map_err(|error| {
                Failure::retryable(Error::nba_cdn(Detail::of(
                    format!("{path} does not have the expected content"),
                    error,
                )))
            })?;
            Ok((at, read))
        });
        answered.await.map_err(|error| http::as_upstream(error, Error::NbaCdn))
    }
}

/// Whether the box score of a listed game is asked for: it is on, about to begin, or just over.
fn wants_players(game: &Game, listed: &RawValue, now: DateTime<Utc>) -> bool {
    #[derive(serde::Deserialize)]
    struct TipOff {
        #[serde(rename = "gameTimeUTC")]
        at: Option<DateTime<Utc>>,
    }
    let tip_off = serde_json::from_str::<TipOff>(listed.get()).ok().and_then(|listed| listed.at);
    match (game.state.status, tip_off) {
        (GameStatus::InProgress, _) => true,
        (GameStatus::Final, Some(tip_off)) => now <= tip_off + AFTER_TIP_OFF,
        (GameStatus::Scheduled, Some(tip_off)) => now >= tip_off - LISTED_BEFORE_TIP_OFF,
        (GameStatus::Final, None) => true,
        (GameStatus::Scheduled, None) | (GameStatus::Postponed, _) => false,
    }
}
