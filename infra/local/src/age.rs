//! How old the live scores are that a reader sees.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use shared::nba::PollId;

use crate::{clock::ReplayClock, cloud::API_BUCKET, storage::Objects};

const SCORES: &str = "v1/live/latest.json";
/// How long an export takes from the poll to the public object; the clock of a replay is stopped meanwhile.
const EXPORT_TAKES: TimeDelta = TimeDelta::seconds(1);
/// How long a reader waits after the expected instant of the next version, so that it is there.
const READER_WAIT: TimeDelta = TimeDelta::seconds(2);

/// The versions of the live scores, in the order in which they were written.
#[derive(Clone, Debug)]
pub struct Seen(Arc<Mutex<Vec<Version>>>);

/// A version of the live scores.
#[derive(Clone, Copy, Debug)]
struct Version {
    /// When upstream was asked.
    polled_at: DateTime<Utc>,
    public_from: DateTime<Utc>,
    next_expected: Option<DateTime<Utc>>,
    games_on: usize,
    max_age: TimeDelta,
}

/// Ages of the scores during the games, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ages {
    /// Half of the time they are no older.
    pub median: i64,
    /// In 95 of 100 seconds they are no older.
    pub p95: i64,
}

impl Seen {
    /// Keeps every version that is written from now on.
    pub(crate) fn watch(objects: &Objects, clock: &ReplayClock) -> Self {
        #[derive(Deserialize)]
        struct Document {
            poll_id: PollId,
            games_in_progress: usize,
            next_update_expected: Option<DateTime<Utc>>,
        }
        let seen = Self(Arc::default());
        let (versions, clock) = (seen.0.clone(), clock.clone());
        objects.on_finalized(move |news| {
            if news.object.bucket != API_BUCKET || news.object.name != SCORES {
                return;
            }
            let Ok(document) = serde_json::from_slice::<Document>(&news.content()) else { return };
            let header = news.object.cache_control.as_deref().unwrap_or_default();
            let max_age = header.rsplit("max-age=").next().and_then(|seconds| seconds.parse().ok());
            versions.lock().unwrap_or_else(PoisonError::into_inner).push(Version {
                polled_at: document.poll_id.instant(),
                public_from: clock.now() + EXPORT_TAKES,
                next_expected: document.next_update_expected,
                games_on: document.games_in_progress,
                max_age: TimeDelta::seconds(max_age.unwrap_or(0)),
            });
        });
        seen
    }

    /// The ages in each second in which a game is on; `None` where none was. The reader asks when the next version is
    /// expected, through a cache that others keep filled, so that it may answer with a version that is no longer
    /// the newest.
    pub fn ages(&self) -> Option<Ages> {
        let versions = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let second = TimeDelta::seconds(1);
        let (first, last) = (versions.first()?.public_from, versions.last()?.public_from);
        let mut newest = versions.iter().peekable();
        let (mut public, mut cached, mut shown) = (versions[0], versions[0], versions[0]);
        let (mut cached_until, mut asks_at) = (first, first);
        let mut ages = Vec::new();
        let mut now = first;
        while now <= last {
            while let Some(version) = newest.next_if(|version| version.public_from <= now) {
                public = *version;
            }
            if cached_until <= now {
                cached = public;
                // A second to fetch it, so that the cache is not in step with the polls.
                cached_until = now + cached.max_age + second;
            }
            if asks_at <= now {
                shown = cached;
                let expected = shown.next_expected.map_or(now, |next| next + READER_WAIT);
                asks_at = expected.max(now + shown.max_age).max(now + second);
            }
            if public.games_on > 0 {
                ages.push((now - shown.polled_at).num_seconds());
            }
            now += second;
        }
        ages.sort_unstable();
        let share = |percent: usize| {
            ages.get((ages.len() * percent / 100).min(ages.len().saturating_sub(1))).copied()
        };
        Some(Ages { median: share(50)?, p95: share(95)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ages(every: i64, max_age: i64) -> Ages {
        let begin: DateTime<Utc> = "2026-01-10T00:00:00Z".parse().expect("an instant");
        let version = |nth: i64| {
            let polled_at = begin + TimeDelta::seconds(nth * every);
            Version {
                polled_at,
                public_from: polled_at + EXPORT_TAKES,
                next_expected: Some(polled_at + TimeDelta::seconds(every)),
                games_on: 1,
                max_age: TimeDelta::seconds(max_age),
            }
        };
        Seen(Arc::new(Mutex::new((0..100).map(version).collect()))).ages().expect("ages")
    }

    #[test]
    fn scores_are_as_old_as_interval_and_cache_together_at_most() {
        let Ages { median, p95 } = ages(30, 10);
        assert!((15..=28).contains(&median) && (30..=44).contains(&p95), "{median} {p95}");
        let Ages { median, p95 } = ages(180, 30);
        assert!((90..=120).contains(&median) && (170..=214).contains(&p95), "{median} {p95}");
    }
}
