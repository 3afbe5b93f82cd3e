//! Identification of the players in a night's box-score rows, once for every document.
//!
//! Upstream has its own ids and spellings. A row is identified by the directory's entry for its id, else by
//! its name in the registry or on the slate, in any spelling or word order, else as the team's only unmatched
//! player with that surname or with a name that begins with the row's, else as the only player of another team
//! whose name is spelled so. A row of a player whom the registry knows is never matched to another player.

use std::{
    cell::LazyCell,
    collections::{BTreeMap, HashMap, HashSet},
};

use super::{
    Player, Slate,
    spelling::{first_name, is_one_name, likeness, surname, without_suffix},
};
use crate::nba::{PlayerLookup, Team, TeamPair};

/// Players by BallDontLie id.
pub type Directory = HashMap<i64, Named>;

/// The least letters of a name that may be matched as a prefix; a shorter one begins many others.
const FEWEST_LETTERS: usize = 8;

/// A player as named by a table of ids.
#[derive(Clone, Debug)]
pub struct Named {
    /// The lookup in that table, which may differ from the registry's.
    pub lookup: PlayerLookup,
    /// Display name.
    pub name: String,
}

/// A player's id in one of the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceId {
    /// BallDontLie's.
    BallDontLie(i64),
    /// The NBA's.
    Nba(i64),
}

/// A row of a box score, as upstream sent it.
#[derive(Clone, Copy, Debug)]
pub struct BoxRow<'a> {
    /// BallDontLie's id of the player, where the row has one.
    pub bdl_id: Option<i64>,
    /// The NBA's id of the player, where the row has one.
    pub nba_id: Option<i64>,
    /// The lookup of the name.
    pub lookup: &'a PlayerLookup,
    /// The name.
    pub name: &'a str,
    /// The team on whose side the row is.
    pub team: &'a Team,
    /// The game of the box score.
    pub game: &'a TeamPair,
}

/// The player whom a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The join key of the player across every document.
    pub lookup: PlayerLookup,
    /// Display name; `None` where it is the row's own name.
    pub name: Option<String>,
    /// The player's team.
    pub team: Team,
}

/// Identifies the players of `rows`, in order. `rows` must have all games of a night, so that no row is matched to a
/// player of another game's box score. A row that nothing else identifies keeps the earlier identity of its id
/// (`was`), unless that player has another row. Without a slate, only the directory, the earlier identity and
/// upstream's own names are available.
pub fn identify(
    rows: &[BoxRow<'_>],
    directory: &Directory,
    slate: Option<&Slate>,
    was: &HashMap<SourceId, Identity>,
) -> Vec<Identity> {
    let known = People::of(directory, slate, was);
    let mut found: Vec<Option<PlayerLookup>> = rows.iter().map(|row| known.lookup(row)).collect();
    known.tell_doubles_apart(rows, &mut found);
    let swapped = known.swapped_sides(rows, &found);
    let team = |(row, lookup): (&BoxRow<'_>, &Option<PlayerLookup>)| {
        // A row that was corrected earlier is there too.
        let is_right = lookup.as_ref().and_then(|lookup| known.team(lookup)) == Some(row.team);
        match swapped.contains(row.game) && !is_right {
            true => row.game.other(row.team).clone(),
            false => row.team.clone(),
        }
    };
    let teams: Vec<Team> = rows.iter().zip(&found).map(team).collect();
    known.find_namesakes_by_team(rows, &teams, &mut found);
    known.find_by_surname(rows, &teams, &mut found);
    known.find_traded(rows, &mut found);
    known.find_by_earlier_identity(rows, &mut found);
    let identity = |((row, lookup), team)| known.identity(row, lookup, team);
    rows.iter().zip(found).zip(teams).map(identity).collect()
}

/// Everything known about the players.
struct People<'a> {
    directory: &'a Directory,
    slate: Option<&'a Slate>,
    was: &'a HashMap<SourceId, Identity>,
    expected: HashMap<&'a PlayerLookup, Vec<&'a Player>>,
}

impl<'a> People<'a> {
    fn of(directory: &'a Directory, slate: Option<&'a Slate>, was: &'a HashMap<SourceId, Identity>) -> Self {
        let mut expected: HashMap<_, Vec<_>> = HashMap::new();
        for player in slate.into_iter().flat_map(Slate::players) {
            expected.entry(&player.lookup).or_insert_with(|| Vec::with_capacity(1)).push(player);
        }
        Self { directory, slate, was, expected }
    }

    fn named(&self, row: &BoxRow<'_>) -> Option<&'a Named> {
        self.directory.get(&row.bdl_id?)
    }

    /// The earlier identity of the row's id; the registry takes precedence where it is available.
    fn was(&self, row: &BoxRow<'_>) -> Option<&'a Identity> {
        if self.slate.is_some_and(|slate| !slate.registry.is_empty()) {
            return None;
        }
        self.earlier(row)
    }

    fn earlier(&self, row: &BoxRow<'_>) -> Option<&'a Identity> {
        let ids = [row.bdl_id.map(SourceId::BallDontLie), row.nba_id.map(SourceId::Nba)];
        ids.into_iter().flatten().find_map(|id| self.was.get(&id))
    }

    /// The player identified by the directory's id, the name in any spelling, or the name in another word
    /// order.
    fn lookup(&self, row: &BoxRow<'_>) -> Option<PlayerLookup> {
        let by_id = || self.named(row).and_then(|named| self.known(&named.lookup, &named.name));
        let by_name = || self.known(row.lookup, row.name);
        let turned = || {
            let words: Vec<&str> = row.name.split_whitespace().collect();
            let turn = |first: usize| [&words[first..], &words[..first]].concat().join(" ");
            (1..words.len()).find_map(|first| {
                let name = turn(first);
                PlayerLookup::of(&name).ok().and_then(|lookup| self.known(&lookup, &name))
            })
        };
        by_id().or_else(by_name).or_else(turned)
    }

    fn known(&self, lookup: &PlayerLookup, name: &str) -> Option<PlayerLookup> {
        let registry = &self.slate?.registry;
        registry
            .known(lookup)
            .or_else(|| self.expected.contains_key(lookup).then(|| lookup.clone()))
            .or_else(|| if name.is_ascii() { None } else { registry.known_by_name(name) })
    }

    /// The team of the player with this lookup, where only one has it.
    fn team(&self, lookup: &PlayerLookup) -> Option<&'a Team> {
        match self.expected.get(lookup).map(Vec::as_slice) {
            Some([player]) => Some(&player.team),
            Some(_) => None,
            None => self.slate?.registry.only_team(lookup),
        }
    }

    /// The games whose two lists are swapped: most of the known players of either list belong to the other
    /// team.
    fn swapped_sides<'r>(
        &self,
        rows: &[BoxRow<'r>],
        found: &[Option<PlayerLookup>],
    ) -> HashSet<&'r TeamPair> {
        let mut sides: HashMap<&TeamPair, HashMap<&Team, (usize, usize)>> = HashMap::new();
        for (row, lookup) in rows.iter().zip(found) {
            let team = lookup.as_ref().and_then(|lookup| self.team(lookup));
            let Some(team) = team.or_else(|| Some(&self.was(row)?.team)) else { continue };
            let (here, there) = sides.entry(row.game).or_default().entry(row.team).or_default();
            *here += usize::from(team == row.team);
            *there += usize::from(team == row.game.other(row.team));
        }
        let is_swapped = |sides: &HashMap<&Team, (usize, usize)>| {
            sides.len() == 2 && sides.values().all(|(here, there)| there > here)
        };
        sides.into_iter().filter(|(_, sides)| is_swapped(sides)).map(|(game, _)| game).collect()
    }

    /// Where the directory gives two rows of a game to one player, a row under the name of another player of the team is
    /// that one's: the directory is wrong about one of the ids.
    fn tell_doubles_apart(&self, rows: &[BoxRow<'_>], found: &mut [Option<PlayerLookup>]) {
        let mut number: HashMap<(&TeamPair, PlayerLookup), usize> = HashMap::with_capacity(rows.len());
        for (row, lookup) in rows.iter().zip(found.iter()) {
            if let Some(lookup) = lookup {
                *number.entry((row.game, lookup.clone())).or_default() += 1;
            }
        }
        for (index, row) in rows.iter().enumerate() {
            let Some(lookup) = found[index].clone().filter(|_| self.named(row).is_some()) else { continue };
            if number.get(&(row.game, lookup.clone())).is_none_or(|number| *number < 2) {
                continue;
            }
            let by_name = self.known(row.lookup, row.name).filter(|by_name| *by_name != lookup);
            let by_name = by_name.filter(|it| self.team(it) == Some(row.team));
            if let Some(by_name) = by_name.filter(|it| !number.contains_key(&(row.game, it.clone()))) {
                found[index] = Some(by_name);
            }
        }
    }

    /// Gives a row that nothing identifies, and whose name is another spelling of that of one player of another team who
    /// has no row, to that player, who was traded today.
    fn find_traded(&self, rows: &[BoxRow<'_>], found: &mut [Option<PlayerLookup>]) {
        let Some(slate) = self.slate.filter(|slate| !slate.registry.is_empty()) else { return };
        let unknown: Vec<usize> = (0..rows.len()).filter(|index| found[*index].is_none()).collect();
        if unknown.is_empty() {
            return;
        }
        let has_row: HashSet<PlayerLookup> = found.iter().flatten().cloned().collect();
        let ids = LazyCell::new(|| self.ids());
        let mut matched: BTreeMap<&PlayerLookup, Vec<usize>> = BTreeMap::new();
        for index in unknown {
            let row = &rows[index];
            let is_his = |player: &&Player| {
                player.team != *row.team
                    && !has_row.contains(&player.lookup)
                    && slate.registry.count(&player.lookup) <= 1
                    && is_one_name(row.name, &player.name)
                    && may_be(row, &player.lookup, &player.name, &ids)
            };
            let mut players = slate.players().filter(is_his);
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

    /// Gives a row whose name is that of another team's player to the team's own player whose name differs in the
    /// suffix alone: Gary Trent of Boston is its Gary Trent Jr., not Toronto's Gary Trent.
    fn find_namesakes_by_team(
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

    /// Gives a row that nothing identifies the earlier identity of its id: a name may drift in the middle of a game.
    fn find_by_earlier_identity(&self, rows: &[BoxRow<'_>], found: &mut [Option<PlayerLookup>]) {
        for (index, row) in rows.iter().enumerate().filter(|(_, row)| self.named(row).is_none()) {
            let Some(earlier) = self.earlier(row).filter(|_| found[index].is_none()) else { continue };
            let is_known = self.expected.contains_key(&earlier.lookup);
            if is_known && !found.iter().flatten().any(|it| *it == earlier.lookup) {
                found[index] = Some(earlier.lookup.clone());
            }
        }
    }

    /// Matches rows with another first name or suffix (Alexandre for Alex Sarr): by surname, where exactly
    /// one unmatched row and one unmatched player of the team share it.
    fn find_by_surname(&self, rows: &[BoxRow<'_>], teams: &[Team], found: &mut [Option<PlayerLookup>]) {
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
                && row.lookup.as_str().len().min(lookup.as_str().len()) >= FEWEST_LETTERS
            {
                matched.push((index, (*lookup).clone()));
            }
        }
        for (index, lookup) in matched {
            found[index] = Some(lookup);
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

    fn identity(&self, row: &BoxRow<'_>, lookup: Option<PlayerLookup>, team: Team) -> Identity {
        let Some(lookup) = lookup else {
            if let Some(was) = self.was(row) {
                return Identity { team, ..was.clone() };
            }
            return match self.named(row) {
                Some(Named { lookup, name }) => {
                    Identity { lookup: lookup.clone(), name: Some(name.clone()), team }
                }
                None => Identity { lookup: row.lookup.clone(), name: None, team },
            };
        };
        let expected = self.expected.get(&lookup).and_then(|players| players.first());
        let name = match expected {
            Some(player) => Some(player.name.as_str()),
            None => self.slate.and_then(|slate| slate.registry.name(&lookup)),
        };
        let name = name.filter(|name| *name != row.name).map(str::to_owned);
        Identity { lookup, name, team }
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
    let is_his_letter = match first_name(row.name) {
        Some(letter) if letter.len() == 1 => first_name(name).is_some_and(|first| first.starts_with(&letter)),
        _ => true,
    };
    !has_another_id && is_his_letter
}
