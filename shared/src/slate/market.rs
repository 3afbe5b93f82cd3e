//! Bookmakers' offers on a player, and the main line among them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::StatType;

/// Sources in the odds table that are not bookmakers, by `book_id` of `bettingpros_player_points_props`: the consensus is
/// computed from the others, and pick'em games have payouts instead of odds.
const NO_BOOKMAKERS: [(i64, &str); 5] =
    [(0, "BettingPros Consensus"), (60, "PrizePicks"), (63, "Underdog"), (39, "Sleeper"), (45, "PropSwap")];

/// Updates of a book within this time belong to one snapshot of its offers.
const ONE_LOOK: TimeDelta = TimeDelta::minutes(10);

/// American odds within which each side of a main line lies.
const NEAR_EVEN: std::ops::RangeInclusive<i64> = -200..=170;

/// A line that a book offers on one side, or has withdrawn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Offer {
    pub player_lookup: CompactString,
    pub bp_player_id: i64,
    pub player_name: CompactString,
    pub player_team: CompactString,
    pub book_id: i64,
    pub market_type: StatType,
    /// The line of any statistic, despite its name.
    pub points_line: f64,
    pub bet_side: CompactString,
    pub odds_american: i64,
    pub is_active: bool,
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub bookmaker_last_update: DateTime<Utc>,
}

/// The bookmakers' offers on one statistic of a player.
#[derive(Debug, Default)]
pub(super) struct Market {
    /// The line that most books have as their main one.
    pub main: Option<f64>,
    quotes: Vec<Quote>,
}

/// A line of a book, with the odds of each side that it offers.
#[derive(Clone, Copy, Debug)]
struct Quote {
    line: f64,
    over: Option<i64>,
    under: Option<i64>,
    at: DateTime<Utc>,
}

impl Market {
    /// The market of `offers`, all on one statistic of a player, at the tip-off of the player's game, or now where tip-off
    /// is ahead or unknown.
    pub(super) fn of(offers: &[&Offer], tip_off: Option<DateTime<Utc>>) -> Self {
        let is_bookmaker = |offer: &&&Offer| !NO_BOOKMAKERS.iter().any(|(id, _)| *id == offer.book_id);
        let in_time = |offer: &&&Offer| tip_off.is_none_or(|tip_off| offer.bookmaker_last_update <= tip_off);
        let mut newest: HashMap<(i64, bool, i64), &Offer> = HashMap::new();
        for offer in offers.iter().filter(is_bookmaker).filter(in_time) {
            let Some(tenths) = tenths(offer.points_line) else { continue };
            let is_over = match offer.bet_side.as_str() {
                "over" => true,
                "under" => false,
                _ => continue,
            };
            let known = newest.entry((offer.book_id, is_over, tenths)).or_insert(offer);
            let is_newer = |one: &Offer, other: &Offer| {
                (one.bookmaker_last_update, one.is_active) > (other.bookmaker_last_update, other.is_active)
            };
            if is_newer(offer, known) {
                *known = offer;
            }
        }
        let mut books: BTreeMap<i64, BTreeMap<i64, Quote>> = BTreeMap::new();
        for ((book, is_over, tenths), offer) in newest {
            if !offer.is_active {
                continue;
            }
            let at = offer.bookmaker_last_update;
            let new = Quote { line: offer.points_line, over: None, under: None, at };
            let quote = books.entry(book).or_default().entry(tenths).or_insert(new);
            let side = if is_over { &mut quote.over } else { &mut quote.under };
            *side = Some(offer.odds_american);
            quote.at = quote.at.max(at);
        }
        let mut votes = Vec::new();
        let mut quotes = Vec::new();
        for of_book in books.into_values() {
            let of_book: Vec<Quote> = of_book.into_values().collect();
            let Some(main) = main_of(&of_book) else { continue };
            // Quotes that the book did not refresh with its main line date from before the line moved.
            quotes.extend(of_book.into_iter().filter(|quote| quote.at >= main.at - ONE_LOOK));
            votes.push(main);
        }
        Self { main: elected(&votes), quotes }
    }

    /// The best odds that a bookmaker offers on more than `line`.
    pub(super) fn over_odds(&self, line: f64) -> Option<i64> {
        self.at(line).filter_map(|quote| quote.over).max()
    }

    /// The best odds that a bookmaker offers on less than `line`.
    pub(super) fn under_odds(&self, line: f64) -> Option<i64> {
        self.at(line).filter_map(|quote| quote.under).max()
    }

    /// The number of bookmakers that offer `line`.
    pub(super) fn books(&self, line: f64) -> u32 {
        u32::try_from(self.at(line).count()).unwrap_or(u32::MAX)
    }

    fn at(&self, line: f64) -> impl Iterator<Item = &Quote> {
        self.quotes.iter().filter(move |quote| tenths(quote.line) == tenths(line))
    }
}

/// The main line of a book: of the lines quoted on both sides near even, the one nearest to even; without
/// such, the nearest of those on both sides, then of those on one side; always among the newest.
fn main_of(quotes: &[Quote]) -> Option<Quote> {
    let tests: [fn(&Quote) -> bool; 3] = [Quote::is_near_even, Quote::has_both_sides, |_| true];
    tests.into_iter().find_map(|test| {
        let candidates = || quotes.iter().filter(|quote| test(quote));
        let newest = candidates().map(|quote| quote.at).max()?;
        let recent = candidates().filter(|quote| quote.at >= newest - ONE_LOOK);
        recent.min_by(|a, b| a.unevenness().total_cmp(&b.unevenness())).copied()
    })
}

/// The line that most books have as their main one, where books that quote theirs near even take precedence.
/// A tie goes to the line nearer to even, then to the lower one.
fn elected(votes: &[Quote]) -> Option<f64> {
    let has_even = votes.iter().any(Quote::is_near_even);
    let mut lines: BTreeMap<i64, Vec<&Quote>> = BTreeMap::new();
    for quote in votes.iter().filter(|quote| !has_even || quote.is_near_even()) {
        lines.entry(tenths(quote.line)?).or_default().push(quote);
    }
    #[allow(clippy::cast_precision_loss, reason = "books are few")]
    let unevenness =
        |quotes: &[&Quote]| quotes.iter().map(|quote| quote.unevenness()).sum::<f64>() / quotes.len() as f64;
    let best = lines.into_values().reduce(|best, other| {
        let is_better = other.len() > best.len()
            || (other.len() == best.len() && unevenness(&other) + 1e-9 < unevenness(&best));
        if is_better { other } else { best }
    })?;
    best.first().map(|quote| quote.line)
}

impl Quote {
    fn has_both_sides(&self) -> bool {
        self.over.is_some() && self.under.is_some()
    }

    fn is_near_even(&self) -> bool {
        let is_near = |odds: Option<i64>| odds.is_some_and(|odds| NEAR_EVEN.contains(&odds));
        is_near(self.over) && is_near(self.under)
    }

    /// The difference between the implied chances of the two sides; of a single side, its distance from a
    /// half.
    fn unevenness(&self) -> f64 {
        match (self.over.map(implied), self.under.map(implied)) {
            (Some(over), Some(under)) => (over - under).abs(),
            (Some(side), None) | (None, Some(side)) => 2.0 * (side - 0.5).abs(),
            (None, None) => 1.0,
        }
    }
}

/// The implied chance of American odds.
fn implied(odds: i64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "odds are small")]
    let odds = odds as f64;
    if odds > 0.0 { 100.0 / (odds + 100.0) } else { -odds / (100.0 - odds) }
}

/// Lines are halves, and are compared in tenths.
fn tenths(line: f64) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation, reason = "lines are below 100")]
    (line.is_finite() && line.abs() < 1e6).then(|| (line * 10.0).round() as i64)
}
