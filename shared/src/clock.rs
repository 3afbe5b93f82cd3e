//! The time a function believes in.

use std::{fmt, sync::Arc};

use chrono::{DateTime, SubsecRound, Utc};
use serde::Serializer;

/// Where a function takes "now" from: the system in production, the replayed night's clock in a
/// local run. Timeouts and token expiry never use it; they are the machine's own business.
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

    /// The current instant, to the microsecond, which is as fine as BigQuery and our documents go.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)().trunc_subsecs(6)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// An instant as our documents write it: `2025-12-28T02:12:02.560000+00:00`. For serde's
/// `serialize_with`.
pub fn iso_micros<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&instant.format("%Y-%m-%dT%H:%M:%S%.6f%:z"))
}
