//! How tired a player is.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::slate::{ByPlayer, Registry};

/// Level of a player's fatigue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FatigueLevel {
    /// Fatigue score of 95 or more.
    Fresh,
    /// Fatigue score of 75–94, or none.
    #[default]
    Normal,
    /// Fatigue score below 75.
    Tired,
}

impl FatigueLevel {
    /// The level for a score of 0 (tired) to 100 (fresh).
    pub(crate) fn of(score: i64) -> Self {
        match score {
            95.. => Self::Fresh,
            75..95 => Self::Normal,
            _ => Self::Tired,
        }
    }
}

/// A row of the fatigue scores.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FatigueRow {
    player_lookup: CompactString,
    universal_player_id: Option<CompactString>,
    fatigue_score: i64,
}

/// The scores, 0 to 100, by player.
pub(crate) fn fatigue_by_player(rows: Vec<FatigueRow>, registry: &Registry) -> ByPlayer<i64> {
    let mut by_player = ByPlayer::default();
    for row in rows {
        if let Some(lookup) = registry.lookup_of_id(row.universal_player_id.as_deref(), &row.player_lookup) {
            by_player.add(lookup, row.universal_player_id, None, row.fatigue_score);
        }
    }
    by_player
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_of_fatigue_follows_its_score() {
        let levels = [100, 95, 94, 75, 74, 0].map(FatigueLevel::of);
        use FatigueLevel::{Fresh, Normal, Tired};
        assert_eq!(levels, [Fresh, Fresh, Normal, Normal, Tired, Tired]);
    }
}
