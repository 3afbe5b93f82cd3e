//! A player's prediction and the line that it is compared with.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::market::Market;

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
}

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

/// The points line of a player tonight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointsLine {
    /// The line, points.
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
    /// Best American odds that a bookmaker offers on more points than this line.
    pub over_odds: Option<i64>,
    /// Best American odds that a bookmaker offers on fewer points than this line.
    pub under_odds: Option<i64>,
}

/// Source of a points line.
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

/// A row of the predictions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub player_lookup: CompactString,
    pub universal_player_id: Option<CompactString>,
    pub game_id: CompactString,
    pub predicted_points: f64,
    pub confidence_score: f64,
    pub recommendation: CompactString,
    pub current_points_line: Option<f64>,
    pub line_source: Option<CompactString>,
    pub estimated_line_value: Option<f64>,
    pub is_active: bool,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970; often null.
    pub updated_at: Option<i64>,
    pub prediction_version: i64,
    pub system_id: CompactString,
    pub prediction_id: String,
}

impl Row {
    /// Whether this row of the same player and game takes precedence over `other`, by the query's order: the
    /// query cannot compare rows that name the game in different forms.
    pub(super) fn goes_before(&self, other: &Row) -> bool {
        let newness = |row: &Row| {
            (row.own_line().is_some(), row.updated_at.unwrap_or(row.created_at), row.prediction_version)
        };
        let names = |row: &Row| (row.system_id.clone(), row.prediction_id.clone());
        newness(self).cmp(&newness(other)).then_with(|| names(other).cmp(&names(self))).is_gt()
    }

    /// A bookmaker's line that the prediction was made against.
    fn own_line(&self) -> Option<f64> {
        self.current_points_line.filter(|_| self.line_source.as_deref() != Some("ESTIMATED_AVG"))
    }

    fn estimated_line(&self) -> Option<f64> {
        self.current_points_line.or(self.estimated_line_value)
    }

    /// The prediction with its recommendation for the line that was found.
    pub(super) fn against(&self, line: Option<&PointsLine>) -> Prediction {
        let said = match self.recommendation.as_str() {
            "OVER" => Recommendation::Over,
            "UNDER" => Recommendation::Under,
            "PASS" => Recommendation::Pass,
            _ => Recommendation::NoLine,
        };
        let held = self.current_points_line.or(self.estimated_line_value);
        let recommendation = match line {
            None => Recommendation::NoLine,
            Some(line) if held == Some(line.value) && said != Recommendation::NoLine => said,
            // The recommendation was for another line or for none: the predicted number decides.
            Some(line) => Recommendation::by_number(self.predicted_points, line.value),
        };
        Prediction {
            predicted: self.predicted_points,
            confidence: confidence(self.confidence_score),
            recommendation,
            made_at: instant(self.updated_at.map_or(self.created_at, |at| at.max(self.created_at))),
            is_withdrawn: false,
        }
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
    /// Adds a row, unless a better one of its kind is there.
    pub(super) fn add(&mut self, row: &'a Row) {
        let place = if row.is_active { &mut self.active } else { &mut self.inactive };
        if place.is_none_or(|known| row.goes_before(known)) {
            *place = Some(row);
        }
    }

    /// The row that counts, and whether it was withdrawn because the player is out. Changes after tip-off do
    /// not replace the row that stood at tip-off.
    pub(super) fn standing(self, tip_off: Option<DateTime<Utc>>, is_out: bool) -> Option<(&'a Row, bool)> {
        let stood = self.inactive.zip(tip_off).filter(|(row, tip_off)| row.was_active_at(*tip_off));
        let is_in_time = |row: &Row| tip_off.is_none_or(|tip_off| row.is_made_by(tip_off));
        match (self.active, stood) {
            (Some(active), Some((stood, _))) if !is_in_time(active) => Some((stood, false)),
            (Some(active), _) => Some((active, false)),
            (None, Some((stood, _))) => Some((stood, false)),
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

/// The line of a player: the prediction's own, else the one that most bookmakers offer, else an estimate. The
/// odds are those for exactly that line.
pub(super) fn line(prediction: Option<&Row>, market: &Market) -> Option<PointsLine> {
    let at = |value: f64, source| PointsLine {
        value,
        source,
        opening: None,
        market: market.main,
        books: market.books(value),
        over_odds: market.over_odds(value),
        under_odds: market.under_odds(value),
    };
    let own = prediction.and_then(Row::own_line).map(|value| at(value, LineSource::Prediction));
    let market = || market.main.map(|value| at(value, LineSource::Bettingpros));
    let estimated =
        || prediction.and_then(Row::estimated_line).map(|value| at(value, LineSource::EstimatedAvg));
    own.or_else(market).or_else(estimated)
}

#[cfg(test)]
mod tests {
    use super::super::market::Offer;
    use super::*;

    fn row(line: Option<f64>, source: &str, recommendation: &str) -> Row {
        Row {
            player_lookup: "x".into(),
            universal_player_id: None,
            game_id: "0022500555".into(),
            predicted_points: 21.4,
            confidence_score: 92.0,
            recommendation: recommendation.into(),
            current_points_line: line,
            line_source: Some(source.into()),
            estimated_line_value: None,
            is_active: true,
            created_at: 0,
            updated_at: None,
            prediction_version: 1,
            system_id: "catboost_v9".into(),
            prediction_id: "1".into(),
        }
    }

    fn market(line: f64) -> Market {
        let offer = |side: &str, odds_american| Offer {
            player_lookup: "x".into(),
            bp_player_id: 1,
            player_name: "X".into(),
            player_team: "BOS".into(),
            book_id: 10,
            points_line: line,
            bet_side: side.into(),
            odds_american,
            is_active: true,
            bookmaker_last_update: DateTime::UNIX_EPOCH,
        };
        Market::of(&[&offer("over", -110), &offer("under", -108)], None)
    }

    #[test]
    fn f3_a_prediction_without_a_line_takes_the_bookmakers_and_its_side_from_the_number() {
        let row = row(None, "NO_PROP_LINE", "NO_LINE");
        let line = line(Some(&row), &market(20.5)).expect("a line");
        let expected = PointsLine {
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
            |row: &Row, market: &Market| line(Some(row), market).map(|line| (line.value, line.source));
        let own = row(Some(22.5), "ACTUAL_PROP", "UNDER");
        let market = market(20.5);
        assert_eq!(source(&own, &market), Some((22.5, LineSource::Prediction)));
        assert_eq!(line(Some(&own), &market).and_then(|line| line.over_odds), None, "none at that line");
        let estimated = row(Some(15.5), "ESTIMATED_AVG", "OVER");
        assert_eq!(source(&estimated, &market), Some((20.5, LineSource::Bettingpros)));
        assert_eq!(source(&estimated, &Market::default()), Some((15.5, LineSource::EstimatedAvg)));
        assert_eq!(source(&row(None, "NO_PROP_LINE", "NO_LINE"), &Market::default()), None);
    }

    #[test]
    fn what_a_model_said_stands_for_its_own_line() {
        for (said, expected) in [
            ("OVER", Recommendation::Over),
            ("UNDER", Recommendation::Under),
            ("PASS", Recommendation::Pass),
            ("NO_LINE", Recommendation::Under),
        ] {
            let row = row(Some(22.5), "ACTUAL_PROP", said);
            let line = line(Some(&row), &Market::default());
            assert_eq!(row.against(line.as_ref()).recommendation, expected, "{said}");
        }
    }

    #[test]
    fn f17_an_invented_line_does_not_win_over_a_bookmaker_s() {
        let real = row(Some(24.5), "ACTUAL_PROP", "OVER");
        let invented = Row { created_at: 1, ..row(Some(20.0), "ESTIMATED_AVG", "OVER") };
        assert!(real.goes_before(&invented) && !invented.goes_before(&real));
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
