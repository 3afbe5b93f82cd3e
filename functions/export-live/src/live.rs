//! The live document, `v1/live/{date}.json` and `v1/live/latest.json` (facts 7.2).

use std::{collections::HashSet, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    Error,
    clock::iso_micros,
    documents::status::{LiveData, PolledGame},
    json,
    nba::{
        GameStatus, NbaGameId, PlayerLookup, PollId, SlateDay, Team, TeamPair, elapsed_range,
        elapsed_seconds, final_text, minutes_decimal,
    },
    sources::balldontlie::{Game, PlayerLine},
};

/// A team dresses at least eight players.
const FEWEST_IN_A_BOX: usize = 8;
/// Upstream rounds each player's minutes so that a team's add up, within one on the nights that were recorded.
const MINUTES_OFF: f64 = 3.0;
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
    /// How many games, rows and values of the poll could not be read, for the status.
    #[serde(skip)]
    pub unreadable: usize,
    /// Whether it was known who plays tonight when the rows were given their names.
    #[serde(skip)]
    pub is_named: bool,
}

/// A game of the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveGame {
    /// BallDontLie's id.
    pub game_id: String,
    /// The NBA's ten digits, where the schedule knows the game.
    pub nba_game_id: Option<NbaGameId>,
    /// When upstream first answered with an earlier state of the game than this one, which is believed when
    /// the next poll says it again; absent where it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regressed_since: Option<DateTime<Utc>>,
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
    /// Whether upstream said the period itself.
    #[serde(skip)]
    pub says_period: bool,
}

/// A player's line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LivePlayer {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// BallDontLie's id of the player; null where the row came without one.
    #[serde(default)]
    pub bdl_player_id: Option<i64>,
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
            unreadable: 0,
            is_named: false,
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
            unreadable: self.unreadable,
            ..LiveData::default()
        }
    }
}

impl LiveGame {
    /// A game of the poll, with upstream's own names.
    pub fn of(game: Game) -> Self {
        let Game { id, state, home, visitor, .. } = game;
        let teams = (home.team, visitor.team);
        let mut players: Vec<LivePlayer> = [(home.players, &teams.0), (visitor.players, &teams.1)]
            .into_iter()
            .flat_map(|(players, team)| players.into_iter().map(move |player| (player, team)))
            .map(|(player, team)| LivePlayer::of(player, team))
            .collect();
        // The same row under two ids is one player. Two of one name with different points stay two, because
        // they may be namesakes.
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

    /// Whether nothing more is to come of the game.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.status, GameStatus::Final | GameStatus::Postponed)
    }

    /// Whether the game has begun, so that there is something to lose of it.
    pub(crate) fn has_begun(&self) -> bool {
        matches!(self.status, GameStatus::InProgress | GameStatus::Final)
    }

    /// The two teams, which name the game of a day: ids change, and neutral ground has no home.
    pub(crate) fn pair(&self) -> TeamPair {
        TeamPair::of(&self.home_team, &self.away_team)
    }

    /// How far a game is played, to choose between two listings of one game.
    pub(crate) fn play(&self) -> (bool, u32, usize) {
        let elapsed = elapsed_seconds(self.status, self.period, &self.time_remaining);
        (self.status != GameStatus::Postponed, elapsed, self.player_count)
    }

    /// How this listing of a game stands to what was `known` of it.
    pub(crate) fn progress_since(&self, known: &LiveGame) -> Progress {
        let range = |game: &LiveGame| elapsed_range(game.status, game.period, &game.time_remaining);
        match (known.status, self.status) {
            // What has been played was played; a status alone may have been wrong.
            (GameStatus::Final, GameStatus::Postponed | GameStatus::Scheduled)
            | (GameStatus::InProgress, GameStatus::Scheduled) => match known.shows_play() {
                true => Progress::Impossible,
                false => Progress::Backwards,
            },
            // An overtime may follow what looked like the end; a later one than the next would be a jump.
            (GameStatus::Final, GameStatus::InProgress) if self.period != known.period + 1 => {
                Progress::Backwards
            }
            (GameStatus::InProgress, GameStatus::InProgress) if range(self).end() < range(known).start() => {
                Progress::Backwards
            }
            // An end in an earlier period than that which was on.
            (_, GameStatus::Final) if self.says_period && known.has_begun() && self.period < known.period => {
                Progress::Backwards
            }
            _ => Progress::Onwards,
        }
    }

    /// This listing of a game, with what only the `known` one has: its NBA id, players who are missing
    /// here, and the period of an end that came without one.
    pub(crate) fn over(&self, known: &LiveGame) -> LiveGame {
        let mut game = self.clone();
        game.nba_game_id = game.nba_game_id.or_else(|| known.nba_game_id.clone());
        let lacks_period = game.status == GameStatus::Final && !game.says_period;
        if lacks_period && known.has_begun() && known.period > game.period {
            game.period = known.period;
            game.time_remaining = final_text(game.period);
        }
        let is_listed = |missing: &&LivePlayer| self.players.iter().any(|it| it.is_same(missing));
        // Who is listed before tip-off is not in the game yet.
        let seen = known.players.iter().filter(|_| known.has_begun());
        game.players.extend(seen.filter(|player| !is_listed(player)).cloned());
        game.sort_players();
        game
    }

    /// Whether anything shows that the game was played: a score, or a player who was on the floor.
    fn shows_play(&self) -> bool {
        self.home_score + self.away_score > 0 || self.players.iter().any(LivePlayer::has_played)
    }

    /// Whether nobody who has played can be missing: of each side the minutes add up to the game's and the
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

/// How a listing of a game stands to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It may be a later state.
    Onwards,
    /// One of the two is wrong: the new one is an old answer, or the earlier one had jumped ahead.
    Backwards,
    /// The new one is wrong: what was played was played.
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

    /// Whether two rows of a game are about one player.
    fn is_same(&self, other: &Self) -> bool {
        let is_id = self.bdl_player_id.is_some() && self.bdl_player_id == other.bdl_player_id;
        is_id || (self.player_lookup == other.player_lookup && self.team == other.team)
    }

    /// Whether the player was on the floor: minutes, or anything counted.
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
