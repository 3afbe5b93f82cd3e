//! The state of a game, read from the several spellings of the sources.

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    elapsed::overtimes,
    scoreboard::{
        CalledOff, Clock, Period, is_end, is_half, is_tip_off_time, overtimes_of_final,
        starts_with_ignoring_case,
    },
};

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
            GameStatus::Postponed => {
                let words = [upstream.status_state.unwrap_or_default(), status_text];
                let is_cancelled = words.map(CalledOff::of_text).contains(&Some(CalledOff::Cancelled));
                if is_cancelled { CANCELLED } else { POSTPONED }.into()
            }
            GameStatus::Final => final_text(period),
            GameStatus::InProgress if is_halftime => HALFTIME.into(),
            GameStatus::InProgress => match clock.left {
                Some(left) if period > 0 => format!("{} {left}", period_text(period)),
                Some(left) => left,
                None => period_text(period),
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

/// Display text of a game that ended in `period`: `Final`, `Final/OT`, `Final/OT2`.
pub fn final_text(period: i64) -> String {
    match overtimes(period) {
        0 => "Final".into(),
        1 => "Final/OT".into(),
        overtimes => format!("Final/OT{overtimes}"),
    }
}

/// How long before its tip-off a game is asked for: sources begin to list its players, and who does not play.
pub const LISTED_BEFORE_TIP_OFF: TimeDelta = TimeDelta::minutes(30);

/// How long after its tip-off a game counts as in progress if nothing else is known of it; few games take longer.
pub const MAX_GAME_DURATION: TimeDelta = TimeDelta::hours(4);

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
    let word = upstream.status_state.unwrap_or_default();
    // A clock that says the end of a whole game is as recent as any clock; the words beside it may be left over.
    if period >= 4 && is_end(time) {
        return GameStatus::Final;
    }
    match word {
        "in_progress" | "in" => return GameStatus::InProgress,
        "final" => return GameStatus::Final,
        word if CalledOff::of_text(word).is_some() => return GameStatus::Postponed,
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
        || CalledOff::of_text(&status).is_some()
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

/// Display text of a period: `Q3`, `OT1`; `In Progress` where it is not known.
pub fn period_text(period: i64) -> String {
    match period {
        ..=0 => "In Progress".into(),
        1..=4 => format!("Q{period}"),
        _ => format!("OT{}", overtimes(period)),
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
            // Other separators, and durations without minutes or seconds.
            ("3rd Qtr", 3, "Q3-5:11", InProgress, "Q3 5:11"),
            ("3rd Qtr", 3, "5:11-3rd", InProgress, "Q3 5:11"),
            ("", 3, "Q3 | 5:11", InProgress, "Q3 5:11"),
            ("", 3, "5:11 (Q3)", InProgress, "Q3 5:11"),
            ("", 3, "PT05M", InProgress, "Q3 5:00"),
            ("", 3, "PT5M3S", InProgress, "Q3 5:03"),
            ("", 3, "PT30S", InProgress, "Q3 0:30"),
            ("", 3, "PT30.50S", InProgress, "Q3 0:30.5"),
            ("F/OT", 5, "F/OT", Final, "Final/OT"),
            // No scoreboard shows such a clock; what stands beside it counts as little.
            ("3rd Qtr", 3, "Q9 99:99", InProgress, "Q3"),
            ("3rd Qtr", 3, "Q3 12:01", InProgress, "Q3"),
            ("3rd Qtr", 3, "5:75", InProgress, "Q3"),
            ("3rd Qtr", 3, "PT99M00.00S", InProgress, "Q3"),
            ("3rd Qtr", 3, "Q3 12:00", InProgress, "Q3 12:00"),
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
