//! Google's quotas, page sizes and delays, as far as a client notices them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The limits of the services and the shape of their answers. By default as strict as Google's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The shortest time between two writes of one object; a sooner one is answered 429.
    /// <https://cloud.google.com/storage/quotas#objects>
    pub object_write_interval: Duration,
    /// The maximum number of objects per page of a list.
    pub objects_a_page: usize,
    /// The maximum number of rows per page of a query's result.
    pub rows_a_page: usize,
    /// Whether the first answer to a query says that the job is still running.
    pub queries_run_on: bool,
    /// Whether a load job is still running when its start is answered.
    pub load_jobs_run_on: bool,
    /// The maximum number of load jobs per table and day, failed ones included; any more fail with
    /// `quotaExceeded`. <https://cloud.google.com/bigquery/quotas#load_jobs>
    pub load_jobs_a_day: usize,
    /// The maximum number of concurrent load jobs per table; any more fail with `rateLimitExceeded`.
    pub load_jobs_at_once: usize,
}

impl Default for Limit {
    fn default() -> Self {
        Self {
            object_write_interval: Duration::from_secs(1),
            objects_a_page: 20,
            rows_a_page: 500,
            queries_run_on: true,
            load_jobs_run_on: true,
            load_jobs_a_day: 1_500,
            load_jobs_at_once: 3,
        }
    }
}

impl Limit {
    /// For measurements: pages as large as Google's, immediate answers, and more writes of a document than
    /// a night has.
    pub fn for_measuring() -> Self {
        Self {
            object_write_interval: Duration::ZERO,
            objects_a_page: 1_000,
            rows_a_page: 50_000,
            queries_run_on: false,
            load_jobs_a_day: usize::MAX,
            ..Self::default()
        }
    }
}

/// The limits of one local cloud. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Limits(Arc<Mutex<Limit>>);

impl Limits {
    /// Uses these limits from now on.
    pub fn set(&self, limit: Limit) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = limit;
    }

    /// The current limits.
    pub fn get(&self) -> Limit {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
