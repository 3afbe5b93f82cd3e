//! The slate: the games of a day, everyone who plays in them, and what is predicted of whom.
//!
//! One reading of the warehouse for both exports, so that tonight's list and the live grading know the
//! same players by the same names, and hold them against the same line.

mod assembly;
mod by_player;
mod carried;
mod injury;
mod market;
pub mod people;
mod prediction;
mod registry;
mod schedule;

use chrono::{DateTime, Utc};
use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use by_player::ByPlayer;
pub use carried::{Kept, Memory, Recalled};
pub use injury::{Injury, InjuryStatus};
pub use prediction::{LineSource, PointsLine, Prediction, Recommendation};
pub use registry::Registry;
pub use schedule::ScheduledGame;

use crate::{
    Error,
    google::bigquery::{BigQuery, Parameter},
    nba::{NbaGameId, PlayerLookup, Season, SlateDay, Team, TeamPair},
};
use assembly::Assembly;
use registry::Person;

/// The games of a day and who plays in them.
#[derive(Clone, Debug, Default)]
pub struct Slate {
    /// In the order they begin.
    pub games: Vec<Game>,
    /// Predictions of players of whom no table tells the game.
    pub unplaced: Vec<Unplaced>,
    /// Who the players are.
    pub registry: Registry,
    /// What is reported of their health.
    pub injuries: ByPlayer<Injury>,
    /// What is here only because it was here before.
    pub kept: Kept,
}

/// A game and everyone who is expected to play in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Game {
    /// As the schedule knows it.
    pub scheduled: ScheduledGame,
    /// Each player once.
    pub players: Vec<Player>,
    /// Since when the schedule has not had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_since: Option<DateTime<Utc>>,
}

/// A prediction of a player whom neither the analysis nor the registry has in a game of the day. A box score
/// may have him.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unplaced {
    /// Who plays, as far as the prediction tells.
    pub player: Player,
    /// The game that the prediction names, by the NBA's id.
    pub game_id: Option<NbaGameId>,
    /// Its teams, where they are known.
    pub pair: Option<TeamPair>,
}

/// A player of tonight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Player {
    /// The join key.
    pub lookup: PlayerLookup,
    /// The certain id, where there is one.
    pub universal_id: Option<CompactString>,
    /// As shown.
    pub name: String,
    /// Tonight's team.
    pub team: Team,
    /// Such as `G` or `F-C`.
    pub position: Option<CompactString>,
    /// How we know that the player is with the team tonight.
    pub context: Context,
    /// Days without a game before tonight; 0 back to back.
    pub days_rest: Option<i64>,
    /// What is predicted, if anything.
    pub prediction: Option<Prediction>,
    /// The line, if there is any.
    pub line: Option<PointsLine>,
    /// What of the player is kept though the last reads did not find it.
    #[serde(default, skip_serializing_if = "Absent::is_none")]
    pub absent: Absent,
}

/// Since when the reads have not found something of a player. Each is counted by itself, because what is lost
/// while something else is missing has to be missed twice as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Absent {
    player: Option<DateTime<Utc>>,
    analysis: Option<DateTime<Utc>>,
    prediction: Option<DateTime<Utc>>,
    line: Option<DateTime<Utc>>,
}

impl Absent {
    /// Whether nothing is.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How we know that a player is with a team tonight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// The analysis of the coming game has the player.
    Analysis,
    /// Only the registry has: the player is on the team's roster.
    Roster,
}

/// What the warehouse says of a day, as it says it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rows {
    schedule: Vec<schedule::Row>,
    expected: Vec<Expected>,
    registry: Vec<registry::Row>,
    predictions: Vec<prediction::Row>,
    offers: Vec<market::Offer>,
    injuries: Vec<injury::Row>,
}

/// A row of the players who are expected to play.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Expected {
    player_lookup: CompactString,
    universal_player_id: Option<CompactString>,
    game_id: CompactString,
    team_abbr: CompactString,
    days_rest: Option<i64>,
    processed_at: Option<i64>,
}

impl Rows {
    /// Reads those of `day`, all tables at once.
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
            bigquery.query(include_str!("../../sql/points_lines.sql"), &date),
            injury::rows(bigquery, day),
        )?;
        Ok(Self { schedule, expected, registry, predictions, offers, injuries })
    }
}

impl Slate {
    /// Everyone of all games.
    pub fn players(&self) -> impl Iterator<Item = &Player> {
        self.games.iter().flat_map(|game| &game.players)
    }

    /// How many players something is predicted of.
    pub fn predictions(&self) -> usize {
        self.players().filter(|player| player.prediction.is_some()).count() + self.unplaced.len()
    }

    /// Whether the day's injury report has a player as out.
    pub fn is_out(&self, player: &Player) -> bool {
        self.injuries.of(player).is_some_and(Injury::is_out)
    }

    /// What the rows of `day` come to.
    pub fn of(day: SlateDay, rows: Rows) -> Self {
        let Rows { schedule, expected, registry, predictions, offers, injuries } = rows;
        let registry = Registry::of(registry, Season::of(day));
        // An all-star team, or a guest from abroad, has no players that any table knows.
        let of_the_league =
            |game: &ScheduledGame| !game.id.is_exhibition() || game.is_between_teams_of_the_league();
        let games = schedule::games(schedule).into_iter().filter(of_the_league).collect();
        let injuries = Injury::by_player(injuries, &registry);
        let mut assembly = Assembly::new(day, games, registry, injuries);
        assembly.expect(expected);
        assembly.fill_rosters();
        assembly.predict(&predictions, &offers);
        assembly.slate
    }
}

/// Whether two certain ids may be one person's: they are the same, or one of them is not known.
fn agree(one: &Option<CompactString>, other: &Option<CompactString>) -> bool {
    one.as_ref().zip(other.as_ref()).is_none_or(|(one, other)| one == other)
}

impl Player {
    fn on_roster(person: &Person, team: &Team) -> Self {
        Self {
            lookup: person.lookup.clone(),
            universal_id: person.universal_id.clone(),
            name: person.name.clone(),
            team: team.clone(),
            position: person.position.clone(),
            context: Context::Roster,
            days_rest: None,
            prediction: None,
            line: None,
            absent: Absent::default(),
        }
    }

    /// Whether a challenge can be about the player.
    pub fn is_timed(&self) -> bool {
        self.prediction.is_some() || self.line.is_some()
    }

    /// Lets the predicted number choose the side of a line that the prediction was not made against.
    fn take_side_of(&mut self, line: Option<&PointsLine>) {
        if let (Some(prediction), Some(line)) = (&mut self.prediction, line) {
            prediction.recommendation = Recommendation::by_number(prediction.predicted, line.value);
        }
    }

    /// Whether two rows mean one person: the certain id is the same, or the name is and no id speaks against
    /// it.
    fn is_same(&self, other: &Self) -> bool {
        match (&self.universal_id, &other.universal_id) {
            (Some(one), Some(other)) => one == other,
            _ => self.lookup == other.lookup,
        }
    }
}
