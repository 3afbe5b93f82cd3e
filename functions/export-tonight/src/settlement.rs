//! The outcomes of a day's lines, read from the public grading, so that tonight's list agrees with it.

use std::collections::HashMap;

use serde::Deserialize;
use shared::{
    Error,
    google::storage::Storage,
    nba::{PlayerLookup, SlateDay, Team},
    slate::{self, Outcome, Recommendation, Settled, StatType},
};

use crate::document::PickResult;

/// The outcomes of a day's lines.
#[derive(Debug, Default)]
pub struct Settlement(HashMap<(PlayerLookup, Team, StatType), SettledLine>);

/// The outcome of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledLine {
    /// Count so far.
    actual: Option<u32>,
    /// The outcome.
    pub outcome: Outcome,
    /// Whether the outcome can still be corrected.
    pub settled: Settled,
}

impl Settlement {
    /// Reads the public grading of `day`; without one, nothing is settled.
    pub async fn read(storage: &Storage, bucket: &str, day: SlateDay) -> Result<Self, Error> {
        let object = format!("v1/live-grading/{day}.json");
        let Some(stored) = storage.read_public(bucket, &object).await? else { return Ok(Self::default()) };
        Ok(Self::parse(&stored.body).unwrap_or_else(|error| {
            tracing::error!(object, %error, "the public grading cannot be read; nothing counts as settled");
            Self::default()
        }))
    }

    fn parse(grading: &[u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Grading {
            #[serde(default)]
            lines: Vec<Line>,
        }
        #[derive(Deserialize)]
        struct Line {
            player_lookup: PlayerLookup,
            team: Team,
            stat_type: StatType,
            actual: Option<u32>,
            outcome: Outcome,
            settled: Settled,
        }
        let Grading { lines } = serde_json::from_slice(grading)?;
        let settled = lines.into_iter().map(|line| {
            let Line { player_lookup, team, stat_type, actual, outcome, settled } = line;
            ((player_lookup, team, stat_type), SettledLine { actual, outcome, settled })
        });
        Ok(Self(settled.collect()))
    }

    /// The outcome of the player's line of a statistic.
    pub fn of(&self, player: &slate::Player, stat: StatType) -> Option<&SettledLine> {
        player.lines().find(|line| line.stat_type == stat)?;
        self.0.get(&(player.lookup.clone(), player.team.clone(), stat))
    }
}

impl SettledLine {
    /// The count of the finished game; `None` before its end, and where the line is void.
    pub fn count(&self) -> Option<u32> {
        self.actual.filter(|_| self.outcome != Outcome::Open)
    }

    /// Whether the recommended side won; `None` while the line is open, and without a recommended side.
    pub fn result(&self, side: Option<Recommendation>) -> Option<PickResult> {
        use Recommendation::{Over, Under};
        match (self.outcome, side) {
            (Outcome::Void, _) => Some(PickResult::Void),
            (Outcome::Push, _) => Some(PickResult::Push),
            (Outcome::Over, Some(Over)) | (Outcome::Under, Some(Under)) => Some(PickResult::Win),
            (Outcome::Over, Some(Under)) | (Outcome::Under, Some(Over)) => Some(PickResult::Loss),
            _ => None,
        }
    }
}
