//! The payload of `/v1/box_scores` and `/v1/box_scores/live` as BallDontLie sends it.
//!
//! The shape is flat: a game's fields stand beside its two teams. Everything is optional, because everything
//! has been missing or null somewhere, and of any type, because types have drifted; an unreadable value costs
//! only its field. [`super::game`] decides which fields are required.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::sources::wire::{Number, Text, list};

#[derive(Debug, Deserialize)]
pub(super) struct Game<'a> {
    #[serde(borrow, default)]
    pub id: Text<'a>,
    #[serde(borrow, default)]
    pub date: Text<'a>,
    #[serde(borrow, default)]
    pub datetime: Text<'a>,
    #[serde(borrow, default)]
    pub status: Text<'a>,
    #[serde(borrow, default)]
    pub status_state: Text<'a>,
    #[serde(borrow, default)]
    pub postponed: Text<'a>,
    #[serde(default)]
    pub period: Number,
    #[serde(borrow, default)]
    pub time: Text<'a>,
    #[serde(default)]
    pub home_team_score: Number,
    #[serde(default)]
    pub visitor_team_score: Number,
    #[serde(borrow)]
    pub home_team: Option<Team<'a>>,
    #[serde(borrow)]
    pub visitor_team: Option<Team<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Team<'a> {
    #[serde(default)]
    pub id: Number,
    #[serde(borrow, default)]
    pub abbreviation: Text<'a>,
    /// Read one by one, so that an unreadable player costs only that player's row.
    #[serde(borrow, default, deserialize_with = "list")]
    pub players: Option<Vec<&'a RawValue>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PlayerEntry<'a> {
    #[serde(borrow, default)]
    pub min: Text<'a>,
    #[serde(default)]
    pub pts: Number,
    #[serde(default)]
    pub reb: Number,
    #[serde(default)]
    pub oreb: Number,
    #[serde(default)]
    pub dreb: Number,
    #[serde(default)]
    pub ast: Number,
    #[serde(default)]
    pub stl: Number,
    #[serde(default)]
    pub blk: Number,
    #[serde(default)]
    pub turnover: Number,
    #[serde(default)]
    pub pf: Number,
    #[serde(default)]
    pub fgm: Number,
    #[serde(default)]
    pub fga: Number,
    #[serde(default)]
    pub fg3m: Number,
    #[serde(default)]
    pub fg3a: Number,
    #[serde(default)]
    pub ftm: Number,
    #[serde(default)]
    pub fta: Number,
    #[serde(borrow)]
    pub player: Option<Player<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Player<'a> {
    #[serde(default)]
    pub id: Number,
    #[serde(borrow, default)]
    pub first_name: Text<'a>,
    #[serde(borrow, default)]
    pub last_name: Text<'a>,
}
