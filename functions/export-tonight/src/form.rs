//! A player's form and fatigue.

use std::str::FromStr;

use chrono::NaiveDate;
use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    decimal,
    slate::{ByPlayer, Registry},
};

/// The number of past games that a document shows.
const SHOWN: usize = 10;
/// Points per game by which the last five games differ from the season's for a player to be hot or cold.
const HOT: f64 = 3.0;

/// A player's season so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    season: SeasonRow,
    /// Newest first; one more than is shown, from which the last one's rest follows.
    last: Vec<PastGame>,
}

/// A row of the players' seasons: totals over the games that the player played, and the last games as text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct SeasonRow {
    player_lookup: CompactString,
    universal_player_id: Option<CompactString>,
    games: i64,
    points: i64,
    minutes: f64,
    last_5_games: i64,
    last_5_points: i64,
    last_30d_games: i64,
    last_30d_points: i64,
    fg_makes: i64,
    fg_attempts: i64,
    three_pt_makes: i64,
    three_pt_attempts: i64,
    games_with_ft: i64,
    ft_attempts: i64,
    games_with_plus_minus: i64,
    plus_minus: i64,
    last_played: Option<NaiveDate>,
    last_games: String,
}

/// A past game of the player's teams.
#[derive(Clone, Debug, PartialEq)]
struct PastGame {
    day: NaiveDate,
    venue: Option<Venue>,
    /// `None` where the player did not play.
    played: Option<Played>,
    result: Option<Side>,
    line: Option<f64>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Played {
    points: i64,
    minutes: f64,
    fg: Option<(i64, i64)>,
    threes: Option<(i64, i64)>,
    ft_attempts: Option<i64>,
    plus_minus: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Over,
    Under,
}

/// Where a past game was played, for the player's team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Venue {
    /// At home.
    Home,
    /// Away.
    Away,
}

/// The last five games compared with the season.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum RecentForm {
    /// At least three points a game more than over the season.
    Hot,
    /// At least three points a game less than over the season.
    Cold,
    /// In between.
    Neutral,
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

impl PastGame {
    /// Reads a game of `last_games`; the order of its values is in `form.sql`.
    fn parse(text: &str) -> Option<Self> {
        fn number<T: FromStr>(text: &str) -> Option<T> {
            text.parse().ok()
        }
        let values: Vec<&str> = text.split('|').collect();
        let [
            day,
            home,
            has_played,
            points,
            minutes,
            fgm,
            fga,
            threes,
            three_attempts,
            fta,
            plus_minus,
            result,
            line,
        ] = values[..]
        else {
            return None;
        };
        let played = Played {
            points: number(points)?,
            minutes: number(minutes).map(from_tenths)?,
            fg: number(fgm).zip(number(fga)),
            threes: number(threes).zip(number(three_attempts)),
            ft_attempts: number(fta),
            plus_minus: number(plus_minus),
        };
        Some(Self {
            day: number(day)?,
            venue: match home {
                "1" => Some(Venue::Home),
                "0" => Some(Venue::Away),
                _ => None,
            },
            played: (has_played == "1").then_some(played),
            result: match result {
                "OVER" => Some(Side::Over),
                "UNDER" => Some(Side::Under),
                _ => None,
            },
            line: number(line).map(from_tenths),
        })
    }
}

impl Form {
    /// The season of each player.
    pub(crate) fn by_player(rows: Vec<SeasonRow>, registry: &Registry) -> ByPlayer<Self> {
        let mut by_player = ByPlayer::default();
        for row in rows {
            let Some(lookup) = registry.lookup(&row.player_lookup) else { continue };
            let last = row.last_games.split(';').filter_map(PastGame::parse).collect();
            by_player.add(lookup, row.universal_player_id.clone(), None, Self { season: row, last });
        }
        by_player
    }

    /// Games played this season.
    pub(crate) fn games(&self) -> i64 {
        self.season.games
    }

    /// The day of the last game that was played.
    pub(crate) fn last_played(&self) -> Option<NaiveDate> {
        self.season.last_played
    }

    /// Points per game this season.
    pub(crate) fn season_ppg(&self) -> Option<f64> {
        per_game(self.season.points, self.season.games)
    }

    /// Minutes per game this season.
    pub(crate) fn season_mpg(&self) -> Option<f64> {
        average(self.season.minutes, self.season.games)
    }

    /// Points in the last five games that were played.
    pub(crate) fn last_5_ppg(&self) -> Option<f64> {
        per_game(self.season.last_5_points, self.season.last_5_games)
    }

    /// Points per game over the last thirty days.
    pub(crate) fn last_30d_ppg(&self) -> Option<f64> {
        per_game(self.season.last_30d_points, self.season.last_30d_games)
    }

    /// Free throws attempted per game this season.
    pub(crate) fn season_fta(&self) -> Option<f64> {
        per_game(self.season.ft_attempts, self.season.games_with_ft)
    }

    /// Plus-minus per game this season.
    pub(crate) fn season_plus_minus(&self) -> Option<f64> {
        per_game(self.season.plus_minus, self.season.games_with_plus_minus)
    }

    /// Share of field goals made this season.
    pub(crate) fn season_fg_pct(&self) -> Option<f64> {
        share((self.season.fg_makes, self.season.fg_attempts))
    }

    /// Share of three-pointers made this season.
    pub(crate) fn season_three_pct(&self) -> Option<f64> {
        share((self.season.three_pt_makes, self.season.three_pt_attempts))
    }

    /// The last five games compared with the season, both as displayed.
    pub(crate) fn recent_form(&self) -> Option<RecentForm> {
        let difference = self.last_5_ppg()? - self.season_ppg()?;
        // Both have one decimal, so their difference has, but for what binary numbers add.
        Some(match decimal::tenths(difference) {
            tenths if tenths >= decimal::tenths(HOT) => RecentForm::Hot,
            tenths if tenths <= -decimal::tenths(HOT) => RecentForm::Cold,
            _ => RecentForm::Neutral,
        })
    }

    fn last_10(&self) -> &[PastGame] {
        &self.last[..self.last.len().min(SHOWN)]
    }

    /// A value of each of the last ten games; `None` where the player did not play.
    fn of_played<T>(&self, value: impl Fn(&Played) -> Option<T>) -> Vec<Option<T>> {
        self.last_10().iter().map(|game| game.played.as_ref().and_then(&value)).collect()
    }

    /// The points of the last ten games.
    pub(crate) fn last_10_points(&self) -> Vec<Option<i64>> {
        self.of_played(|played| Some(played.points))
    }

    /// The minutes of the last ten games.
    pub(crate) fn last_10_minutes(&self) -> Vec<Option<f64>> {
        self.of_played(|played| Some(played.minutes))
    }

    /// The share of field goals made in each of the last ten games.
    pub(crate) fn last_10_fg_pct(&self) -> Vec<Option<f64>> {
        self.of_played(|played| share(played.fg?))
    }

    /// The share of three-pointers made in each of the last ten games.
    pub(crate) fn last_10_three_pct(&self) -> Vec<Option<f64>> {
        self.of_played(|played| share(played.threes?))
    }

    /// The free throws attempted in each of the last ten games.
    pub(crate) fn last_10_fta(&self) -> Vec<Option<i64>> {
        self.of_played(|played| played.ft_attempts)
    }

    /// The plus-minus of each of the last ten games.
    pub(crate) fn last_10_plus_minus(&self) -> Vec<Option<i64>> {
        self.of_played(|played| played.plus_minus)
    }

    /// The points lines of the last ten games.
    pub(crate) fn last_10_lines(&self) -> Vec<Option<f64>> {
        self.last_10().iter().map(|game| game.line).collect()
    }

    /// Where each of the last ten games was played.
    pub(crate) fn last_10_home_away(&self) -> Vec<Option<Venue>> {
        self.last_10().iter().map(|game| game.venue).collect()
    }

    /// The days without a game of the player before each of the last ten games.
    pub(crate) fn last_10_days_rest(&self) -> Vec<Option<i64>> {
        let rest = |(index, game): (usize, &PastGame)| {
            let before = self.last.iter().skip(index + 1).find(|before| before.played.is_some())?;
            Some((game.day - before.day).num_days() - 1)
        };
        self.last_10().iter().enumerate().map(rest).collect()
    }

    /// Results of the last ten games against their lines.
    pub(crate) fn last_10_results(&self) -> Vec<RecentResult> {
        let result = |game: &PastGame| match (&game.played, game.result) {
            (None, _) => RecentResult::DidNotPlay,
            (_, Some(Side::Over)) => RecentResult::Over,
            (_, Some(Side::Under)) => RecentResult::Under,
            (_, None) => RecentResult::NoLine,
        };
        self.last_10().iter().map(result).collect()
    }

    /// Overs and unders of the last ten games against their lines; `None` where no game had one.
    pub(crate) fn last_10_record(&self) -> Option<String> {
        let had_a_line = self.last_10().iter().any(|game| game.played.is_some() && game.result.is_some());
        had_a_line.then(|| record(&self.last_10_results()))
    }

    /// Results of the last ten games against the season average as displayed.
    pub(crate) fn last_10_vs_avg(&self) -> Option<Vec<RecentResult>> {
        let average = self.season_ppg()?;
        let result = |points: Option<i64>| match points {
            None => RecentResult::DidNotPlay,
            #[allow(clippy::cast_precision_loss, reason = "a game's points are small")]
            Some(points) => match (points as f64).total_cmp(&average) {
                std::cmp::Ordering::Greater => RecentResult::Over,
                std::cmp::Ordering::Less => RecentResult::Under,
                std::cmp::Ordering::Equal => RecentResult::Push,
            },
        };
        Some(self.last_10_points().into_iter().map(result).collect())
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

fn per_game(sum: i64, games: i64) -> Option<f64> {
    (games > 0).then(|| decimal::ratio(sum, games, 1))
}

fn from_tenths(tenths: i64) -> f64 {
    decimal::ratio(tenths, 10, 1)
}

/// The share of what was made among what was attempted, 0–1, three decimals; `None` without an attempt.
fn share((made, attempted): (i64, i64)) -> Option<f64> {
    (attempted > 0).then(|| decimal::ratio(made, attempted, 3))
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
        let season =
            SeasonRow { games: played.len() as i64, points: played.iter().sum(), ..SeasonRow::default() };
        let game = |(index, points): (usize, &Option<i64>)| PastGame {
            day: NaiveDate::default() - chrono::Days::new(2 * index as u64),
            venue: None,
            played: points.map(|points| Played { points, ..Played::default() }),
            result: None,
            line: None,
        };
        Form { season, last: points.iter().enumerate().map(game).collect() }
    }

    #[test]
    fn a_game_is_read_value_by_value_and_what_is_empty_is_unknown() {
        let game = PastGame::parse("2026-01-07|1|1|27|345|10|20|3|0|4|-7|OVER|245").expect("a game");
        assert_eq!((game.venue, game.result, game.line), (Some(Venue::Home), Some(Side::Over), Some(24.5)));
        let played = game.played.clone().expect("played");
        assert_eq!((played.points, played.minutes, played.plus_minus), (27, 34.5, Some(-7)));
        let form = Form { season: SeasonRow::default(), last: vec![game] };
        assert_eq!(
            (form.last_10_fg_pct(), form.last_10_three_pct()),
            (vec![Some(0.5)], vec![None]),
            "no attempt"
        );
        let bare = PastGame::parse("2026-01-07||0|0|0||||||||").expect("a game");
        assert_eq!((bare.venue, bare.played, bare.result, bare.line), (None, None, None, None));
        assert_eq!(PastGame::parse("2026-01-07|1|1|27"), None);
    }

    #[test]
    fn days_of_rest_are_counted_from_the_game_that_the_player_played_before() {
        // Every other day; the second newest game was missed.
        let form = form(&[Some(30), None, Some(20), Some(25)]);
        assert_eq!(form.last_10_days_rest(), [Some(3), Some(1), Some(1), None]);
    }

    #[test]
    fn three_points_more_or_less_than_the_season_are_hot_or_cold() {
        for (last_5_points, expected) in [
            (115, RecentForm::Hot),
            (114, RecentForm::Neutral),
            (85, RecentForm::Cold),
            (86, RecentForm::Neutral),
        ] {
            let season =
                SeasonRow { games: 10, points: 200, last_5_games: 5, last_5_points, ..SeasonRow::default() };
            assert_eq!(Form { season, last: Vec::new() }.recent_form(), Some(expected), "{last_5_points}");
        }
        assert_eq!(Form::default().recent_form(), None);
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
