//! The day a night of basketball belongs to.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::America::New_York;
use serde::{Deserialize, Serialize};

/// How long after midnight, Eastern, a game still belongs to the evening before.
const AFTER_MIDNIGHT: TimeDelta = TimeDelta::hours(4);

/// A slate day: the Eastern date of an instant four hours earlier, so that a game that ends at 1 AM
/// belongs to the day it began on.
///
/// Shown and read as `YYYY-MM-DD`; from 1946, when the league began, to 2100.
///
/// ```
/// use shared::nba::SlateDay;
///
/// let overtime_at_one_am = "2026-01-10T06:00:00Z".parse()?;
/// let day = SlateDay::of(overtime_at_one_am);
/// assert_eq!(day.to_string(), "2026-01-09");
/// assert_eq!(day.days_after(1).to_string(), "2026-01-10");
/// assert!("2026-01-32".parse::<SlateDay>().is_err());
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "NaiveDate", into = "NaiveDate")]
pub struct SlateDay(NaiveDate);

/// A text or date that is not a slate day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a date from 1946 to 2100 in the form YYYY-MM-DD")]
pub struct NotASlateDay(String);

impl SlateDay {
    /// The slate day of an instant.
    pub fn of(instant: DateTime<Utc>) -> Self {
        Self((instant - AFTER_MIDNIGHT).with_timezone(&New_York).date_naive())
    }

    /// The slate day before.
    pub fn previous(self) -> Self {
        self.days_before(1)
    }

    /// The slate day that many days earlier.
    pub fn days_before(self, days: u64) -> Self {
        Self(self.0.checked_sub_days(Days::new(days)).unwrap_or(self.0))
    }

    /// The slate day that many days later.
    pub fn days_after(self, days: u64) -> Self {
        Self(self.0.checked_add_days(Days::new(days)).unwrap_or(self.0))
    }

    /// Whether its calendar date has begun in New York, though its slate begins only at four in the morning.
    pub fn has_dawned(self, now: DateTime<Utc>) -> bool {
        now.with_timezone(&New_York).date_naive() >= self.0
    }

    /// The calendar date.
    pub fn date(self) -> NaiveDate {
        self.0
    }

    /// The first of October of the season this day belongs to. Seasons are named by the year they
    /// start in; October belongs to the new one.
    pub fn season_start(self) -> Self {
        let year = if self.0.month() >= 10 { self.0.year() } else { self.0.year() - 1 };
        Self(NaiveDate::from_ymd_opt(year, 10, 1).unwrap_or(self.0))
    }
}

impl TryFrom<NaiveDate> for SlateDay {
    type Error = NotASlateDay;

    fn try_from(date: NaiveDate) -> Result<Self, NotASlateDay> {
        if (1946..=2100).contains(&date.year()) {
            Ok(Self(date))
        } else {
            Err(NotASlateDay(date.to_string()))
        }
    }
}

impl From<SlateDay> for NaiveDate {
    fn from(day: SlateDay) -> Self {
        day.0
    }
}

impl FromStr for SlateDay {
    type Err = NotASlateDay;

    fn from_str(text: &str) -> Result<Self, NotASlateDay> {
        let refused = || NotASlateDay(text.chars().take(40).collect());
        // chrono alone also reads "2026-1-9" and "+2026-01-09", which would be other file names.
        if text.len() != 10 {
            return Err(refused());
        }
        text.parse::<NaiveDate>().map_err(|_| refused())?.try_into().map_err(|_| refused())
    }
}

impl fmt::Display for SlateDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The day a caller asks for, in a trigger's `target_date`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum TargetDay {
    /// `today`: the current slate day.
    #[default]
    Today,
    /// `yesterday`: the slate day before.
    Yesterday,
    /// A date.
    On(SlateDay),
}

impl TargetDay {
    /// The slate day that is meant at the instant `now`.
    pub fn at(self, now: DateTime<Utc>) -> SlateDay {
        match self {
            Self::Today => SlateDay::of(now),
            Self::Yesterday => SlateDay::of(now).previous(),
            Self::On(day) => day,
        }
    }
}

impl TryFrom<String> for TargetDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "today" => Ok(Self::Today),
            "yesterday" => Ok(Self::Yesterday),
            date => date
                .parse()
                .map(Self::On)
                .map_err(|error| format!("target_date: {error}, nor \"today\" or \"yesterday\"")),
        }
    }
}

text_schema!(
    TargetDay,
    "^(today|yesterday|[0-9]{4}-[0-9]{2}-[0-9]{2})$",
    "today",
    "A slate day, by its date or from now."
);

text_schema!(
    SlateDay,
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "2026-01-09",
    "A slate day: the New York date of the evening, until four in the morning."
);

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn day(text: &str) -> SlateDay {
        text.parse().expect("a slate day")
    }

    /// Every hour of five years, both clock changes included, against the zone's own wall clock.
    #[test]
    fn f7_the_slate_day_turns_at_four_in_the_morning_eastern_all_year() {
        let (mut now, end) = (instant("2022-01-01T00:30:00Z"), instant("2027-01-01T00:30:00Z"));
        let mut hours = 0;
        while now < end {
            use chrono::Timelike;
            let wall = now.with_timezone(&New_York).naive_local();
            let slate = SlateDay::of(now).date();
            let change = [NaiveDate::from_ymd_opt(2000, 3, 1), NaiveDate::from_ymd_opt(2000, 11, 1)]
                .into_iter()
                .flatten()
                .any(|month| month.month() == wall.month())
                && wall.weekday() == chrono::Weekday::Sun;
            // On the two Sundays of a clock change the day turns an hour before or after 4 AM.
            match wall.hour() {
                5.. => assert_eq!(slate, wall.date(), "{now} is {wall}"),
                0..=2 => assert_eq!(Some(slate), wall.date().pred_opt(), "{now} is {wall}"),
                3 if !change => assert_eq!(Some(slate), wall.date().pred_opt(), "{now} is {wall}"),
                4 if !change => assert_eq!(slate, wall.date(), "{now} is {wall}"),
                _ => assert!(slate == wall.date() || Some(slate) == wall.date().pred_opt()),
            }
            // A slate day never goes backwards.
            assert!(SlateDay::of(now) <= SlateDay::of(now + TimeDelta::hours(1)));
            now += TimeDelta::hours(1);
            hours += 1;
        }
        assert_eq!(hours, 5 * 365 * 24 + 24);
    }

    #[test]
    fn f8_a_west_coast_overtime_after_midnight_belongs_to_the_evening_it_began() {
        assert_eq!(SlateDay::of(instant("2026-01-10T06:45:00Z")), day("2026-01-09"));
        assert_eq!(SlateDay::of(instant("2026-01-10T08:59:59Z")), day("2026-01-09"));
        assert_eq!(SlateDay::of(instant("2026-01-10T09:00:00Z")), day("2026-01-10"));
    }

    #[test]
    fn a_date_is_read_in_one_form_and_within_the_league_s_years() {
        for refused in [
            "",
            "today ",
            "2026-1-9",
            "09-01-2026",
            "1945-12-31",
            "2101-01-01",
            "2026-02-30",
            "+202-01-01",
            "２０２６-01-09",
        ] {
            assert!(refused.parse::<SlateDay>().is_err(), "{refused}");
        }
        assert_eq!(day("1946-11-01").to_string(), "1946-11-01");
        assert_eq!(day("2100-12-31").to_string(), "2100-12-31");
    }

    #[test]
    fn f2_today_and_yesterday_are_resolved_by_the_slate_day() {
        let past_midnight = instant("2026-01-10T06:45:00Z");
        assert_eq!(TargetDay::Today.at(past_midnight), day("2026-01-09"));
        assert_eq!(TargetDay::Yesterday.at(past_midnight), day("2026-01-08"));
        assert_eq!(TargetDay::try_from("2025-12-27".to_owned()), Ok(TargetDay::On(day("2025-12-27"))));
        assert!(TargetDay::try_from("tomorrow".to_owned()).is_err_and(|error| error.contains("target_date")));
    }

    #[test]
    fn a_season_starts_in_october() {
        assert_eq!(day("2026-01-09").season_start(), day("2025-10-01"));
        assert_eq!(day("2025-10-21").season_start(), day("2025-10-01"));
        assert_eq!(day("2026-06-20").season_start(), day("2025-10-01"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_slate_day_or_refused_and_a_day_reads_back(text in "\\PC{0,14}", offset in 0_u64..56_000) {
            let _ = text.parse::<SlateDay>();
            let date = NaiveDate::from_ymd_opt(1946, 1, 1).and_then(|first| first.checked_add_days(Days::new(offset)));
            let day = SlateDay::try_from(date.expect("a date")).expect("within the years");
            proptest::prop_assert_eq!(day.to_string().parse(), Ok(day));
        }
    }
}
