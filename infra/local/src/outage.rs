//! A BallDontLie that fails for long, and whether the public scores go on without it.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use export_live::poll::STANDSTILL_LIMIT;
use serde_json::{Value, json};
use shared::Error;

use crate::{
    cloud::API_BUCKET,
    functions::listen,
    night::Night,
    replay::{Pace, Replay},
    report::{Report, list, text},
    storage::Objects,
};

/// A way in which BallDontLie fails for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// It answers with errors for an hour of the night.
    Hour,
    /// It answers with errors from the first tip-off to the end of the night.
    Night,
    /// It refuses the key for good.
    Refused,
    /// From the third quarter of the first game on it keeps giving the same answer.
    Frozen,
    /// From the first half on, every second player of each game is missing.
    Halved,
}

impl Outage {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Hour, Self::Night, Self::Refused, Self::Frozen, Self::Halved];

    /// When it begins in a night, and ends.
    fn time(self, night: &Night) -> std::ops::Range<DateTime<Utc>> {
        let after = |minutes| night.first_tip_off() + TimeDelta::minutes(minutes);
        let never = night.ends() + TimeDelta::days(1);
        match self {
            Self::Hour => after(60)..after(120),
            Self::Night => after(0)..never,
            Self::Refused => night.begins() - TimeDelta::days(1)..never,
            // The third quarter begins after two quarters of half an hour, a break and halftime.
            Self::Frozen => after(90)..never,
            Self::Halved => after(30)..never,
        }
    }
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Hour => "down for an hour",
            Self::Night => "down for the night",
            Self::Refused => "refuses the key",
            Self::Frozen => "frozen in the third quarter",
            Self::Halved => "half the players missing",
        })
    }
}

/// The outage of a local cloud, if any.
#[derive(Clone, Debug, Default)]
pub struct Outages(Arc<Mutex<Option<Outage>>>);

impl Outages {
    /// From now on BallDontLie fails in this way, by the clock of the night.
    pub fn begin(&self, outage: Outage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outage);
    }

    /// BallDontLie's answer at `now`, made of the games at an instant.
    pub(crate) fn answer(
        &self,
        night: &Night,
        now: DateTime<Utc>,
        games: impl Fn(DateTime<Utc>) -> Vec<Value>,
    ) -> Response {
        let outage = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let current =
            outage.map(|outage| (outage, outage.time(night))).filter(|(_, time)| time.contains(&now));
        match current {
            // A status that is not worth another attempt, so that a replay does not wait for them.
            Some((Outage::Hour | Outage::Night, _)) => StatusCode::GONE.into_response(),
            Some((Outage::Refused, _)) => StatusCode::UNAUTHORIZED.into_response(),
            Some((Outage::Frozen, time)) => page(games(time.start)),
            Some((Outage::Halved, _)) => page(games(now).into_iter().map(halved).collect()),
            None => page(games(now)),
        }
    }
}

fn page(games: Vec<Value>) -> Response {
    Json(json!({ "data": games })).into_response()
}

fn halved(mut game: Value) -> Value {
    for side in ["home_team", "visitor_team"] {
        let mut nth = 0;
        if let Some(players) = game[side]["players"].as_array_mut() {
            players.retain(|_| {
                nth += 1;
                nth % 2 == 0
            });
        }
    }
    game
}

/// How far the public scores of the games in progress are behind the night, at most.
fn oldest(objects: &Objects, night: &Night, now: DateTime<Utc>) -> TimeDelta {
    let live = public_scores(objects);
    let of_game = |pair: [&str; 2], index: usize| {
        let shown = list(&live, "games").iter().find(|game| {
            let mut teams = ["home_team", "away_team"].map(|side| text(game, side));
            teams.sort_unstable();
            teams == pair
        });
        // The counts of the game's players tell how old they are: the night is searched back for them.
        let shown: u64 = shown.map_or(0, |game| list(game, "players").iter().map(points).sum());
        let mut age = TimeDelta::zero();
        while age < TimeDelta::hours(6) && night.points(index, now - age) > shown {
            age += TimeDelta::seconds(10);
        }
        age
    };
    let pairs = night.pairs();
    let ages =
        pairs.iter().enumerate().map(|(index, [one, other])| of_game([one.as_str(), other.as_str()], index));
    ages.max().unwrap_or_default()
}

/// A replay of a night under an outage, and how the public scores fared.
#[derive(Debug)]
pub struct Drill {
    /// The outage.
    pub outage: Outage,
    /// The most that the public scores of a game in progress were behind the night.
    pub oldest: TimeDelta,
    /// The most that they may be: two polls, and the patience with a game that stands still.
    pub allowed: TimeDelta,
    /// Number of polls in which a game in progress was public by the NBA's feed.
    pub polls_by_the_feed: usize,
    /// The checks of the end that fail.
    pub report: Report,
}

impl Drill {
    /// Replays `night` in `folder`, with a poll every `every`.
    pub async fn play(
        outage: Outage,
        folder: &Path,
        night: Arc<Night>,
        every: TimeDelta,
    ) -> Result<Self, Error> {
        let pace = Pace { speed: 1e6, seed: 1, every };
        let replay = Replay::start(folder, listen(0).await?, 0, night, pace).await?;
        replay.cloud.outages.begin(outage);
        let (mut oldest_seen, mut polls_by_the_feed) = (TimeDelta::zero(), 0);
        replay
            .run(|now| {
                oldest_seen = oldest_seen.max(oldest(&replay.cloud.objects, &replay.night, now));
                let live = public_scores(&replay.cloud.objects);
                let is_of_the_feed =
                    |game: &Value| game["status"] == "in_progress" && game["source"] == "nba_cdn";
                polls_by_the_feed += usize::from(list(&live, "games").iter().any(is_of_the_feed));
            })
            .await;
        let report = Report::of(&replay).map_err(Error::internal)?;
        replay.cloud.stop.cancel();
        let allowed = every * 2 + STANDSTILL_LIMIT;
        Ok(Self { outage, oldest: oldest_seen, allowed, polls_by_the_feed, report })
    }

    /// Whether the scores were never too old, and the end is as recorded.
    pub fn holds(&self) -> bool {
        self.oldest <= self.allowed && self.report.holds()
    }
}

impl fmt::Display for Drill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { outage, oldest, allowed, polls_by_the_feed, report } = self;
        let verdict = if self.holds() { "ok  " } else { "FAIL" };
        let (oldest, allowed) = (oldest.num_seconds(), allowed.num_seconds());
        write!(
            f,
            "  {verdict}  {outage:<28} {oldest:>6} s of {allowed} {polls_by_the_feed:>8} polls by the feed"
        )?;
        if report.holds() { Ok(()) } else { write!(f, "\n{report}") }
    }
}

fn public_scores(objects: &Objects) -> Value {
    let read = objects.read(API_BUCKET, "v1/live/latest.json", None).ok();
    read.and_then(|(_, body)| serde_json::from_slice(&body).ok()).unwrap_or_default()
}

fn points(player: &Value) -> u64 {
    player["points"].as_u64().unwrap_or(0)
}
