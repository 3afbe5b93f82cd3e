//! A value kept in memory between invocations and refreshed in the background.

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

/// A cache of the value for the latest key. A fresh value is returned directly; a usable one is returned
/// while a new one loads in the background; an older one is returned only where a new one cannot be loaded.
pub(crate) struct Kept<K, T> {
    what: &'static str,
    age: Age,
    /// Whether a value is complete; an incomplete one is refreshed in the background of the next call.
    is_whole: fn(&T) -> bool,
    loader: Loader<K, T>,
    newest: Mutex<Option<Entry<K, T>>>,
    /// Held while loading, so that concurrent callers load once.
    loading: tokio::sync::Mutex<()>,
}

/// Ages up to which a value is returned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Age {
    pub fresh: Duration,
    pub usable: Duration,
    /// Age up to which a value is returned where no new one can be loaded.
    pub last_resort: Duration,
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
        age: Age,
        load: impl Fn(K) -> F + Send + Sync + 'static,
    ) -> Arc<Self>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let loader: Loader<K, T> = Box::new(move |key| Box::pin(load(key)));
        let is_whole = |_: &T| true;
        Arc::new(Self { what, age, is_whole, loader, newest: Mutex::default(), loading: Default::default() })
    }

    /// The same cache, but a value that is not `is_whole`, because a table was read while it was being
    /// replaced, is refreshed before its time.
    pub(crate) fn renewed_unless(self: Arc<Self>, is_whole: fn(&T) -> bool) -> Arc<Self> {
        match Arc::try_unwrap(self) {
            Ok(kept) => Arc::new(Self { is_whole, ..kept }),
            Err(shared) => shared,
        }
    }

    /// The value for `key`. Without a usable one the call waits for up to `patience`; loading continues in
    /// the background, so that a slow answer serves the next caller. Where a new value cannot be loaded, an
    /// old one is returned and the reason is logged.
    pub(crate) async fn get(self: &Arc<Self>, key: K, patience: Duration) -> Result<Arc<T>, Error> {
        let known = self.peek(key);
        if let Some((value, age)) = &known
            && *age < self.age.fresh
            && (self.is_whole)(value)
        {
            return Ok(value.clone());
        }
        let loading = tokio::spawn(self.clone().load(key).in_current_span());
        if let Some((value, age)) = &known
            && *age < self.age.usable
        {
            return Ok(value.clone());
        }
        let loaded = match tokio::time::timeout(patience, loading).await {
            Ok(Ok(loaded)) => loaded,
            Ok(Err(panic)) => Err(Error::Internal(format!("loading the {} broke off: {panic}", self.what))),
            Err(_) => Err(Error::transient(self.what, format!("not loaded within {patience:?}"))),
        };
        let error = match (loaded, self.peek(key)) {
            (Ok(()), Some((value, _))) => return Ok(value),
            (Ok(()), None) => Error::transient(self.what, "another day was loaded meanwhile"),
            (Err(error), Some((value, age))) if age < self.age.last_resort => {
                tracing::warn!(%key, %error, ?age, "{} not renewed; the old one serves", self.what);
                return Ok(value);
            }
            (Err(error), _) => error,
        };
        tracing::warn!(%key, %error, "no {}", self.what);
        Err(error)
    }

    /// The value for `key` as in [`get`](Self::get), but of any age where no new one can be loaded.
    pub(crate) async fn at_any_age(self: &Arc<Self>, key: K, patience: Duration) -> Option<Arc<T>> {
        match self.get(key, patience).await {
            Ok(value) => Some(value),
            Err(_) => self.peek(key).map(|(value, _)| value),
        }
    }

    /// Waits up to `patience` until nothing is loading. Cloud Run takes the CPU away after the response, so
    /// background loading has to end before it.
    pub(crate) async fn finish_loading(&self, patience: Duration) {
        let _ = tokio::time::timeout(patience, self.loading.lock()).await;
    }

    /// The value for `key` and its age.
    fn peek(&self, key: K) -> Option<(Arc<T>, Duration)> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = newest.as_ref().filter(|entry| entry.key == key)?;
        Some((entry.value.clone(), entry.loaded.elapsed()))
    }

    async fn load(self: Arc<Self>, key: K) -> Result<(), Error> {
        let _one_at_a_time = self.loading.lock().await;
        if self.peek(key).is_some_and(|(value, age)| age < self.age.fresh && (self.is_whole)(&value)) {
            return Ok(());
        }
        let value = (self.loader)(key).await.inspect_err(|error| {
            tracing::warn!(%key, %error, "{} could not be loaded", self.what);
        })?;
        let entry = Entry { key, value: Arc::new(value), loaded: Instant::now() };
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const AGE: Age = Age {
        fresh: HOUR,
        usable: Duration::from_secs(2 * 3600),
        last_resort: Duration::from_secs(3 * 3600),
    };
    const PATIENCE: Duration = Duration::from_secs(8);

    fn counting(takes: Duration) -> (Arc<Kept<u8, u32>>, Arc<AtomicU32>) {
        let loads = Arc::new(AtomicU32::new(0));
        let counter = loads.clone();
        let kept = Kept::new("test", AGE, move |_| {
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
        assert_eq!([a, b, c].map(|it| it.ok().as_deref().copied()), [Some(1); 3]);
        tokio::time::advance(HOUR).await;
        assert_eq!(kept.get(1, PATIENCE).await.ok().as_deref(), Some(&1), "the old value, at once");
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(kept.get(1, PATIENCE).await.ok().as_deref(), Some(&2));
        assert_eq!(kept.get(2, PATIENCE).await.ok().as_deref(), Some(&3), "another key, another value");
        assert_eq!(loads.load(Ordering::SeqCst), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_that_is_too_old_is_renewed_before_it_is_given_out() {
        let (kept, _) = counting(Duration::from_secs(1));
        assert_eq!(kept.get(1, PATIENCE).await.ok().as_deref(), Some(&1));
        tokio::time::advance(AGE.usable).await;
        assert_eq!(kept.get(1, PATIENCE).await.ok().as_deref(), Some(&2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_value_is_the_last_resort_and_not_for_ever() {
        let loads = AtomicU32::new(0);
        let kept: Arc<Kept<u8, u32>> = Kept::new("test", AGE, move |_| {
            let is_first = loads.fetch_add(1, Ordering::SeqCst) == 0;
            async move { if is_first { Ok(1) } else { Err(Error::transient("BigQuery", "down")) } }
        });
        assert_eq!(kept.get(1, PATIENCE).await.ok().as_deref(), Some(&1));
        tokio::time::advance(AGE.usable).await;
        assert_eq!(kept.get(1, PATIENCE).await.ok().as_deref(), Some(&1));
        tokio::time::advance(AGE.last_resort).await;
        assert!(kept.get(1, PATIENCE).await.is_err_and(|error| error.to_string() == "BigQuery: down"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_load_is_not_waited_for_but_serves_the_next_caller() {
        let (kept, loads) = counting(Duration::from_secs(30));
        assert!(
            kept.get(1, PATIENCE)
                .await
                .is_err_and(|error| error.to_string().contains("not loaded within 8s"))
        );
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(kept.get(1, PATIENCE).await.ok().as_deref(), Some(&1));
        assert_eq!(loads.load(Ordering::SeqCst), 1);
    }
}
