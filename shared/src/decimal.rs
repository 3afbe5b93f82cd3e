//! Decimal numbers as displayed in documents.

use std::time::Duration;

/// `numerator / denominator` to so many places, halves up on the decimal value: 600.3 / 18 is 33.35 and so
/// 33.4, though the nearest double is a little less.
///
/// ```
/// assert_eq!(shared::decimal::ratio(6_003, 180, 1), 33.4);
/// assert_eq!(shared::decimal::ratio(2, 3, 3), 0.667);
/// ```
///
/// # Panics
/// Never; a denominator of 0 or less gives 0.
pub fn ratio(numerator: i64, denominator: i64, places: u32) -> f64 {
    if denominator <= 0 {
        return 0.0;
    }
    let scale = 10_i64.pow(places.min(9));
    // A division of 128 bits takes several times as long as one of 64, in which the numbers of a game fit.
    let doubled = numerator.checked_mul(2 * scale).and_then(|doubled| doubled.checked_add(denominator));
    #[allow(clippy::cast_precision_loss, reason = "what is shown has few digits")]
    let rounded = match (doubled, denominator.checked_mul(2)) {
        (Some(doubled), Some(denominator)) => doubled.div_euclid(denominator) as f64,
        _ => {
            let (numerator, denominator) =
                (i128::from(numerator) * i128::from(scale), i128::from(denominator));
            (2 * numerator + denominator).div_euclid(2 * denominator) as f64
        }
    };
    #[allow(clippy::cast_precision_loss, reason = "a power of ten up to 9 is exact")]
    let scale = scale as f64;
    rounded / scale
}

/// Seconds to two places.
pub fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 100.0).round() / 100.0
}

/// The number of tenths in a value, the precision of the warehouse's minutes, predictions and lines.
pub fn tenths(value: f64) -> i64 {
    #[allow(clippy::cast_possible_truncation, reason = "numbers of a game are small; others saturate")]
    let tenths = (value * 10.0).round() as i64;
    tenths
}
