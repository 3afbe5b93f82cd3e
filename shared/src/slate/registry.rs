//! The players in the registry.

use std::collections::HashMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::{agree, spelling::is_lookup_of};
use crate::nba::{PlayerLookup, Team};

/// The players of this season and the last.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    people: HashMap<PlayerLookup, Vec<Person>>,
    /// Other producers' spellings of a player and the player's lookup; `None` where two players share the
    /// spelling.
    spellings: HashMap<CompactString, Option<PlayerLookup>>,
    /// The lookup in the newest row of a universal player id.
    of_id: HashMap<CompactString, PlayerLookup>,
}

/// A player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub lookup: PlayerLookup,
    pub universal_id: Option<CompactString>,
    pub name: String,
    pub position: Option<CompactString>,
    /// The latest team, if the player was on one this season.
    pub team: Option<Team>,
}

/// A row of the registry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub universal_player_id: Option<CompactString>,
    pub player_lookup: CompactString,
    pub player_name: CompactString,
    /// The team; `None` in a row of last season.
    pub current_team: Option<CompactString>,
    pub position: Option<CompactString>,
}

impl Registry {
    /// A traded player has a row for each team, newest first: the first one describes the player now, and a position
    /// that it lacks comes from an earlier one.
    pub(super) fn of(rows: Vec<Row>) -> Self {
        let mut registry = Self::default();
        for row in rows {
            let name = row.player_name.trim();
            let Ok(lookup) = PlayerLookup::of_stored(&row.player_lookup, Some(name)) else {
                tracing::warn!(player = %row.player_lookup, "a row of the player registry cannot be read; it is skipped");
                continue;
            };
            // A person whose spelling changed in the registry itself keeps the newest one.
            let lookup = match &row.universal_player_id {
                Some(id) => {
                    let newest = registry.of_id.entry(id.clone()).or_insert_with(|| lookup.clone()).clone();
                    registry.also_called(lookup.as_str(), &newest);
                    newest
                }
                None => lookup,
            };
            for spelling in PlayerLookup::spellings(name) {
                registry.also_called(&spelling, &lookup);
            }
            registry.also_called(&row.player_lookup, &lookup);
            let position = row.position.filter(|position| !position.trim().is_empty());
            // Most names belong to one player.
            let known = registry.people.entry(lookup.clone()).or_insert_with(|| Vec::with_capacity(1));
            // A row without the universal player id is about any player of that name.
            let is_same = |person: &&mut Person| agree(&person.universal_id, &row.universal_player_id);
            match known.iter_mut().find(is_same) {
                Some(person) => {
                    person.position = person.position.take().or(position);
                    person.universal_id = person.universal_id.take().or(row.universal_player_id);
                }
                None => known.push(Person {
                    universal_id: row.universal_player_id,
                    name: if name.is_empty() { title_case(&lookup) } else { name.to_owned() },
                    lookup,
                    position,
                    team: row.current_team.and_then(|code| Team::of_code(&code).ok()),
                }),
            }
        }
        registry
    }

    /// Records another spelling of a player's name.
    fn also_called(&mut self, spelling: &str, lookup: &PlayerLookup) {
        if spelling == lookup.as_str() || spelling.is_empty() {
            return;
        }
        let known = self.spellings.entry(spelling.into()).or_insert_with(|| Some(lookup.clone()));
        if known.as_ref() != Some(lookup) {
            *known = None;
        }
    }

    /// The lookup of the player whom a table without names calls `stored`; `None` where it has no letter.
    pub fn lookup(&self, stored: &str) -> Option<PlayerLookup> {
        let lookup = PlayerLookup::of(stored).ok()?;
        Some(self.known(&lookup).unwrap_or(lookup))
    }

    /// The lookup of the player with this universal player id, which is certain, else of the one whom a table without
    /// names calls `stored`; `None` where it has no letter.
    pub fn lookup_of_id(&self, universal_id: Option<&str>, stored: &str) -> Option<PlayerLookup> {
        let by_id = universal_id.and_then(|id| self.of_id.get(id)).cloned();
        by_id.or_else(|| self.lookup(stored))
    }

    /// The lookup of the player whom a table calls `stored` and `name`; `None` where neither has a letter.
    pub fn lookup_of(&self, stored: &str, name: &str) -> Option<PlayerLookup> {
        let mended = PlayerLookup::of_stored(stored, Some(name)).or_else(|_| PlayerLookup::of(name)).ok()?;
        let by_name = || self.known_by_name(name);
        Some(self.known(&mended).or_else(by_name).unwrap_or(mended))
    }

    /// The lookup of the player with this lookup in any producer's spelling.
    pub(super) fn known(&self, lookup: &PlayerLookup) -> Option<PlayerLookup> {
        if self.people.contains_key(lookup) {
            return Some(lookup.clone());
        }
        self.spellings.get(lookup.as_str()).cloned().flatten()
    }

    /// The lookup of the player with this name in any spelling.
    pub(super) fn known_by_name(&self, name: &str) -> Option<PlayerLookup> {
        let own = PlayerLookup::of(name).ok();
        let spellings = PlayerLookup::spellings(name).into_iter().filter_map(|it| PlayerLookup::of(&it).ok());
        own.into_iter().chain(spellings).find_map(|lookup| self.known(&lookup))
    }

    /// Whether it has no players: it could not be read, or was being replaced while it was read.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// How many people share this lookup.
    pub fn count(&self, lookup: &PlayerLookup) -> usize {
        self.people.get(lookup).map_or(0, Vec::len)
    }

    /// The name of the player with this lookup.
    pub(super) fn name(&self, lookup: &PlayerLookup) -> Option<&str> {
        self.people.get(lookup)?.first().map(|person| person.name.as_str())
    }

    /// The team of the player with this lookup, where only one has it.
    pub(super) fn only_team(&self, lookup: &PlayerLookup) -> Option<&Team> {
        match self.people.get(lookup)?.as_slice() {
            [person] => person.team.as_ref(),
            _ => None,
        }
    }

    /// The lookups and names of the players who are on a team now.
    pub(super) fn on_team(&self, team: &Team) -> impl Iterator<Item = (&PlayerLookup, &str)> {
        let people = self.people.values().flatten().filter(move |it| it.team.as_ref() == Some(team));
        people.map(|person| (&person.lookup, person.name.as_str()))
    }

    /// The person behind `lookup`: by universal player id, else by team, else the one who was active last.
    pub(super) fn person(
        &self,
        lookup: &PlayerLookup,
        universal_id: Option<&str>,
        team: Option<&Team>,
    ) -> Option<&Person> {
        let people = self.people.get(lookup)?;
        let by_id = || {
            people
                .iter()
                .find(|person| universal_id.is_some_and(|id| person.universal_id.as_deref() == Some(id)))
        };
        let by_team = || people.iter().find(|person| team.is_some() && person.team.as_ref() == team);
        by_id().or_else(by_team).or_else(|| people.first())
    }

    /// The only player of `team` now whose name is another spelling of a `lookup` that nobody has.
    pub(super) fn teammate_spelled(&self, lookup: &PlayerLookup, team: &Team) -> Option<PlayerLookup> {
        let people = self.people.values().flatten().filter(|person| person.team.as_ref() == Some(team));
        let mut spelled = people.filter(|person| is_lookup_of(lookup, &person.name));
        let person = spelled.next()?;
        spelled.next().is_none().then(|| person.lookup.clone())
    }

    /// The players of each team now, in a stable order, so that two builds of the same roster compare equal.
    pub(super) fn rosters(&self) -> HashMap<&Team, Vec<&Person>> {
        let mut rosters: HashMap<&Team, Vec<&Person>> = HashMap::new();
        for person in self.people.values().flatten() {
            if let Some(team) = &person.team {
                rosters.entry(team).or_default().push(person);
            }
        }
        for roster in rosters.values_mut() {
            roster.sort_unstable_by(|a, b| (&a.lookup, &a.universal_id).cmp(&(&b.lookup, &b.universal_id)));
        }
        rosters
    }
}

/// A name for a player of whom only the lookup is known, so that no row is blank (FAILURES.md, F57).
pub(super) fn title_case(lookup: &PlayerLookup) -> String {
    let mut letters = lookup.as_str().chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(team: Option<&str>, position: Option<&str>) -> Row {
        Row {
            universal_player_id: Some("nolantraore_001".into()),
            player_lookup: "nolantraor".into(),
            player_name: "Nolan Traoré".into(),
            current_team: team.map(Into::into),
            position: position.map(Into::into),
        }
    }

    #[test]
    fn a_traded_player_is_on_the_latest_team_and_on_no_other() {
        let rows = [row(Some("LAL"), None), row(Some("BKN"), Some("G")), row(None, None)];
        let registry = Registry::of(rows.into());
        let rosters = registry.rosters();
        let on = |code| rosters.get(&Team::of_code(code).expect("a team")).map_or(0, Vec::len);
        assert_eq!((on("LAL"), on("BKN"), on("SAS")), (1, 0, 0));
        let lookup = registry.lookup("nolantraor").expect("a lookup");
        assert_eq!(lookup.as_str(), "nolantraore", "f70: one spelling");
        let person = registry.person(&lookup, None, None).expect("a person");
        assert_eq!(person.position.as_deref(), Some("G"), "from the earlier row");
    }

    #[test]
    fn f9_a_row_without_the_certain_id_makes_no_second_player() {
        for swap in [false, true] {
            let mut rows =
                vec![row(Some("LAL"), None), Row { universal_player_id: None, ..row(Some("BKN"), None) }];
            if swap {
                let id = rows[0].universal_player_id.take();
                rows[1].universal_player_id = id;
            }
            let registry = Registry::of(rows);
            let rosters = registry.rosters();
            let on = |code| rosters.get(&Team::of_code(code).expect("a team")).map_or(0, Vec::len);
            assert_eq!((on("LAL"), on("BKN")), (1, 0));
        }
    }

    #[test]
    fn a_player_of_last_season_has_a_name_but_no_team() {
        let registry = Registry::of(vec![row(None, None)]);
        let lookup = PlayerLookup::of("Nolan Traoré").expect("a lookup");
        let person = registry.person(&lookup, None, None).expect("a person");
        assert_eq!((person.name.as_str(), &person.team), ("Nolan Traoré", &None));
    }
}
