//! A value kept in memory between invocations and refreshed in the background (stale-while-revalidate,
//! stale-if-error).

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use shared::{Error, nba::SlateDay};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// A value that is cached, and how it is loaded.
pub(crate) trait Cached: Send + Sync + 'static {
    type Value: Send + Sync + 'static;

    /// Name for log and error messages.
    const NAME: &'static str;
    const FRESHNESS: Freshness;

    /// Loads the value of a day.
    fn load(&self, day: SlateDay) -> impl Future<Output = Result<Self::Value, Error>> + Send;

    /// Whether a value is complete; an incomplete one, of a table that was read while it was being replaced, is
    /// refreshed by the next call.
    fn is_complete(_value: &Self::Value) -> bool {
        true
    }

    /// Whether something has happened since a value was loaded that makes it wrong, so that a new one is waited for.
    fn is_outdated(&self, _day: SlateDay, _value: &Self::Value) -> bool {
        false
    }
}

/// Ages up to which a value is returned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshness {
    /// Up to this age nothing is loaded.
    pub max_age: Duration,
    /// Up to this age the value is returned at once, while a new one loads in the background.
    pub stale_while_revalidate: Duration,
    /// Up to this age the value is returned where no new one can be loaded.
    pub stale_if_error: Duration,
}

/// A cache of the value of the latest day that was asked for. Clones share it.
pub(crate) struct RefreshingCache<S: Cached>(Arc<Inner<S>>);

struct Inner<S: Cached> {
    source: S,
    newest: Mutex<Option<Entry<S::Value>>>,
    /// Held while loading, so that concurrent callers load once.
    loading: tokio::sync::Mutex<()>,
    /// The loads that have begun, from the moment at which they are requested.
    loads: TaskTracker,
}

struct Entry<T> {
    day: SlateDay,
    value: Arc<T>,
    loaded: Instant,
}

impl<S: Cached> Clone for RefreshingCache<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Cached> RefreshingCache<S> {
    pub(crate) fn new(source: S) -> Self {
        Self(Arc::new(Inner {
            source,
            newest: Mutex::default(),
            loading: tokio::sync::Mutex::default(),
            loads: TaskTracker::new(),
        }))
    }

    /// The value of `day`. Without one that is fresh enough the call waits for up to `timeout`; loading goes
    /// on in the background, so that a slow answer serves the next caller. Where a new value cannot be loaded,
    /// an old one is returned and the reason is logged.
    pub(crate) async fn get(&self, day: SlateDay, timeout: Duration) -> Result<Arc<S::Value>, Error> {
        let known = self.0.peek(day);
        if let Some((value, age)) = &known
            && self.0.is_fresh(day, value, *age)
        {
            return Ok(value.clone());
        }
        let loading = self.0.loads.spawn(self.0.clone().load(day).in_current_span());
        if let Some((value, age)) = &known
            && *age < S::FRESHNESS.stale_while_revalidate
            && !self.0.source.is_outdated(day, value)
        {
            return Ok(value.clone());
        }
        let loaded = match tokio::time::timeout(timeout, loading).await {
            Ok(Ok(loaded)) => loaded,
            Ok(Err(aborted)) => {
                Err(Error::internal(format!("loading the {} was aborted: {aborted}", S::NAME)))
            }
            Err(_) => Err(Error::transient(S::NAME, format!("not loaded within {timeout:?}"))),
        };
        let error = match (loaded, self.0.peek(day)) {
            (Ok(()), Some((value, _))) => return Ok(value),
            (Ok(()), None) => Error::transient(S::NAME, "another day was loaded in the meantime"),
            (Err(error), Some((value, age))) if age < S::FRESHNESS.stale_if_error => {
                tracing::warn!(%day, %error, ?age, "the {} could not be refreshed; the old value is used", S::NAME);
                return Ok(value);
            }
            (Err(error), _) => error,
        };
        tracing::warn!(%day, %error, "the {} could not be loaded, and no earlier value is recent enough", S::NAME);
        Err(error)
    }

    /// The value of `day` as in [`get`](Self::get), but of any age where no new one can be loaded.
    pub(crate) async fn at_any_age(&self, day: SlateDay, timeout: Duration) -> Option<Arc<S::Value>> {
        match self.get(day, timeout).await {
            Ok(value) => Some(value),
            Err(_) => self.0.peek(day).map(|(value, _)| value),
        }
    }

    /// Waits up to `timeout` until nothing is loading. Cloud Run takes the CPU away after the response, so
    /// background loading has to end before it.
    pub(crate) async fn finish_background_loads(&self, timeout: Duration) {
        // A closed tracker still takes new loads; it only lets the wait end.
        self.0.loads.close();
        let _ = tokio::time::timeout(timeout, self.0.loads.wait()).await;
    }
}

impl<S: Cached> Inner<S> {
    /// The value of `day` and its age.
    fn peek(&self, day: SlateDay) -> Option<(Arc<S::Value>, Duration)> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = newest.as_ref().filter(|entry| entry.day == day)?;
        Some((entry.value.clone(), entry.loaded.elapsed()))
    }

    fn is_fresh(&self, day: SlateDay, value: &S::Value, age: Duration) -> bool {
        age < S::FRESHNESS.max_age && S::is_complete(value) && !self.source.is_outdated(day, value)
    }

    async fn load(self: Arc<Self>, day: SlateDay) -> Result<(), Error> {
        let _one_at_a_time = self.loading.lock().await;
        if self.peek(day).is_some_and(|(value, age)| self.is_fresh(day, &value, age)) {
            return Ok(());
        }
        let value = self.source.load(day).await.inspect_err(|error| {
            tracing::warn!(%day, %error, "loading the {} failed", S::NAME);
        })?;
        let entry = Entry { day, value: Arc::new(value), loaded: Instant::now() };
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const TIMEOUT: Duration = Duration::from_secs(8);

    /// Counts its loads, each of which takes a while; those after `works` fail.
    struct Counting {
        loads: Arc<AtomicU32>,
        takes: Duration,
        works: u32,
    }

    impl Cached for Counting {
        type Value = u32;
        const NAME: &'static str = "count";
        const FRESHNESS: Freshness = Freshness {
            max_age: HOUR,
            stale_while_revalidate: Duration::from_secs(2 * 3600),
            stale_if_error: Duration::from_secs(3 * 3600),
        };

        async fn load(&self, _day: SlateDay) -> Result<u32, Error> {
            let load = self.loads.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::time::sleep(self.takes).await;
            if load <= self.works { Ok(load) } else { Err(Error::transient("BigQuery", "down")) }
        }
    }

    fn counting(takes: u64, works: u32) -> (RefreshingCache<Counting>, Arc<AtomicU32>) {
        let loads = Arc::new(AtomicU32::new(0));
        let source = Counting { loads: loads.clone(), takes: Duration::from_secs(takes), works };
        (RefreshingCache::new(source), loads)
    }

    async fn got(cache: &RefreshingCache<Counting>, day: &str) -> Option<u32> {
        cache.get(day.parse().expect("a day"), TIMEOUT).await.ok().map(|value| *value)
    }

    const TODAY: &str = "2026-01-09";

    #[tokio::test(start_paused = true)]
    async fn concurrent_callers_load_once_and_an_old_value_is_refreshed_in_the_background() {
        let (cache, loads) = counting(1, u32::MAX);
        let three = tokio::join!(got(&cache, TODAY), got(&cache, TODAY), got(&cache, TODAY));
        assert_eq!(three, (Some(1), Some(1), Some(1)));
        tokio::time::advance(HOUR).await;
        assert_eq!(got(&cache, TODAY).await, Some(1), "the old value, at once");
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(got(&cache, TODAY).await, Some(2));
        assert_eq!(got(&cache, "2026-01-08").await, Some(3), "another day, another value");
        assert_eq!(loads.load(Ordering::SeqCst), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_returns_at_once_waits_for_the_load_that_it_began() {
        let (cache, loads) = counting(1, u32::MAX);
        assert_eq!(got(&cache, TODAY).await, Some(1));
        for expected in 2..=4 {
            tokio::time::advance(HOUR).await;
            assert_eq!(got(&cache, TODAY).await, Some(expected - 1), "the old value");
            cache.finish_background_loads(TIMEOUT).await;
            assert_eq!(loads.load(Ordering::SeqCst), expected);
            assert_eq!(got(&cache, TODAY).await, Some(expected), "the new one, without another load");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_that_is_too_old_is_refreshed_before_it_is_returned() {
        let (cache, _) = counting(1, u32::MAX);
        assert_eq!(got(&cache, TODAY).await, Some(1));
        tokio::time::advance(Counting::FRESHNESS.stale_while_revalidate).await;
        assert_eq!(got(&cache, TODAY).await, Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_value_is_returned_after_an_error_but_not_for_ever() {
        let (cache, _) = counting(0, 1);
        assert_eq!(got(&cache, TODAY).await, Some(1));
        tokio::time::advance(Counting::FRESHNESS.stale_while_revalidate).await;
        assert_eq!(got(&cache, TODAY).await, Some(1));
        tokio::time::advance(Counting::FRESHNESS.stale_if_error).await;
        let failed = cache.get(TODAY.parse().expect("a day"), TIMEOUT).await;
        assert!(failed.is_err_and(|error| error.to_string() == "BigQuery: down"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_load_is_not_waited_for_but_serves_the_next_caller() {
        let (cache, loads) = counting(30, u32::MAX);
        let late = cache.get(TODAY.parse().expect("a day"), TIMEOUT).await;
        assert!(late.is_err_and(|error| error.to_string().contains("not loaded within 8s")));
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(got(&cache, TODAY).await, Some(1));
        assert_eq!(loads.load(Ordering::SeqCst), 1);
    }
}
