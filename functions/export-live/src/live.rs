//! The live document, `v1/live/{date}.json` and `v1/live/latest.json` (facts 7.2).

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    Error,
    balldontlie::{Game, PlayerLine},
    clock::iso_micros,
    json,
    nba::{GameStatus, NbaGameId, PlayerLookup, PollId, SlateDay, Team},
    status::{LiveData, PolledGame},
};

use crate::names::{Directory, Schedule};

/// About as many bytes of JSON has a player, with a share of the game.
const BYTES_A_PLAYER: usize = 360;

/// The live scores of a slate day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "LiveDocument")]
pub struct Document {
    /// When this document was made.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    /// The slate day, as New York counts it.
    pub game_date: SlateDay,
    /// The poll the scores are from.
    pub poll_id: PollId,
    /// Games that are on, half-time included.
    pub games_in_progress: usize,
    /// Games that have ended.
    pub games_final: usize,
    /// All games of the list.
    pub total_games: usize,
    /// What is on first, then finals, then what is to come, then what was postponed.
    pub games: Vec<Arc<LiveGame>>,
}

/// A game of the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveGame {
    /// BallDontLie's id.
    pub game_id: String,
    /// The NBA's ten digits, where the schedule knows the game.
    pub nba_game_id: Option<NbaGameId>,
    /// How far it is.
    pub status: GameStatus,
    /// 0 before the game, 1–4 by quarter, 5 and up in overtime.
    pub period: i64,
    /// `Q3 6:35`, `OT1 2:10`, `Halftime`, `Final`, `Final/OT`, `Postponed`; empty before tip-off.
    pub time_remaining: String,
    /// The home team's code.
    pub home_team: Team,
    /// The visiting team's code.
    pub away_team: Team,
    /// The home team's points.
    pub home_score: u32,
    /// The visitors' points.
    pub away_score: u32,
    /// How many players the list has; 0 before tip-off.
    pub player_count: usize,
    /// Most points first.
    pub players: Vec<LivePlayer>,
}

/// A player's line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LivePlayer {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// As shown.
    pub name: String,
    /// The player's team.
    pub team: Team,
    /// Points so far.
    pub points: u32,
    /// Rebounds, both ends.
    pub rebounds: u32,
    /// Assists.
    pub assists: u32,
    /// Steals.
    pub steals: u32,
    /// Blocks.
    pub blocks: u32,
    /// Turnovers.
    pub turnovers: u32,
    /// Personal fouls; six and the player is out.
    #[serde(default)]
    pub personal_fouls: u32,
    /// Minutes played as upstream writes them, `25` or `28:30`; `0:00` where it has none.
    pub minutes: String,
    /// Field goals made, three-pointers included.
    pub fg_made: u32,
    /// Field goals attempted, three-pointers included.
    pub fg_attempted: u32,
    /// Three-pointers made.
    pub fg3_made: u32,
    /// Three-pointers attempted.
    pub fg3_attempted: u32,
    /// Free throws made.
    pub ft_made: u32,
    /// Free throws attempted.
    pub ft_attempted: u32,
}

impl Document {
    /// The document of `day` with these games, no two of one id.
    pub fn new(
        day: SlateDay,
        poll_id: PollId,
        updated_at: DateTime<Utc>,
        mut games: Vec<Arc<LiveGame>>,
    ) -> Self {
        games.sort_by(|a, b| (a.status, &a.game_id).cmp(&(b.status, &b.game_id)));
        let count = |status| games.iter().filter(|game| game.status == status).count();
        Self {
            updated_at,
            game_date: day,
            poll_id,
            games_in_progress: count(GameStatus::InProgress),
            games_final: count(GameStatus::Final),
            total_games: games.len(),
            games,
        }
    }
}

impl Document {
    /// The body of the public object.
    pub fn json(&self) -> Result<Bytes, Error> {
        let players: usize = self.games.iter().map(|game| game.player_count).sum();
        json::body("the live document", self, 1024 + players * BYTES_A_PLAYER)
    }

    /// What the status says of these scores.
    pub fn facts(&self) -> LiveData {
        LiveData {
            last_update: Some(self.updated_at),
            game_date: Some(self.game_date),
            poll_id: Some(self.poll_id),
            games_in_progress: self.games_in_progress,
            games_over: self.games.iter().filter(|game| game.is_settled()).count(),
            total_games: self.total_games,
            players: self.games.iter().map(|game| game.player_count).sum(),
            games: self.games.iter().map(|game| game.polled()).collect(),
            ..LiveData::default()
        }
    }
}

impl LiveGame {
    /// A game of the poll, with the names of the directory and the id of the schedule.
    pub fn of(game: Game, directory: &Directory, schedule: &Schedule) -> Self {
        let Game { id, state, home, visitor, .. } = game;
        let teams = (home.team, visitor.team);
        let mut players: Vec<LivePlayer> = [(home.players, &teams.0), (visitor.players, &teams.1)]
            .into_iter()
            .flat_map(|(players, team)| players.into_iter().map(move |player| (player, team)))
            .map(|(player, team)| LivePlayer::of(player, team, directory))
            .collect();
        players.sort_by(|a, b| b.points.cmp(&a.points).then_with(|| a.player_lookup.cmp(&b.player_lookup)));
        Self {
            game_id: id,
            nba_game_id: schedule.get(&teams).cloned(),
            status: state.status,
            period: state.period,
            time_remaining: state.time_remaining,
            home_score: home.score,
            away_score: visitor.score,
            home_team: teams.0,
            away_team: teams.1,
            player_count: players.len(),
            players,
        }
    }

    fn polled(&self) -> PolledGame {
        PolledGame {
            home_team: self.home_team.clone(),
            away_team: self.away_team.clone(),
            status: self.status,
        }
    }

    /// Whether nothing more is to come of the game.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.status, GameStatus::Final | GameStatus::Postponed)
    }

    /// Whether the game has begun, so that there is something to lose of it.
    pub(crate) fn has_begun(&self) -> bool {
        matches!(self.status, GameStatus::InProgress | GameStatus::Final)
    }

    /// Whether this cannot be a later state of the game that was `known`: the period has gone back, it
    /// is on again after its end, or players are missing. (A score may go down: baskets are waved off.)
    pub(crate) fn is_behind(&self, known: &LiveGame) -> bool {
        if self.status == GameStatus::Postponed {
            return false;
        }
        let progress = |game: &LiveGame| (game.period, game.status == GameStatus::Final);
        known.has_begun() && (progress(self) < progress(known) || self.player_count < known.player_count)
    }
}

impl LivePlayer {
    fn of(player: PlayerLine, team: &Team, directory: &Directory) -> Self {
        let (player_lookup, name) = match directory.get(&player.id) {
            Some(known) => (known.lookup.clone(), known.name.clone()),
            None => (player.lookup, player.name),
        };
        let counted = player.counters;
        Self {
            player_lookup,
            name,
            team: team.clone(),
            points: counted.points,
            rebounds: counted.rebounds,
            assists: counted.assists,
            steals: counted.steals,
            blocks: counted.blocks,
            turnovers: counted.turnovers,
            personal_fouls: counted.personal_fouls,
            minutes: player.minutes.unwrap_or_else(|| "0:00".into()),
            fg_made: counted.field_goals_made,
            fg_attempted: counted.field_goals_attempted,
            fg3_made: counted.three_pointers_made,
            fg3_attempted: counted.three_pointers_attempted,
            ft_made: counted.free_throws_made,
            ft_attempted: counted.free_throws_attempted,
        }
    }
}
