//! Players' injury reports.

use chrono::{DateTime, NaiveDate, Utc};
use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ByPlayer, Registry};
use crate::{
    Error,
    clock::eastern_hour,
    google::bigquery::{BigQuery, Parameter},
    nba::{SlateDay, Team},
};

/// How many days an injury report stays valid, the slate day included, of the days on which the league
/// publishes any; an older one says nothing about tonight.
const REPORT_DAYS: i64 = 3;
/// How far back such days are searched: further than the league's longest pause within a season, over a holiday
/// or the All-Star break.
const WINDOW_DAYS: u64 = 7;

/// A player's injury report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injury {
    /// Likelihood that the player plays.
    pub status: InjuryStatus,
    /// Reason as reported.
    pub reason: Option<String>,
    /// When the league published the report, to the hour.
    pub reported_at: Option<DateTime<Utc>>,
    /// Whether the report is about this day's game, and not about an earlier one.
    pub is_about_this_game: bool,
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
    player_lookup: Option<CompactString>,
    player_full_name: Option<CompactString>,
    team: Option<CompactString>,
    injury_status: CompactString,
    reason: Option<String>,
    report_date: NaiveDate,
    /// US Eastern hour, 0–23.
    report_hour: Option<u32>,
    game_date: NaiveDate,
}

pub(super) async fn rows(bigquery: &BigQuery, day: SlateDay) -> Result<Vec<Row>, Error> {
    let parameters = [
        Parameter::date("reported_since", day.days_before(WINDOW_DAYS - 1)),
        Parameter::date("game_date", day),
        Parameter::integer("report_days", REPORT_DAYS),
    ];
    bigquery.query(include_str!("../../sql/injuries.sql"), &parameters).await
}

impl Injury {
    /// Whether the player will not play this day's game. Who missed an earlier one may be back.
    pub fn is_out(&self) -> bool {
        self.status == InjuryStatus::Out && self.is_about_this_game
    }

    pub(super) fn by_player(rows: Vec<Row>, day: SlateDay, registry: &Registry) -> ByPlayer<Self> {
        let mut by_player = ByPlayer::default();
        for row in rows {
            let status = match row.injury_status.trim().to_ascii_lowercase().as_str() {
                "available" => InjuryStatus::Available,
                "probable" => InjuryStatus::Probable,
                "questionable" => InjuryStatus::Questionable,
                "doubtful" => InjuryStatus::Doubtful,
                "out" => InjuryStatus::Out,
                other => {
                    tracing::warn!(
                        player = row.player_lookup.as_deref(),
                        status = other,
                        "an injury report has an unknown status; it is skipped"
                    );
                    continue;
                }
            };
            let name = row.player_full_name.as_deref().unwrap_or_default();
            // The league's report writes the family name first.
            let turned = name.split_once(", ").map(|(last, first)| format!("{first} {last}"));
            let name = turned.as_deref().unwrap_or(name);
            let stored = row.player_lookup.as_deref().unwrap_or_default();
            let Some(lookup) = registry.lookup_of(stored, name) else { continue };
            let team = row.team.and_then(|team| Team::of_code(&team).ok());
            let injury = Self {
                status,
                reason: row.reason,
                reported_at: eastern_hour(row.report_date, row.report_hour.unwrap_or_default()),
                is_about_this_game: row.game_date == day.date(),
            };
            by_player.add(lookup, None, team, injury);
        }
        by_player
    }
}
