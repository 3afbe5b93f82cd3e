//! What is known of players by tables that name them in their own way.

use std::collections::HashMap;

use compact_str::CompactString;

use super::Player;
use crate::nba::{PlayerLookup, Team};

/// Something known of players, found by name and, where two share it, by the certain id or the team.
#[derive(Clone, Debug)]
pub struct ByPlayer<T>(HashMap<PlayerLookup, Vec<Entry<T>>>);

#[derive(Clone, Debug)]
struct Entry<T> {
    universal_id: Option<CompactString>,
    team: Option<Team>,
    what: T,
}

impl<T> Default for ByPlayer<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> ByPlayer<T> {
    /// Adds something of a player, as far as its row tells who he is.
    pub fn add(
        &mut self,
        lookup: PlayerLookup,
        universal_id: Option<CompactString>,
        team: Option<Team>,
        what: T,
    ) {
        // Nearly everyone's name is his own.
        let entries = self.0.entry(lookup).or_insert_with(|| Vec::with_capacity(1));
        entries.push(Entry { universal_id, team, what });
    }

    /// What is known of `player`, and not of a namesake.
    pub fn of(&self, player: &Player) -> Option<&T> {
        let entries = self.0.get(&player.lookup)?;
        let certain = |entry: &&Entry<T>| {
            entry.universal_id.is_some() && entry.universal_id.as_deref() == player.universal_id.as_deref()
        };
        let on_the_team = |entry: &&Entry<T>| entry.team.as_ref() == Some(&player.team);
        let may_be = |entry: &&Entry<T>| entry.universal_id.is_none() || player.universal_id.is_none();
        let of_any_team = |entry: &&Entry<T>| entry.team.is_none();
        let found = entries
            .iter()
            .find(certain)
            .or_else(|| entries.iter().filter(may_be).find(on_the_team))
            .or_else(|| entries.iter().filter(may_be).find(of_any_team));
        found.map(|entry| &entry.what)
    }
}
