//! The relation between a game's clock and wall time.

use chrono::TimeDelta;

/// Game seconds of a quarter and of an overtime.
const QUARTER: u32 = 12 * 60;
const OVERTIME: u32 = 5 * 60;
/// Wall time of a quarter, stoppages included; of an overtime; and of the breaks.
const QUARTER_TAKES: TimeDelta = TimeDelta::minutes(32);
const OVERTIME_TAKES: TimeDelta = TimeDelta::minutes(15);
const BREAK: TimeDelta = TimeDelta::minutes(3);
const HALFTIME: TimeDelta = TimeDelta::minutes(15);

/// The position in a game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Before,
    /// In a period, or in the break after it with no time left.
    In {
        period: u32,
        seconds_left: u32,
    },
    Halftime,
    Over,
}

/// The length of a period in game seconds.
pub(super) fn length(period: u32) -> u32 {
    if period <= 4 { QUARTER } else { OVERTIME }
}

/// The game seconds before a period.
pub(super) fn played_before(period: u32) -> u32 {
    (1..period).map(length).sum()
}

fn takes(period: u32) -> TimeDelta {
    if period <= 4 { QUARTER_TAKES } else { OVERTIME_TAKES }
}

fn break_after(period: u32) -> TimeDelta {
    if period == 2 { HALFTIME } else { BREAK }
}

/// The wall time from tip-off to the end of a game with that many periods.
pub(super) fn duration(periods: u32) -> TimeDelta {
    (1..=periods).map(takes).chain((1..periods).map(break_after)).sum()
}

/// The position in a game of `periods` periods, `since` its tip-off.
pub(super) fn at(since: TimeDelta, periods: u32) -> Moment {
    if since < TimeDelta::zero() {
        return Moment::Before;
    }
    let mut since = since;
    for period in 1..=periods {
        if since < takes(period) {
            let played = since.num_seconds() * i64::from(length(period)) / takes(period).num_seconds();
            let played = u32::try_from(played).unwrap_or(0);
            return Moment::In { period, seconds_left: length(period).saturating_sub(played) };
        }
        since -= takes(period);
        if period < periods && since < break_after(period) {
            return if period == 2 { Moment::Halftime } else { Moment::In { period, seconds_left: 0 } };
        }
        since -= break_after(period);
    }
    Moment::Over
}

impl Moment {
    /// Game seconds played so far.
    pub(super) fn played(self) -> u32 {
        match self {
            Self::Before => 0,
            Self::In { period, seconds_left } => played_before(period) + length(period) - seconds_left,
            Self::Halftime => played_before(3),
            Self::Over => u32::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_game_runs_from_tip_off_over_halftime_and_overtime_to_its_end() {
        let at = |minutes| at(TimeDelta::minutes(minutes), 5);
        assert_eq!(at(-1), Moment::Before);
        assert_eq!(at(0), Moment::In { period: 1, seconds_left: 720 });
        assert_eq!(at(16), Moment::In { period: 1, seconds_left: 360 });
        assert_eq!(at(33), Moment::In { period: 1, seconds_left: 0 });
        assert_eq!(at(67), Moment::Halftime);
        assert_eq!(at(82), Moment::In { period: 3, seconds_left: 720 });
        assert_eq!(at(152), Moment::In { period: 5, seconds_left: 300 });
        assert_eq!(at(167), Moment::Over);
        assert_eq!(duration(5), TimeDelta::minutes(167));
    }
}
