//! Identification of the players in a night's box-score rows, once for every document.
//!
//! Upstream has its own ids and spellings. A row is identified by the directory's entry for its id, else by
//! its name in the registry or on the slate, in any spelling or word order, else as the team's only unmatched
//! player with that surname or with a name that begins with the row's, else as the only player of another team
//! whose name is spelled so. A row of a player whom the registry knows is never matched to another player.

mod by_name;

use std::collections::{HashMap, HashSet};

use super::{Player, Slate, may_be_one_name};
use crate::nba::{PlayerLookup, Team, TeamPair};

/// Players by BallDontLie id.
pub type Directory = HashMap<i64, Named>;

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
    /// Whether the player is on both sides, so that the team is uncertain.
    pub on_both_sides: bool,
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

/// Identifies the players of `rows`, in order.
///
/// `rows` must have all games of a night, so that no row is matched to a player of another game's box score. A row
/// that nothing else identifies keeps the `earlier` identity of its id, unless that player has another row. Without a
/// slate, only the directory, the earlier identity and upstream's own names are available.
pub fn identify(
    rows: &[BoxRow<'_>],
    directory: &Directory,
    slate: Option<&Slate>,
    earlier: &HashMap<SourceId, Identity>,
) -> Vec<Identity> {
    let known = People::of(directory, slate, earlier);
    let mut found: Vec<Option<PlayerLookup>> = rows.iter().map(|row| known.lookup(row)).collect();
    known.resolve_duplicate_ids(rows, &mut found);
    let Sides { swapped, merged } = known.wrong_sides(rows, &found);
    let team = |(row, lookup): (&BoxRow<'_>, &Option<PlayerLookup>)| {
        // A row that was corrected earlier is there too.
        let own = lookup.as_ref().and_then(|lookup| known.team(lookup));
        if row.on_both_sides || merged.contains(row.game) {
            let plays = |team: &&Team| row.game.teams().contains(team);
            let earlier = || known.earlier_without_registry(row).map(|earlier| &earlier.team).filter(plays);
            return own.filter(plays).or_else(earlier).unwrap_or(row.team).clone();
        }
        let is_right = own == Some(row.team);
        if swapped.contains(row.game) && !is_right {
            row.game.other(row.team).clone()
        } else {
            row.team.clone()
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

/// Players of a team on the floor; a list with fewer of another team may have newcomers.
const MIN_ON_THE_FLOOR: usize = 5;

/// The games whose rows are on the wrong sides.
#[derive(Default)]
struct Sides<'r> {
    swapped: HashSet<&'r TeamPair>,
    merged: HashSet<&'r TeamPair>,
}

/// Everything known about the players.
struct People<'a> {
    directory: &'a Directory,
    slate: Option<&'a Slate>,
    earlier: &'a HashMap<SourceId, Identity>,
    expected: HashMap<&'a PlayerLookup, Vec<&'a Player>>,
}

impl<'a> People<'a> {
    fn of(
        directory: &'a Directory,
        slate: Option<&'a Slate>,
        earlier: &'a HashMap<SourceId, Identity>,
    ) -> Self {
        let mut expected: HashMap<_, Vec<_>> = HashMap::new();
        for player in slate.into_iter().flat_map(Slate::players) {
            expected.entry(&player.lookup).or_insert_with(|| Vec::with_capacity(1)).push(player);
        }
        Self { directory, slate, earlier, expected }
    }

    fn named(&self, row: &BoxRow<'_>) -> Option<&'a Named> {
        self.directory.get(&row.bdl_id?)
    }

    /// The earlier identity of the row's id; the registry takes precedence where it is available.
    fn earlier_without_registry(&self, row: &BoxRow<'_>) -> Option<&'a Identity> {
        if self.slate.is_some_and(|slate| !slate.registry.is_empty()) {
            return None;
        }
        self.earlier_identity(row)
    }

    fn earlier_identity(&self, row: &BoxRow<'_>) -> Option<&'a Identity> {
        let ids = [row.bdl_id.map(SourceId::BallDontLie), row.nba_id.map(SourceId::Nba)];
        ids.into_iter().flatten().find_map(|id| self.earlier.get(&id))
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

    /// The games whose lists are wrong: swapped where most of the known players of either list belong to the other team;
    /// merged where one list is empty and the other has several players of its team.
    fn wrong_sides<'r>(&self, rows: &[BoxRow<'r>], found: &[Option<PlayerLookup>]) -> Sides<'r> {
        let mut sides: HashMap<&TeamPair, HashMap<&Team, (usize, usize)>> = HashMap::new();
        for (row, lookup) in rows.iter().zip(found) {
            let team = lookup.as_ref().and_then(|lookup| self.team(lookup));
            let Some(team) = team.or_else(|| Some(&self.earlier_identity(row)?.team)) else { continue };
            let (here, there) = sides.entry(row.game).or_default().entry(row.team).or_default();
            *here += usize::from(team == row.team);
            *there += usize::from(team == row.game.other(row.team));
        }
        let mut wrong = Sides::default();
        for (game, sides) in sides {
            match sides.len() {
                2 if sides.values().all(|(here, there)| there > here) => drop(wrong.swapped.insert(game)),
                1 if sides.values().all(|(_, there)| *there >= MIN_ON_THE_FLOOR) => {
                    wrong.merged.insert(game);
                }
                _ => {}
            }
        }
        wrong
    }

    /// Where the directory gives two rows of a game to one player, a row under the name of another player of the team is
    /// that one's: the directory is wrong about one of the ids.
    fn resolve_duplicate_ids(&self, rows: &[BoxRow<'_>], found: &mut [Option<PlayerLookup>]) {
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
                continue;
            }
            // The directory is wrong about a stranger's id where another row of the game has the player's own name.
            let mut own = rows.iter().zip(found.iter()).filter(|(other, of)| {
                other.game == row.game && of.as_ref() == Some(&lookup) && *other.lookup == lookup
            });
            if *row.lookup != lookup && own.any(|(own, _)| !may_be_one_name(row.name, own.name)) {
                found[index] = Some(row.lookup.clone());
            }
        }
    }

    /// Gives a row that nothing identifies the earlier identity of its id: a name may drift in the middle of a game.
    fn find_by_earlier_identity(&self, rows: &[BoxRow<'_>], found: &mut [Option<PlayerLookup>]) {
        for (index, row) in rows.iter().enumerate().filter(|(_, row)| self.named(row).is_none()) {
            let Some(earlier) = self.earlier_without_registry(row).filter(|_| found[index].is_none()) else {
                continue;
            };
            let is_known = self.expected.contains_key(&earlier.lookup);
            if is_known && !found.iter().flatten().any(|it| *it == earlier.lookup) {
                found[index] = Some(earlier.lookup.clone());
            }
        }
    }

    fn identity(&self, row: &BoxRow<'_>, lookup: Option<PlayerLookup>, team: Team) -> Identity {
        let Some(lookup) = lookup else {
            if let Some(earlier) = self.earlier_identity(row) {
                return Identity { team, ..earlier.clone() };
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
