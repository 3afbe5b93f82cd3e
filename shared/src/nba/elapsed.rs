//! Seconds of play that have elapsed in a game.

use std::ops::RangeInclusive;

use super::{GameStatus, HALFTIME};

/// Seconds of play in a quarter.
pub const QUARTER_SECONDS: u32 = 720;
/// Seconds of play in an overtime.
pub const OVERTIME_SECONDS: u32 = 300;

/// More overtimes than any game has had; the record is six.
const MAX_OVERTIMES: u32 = 16;

/// The number of overtimes up to and including a period.
pub fn overtimes(period: i64) -> u32 {
    u32::try_from((period - 4).max(0)).unwrap_or(MAX_OVERTIMES).min(MAX_OVERTIMES)
}

/// Seconds of play elapsed. `time_remaining` is the text of [`GameState`](super::GameState);
/// where it names a period and no clock, the period is over.
pub fn elapsed_seconds(status: GameStatus, period: i64, time_remaining: &str) -> u32 {
    *elapsed_range(status, period, time_remaining).end()
}

/// The least and the most seconds of play that may have elapsed. They differ where the text has no clock: the
/// period has begun, and may be over.
pub fn elapsed_range(status: GameStatus, period: i64, time_remaining: &str) -> RangeInclusive<u32> {
    let length = |period: u32| if period <= 4 { QUARTER_SECONDS } else { OVERTIME_SECONDS };
    let period = u32::try_from(period.clamp(0, 4)).unwrap_or_default() + overtimes(period);
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
