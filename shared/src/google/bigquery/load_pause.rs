//! The pause between a failed load job and the next one.
//!
//! BigQuery allows 1,500 load jobs a table and day, and failed ones count
//! (<https://cloud.google.com/bigquery/quotas#load_jobs>). Eventarc delivers an event up to six times a
//! minute, so a job for each delivery would use up a day's quota within hours. Two pauses prevent that:
//! one for the rows, read from their failed job, and one for all rows, kept in this process. While load
//! jobs fail, one at a time is tried and every other delivery is answered 503 without a job.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::SERVICE;
use crate::{Clock, Error};

/// The first and the longest pause after a transient fault.
const PAUSE: (TimeDelta, TimeDelta) = (TimeDelta::minutes(2), TimeDelta::minutes(15));
/// The first and the longest pause after a missing permission, a missing table or a spent quota, which a
/// person or the next day resolves.
const LONG_PAUSE: (TimeDelta, TimeDelta) = (TimeDelta::minutes(10), TimeDelta::minutes(30));
/// How long a permitted job may take before the next is permitted; longer than any job is waited for.
const PROBE_TIMEOUT: TimeDelta = TimeDelta::minutes(2);

/// The pause after the `failures`th failed job in a row, the last of which failed for `reason`.
pub(super) fn pause_after(failures: u32, reason: &str) -> TimeDelta {
    let (first, longest) = match reason {
        "accessDenied" | "notFound" | "quotaExceeded" => LONG_PAUSE,
        _ => PAUSE,
    };
    let doubled = first * (1 << failures.saturating_sub(1).min(8));
    doubled.min(longest)
}

/// The load jobs of one process, for all tables.
#[derive(Debug, Default)]
pub(super) struct LoadJobGate(Mutex<Option<Failing>>);

#[derive(Debug)]
struct Failing {
    failures: u32,
    reason: String,
    next_at: DateTime<Utc>,
}

impl Failing {
    fn error(&self) -> Error {
        let Self { failures, reason, next_at } = self;
        let next_at = next_at.format("%H:%M:%S UTC");
        let detail =
            format!("load jobs fail ({reason}, {failures} in a row); the next one may start at {next_at}");
        Error::transient(SERVICE, detail)
    }
}

impl LoadJobGate {
    /// Returns an error with the time of the next permitted job, unless a job may start now.
    pub fn check(&self, clock: &Clock) -> Result<(), Error> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(failing) if clock.now() < failing.next_at => Err(failing.error()),
            _ => Ok(()),
        }
    }

    /// Permits a new job, and no other until its result is known; else returns the same error.
    pub fn permit(&self, clock: &Clock) -> Result<(), Error> {
        let mut failing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(failing) = failing.as_mut() else { return Ok(()) };
        let now = clock.now();
        if now < failing.next_at {
            return Err(failing.error());
        }
        failing.next_at = now + PROBE_TIMEOUT;
        Ok(())
    }

    /// Records that a job has succeeded.
    pub fn record_success(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Records that a job has failed for `reason`, which is not in its rows.
    pub fn record_failure(&self, reason: &str, clock: &Clock) {
        let mut failing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = failing.as_ref().map_or(0, |failing| failing.failures) + 1;
        let next_at = clock.now() + pause_after(failures, reason);
        *failing = Some(Failing { failures, reason: reason.to_owned(), next_at });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn pauses_grow_from_minutes_to_their_limit() {
        let minutes = |failures, reason| pause_after(failures, reason).num_minutes();
        assert_eq!([1, 2, 3, 4, 5, 200].map(|n| minutes(n, "backendError")), [2, 4, 8, 15, 15, 15]);
        for reason in ["accessDenied", "notFound", "quotaExceeded"] {
            assert_eq!([1, 2, 3, 200].map(|n| minutes(n, reason)), [10, 20, 30, 30], "{reason}");
        }
    }

    #[test]
    fn while_jobs_fail_one_at_a_time_is_let_through_and_a_success_lets_all() {
        let now = Arc::new(Mutex::new(DateTime::<Utc>::UNIX_EPOCH));
        let shown = now.clone();
        let clock = Clock::new(move || *shown.lock().expect("the clock"));
        let pass = |minutes| *now.lock().expect("the clock") += TimeDelta::minutes(minutes);
        let gate = LoadJobGate::default();
        assert!(gate.permit(&clock).is_ok() && gate.permit(&clock).is_ok());
        gate.record_failure("backendError", &clock);
        pass(1);
        assert!(
            gate.permit(&clock).is_err_and(|error| error.to_string().contains("may start at 00:02:00 UTC"))
        );
        pass(1);
        assert!(gate.permit(&clock).is_ok());
        assert!(gate.permit(&clock).is_err(), "one at a time");
        // The permitted job and its result are lost.
        pass(2);
        assert!(gate.permit(&clock).is_ok());
        gate.record_success();
        assert!(gate.permit(&clock).is_ok() && gate.permit(&clock).is_ok());
    }
}
