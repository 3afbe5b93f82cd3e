//! A game of any source, in validated types.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    hash::Hash,
};

use super::{MAX_TEXT, Rejected, Source, wire::Number};
use crate::nba::{
    GameState, GameStatus, NbaGameId, PlayerLookup, SlateDay, StatType, Team, TeamPair, elapsed_seconds,
    minutes_decimal,
};

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
    /// Its points; 0 before the game has begun.
    pub score: u32,
    /// Whether the source has no readable score, so that `score` is the sum of the players' points.
    pub lacks_score: bool,
    /// Everyone in its box.
    pub players: Vec<BoxScoreRow>,
    /// Those who do not play, as far as the source names them.
    pub inactive: Vec<Inactive>,
}

/// A player's box-score entry.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxScoreRow {
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
    /// Whether upstream has no points of a player who has played.
    pub lacks_points: bool,
    /// The other statistics of which upstream has no count, although the player has played.
    pub lacks: Vec<StatType>,
    /// Whether upstream lists the player on both sides, so that the team is uncertain.
    pub on_both_sides: bool,
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

/// The counters of a box score, ordered by the points first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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

/// Each game once: pages shift between two calls, and a source has listed a game in two states. The one with the most
/// play is the newest, and one without a score and players is none; of equal ones the last.
pub(super) fn deduplicate_games(games: Vec<Game>) -> Vec<Game> {
    let play = |game: &Game| {
        let GameState { status, period, time_remaining, .. } = &game.state;
        let rows = || game.sides().into_iter().flat_map(|side| &side.players);
        let players = rows().count();
        let score = game.home.score + game.visitor.score;
        (
            score > 0 || rows().any(BoxScoreRow::has_counts),
            elapsed_seconds(*status, *period, time_remaining),
            score,
            players,
        )
    };
    // An id is of one game: where it is of two, the teams tell them apart.
    let key = |game: &Game| (game.id.clone(), TeamPair::of(&game.home.team, &game.visitor.team));
    greatest_of_each(games, key, play)
}

/// The rows of a box score, each player once: the row with the most points, then with the most of the other counts; of
/// equal ones the last.
pub(super) fn deduplicate_rows(mut sides: [&mut Side; 2]) {
    forget_shared_ids(&mut sides);
    let key = |(_, row): &(usize, BoxScoreRow)| (row.bdl_id, row.nba_id, row.anonymous_key());
    let counts = |(_, row): &(usize, BoxScoreRow)| row.counters;
    let all = sides.iter_mut().enumerate().flat_map(|(side, of_side)| {
        std::mem::take(&mut of_side.players).into_iter().map(move |row| (side, row))
    });
    let all: Vec<(usize, BoxScoreRow)> = all.collect();
    let mut first_side = HashMap::with_capacity(all.len());
    let mut on_both = HashSet::new();
    for row in &all {
        if *first_side.entry(key(row)).or_insert(row.0) != row.0 {
            on_both.insert(key(row));
        }
    }
    for row in greatest_of_each(all, key, counts) {
        let on_both_sides = on_both.contains(&key(&row));
        let (side, row) = row;
        sides[side].players.push(BoxScoreRow { on_both_sides, ..row });
    }
}

/// Takes the ids from rows that share one although their names have no word in common: they are several players.
fn forget_shared_ids(sides: &mut [&mut Side; 2]) {
    let ids = |row: &BoxScoreRow| [row.bdl_id.map(|id| (0, id)), row.nba_id.map(|id| (1, id))];
    let words = |name: &str| -> HashSet<String> { name.split_whitespace().map(str::to_lowercase).collect() };
    let mut names: HashMap<(u8, i64), &str> = HashMap::new();
    let mut shared = HashSet::new();
    for row in sides.iter().flat_map(|side| &side.players) {
        for id in ids(row).into_iter().flatten() {
            match names.entry(id) {
                Entry::Vacant(place) => drop(place.insert(&row.name)),
                Entry::Occupied(known) => {
                    if words(known.get()).is_disjoint(&words(&row.name)) {
                        shared.insert(id);
                    }
                }
            }
        }
    }
    if shared.is_empty() {
        return;
    }
    for row in sides.iter_mut().flat_map(|side| &mut side.players) {
        row.bdl_id = row.bdl_id.filter(|id| !shared.contains(&(0, *id)));
        row.nba_id = row.nba_id.filter(|id| !shared.contains(&(1, *id)));
    }
}

/// The items with different keys, in the order of each key's first item; of several the greatest, else the last.
fn greatest_of_each<T, K: Eq + Hash, O: Ord>(
    items: Vec<T>,
    key: impl Fn(&T) -> K,
    order: impl Fn(&T) -> O,
) -> Vec<T> {
    let mut places: HashMap<K, usize> = HashMap::with_capacity(items.len());
    let mut once: Vec<T> = Vec::with_capacity(items.len());
    for item in items {
        match places.entry(key(&item)) {
            Entry::Vacant(place) => {
                place.insert(once.len());
                once.push(item);
            }
            Entry::Occupied(place) => {
                let known = &mut once[*place.get()];
                if order(&item) >= order(known) {
                    *known = item;
                }
            }
        }
    }
    once
}

impl BoxScoreRow {
    /// Whether the row shows play by a count; minutes aside.
    fn has_counts(&self) -> bool {
        self.counters != Counters::default()
    }

    /// What tells apart the rows without an id.
    fn anonymous_key(&self) -> Option<PlayerLookup> {
        (self.bdl_id.is_none() && self.nba_id.is_none()).then(|| self.lookup.clone())
    }
}

/// A player's points, and whether they are missing although the row shows play. On points that cannot be read the row
/// is refused, because everything depends on them.
pub(super) fn points_of(
    field: &str,
    points: Number,
    minutes: Option<&str>,
    others: &[Number],
) -> Result<(u32, bool), String> {
    let is_some = |count: &Number| count.known().is_some_and(|count| count > 0);
    let has_minutes = minutes.and_then(minutes_decimal).is_some_and(|minutes| minutes > 0.0);
    match points.count() {
        Ok(Some(points)) => Ok((points, false)),
        Ok(None) => Ok((0, has_minutes || others.iter().any(is_some))),
        Err(()) => Err(format!("{field}: expected a whole number from 0 to 999")),
    }
}

/// The statistics of which there is no count, although the row shows play.
pub(super) fn lacking(
    counters: &Counters,
    minutes: Option<&str>,
    counts: [(StatType, Number); 5],
) -> Vec<StatType> {
    let has_minutes = minutes.and_then(minutes_decimal).is_some_and(|minutes| minutes > 0.0);
    if !has_minutes && *counters == Counters::default() {
        return Vec::new();
    }
    counts
        .into_iter()
        .filter(|(_, count)| !matches!(count.count(), Ok(Some(_))))
        .map(|(stat, _)| stat)
        .collect()
}

/// The sum of offensive and defensive rebounds, where the rebounds are missing.
pub(super) fn rebounds_of(rebounds: Number, offensive: Number, defensive: Number) -> Number {
    match (rebounds, offensive, defensive) {
        (Number::Missing, Number::Of(offensive), Number::Of(defensive)) => {
            offensive.checked_add(defensive).map_or(Number::Missing, Number::Of)
        }
        (rebounds, ..) => rebounds,
    }
}

/// A team with its score. Where that cannot be read, or is missing or 0 although the game has begun and players have
/// points, it is the sum of these.
pub(super) fn with_score(side: Side, score: Number, status: GameStatus, unreadable: &mut usize) -> Side {
    let has_begun = status.has_begun();
    let of_players: u32 = side.players.iter().map(|player| player.counters.points).sum();
    match score.count() {
        Ok(Some(0)) if !has_begun || of_players == 0 => Side { score: 0, ..side },
        Ok(Some(score)) if score > 0 => Side { score, ..side },
        Ok(None) if !has_begun => side,
        count => {
            // A score may lag behind the rows, which is not worth a report.
            *unreadable += usize::from(count != Ok(Some(0)));
            Side { score: of_players, lacks_score: true, ..side }
        }
    }
}

/// Refuses a text that is too long to be what the field should hold.
pub(super) fn short((field, text): (&str, Option<&str>)) -> Result<(), String> {
    match text {
        Some(text) if text.chars().nth(MAX_TEXT).is_some() => {
            Err(format!("{field}: longer than {MAX_TEXT} characters"))
        }
        _ => Ok(()),
    }
}

/// A part that cannot be read, with the reason.
pub(super) fn reject(what: String, reason: String, raw: &serde_json::value::RawValue) -> Rejected {
    Rejected { what, reason, raw: raw.get().to_owned() }
}
