//! The live document, `v1/live/{date}.json` and `v1/live/latest.json`.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    clock::iso_micros,
    documents::{
        self,
        status::{LiveData, PolledGame},
    },
    nba::{
        CANCELLED, GameStatus, NbaGameId, POSTPONED, PlayerLookup, PollId, SlateDay, Team, TeamPair,
        elapsed_range, elapsed_seconds, final_text, minutes_decimal,
    },
    slate::{Counts, ScheduledGame},
    sources::balldontlie::{Game, PlayerLine},
};

use crate::schedule;

/// A team dresses at least eight players.
const FEWEST_IN_A_BOX: usize = 8;
/// The period that no jump from regulation to an ordinary overtime reaches.
const SECOND_OVERTIME: i64 = 6;
/// Tolerance of a team's total minutes: upstream rounds each player's so that the recorded totals were within
/// one.
const MINUTES_OFF: f64 = 3.0;
/// Approximate JSON size of a player, a share of the game included, to allocate the body once.
const BYTES_A_PLAYER: usize = 360;

/// Live scores of a slate day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "LiveDocument")]
pub struct Document {
    /// Instant at which the document was generated, UTC.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    /// The slate day: the US Eastern date on which the night of games began.
    pub game_date: SlateDay,
    /// Id of the poll that the scores come from.
    pub poll_id: PollId,
    /// Number of games in progress, halftime included.
    pub games_in_progress: usize,
    /// Number of games that have ended.
    pub games_final: usize,
    /// Number of games in `games`.
    pub total_games: usize,
    /// Instant, UTC, at which the next version is expected; null once the games of the day are over.
    #[serde(default)]
    pub next_update_expected: Option<DateTime<Utc>>,
    /// The games of the slate day, those of the schedule that BallDontLie does not list yet included: in progress first,
    /// then final, scheduled and postponed.
    pub games: Vec<Arc<LiveGame>>,
    /// Number of games, rows and values of the poll that could not be read, for the public status.
    #[serde(skip)]
    pub unreadable: usize,
    /// Whether tonight's players were known when the rows were named.
    #[serde(skip)]
    pub is_named: bool,
    /// Whether the poll lacks something of a game that it lists, so that the public version supplied it.
    #[serde(skip)]
    pub rests_on_public: bool,
}

/// A game of the slate day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveGame {
    /// BallDontLie's game id; the same as `nba_game_id` until BallDontLie lists the game.
    pub game_id: String,
    /// The NBA's ten-digit game id; null when the schedule does not list the game.
    pub nba_game_id: Option<NbaGameId>,
    /// Instant, UTC, at which BallDontLie first reported a state of the game that cannot follow this one: an
    /// earlier one, or one several periods ahead. A second such report is believed. Absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regressed_since: Option<DateTime<Utc>>,
    /// State of the game.
    pub status: GameStatus,
    /// Period: 0 before tip-off, 1–4 for the quarters, 5 and above for overtimes.
    pub period: i64,
    /// Display text of the clock: `Q3 6:35`, `OT1 2:10`, `Halftime`, `Final`, `Final/OT`, `Postponed`, `Cancelled`; empty
    /// before tip-off.
    pub time_remaining: String,
    /// Code of the home team.
    pub home_team: Team,
    /// Code of the visiting team.
    pub away_team: Team,
    /// Points of the home team.
    pub home_score: u32,
    /// Points of the visiting team.
    pub away_score: u32,
    /// Number of players in `players`; 0 before tip-off.
    pub player_count: usize,
    /// Box score of both teams, highest scorer first.
    pub players: Vec<LivePlayer>,
    /// Whether upstream named the period itself.
    #[serde(skip)]
    pub says_period: bool,
}

/// A player's box-score entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LivePlayer {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// BallDontLie's player id; null when the row came without one.
    #[serde(default)]
    pub bdl_player_id: Option<i64>,
    /// Display name.
    pub name: String,
    /// Code of the player's team.
    pub team: Team,
    /// Points so far.
    pub points: u32,
    /// Rebounds, offensive and defensive together.
    pub rebounds: u32,
    /// Assists.
    pub assists: u32,
    /// Steals.
    pub steals: u32,
    /// Blocks.
    pub blocks: u32,
    /// Turnovers.
    pub turnovers: u32,
    /// Personal fouls; the sixth disqualifies the player.
    #[serde(default)]
    pub personal_fouls: u32,
    /// Minutes played as BallDontLie writes them, `25` or `28:30`; `0:00` when it reports none.
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
    /// Builds the document of `day` with these games, whose ids must be distinct.
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
            next_update_expected: None,
            games,
            unreadable: 0,
            is_named: false,
            rests_on_public: false,
        }
    }
}

impl LivePlayer {
    /// The counts of the statistics that lines are about.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            points: self.points,
            rebounds: Some(self.rebounds),
            assists: Some(self.assists),
            threes: Some(self.fg3_made),
            steals: Some(self.steals),
            blocks: Some(self.blocks),
        }
    }
}

impl documents::Document for Document {
    const NAME: &'static str = "the live document";

    fn expected_bytes(&self) -> usize {
        let players: usize = self.games.iter().map(|game| game.player_count).sum();
        1024 + players * BYTES_A_PLAYER
    }

    fn cache_control(&self) -> &'static str {
        schedule::cache_control(self.games_in_progress)
    }
}

impl Document {
    /// What the public status needs to know about these scores.
    pub fn facts(&self) -> LiveData {
        LiveData {
            last_update: Some(self.updated_at),
            game_date: Some(self.game_date),
            poll_id: Some(self.poll_id),
            games_in_progress: self.games_in_progress,
            games_over: self.games.iter().filter(|game| game.is_settled()).count(),
            total_games: self.total_games,
            players: self.games.iter().map(|game| game.player_count).sum(),
            // What only the schedule knows is no news of a poll.
            games: self.games.iter().filter(|game| !game.is_unlisted()).map(|game| game.polled()).collect(),
            unreadable: self.unreadable,
            ..LiveData::default()
        }
    }
}

impl LiveGame {
    /// Builds a game from the poll, with upstream's own names.
    pub fn of(game: Game) -> Self {
        let Game { id, state, home, visitor, .. } = game;
        let teams = (home.team, visitor.team);
        let mut players: Vec<LivePlayer> = [(home.players, &teams.0), (visitor.players, &teams.1)]
            .into_iter()
            .flat_map(|(players, team)| players.into_iter().map(move |player| (player, team)))
            .map(|(player, team)| LivePlayer::of(player, team))
            .collect();
        // The same row under two ids is one player. Two rows with one name and different points may be
        // namesakes and both stay.
        let mut seen = HashSet::new();
        players.retain(|player| {
            seen.insert((
                player.player_lookup.clone(),
                player.name.clone(),
                player.team.clone(),
                player.points,
            ))
        });
        let mut game = Self {
            game_id: id,
            nba_game_id: None,
            regressed_since: None,
            status: state.status,
            period: state.period,
            time_remaining: state.time_remaining,
            home_score: home.score,
            away_score: visitor.score,
            home_team: teams.0,
            away_team: teams.1,
            player_count: players.len(),
            players,
            says_period: state.says_period,
        };
        game.sort_players();
        game
    }

    fn polled(&self) -> PolledGame {
        PolledGame {
            home_team: self.home_team.clone(),
            away_team: self.away_team.clone(),
            status: self.status,
            home_score: self.home_score,
            away_score: self.away_score,
            is_halftime: self.time_remaining == "Halftime",
            unchanged_since: None,
        }
    }

    /// A game of the schedule that BallDontLie does not list yet.
    pub(crate) fn unlisted(game: &ScheduledGame) -> Self {
        let is_postponed = game.status == GameStatus::Postponed;
        Self {
            game_id: game.id.to_string(),
            nba_game_id: Some(game.id.clone()),
            regressed_since: None,
            status: if is_postponed { GameStatus::Postponed } else { GameStatus::Scheduled },
            period: 0,
            time_remaining: if is_postponed { POSTPONED.to_owned() } else { String::new() },
            home_team: game.home.clone(),
            away_team: game.away.clone(),
            home_score: 0,
            away_score: 0,
            player_count: 0,
            players: Vec::new(),
            says_period: false,
        }
    }

    /// Whether only the schedule has the game.
    pub(crate) fn is_unlisted(&self) -> bool {
        self.nba_game_id.as_ref().is_some_and(|id| id.as_str() == self.game_id)
    }

    /// Whether the game can no longer change.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.status, GameStatus::Final | GameStatus::Postponed)
    }

    /// Whether the game will not be played at all.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.status == GameStatus::Postponed && self.time_remaining == CANCELLED
    }

    /// Whether the game has begun, so that there are scores to lose.
    pub(crate) fn has_begun(&self) -> bool {
        matches!(self.status, GameStatus::InProgress | GameStatus::Final)
    }

    /// The pair of teams, which identifies a game within a day: ids change, and sources disagree about the
    /// home team on neutral ground.
    pub(crate) fn pair(&self) -> TeamPair {
        TeamPair::of(&self.home_team, &self.away_team)
    }

    /// Sort key of the amount of play, to choose between two listings of a game.
    pub(crate) fn play(&self) -> (bool, u32, usize) {
        let elapsed = elapsed_seconds(self.status, self.period, &self.time_remaining);
        (self.status != GameStatus::Postponed, elapsed, self.player_count)
    }

    /// Compares this listing of a game with the `known` one.
    pub(crate) fn progress_since(&self, known: &LiveGame) -> Progress {
        let range = |game: &LiveGame| elapsed_range(game.status, game.period, &game.time_remaining);
        match (known.status, self.status) {
            // Play that was recorded cannot be undone; a status without any play may have been wrong.
            (GameStatus::Final, GameStatus::Postponed | GameStatus::Scheduled)
            | (GameStatus::InProgress, GameStatus::Scheduled) => match known.shows_play() {
                true => Progress::Impossible,
                false => Progress::Doubtful,
            },
            // An overtime may follow an apparent end, but only the next one.
            (GameStatus::Final, GameStatus::InProgress) if self.period != known.period + 1 => {
                Progress::Doubtful
            }
            // Periods follow one another, and only an outage hides a whole one from every poll.
            (_, GameStatus::InProgress)
                if self.period >= SECOND_OVERTIME && self.period > known.period + 1 =>
            {
                Progress::Doubtful
            }
            (GameStatus::InProgress, GameStatus::InProgress) if range(self).end() < range(known).start() => {
                Progress::Doubtful
            }
            // An end in an earlier period than the known one.
            (_, GameStatus::Final) if self.says_period && known.has_begun() && self.period < known.period => {
                Progress::Doubtful
            }
            _ => Progress::Onwards,
        }
    }

    /// This listing of a game, completed from the `known` one with the NBA id, players that are missing here,
    /// and the period of an end that came without one.
    pub(crate) fn over(&self, known: &LiveGame) -> LiveGame {
        let mut game = self.clone();
        game.nba_game_id = game.nba_game_id.or_else(|| known.nba_game_id.clone());
        let lacks_period = game.status == GameStatus::Final && !game.says_period;
        if lacks_period && known.has_begun() && known.period > game.period {
            game.period = known.period;
            game.time_remaining = final_text(game.period);
        }
        let is_listed = |missing: &&LivePlayer| self.players.iter().any(|it| it.is_same(missing));
        // Players listed before tip-off have not played yet and may leave the list.
        let seen = known.players.iter().filter(|_| known.has_begun());
        game.players.extend(seen.filter(|player| !is_listed(player)).cloned());
        game.sort_players();
        game
    }

    fn with_higher_points(&self, older: &LiveGame) -> LiveGame {
        let mut game = self.over(older);
        for player in &mut game.players {
            let known = older.players.iter().find(|it| it.is_same(player) && it.points > player.points);
            if let Some(known) = known {
                *player = known.clone();
            }
        }
        game.sort_players();
        game
    }

    /// Whether this listing shows the same state as the published `other` one, with as many players.
    pub(crate) fn is_all_of(&self, other: &LiveGame) -> bool {
        let state = |game: &LiveGame| (game.status, game.period, game.home_score, game.away_score);
        state(self) == state(other)
            && self.time_remaining == other.time_remaining
            && self.player_count == other.player_count
    }

    /// Whether the game has evidently been played: a score, or a player who was on the floor.
    fn shows_play(&self) -> bool {
        self.home_score + self.away_score > 0 || self.players.iter().any(LivePlayer::has_played)
    }

    /// Whether no player who played can be missing: on each side the minutes add up to the game's, and the
    /// points to the score.
    pub(crate) fn is_whole(&self) -> bool {
        let overtimes = f64::from(u32::try_from((self.period - 4).clamp(0, 20)).unwrap_or_default());
        let of_side = |(team, score): (&Team, u32)| {
            let rows = || self.players.iter().filter(|player| player.team == *team);
            let minutes: f64 = rows().filter_map(|player| minutes_decimal(&player.minutes)).sum();
            let points: u32 = rows().map(|player| player.points).sum();
            rows().count() >= FEWEST_IN_A_BOX
                && points == score
                && (minutes - 240.0 - 25.0 * overtimes).abs() <= MINUTES_OFF
        };
        [(&self.home_team, self.home_score), (&self.away_team, self.away_score)].into_iter().all(of_side)
    }

    pub(crate) fn sort_players(&mut self) {
        let players = &mut self.players;
        players.sort_by(|a, b| b.points.cmp(&a.points).then_with(|| a.player_lookup.cmp(&b.player_lookup)));
        self.player_count = players.len();
    }
}

/// The games of two versions, of which `newer` is the later: each game in its newer state, with the players of
/// both and each player's higher points.
pub(crate) fn merged(newer: &[Arc<LiveGame>], older: &[Arc<LiveGame>]) -> Vec<Arc<LiveGame>> {
    let find = |games: &[Arc<LiveGame>], pair: &TeamPair| games.iter().find(|it| it.pair() == *pair).cloned();
    let both = newer.iter().map(|game| match find(older, &game.pair()) {
        Some(older) => Arc::new(game.with_higher_points(&older)),
        None => game.clone(),
    });
    let only_older = older.iter().filter(|game| find(newer, &game.pair()).is_none());
    both.chain(only_older.cloned()).collect()
}

/// Relation of a listing of a game to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It may be a later state.
    Onwards,
    /// One of the two is wrong: the new one is outdated or has jumped ahead, or the earlier one had.
    Doubtful,
    /// The new one is wrong: recorded play cannot be undone.
    Impossible,
}

impl LivePlayer {
    fn of(player: PlayerLine, team: &Team) -> Self {
        let counted = player.counters;
        Self {
            player_lookup: player.lookup,
            bdl_player_id: Some(player.id),
            name: player.name,
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

    /// Whether two rows of a game belong to one player.
    fn is_same(&self, other: &Self) -> bool {
        let is_id = self.bdl_player_id.is_some() && self.bdl_player_id == other.bdl_player_id;
        is_id || (self.player_lookup == other.player_lookup && self.team == other.team)
    }

    /// Whether the player was on the floor: has minutes, or any other count.
    pub(crate) fn has_played(&self) -> bool {
        let counted = [
            self.points,
            self.rebounds,
            self.assists,
            self.steals,
            self.blocks,
            self.turnovers,
            self.personal_fouls,
            self.fg_attempted,
            self.ft_attempted,
        ];
        minutes_decimal(&self.minutes).is_some_and(|minutes| minutes > 0.0)
            || counted.iter().any(|it| *it > 0)
    }
}
