//! The payload of `/v1/box_scores` and `/v1/box_scores/live` as BallDontLie sends it (facts 4).
//!
//! The shape is flat: a game's fields stand beside its two teams. Everything is optional, because
//! everything has been missing or null somewhere; [`super::game`] decides what can be done without.
//! What is counted is never negative, and a number that is not a count makes its player unreadable.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Debug, Deserialize)]
pub(super) struct Game<'a> {
    pub id: Option<Id>,
    #[serde(borrow)]
    pub date: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub datetime: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub status_state: Option<Cow<'a, str>>,
    pub postponed: Option<bool>,
    pub period: Option<i64>,
    #[serde(borrow)]
    pub time: Option<Cow<'a, str>>,
    pub home_team_score: Option<u32>,
    pub visitor_team_score: Option<u32>,
    #[serde(borrow)]
    pub home_team: Option<Team<'a>>,
    #[serde(borrow)]
    pub visitor_team: Option<Team<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Team<'a> {
    pub id: Option<i64>,
    #[serde(borrow)]
    pub abbreviation: Option<Cow<'a, str>>,
    /// Read one by one, so that an unreadable player does not sink the game.
    #[serde(borrow)]
    pub players: Option<Vec<&'a RawValue>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow)]
    pub min: Option<Cow<'a, str>>,
    pub pts: Option<u32>,
    pub reb: Option<u32>,
    pub oreb: Option<u32>,
    pub dreb: Option<u32>,
    pub ast: Option<u32>,
    pub stl: Option<u32>,
    pub blk: Option<u32>,
    pub turnover: Option<u32>,
    pub pf: Option<u32>,
    pub fgm: Option<u32>,
    pub fga: Option<u32>,
    pub fg3m: Option<u32>,
    pub fg3a: Option<u32>,
    pub ftm: Option<u32>,
    pub fta: Option<u32>,
    #[serde(borrow)]
    pub player: Option<Player<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Player<'a> {
    pub id: Option<i64>,
    #[serde(borrow)]
    pub first_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub last_name: Option<Cow<'a, str>>,
}

/// A game's id: a number in every capture, text in some other clients' notes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Number(i64),
    Text(String),
}
