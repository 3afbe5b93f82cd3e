//! The clock of a function.

use std::{fmt, sync::Arc};

use chrono::{DateTime, NaiveDate, SubsecRound, TimeZone, Utc};
use chrono_tz::America::New_York;
use serde::Serializer;

/// The source of the current time: the system in production, the replayed night's clock in a local run.
/// Timeouts and token expiry always use the system's time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Arc::new(Utc::now))
    }

    /// A clock that asks `now` each time.
    pub fn new(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The current instant, to the microsecond, which is as fine as BigQuery and the documents go.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)().trunc_subsecs(6)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// An instant as the documents write it: `2025-12-28T02:12:02.560000+00:00`. For serde's
/// `serialize_with`.
pub fn iso_micros<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&instant.format("%Y-%m-%dT%H:%M:%S%.6f%:z"))
}

/// Like [`iso_micros`], for an optional instant.
pub fn iso_micros_or_null<S: Serializer>(
    instant: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match instant {
        Some(instant) => iso_micros(instant, serializer),
        None => serializer.serialize_none(),
    }
}

/// An instant in US Eastern time, daylight saving time included: `7:30 PM ET` (FAILURES.md, F7, F35).
pub fn eastern_time(instant: DateTime<Utc>) -> String {
    instant.with_timezone(&New_York).format("%-I:%M %p ET").to_string()
}

/// The instant of an `hour`, 0–23, of a US Eastern `date`; `None` where there is no such hour, as in the night of
/// a change to daylight saving time.
pub fn eastern_hour(date: NaiveDate, hour: u32) -> Option<DateTime<Utc>> {
    New_York.from_local_datetime(&date.and_hms_opt(hour, 0, 0)?).earliest().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f35_a_tip_off_is_shown_without_a_leading_zero_or_space_and_f7_by_the_season_s_clock() {
        for (tip_off, shown) in [
            ("2026-01-10T00:30:00Z", "7:30 PM ET"),
            ("2026-01-10T03:00:00Z", "10:00 PM ET"),
            ("2025-12-25T17:00:00Z", "12:00 PM ET"),
            ("2026-04-12T17:00:00Z", "1:00 PM ET"),
            ("2025-11-01T23:30:00Z", "7:30 PM ET"),
            ("2025-11-03T00:30:00Z", "7:30 PM ET"),
        ] {
            assert_eq!(tip_off.parse().map(eastern_time), Ok(shown.to_owned()), "{tip_off}");
        }
    }
}
