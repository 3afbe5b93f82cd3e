//! Minutes played, as BallDontLie writes them.

/// Minutes as a fraction from `"28:30"` (28.5), `"05"`, `"5"`, `"28.5"`, `"00:28:30"`; `None` for anything else.
pub fn minutes_decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    let fraction = |text: &str| text.parse::<f64>().ok().filter(|minutes| (0.0..1000.0).contains(minutes));
    if text.split('.').count() == 2 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return fraction(text);
    }
    // Hours, minutes, seconds.
    let text = text.strip_prefix("00:").filter(|rest| rest.contains(':')).unwrap_or(text);
    let whole = |text: &str, most: usize| {
        let digits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok()).flatten().map(f64::from)
    };
    let (minutes, seconds) = text.trim().split_once(':').unwrap_or((text.trim(), "00"));
    let seconds = whole(seconds, 2).filter(|seconds| *seconds < 60.0 && !text.ends_with(':'))?;
    Some(whole(minutes, 3)? + seconds / 60.0)
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
}
