//! Google's limits and habits, as far as a client can run into them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What the services refuse, and how they hand out what they have. By default as strict as Google's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The shortest time between two writes of one object; a sooner one is answered 429.
    /// <https://cloud.google.com/storage/quotas#objects>
    pub object_write_interval: Duration,
    /// How many objects a page of a list has at most.
    pub objects_a_page: usize,
    /// How many rows a page of a query's result has at most.
    pub rows_a_page: usize,
    /// Whether a query's first answer says that the job still runs.
    pub queries_run_on: bool,
    /// Whether a load job still runs when its start is answered.
    pub load_jobs_run_on: bool,
    /// How many load jobs a table takes in a day, failed ones counted; more fail with `quotaExceeded`.
    /// <https://cloud.google.com/bigquery/quotas#load_jobs>
    pub load_jobs_a_day: usize,
    /// How many load jobs of one table run at once; more fail with `rateLimitExceeded`.
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
    /// For a measurement: pages as large as Google's, answers at once, and more writes of a document than
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
    /// From now on these hold.
    pub fn set(&self, limit: Limit) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = limit;
    }

    /// What holds now.
    pub fn get(&self) -> Limit {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
