//! Seasons.

use std::fmt;

use chrono::Datelike;

use super::SlateDay;

/// A season, by the year it starts in; October belongs to the new one. Shown as the NBA does,
/// `2025-26`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Season(i32);

impl Season {
    /// The season a day belongs to.
    pub fn of(day: SlateDay) -> Self {
        Self(day.season_start().date().year())
    }

    /// The year it starts in.
    pub fn start_year(self) -> i32 {
        self.0
    }

    /// The season before.
    pub fn previous(self) -> Self {
        Self(self.0 - 1)
    }
}

impl fmt::Display for Season {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.0, (self.0 + 1) % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_is_named_by_its_two_years() {
        for (day, season) in [
            ("2025-10-01", "2025-26"),
            ("2026-01-09", "2025-26"),
            ("2026-06-20", "2025-26"),
            ("1999-12-31", "1999-00"),
        ] {
            assert_eq!(day.parse().map(|day| Season::of(day).to_string()), Ok(season.to_owned()));
        }
        assert_eq!("2026-01-09".parse().map(|day| Season::of(day).previous().start_year()), Ok(2024));
    }
}
