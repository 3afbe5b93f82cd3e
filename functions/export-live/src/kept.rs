//! A value that is kept in memory between invocations and renewed behind the request.

use std::{
    fmt::Display,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use shared::Error;
use tokio::time::Instant;
use tracing::Instrument;

type Loading<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;
type Loader<K, T> = Box<dyn Fn(K) -> Loading<T> + Send + Sync>;

/// The value for the key that was asked for last. Within `maximum_age` it costs nothing; after that the
/// old value is given out while a new one is loaded.
pub(crate) struct Kept<K, T> {
    what: &'static str,
    maximum_age: Duration,
    loader: Loader<K, T>,
    newest: Mutex<Option<Entry<K, T>>>,
    /// Held while loading, so that many callers load once.
    loading: tokio::sync::Mutex<()>,
}

struct Entry<K, T> {
    key: K,
    value: Arc<T>,
    loaded: Instant,
}

impl<K, T> Kept<K, T>
where
    K: Copy + PartialEq + Display + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    pub(crate) fn new<F>(
        what: &'static str,
        maximum_age: Duration,
        load: impl Fn(K) -> F + Send + Sync + 'static,
    ) -> Arc<Self>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let loader: Loader<K, T> = Box::new(move |key| Box::pin(load(key)));
        Arc::new(Self { what, maximum_age, loader, newest: Mutex::default(), loading: Default::default() })
    }

    /// The value for `key`. Where there is none yet it is waited for, `patience` long and no longer;
    /// loading goes on behind, so that a slow answer serves the next caller. `None` where it could not
    /// be had, which the log explains.
    pub(crate) async fn get(self: &Arc<Self>, key: K, patience: Duration) -> Option<Arc<T>> {
        let known = self.peek(key);
        if let Some((value, true)) = known {
            return Some(value);
        }
        let loading = tokio::spawn(self.clone().load(key).in_current_span());
        if let Some((value, _)) = known {
            return Some(value);
        }
        match tokio::time::timeout(patience, loading).await {
            Ok(Ok(())) => {}
            Ok(Err(panic)) => tracing::error!(%key, %panic, "loading {} broke off", self.what),
            Err(_) => tracing::warn!(%key, ?patience, "{} not loaded in time, going on without", self.what),
        }
        self.peek(key).map(|(value, _)| value)
    }

    /// Waits until no loading is under way, `patience` long at most. Cloud Run takes the CPU away once
    /// a request is answered, so what was begun behind it has to end before its answer.
    pub(crate) async fn finish_loading(&self, patience: Duration) {
        let _ = tokio::time::timeout(patience, self.loading.lock()).await;
    }

    /// The value for `key` and whether it is fresh.
    fn peek(&self, key: K) -> Option<(Arc<T>, bool)> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = newest.as_ref().filter(|entry| entry.key == key)?;
        Some((entry.value.clone(), entry.loaded.elapsed() < self.maximum_age))
    }

    async fn load(self: Arc<Self>, key: K) {
        let _one_at_a_time = self.loading.lock().await;
        if let Some((_, true)) = self.peek(key) {
            return;
        }
        match (self.loader)(key).await {
            Ok(value) => {
                let entry = Entry { key, value: Arc::new(value), loaded: Instant::now() };
                *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(entry);
            }
            Err(error) => tracing::warn!(%key, %error, "{} could not be loaded", self.what),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const PATIENCE: Duration = Duration::from_secs(8);

    fn counting(takes: Duration) -> (Arc<Kept<u8, u32>>, Arc<AtomicU32>) {
        let loads = Arc::new(AtomicU32::new(0));
        let counter = loads.clone();
        let kept = Kept::new("test", HOUR, move |_| {
            let load = counter.fetch_add(1, Ordering::SeqCst) + 1;
            async move {
                tokio::time::sleep(takes).await;
                Ok(load)
            }
        });
        (kept, loads)
    }

    #[tokio::test(start_paused = true)]
    async fn many_callers_load_once_and_an_old_value_is_renewed_behind() {
        let (kept, loads) = counting(Duration::from_secs(1));
        let (a, b, c) = tokio::join!(kept.get(1, PATIENCE), kept.get(1, PATIENCE), kept.get(1, PATIENCE));
        assert_eq!((a.as_deref(), b.as_deref(), c.as_deref()), (Some(&1), Some(&1), Some(&1)));
        tokio::time::advance(HOUR).await;
        assert_eq!(kept.get(1, PATIENCE).await.as_deref(), Some(&1), "the old value, at once");
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(kept.get(1, PATIENCE).await.as_deref(), Some(&2));
        assert_eq!(kept.get(2, PATIENCE).await.as_deref(), Some(&3), "another key, another value");
        assert_eq!(loads.load(Ordering::SeqCst), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_load_is_not_waited_for_but_serves_the_next_caller() {
        let (kept, loads) = counting(Duration::from_secs(30));
        assert_eq!(kept.get(1, PATIENCE).await, None);
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(kept.get(1, PATIENCE).await.as_deref(), Some(&1));
        assert_eq!(loads.load(Ordering::SeqCst), 1);
    }
}
