//! The slate: the games of a day, their players and the players' predictions.
//!
//! Both exports read the warehouse through this module, so that tonight's list and the live grading have the
//! same players under the same names, with the same lines.

mod assembly;
mod by_player;
mod carried;
mod injury;
mod line;
mod market;
mod memory;
mod official;
pub mod people;
mod player_games;
mod prediction;
mod registry;
mod schedule;
mod settlement;
mod spelling;

use chrono::{DateTime, Utc};
use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use by_player::ByPlayer;
pub use carried::CarriedOver;
pub use injury::{Injury, InjuryStatus};
pub use line::{Line, LineSource};
pub use memory::{Memory, Recalled};
pub use official::{OfficialBoxScores, OfficialEntry, OfficialRow, Played};
pub use player_games::{player_game_days, with_player_games};
pub use prediction::{Prediction, Recommendation};
pub use registry::Registry;
pub use schedule::ScheduledGame;
pub use settlement::{Outcome, Settled, VoidReason};
pub use spelling::may_be_one_name;

use crate::{
    Error,
    google::bigquery::{BigQuery, Parameter},
    nba::{NbaGameId, PlayerLookup, Season, SlateDay, Team, TeamPair},
};
use assembly::Assembly;
use registry::Person;

/// The games of a day and their players.
#[derive(Clone, Debug, Default)]
pub struct Slate {
    /// The games in the order of their tip-off.
    pub games: Vec<Game>,
    /// Predictions of players whom no table places in a game.
    pub unplaced: Vec<Unplaced>,
    /// The registry of players.
    pub registry: Registry,
    /// Injury reports by player.
    pub injuries: ByPlayer<Injury>,
    /// Counts of what remains only because an earlier read had it.
    pub kept: CarriedOver,
}

/// A game and its expected players.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Game {
    /// The game as scheduled.
    pub scheduled: ScheduledGame,
    /// The players, each once.
    pub players: Vec<Player>,
    /// Whether the slate was read after the game began, so that its lines no longer change.
    #[serde(default)]
    pub is_locked: bool,
    /// Instant since which the schedule has not listed the game.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_since: Option<DateTime<Utc>>,
}

/// A prediction of a player whom neither the analysis nor the registry places in a game of the day, but a box
/// score may.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unplaced {
    /// The player, as far as the prediction identifies one.
    pub player: Player,
    /// The NBA's id of the game that the prediction names.
    pub game_id: Option<NbaGameId>,
    /// The teams of that game, where known.
    pub pair: Option<TeamPair>,
}

/// A player of the slate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Player {
    /// The join key of the player across every document.
    pub lookup: PlayerLookup,
    /// The universal player id, where there is one.
    pub universal_id: Option<CompactString>,
    /// Display name.
    pub name: String,
    /// Tonight's team.
    pub team: Team,
    /// Position, such as `G` or `F-C`; `None` where unknown.
    pub position: Option<CompactString>,
    /// Evidence that the player is with the team tonight.
    pub context: Context,
    /// Days without a game before tonight; 0 for back-to-back games.
    pub days_rest: Option<i64>,
    /// The prediction, if there is one.
    pub prediction: Option<Prediction>,
    /// The points line, if there is one.
    pub line: Option<Line>,
    /// The lines of other statistics, in the order of [`StatType`](crate::nba::StatType).
    #[serde(default)]
    pub other_lines: Vec<Line>,
    /// What remains of the player although the last reads did not find it.
    #[serde(default, skip_serializing_if = "Absent::is_none")]
    pub absent: Absent,
}

/// Instants since which the reads have missed something of a player. Each is kept separately, because every
/// loss has to be confirmed by a second read of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Absent {
    player: Option<DateTime<Utc>>,
    analysis: Option<DateTime<Utc>>,
    prediction: Option<DateTime<Utc>>,
    line: Option<DateTime<Utc>>,
}

impl Absent {
    /// Whether nothing is missing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Evidence that a player is with a team tonight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// The analysis of the coming game lists the player.
    Analysis,
    /// Only the registry's roster of the team lists the player.
    Roster,
}

/// The unprocessed rows of the warehouse for a day.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rows {
    schedule: Vec<schedule::Row>,
    expected: Vec<Expected>,
    registry: Vec<registry::Row>,
    predictions: Vec<prediction::Row>,
    offers: Vec<market::Row>,
    injuries: Vec<injury::Row>,
}

/// A row of the expected players.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Expected {
    player_lookup: CompactString,
    universal_player_id: Option<CompactString>,
    team_abbr: CompactString,
    days_rest: Option<i64>,
}

impl Rows {
    /// Reads the rows of `day`, all tables concurrently.
    pub async fn read(bigquery: &BigQuery, day: SlateDay) -> Result<Self, Error> {
        let season = Season::of(day);
        let date = [Parameter::date("game_date", day)];
        let seasons =
            [Parameter::text("season", season), Parameter::text("previous_season", season.previous())];
        let (schedule, expected, registry, predictions, offers, injuries) = tokio::try_join!(
            schedule::rows(bigquery, day),
            bigquery.query(include_str!("../../sql/expected_players.sql"), &date),
            bigquery.query(include_str!("../../sql/registry.sql"), &seasons),
            bigquery.query(include_str!("../../sql/predictions.sql"), &date),
            market::rows(bigquery, day),
            injury::rows(bigquery, day),
        )?;
        Ok(Self { schedule, expected, registry, predictions, offers, injuries })
    }
}

impl Slate {
    /// The players of all games.
    pub fn players(&self) -> impl Iterator<Item = &Player> {
        self.games.iter().flat_map(|game| &game.players)
    }

    /// The number of players with a prediction.
    pub fn predictions(&self) -> usize {
        self.players().filter(|player| player.prediction.is_some()).count() + self.unplaced.len()
    }

    /// Whether there may be a game of the day that the schedule does not list: it lists none, or not the one that a
    /// prediction names.
    pub fn may_lack_a_game(&self) -> bool {
        let is_listed = |unplaced: &Unplaced| {
            self.games.iter().any(|game| {
                unplaced.game_id.as_ref() == Some(&game.scheduled.id)
                    || unplaced.pair.as_ref() == Some(&game.scheduled.pair())
            })
        };
        let names_a_game = |unplaced: &&Unplaced| unplaced.game_id.is_some() || unplaced.pair.is_some();
        self.games.is_empty() || self.unplaced.iter().filter(names_a_game).any(|it| !is_listed(it))
    }

    /// Whether the player is out in the day's injury report.
    pub fn is_out(&self, player: &Player) -> bool {
        self.injuries.of(player).is_some_and(Injury::is_out)
    }

    /// Interprets the rows of `day`.
    pub fn of(day: SlateDay, rows: Rows) -> Self {
        let Rows { schedule, expected, registry, predictions, offers, injuries } = rows;
        let registry = Registry::of(registry);
        // No table has the players of an all-star team or of a guest from abroad.
        let of_the_league =
            |game: &ScheduledGame| !game.id.is_exhibition() || game.is_between_teams_of_the_league();
        let games = schedule::games(schedule).into_iter().filter(of_the_league).collect();
        let injuries = Injury::by_player(injuries, day, &registry);
        let mut assembly = Assembly::new(day, games, registry, injuries);
        assembly.add_expected_players(expected);
        assembly.fill_rosters();
        assembly.assign_lines_and_predictions(&predictions, &offers);
        assembly.slate
    }
}

/// Whether two universal player ids may belong to one person: they are equal, or one is unknown.
fn agree(one: &Option<CompactString>, other: &Option<CompactString>) -> bool {
    one.as_ref().zip(other.as_ref()).is_none_or(|(one, other)| one == other)
}

impl Player {
    fn on_roster(person: &Person, team: &Team) -> Self {
        Self {
            universal_id: person.universal_id.clone(),
            position: person.position.clone(),
            ..Self::named(person.lookup.clone(), person.name.clone(), team.clone())
        }
    }

    /// A player of whom no more than this is known.
    pub fn named(lookup: PlayerLookup, name: String, team: Team) -> Self {
        Self {
            lookup,
            universal_id: None,
            name,
            team,
            position: None,
            context: Context::Roster,
            days_rest: None,
            prediction: None,
            line: None,
            other_lines: Vec::new(),
            absent: Absent::default(),
        }
    }

    /// Whether a challenge on the player is possible: there is a prediction or a line.
    pub fn can_be_challenged(&self) -> bool {
        self.prediction.is_some() || self.has_line()
    }

    /// Whether there is a line of any statistic.
    pub fn has_line(&self) -> bool {
        self.line.is_some() || !self.other_lines.is_empty()
    }

    /// The lines, of points first.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.line.iter().chain(&self.other_lines)
    }

    /// Recommends the side of the predicted number for a line that the prediction was not made against.
    fn take_side_of(&mut self, line: Option<&Line>) {
        if let (Some(prediction), Some(line)) = (&mut self.prediction, line) {
            prediction.recommendation = Recommendation::by_number(prediction.predicted, line.value);
        }
    }

    /// Whether two rows belong to one person: the universal player ids are equal, or one is unknown and the
    /// lookups are equal.
    fn is_same(&self, other: &Self) -> bool {
        match (&self.universal_id, &other.universal_id) {
            (Some(one), Some(other)) => one == other,
            _ => self.lookup == other.lookup,
        }
    }
}
