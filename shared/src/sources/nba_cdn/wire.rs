//! The payload of the scoreboard and of a box score as the NBA sends it. A game of the scoreboard has the same fields
//! as that of a box score, without players. Everything is optional; [`super::game`] decides which fields are required.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::sources::wire::{Number, Text, list};

#[derive(Debug, Deserialize)]
pub(super) struct ScoreboardFile<'a> {
    #[serde(borrow)]
    pub scoreboard: Scoreboard<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Scoreboard<'a> {
    #[serde(borrow)]
    pub games: Vec<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
pub(super) struct BoxScoreFile<'a> {
    #[serde(borrow)]
    pub game: &'a RawValue,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Game<'a> {
    #[serde(borrow, default)]
    pub game_id: Text<'a>,
    /// `20260114/DENDAL`: the Eastern date, then the visitors and the home team.
    #[serde(borrow, default)]
    pub game_code: Text<'a>,
    /// 1 before tip-off, 2 in progress, 3 over.
    #[serde(default)]
    pub game_status: Number,
    #[serde(borrow, default)]
    pub game_status_text: Text<'a>,
    #[serde(default)]
    pub period: Number,
    #[serde(borrow, default)]
    pub game_clock: Text<'a>,
    #[serde(borrow, default, rename = "gameTimeUTC")]
    pub game_time_utc: Text<'a>,
    #[serde(borrow)]
    pub home_team: Option<Team<'a>>,
    #[serde(borrow)]
    pub away_team: Option<Team<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Team<'a> {
    #[serde(borrow, default)]
    pub team_tricode: Text<'a>,
    #[serde(default)]
    pub score: Number,
    /// Read one by one, so that an unreadable player costs only that player's row.
    #[serde(borrow, default, deserialize_with = "list")]
    pub players: Option<Vec<&'a RawValue>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Player<'a> {
    /// `ACTIVE` or `INACTIVE`.
    #[serde(borrow, default)]
    pub status: Text<'a>,
    #[serde(borrow, default)]
    pub not_playing_reason: Text<'a>,
    #[serde(borrow, default)]
    pub not_playing_description: Text<'a>,
    #[serde(default)]
    pub person_id: Number,
    /// `"1"` once the player has been on the floor.
    #[serde(default)]
    pub played: Number,
    #[serde(borrow, default)]
    pub name: Text<'a>,
    #[serde(borrow, default)]
    pub first_name: Text<'a>,
    #[serde(borrow, default)]
    pub family_name: Text<'a>,
    #[serde(borrow)]
    pub statistics: Option<Statistics<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statistics<'a> {
    #[serde(borrow, default)]
    pub minutes: Text<'a>,
    #[serde(default)]
    pub points: Number,
    #[serde(default)]
    pub rebounds_total: Number,
    #[serde(default)]
    pub rebounds_offensive: Number,
    #[serde(default)]
    pub rebounds_defensive: Number,
    #[serde(default)]
    pub assists: Number,
    #[serde(default)]
    pub steals: Number,
    #[serde(default)]
    pub blocks: Number,
    #[serde(default)]
    pub turnovers: Number,
    #[serde(default)]
    pub fouls_personal: Number,
    #[serde(default)]
    pub field_goals_made: Number,
    #[serde(default)]
    pub field_goals_attempted: Number,
    #[serde(default)]
    pub three_pointers_made: Number,
    #[serde(default)]
    pub three_pointers_attempted: Number,
    #[serde(default)]
    pub free_throws_made: Number,
    #[serde(default)]
    pub free_throws_attempted: Number,
}
