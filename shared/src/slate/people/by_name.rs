//! Identification by names that are spelled otherwise: by the team, the surname, or as the only player called so.

use std::{
    cell::LazyCell,
    collections::{BTreeMap, HashMap, HashSet},
};

use super::{BoxRow, People};
use crate::{
    nba::{PlayerLookup, Team},
    slate::{
        Player,
        spelling::{first_name, is_one_name, likeness, surname, without_suffix, words},
    },
};

/// The least letters of a name that may be matched as a prefix; a shorter one begins many others.
const MIN_LETTERS: usize = 8;

impl<'a> People<'a> {
    /// Gives a row whose name is that of another team's player to the team's own player whose name differs in the
    /// suffix alone: Gary Trent of Boston is its Gary Trent Jr., not Toronto's Gary Trent.
    pub(super) fn find_namesakes_by_team(
        &self,
        rows: &[BoxRow<'_>],
        teams: &[Team],
        found: &mut [Option<PlayerLookup>],
    ) {
        let Some(slate) = self.slate else { return };
        for (index, row) in rows.iter().enumerate() {
            let Some(lookup) = found[index].as_ref() else { continue };
            let team = &teams[index];
            let is_elsewhere = self.team(lookup).is_some_and(|of_player| of_player != team);
            if !is_elsewhere || self.named(row).is_some() {
                continue;
            }
            let plain = without_suffix(row.name);
            let is_namesake = |(other, name): &(&PlayerLookup, &str)| {
                *other != lookup
                    && !found.iter().flatten().any(|it| it == *other)
                    && without_suffix(name) == plain
            };
            let expected = slate.players().filter(|player| player.team == *team);
            let expected = expected.map(|player| (&player.lookup, player.name.as_str()));
            let mut namesakes: Vec<_> =
                expected.chain(slate.registry.on_team(team)).filter(is_namesake).map(|(it, _)| it).collect();
            namesakes.dedup();
            if let [namesake] = namesakes[..] {
                found[index] = Some(namesake.clone());
            }
        }
    }

    /// Matches rows with another first name or suffix (Alexandre for Alex Sarr): by surname, where exactly
    /// one unmatched row and one unmatched player of the team share it.
    pub(super) fn find_by_surname(
        &self,
        rows: &[BoxRow<'_>],
        teams: &[Team],
        found: &mut [Option<PlayerLookup>],
    ) {
        // Without the registry, the other players who may have this name are unknown.
        let Some(slate) = self.slate.filter(|slate| !slate.registry.is_empty()) else { return };
        // In a fixed order, so that the same rows always find the same players.
        let mut unmatched_rows: BTreeMap<(&Team, PlayerLookup), Vec<usize>> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate().filter(|(index, _)| found[*index].is_none()) {
            let name = self.named(row).map_or(row.name, |named| &named.name);
            if let Some(surname) = surname(name) {
                unmatched_rows.entry((&teams[index], surname)).or_default().push(index);
            }
        }
        if unmatched_rows.is_empty() {
            return;
        }
        let unknown: Vec<usize> = unmatched_rows.values().flatten().copied().collect();
        // Rows without BallDontLie's id are of another source, and may be of the same player.
        let with_id = rows.iter().zip(found.iter().zip(teams)).filter(|(row, _)| row.bdl_id.is_some());
        let has_ids = unknown.iter().all(|index| rows[*index].bdl_id.is_some());
        let all = rows.iter().zip(found.iter().zip(teams)).filter(|_| !has_ids);
        let boxed: HashSet<(&PlayerLookup, &Team)> =
            with_id.chain(all).filter_map(|(_, (lookup, team))| Some((lookup.as_ref()?, team))).collect();
        let in_any_box: HashSet<&PlayerLookup> = boxed.iter().map(|(lookup, _)| *lookup).collect();
        let is_unmatched = |lookup: &PlayerLookup, team: &Team| match slate.registry.count(lookup) {
            ..=1 => !in_any_box.contains(lookup),
            _ => !boxed.contains(&(lookup, team)),
        };
        let mut of_team: HashMap<&Team, Vec<&Player>> = HashMap::new();
        for (team, _) in unmatched_rows.keys() {
            of_team.entry(team).or_default();
        }
        for player in slate.players() {
            if let Some(players) = of_team.get_mut(&player.team) {
                players.push(player);
            }
        }
        let expected_of = |team: &Team| of_team.get(team).into_iter().flatten().copied();
        let ids = LazyCell::new(|| self.ids());
        let mut matched = Vec::new();
        for ((team, wanted), rows_of_name) in &unmatched_rows {
            let [index] = rows_of_name.as_slice() else { continue };
            let has_surname = |name: &str| surname(name).as_ref() == Some(wanted);
            let expected = expected_of(team).filter(|it| has_surname(&it.name));
            let expected = expected.map(|it| (&it.lookup, it.name.as_str()));
            let mut candidates: Vec<_> = expected.filter(|(lookup, _)| is_unmatched(lookup, team)).collect();
            if candidates.is_empty() {
                let roster = slate.registry.on_team(team).filter(|(_, name)| has_surname(name));
                candidates = roster.filter(|(lookup, _)| is_unmatched(lookup, team)).collect();
            }
            if candidates.len() > 1 {
                // Of teammates with one surname the one with the likeliest first name.
                let likeness = |name: &str| likeness(rows[*index].name, name);
                let best = candidates.iter().map(|(_, name)| likeness(name)).max().unwrap_or_default();
                candidates.retain(|(_, name)| best > 0 && likeness(name) == best);
            }
            if let [(lookup, name)] = candidates.as_slice()
                && may_be(&rows[*index], lookup, name, &ids)
            {
                matched.push((*index, (*lookup).clone()));
            }
        }
        // One source has only the first of two family names (Nigel Hayes for Nigel Hayes-Davis).
        let done: HashSet<usize> = matched.iter().map(|(index, _)| *index).collect();
        for index in unknown.into_iter().filter(|index| !done.contains(index)) {
            let row = &rows[index];
            let is_longer = |lookup: &PlayerLookup| {
                lookup.as_str().starts_with(row.lookup.as_str())
                    || row.lookup.as_str().starts_with(lookup.as_str())
            };
            let expected = expected_of(&teams[index]).filter(|it| is_longer(&it.lookup));
            let expected = expected.filter(|it| is_unmatched(&it.lookup, &teams[index]));
            let candidates: Vec<(&PlayerLookup, &str)> =
                expected.map(|it| (&it.lookup, it.name.as_str())).collect();
            if let [(lookup, name)] = candidates.as_slice()
                && !matched.iter().any(|(_, known)| known == *lookup)
                && may_be(row, lookup, name, &ids)
                && row.lookup.as_str().len().min(lookup.as_str().len()) >= MIN_LETTERS
            {
                matched.push((index, (*lookup).clone()));
            }
        }
        for (index, lookup) in matched {
            found[index] = Some(lookup);
        }
    }

    /// Gives a row that nothing identifies, and whose name is another spelling of that of one player of another team who
    /// has no row, to that player, who was traded today.
    pub(super) fn find_traded(&self, rows: &[BoxRow<'_>], found: &mut [Option<PlayerLookup>]) {
        let Some(slate) = self.slate.filter(|slate| !slate.registry.is_empty()) else { return };
        let unknown: Vec<usize> = (0..rows.len()).filter(|index| found[*index].is_none()).collect();
        if unknown.is_empty() {
            return;
        }
        let has_row: HashSet<PlayerLookup> = found.iter().flatten().cloned().collect();
        let ids = LazyCell::new(|| self.ids());
        // Spellings of one name share the surname, which may stand elsewhere in the other one.
        let mut without_row: HashMap<PlayerLookup, Vec<&Player>> = HashMap::new();
        for player in slate.players() {
            if !has_row.contains(&player.lookup) && slate.registry.count(&player.lookup) <= 1 {
                for word in words(&player.name) {
                    without_row.entry(word).or_default().push(player);
                }
            }
        }
        let mut matched: BTreeMap<&PlayerLookup, Vec<usize>> = BTreeMap::new();
        for index in unknown {
            let row = &rows[index];
            let is_same_player = |player: &&&Player| {
                player.team != *row.team
                    && is_one_name(row.name, &player.name)
                    && may_be(row, &player.lookup, &player.name, &ids)
            };
            let namesakes = surname(row.name).and_then(|surname| without_row.get(&surname));
            let mut players = namesakes.into_iter().flatten().filter(is_same_player);
            if let (Some(player), None) = (players.next(), players.next()) {
                matched.entry(&player.lookup).or_default().push(index);
            }
        }
        for (lookup, indices) in matched {
            if let [index] = indices[..] {
                found[index] = Some(lookup.clone());
            }
        }
    }

    /// The directory's ids of each player.
    fn ids(&self) -> HashMap<&'a PlayerLookup, Vec<i64>> {
        let mut ids: HashMap<_, Vec<i64>> = HashMap::new();
        for (id, named) in self.directory {
            ids.entry(&named.lookup).or_default().push(*id);
        }
        ids
    }
}

/// Whether a row may be about a player of the same surname: the directory has no other id for the player, and a first
/// name of one letter is the player's initial.
fn may_be(
    row: &BoxRow<'_>,
    lookup: &PlayerLookup,
    name: &str,
    ids: &HashMap<&PlayerLookup, Vec<i64>>,
) -> bool {
    let has_another_id = ids.get(lookup).is_some_and(|ids| ids.iter().any(|id| Some(*id) != row.bdl_id));
    let is_own_initial = match first_name(row.name) {
        Some(letter) if letter.len() == 1 => first_name(name).is_some_and(|first| first.starts_with(&letter)),
        _ => true,
    };
    !has_another_id && is_own_initial
}
