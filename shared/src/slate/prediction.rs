//! A player's prediction and the line that it is compared with.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Line;
use crate::{decimal, google::bigquery::Values};

/// A model's prediction of a player's points tonight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Predicted points.
    pub predicted: f64,
    /// Confidence of the model, 0–1; `None` where the source's number is on no known scale.
    pub confidence: Option<f64>,
    /// Recommended side of the line.
    pub recommendation: Recommendation,
    /// Instant at which the model wrote or last changed it.
    pub made_at: DateTime<Utc>,
    /// Whether it was deactivated before tip-off because the player is out.
    pub is_withdrawn: bool,
    /// The largest components of the predicted points, largest first: `Pace +1.2`.
    #[serde(default)]
    pub factors: Vec<String>,
}

/// The most components that are published.
const MAX_FACTORS: usize = 4;

/// Recommended side of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Recommendation {
    /// More points than the line.
    Over,
    /// Fewer points than the line.
    Under,
    /// Neither side is recommended.
    Pass,
    /// There is no line.
    NoLine,
}

impl Recommendation {
    /// The side of the line on which the predicted number lies.
    pub(super) fn by_number(predicted: f64, line: f64) -> Self {
        match predicted.total_cmp(&line) {
            Ordering::Greater => Self::Over,
            Ordering::Less => Self::Under,
            Ordering::Equal => Self::Pass,
        }
    }
}

/// A row of the predictions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub player_lookup: CompactString,
    pub universal_player_id: Option<CompactString>,
    pub game_id: CompactString,
    pub predicted_points: f64,
    pub confidence_score: f64,
    pub recommendation: CompactString,
    /// The line that the prediction was made against, if a bookmaker offered it.
    pub bookmakers_line: Option<f64>,
    /// The line that the prediction was made against, if it is an estimate.
    pub estimated_line: Option<f64>,
    pub is_active: bool,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970; often null.
    pub updated_at: Option<i64>,
    /// The components in tenths of a point; `predictions.sql` says in which order.
    pub adjustments: String,
}

/// The components of a prediction, in the order of `adjustments`.
const COMPONENTS: [&str; 8] =
    ["Fatigue", "Shot zones", "Referees", "Look-ahead", "Pace", "Usage", "Home or away", "Other"];

impl Row {
    /// The prediction with its recommendation for the line that was found.
    pub(super) fn against(&self, line: Option<&Line>) -> Prediction {
        let recommended = match self.recommendation.as_str() {
            "OVER" => Recommendation::Over,
            "UNDER" => Recommendation::Under,
            "PASS" => Recommendation::Pass,
            _ => Recommendation::NoLine,
        };
        let made_against = self.bookmakers_line.or(self.estimated_line);
        let recommendation = match line {
            None => Recommendation::NoLine,
            Some(line) if made_against == Some(line.value) && recommended != Recommendation::NoLine => {
                recommended
            }
            // The recommendation was for another line or for none: the predicted number decides.
            Some(line) => Recommendation::by_number(self.predicted_points, line.value),
        };
        Prediction {
            predicted: self.predicted_points,
            confidence: confidence(self.confidence_score),
            recommendation,
            made_at: instant(self.updated_at.map_or(self.created_at, |at| at.max(self.created_at))),
            is_withdrawn: false,
            factors: self.factors(),
        }
    }

    /// The largest components of the prediction, in points to one decimal.
    fn factors(&self) -> Vec<String> {
        let mut values = Values::of(&self.adjustments);
        let mut components: Vec<(&str, i64)> =
            COMPONENTS.into_iter().filter_map(|name| Some((name, values.next()?))).collect();
        components.retain(|(_, tenths)| *tenths != 0);
        components.sort_by_key(|(_, tenths)| std::cmp::Reverse(tenths.abs()));
        let largest = components.into_iter().take(MAX_FACTORS);
        largest.map(|(name, tenths)| format!("{name} {:+.1}", decimal::ratio(tenths, 10, 1))).collect()
    }

    fn is_made_by(&self, tip_off: DateTime<Utc>) -> bool {
        instant(self.created_at) <= tip_off
    }

    /// Whether it was active at tip-off and deactivated later.
    fn was_active_at(&self, tip_off: DateTime<Utc>) -> bool {
        let deactivated = self.updated_at.map(instant);
        !self.is_active && self.is_made_by(tip_off) && deactivated.is_some_and(|instant| instant > tip_off)
    }
}

fn instant(microseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(microseconds).unwrap_or_default()
}

/// The rows of one player: the active one, and the one that was deactivated last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rows<'a> {
    active: Option<&'a Row>,
    inactive: Option<&'a Row>,
}

impl<'a> Rows<'a> {
    /// Adds a row, unless one of its kind is there: the rows come in their order of precedence.
    pub(super) fn add(&mut self, row: &'a Row) {
        let place = if row.is_active { &mut self.active } else { &mut self.inactive };
        place.get_or_insert(row);
    }

    /// The row to publish, and whether it was withdrawn because the player is out. Changes after tip-off do
    /// not replace the row that was active at tip-off.
    pub(super) fn published(self, tip_off: Option<DateTime<Utc>>, is_out: bool) -> Option<(&'a Row, bool)> {
        let at_tip_off = self.inactive.zip(tip_off).filter(|(row, tip_off)| row.was_active_at(*tip_off));
        let is_in_time = |row: &Row| tip_off.is_none_or(|tip_off| row.is_made_by(tip_off));
        match (self.active.filter(|row| is_in_time(row)), at_tip_off) {
            (Some(active), _) => Some((active, false)),
            (None, Some((row, _))) => Some((row, false)),
            (None, None) => self.inactive.filter(|_| is_out).map(|row| (row, true)),
        }
    }
}

/// Normalises to 0–1 the scores of models, some of which write 0–1 and others 0–100.
fn confidence(score: f64) -> Option<f64> {
    match score {
        0.0..=1.0 => Some(score),
        1.0..=100.0 => Some((score * 100.0).round() / 10_000.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::{LineSource, points};
    use super::super::market::{Market, Offer};
    use super::*;
    use crate::nba::StatType;

    fn row(line: Option<f64>, source: &str, recommendation: &str) -> Row {
        Row {
            player_lookup: "x".into(),
            universal_player_id: None,
            game_id: "0022500555".into(),
            predicted_points: 21.4,
            confidence_score: 92.0,
            recommendation: recommendation.into(),
            bookmakers_line: line.filter(|_| source != "ESTIMATED_AVG"),
            estimated_line: line.filter(|_| source == "ESTIMATED_AVG"),
            is_active: true,
            created_at: 0,
            updated_at: None,
            adjustments: "|||||||".into(),
        }
    }

    fn market(line: f64) -> Market {
        let offer = Offer::parse(&format!("10|{}|0|-110|-108", line * 10.0), DateTime::default());
        Market::of(offer.into_iter(), None)
    }

    #[test]
    fn f3_a_prediction_without_a_line_takes_the_bookmakers_and_its_side_from_the_number() {
        let row = row(None, "NO_PROP_LINE", "NO_LINE");
        let line = points(Some(&row), &market(20.5)).expect("a line");
        let expected = Line {
            stat_type: StatType::Points,
            value: 20.5,
            source: LineSource::Bettingpros,
            opening: None,
            market: Some(20.5),
            books: 1,
            over_odds: Some(-110),
            under_odds: Some(-108),
        };
        assert_eq!(line, expected);
        assert_eq!(row.against(Some(&line)).recommendation, Recommendation::Over);
        assert_eq!(row.against(None).recommendation, Recommendation::NoLine);
    }

    #[test]
    fn a_prediction_s_own_line_wins_over_the_bookmakers_and_theirs_over_an_estimate() {
        let source =
            |row: &Row, market: &Market| points(Some(row), market).map(|line| (line.value, line.source));
        let own = row(Some(22.5), "ACTUAL_PROP", "UNDER");
        let market = market(20.5);
        assert_eq!(source(&own, &market), Some((22.5, LineSource::Prediction)));
        assert_eq!(points(Some(&own), &market).and_then(|line| line.over_odds), None, "none at that line");
        let estimated = row(Some(15.5), "ESTIMATED_AVG", "OVER");
        assert_eq!(source(&estimated, &market), Some((20.5, LineSource::Bettingpros)));
        assert_eq!(source(&estimated, &Market::default()), Some((15.5, LineSource::EstimatedAvg)));
        assert_eq!(source(&row(None, "NO_PROP_LINE", "NO_LINE"), &Market::default()), None);
    }

    #[test]
    fn a_models_recommendation_is_kept_for_the_line_it_was_made_against() {
        for (recommended, expected) in [
            ("OVER", Recommendation::Over),
            ("UNDER", Recommendation::Under),
            ("PASS", Recommendation::Pass),
            ("NO_LINE", Recommendation::Under),
        ] {
            let row = row(Some(22.5), "ACTUAL_PROP", recommended);
            let line = points(Some(&row), &Market::default());
            assert_eq!(row.against(line.as_ref()).recommendation, expected, "{recommended}");
        }
    }

    #[test]
    fn the_four_largest_components_of_a_prediction_are_published_in_points() {
        let row = Row { adjustments: "-15||0||3|20|5|-1".into(), ..row(Some(22.5), "ACTUAL_PROP", "UNDER") };
        assert_eq!(row.factors(), ["Usage +2.0", "Fatigue -1.5", "Home or away +0.5", "Pace +0.3"]);
        assert!(self::row(None, "NO_PROP_LINE", "NO_LINE").factors().is_empty());
    }

    #[test]
    fn confidence_has_one_scale_whatever_the_source_wrote() {
        for (written, expected) in [
            (0.0, Some(0.0)),
            (0.57, Some(0.57)),
            (1.0, Some(1.0)),
            (92.0, Some(0.92)),
            (79.25, Some(0.7925)),
            (100.0, Some(1.0)),
            (101.0, None),
            (-1.0, None),
            (f64::NAN, None),
        ] {
            assert_eq!(confidence(written), expected, "{written}");
        }
    }
}
