//! The outcomes of a day's lines, read from the public grading, so that tonight's list agrees with it.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use shared::{
    Error,
    documents::DatedDocument,
    google::storage::Storage,
    nba::{NbaGameId, PlayerLookup, SlateDay, StatType, Team},
    slate::{self, Outcome, Recommendation, Settled, VoidReason},
};

use crate::document::PickResult;

/// The outcomes of a day's lines.
#[derive(Debug, Default)]
pub struct Settlement {
    /// By player and statistic; namesakes have a line each.
    lines: HashMap<(PlayerLookup, StatType), Vec<(Team, SettledLine)>>,
    /// The games whose lines are locked.
    locked: HashSet<NbaGameId>,
    /// The games whose lines are void because they are postponed or cancelled.
    called_off: HashSet<NbaGameId>,
}

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
        let object = DatedDocument::LiveGrading.object(day);
        let Some(stored) = storage.read_public(bucket, &object).await? else { return Ok(Self::default()) };
        Ok(Self::parse(&stored.content(&object)).unwrap_or_else(|error| {
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
            game_id: NbaGameId,
            stat_type: StatType,
            #[serde(default)]
            locked: bool,
            actual: Option<u32>,
            outcome: Outcome,
            settled: Settled,
            #[serde(default)]
            void_reason: Option<VoidReason>,
        }
        let Grading { lines } = serde_json::from_slice(grading)?;
        let mut settlement = Self::default();
        for line in lines {
            let Line {
                player_lookup,
                team,
                game_id,
                stat_type,
                locked,
                actual,
                outcome,
                settled,
                void_reason,
            } = line;
            if matches!(void_reason, Some(VoidReason::Postponed | VoidReason::Cancelled)) {
                settlement.called_off.insert(game_id.clone());
            }
            if locked {
                settlement.locked.insert(game_id);
            }
            let of_player = settlement.lines.entry((player_lookup, stat_type)).or_default();
            of_player.push((team, SettledLine { actual, outcome, settled }));
        }
        Ok(settlement)
    }

    /// Whether the grading has the game's lines as locked: it has begun.
    pub fn has_locked(&self, game: &NbaGameId) -> bool {
        self.locked.contains(game)
    }

    /// Whether the grading has the game as postponed or cancelled, which neither the schedule's status nor the history
    /// of box scores says.
    pub fn has_called_off(&self, game: &NbaGameId) -> bool {
        self.called_off.contains(game)
    }

    /// The outcome of the player's line of a statistic; a name that only one graded line has is the player's.
    pub fn of(&self, player: &slate::Player, stat: StatType) -> Option<&SettledLine> {
        player.lines().find(|line| line.stat_type == stat)?;
        let lines = self.lines.get(&(player.lookup.clone(), stat))?.as_slice();
        let of_team = lines.iter().find(|(team, _)| *team == player.team);
        // A player who was traded today is graded with the new team.
        let only = || if let [only] = lines { Some(only) } else { None };
        of_team.or_else(only).map(|(_, line)| line)
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
