//! The statistics that lines are about, and a player's counts of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A statistic that a line is about.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum StatType {
    /// Points.
    #[default]
    Points,
    /// Rebounds, offensive and defensive together.
    Rebounds,
    /// Assists.
    Assists,
    /// Three-pointers made.
    Threes,
    /// Steals.
    Steals,
    /// Blocks.
    Blocks,
}

impl StatType {
    /// The statistics other than points: bookmakers offer lines on them, models predict none.
    pub const OTHERS: [Self; 5] = [Self::Rebounds, Self::Assists, Self::Threes, Self::Steals, Self::Blocks];

    /// The most that a player has had in an NBA game (<https://www.nba.com/stats/alltime-leaders>); a line above it is
    /// a broken number.
    pub const fn record(self) -> u32 {
        match self {
            Self::Points => 100,
            Self::Rebounds => 55,
            Self::Assists => 30,
            Self::Threes => 14,
            Self::Steals => 11,
            Self::Blocks => 17,
        }
    }
}

/// A player's counts in a game. A source may lack any of them except the points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is the statistic of that name")]
pub struct Counts {
    pub points: u32,
    pub rebounds: Option<u32>,
    pub assists: Option<u32>,
    pub threes: Option<u32>,
    pub steals: Option<u32>,
    pub blocks: Option<u32>,
}

impl Counts {
    /// The count of a statistic.
    pub fn of(&self, stat: StatType) -> Option<u32> {
        match stat {
            StatType::Points => Some(self.points),
            StatType::Rebounds => self.rebounds,
            StatType::Assists => self.assists,
            StatType::Threes => self.threes,
            StatType::Steals => self.steals,
            StatType::Blocks => self.blocks,
        }
    }

    /// The same counts, with what they lack from `other`.
    pub fn or(self, other: Option<Self>) -> Self {
        let Some(other) = other else { return self };
        Self {
            points: self.points,
            rebounds: self.rebounds.or(other.rebounds),
            assists: self.assists.or(other.assists),
            threes: self.threes.or(other.threes),
            steals: self.steals.or(other.steals),
            blocks: self.blocks.or(other.blocks),
        }
    }
}
