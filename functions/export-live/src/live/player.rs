//! A player's row in the live document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    nba::{Counts, PlayerLookup, StatType, Team, minutes_decimal},
    sources::BoxScoreRow,
};

/// A player's box-score entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LivePlayer {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// BallDontLie's player id; null when the row came without one.
    #[serde(default)]
    pub bdl_player_id: Option<i64>,
    /// The NBA's id of the player; null until the NBA's feed has listed the player in this game.
    #[serde(default)]
    pub nba_player_id: Option<i64>,
    /// Display name.
    pub name: String,
    /// Code of the player's team.
    pub team: Team,
    /// Points so far.
    pub points: u32,
    /// Rebounds, offensive and defensive together.
    pub rebounds: u32,
    /// Assists.
    pub assists: u32,
    /// Steals.
    pub steals: u32,
    /// Blocks.
    pub blocks: u32,
    /// Turnovers.
    pub turnovers: u32,
    /// Personal fouls; the sixth disqualifies the player.
    #[serde(default)]
    pub personal_fouls: u32,
    /// Minutes played as the source writes them, `25` or `28:30`; `0:00` when it reports none.
    pub minutes: String,
    /// Field goals made, three-pointers included.
    pub fg_made: u32,
    /// Field goals attempted, three-pointers included.
    pub fg_attempted: u32,
    /// Three-pointers made.
    pub fg3_made: u32,
    /// Three-pointers attempted.
    pub fg3_attempted: u32,
    /// Free throws made.
    pub ft_made: u32,
    /// Free throws attempted.
    pub ft_attempted: u32,
    /// True where the row is older than the game's state, because the source has left the player or the points out
    /// since, or set the row to zero; absent otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outdated: bool,
    /// Statistics other than points of which the source's row has no count: theirs are those of an earlier row, or 0, and
    /// their lines stay open. Absent where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outdated_stats: Vec<StatType>,
    /// The lookup in the source's own spelling; `None` in a row that was public before.
    #[serde(skip)]
    pub spelled: Option<PlayerLookup>,
    /// Whether the source has no points of the player in this poll.
    #[serde(skip)]
    pub lacks_points: bool,
    /// Whether the source lists the player on both sides, so that the team is uncertain.
    #[serde(skip)]
    pub on_both_sides: bool,
}

impl LivePlayer {
    /// The counts of the statistics that lines are about.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            points: self.points,
            rebounds: Some(self.rebounds),
            assists: Some(self.assists),
            threes: Some(self.fg3_made),
            steals: Some(self.steals),
            blocks: Some(self.blocks),
        }
    }

    /// The counts of the last row that had one of a statistic the source lacks now. After the end they are certain.
    pub(super) fn complete_counts_from(&mut self, known: &Self, has_ended: bool) {
        for stat in std::mem::take(&mut self.outdated_stats) {
            let (count, last) = match stat {
                StatType::Rebounds => (&mut self.rebounds, known.rebounds),
                StatType::Assists => (&mut self.assists, known.assists),
                StatType::Threes => (&mut self.fg3_made, known.fg3_made),
                StatType::Steals => (&mut self.steals, known.steals),
                StatType::Blocks => (&mut self.blocks, known.blocks),
                StatType::Points => continue,
            };
            *count = (*count).max(last);
            if !has_ended || known.outdated || known.outdated_stats.contains(&stat) {
                self.outdated_stats.push(stat);
            }
        }
    }
}

impl LivePlayer {
    pub(super) fn of(player: BoxScoreRow, team: &Team) -> Self {
        let counted = player.counters;
        Self {
            spelled: Some(player.lookup.clone()),
            player_lookup: player.lookup,
            bdl_player_id: player.bdl_id,
            nba_player_id: player.nba_id,
            name: player.name,
            team: team.clone(),
            points: counted.points,
            rebounds: counted.rebounds,
            assists: counted.assists,
            steals: counted.steals,
            blocks: counted.blocks,
            turnovers: counted.turnovers,
            personal_fouls: counted.personal_fouls,
            minutes: player.minutes.unwrap_or_else(|| "0:00".into()),
            fg_made: counted.field_goals_made,
            fg_attempted: counted.field_goals_attempted,
            fg3_made: counted.three_pointers_made,
            fg3_attempted: counted.three_pointers_attempted,
            ft_made: counted.free_throws_made,
            ft_attempted: counted.free_throws_attempted,
            outdated: player.lacks_points,
            outdated_stats: player.lacks,
            lacks_points: player.lacks_points,
            on_both_sides: player.on_both_sides,
        }
    }

    /// Whether two rows of a game belong to one player.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let is_id = self.bdl_player_id.is_some() && self.bdl_player_id == other.bdl_player_id;
        let is_nba_id = self.nba_player_id.is_some() && self.nba_player_id == other.nba_player_id;
        is_id || is_nba_id || (self.player_lookup == other.player_lookup && self.team == other.team)
    }

    /// Whether two rows under one name are of two sources: at most one of them has BallDontLie's id.
    pub(crate) fn is_row_of_another_source(&self, other: &Self) -> bool {
        self.bdl_player_id.is_none()
            || other.bdl_player_id.is_none()
            || self.bdl_player_id == other.bdl_player_id
    }

    /// Merges another row of the player: the one with more counts is the newer, and the ids are those of both.
    pub(crate) fn merge(&mut self, other: Self) {
        let (bdl, nba) =
            (self.bdl_player_id.or(other.bdl_player_id), self.nba_player_id.or(other.nba_player_id));
        if other.total() > self.total() {
            *self = other;
        }
        (self.bdl_player_id, self.nba_player_id) = (bdl, nba);
    }

    /// The sum of the counts, which grows with everything that the player does.
    pub(crate) fn total(&self) -> u32 {
        [
            self.points,
            self.rebounds,
            self.assists,
            self.steals,
            self.blocks,
            self.turnovers,
            self.personal_fouls,
            self.fg_attempted,
            self.ft_attempted,
        ]
        .into_iter()
        .sum()
    }

    /// Whether the row proves play in every source: at least one minute, or any count. Below a minute the sources round
    /// differently.
    pub(crate) fn has_evidently_played(&self) -> bool {
        minutes_decimal(&self.minutes).is_some_and(|minutes| minutes >= 1.0) || self.total() > 0
    }

    /// Whether the player was on the floor: has minutes, or any other count.
    pub(crate) fn has_played(&self) -> bool {
        minutes_decimal(&self.minutes).is_some_and(|minutes| minutes > 0.0) || self.total() > 0
    }
}
