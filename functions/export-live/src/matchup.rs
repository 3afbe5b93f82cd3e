//! The games of the slate beside their box scores: whose line is whose.

use std::collections::{HashMap, HashSet};

use shared::{
    nba::{PlayerLookup, Team, TeamPair},
    slate::{self, Registry, ScheduledGame, Slate},
};

use crate::live::{Document, LiveGame, LivePlayer};

/// Each game of the slate beside its box score in a live document.
pub(crate) fn all<'a>(live: &'a Document, slate: &'a Slate) -> Vec<Matchup<'a>> {
    let boxes: HashMap<TeamPair, &LiveGame> = live.games.iter().map(|game| (game.pair(), &**game)).collect();
    let matchup = |game: &'a slate::Game| {
        Matchup::of(game, boxes.get(&game.scheduled.pair()).copied(), &slate.registry)
    };
    slate.games.iter().map(matchup).collect()
}

/// A game of the slate beside its box score, if there is one.
pub(crate) struct Matchup<'a> {
    pub scheduled: &'a ScheduledGame,
    /// Everyone of the slate who plays in it.
    pub players: &'a [slate::Player],
    pub live: Option<&'a LiveGame>,
    /// Lines of the box that are nobody's of the slate by their lookup, by surname.
    strangers: HashMap<(&'a Team, PlayerLookup), Vec<&'a LivePlayer>>,
    /// How many of the slate are in the box by no lookup, by surname.
    lost: HashMap<(&'a Team, PlayerLookup), usize>,
}

impl<'a> Matchup<'a> {
    fn of(game: &'a slate::Game, live: Option<&'a LiveGame>, registry: &Registry) -> Self {
        let mut matchup = Self {
            scheduled: &game.scheduled,
            players: &game.players,
            live,
            strangers: HashMap::new(),
            lost: HashMap::new(),
        };
        let Some(live) = live else { return matchup };
        let slate: HashSet<&PlayerLookup> = game.players.iter().map(|player| &player.lookup).collect();
        // Whom the registry knows is himself, and not another one of his surname.
        let is_nobody = |line: &&LivePlayer| {
            !slate.contains(&line.player_lookup) && registry.count(&line.player_lookup) == 0
        };
        for line in live.players.iter().filter(is_nobody) {
            if let Some(surname) = surname(&line.name) {
                matchup.strangers.entry((&line.team, surname)).or_default().push(line);
            }
        }
        if !matchup.strangers.is_empty() {
            let boxed: HashSet<(&Team, &PlayerLookup)> =
                live.players.iter().map(|line| (&line.team, &line.player_lookup)).collect();
            for player in game.players.iter().filter(|it| !boxed.contains(&(&it.team, &it.lookup))) {
                if let Some(surname) = surname(&player.name) {
                    *matchup.lost.entry((&player.team, surname)).or_default() += 1;
                }
            }
        }
        matchup
    }

    /// The line of a player. There may be a namesake on the other team (facts F67), and upstream may have
    /// another first name or suffix (Alexandre for Alex Sarr): then the surname decides, if it is the only
    /// one of the team on either side that has no other match.
    pub(crate) fn line(&self, player: &slate::Player) -> Option<&'a LivePlayer> {
        let is_his = |line: &&LivePlayer| line.player_lookup == player.lookup && line.team == player.team;
        let by_surname = || {
            let key = (&player.team, surname(&player.name).filter(|_| !self.strangers.is_empty())?);
            match self.strangers.get(&key).map(Vec::as_slice) {
                Some([line]) if self.lost.get(&key) == Some(&1) => Some(*line),
                _ => None,
            }
        };
        self.live?.players.iter().find(is_his).or_else(by_surname)
    }
}

/// The last word of a name that is no suffix, in the letters of a lookup.
pub(crate) fn surname(name: &str) -> Option<PlayerLookup> {
    let is_suffix = |word: &&str| {
        let word = word.trim_end_matches('.').to_ascii_lowercase();
        ["jr", "sr", "ii", "iii", "iv", "v"].contains(&word.as_str())
    };
    name.split_whitespace().rfind(|word| !is_suffix(word)).and_then(|word| PlayerLookup::of(word).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surname_is_told_from_a_suffix_and_an_accent() {
        let text = |name| surname(name).map(String::from);
        for (name, expected) in [
            ("Jimmy Butler III", "butler"),
            ("Jimmy Butler", "butler"),
            ("Wendell Carter Jr.", "carter"),
            ("Nolan Traoré", "traore"),
            ("Nenê", "nene"),
        ] {
            assert_eq!(text(name).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(text("Jr."), None);
    }
}
