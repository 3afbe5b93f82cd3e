//! The words and clocks of scoreboards, in the spellings of the sources.

use super::{
    elapsed::QUARTER_SECONDS,
    minutes::{iso_parts, minutes_decimal},
};

/// How a word or text calls a game off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalledOff {
    /// It is to be played on another day.
    Postponed,
    /// It will not be played.
    Cancelled,
}

impl CalledOff {
    /// Reads `Postponed`, `PPD`, `STATUS_POSTPONED`, `Cancelled`, `CNCL`, `Abandoned` and the like.
    pub fn of_text(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let text = ["status_", "game "].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(&text);
        let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
        if begins(&["cancel", "cncl", "abandon"]) {
            Some(Self::Cancelled)
        } else {
            begins(&["postponed", "ppd", "rescheduled"]).then_some(Self::Postponed)
        }
    }
}

/// A period as a text names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Period {
    /// `Q3`, `3rd Qtr`, `OT2`, `2OT`, `Q5`.
    Named(i64),
    /// `OT`, which may be any.
    SomeOvertime,
}

/// `2026-01-10T00:00:00Z`, or `7:30 pm ET`, which has been seen too.
pub(super) fn is_tip_off_time(status: &str) -> bool {
    let iso =
        status.len() >= 10 && status.get(..10).is_some_and(|day| day.parse::<chrono::NaiveDate>().is_ok());
    iso || status.ends_with(" et") || status == "scheduled"
}

/// `Final`, `Final/OT`; scoreboards shorten it to `F`, `F/OT`, `FT`.
pub(super) fn is_end(text: &str) -> bool {
    let is_whole = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    is_whole(&["f", "ft", "closed", "complete", "completed", "ended"])
        || ["final", "f/", "status_final", "game over", "end of game"]
            .iter()
            .any(|start| starts_with_ignoring_case(text, start))
}

pub(super) fn is_half(text: &str) -> bool {
    ["half", "halftime", "half time", "half-time", "ht"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

impl Period {
    /// The period in `3rd Qtr`, `End of 1st`, `OT`, `2nd OT`, `OT2`, `2OT`, `Q5`.
    pub fn of_text(text: &str) -> Option<Self> {
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

/// The number of overtimes in `Final/OT`, `Final/OT2`, `Final/2OT`, `Final OT`.
pub(super) fn overtimes_of_final(text: &str) -> i64 {
    let text = text.to_ascii_lowercase();
    let Some(tail) = text.strip_prefix("final").or_else(|| Some(text.split_once('/')?.1)) else { return 0 };
    if !tail.contains("ot") {
        return 0;
    }
    tail.bytes().find(u8::is_ascii_digit).map_or(1, |digit| i64::from(digit - b'0'))
}

pub(super) fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The clock in `5:42`, `Q4 5:39`, `2OT 3:21`, `6:35 - 3rd`, `:45.2`, `0.0`, `PT06M35.00S`: the period that
/// it names and the time left in it.
#[derive(Debug, Default)]
pub(super) struct Clock {
    pub period: Option<Period>,
    pub left: Option<String>,
}

impl Clock {
    pub fn read(text: &str) -> Self {
        let words = text.split(|c: char| c.is_whitespace() || "-–|,()".contains(c));
        let (clocks, names): (Vec<&str>, Vec<&str>) = words.partition(|word| is_clock(word));
        let left = clocks.first().map(|clock| plain(clock)).or_else(|| iso_duration(text));
        if left.as_deref().is_some_and(|left| !is_possible(left)) {
            // The period beside an impossible clock is no better than it.
            return Self { period: None, left: None };
        }
        Self { period: Period::of_text(&names.join(" ")), left }
    }

    /// Whether the text names a period and no time in it, as in a break: `End Q3`, `Q3`.
    pub fn is_over(&self) -> bool {
        self.left.is_none() && matches!(self.period, Some(Period::Named(_)))
    }

    /// Whether nothing of the game has been played: a clock that was set before tip-off.
    pub fn is_at_the_beginning_of(&self, period: i64) -> bool {
        period <= 1 && self.left.as_deref().is_some_and(|left| left.starts_with("12:00"))
    }

    pub fn is_zero(&self) -> bool {
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

/// Whether a clock may stand on a scoreboard: no period is longer than a quarter.
fn is_possible(clock: &str) -> bool {
    minutes_decimal(clock).is_some_and(|left| left * 60.0 <= f64::from(QUARTER_SECONDS))
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

/// `6:35` of `PT06M35.00S`, as the league's own feed has it; `5:00` of `PT5M`, `0:30` of `PT30S`.
fn iso_duration(text: &str) -> Option<String> {
    let (minutes, seconds) = iso_parts(text)?;
    let seconds =
        if seconds.contains('.') { seconds.trim_end_matches('0').trim_end_matches('.') } else { seconds };
    let clock = format!("{minutes}:{seconds}");
    is_clock(&clock).then(|| plain(&clock))
}
