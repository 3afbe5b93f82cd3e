//! How far a game is, from the spellings BallDontLie has for it (facts 4.1, 4.4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a game stands. Ordered as the front end lists games: what is on comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GameStatus {
    /// Under way, breaks and halftime included.
    InProgress,
    /// Over.
    Final,
    /// Before tip-off.
    Scheduled,
    /// Not played on its day: postponed, cancelled or abandoned.
    Postponed,
}

/// What upstream says of a game's progress, as it says it. Any part may be missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpstreamClock<'a> {
    /// The stable word of newer payloads, such as `in_progress`.
    pub status_state: Option<&'a str>,
    /// The text: `Final`, `Final/OT`, `3rd Qtr`, `Halftime`, an ISO time before tip-off, empty.
    pub status: Option<&'a str>,
    /// Newer payloads' mark of a postponed game.
    pub postponed: bool,
    /// 0 before the game, 1–4, 5 and up in overtime.
    pub period: Option<i64>,
    /// The clock: `5:42`, `Q4 5:39`, `Final`, empty.
    pub time: Option<&'a str>,
}

/// A game's progress, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GameState {
    /// Where the game stands.
    pub status: GameStatus,
    /// 0 before the game, 1–4, 5 and up in overtime.
    pub period: i64,
    /// Whether the teams are in the break after the second quarter.
    pub is_halftime: bool,
    /// What a viewer reads: `Q3 6:35`, `OT1 2:10`, `Halftime`, `Final`, `Final/OT`, `Final/OT2`,
    /// `Postponed`; empty before tip-off.
    pub time_remaining: String,
}

impl GameState {
    /// Reads a game's progress. Nothing is refused: an unknown word is judged by the period.
    pub fn read(upstream: &UpstreamClock<'_>) -> Self {
        let status_text = upstream.status.unwrap_or_default().trim();
        let time_text = upstream.time.unwrap_or_default().trim();
        let clock = Clock::read(time_text);
        let period = upstream
            .period
            .filter(|period| (1..=20).contains(period))
            .or(clock.period)
            .or_else(|| period_of_status(status_text))
            .unwrap_or(0);
        let status = status_of(upstream, status_text, time_text, period);
        let says_half = [status_text, time_text].iter().any(|text| is_half(text));
        let is_halftime = status == GameStatus::InProgress && (says_half || (period == 2 && clock.is_zero()));
        let time_remaining = match status {
            GameStatus::Scheduled => String::new(),
            GameStatus::Postponed => "Postponed".into(),
            GameStatus::Final => match overtimes(period).max(overtimes_of_final(status_text)) {
                0 => "Final".into(),
                1 => "Final/OT".into(),
                overtimes => format!("Final/OT{overtimes}"),
            },
            GameStatus::InProgress if is_halftime => "Halftime".into(),
            GameStatus::InProgress => match (quarter(period), clock.left) {
                (Some(quarter), Some(left)) => format!("{quarter} {left}"),
                (Some(quarter), None) => quarter,
                (None, Some(left)) => left.to_owned(),
                (None, None) => "In Progress".into(),
            },
        };
        let period = if is_halftime { 2 } else { period };
        Self { status, period, is_halftime, time_remaining }
    }
}

/// How many seconds of play a game has behind it: 720 a quarter, 300 an overtime. `time_remaining` is the
/// text of [`GameState`]; where it names no clock the period counts as just begun.
pub fn elapsed_seconds(status: GameStatus, period: i64, time_remaining: &str) -> u32 {
    let length = |period: u32| if period <= 4 { 720 } else { 300 };
    let period = u32::try_from(period.clamp(0, 20)).unwrap_or_default();
    let before = |period: u32| (1..period).map(length).sum::<u32>();
    match status {
        GameStatus::Scheduled | GameStatus::Postponed => 0,
        GameStatus::Final => before(period.max(4) + 1),
        GameStatus::InProgress if time_remaining == "Halftime" => before(3),
        GameStatus::InProgress => {
            let clock = time_remaining.rsplit(' ').next().unwrap_or_default();
            let left = match clock.split_once(':') {
                Some((minutes, seconds)) => minutes.parse::<f64>().ok().zip(seconds.parse::<f64>().ok()),
                None => clock.parse().ok().map(|seconds| (0.0, seconds)),
            };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a period's seconds")]
            let left = left.map(|(minutes, seconds)| (minutes * 60.0 + seconds).ceil() as u32);
            before(period) + left.map_or(0, |left| length(period).saturating_sub(left))
        }
    }
}

fn status_of(upstream: &UpstreamClock<'_>, status: &str, time: &str, period: i64) -> GameStatus {
    let by_period = if period > 0 { GameStatus::InProgress } else { GameStatus::Scheduled };
    match upstream.status_state.unwrap_or_default() {
        "scheduled" => return GameStatus::Scheduled,
        "in_progress" | "in" => return GameStatus::InProgress,
        "final" => return GameStatus::Final,
        "postponed" | "canceled" | "cancelled" | "abandoned" => return GameStatus::Postponed,
        // Waiting to start or to go on: the period says which.
        "delayed" | "suspended" => return by_period,
        _ => {}
    }
    let status = status.to_ascii_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| status.starts_with(word));
    if begins(&["final"]) || (status.is_empty() && starts_with_ignoring_case(time, "final")) {
        GameStatus::Final
    } else if upstream.postponed || begins(&["postponed", "ppd", "cancel", "abandon"]) {
        GameStatus::Postponed
    } else if is_tip_off_time(&status) {
        GameStatus::Scheduled
    } else if begins(&["in progress", "in_progress", "half", "end"]) || period_of_status(&status).is_some() {
        GameStatus::InProgress
    } else {
        by_period
    }
}

/// `2026-01-10T00:00:00Z`, or `7:30 pm ET`, which has been seen too.
fn is_tip_off_time(status: &str) -> bool {
    let iso =
        status.len() >= 10 && status.get(..10).is_some_and(|day| day.parse::<chrono::NaiveDate>().is_ok());
    iso || status.ends_with(" et") || status == "scheduled"
}

fn is_half(text: &str) -> bool {
    ["half", "halftime", "half time", "ht"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The period in `3rd Qtr`, `End of 1st`, `OT`, `2nd OT`, `OT2`.
fn period_of_status(status: &str) -> Option<i64> {
    let status = status.to_ascii_lowercase();
    if is_half(&status) {
        return Some(2);
    }
    let number = || status.bytes().find(u8::is_ascii_digit).map(|digit| i64::from(digit - b'0'));
    let words = || status.split(|c: char| !c.is_ascii_alphanumeric());
    if words().any(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()) == "ot")
        && !status.starts_with("final")
    {
        return Some(4 + number().unwrap_or(1));
    }
    let is_quarter = words().any(|word| {
        matches!(word, "qtr" | "quarter" | "1st" | "2nd" | "3rd" | "4th" | "q1" | "q2" | "q3" | "q4")
    });
    number().filter(|period| is_quarter && (1..=4).contains(period))
}

fn overtimes(period: i64) -> i64 {
    (period - 4).max(0)
}

/// How many overtimes `Final/OT`, `Final/OT2`, `Final/2OT` tell of.
fn overtimes_of_final(status: &str) -> i64 {
    let Some((_, tail)) = status.split_once('/') else { return 0 };
    if !tail.to_ascii_lowercase().contains("ot") {
        return 0;
    }
    tail.bytes().find(u8::is_ascii_digit).map_or(1, |digit| i64::from(digit - b'0'))
}

fn quarter(period: i64) -> Option<String> {
    match period {
        ..=0 => None,
        1..=4 => Some(format!("Q{period}")),
        _ => Some(format!("OT{}", overtimes(period))),
    }
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The clock in `5:42`, `Q4 5:39`, `OT 2:10`, `0.0`: the period it names and the time left in it.
#[derive(Debug, Default)]
struct Clock<'a> {
    period: Option<i64>,
    left: Option<&'a str>,
}

impl<'a> Clock<'a> {
    fn read(text: &'a str) -> Self {
        let (quarter, rest) = match text.split_once(' ') {
            Some((quarter, rest)) => (quarter, rest.trim()),
            None if text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic()) => (text, ""),
            None => ("", text),
        };
        let period = (quarter.len() <= 3).then(|| period_of_status(quarter)).flatten();
        if !quarter.is_empty() && period.is_none() {
            return Self::default();
        }
        let is_clock = rest.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b':')
            && rest.len() <= 8
            && rest.bytes().all(|b| b.is_ascii_digit() || b == b':' || b == b'.');
        Self { period, left: is_clock.then_some(rest) }
    }

    fn is_zero(&self) -> bool {
        self.left.is_some_and(|left| left.bytes().all(|b| matches!(b, b'0' | b':' | b'.')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use GameStatus::{Final, InProgress, Postponed, Scheduled};

    fn read(status: &str, period: i64, time: &str) -> GameState {
        GameState::read(&UpstreamClock {
            status: Some(status),
            period: Some(period),
            time: Some(time),
            ..Default::default()
        })
    }

    fn state(status: &str) -> GameStatus {
        GameState::read(&UpstreamClock {
            status_state: Some(status),
            status: Some("?"),
            ..Default::default()
        })
        .status
    }

    #[test]
    fn every_known_spelling_of_a_game_s_progress_is_read() {
        for (status, period, time, expected, shown) in [
            ("Final", 4, "Final", Final, "Final"),
            ("Final", 4, "", Final, "Final"),
            ("", 4, "Final", Final, "Final"),
            ("Final/OT", 5, "Final", Final, "Final/OT"),
            ("Final/OT", 0, "Final", Final, "Final/OT"),
            ("Final", 6, "Final", Final, "Final/OT2"),
            ("Final/2OT", 4, "Final", Final, "Final/OT2"),
            ("3rd Qtr", 3, "6:35", InProgress, "Q3 6:35"),
            ("3rd Qtr", 3, "Q3 6:35", InProgress, "Q3 6:35"),
            ("3rd Qtr", 0, "6:35", InProgress, "Q3 6:35"),
            ("In Progress", 4, "Q4 5:39", InProgress, "Q4 5:39"),
            ("", 4, "5:39", InProgress, "Q4 5:39"),
            ("4th Qtr", 4, "", InProgress, "Q4"),
            ("4th Qtr", 4, "42.3", InProgress, "Q4 42.3"),
            ("End of 1st", 1, "End Q1", InProgress, "Q1"),
            ("OT", 5, "2:10", InProgress, "OT1 2:10"),
            ("OT", 5, "OT 2:10", InProgress, "OT1 2:10"),
            ("OT2", 6, "OT2 0:48", InProgress, "OT2 0:48"),
            ("Halftime", 2, "Halftime", InProgress, "Halftime"),
            ("Halftime", 2, "", InProgress, "Halftime"),
            ("Half", 2, "0:00", InProgress, "Halftime"),
            ("2nd Qtr", 2, "Q2 0:00", InProgress, "Halftime"),
            ("2nd Qtr", 2, "0.0", InProgress, "Halftime"),
            ("2nd Qtr", 2, "Q2 0:01", InProgress, "Q2 0:01"),
            ("1st Qtr", 1, "Q1 0:00", InProgress, "Q1 0:00"),
            ("2026-01-10T00:00:00Z", 0, "", Scheduled, ""),
            ("2026-01-10T00:00:00.000Z", 0, "", Scheduled, ""),
            ("7:30 pm ET", 0, "", Scheduled, ""),
            ("", 0, "", Scheduled, ""),
            ("Postponed", 0, "", Postponed, "Postponed"),
            ("In Progress", 0, "", InProgress, "In Progress"),
        ] {
            let read = read(status, period, time);
            assert_eq!(
                (read.status, read.time_remaining.as_str()),
                (expected, shown),
                "{status:?} {period} {time:?}"
            );
            assert_eq!(read.is_halftime, shown == "Halftime");
        }
    }

    #[test]
    fn missing_parts_are_told_from_the_others() {
        let nothing = GameState::read(&UpstreamClock::default());
        assert_eq!((nothing.status, nothing.period), (Scheduled, 0));
        let from_time = GameState::read(&UpstreamClock { time: Some("Q4 5:39"), ..Default::default() });
        assert_eq!((from_time.status, from_time.period), (InProgress, 4));
        assert_eq!(from_time.time_remaining, "Q4 5:39");
    }

    #[test]
    fn the_stable_word_wins_over_the_text() {
        for (word, expected) in [
            ("scheduled", Scheduled),
            ("in_progress", InProgress),
            ("final", Final),
            ("postponed", Postponed),
            ("canceled", Postponed),
            ("abandoned", Postponed),
            ("delayed", Scheduled),
            ("suspended", Scheduled),
            ("unknown", Scheduled),
        ] {
            assert_eq!(state(word), expected, "{word}");
        }
        let marked =
            UpstreamClock { postponed: true, status: Some("2026-01-10T00:00:00Z"), ..Default::default() };
        assert_eq!(GameState::read(&marked).status, Postponed);
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_a_state_that_names_the_quarter_at_most_once(
            status in "\\PC{0,12}", time in "(Q[1-4] |OT[1-3]? )?[0-9:.]{0,6}|\\PC{0,12}", period in -3_i64..30,
        ) {
            let read = read(&status, period, &time);
            proptest::prop_assert!(read.time_remaining.matches(['Q', 'q']).count() <= 1);
            proptest::prop_assert!((0..=20).contains(&read.period));
            proptest::prop_assert!(!read.is_halftime || read.status == InProgress);
        }
    }
}
