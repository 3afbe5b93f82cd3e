//! The state of a game, read from the several spellings of the sources.

use std::ops::RangeInclusive;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// State of a game, in the order in which the front end lists games.
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

impl GameStatus {
    /// Whether the game is on or has been played.
    pub fn has_begun(self) -> bool {
        matches!(self, Self::InProgress | Self::Final)
    }

    /// Whether nothing of the game is left to be played on its day.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Final | Self::Postponed)
    }
}

/// A game's progress as upstream writes it. Any part may be missing.
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
    /// Whether upstream named the period itself; a final state often comes without its period, or with an
    /// earlier one.
    pub says_period: bool,
    /// Whether the teams are in the break after the second quarter.
    pub is_halftime: bool,
    /// Whether the clock says that the period is over, by naming it without a time: `End Q3`, `Q3`.
    pub is_break: bool,
    /// The end or postponement that upstream's words tell beside a clock with time left. One of the two is left from
    /// another moment, so the status is that of play, until the clock stands still.
    pub contradicted: Option<GameStatus>,
    /// Display text of the clock: `Q3 6:35`, `OT1 2:10`, `Q3` without a clock, `Halftime`, `Final`, `Final/OT`,
    /// `Final/OT2`, `Postponed`, `Cancelled`; empty before tip-off.
    pub time_remaining: String,
}

impl GameState {
    /// Reads a game's progress. Nothing is refused: an unknown word is judged by period and clock.
    pub fn read(upstream: &UpstreamClock<'_>) -> Self {
        let status_text = upstream.status.unwrap_or_default().trim();
        let time_text = upstream.time.unwrap_or_default().trim();
        let clock = Clock::read(time_text);
        let period = period_of(upstream.period, clock.period, Period::of_text(status_text));
        let told = status_of(upstream, status_text, time_text, period, &clock);
        let runs = clock.left.is_some() && !clock.is_zero() && !clock.is_at_the_beginning_of(period);
        let contradicted = Some(told).filter(|told| told.is_over() && period > 0 && runs);
        let status = if contradicted.is_some() { GameStatus::InProgress } else { told };
        // A status may be left from an earlier moment, unlike a clock that runs or a later period.
        let says_half = [status_text, time_text].iter().any(|text| is_half(text))
            && period <= 3
            && (clock.is_zero() || clock.left.is_none());
        let says_end = clock.left.is_none() && starts_with_ignoring_case(status_text, "end");
        let is_over = clock.is_zero() || clock.is_over() || says_end;
        let is_halftime = status == GameStatus::InProgress && (says_half || (period == 2 && is_over));
        let is_break = status == GameStatus::InProgress && (clock.is_over() || says_end);
        let overtimes = overtimes_of_final(status_text).max(overtimes_of_final(time_text));
        let says_period = status != GameStatus::Final || period >= 4 || overtimes > 0;
        let period = match status {
            // A final state may come without its period, or with an earlier one.
            GameStatus::Final => period.max(4).max(4 + overtimes),
            _ if is_halftime => 2,
            _ => period,
        };
        let time_remaining = match status {
            GameStatus::Scheduled => String::new(),
            GameStatus::Postponed if is_cancelled(upstream, status_text) => CANCELLED.into(),
            GameStatus::Postponed => POSTPONED.into(),
            GameStatus::Final => final_text(period),
            GameStatus::InProgress if is_halftime => HALFTIME.into(),
            GameStatus::InProgress => match (quarter(period), clock.left) {
                (Some(quarter), Some(left)) => format!("{quarter} {left}"),
                (Some(quarter), None) => quarter,
                (None, Some(left)) => left,
                (None, None) => "In Progress".into(),
            },
        };
        Self { status, period, says_period, is_halftime, is_break, contradicted, time_remaining }
    }
}

/// Display text of the break after the second quarter.
pub const HALFTIME: &str = "Halftime";
/// Display text of a game that is not played on its day.
pub const POSTPONED: &str = "Postponed";
/// Display text of a game that will not be played.
pub const CANCELLED: &str = "Cancelled";

fn is_cancelled(upstream: &UpstreamClock<'_>, status: &str) -> bool {
    [upstream.status_state.unwrap_or_default(), status]
        .iter()
        .any(|word| ["cancel", "abandon"].iter().any(|start| starts_with_ignoring_case(word, start)))
}

/// Display text of a game that ended in `period`: `Final`, `Final/OT`, `Final/OT2`.
pub fn final_text(period: i64) -> String {
    match overtimes(period) {
        0 => "Final".into(),
        1 => "Final/OT".into(),
        overtimes => format!("Final/OT{overtimes}"),
    }
}

/// Seconds of play in a quarter.
pub const QUARTER_SECONDS: u32 = 720;
/// Seconds of play in an overtime.
pub const OVERTIME_SECONDS: u32 = 300;

/// How long after its tip-off a game counts as in progress if nothing else is known of it; few games take longer.
pub const MAX_GAME_DURATION: TimeDelta = TimeDelta::hours(4);

/// Seconds of play elapsed. `time_remaining` is the text of [`GameState`];
/// where it names a period and no clock, the period is over.
pub fn elapsed_seconds(status: GameStatus, period: i64, time_remaining: &str) -> u32 {
    *elapsed_range(status, period, time_remaining).end()
}

/// The least and the most seconds of play that may have elapsed. They differ where the text has no clock: the
/// period has begun, and may be over.
pub fn elapsed_range(status: GameStatus, period: i64, time_remaining: &str) -> RangeInclusive<u32> {
    let length = |period: u32| if period <= 4 { QUARTER_SECONDS } else { OVERTIME_SECONDS };
    let period = u32::try_from(period.clamp(0, 20)).unwrap_or_default();
    let before = |period: u32| (1..period).map(length).sum::<u32>();
    match status {
        GameStatus::Scheduled | GameStatus::Postponed => 0..=0,
        GameStatus::Final => before(period.max(4) + 1)..=before(period.max(4) + 1),
        GameStatus::InProgress if time_remaining == HALFTIME => before(3)..=before(3),
        GameStatus::InProgress => {
            let clock = time_remaining.rsplit(' ').next().unwrap_or_default();
            let left = match clock.split_once(':') {
                Some((minutes, seconds)) => {
                    let minutes = if minutes.is_empty() { Some(0.0) } else { minutes.parse::<f64>().ok() };
                    minutes.zip(seconds.parse::<f64>().ok())
                }
                None => clock.parse().ok().map(|seconds| (0.0, seconds)),
            };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a period's seconds")]
            let left = left.map(|(minutes, seconds)| (minutes * 60.0 + seconds).ceil() as u32);
            match left {
                Some(left) => {
                    let elapsed = before(period) + length(period).saturating_sub(left);
                    elapsed..=elapsed
                }
                None if period == 0 => 0..=0,
                None => before(period)..=before(period + 1),
            }
        }
    }
}

/// A period as a text names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    /// `Q3`, `3rd Qtr`, `OT2`, `2OT`, `Q5`.
    Named(i64),
    /// `OT`, which may be any.
    SomeOvertime,
}

/// The period, from its number, its name beside the clock and its name in the status. A name beside the
/// clock is as recent as the clock; it also tells whether overtimes are numbered from 1 or from 5.
fn period_of(number: Option<i64>, clock: Option<Period>, status: Option<Period>) -> i64 {
    let number = number.filter(|period| (1..=20).contains(period));
    match (clock, status, number) {
        (Some(Period::Named(period)), _, _) => period,
        (_, Some(Period::Named(overtime)), Some(number)) if overtime > 4 => overtime.max(number),
        (Some(Period::SomeOvertime), ..) | (None, Some(Period::SomeOvertime), _) => match number {
            Some(number) if number > 4 => number,
            // Overtimes counted from 1; a fourth one is rarer than a period that is left from regulation.
            Some(number) if number < 4 => 4 + number,
            Some(_) | None => 5,
        },
        (None, _, Some(number)) => number,
        (None, Some(Period::Named(period)), None) => period,
        (None, None, None) => 0,
    }
}

fn status_of(
    upstream: &UpstreamClock<'_>,
    status: &str,
    time: &str,
    period: i64,
    clock: &Clock,
) -> GameStatus {
    // A period shows that play has begun, whatever the status says.
    let by_period = if period > 0 { GameStatus::InProgress } else { GameStatus::Scheduled };
    let is_off = |word: &str| ["postponed", "canceled", "cancelled", "abandoned"].contains(&word);
    let word = upstream.status_state.unwrap_or_default();
    // A clock that says the end of a whole game is as recent as any clock; the words beside it may be left over.
    if period >= 4 && is_end(time) {
        return GameStatus::Final;
    }
    match word {
        "in_progress" | "in" => return GameStatus::InProgress,
        "final" => return GameStatus::Final,
        word if is_off(word) => return GameStatus::Postponed,
        "scheduled" | "delayed" | "suspended" => return by_period,
        _ => {}
    }
    let status = status.to_ascii_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| status.starts_with(word));
    // The mark may be left from before the game.
    let names_play = [status.as_str(), time].iter().any(|text| Period::of_text(text).is_some());
    if is_end(&status) || (status.is_empty() && is_end(time)) {
        GameStatus::Final
    } else if (upstream.postponed && clock.left.is_none() && !names_play)
        || begins(&[
            "postponed",
            "ppd",
            "cancel",
            "cncl",
            "abandon",
            "game postponed",
            "game cancel",
            "status_postponed",
            "status_cancel",
            "rescheduled",
        ])
    {
        GameStatus::Postponed
    } else if !is_tip_off_time(&status)
        && (begins(&["in progress", "in_progress", "half", "end"]) || Period::of_text(&status).is_some())
    {
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

/// `Final`, `Final/OT`; scoreboards shorten it to `F`, `F/OT`, `FT`.
fn is_end(text: &str) -> bool {
    let is_whole = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    is_whole(&["f", "ft", "closed", "complete", "completed", "ended"])
        || ["final", "f/", "status_final", "game over", "end of game"]
            .iter()
            .any(|start| starts_with_ignoring_case(text, start))
}

fn is_half(text: &str) -> bool {
    ["half", "halftime", "half time", "half-time", "ht"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

impl Period {
    /// The period in `3rd Qtr`, `End of 1st`, `OT`, `2nd OT`, `OT2`, `2OT`, `Q5`.
    fn of_text(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        if is_half(&text) {
            return Some(Self::Named(2));
        }
        if is_end(&text) {
            return None;
        }
        let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        let digit = |word: &str| word.bytes().find(u8::is_ascii_digit).map(|digit| i64::from(digit - b'0'));
        let letters = |word: &str| word.trim_matches(|c: char| c.is_ascii_digit()).to_owned();
        let is_overtime = |word: &&&str| ["ot", "overtime"].contains(&letters(word).as_str());
        if let Some(overtime) = words.iter().find(is_overtime) {
            let ordinal = |word: &&&str| ["st", "nd", "rd", "th"].contains(&letters(word).as_str());
            let number = digit(overtime).or_else(|| words.iter().find(ordinal).and_then(|word| digit(word)));
            return Some(number.map_or(Self::SomeOvertime, |number| Self::Named(4 + number)));
        }
        let named = words.iter().find_map(|word| match letters(word).as_str() {
            "q" | "st" | "nd" | "rd" | "th" => digit(word),
            _ => None,
        });
        let beside = || {
            let is_word = words.iter().any(|word| matches!(*word, "qtr" | "quarter"));
            is_word.then(|| words.iter().find_map(|word| digit(word))).flatten()
        };
        named.or_else(beside).filter(|period| (1..=9).contains(period)).map(Self::Named)
    }
}

fn overtimes(period: i64) -> i64 {
    (period - 4).max(0)
}

/// The number of overtimes in `Final/OT`, `Final/OT2`, `Final/2OT`, `Final OT`.
fn overtimes_of_final(text: &str) -> i64 {
    let text = text.to_ascii_lowercase();
    let Some(tail) = text.strip_prefix("final").or_else(|| Some(text.split_once('/')?.1)) else { return 0 };
    if !tail.contains("ot") {
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

/// The clock in `5:42`, `Q4 5:39`, `2OT 3:21`, `6:35 - 3rd`, `:45.2`, `0.0`, `PT06M35.00S`: the period that
/// it names and the time left in it.
#[derive(Debug, Default)]
struct Clock {
    period: Option<Period>,
    left: Option<String>,
}

impl Clock {
    fn read(text: &str) -> Self {
        if let Some(left) = iso_duration(text) {
            return Self { period: None, left: Some(left) };
        }
        let (clocks, names): (Vec<&str>, Vec<&str>) =
            text.split_whitespace().filter(|word| *word != "-").partition(|word| is_clock(word));
        Self { period: Period::of_text(&names.join(" ")), left: clocks.first().map(|clock| plain(clock)) }
    }

    /// Whether the text names a period and no time in it, as in a break: `End Q3`, `Q3`.
    fn is_over(&self) -> bool {
        self.left.is_none() && matches!(self.period, Some(Period::Named(_)))
    }

    /// Whether nothing of the game has been played: a clock that was set before tip-off.
    fn is_at_the_beginning_of(&self, period: i64) -> bool {
        period <= 1 && self.left.as_deref().is_some_and(|left| left.starts_with("12:00"))
    }

    fn is_zero(&self) -> bool {
        self.left.as_deref().is_some_and(|left| left.bytes().all(|b| matches!(b, b'0' | b':' | b'.')))
    }
}

/// `5:42`, `05:42`, `:45.2`, `42.3`.
fn is_clock(word: &str) -> bool {
    let begins = word.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b':');
    begins
        && word.len() <= 8
        && word.bytes().all(|b| b.is_ascii_digit() || b == b':' || b == b'.')
        && (word.contains(':') || word.contains('.') || word == "0")
}

/// A clock in minutes and seconds, the minutes without a leading zero.
fn plain(clock: &str) -> String {
    match clock.split_once(':') {
        Some((minutes, seconds)) => {
            let minutes = minutes.trim_start_matches('0');
            format!("{}:{}", if minutes.is_empty() { "0" } else { minutes }, two_digits(seconds))
        }
        None => format!("0:{}", two_digits(clock)),
    }
}

/// Seconds, with or without a fraction, of two digits: `09.4`.
fn two_digits(seconds: &str) -> String {
    let is_short = seconds.split('.').next().is_some_and(|whole| whole.len() < 2);
    if is_short { format!("0{seconds}") } else { seconds.to_owned() }
}

/// `6:35` of `PT06M35.00S`, as the league's own feed has it.
fn iso_duration(text: &str) -> Option<String> {
    let (minutes, seconds) = text.strip_prefix("PT")?.strip_suffix('S')?.split_once('M')?;
    let seconds =
        if seconds.contains('.') { seconds.trim_end_matches('0').trim_end_matches('.') } else { seconds };
    let clock = format!("{minutes}:{seconds}");
    is_clock(&clock).then(|| plain(&clock))
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
            ("4th Qtr", 4, "42.3", InProgress, "Q4 0:42.3"),
            ("End of 1st", 1, "End Q1", InProgress, "Q1"),
            ("3rd Qtr", 3, "Q3", InProgress, "Q3"),
            ("3rd Qtr", 3, "", InProgress, "Q3"),
            ("2nd Qtr", 2, "End Q2", InProgress, "Halftime"),
            ("OT", 5, "End OT", InProgress, "OT1"),
            ("OT", 4, "OT 2:10", InProgress, "OT1 2:10"),
            ("OT", 1, "OT 2:10", InProgress, "OT1 2:10"),
            // Words that are left from an earlier moment.
            ("Halftime", 4, "Q4 5:30", InProgress, "Q4 5:30"),
            ("Halftime", 3, "11:40", InProgress, "Q3 11:40"),
            ("Halftime", 2, "Q2 0:42", InProgress, "Q2 0:42"),
            ("Halftime", 4, "", InProgress, "Q4"),
            ("Halftime", 3, "", InProgress, "Halftime"),
            ("2026-01-10T00:30:00Z", 4, "Final", Final, "Final"),
            ("4th Qtr", 4, "Final", Final, "Final"),
            ("OT", 5, "Final/OT", Final, "Final/OT"),
            ("3rd Qtr", 3, "Final", InProgress, "Q3"),
            ("Final OT", 1, "", Final, "Final/OT"),
            ("Final", 0, "Final/2OT", Final, "Final/OT2"),
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
    fn an_end_may_be_shortened() {
        for (text, period, shown) in
            [("F", 4, "Final"), ("FT", 4, "Final"), ("F/OT", 5, "Final/OT"), ("f/2OT", 4, "Final/OT2")]
        {
            for time in ["", text, "0:00"] {
                let read = read(text, period, time);
                assert_eq!((read.status, read.time_remaining.as_str()), (Final, shown), "{text} {time:?}");
            }
        }
        assert_eq!(read("Forfeit talks", 3, "Q3 2:00").status, InProgress);
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
        // A game that is played in spite of the mark.
        let played = UpstreamClock { period: Some(3), time: Some("Q3 6:35"), ..marked };
        assert_eq!(GameState::read(&played).status, InProgress);
        let ended = UpstreamClock {
            status_state: Some("in_progress"),
            period: Some(4),
            time: Some("Final"),
            ..Default::default()
        };
        assert_eq!(GameState::read(&ended).status, Final);
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
