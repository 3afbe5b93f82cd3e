//! Bookmakers' offers on a player, and the main line among them.

use std::{cmp::Reverse, collections::BTreeMap};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::nba::StatType;
use crate::{
    Error, decimal,
    google::bigquery::{BigQuery, Parameter, Values},
    nba::SlateDay,
};

/// Sources in the odds table that are not bookmakers, by `book_id` of `bettingpros_player_points_props`: the
/// consensus is computed from the others, and pick'em games have payouts instead of odds.
const EXCLUDED_SOURCES: [(i64, &str); 5] =
    [(0, "BettingPros Consensus"), (60, "PrizePicks"), (63, "Underdog"), (39, "Sleeper"), (45, "PropSwap")];

/// Updates of a book within this time belong to one snapshot of its offers.
const SNAPSHOT_WINDOW: TimeDelta = TimeDelta::minutes(10);

/// American odds within which each side of a main line lies.
const NEAR_EVEN: std::ops::RangeInclusive<i64> = -200..=170;

/// A player's row of the odds table, with the offers on each statistic as one text; `lines.sql` says in which order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub player_lookup: CompactString,
    pub bp_player_id: i64,
    pub player_name: CompactString,
    pub player_team: CompactString,
    pub points: Option<String>,
    pub rebounds: Option<String>,
    pub assists: Option<String>,
    pub threes: Option<String>,
    pub steals: Option<String>,
    pub blocks: Option<String>,
}

/// A line of a book, as it was offered or withdrawn by one update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Offer {
    book: i64,
    tenths: i64,
    at: DateTime<Utc>,
    is_active: bool,
    /// American odds of each side; `None` for a side that the update did not touch.
    over: Option<i64>,
    under: Option<i64>,
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
    tenths: i64,
    over: Option<i64>,
    under: Option<i64>,
    at: DateTime<Utc>,
}

/// One side of an offer.
struct Side {
    book: i64,
    tenths: i64,
    is_over: bool,
    at: DateTime<Utc>,
    is_active: bool,
    odds: i64,
}

/// Reads the bookmakers' offers on the players of `day`.
pub(super) async fn rows(bigquery: &BigQuery, day: SlateDay) -> Result<Vec<Row>, Error> {
    let excluded_sources = EXCLUDED_SOURCES.map(|(id, _)| id.to_string()).join("|");
    let parameters = [
        Parameter::date("game_date", day),
        Parameter::text("excluded_sources", format!("|{excluded_sources}|")),
    ];
    bigquery.query(include_str!("../../sql/lines.sql"), &parameters).await
}

impl Row {
    /// The offers of `day` on a statistic. One that cannot be read is left out; the query writes none.
    pub(super) fn offers(&self, stat: StatType, day: SlateDay) -> impl Iterator<Item = Offer> {
        let text = match stat {
            StatType::Points => &self.points,
            StatType::Rebounds => &self.rebounds,
            StatType::Assists => &self.assists,
            StatType::Threes => &self.threes,
            StatType::Steals => &self.steals,
            StatType::Blocks => &self.blocks,
        };
        let midnight = day.date().and_time(NaiveTime::MIN).and_utc();
        let offers = text.iter().flat_map(|text| text.split(';'));
        let offers = offers.filter_map(move |offer| Offer::parse(offer, midnight));
        offers.filter(move |offer| offer.tenths <= 10 * i64::from(stat.record()))
    }
}

impl Offer {
    /// Reads an offer whose update is told in seconds from `midnight`.
    pub(super) fn parse(text: &str, midnight: DateTime<Utc>) -> Option<Self> {
        let mut values = Values::of(text);
        Some(Self {
            book: values.next()?,
            // Nobody offers less than half a point: 0 stands for a number that the feed did not have.
            tenths: values.next().filter(|tenths| *tenths > 0)?,
            at: midnight.checked_add_signed(TimeDelta::try_seconds(values.next()?)?)?,
            over: values.next(),
            under: values.next(),
            is_active: values.text() != "0",
        })
    }

    fn sides(self) -> impl Iterator<Item = Side> {
        let Self { book, tenths, at, is_active, .. } = self;
        let side = move |(is_over, odds): (bool, Option<i64>)| {
            Some(Side { book, tenths, is_over, at, is_active, odds: odds? })
        };
        [(true, self.over), (false, self.under)].into_iter().filter_map(side)
    }
}

impl Market {
    /// The market of `offers`, all on one statistic of a player, at the tip-off of the player's game, or now where
    /// tip-off is ahead or unknown.
    pub(super) fn of(offers: impl Iterator<Item = Offer>, tip_off: Option<DateTime<Utc>>) -> Self {
        let in_time = |offer: &Offer| tip_off.is_none_or(|tip_off| offer.at <= tip_off);
        let mut sides: Vec<Side> = offers.filter(in_time).flat_map(Offer::sides).collect();
        // Of each side of a line the newest update counts.
        sides.sort_unstable_by_key(|side| {
            (side.book, side.tenths, side.is_over, Reverse((side.at, side.is_active)))
        });
        sides.dedup_by_key(|side| (side.book, side.tenths, side.is_over));
        sides.retain(|side| side.is_active);
        let mut votes = Vec::new();
        let mut quotes = Vec::new();
        for of_book in sides.chunk_by(|one, other| one.book == other.book) {
            let lines = of_book.chunk_by(|one, other| one.tenths == other.tenths);
            let of_book: Vec<Quote> = lines.filter_map(Quote::of).collect();
            let Some(main) = main_line(&of_book) else { continue };
            // Quotes that the book did not refresh with its main line date from before the line moved.
            quotes.extend(of_book.into_iter().filter(|quote| quote.at >= main.at - SNAPSHOT_WINDOW));
            votes.push(main);
        }
        Self { main: most_common_line(&votes), quotes }
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
        self.quotes.iter().filter(move |quote| decimal::tenths(line) == quote.tenths)
    }
}

/// The main line of a book: of the lines quoted on both sides near even, the one nearest to even; without
/// such, the nearest of those on both sides, then of those on one side; always among the newest.
fn main_line(quotes: &[Quote]) -> Option<Quote> {
    let tests: [fn(&Quote) -> bool; 3] = [Quote::is_near_even, Quote::has_both_sides, |_| true];
    tests.into_iter().find_map(|test| {
        let candidates = || quotes.iter().filter(|quote| test(quote));
        let newest = candidates().map(|quote| quote.at).max()?;
        let recent = candidates().filter(|quote| quote.at >= newest - SNAPSHOT_WINDOW);
        recent.min_by(|a, b| a.unevenness().total_cmp(&b.unevenness())).copied()
    })
}

/// The line that most books have as their main one, where books that quote theirs near even take precedence.
/// A tie goes to the line nearer to even, then to the lower one.
fn most_common_line(votes: &[Quote]) -> Option<f64> {
    let has_even = votes.iter().any(Quote::is_near_even);
    let mut lines: BTreeMap<i64, Vec<&Quote>> = BTreeMap::new();
    for quote in votes.iter().filter(|quote| !has_even || quote.is_near_even()) {
        lines.entry(quote.tenths).or_default().push(quote);
    }
    #[allow(clippy::cast_precision_loss, reason = "books are few")]
    let unevenness =
        |quotes: &[&Quote]| quotes.iter().map(|quote| quote.unevenness()).sum::<f64>() / quotes.len() as f64;
    let best = lines.into_values().reduce(|best, other| {
        let is_better = other.len() > best.len()
            || (other.len() == best.len() && unevenness(&other) + 1e-9 < unevenness(&best));
        if is_better { other } else { best }
    })?;
    best.first().map(|quote| decimal::ratio(quote.tenths, 10, 1))
}

impl Quote {
    /// The sides of one line of a book.
    fn of(sides: &[Side]) -> Option<Self> {
        let odds = |is_over| sides.iter().find(|side| side.is_over == is_over).map(|side| side.odds);
        let newest = sides.iter().max_by_key(|side| side.at)?;
        Some(Self { tenths: newest.tenths, over: odds(true), under: odds(false), at: newest.at })
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_read_as_the_query_writes_them() {
        let row = Row {
            player_lookup: "jaylenbrown".into(),
            bp_player_id: 71,
            player_name: "Jaylen Brown".into(),
            player_team: "BOS".into(),
            points: Some(
                "12|245|64800|-110|-105;12|245|-60||120|0;12|many|0|1|1;12|10000|0|-110|-110".into(),
            ),
            rebounds: None,
            assists: Some("10|65|0|-110|".into()),
            threes: None,
            steals: None,
            blocks: None,
        };
        let day: SlateDay = "2026-01-09".parse().expect("a day");
        let offer = |at: &str, over, under, is_active| Offer {
            book: 12,
            tenths: 245,
            at: at.parse().expect("an instant"),
            is_active,
            over,
            under,
        };
        let expected = [
            offer("2026-01-09T18:00:00Z", Some(-110), Some(-105), true),
            offer("2026-01-08T23:59:00Z", None, Some(120), false),
        ];
        assert_eq!(row.offers(StatType::Points, day).collect::<Vec<_>>(), expected);
        let counts = [StatType::Assists, StatType::Rebounds].map(|stat| row.offers(stat, day).count());
        assert_eq!(counts, [1, 0]);
    }
}
