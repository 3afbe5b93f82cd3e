//! The official box scores of a day, which arrive in the warehouse the morning after.

use std::collections::HashMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::{Player, Registry, agree, player_game_days, with_player_games};
use crate::{
    Error,
    google::bigquery::BigQuery,
    nba::{Counts, PlayerLookup, SlateDay, Team},
};

/// The number of players on court: an official box score with fewer entries of a team is incomplete.
const MIN_ENTRIES: usize = 5;
/// Minutes of a team in regulation, less what rounding takes: with fewer an official box score is incomplete.
const MIN_MINUTES: f64 = 5.0 * 48.0 - 5.0;

/// The official box scores of a day, as far as they have arrived.
#[derive(Clone, Debug, Default)]
pub struct OfficialBoxScores {
    entries: HashMap<PlayerLookup, Vec<OfficialEntry>>,
    /// Number of entries of each team, and their minutes; `None` where the table has no minutes.
    arrived: HashMap<Team, (usize, Option<f64>)>,
}

/// A player's entry.
#[derive(Clone, Debug, PartialEq)]
pub struct OfficialEntry {
    team: Team,
    universal_id: Option<CompactString>,
    /// Counts and minutes; `None` where the player did not play.
    pub played: Option<Played>,
    /// Whether the table itself says that the player did not play; else it may only lack the minutes so far.
    pub is_dnp: bool,
}

/// Counts and minutes of a player.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Played {
    /// The counts that the table has.
    pub counts: Counts,
    /// Minutes; `None` where the table has none.
    pub minutes: Option<f64>,
}

/// A row of the official box scores.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OfficialRow {
    player_lookup: CompactString,
    universal_player_id: Option<CompactString>,
    team_abbr: CompactString,
    points: Option<u32>,
    offensive_rebounds: Option<u32>,
    defensive_rebounds: Option<u32>,
    assists: Option<u32>,
    three_pt_makes: Option<u32>,
    steals: Option<u32>,
    blocks: Option<u32>,
    minutes_played: Option<f64>,
    is_dnp: Option<bool>,
}

impl OfficialRow {
    /// Reads the rows of `day`.
    pub async fn read(bigquery: &BigQuery, day: SlateDay) -> Result<Vec<Self>, Error> {
        let sql = with_player_games(include_str!("../../sql/official_box_scores.sql"));
        bigquery.query(&sql, &player_game_days(day, day.days_after(1))).await
    }

    /// Whether the points have not arrived yet.
    fn lacks_points(&self) -> bool {
        let has_minutes = self.minutes_played.is_some_and(|minutes| minutes > 0.0);
        self.points.is_none() && has_minutes && self.is_dnp != Some(true)
    }

    fn played(&self) -> Option<Played> {
        let points = self.points.unwrap_or(0);
        let has_played = points > 0 || self.minutes_played.is_some_and(|minutes| minutes > 0.0);
        let rebounds = self.offensive_rebounds.zip(self.defensive_rebounds);
        let counts = Counts {
            points,
            rebounds: rebounds.map(|(offensive, defensive)| offensive + defensive),
            assists: self.assists,
            threes: self.three_pt_makes,
            steals: self.steals,
            blocks: self.blocks,
        };
        let played = Played { counts, minutes: self.minutes_played };
        (has_played && self.is_dnp != Some(true)).then_some(played)
    }
}

impl OfficialBoxScores {
    /// Interprets the rows.
    pub fn of(rows: Vec<OfficialRow>, registry: &Registry) -> Self {
        let mut official = Self::default();
        for row in rows {
            let (Some(lookup), Ok(team)) = (
                registry.lookup_of_id(row.universal_player_id.as_deref(), &row.player_lookup),
                Team::of_code(&row.team_abbr),
            ) else {
                tracing::warn!(player = %row.player_lookup, "an entry of the official box scores cannot be read; it is skipped");
                continue;
            };
            if row.lacks_points() {
                tracing::warn!(player = %row.player_lookup, "an entry of the official box scores has minutes and no points; it is skipped");
                continue;
            }
            let played = row.played();
            let (entries, minutes) = official.arrived.entry(team.clone()).or_default();
            *entries += 1;
            *minutes = row.minutes_played.map(|played| minutes.unwrap_or(0.0) + played).or(*minutes);
            let is_dnp = row.is_dnp == Some(true);
            let entry = OfficialEntry { team, universal_id: row.universal_player_id, played, is_dnp };
            official.entries.entry(lookup).or_default().push(entry);
        }
        official
    }

    /// Whether none have arrived.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a team's whole box score has arrived, so that a player who is missing in it did not play.
    pub fn is_complete(&self, team: &Team) -> bool {
        let is_whole = |minutes: Option<f64>| minutes.is_none_or(|minutes| minutes >= MIN_MINUTES);
        self.arrived.get(team).is_some_and(|(entries, minutes)| *entries >= MIN_ENTRIES && is_whole(*minutes))
    }

    /// Whether a team's box score is one of an unfinished game: it has enough players, and too few minutes.
    pub fn is_unfinished(&self, team: &Team) -> bool {
        let is_short = |minutes: Option<f64>| minutes.is_some_and(|minutes| minutes < MIN_MINUTES);
        self.arrived.get(team).is_some_and(|(entries, minutes)| *entries >= MIN_ENTRIES && is_short(*minutes))
    }

    /// A player's entry, if it has arrived: by universal player id, else by name and team, else the only one
    /// with an unshared name, because the player may have been traded today.
    pub fn entry(&self, player: &Player, registry: &Registry) -> Option<&OfficialEntry> {
        let entries = self.entries.get(&player.lookup)?.as_slice();
        let certain = |entry: &&OfficialEntry| {
            entry.universal_id.is_some() && entry.universal_id == player.universal_id
        };
        // Two different certain ids are two people.
        let may_be = |entry: &&OfficialEntry| agree(&entry.universal_id, &player.universal_id);
        let of_team = |entry: &&OfficialEntry| entry.team == player.team && may_be(entry);
        let only = || match entries {
            [entry] if registry.count(&player.lookup) <= 1 => Some(entry).filter(may_be),
            _ => None,
        };
        entries.iter().find(certain).or_else(|| entries.iter().find(of_team)).or_else(only)
    }
}
