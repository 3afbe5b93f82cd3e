//! A game of the live document.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    documents::status::PolledGame,
    nba::{
        CANCELLED, GameStatus, HALFTIME, NbaGameId, POSTPONED, PlayerLookup, Team, TeamPair, WarehouseGameId,
        final_text, minutes_decimal, overtimes, period_text,
    },
    slate::ScheduledGame,
    sources::{Game, Inactive, Source},
};

use super::LivePlayer;

/// A team dresses at least eight players.
const MIN_IN_A_BOX: usize = 8;
/// Tolerance of a team's total minutes: upstream rounds each player's so that the recorded totals were within
/// one.
const TEAM_MINUTES_TOLERANCE: f64 = 3.0;

/// A game of the slate day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveGame {
    /// BallDontLie's game id; the same as `nba_game_id` until BallDontLie lists the game, and for good where it did not
    /// before the game began. It stays the same whichever source the scores come from. `20260109_TOR_BOS`, of day,
    /// visitors and home team, where BallDontLie has no id of it in the first poll of the day.
    pub game_id: String,
    /// The NBA's ten-digit game id; null when the schedule does not list the game.
    pub nba_game_id: Option<NbaGameId>,
    /// Where this state of the game comes from; null before tip-off until the first source lists the game.
    #[serde(default)]
    pub source: Option<Source>,
    /// Instant, UTC, of the first poll that had the state, the score or a count as they are; null while only the
    /// schedule has the game.
    #[serde(default)]
    pub moved_at: Option<DateTime<Utc>>,
    /// Instant, UTC, at which a source first reported a state of the game that cannot follow this one: an earlier
    /// one, or one several periods ahead. Such a state is published when a later poll repeats it: at once, after five
    /// minutes where it is the other source's, after ten where it is an end that lacks players. Absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regressed_since: Option<DateTime<Utc>>,
    /// State of the game.
    pub status: GameStatus,
    /// Period: 0 before tip-off, 1–4 for the quarters, 5 and above for overtimes.
    pub period: i64,
    /// Display text of the clock: `Q3 6:35`, `OT1 2:10`, `Halftime`, `Final`, `Final/OT`, `Postponed`, `Cancelled`;
    /// empty before tip-off.
    pub time_remaining: String,
    /// Code of the home team, by the schedule; as the source has it where the schedule lacks the game.
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
    /// Players whom the NBA's feed lists as not playing, with the reason; absent until the feed was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inactive: Vec<InactivePlayer>,
    /// Whether upstream named the period itself.
    #[serde(skip)]
    pub says_period: bool,
    /// Whether upstream said that the period is over, without a clock.
    #[serde(skip)]
    pub is_break: bool,
    /// The end or postponement that the source tells beside a clock with time left.
    #[serde(skip)]
    pub contradicted: Option<GameStatus>,
    /// Whether upstream has no readable score of the home and of the visiting team, or 0 beside players' points.
    #[serde(skip)]
    pub lacks_scores: [bool; 2],
}

/// A player whom the NBA's feed lists as not playing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InactivePlayer {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// The NBA's id of the player.
    pub nba_player_id: i64,
    /// Display name.
    pub name: String,
    /// Code of the player's team.
    pub team: Team,
    /// Why the player does not play: `Injury: Right Foot; Surgery`, `Coach's decision`.
    pub reason: String,
}

impl LiveGame {
    /// Builds a game from the poll, with upstream's own names.
    pub fn of(game: Game) -> Self {
        let Game { source, id, nba_id, state, home, visitor, .. } = game;
        let teams = (home.team, visitor.team);
        let inactive = [(home.inactive, &teams.0), (visitor.inactive, &teams.1)];
        let inactive = inactive.into_iter().flat_map(|(players, team)| {
            players.into_iter().map(move |player| InactivePlayer::of(player, team))
        });
        let inactive: Vec<InactivePlayer> = inactive.collect();
        let mut players: Vec<LivePlayer> = [(home.players, &teams.0), (visitor.players, &teams.1)]
            .into_iter()
            .flat_map(|(players, team)| players.into_iter().map(move |player| (player, team)))
            .map(|(player, team)| LivePlayer::of(player, team))
            .collect();
        // The same row under two ids is one player, and so is a row without play beside one with it. Two rows with one
        // name and different points may be namesakes and both stay.
        let key =
            |player: &LivePlayer| (player.player_lookup.clone(), player.name.clone(), player.team.clone());
        let playing = players.iter().filter(|player| player.has_evidently_played());
        let playing: HashSet<_> = playing.map(key).collect();
        let mut seen = HashSet::new();
        players.retain(|player| {
            let is_double = !player.has_evidently_played() && playing.contains(&key(player));
            !is_double && seen.insert((key(player), player.points))
        });
        let mut game = Self {
            game_id: id,
            nba_game_id: nba_id,
            source: Some(source),
            moved_at: None,
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
            inactive,
            says_period: state.says_period,
            is_break: state.is_break,
            contradicted: state.contradicted,
            lacks_scores: [home.lacks_score, visitor.lacks_score],
        };
        game.sort_players();
        game
    }

    /// Whether the teams are in the break after the second quarter.
    pub(crate) fn is_halftime(&self) -> bool {
        self.time_remaining == HALFTIME
    }

    pub(super) fn polled(&self) -> PolledGame {
        PolledGame {
            home_team: self.home_team.clone(),
            away_team: self.away_team.clone(),
            status: self.status,
            home_score: self.home_score,
            away_score: self.away_score,
            is_halftime: self.is_halftime(),
            unchanged_since: None,
            outdated_players: self.players.iter().filter(|player| player.outdated).count(),
            outdated_since: None,
        }
    }

    /// A game of the schedule that no source lists yet.
    pub(crate) fn unlisted(game: &ScheduledGame) -> Self {
        let is_postponed = game.status == GameStatus::Postponed;
        Self {
            game_id: game.id.to_string(),
            nba_game_id: Some(game.id.clone()),
            source: None,
            moved_at: None,
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
            inactive: Vec::new(),
            says_period: false,
            is_break: false,
            contradicted: None,
            lacks_scores: [false; 2],
        }
    }

    /// The state that the source tells beside a clock with time left, where it does.
    pub(crate) fn as_told(&self) -> Option<LiveGame> {
        let status = self.contradicted?;
        let (period, time_remaining) = match status {
            GameStatus::Postponed => (self.period, POSTPONED.to_owned()),
            _ => (self.period.max(4), final_text(self.period)),
        };
        Some(LiveGame { status, period, time_remaining, contradicted: None, ..self.clone() })
    }

    /// This listing as one of a game in progress, where its source calls the game scheduled again although its scores go
    /// on from the `known` ones.
    pub(crate) fn going_on_from(&self, known: &LiveGame) -> Option<LiveGame> {
        let is_reset = self.status == GameStatus::Scheduled && known.status == GameStatus::InProgress;
        let teams = [&self.home_team, &self.away_team];
        let goes_on = teams.iter().all(|team| self.score_of(team) >= known.score_of(team))
            && teams.iter().any(|team| self.score_of(team) > known.score_of(team));
        (is_reset && goes_on).then(|| LiveGame {
            status: GameStatus::InProgress,
            time_remaining: period_text(self.period),
            ..self.clone()
        })
    }

    /// Whether only the schedule has the game.
    pub(crate) fn is_unlisted(&self) -> bool {
        self.source.is_none() && self.has_nba_id_only()
    }

    /// Whether the game is called by an id of the NBA, the schedule's or the feed's; BallDontLie's have no leading zeros.
    pub(crate) fn has_nba_id_only(&self) -> bool {
        self.game_id.starts_with("00") && self.game_id.parse::<NbaGameId>().is_ok()
    }

    /// Whether BallDontLie lists the game without an id, so that it is called by its day and teams.
    pub(super) fn lacks_id(&self) -> bool {
        matches!(WarehouseGameId::read(&self.game_id), Ok(WarehouseGameId::Teams { .. }))
    }

    pub(super) fn has_balldontlie_id(&self) -> bool {
        !self.has_nba_id_only() && !self.lacks_id()
    }

    /// The game with `home` as the home team: on neutral ground, sources disagree.
    pub(crate) fn with_home_team(self, home: &Team) -> Self {
        if self.home_team == *home {
            return self;
        }
        let [lacks_home, lacks_away] = self.lacks_scores;
        Self {
            home_team: self.away_team,
            away_team: self.home_team,
            home_score: self.away_score,
            away_score: self.home_score,
            lacks_scores: [lacks_away, lacks_home],
            ..self
        }
    }

    /// The game between `teams`, where exactly one of its own is another.
    pub(crate) fn with_wrong_team_corrected(&self, teams: [&Team; 2]) -> Option<Self> {
        let [is_home_right, is_away_right] =
            [&self.home_team, &self.away_team].map(|own| teams.contains(&own));
        let (wrong, right) = match (is_home_right, is_away_right) {
            (true, false) => (&self.away_team, &self.home_team),
            (false, true) => (&self.home_team, &self.away_team),
            _ => return None,
        };
        let other = *teams.iter().find(|team| **team != right)?;
        let mut game = self.clone();
        for team in [&mut game.home_team, &mut game.away_team] {
            if team == wrong {
                team.clone_from(other);
            }
        }
        let of_players = game.players.iter_mut().map(|player| &mut player.team);
        for team in of_players.chain(game.inactive.iter_mut().map(|inactive| &mut inactive.team)) {
            if team == wrong {
                team.clone_from(other);
            }
        }
        Some(game)
    }

    /// This game in progress at the end that the schedule has of it; `None` where it has none.
    pub(crate) fn ended_as(&self, scheduled: &ScheduledGame) -> Option<Self> {
        let is_end = self.status == GameStatus::InProgress && scheduled.status == GameStatus::Final;
        let (home, away) = scheduled.home_score.zip(scheduled.away_score).filter(|_| is_end)?;
        let faces = self.home_team == scheduled.home;
        let period = self.period.max(4);
        Some(Self {
            status: GameStatus::Final,
            period,
            time_remaining: final_text(period),
            home_score: if faces { home } else { away },
            away_score: if faces { away } else { home },
            ..self.clone()
        })
    }

    /// Whether the game can no longer change.
    pub(crate) fn is_over(&self) -> bool {
        self.status.is_over()
    }

    /// Whether the game will not be played at all.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.status == GameStatus::Postponed && self.time_remaining == CANCELLED
    }

    /// Whether the game has begun, so that there are scores to lose.
    pub(crate) fn has_begun(&self) -> bool {
        self.status.has_begun()
    }

    /// The pair of teams, which identifies a game within a day: ids change, and sources disagree about the
    /// home team on neutral ground.
    pub(crate) fn pair(&self) -> TeamPair {
        TeamPair::of(&self.home_team, &self.away_team)
    }

    /// Whether a player's row is older than the game's state, and the box does not add up.
    pub(crate) fn is_outdated(&self) -> bool {
        self.players.iter().any(|player| player.outdated) && !self.is_whole()
    }

    /// Whether no player who played can be missing or outdated.
    pub(crate) fn is_whole(&self) -> bool {
        [&self.home_team, &self.away_team].into_iter().all(|team| self.is_whole_of(team))
    }

    /// The same of one team: its players' minutes add up to the game's, and their points to the score.
    pub(crate) fn is_whole_of(&self, team: &Team) -> bool {
        let score = self.score_of(team);
        let rows = || self.players.iter().filter(|player| player.team == *team);
        let points: u32 = rows().map(|player| player.points).sum();
        rows().count() >= MIN_IN_A_BOX
            && points == score
            && (self.minutes_of(team) - 240.0 - 25.0 * f64::from(overtimes(self.period))).abs()
                <= TEAM_MINUTES_TOLERANCE
    }

    /// The sum of the minutes of a team's players.
    pub(super) fn minutes_of(&self, team: &Team) -> f64 {
        let rows = self.players.iter().filter(|player| player.team == *team);
        rows.filter_map(|player| minutes_decimal(&player.minutes)).sum()
    }

    /// The score of a team.
    pub(super) fn score_of(&self, team: &Team) -> u32 {
        if *team == self.home_team { self.home_score } else { self.away_score }
    }

    pub(crate) fn sort_players(&mut self) {
        let players = &mut self.players;
        players.sort_by(|a, b| b.points.cmp(&a.points).then_with(|| a.player_lookup.cmp(&b.player_lookup)));
        self.player_count = players.len();
    }
}

impl InactivePlayer {
    /// Whether the row is the player's.
    pub(crate) fn is_of(&self, row: &LivePlayer) -> bool {
        row.nba_player_id == Some(self.nba_player_id)
            || (row.player_lookup == self.player_lookup && row.team == self.team)
    }

    fn of(player: Inactive, team: &Team) -> Self {
        Self {
            player_lookup: player.lookup,
            nba_player_id: player.nba_id,
            name: player.name,
            team: team.clone(),
            reason: player.reason,
        }
    }
}
