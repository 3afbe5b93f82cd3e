//! The games of the slate matched with their box scores, and players with their entries.
//!
//! The rows carry the slate's lookups, by which an entry is found. The game still has to be found for a
//! player who was traded today and for one who appears only in a box score.

use std::{borrow::Cow, cell::LazyCell, collections::HashMap};

use chrono::{DateTime, Utc};
use shared::{
    nba::{NbaGameId, PlayerLookup, TeamPair},
    slate::{self, ScheduledGame, Slate, Unplaced},
};

use crate::live::{Document, InactivePlayer, LiveGame, LivePlayer};

/// A game and its box score, if there is one.
pub(crate) struct Matchup<'a> {
    pub scheduled: Cow<'a, ScheduledGame>,
    /// The slate's players in the game.
    pub players: Vec<Cow<'a, slate::Player>>,
    pub live: Option<&'a LiveGame>,
    /// Whether the slate has locked the game's lines; `None` where it lacks the game.
    is_locked: Option<bool>,
}

impl Matchup<'_> {
    /// Whether the game's lines no longer change: the slate was read after it began.
    pub fn is_locked(&self, now: DateTime<Utc>) -> bool {
        self.is_locked.unwrap_or_else(|| self.has_begun(now))
    }

    /// Whether a slate that is read at `now` has the game's lines locked.
    pub fn may_be_locked(&self, now: DateTime<Utc>) -> bool {
        self.is_locked(now) || self.has_begun(now)
    }

    /// Locks the game's lines: another slate that was read after it began has them so.
    pub fn lock(&mut self) {
        self.is_locked = Some(true);
    }

    fn has_begun(&self, now: DateTime<Utc>) -> bool {
        self.live.is_some_and(LiveGame::has_begun) || self.scheduled.has_begun(now)
    }
}

/// Matches each game of the slate with its box score in a live document, and adds the document's other games
/// in which a player has a prediction.
pub(crate) fn all<'a>(live: &'a Document, slate: &'a Slate) -> Vec<Matchup<'a>> {
    let boxes: HashMap<TeamPair, &LiveGame> = live.games.iter().map(|game| (game.pair(), &**game)).collect();
    // Needed for players without a row of play in their own game.
    let rows = LazyCell::new(|| rows_by_name(live));
    // The only row with a name that nobody else has, or the only one of it that shows play.
    let only_row = |lookup: &PlayerLookup| {
        let of_name = rows.get(lookup).filter(|_| slate.registry.count(lookup) <= 1)?;
        let mut played = of_name.iter().filter(|(_, row)| row.has_played());
        match (of_name.as_slice(), played.next(), played.next()) {
            ([row], ..) | (_, Some(row), None) => Some(*row),
            _ => None,
        }
    };
    let mut matchups = Matchups { all: Vec::with_capacity(slate.games.len()), of_pair: HashMap::new() };
    for game in &slate.games {
        let pair = game.scheduled.pair();
        let live = boxes.get(&pair).copied();
        let (scheduled, is_locked) = (Cow::Borrowed(&game.scheduled), Some(game.is_locked));
        matchups.add(pair, Matchup { scheduled, players: Vec::new(), live, is_locked });
    }
    for (index, game) in slate.games.iter().enumerate() {
        for player in &game.players {
            // A row without play is no reason against one with play on another team.
            let is_here_with_play = |row: &LivePlayer| {
                row.team == player.team && game.scheduled.has(&row.team) && row.has_played()
            };
            let has_row = matchups.all[index].box_score_entry(player).is_some_and(is_here_with_play);
            let is_here = || {
                let rows = rows.get(&player.lookup);
                rows.is_none_or(|rows| rows.iter().any(|(_, row)| is_here_with_play(row)))
            };
            let elsewhere = if has_row || is_here() { None } else { only_row(&player.lookup) };
            let elsewhere = elsewhere.filter(|(_, row)| row.team != player.team);
            let game_elsewhere = elsewhere.and_then(|(game, _)| matchups.place(game, None));
            match elsewhere.zip(game_elsewhere) {
                Some(((_, row), place)) => {
                    let player = slate::Player { team: row.team.clone(), ..player.clone() };
                    matchups.all[place].players.push(Cow::Owned(player));
                }
                None => matchups.all[index].players.push(Cow::Borrowed(player)),
            }
        }
    }
    for unplaced in &slate.unplaced {
        let lookup = &unplaced.player.lookup;
        let row = only_row(lookup).or_else(|| only_row_spelled(live, lookup));
        matchups.add_unplaced(unplaced, row, live);
    }
    matchups.all
}

/// The only row that its source spells so, of a player whom the other tables call otherwise.
fn only_row_spelled<'a>(live: &'a Document, lookup: &PlayerLookup) -> Option<(&'a LiveGame, &'a LivePlayer)> {
    let rows = live.games.iter().flat_map(|game| game.players.iter().map(move |row| (&**game, row)));
    let mut spelled = rows.filter(|(_, row)| row.spelled.as_ref() == Some(lookup));
    spelled.next().filter(|_| spelled.next().is_none())
}

/// The rows of all games by name; namesakes are several.
fn rows_by_name(live: &Document) -> HashMap<&PlayerLookup, Vec<(&LiveGame, &LivePlayer)>> {
    let mut rows: HashMap<&PlayerLookup, Vec<(&LiveGame, &LivePlayer)>> = HashMap::new();
    for game in &live.games {
        for row in &game.players {
            rows.entry(&row.player_lookup).or_insert_with(|| Vec::with_capacity(1)).push((game, row));
        }
    }
    rows
}

struct Matchups<'a> {
    all: Vec<Matchup<'a>>,
    of_pair: HashMap<TeamPair, usize>,
}

impl<'a> Matchups<'a> {
    fn add(&mut self, pair: TeamPair, matchup: Matchup<'a>) -> usize {
        self.all.push(matchup);
        *self.of_pair.entry(pair).or_insert(self.all.len() - 1)
    }

    /// The index of a box score's game; a game that the schedule lacks is built from the box score, under the
    /// NBA's id where known.
    fn place(&mut self, game: &'a LiveGame, id: Option<&NbaGameId>) -> Option<usize> {
        let pair = game.pair();
        if let Some(place) = self.of_pair.get(&pair) {
            return Some(*place);
        }
        let scheduled = ScheduledGame {
            id: game.nba_game_id.as_ref().or(id)?.clone(),
            home: game.home_team.clone(),
            away: game.away_team.clone(),
            tip_off: None,
            status: game.status,
            home_score: None,
            away_score: None,
        };
        let scheduled = Cow::Owned(scheduled);
        let matchup = Matchup { scheduled, players: Vec::new(), live: Some(game), is_locked: None };
        Some(self.add(pair, matchup))
    }

    /// Adds a player whom no table places in a game: to the game of the player's row, else to the one that
    /// the prediction names.
    fn add_unplaced(
        &mut self,
        unplaced: &'a Unplaced,
        row: Option<(&'a LiveGame, &'a LivePlayer)>,
        live: &'a Document,
    ) {
        let by_row =
            row.and_then(|(game, row)| Some((self.place(game, unplaced.game_id.as_ref())?, Some(row))));
        let is_named = |pair: &TeamPair, id: Option<&NbaGameId>| {
            unplaced.pair.as_ref() == Some(pair) || (id.is_some() && id == unplaced.game_id.as_ref())
        };
        let listed = || {
            let named = live.games.iter().find(|game| is_named(&game.pair(), game.nba_game_id.as_ref()));
            let of_team =
                || live.games.iter().find(|game| game.pair().teams().contains(&&unplaced.player.team));
            named.or_else(of_team)
        };
        let by_row = by_row.or_else(|| {
            let known = self.all.iter().position(|it| is_named(&it.scheduled.pair(), Some(&it.scheduled.id)));
            known.or_else(|| self.place(listed()?, unplaced.game_id.as_ref())).map(|place| (place, None))
        });
        let Some((place, row)) = by_row else {
            tracing::warn!(player = %unplaced.player.lookup, "a prediction's player is in no listed game; the prediction is not graded");
            return;
        };
        let player = match row {
            Some(row) => {
                let (lookup, name, team) = (row.player_lookup.clone(), row.name.clone(), row.team.clone());
                Cow::Owned(slate::Player { lookup, name, team, ..unplaced.player.clone() })
            }
            None => Cow::Borrowed(&unplaced.player),
        };
        let players = &mut self.all[place].players;
        let known = players.iter_mut().find(|it| it.lookup == player.lookup && it.team == player.team);
        match known {
            // The slate has the player under the other name, with a prediction of its own or without one.
            Some(known) if known.prediction.is_none() => {
                let line = known.line.clone().or_else(|| player.line.clone());
                *known = Cow::Owned(slate::Player {
                    prediction: player.prediction.clone(),
                    line,
                    ..slate::Player::clone(known)
                });
            }
            Some(_) => {}
            None => players.push(player),
        }
    }
}

impl<'a> Matchup<'a> {
    /// Why a player does not play, where the NBA's feed says so.
    pub(crate) fn inactive(&self, player: &slate::Player) -> Option<&'a InactivePlayer> {
        let is_same_player = |inactive: &&InactivePlayer| {
            inactive.player_lookup == player.lookup && inactive.team == player.team
        };
        self.live?.inactive.iter().find(is_same_player)
    }

    /// Whether the NBA's feed has listed the player as playing: it knows the player's row and does not list the player
    /// as inactive, or before tip-off, when it has no rows, it lists others.
    pub(crate) fn is_active(&self, player: &slate::Player) -> bool {
        let Some(live) = self.live else { return false };
        match self.box_score_entry(player).and_then(|row| row.nba_player_id) {
            Some(id) => !live.inactive.iter().any(|inactive| inactive.nba_player_id == id),
            None => !live.has_begun() && !live.inactive.is_empty() && self.inactive(player).is_none(),
        }
    }

    /// A player's box-score entry. There may be a namesake on the other team.
    pub(crate) fn box_score_entry(&self, player: &slate::Player) -> Option<&'a LivePlayer> {
        let is_same_player =
            |row: &&LivePlayer| row.player_lookup == player.lookup && row.team == player.team;
        self.live?.players.iter().find(is_same_player)
    }
}
