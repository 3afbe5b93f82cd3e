//! Values by player, from tables with different ids and spellings.

use std::collections::HashMap;

use compact_str::CompactString;

use super::Player;
use crate::nba::{PlayerLookup, Team};

/// Values found by name and, where two players share it, by universal player id or team.
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
    /// Adds a value under whatever identifies the player in its row.
    pub fn add(
        &mut self,
        lookup: PlayerLookup,
        universal_id: Option<CompactString>,
        team: Option<Team>,
        what: T,
    ) {
        // Most names belong to one player.
        let entries = self.0.entry(lookup).or_insert_with(|| Vec::with_capacity(1));
        entries.push(Entry { universal_id, team, what });
    }

    /// The value of `player`, and not of a namesake.
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
