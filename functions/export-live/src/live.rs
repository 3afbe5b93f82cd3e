//! The live document, `v1/live/{date}.json` and `v1/live/latest.json` (facts 7.2).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    balldontlie::{Game, PlayerLine, Side},
    clock::iso_micros,
    nba::{GameStatus, NbaGameId, PlayerLookup, PollId, SlateDay, Team},
};

use crate::names::{Directory, Schedule};

/// The live scores of a slate day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    /// When this document was made.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    pub game_date: SlateDay,
    /// The poll the scores are from.
    pub poll_id: PollId,
    pub games_in_progress: usize,
    pub games_final: usize,
    pub total_games: usize,
    /// What is on first, then finals, then what is to come, then what was postponed.
    pub games: Vec<LiveGame>,
}

/// A game of the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LiveGame {
    /// BallDontLie's id.
    pub game_id: String,
    /// The NBA's ten digits, where the schedule knows the game.
    pub nba_game_id: Option<NbaGameId>,
    pub status: GameStatus,
    /// 0 before the game, 1–4, 5 and up in overtime.
    pub period: i64,
    /// `Q3 6:35`, `OT1 2:10`, `Halftime`, `Final`, `Final/OT`, `Postponed`; empty before tip-off.
    pub time_remaining: String,
    pub home_team: Team,
    pub away_team: Team,
    pub home_score: u32,
    pub away_score: u32,
    pub player_count: usize,
    /// Most points first.
    pub players: Vec<LivePlayer>,
}

/// A player's line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LivePlayer {
    pub player_lookup: PlayerLookup,
    pub name: String,
    pub team: Team,
    pub points: u32,
    pub rebounds: u32,
    pub assists: u32,
    pub steals: u32,
    pub blocks: u32,
    pub turnovers: u32,
    #[serde(default)]
    pub personal_fouls: u32,
    /// As upstream writes them, `25` or `28:30`; `0:00` where it has none.
    pub minutes: String,
    pub fg_made: u32,
    pub fg_attempted: u32,
    pub fg3_made: u32,
    pub fg3_attempted: u32,
    pub ft_made: u32,
    pub ft_attempted: u32,
}

impl Document {
    /// The document of `day` with these games; each is in it once, a later one replacing an earlier.
    pub(crate) fn new(
        day: SlateDay,
        poll_id: PollId,
        updated_at: DateTime<Utc>,
        games: impl IntoIterator<Item = LiveGame>,
    ) -> Self {
        let games: BTreeMap<String, LiveGame> =
            games.into_iter().map(|game| (game.game_id.clone(), game)).collect();
        let mut games: Vec<LiveGame> = games.into_values().collect();
        games.sort_by_key(|game| game.status);
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

impl LiveGame {
    /// A game of the poll, with the names of the directory and the id of the schedule.
    pub(crate) fn of(game: &Game, directory: &Directory, schedule: &Schedule) -> Self {
        let mut players: Vec<LivePlayer> = game
            .sides()
            .into_iter()
            .flat_map(|side| side.players.iter().map(|player| LivePlayer::of(player, side, directory)))
            .collect();
        players.sort_by(|a, b| b.points.cmp(&a.points).then_with(|| a.player_lookup.cmp(&b.player_lookup)));
        let teams = (game.home.team.clone(), game.visitor.team.clone());
        Self {
            game_id: game.id.clone(),
            nba_game_id: schedule.get(&teams).cloned(),
            status: game.state.status,
            period: game.state.period,
            time_remaining: game.state.time_remaining.clone(),
            home_score: game.home.score,
            away_score: game.visitor.score,
            home_team: teams.0,
            away_team: teams.1,
            player_count: players.len(),
            players,
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
    fn of(player: &PlayerLine, side: &Side, directory: &Directory) -> Self {
        let (player_lookup, name) = match directory.get(&player.id) {
            Some(known) => (known.lookup.clone(), known.name.clone()),
            None => (player.lookup.clone(), player.name.clone()),
        };
        let counted = player.counters;
        Self {
            player_lookup,
            name,
            team: side.team.clone(),
            points: counted.points,
            rebounds: counted.rebounds,
            assists: counted.assists,
            steals: counted.steals,
            blocks: counted.blocks,
            turnovers: counted.turnovers,
            personal_fouls: counted.personal_fouls,
            minutes: player.minutes.clone().unwrap_or_else(|| "0:00".into()),
            fg_made: counted.field_goals_made,
            fg_attempted: counted.field_goals_attempted,
            fg3_made: counted.three_pointers_made,
            fg3_attempted: counted.three_pointers_attempted,
            ft_made: counted.free_throws_made,
            ft_attempted: counted.free_throws_attempted,
        }
    }
}
