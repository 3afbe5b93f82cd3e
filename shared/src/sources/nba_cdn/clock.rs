//! State, clock and minutes in the spellings of the NBA's feed.

use crate::nba::{CalledOff, GameState, UpstreamClock, iso_parts};

/// The state of a game, from its number (1 before tip-off, 2 in progress, 3 over), its text, period and clock.
///
/// A postponed game stays 1 and says so in its text. Before tip-off the clock of a box score counts down to tip-off,
/// so it says nothing about play.
pub(super) fn state(status: Option<i64>, text: &str, period: Option<i64>, clock: &str) -> GameState {
    let text = text.trim();
    let is_off = CalledOff::of_text(text).is_some();
    let word = match status {
        _ if is_off => "postponed",
        // The number may lag behind; a period shows that play has begun.
        Some(1) if period.is_some_and(|period| period > 0) => "in_progress",
        Some(1) => "scheduled",
        Some(2) => "in_progress",
        Some(3) => "final",
        // A status that is unknown is judged by text, period and clock.
        _ => "",
    };
    let has_begun = word != "scheduled" && !is_off;
    GameState::read(&UpstreamClock {
        status_state: Some(word).filter(|word| !word.is_empty()),
        status: Some(text),
        postponed: is_off,
        period: period.filter(|_| has_begun),
        time: Some(clock.trim()).filter(|_| has_begun),
    })
}

/// Minutes and seconds played of `PT12M14.00S`, as `12:14`; fractions are cut off.
pub(super) fn minutes(text: &str) -> Option<String> {
    let (minutes, seconds) = iso_parts(text.trim())?;
    let minutes: u16 = minutes.parse().ok()?;
    let seconds: f64 = seconds.parse().ok().filter(|seconds| (0.0..60.0).contains(seconds))?;
    Some(format!("{minutes}:{:02}", seconds.floor()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nba::GameStatus::{Final, InProgress, Postponed, Scheduled};

    #[test]
    fn every_recorded_spelling_of_a_game_s_progress_is_read() {
        for (status, text, period, clock, expected, shown) in [
            (1, "7:00 pm ET", 0, "", Scheduled, ""),
            (1, "8:00 pm ET", 0, "PT27M33.00S", Scheduled, ""),
            (1, "PPD", 0, "", Postponed, "Postponed"),
            (1, "7:00 pm ET", 2, "PT05M11.00S", InProgress, "Q2 5:11"),
            (1, "Cancelled", 0, "", Postponed, "Cancelled"),
            (2, "Q2 5:12", 2, "PT05M12.00S", InProgress, "Q2 5:12"),
            (2, "Q2 07:15", 2, "PT07M15.00S", InProgress, "Q2 7:15"),
            (2, "Half", 2, "PT00M00.00S", InProgress, "Halftime"),
            (2, "Q1 :00.0", 1, "PT00M00.00S", InProgress, "Q1 0:00"),
            (2, "Q4 :05.3", 4, "PT00M05.30S", InProgress, "Q4 0:05.3"),
            (2, "3rd Qtr             ", 3, "3:37 ", InProgress, "Q3 3:37"),
            (2, "3rd Qtr             ", 3, "10:37", InProgress, "Q3 10:37"),
            (2, "Q5 2:10", 5, "PT02M10.00S", InProgress, "OT1 2:10"),
            (2, "OT 2:10", 5, "PT02M10.00S", InProgress, "OT1 2:10"),
            (2, "?", 6, "PT00M48.00S", InProgress, "OT2 0:48"),
            (3, "Final", 4, "", Final, "Final"),
            (3, "Final", 4, "PT00M00.00S", Final, "Final"),
            (3, "Final               ", 4, "", Final, "Final"),
            (3, "Final/OT", 5, "", Final, "Final/OT"),
            (3, "Final/OT2", 6, "", Final, "Final/OT2"),
        ] {
            let read = state(Some(status), text, Some(period), clock);
            assert_eq!(
                (read.status, read.time_remaining.as_str()),
                (expected, shown),
                "{status} {text:?} {clock:?}"
            );
        }
    }

    #[test]
    fn minutes_are_read_with_and_without_a_fraction() {
        for (text, expected) in [
            ("PT12M14.00S", Some("12:14")),
            ("PT43M09.08S", Some("43:09")),
            ("PT00M00.00S", Some("0:00")),
            ("PT12M", Some("12:00")),
            ("PT45.30S", Some("0:45")),
            ("", None),
            ("12:14", None),
            ("PT12M75.00S", None),
        ] {
            assert_eq!(minutes(text).as_deref(), expected, "{text:?}");
        }
    }
}
