//! What the public scores say about the sources of their games.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use shared::{
    Error,
    error::Detail,
    google::storage::Storage,
    gzip,
    nba::{GameStatus, NbaGameId, Team, TeamPair},
    sources::{Polled, Source},
};

const SCORES: &str = "v1/live/latest.json";
/// The largest document that is read; that of a night has 100 KB.
const MAXIMUM_BYTES: usize = 8 * 1024 * 1024;

/// How long after its end a game is stored, so that the history has the end.
const STORED_AFTER_THE_END: TimeDelta = TimeDelta::minutes(10);

/// The games of the public scores; empty where they cannot be read.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PublicGames {
    games: Vec<PublicGame>,
}

/// The fields of a public game that matter here.
#[derive(Debug, Deserialize)]
struct PublicGame {
    game_id: String,
    nba_game_id: Option<NbaGameId>,
    #[serde(default)]
    source: Option<Source>,
    #[serde(default)]
    moved_at: Option<DateTime<Utc>>,
    status: GameStatus,
    home_team: Team,
    away_team: Team,
}

impl PublicGames {
    /// Reads them. Without them the history only lacks the ids and what the second source adds to a first one that
    /// answers.
    pub async fn read(storage: &Storage, api_bucket: &str) -> Self {
        let read = async {
            let Some(stored) = storage.read(api_bucket, SCORES, None).await? else {
                return Ok(Self::default());
            };
            let broken =
                |error: Box<dyn std::error::Error + Send + Sync>| Error::internal(Detail::of(SCORES, error));
            let body = gzip::content(stored.body, MAXIMUM_BYTES).map_err(|error| broken(error.into()))?;
            serde_json::from_slice(&body).map_err(|error| broken(error.into()))
        };
        read.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the public scores cannot be read; the second source is asked only if the first one fails or is late");
            Self::default()
        })
    }

    /// Whether the scores of a game in progress, or just over, come from `source`.
    pub fn come_from(&self, source: Source, now: DateTime<Utc>) -> bool {
        let is_just_over = |game: &PublicGame| {
            game.status == GameStatus::Final
                && game.moved_at.is_some_and(|at| now < at + STORED_AFTER_THE_END)
        };
        let is_on = |game: &PublicGame| game.status == GameStatus::InProgress || is_just_over(game);
        self.games.iter().any(|game| game.source == Some(source) && is_on(game))
    }

    /// The games of a poll whose public scores come from its source.
    pub fn only_those_of(&self, polled: Polled) -> Polled {
        let of_source = self.games.iter().filter(|game| game.source == Some(polled.source));
        let pairs: HashSet<TeamPair> =
            of_source.map(|game| TeamPair::of(&game.home_team, &game.away_team)).collect();
        let is_one = |raw: &serde_json::value::RawValue| {
            let (games, _) = polled.source.read_games([raw]);
            games.iter().any(|game| pairs.contains(&TeamPair::of(&game.home.team, &game.visitor.team)))
        };
        let kept: Vec<bool> = polled.games.iter().map(|raw| is_one(raw)).collect();
        let games = polled.games.into_iter().zip(kept).filter(|(_, is_kept)| *is_kept).map(|(game, _)| game);
        Polled { games: games.collect(), ..polled }
    }

    /// The games in progress whose public scores come from `source`.
    pub fn on_by(&self, source: Source) -> Vec<TeamPair> {
        let on = self.games.iter().filter(|game| game.status == GameStatus::InProgress);
        let of_source = on.filter(|game| game.source == Some(source));
        of_source.map(|game| TeamPair::of(&game.home_team, &game.away_team)).collect()
    }

    /// The public ids of the games by the NBA's.
    pub fn game_ids(&self) -> BTreeMap<NbaGameId, String> {
        let named = |game: &PublicGame| Some((game.nba_game_id.clone()?, game.game_id.clone()));
        self.games.iter().filter_map(named).collect()
    }
}
