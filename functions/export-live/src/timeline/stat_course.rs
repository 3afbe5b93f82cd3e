//! The course of one statistic of a player.

use shared::nba::{OVERTIME_SECONDS, PollId, QUARTER_SECONDS, StatType};

use super::{CurrentPoll, Passed, Player, Point, Polled};

/// The most seconds by which a review sets the clock back.
const MAX_CLOCK_SET_BACK_SECONDS: u32 = 60;

/// The course of one statistic of a player.
#[derive(Debug, Default)]
pub(super) struct StatCourse {
    pub counts: Vec<Point>,
    pub polls: Vec<PollId>,
}

impl StatCourse {
    /// The points of the previous version.
    pub fn points(known: Option<&Player>) -> Self {
        known.map_or_else(Self::default, |known| Self {
            counts: known.points.clone(),
            polls: known.polls.clone(),
        })
    }

    /// Another statistic of the previous version.
    pub fn of_stat(known: Option<&Player>, stat: StatType) -> Self {
        let known = known.and_then(|known| known.other_stats.iter().find(|it| it.stat_type == stat));
        known.map_or_else(Self::default, |known| Self {
            counts: known.counts.clone(),
            polls: known.polls.clone(),
        })
    }

    /// The same course with the polls of the history where it has none, and with the current one.
    pub fn extended(mut self, stat: StatType, past: &[Polled], current: Option<&CurrentPoll>) -> Self {
        let past = if self.polls.is_empty() { past } else { &[] };
        for polled in past.iter().chain(current.map(|current| &current.polled)) {
            if let Some(count) = polled.counts.of(stat) {
                self.add(Point(polled.elapsed, count), polled.poll_id);
            }
        }
        if let Some(current) = current {
            self.take_back_moments_after(current.max_elapsed);
        }
        self
    }

    /// The moments of both courses, in the order of their polls.
    pub fn completed_from(self, other: Self) -> Self {
        let moments = |course: Self| course.polls.into_iter().zip(course.counts);
        let mut all: Vec<(PollId, Point)> = moments(self).chain(moments(other)).collect();
        all.sort_by_key(|(poll, _)| *poll);
        let mut course = Self::default();
        for (poll, point) in all {
            course.add(point, poll);
        }
        course
    }

    /// Adds the count of a poll, if it changed.
    fn add(&mut self, Point(elapsed, count): Point, poll: PollId) {
        let last = self.counts.last().copied();
        if last.is_some_and(|Point(_, before)| before == count)
            || self.polls.last().is_some_and(|last| *last >= poll)
        {
            return;
        }
        // A clock that a review sets back must not move the recorded time back.
        let elapsed = last.map_or(elapsed, |Point(before, _)| elapsed.max(before));
        self.counts.push(Point(elapsed, count));
        self.polls.push(poll);
    }

    /// Caps moments later than `most`, the elapsed time that can have been played: an earlier poll had jumped
    /// ahead. A clock set back by a few seconds does not count as such.
    fn take_back_moments_after(&mut self, most: u32) {
        for Point(elapsed, _) in &mut self.counts {
            if *elapsed > most + MAX_CLOCK_SET_BACK_SECONDS {
                *elapsed = most;
            }
        }
    }

    /// The first moment after which the count stayed above the line.
    pub fn passed(&self, line: f64) -> Option<Passed> {
        let above = self.counts.iter().rev().take_while(|Point(_, count)| f64::from(*count) > line).count();
        let first = self.counts.len().checked_sub(above).filter(|_| above > 0)?;
        let Point(elapsed, _) = *self.counts.get(first)?;
        let (period, left) = left_at(elapsed);
        let clock = format!("{}:{:02}", left / 60, left % 60);
        Some(Passed { period, clock, poll_id: *self.polls.get(first)? })
    }
}

/// The period in which `elapsed` falls, and the seconds left in it; the end of a period belongs to that
/// period.
fn left_at(elapsed: u32) -> (u32, u32) {
    let regulation = 4 * QUARTER_SECONDS;
    match elapsed {
        0 => (1, QUARTER_SECONDS),
        _ if elapsed <= regulation => {
            let period = elapsed.div_ceil(QUARTER_SECONDS);
            (period, period * QUARTER_SECONDS - elapsed)
        }
        _ => {
            let overtime = (elapsed - regulation).div_ceil(OVERTIME_SECONDS);
            (4 + overtime, regulation + overtime * OVERTIME_SECONDS - elapsed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(minute: u32) -> PollId {
        format!("20260110T00{minute:02}00Z").parse().expect("a poll")
    }

    #[test]
    fn points_are_kept_where_they_change_and_the_clock_never_runs_back() {
        let mut course = StatCourse::default();
        for (minute, elapsed, points) in [
            (1, 10, 0),
            (2, 60, 0),
            (3, 120, 2),
            (3, 130, 3),
            (2, 140, 9),
            (4, 100, 5),
            (5, 300, 4),
            (6, 400, 6),
        ] {
            course.add(Point(elapsed, points), poll(minute));
        }
        let points: Vec<(u32, u32)> = course.counts.iter().map(|Point(at, points)| (*at, *points)).collect();
        assert_eq!(points, [(10, 0), (120, 2), (120, 5), (300, 4), (400, 6)]);
        assert_eq!(course.polls, [1, 3, 4, 5, 6].map(poll));
        let passed = course.passed(4.5).expect("passed");
        assert_eq!((passed.period, passed.clock.as_str(), passed.poll_id), (1, "5:20", poll(6)), "for good");
    }

    #[test]
    fn on_the_line_is_not_past_it() {
        let mut course = StatCourse::default();
        course.add(Point(60, 5), poll(1));
        assert_eq!(course.passed(5.0), None);
    }

    #[test]
    fn elapsed_seconds_have_a_period_and_a_clock() {
        for (elapsed, expected) in [
            (0, (1, 720)),
            (720, (1, 0)),
            (721, (2, 719)),
            (2880, (4, 0)),
            (2881, (5, 299)),
            (3180, (5, 0)),
            (3300, (6, 180)),
        ] {
            assert_eq!(left_at(elapsed), expected, "{elapsed}");
        }
    }
}
