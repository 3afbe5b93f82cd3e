//! Bounded retries.

use std::{future::Future, time::Duration};

use backon::{ExponentialBuilder, Retryable};
use tokio::time::Instant;

use crate::Error;

/// The failure of an attempt.
#[derive(Debug)]
pub enum Failure {
    /// Worth another attempt, not before `after` where the service named a wait (`Retry-After`).
    Retryable {
        /// The error that the caller receives when no attempt is left.
        error: Error,
        /// The wait that the service requested.
        after: Option<Duration>,
    },
    /// The same attempt would fail the same way: a refused key, a missing object, a bad request.
    Permanent(Error),
}

impl Failure {
    /// A failure worth another attempt after the usual pause.
    pub fn retryable(error: Error) -> Self {
        Self::Retryable { error, after: None }
    }

    fn into_error(self) -> Error {
        match self {
            Self::Retryable { error, .. } | Self::Permanent(error) => error,
        }
    }
}

/// How much time a call may take, all its attempts together.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The service's name in the error of an attempt that timed out.
    pub service: &'static str,
    /// The longest one attempt may take.
    pub attempt: Duration,
    /// The longest all attempts and the pauses between them may take.
    pub total: Duration,
}

/// The most retries; the pause between them doubles from half a second, with jitter.
const MAX_RETRIES: usize = 4;

/// Runs `attempt` until it succeeds, fails for good, or the budget is spent.
///
/// ```
/// use std::time::Duration;
/// use shared::{Error, retry::{Budget, Failure, with_retries}};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let budget =
///     Budget { service: "the oracle", attempt: Duration::from_secs(2), total: Duration::from_secs(5) };
/// let mut asked = 0;
/// let answer = with_retries(budget, || {
///     asked += 1;
///     let is_busy = asked == 1;
///     async move {
///         if is_busy {
///             return Err(Failure::retryable(Error::transient("the oracle", "busy")));
///         }
///         Ok(42)
///     }
/// });
/// assert_eq!(answer.await?, 42);
/// # Ok::<(), Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn with_retries<T, F>(budget: Budget, mut attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Failure>>,
{
    let end = Instant::now() + budget.total;
    let timed_out = |limit: Duration| {
        Failure::retryable(Error::transient(budget.service, format!("no answer within {limit:?}")))
    };
    let bounded = || {
        let limit = budget.attempt.min(end.saturating_duration_since(Instant::now()));
        // Boxed, because the clients' futures are large enough to fill a thread's stack between them.
        let attempt = Box::pin(attempt());
        async move { tokio::time::timeout(limit, attempt).await.unwrap_or_else(|_| Err(timed_out(limit))) }
    };
    bounded
        .retry(
            ExponentialBuilder::default()
                .with_min_delay(Duration::from_millis(500))
                .with_max_delay(Duration::from_secs(10))
                .with_max_times(MAX_RETRIES)
                .with_jitter(),
        )
        .when(|failure| matches!(failure, Failure::Retryable { .. }))
        .adjust(|failure, pause| {
            let wish = match failure {
                Failure::Retryable { after, .. } => after.unwrap_or_default(),
                Failure::Permanent(_) => return None,
            };
            // A pause that would outlast the budget only delays the same error.
            pause.map(|pause| pause.max(wish)).filter(|pause| Instant::now() + *pause < end)
        })
        .notify(|failure, pause| {
            tracing::info!(?failure, ?pause, "a call failed; it is retried after the pause")
        })
        .await
        .map_err(Failure::into_error)
}

/// The wait that a `Retry-After` header requests, in seconds or as an HTTP date (RFC 9110, 10.2.3).
pub fn retry_after(value: &str, now: chrono::DateTime<chrono::Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = chrono::DateTime::<chrono::Utc>::from(httpdate::parse_http_date(value).ok()?);
    Some((date - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const BUDGET: Budget =
        Budget { service: "test", attempt: Duration::from_secs(5), total: Duration::from_secs(20) };

    fn retryable(after: Option<u64>) -> Failure {
        Failure::Retryable { error: Error::transient("test", "down"), after: after.map(Duration::from_secs) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_passing_fault_is_outlived_and_a_final_one_is_not_repeated() {
        let calls = Cell::new(0);
        let outcome = with_retries(BUDGET, || async {
            calls.set(calls.get() + 1);
            if calls.get() < 3 { Err(retryable(None)) } else { Ok(7) }
        });
        assert_eq!(outcome.await.ok(), Some(7));
        assert_eq!(calls.get(), 3);

        let calls = Cell::new(0);
        let outcome: Result<(), _> = with_retries(BUDGET, || async {
            calls.set(calls.get() + 1);
            Err(Failure::Permanent(Error::internal("refused")))
        })
        .await;
        assert!(matches!(outcome, Err(Error::Internal(_))));
        assert_eq!(calls.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_service_s_own_wait_is_honoured_unless_it_outlasts_the_budget() {
        let start = Instant::now();
        let calls = Cell::new(0);
        let outcome = with_retries(BUDGET, || async {
            calls.set(calls.get() + 1);
            if calls.get() == 1 { Err(retryable(Some(12))) } else { Ok(()) }
        });
        assert!(outcome.await.is_ok());
        assert!(start.elapsed() >= Duration::from_secs(12));

        let start = Instant::now();
        let outcome: Result<(), _> = with_retries(BUDGET, || async { Err(retryable(Some(3600))) }).await;
        assert!(outcome.is_err());
        assert!(start.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_pauses_of_two_callers_differ() {
        let pause = async || {
            let start = Instant::now();
            let calls = Cell::new(0);
            let second = with_retries(BUDGET, || async {
                calls.set(calls.get() + 1);
                if calls.get() == 1 { Err(retryable(None)) } else { Ok(start.elapsed()) }
            });
            second.await.expect("a second attempt")
        };
        let first = pause().await;
        let mut others = Vec::new();
        for _ in 0..8 {
            others.push(pause().await);
        }
        assert!(others.iter().any(|other| *other != first), "{first:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_never_answers_costs_the_budget_and_no_more() {
        let start = Instant::now();
        let outcome: Result<(), _> = with_retries(BUDGET, std::future::pending).await;
        assert!(matches!(outcome, Err(Error::Transient { service: "test", .. })));
        assert!(start.elapsed() <= Duration::from_secs(21), "{:?}", start.elapsed());
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = chrono::DateTime::from_timestamp(1_767_999_600, 0).expect("an instant");
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Fri, 09 Jan 2026 23:00:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Fri, 09 Jan 2026 22:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }
}
