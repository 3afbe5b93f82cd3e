//! A player's form and fatigue.

use chrono::NaiveDate;
use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    decimal,
    slate::{ByPlayer, Registry},
};

/// A player's season so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    /// Games played this season.
    pub games: i64,
    points: i64,
    minutes: f64,
    last_5: (i64, i64),
    /// The day of the last game that was played.
    pub last_played: Option<NaiveDate>,
    /// Newest first.
    last_10: Vec<PastGame>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct PastGame {
    /// `None` where the player did not play.
    points: Option<i64>,
    result: Option<Side>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Over,
    Under,
}

/// A past game's points compared with a line or an average.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "PastResult")]
pub enum RecentResult {
    /// Over: more points.
    #[serde(rename = "O")]
    Over,
    /// Under: fewer points.
    #[serde(rename = "U")]
    Under,
    /// Push: exactly the average.
    #[serde(rename = "P")]
    Push,
    /// No line, or points equal to the line.
    #[serde(rename = "-")]
    NoLine,
    /// The player did not play.
    #[serde(rename = "DNP")]
    DidNotPlay,
}

/// A row of a player's last ten games.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FormRow {
    player_lookup: CompactString,
    universal_player_id: Option<CompactString>,
    played: i64,
    points: i64,
    over_under_result: Option<CompactString>,
    season_games: i64,
    season_points: i64,
    season_minutes: f64,
    last_5_games: i64,
    last_5_points: i64,
    last_played: Option<NaiveDate>,
}

impl Form {
    /// The season of each player, from rows that come newest first.
    pub(crate) fn by_player(rows: Vec<FormRow>, registry: &Registry) -> ByPlayer<Self> {
        let mut by_player = ByPlayer::default();
        let mut add = |player: Option<(CompactString, Option<CompactString>)>, form: Self| {
            let Some((lookup, universal_id)) = player else { return };
            if let Some(lookup) = registry.lookup(&lookup) {
                by_player.add(lookup, universal_id, None, form);
            }
        };
        let (mut player, mut form) = (None, Self::default());
        for row in rows {
            let game = PastGame {
                points: (row.played == 1).then_some(row.points),
                result: match row.over_under_result.as_deref() {
                    Some("OVER") => Some(Side::Over),
                    Some("UNDER") => Some(Side::Under),
                    _ => None,
                },
            };
            let of = Some((row.player_lookup, row.universal_player_id));
            if of != player {
                let begun = Self {
                    games: row.season_games,
                    points: row.season_points,
                    minutes: row.season_minutes,
                    last_5: (row.last_5_games, row.last_5_points),
                    last_played: row.last_played,
                    last_10: Vec::with_capacity(10),
                };
                add(std::mem::replace(&mut player, of), std::mem::replace(&mut form, begun));
            }
            form.last_10.push(game);
        }
        add(player, form);
        by_player
    }

    /// Points per game this season.
    pub(crate) fn season_ppg(&self) -> Option<f64> {
        #[allow(clippy::cast_precision_loss, reason = "a season's points are small")]
        average(self.points as f64, self.games)
    }

    /// Minutes per game this season.
    pub(crate) fn season_mpg(&self) -> Option<f64> {
        average(self.minutes, self.games)
    }

    /// Points in the last five games that were played.
    pub(crate) fn last_5_ppg(&self) -> Option<f64> {
        #[allow(clippy::cast_precision_loss, reason = "five games' points are small")]
        average(self.last_5.1 as f64, self.last_5.0)
    }

    /// The points of the last ten games; `None` where the player did not play.
    pub(crate) fn last_10_points(&self) -> Vec<Option<i64>> {
        self.last_10.iter().map(|game| game.points).collect()
    }

    /// Results of the last ten games against their lines.
    pub(crate) fn last_10_results(&self) -> Vec<RecentResult> {
        let result = |game: &PastGame| match (game.points, game.result) {
            (None, _) => RecentResult::DidNotPlay,
            (_, Some(Side::Over)) => RecentResult::Over,
            (_, Some(Side::Under)) => RecentResult::Under,
            (_, None) => RecentResult::NoLine,
        };
        self.last_10.iter().map(result).collect()
    }

    /// Overs and unders of the last ten games against their lines; `None` where no game had one.
    pub(crate) fn last_10_record(&self) -> Option<String> {
        let had_a_line = self.last_10.iter().any(|game| game.points.is_some() && game.result.is_some());
        had_a_line.then(|| record(&self.last_10_results()))
    }

    /// Results of the last ten games against the season average as displayed.
    pub(crate) fn last_10_vs_avg(&self) -> Option<Vec<RecentResult>> {
        let average = self.season_ppg()?;
        let result = |game: &PastGame| match game.points {
            None => RecentResult::DidNotPlay,
            #[allow(clippy::cast_precision_loss, reason = "a game's points are small")]
            Some(points) => match (points as f64).total_cmp(&average) {
                std::cmp::Ordering::Greater => RecentResult::Over,
                std::cmp::Ordering::Less => RecentResult::Under,
                std::cmp::Ordering::Equal => RecentResult::Push,
            },
        };
        Some(self.last_10.iter().map(result).collect())
    }
}

/// Overs and unders, `6-3`.
pub(crate) fn record(results: &[RecentResult]) -> String {
    let count = |wanted| results.iter().filter(|result| **result == wanted).count();
    format!("{}-{}", count(RecentResult::Over), count(RecentResult::Under))
}

/// The mean of a sum that has at most one decimal, rounded to one decimal.
fn average(sum: f64, games: i64) -> Option<f64> {
    (games > 0).then(|| decimal::ratio(decimal::tenths(sum), games * 10, 1))
}

/// Level of a player's fatigue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FatigueLevel {
    /// Fatigue score of 95 or more.
    Fresh,
    /// Fatigue score of 75–94, or none.
    #[default]
    Normal,
    /// Fatigue score below 75.
    Tired,
}

impl FatigueLevel {
    /// The level for a score of 0 (tired) to 100 (fresh).
    pub(crate) fn of(score: i64) -> Self {
        match score {
            95.. => Self::Fresh,
            75..95 => Self::Normal,
            _ => Self::Tired,
        }
    }
}

/// A row of the fatigue scores.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FatigueRow {
    player_lookup: CompactString,
    universal_player_id: Option<CompactString>,
    fatigue_score: i64,
}

/// The scores, 0 to 100, by player.
pub(crate) fn fatigue_by_player(rows: Vec<FatigueRow>, registry: &Registry) -> ByPlayer<i64> {
    let mut by_player = ByPlayer::default();
    for row in rows {
        if let Some(lookup) = registry.lookup(&row.player_lookup) {
            by_player.add(lookup, row.universal_player_id, None, row.fatigue_score);
        }
    }
    by_player
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(points: &[Option<i64>]) -> Form {
        let played: Vec<i64> = points.iter().copied().flatten().collect();
        Form {
            games: played.len() as i64,
            points: played.iter().sum(),
            last_10: points.iter().map(|points| PastGame { points: *points, result: None }).collect(),
            ..Default::default()
        }
    }

    #[test]
    fn f34_games_that_were_not_played_are_shown_and_count_in_no_average() {
        let form = form(&[Some(30), None, Some(20), Some(25)]);
        assert_eq!(form.season_ppg(), Some(25.0));
        use RecentResult::{DidNotPlay, Over, Push, Under};
        let against = form.last_10_vs_avg().expect("an average");
        assert_eq!(against, [Over, DidNotPlay, Under, Push]);
        assert_eq!(record(&against), "1-1");
        assert_eq!(form.last_10_points(), [Some(30), None, Some(20), Some(25)]);
        use RecentResult::NoLine;
        assert_eq!(form.last_10_results(), [NoLine, DidNotPlay, NoLine, NoLine]);
        assert_eq!(form.last_10_record(), None, "no game had a line");
    }

    #[test]
    fn decimal_halves_are_rounded_up() {
        for (sum, games, expected) in [
            (600.3, 18, 33.4),
            (98.1, 6, 16.4),
            (8.1, 6, 1.4),
            (7.0, 4, 1.8),
            (100.0, 3, 33.3),
            (0.0, 2, 0.0),
        ] {
            assert_eq!(average(sum, games), Some(expected), "{sum} / {games}");
        }
    }

    #[test]
    fn a_player_who_has_not_played_has_no_averages() {
        let form = form(&[None, None]);
        assert_eq!((form.season_ppg(), form.last_5_ppg(), form.last_10_vs_avg()), (None, None, None));
    }

    #[test]
    fn a_level_of_fatigue_follows_its_score() {
        let levels = [100, 95, 94, 75, 74, 0].map(FatigueLevel::of);
        use FatigueLevel::{Fresh, Normal, Tired};
        assert_eq!(levels, [Fresh, Fresh, Normal, Normal, Tired, Tired]);
    }
}
