//! Players' injury reports.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ByPlayer, Registry};
use crate::{
    Error,
    google::bigquery::{BigQuery, Parameter},
    nba::{SlateDay, Team},
};

/// How many days an injury report stays valid, the slate day included; an older one says nothing about
/// tonight.
const REPORT_DAYS: u64 = 3;

/// A player's injury report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injury {
    /// Likelihood that the player plays.
    pub status: InjuryStatus,
    /// Reason as reported.
    pub reason: Option<String>,
}

/// Likelihood that a player plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InjuryStatus {
    /// Will play, or has no report.
    #[default]
    Available,
    /// Will most likely play.
    Probable,
    /// May or may not play.
    Questionable,
    /// Will most likely not play.
    Doubtful,
    /// Will not play.
    Out,
}

/// A row of the injury reports.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    player_lookup: CompactString,
    player_full_name: Option<CompactString>,
    team: Option<CompactString>,
    injury_status: CompactString,
    reason: Option<String>,
}

pub(super) async fn rows(bigquery: &BigQuery, day: SlateDay) -> Result<Vec<Row>, Error> {
    let since = day.days_before(REPORT_DAYS - 1);
    let parameters = [Parameter::date("reported_since", since), Parameter::date("game_date", day)];
    bigquery.query(include_str!("../../sql/injuries.sql"), &parameters).await
}

impl Injury {
    /// Whether the player will not play.
    pub fn is_out(&self) -> bool {
        self.status == InjuryStatus::Out
    }

    pub(super) fn by_player(rows: Vec<Row>, registry: &Registry) -> ByPlayer<Self> {
        let mut by_player = ByPlayer::default();
        for row in rows {
            let status = match row.injury_status.to_ascii_lowercase().as_str() {
                "available" => InjuryStatus::Available,
                "probable" => InjuryStatus::Probable,
                "questionable" => InjuryStatus::Questionable,
                "doubtful" => InjuryStatus::Doubtful,
                "out" => InjuryStatus::Out,
                other => {
                    tracing::warn!(
                        player = %row.player_lookup,
                        status = other,
                        "an injury status nobody knows"
                    );
                    continue;
                }
            };
            let name = row.player_full_name.as_deref().unwrap_or_default();
            let Some(lookup) = registry.lookup_of(&row.player_lookup, name) else { continue };
            let team = row.team.and_then(|team| Team::of_code(&team).ok());
            by_player.add(lookup, None, team, Self { status, reason: row.reason });
        }
        by_player
    }
}
