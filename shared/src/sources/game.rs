//! A game of any source, in validated types.

use std::collections::HashSet;

use super::{MAXIMUM_TEXT, Rejected, Source};
use crate::nba::{GameState, NbaGameId, PlayerLookup, SlateDay, Team};

/// A game of a poll.
#[derive(Clone, Debug, PartialEq)]
pub struct Game {
    /// Where it was read.
    pub source: Source,
    /// The source's own id, as text.
    pub id: String,
    /// The NBA's id; `None` where the source does not have it.
    pub nba_id: Option<NbaGameId>,
    /// The day the game belongs to: its own date, not the poll's.
    pub day: SlateDay,
    /// State of the game.
    pub state: GameState,
    /// The clock as upstream wrote it, for the history.
    pub raw_time: Option<String>,
    /// The home team.
    pub home: Side,
    /// The visiting team.
    pub visitor: Side,
    /// How many values of the game could not be read and were dropped.
    pub unreadable: usize,
}

/// One team of a game.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Which team.
    pub team: Team,
    /// Its points; 0 where upstream has none yet.
    pub score: u32,
    /// Everyone in its box.
    pub players: Vec<PlayerLine>,
    /// Those who do not play, as far as the source names them.
    pub inactive: Vec<Inactive>,
}

/// A player's box-score entry.
#[derive(Clone, Debug, PartialEq)]
pub struct PlayerLine {
    /// BallDontLie's id of the player; `None` where the game is another source's.
    pub bdl_id: Option<i64>,
    /// The NBA's id of the player; `None` where the source does not have it.
    pub nba_id: Option<i64>,
    /// First and last name as upstream spells them.
    pub name: String,
    /// The join key derived from that name.
    pub lookup: PlayerLookup,
    /// Minutes as upstream wrote them: `37`, `05`, `28:30`; `None` where missing or empty.
    pub minutes: Option<String>,
    /// The counters of the box score; 0 where upstream has null.
    pub counters: Counters,
}

/// A player who does not play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inactive {
    /// The NBA's id of the player.
    pub nba_id: i64,
    /// First and last name as upstream spells them.
    pub name: String,
    /// The join key derived from that name.
    pub lookup: PlayerLookup,
    /// The reason as text for people: `Injury: Right Foot; Surgery`.
    pub reason: String,
}

/// The counters of a box score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is the counter of that name")]
pub struct Counters {
    pub points: u32,
    pub rebounds: u32,
    pub offensive_rebounds: u32,
    pub defensive_rebounds: u32,
    pub assists: u32,
    pub steals: u32,
    pub blocks: u32,
    pub turnovers: u32,
    pub personal_fouls: u32,
    pub field_goals_made: u32,
    pub field_goals_attempted: u32,
    pub three_pointers_made: u32,
    pub three_pointers_attempted: u32,
    pub free_throws_made: u32,
    pub free_throws_attempted: u32,
}

impl Game {
    /// Both teams, the home team first.
    pub fn sides(&self) -> [&Side; 2] {
        [&self.home, &self.visitor]
    }
}

/// Each game once, as it was listed last: pages shift between two calls.
pub(super) fn last_of_each(mut games: Vec<Game>) -> Vec<Game> {
    let mut seen = HashSet::new();
    keep_last(&mut games, |game| seen.insert(game.id.clone()));
    games
}

/// Removes duplicates and keeps the last occurrence.
pub(super) fn keep_last<T>(list: &mut Vec<T>, is_new: impl FnMut(&T) -> bool) {
    list.reverse();
    list.retain(is_new);
    list.reverse();
}

/// Refuses a text that is too long to be what the field should hold.
pub(super) fn short((field, text): (&str, Option<&str>)) -> Result<(), String> {
    match text {
        Some(text) if text.chars().nth(MAXIMUM_TEXT).is_some() => {
            Err(format!("{field}: longer than {MAXIMUM_TEXT} characters"))
        }
        _ => Ok(()),
    }
}

/// A part that cannot be read, with the reason.
pub(super) fn reject(what: String, reason: String, raw: &serde_json::value::RawValue) -> Rejected {
    Rejected { what, reason, raw: raw.get().to_owned() }
}
