//! The clock of a replayed night.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use chrono::{DateTime, TimeDelta, Utc};

/// A clock that runs `speed` times as fast as real time and stops wherever it is told to wait, so that an
/// event of the night happens at its instant however slow the machine is.
#[derive(Clone, Debug)]
pub struct ReplayClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    at: DateTime<Utc>,
    since: Instant,
    speed: f64,
    until: DateTime<Utc>,
}

impl ReplayClock {
    /// A clock that is stopped at `start`.
    pub fn new(start: DateTime<Utc>, speed: f64) -> Self {
        Self(Arc::new(Mutex::new(State { at: start, since: Instant::now(), speed, until: start })))
    }

    /// The current instant of the night.
    pub fn now(&self) -> DateTime<Utc> {
        self.state().now()
    }

    /// Runs until `instant` and stops there. An instant in the past changes nothing.
    pub async fn run_until(&self, instant: DateTime<Utc>) {
        let wait = {
            let mut state = self.state();
            let now = state.now();
            *state = State { at: now, since: Instant::now(), until: instant.max(now), ..*state };
            (instant - now).as_seconds_f64() / state.speed
        };
        if wait > 0.0 {
            tokio::time::sleep(std::time::Duration::from_secs_f64(wait)).await;
        }
        let mut state = self.state();
        *state = State { at: state.until, since: Instant::now(), ..*state };
    }

    /// The same clock, in the functions' type.
    pub fn for_functions(&self) -> shared::Clock {
        let clock = self.clone();
        shared::Clock::new(move || clock.now())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A clock in a file, for functions in processes of their own. It runs on from the time at which the file
/// was written, so that no two polls have the same instant.
#[derive(Clone, Debug)]
pub struct ClockFile(PathBuf);

impl ClockFile {
    /// The clock in `file`.
    pub fn new(file: PathBuf) -> Self {
        Self(file)
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Sets it to `now`.
    pub fn show(&self, now: DateTime<Utc>) -> std::io::Result<()> {
        let draft = self.0.with_extension("draft");
        std::fs::write(&draft, now.to_rfc3339())?;
        std::fs::rename(draft, &self.0)
    }

    /// The same clock, in the functions' type. If the file cannot be read it shows 1970, which every test
    /// of a night rejects.
    pub fn for_functions(&self) -> shared::Clock {
        let file = self.clone();
        shared::Clock::new(move || file.read().unwrap_or_default())
    }

    fn read(&self) -> Option<DateTime<Utc>> {
        let shown: DateTime<Utc> = std::fs::read_to_string(&self.0).ok()?.parse().ok()?;
        let since = std::fs::metadata(&self.0).ok()?.modified().ok()?.elapsed().unwrap_or_default();
        Some(shown + since)
    }
}

impl State {
    fn now(&self) -> DateTime<Utc> {
        let run = self.since.elapsed().as_secs_f64() * self.speed * 1e6;
        // The microseconds of a night are far below the limit of i64; an extreme speed that exceeds it is
        // clamped below.
        #[allow(clippy::cast_possible_truncation, reason = "saturates")]
        let run = TimeDelta::microseconds(run as i64);
        self.at.checked_add_signed(run).map_or(self.until, |now| now.min(self.until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_clock_stands_until_it_is_run_and_never_passes_its_stop() {
        let start: DateTime<Utc> = "2026-01-10T00:00:00Z".parse().expect("an instant");
        let clock = ReplayClock::new(start, 1e6);
        assert_eq!(clock.now(), start);
        let stop = start + TimeDelta::minutes(3);
        clock.run_until(stop).await;
        assert_eq!(clock.now(), stop);
        clock.run_until(start).await;
        assert_eq!(clock.now(), stop, "not backwards");
    }
}
