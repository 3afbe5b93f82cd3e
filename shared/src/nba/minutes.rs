//! Minutes played, as the sources write them.

/// Minutes as a fraction from `"28:30"` (28.5), `"05"`, `"5"`, `"28.5"`, `"00:28:30"`, `"28:30.0"`, `"PT28M30.00S"`,
/// `"28 min"`; `None` for anything else.
pub fn minutes_decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some((minutes, seconds)) = iso_parts(text) {
        return of_parts(whole(minutes)?, fraction(seconds)?);
    }
    let text = UNITS.iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text).trim_end();
    if !text.contains(':') && text.contains('.') {
        return fraction(text).filter(|minutes| *minutes < MAX_MINUTES);
    }
    // Hours, minutes, seconds.
    let text = text.strip_prefix("00:").filter(|rest| rest.contains(':')).unwrap_or(text);
    let (minutes, seconds) = text.split_once(':').unwrap_or((text, "00"));
    let is_short = minutes.len() <= 3 && (seconds.len() <= 2 || seconds.contains('.'));
    of_parts(whole(minutes)?, fraction(seconds)?).filter(|_| is_short)
}

/// Minutes as people read them: 34.5 is `34:30`.
pub fn minutes_text(minutes: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "a game's seconds are few")]
    let seconds = (minutes * 60.0).round() as i64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// More minutes than any game has.
const MAX_MINUTES: f64 = 1000.0;
/// Words behind a number of minutes.
const UNITS: [&str; 3] = ["mins", "min", "m"];

/// The minutes and seconds of an ISO 8601 duration: `PT28M30.00S`, `PT28M`, `PT30S`.
pub(crate) fn iso_parts(text: &str) -> Option<(&str, &str)> {
    let duration = text.strip_prefix("PT").filter(|duration| !duration.is_empty())?;
    let (minutes, seconds) = duration.split_once('M').unwrap_or(("0", duration));
    let seconds = if seconds.is_empty() { "0" } else { seconds.strip_suffix('S')? };
    Some((minutes, seconds))
}

fn of_parts(minutes: f64, seconds: f64) -> Option<f64> {
    (minutes < MAX_MINUTES && seconds < 60.0).then_some(minutes + seconds / 60.0)
}

fn whole(digits: &str) -> Option<f64> {
    fraction(digits).filter(|_| !digits.contains('.'))
}

/// A number of digits and at most one point, and no sign or exponent.
fn fraction(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_minutes_is_read() {
        for (text, expected) in [
            ("28:30", Some(28.5)),
            ("37", Some(37.0)),
            ("05", Some(5.0)),
            ("5", Some(5.0)),
            ("00", Some(0.0)),
            ("0:00", Some(0.0)),
            ("", None),
            ("28.5", Some(28.5)),
            ("00:28:30", Some(28.5)),
            ("00:30", Some(0.5)),
            ("28.", Some(28.0)),
            ("28:30.0", Some(28.5)),
            ("PT28M30.00S", Some(28.5)),
            ("PT28M", Some(28.0)),
            ("PT30S", Some(0.5)),
            ("PT00M00.00S", Some(0.0)),
            ("28 min", Some(28.0)),
            ("28:30 mins", Some(28.5)),
            ("PT", None),
            ("PT28M61.00S", None),
            ("PT-3M", None),
            ("28:300", None),
            ("min", None),
            ("1.2.3", None),
            ("28:", None),
            ("28:61", None),
            ("-3", None),
            ("NaN", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(minutes_decimal(text), expected, "{text:?}");
        }
    }

    #[test]
    fn minutes_read_like_a_clock() {
        assert_eq!([34.5, 0.0, 9.99].map(minutes_text), ["34:30", "0:00", "9:59"]);
    }
}
