//! A player's form: the season so far, and the last ten games.

use chrono::NaiveDate;
use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    decimal,
    google::bigquery::Values,
    nba::SlateDay,
    slate::{ByPlayer, Registry},
};

/// Points per game by which the last five games differ from the season's for a player to be hot or cold.
const HOT_OR_COLD_MARGIN: f64 = 3.0;

/// A player's season so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    totals: Totals,
    /// The last ten games, newest first.
    last: Vec<PastGame>,
}

/// A row of the players' seasons; `form.sql` says what the two texts are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SeasonRow {
    player_lookup: CompactString,
    universal_player_id: Option<CompactString>,
    totals: String,
    last_games: String,
}

/// Totals over the games of a season that the player played.
#[derive(Clone, Debug, Default, PartialEq)]
struct Totals {
    games: i64,
    points: i64,
    tenths_of_minutes: i64,
    last_5_games: i64,
    last_5_points: i64,
    last_30d_games: i64,
    last_30d_points: i64,
    fg: (i64, i64),
    threes: (i64, i64),
    games_with_ft: i64,
    ft_attempts: i64,
    games_with_plus_minus: i64,
    plus_minus: i64,
    last_played: Option<NaiveDate>,
}

/// A past game of the player's teams.
#[derive(Clone, Debug, PartialEq)]
struct PastGame {
    /// Days between this game and the one that the player played before.
    rest: Option<i64>,
    venue: Option<Venue>,
    line: Option<f64>,
    /// `None` where the player did not play.
    played: Option<Played>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Played {
    result: Option<Side>,
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

impl Totals {
    /// Reads the `totals` of a player before a day.
    fn parse(text: &str, day: SlateDay) -> Option<Self> {
        let mut values = Values::of(text);
        Some(Self {
            games: values.next()?,
            points: values.next()?,
            tenths_of_minutes: values.next()?,
            last_5_games: values.next()?,
            last_5_points: values.next()?,
            last_30d_games: values.next()?,
            last_30d_points: values.next()?,
            fg: (values.next()?, values.next()?),
            threes: (values.next()?, values.next()?),
            games_with_ft: values.next()?,
            ft_attempts: values.next()?,
            games_with_plus_minus: values.next()?,
            plus_minus: values.next()?,
            last_played: values.next().map(|days| day.days_before(days).date()),
        })
    }
}

impl PastGame {
    /// Reads one of the `last_games`.
    fn parse(text: &str) -> Self {
        let mut values = Values::of(text);
        let rest = values.next();
        let venue = match values.text() {
            "1" => Some(Venue::Home),
            "0" => Some(Venue::Away),
            _ => None,
        };
        let line = values.next().map(from_tenths);
        Self { rest, venue, line, played: Played::read(values) }
    }
}

impl Played {
    fn read(mut values: Values<'_>) -> Option<Self> {
        let result = match values.text() {
            "O" => Some(Side::Over),
            "U" => Some(Side::Under),
            _ => None,
        };
        Some(Self {
            result,
            points: values.next()?,
            minutes: from_tenths(values.next()?),
            fg: values.next().zip(values.next()),
            threes: values.next().zip(values.next()),
            ft_attempts: values.next(),
            plus_minus: values.next(),
        })
    }
}

impl Form {
    /// The season of each player before `day`. A row that cannot be read is left out; the query writes none.
    pub(crate) fn by_player(rows: Vec<SeasonRow>, day: SlateDay, registry: &Registry) -> ByPlayer<Self> {
        let mut by_player = ByPlayer::default();
        for row in rows {
            let totals = Totals::parse(&row.totals, day);
            let Some((lookup, totals)) =
                registry.lookup_of_id(row.universal_player_id.as_deref(), &row.player_lookup).zip(totals)
            else {
                continue;
            };
            let last = row.last_games.split(';').map(PastGame::parse).collect();
            by_player.add(lookup, row.universal_player_id, None, Self { totals, last });
        }
        by_player
    }

    /// Games played this season.
    pub(crate) fn games(&self) -> i64 {
        self.totals.games
    }

    /// The day of the last game that was played.
    pub(crate) fn last_played(&self) -> Option<NaiveDate> {
        self.totals.last_played
    }

    /// Points per game this season.
    pub(crate) fn season_ppg(&self) -> Option<f64> {
        per_game(self.totals.points, self.totals.games)
    }

    /// Minutes per game this season.
    pub(crate) fn season_mpg(&self) -> Option<f64> {
        average(self.totals.tenths_of_minutes, self.totals.games)
    }

    /// Points in the last five games that were played.
    pub(crate) fn last_5_ppg(&self) -> Option<f64> {
        per_game(self.totals.last_5_points, self.totals.last_5_games)
    }

    /// Points per game over the last thirty days.
    pub(crate) fn last_30d_ppg(&self) -> Option<f64> {
        per_game(self.totals.last_30d_points, self.totals.last_30d_games)
    }

    /// Free throws attempted per game this season.
    pub(crate) fn season_fta(&self) -> Option<f64> {
        per_game(self.totals.ft_attempts, self.totals.games_with_ft)
    }

    /// Plus-minus per game this season.
    pub(crate) fn season_plus_minus(&self) -> Option<f64> {
        per_game(self.totals.plus_minus, self.totals.games_with_plus_minus)
    }

    /// Share of field goals made this season.
    pub(crate) fn season_fg_pct(&self) -> Option<f64> {
        share(self.totals.fg)
    }

    /// Share of three-pointers made this season.
    pub(crate) fn season_three_pct(&self) -> Option<f64> {
        share(self.totals.threes)
    }

    /// The last five games compared with the season, both as displayed.
    pub(crate) fn recent_form(&self) -> Option<RecentForm> {
        let difference = self.last_5_ppg()? - self.season_ppg()?;
        // Both have one decimal, so their difference has, but for what binary numbers add.
        Some(match decimal::tenths(difference) {
            tenths if tenths >= decimal::tenths(HOT_OR_COLD_MARGIN) => RecentForm::Hot,
            tenths if tenths <= -decimal::tenths(HOT_OR_COLD_MARGIN) => RecentForm::Cold,
            _ => RecentForm::Neutral,
        })
    }

    /// A value of each of the last ten games; `None` where the player did not play.
    fn of_played<T>(&self, value: impl Fn(&Played) -> Option<T>) -> Vec<Option<T>> {
        self.last.iter().map(|game| game.played.as_ref().and_then(&value)).collect()
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
        self.last.iter().map(|game| game.line).collect()
    }

    /// Where each of the last ten games was played.
    pub(crate) fn last_10_home_away(&self) -> Vec<Option<Venue>> {
        self.last.iter().map(|game| game.venue).collect()
    }

    /// The days without a game of the player before each of the last ten games.
    pub(crate) fn last_10_days_rest(&self) -> Vec<Option<i64>> {
        self.last.iter().map(|game| game.rest).collect()
    }

    /// Results of the last ten games against their lines.
    pub(crate) fn last_10_results(&self) -> Vec<RecentResult> {
        let result = |game: &PastGame| match game.played.as_ref().map(|played| played.result) {
            None => RecentResult::DidNotPlay,
            Some(Some(Side::Over)) => RecentResult::Over,
            Some(Some(Side::Under)) => RecentResult::Under,
            Some(None) => RecentResult::NoLine,
        };
        self.last.iter().map(result).collect()
    }

    /// Overs and unders of the last ten games against their lines; `None` where no game had one.
    pub(crate) fn last_10_record(&self) -> Option<String> {
        let mut results = self.last.iter().filter_map(|game| game.played.as_ref()?.result);
        results.next().is_some().then(|| record(&self.last_10_results()))
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

/// The mean of a sum in tenths, rounded to one decimal.
fn average(tenths: i64, games: i64) -> Option<f64> {
    (games > 0).then(|| decimal::ratio(tenths, games * 10, 1))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn form(points: &[Option<i64>]) -> Form {
        let played: Vec<i64> = points.iter().copied().flatten().collect();
        let totals = Totals { games: played.len() as i64, points: played.iter().sum(), ..Totals::default() };
        let game = |points: &Option<i64>| PastGame {
            rest: None,
            venue: None,
            line: None,
            played: points.map(|points| Played { points, ..Played::default() }),
        };
        Form { totals, last: points.iter().map(game).collect() }
    }

    #[test]
    fn a_game_is_read_value_by_value_and_what_is_empty_is_unknown() {
        let game = PastGame::parse("1|1|245|O|27|345|10|20|3|0|4|-7");
        assert_eq!((game.rest, game.venue, game.line), (Some(1), Some(Venue::Home), Some(24.5)));
        let played = game.played.clone().expect("played");
        assert_eq!((played.result, played.points, played.minutes), (Some(Side::Over), 27, 34.5));
        assert_eq!((played.ft_attempts, played.plus_minus), (Some(4), Some(-7)));
        let form = Form { totals: Totals::default(), last: vec![game] };
        assert_eq!(
            (form.last_10_fg_pct(), form.last_10_three_pct()),
            (vec![Some(0.5)], vec![None]),
            "no attempt"
        );
        let bare = PastGame::parse("||||27|345||||||").played.expect("played");
        assert_eq!((bare.result, bare.fg, bare.ft_attempts), (None, None, None));
        let missed = PastGame { rest: Some(3), venue: Some(Venue::Away), line: Some(8.5), played: None };
        assert_eq!(PastGame::parse("3|0|85"), missed);
        assert_eq!(PastGame::parse("||"), PastGame { rest: None, venue: None, line: None, played: None });
    }

    #[test]
    fn the_totals_of_a_season_are_read_in_their_order() {
        let day: SlateDay = "2026-01-09".parse().expect("a day");
        let totals = Totals::parse("12|300|4205|5|130|9|220|100|210|30|88|12|40|11|-25|2", day);
        let form = Form { totals: totals.expect("totals"), last: Vec::new() };
        assert_eq!(
            (form.season_ppg(), form.season_mpg(), form.last_5_ppg(), form.last_30d_ppg()),
            (Some(25.0), Some(35.0), Some(26.0), Some(24.4))
        );
        assert_eq!((form.season_fg_pct(), form.season_three_pct()), (Some(0.476), Some(0.341)));
        assert_eq!((form.season_fta(), form.season_plus_minus()), (Some(3.3), Some(-2.3)));
        assert_eq!(form.last_played().map(|day| day.to_string()).as_deref(), Some("2026-01-07"));
        let unplayed = Totals::parse("0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|", day).expect("totals");
        assert_eq!(unplayed, Totals::default());
        assert_eq!(Totals::parse("12|300", day), None);
    }

    #[test]
    fn three_points_more_or_less_than_the_season_are_hot_or_cold() {
        for (last_5_points, expected) in [
            (115, RecentForm::Hot),
            (114, RecentForm::Neutral),
            (85, RecentForm::Cold),
            (86, RecentForm::Neutral),
        ] {
            let totals =
                Totals { games: 10, points: 200, last_5_games: 5, last_5_points, ..Totals::default() };
            assert_eq!(Form { totals, last: Vec::new() }.recent_form(), Some(expected), "{last_5_points}");
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
        for (tenths, games, expected) in
            [(6_003, 18, 33.4), (981, 6, 16.4), (81, 6, 1.4), (70, 4, 1.8), (1_000, 3, 33.3), (0, 2, 0.0)]
        {
            assert_eq!(average(tenths, games), Some(expected), "{tenths} tenths / {games}");
        }
    }

    #[test]
    fn a_player_who_has_not_played_has_no_averages() {
        let form = form(&[None, None]);
        assert_eq!((form.season_ppg(), form.last_5_ppg(), form.last_10_vs_avg()), (None, None, None));
    }
}
