//! What the public scores say about the sources of their games.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use shared::{
    Error,
    documents::DatedDocument,
    error::Detail,
    google::storage::Storage,
    nba::{GameStatus, NbaGameId, Team, TeamPair},
    sources::{Game, Polled, RawGames, Source},
};

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
            let object = DatedDocument::Live.latest();
            let Some(stored) = storage.read(api_bucket, object, None).await? else {
                return Ok(Self::default());
            };
            serde_json::from_slice(&stored.content(object))
                .map_err(|error| Error::internal(Detail::of(object, error)))
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

    /// The games of a poll whose public scores come from its source, and which these are. A game that has begun and has
    /// no players, because its box score failed, adds nothing to the history.
    pub fn only_those_of(&self, polled: Polled) -> (Polled, BTreeSet<TeamPair>) {
        let wanted = self.pairs(polled.source, |_| true);
        let (mut kept, mut pairs) = (RawGames::new(), BTreeSet::new());
        for raw in polled.games {
            let (games, _) = polled.source.read_games([&*raw]);
            let has_rows = |game: &&Game| {
                !game.state.status.has_begun() || game.sides().iter().any(|side| !side.players.is_empty())
            };
            let game = games.first().filter(has_rows);
            let pair = game.map(|game| TeamPair::of(&game.home.team, &game.visitor.team));
            if let Some(pair) = pair.filter(|pair| wanted.contains(pair)) {
                kept.push(raw);
                pairs.insert(pair);
            }
        }
        (Polled { games: kept, ..polled }, pairs)
    }

    /// The games that have ended in public by `source`. Another source may go on sending an earlier state of them.
    pub fn ended_by(&self, source: Source) -> BTreeSet<TeamPair> {
        self.pairs(source, |game| game.status == GameStatus::Final)
    }

    /// The games whose public scores come from `source`, as far as they are `wanted`.
    fn pairs(&self, source: Source, wanted: impl Fn(&PublicGame) -> bool) -> BTreeSet<TeamPair> {
        let of_source = self.games.iter().filter(|game| game.source == Some(source) && wanted(game));
        of_source.map(|game| TeamPair::of(&game.home_team, &game.away_team)).collect()
    }

    /// The public ids of the games by the NBA's.
    pub fn game_ids(&self) -> BTreeMap<NbaGameId, String> {
        let named = |game: &PublicGame| Some((game.nba_game_id.clone()?, game.game_id.clone()));
        self.games.iter().filter_map(named).collect()
    }
}
