//! A player's lines: the points line, which a prediction is compared with, and those on other statistics.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{market::Market, prediction::Row};
use crate::nba::StatType;

/// A line of a player tonight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The statistic that the line is about.
    #[serde(default)]
    pub stat_type: StatType,
    /// The line, in units of the statistic.
    pub value: f64,
    /// Source of the line.
    pub source: LineSource,
    /// The first line of the day; `None` while it is this one.
    #[serde(default)]
    pub opening: Option<f64>,
    /// The line that most bookmakers offer; `None` where no bookmaker offers any.
    #[serde(default)]
    pub market: Option<f64>,
    /// Number of bookmakers that offer this line.
    #[serde(default)]
    pub books: u32,
    /// Best American odds that a bookmaker offers on more than this line.
    pub over_odds: Option<i64>,
    /// Best American odds that a bookmaker offers on less than this line.
    pub under_odds: Option<i64>,
}

/// Source of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LineSource {
    /// Bookmaker's line that the prediction was made against.
    Prediction,
    /// Line that most bookmakers offer now.
    Bettingpros,
    /// Estimated from the player's averages; no bookmaker offers it.
    EstimatedAvg,
}

impl Line {
    /// Takes over the opening line of the same line at an earlier read.
    pub(super) fn opens_as(&mut self, earlier: &Self) {
        self.opening = earlier.opening.or(Some(earlier.value)).filter(|opening| *opening != self.value);
    }

    /// The line `value` of a statistic, with the odds for exactly that line.
    fn at(stat_type: StatType, value: f64, source: LineSource, market: &Market) -> Self {
        Self {
            stat_type,
            value,
            source,
            opening: None,
            market: market.main,
            books: market.books(value),
            over_odds: market.over_odds(value),
            under_odds: market.under_odds(value),
        }
    }
}

/// Whether a player may have as many points.
fn is_plausible(value: f64) -> bool {
    value > 0.0 && value <= f64::from(StatType::Points.record())
}

/// The points line of a player: the prediction's own, else the one that most bookmakers offer, else an estimate.
pub(super) fn points(prediction: Option<&Row>, market: &Market) -> Option<Line> {
    let at = |value, source| Line::at(StatType::Points, value, source, market);
    let own = prediction.and_then(|row| row.bookmakers_line).filter(|value| is_plausible(*value));
    let own = own.map(|value| at(value, LineSource::Prediction));
    let offered = || market.main.map(|value| at(value, LineSource::Bettingpros));
    let estimated = || {
        let estimated = prediction.and_then(|row| row.estimated_line).filter(|value| is_plausible(*value));
        estimated.map(|value| at(value, LineSource::EstimatedAvg))
    };
    own.or_else(offered).or_else(estimated)
}

/// The line of another statistic that most bookmakers offer.
pub(super) fn offered(stat_type: StatType, market: &Market) -> Option<Line> {
    market.main.map(|value| Line::at(stat_type, value, LineSource::Bettingpros, market))
}
