//! Injected faults of the services, from a seed or planned by a test.
//!
//! With a seed, every service has weather that changes through the night: mostly fair, now and then rough,
//! sometimes a storm in which nearly every call fails. The fault of a call depends only on the seed, the
//! moment of the night, the call and how often it was made in that moment, so that a seed reproduces its
//! faults; the order of simultaneous calls depends on the machine.

mod inject;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::body::Bytes;
use shared::{digest::hex_digest, sources::Source};
use tokio_util::sync::CancellationToken;

use crate::drift::Drift;

pub(crate) use inject::inject;

/// A service that the functions call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the service of that name")]
pub enum Service {
    BallDontLie,
    NbaCdn,
    Storage,
    BigQuery,
    PubSub,
}

/// A fault of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// An error status; 429 and 503 ask for a wait of a second.
    Status(u16),
    /// 403 with one of BigQuery's reasons, such as `quotaExceeded`.
    Refused(&'static str),
    /// No answer until the caller gives up.
    Hang,
    /// The connection is closed in the middle of the answer.
    CutOff,
    /// The answer is truncated but looks complete.
    Truncated,
    /// An answer of the wrong shape.
    WrongJson,
    /// A maintenance page with status 200.
    Html,
    /// The request is carried out, but the answer is an error.
    AnswerLost,
    /// The request is carried out, but no answer comes.
    DoneThenHang,
    /// An answer at one byte per second.
    Trickle,
    /// A page whose cursor points to the page itself; only from BallDontLie.
    CursorLoop,
    /// A write that fails with "precondition failed" three times in a row.
    Precondition,
    /// A file of some minutes ago, after newer ones; only from the NBA's feed, whose caches may do so.
    EarlierFile,
    /// Box scores with wrong content; only from BallDontLie's live endpoint.
    Drift(Drift),
    /// A query result without its rows, as while a table is being replaced.
    EmptyRead,
    /// A load job that fails with `backendError`.
    FailedJob,
    /// A load job that keeps running.
    EndlessJob,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status(code) => return write!(f, "status {code}"),
            Self::Refused(reason) => return write!(f, "refused, {reason}"),
            Self::Hang => "no answer",
            Self::CutOff => "connection dropped in mid-body",
            Self::Truncated => "truncated answer",
            Self::WrongJson => "wrong JSON",
            Self::Html => "HTML page with status 200",
            Self::AnswerLost => "done, but answered 503",
            Self::DoneThenHang => "done, but no answer",
            Self::Trickle => "a byte a second",
            Self::CursorLoop => "page cursor that loops",
            Self::Precondition => "412, three times",
            Self::EarlierFile => "a file of some minutes ago",
            Self::Drift(Drift::Dropped) => "upstream drift: dropped players",
            Self::Drift(Drift::Doubled) => "upstream drift: doubled rows",
            Self::Drift(Drift::Respelled) => "upstream drift: numbers as text",
            Self::Drift(Drift::Swapped) => "upstream drift: swapped sides",
            Self::Drift(Drift::Jumped) => "upstream drift: jumped periods",
            Self::EmptyRead => "upstream drift: table read empty",
            Self::FailedJob => "load job that fails",
            Self::EndlessJob => "load job that does not end",
        })
    }
}

/// The faults that are possible for any call.
const COMMON: [Fault; 10] = [
    Fault::Status(500),
    Fault::Status(503),
    Fault::Status(429),
    Fault::Status(401),
    Fault::Hang,
    Fault::CutOff,
    Fault::Truncated,
    Fault::WrongJson,
    Fault::Html,
    Fault::AnswerLost,
];
/// The duration of a service's weather, in moments of the night.
const WEATHER_DURATION: u64 = 8;
/// The earliest moment at which a table is read empty: by then it has been read once and its rows are
/// remembered.
const FIRST_EMPTY_READ: u64 = 16;
/// The probability that a call fails in fair weather, in rough weather and in a storm, in thousandths.
const FAULTS_PER_THOUSAND: [u64; 3] = [15, 200, 850];
/// The number of consecutive calls that a failed precondition applies to.
const REPEATED: u64 = 3;
/// How long a file is kept, in moments of the night, to be sent after newer ones.
const FILE_KEPT: u64 = 3;
/// The longest time that a call hangs; every caller times out before.
const MAX_HANG: Duration = Duration::from_secs(300);

/// The faults of one local cloud; initially none.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    seed: Option<u64>,
    /// The current moment of the night.
    moment: u64,
    /// The number of calls of each kind in this moment.
    calls: HashMap<String, u64>,
    script: Vec<Planned>,
    /// Releases hanging calls.
    over: CancellationToken,
    injected: BTreeMap<(Service, Fault), u64>,
    /// Files of the NBA's feed by path, each with the moment of the night at which it was kept.
    files: HashMap<String, (u64, Bytes)>,
}

/// A fault that a test has planned.
#[derive(Debug)]
struct Planned {
    call: String,
    skip: u32,
    times: u32,
    fault: Fault,
}

/// A pseudo-random number from a seed and further inputs.
pub(crate) fn dice(seed: u64, parts: &[&str]) -> u64 {
    let seed = seed.to_string();
    let digest = hex_digest(std::iter::once(seed.as_str()).chain(parts.iter().copied()));
    u64::from_str_radix(&digest[..16], 16).unwrap_or_default()
}

impl Faults {
    /// Injects faults derived from `seed` from now on.
    pub fn begin(&self, seed: u64) {
        let mut book = self.book();
        book.seed = Some(seed);
        book.over = CancellationToken::new();
    }

    /// Moves on to the next moment of the night.
    pub fn next_moment(&self) {
        let mut book = self.book();
        book.moment += 1;
        book.calls.clear();
    }

    /// Stops all faults and releases hanging calls.
    pub fn end(&self) {
        let mut book = self.book();
        book.seed = None;
        book.script.clear();
        book.over.cancel();
    }

    /// Plans `fault` for `times` calls whose `{method} {path and query}` contains `call`, after `skip`
    /// others of them. A load job is the call `RUN {job id}`.
    pub fn plan(&self, call: &str, skip: u32, times: u32, fault: Fault) {
        self.book().script.push(Planned { call: call.into(), skip, times, fault });
    }

    /// From now on `source` refuses every request, as if the key were revoked.
    pub fn refuse(&self, source: Source) {
        let path = match source {
            Source::BallDontLie => "GET /balldontlie/",
            Source::NbaCdn => "GET /nba-cdn/",
        };
        self.plan(path, 0, u32::MAX, Fault::Status(401));
    }

    /// The injected faults so far, with the number of each.
    pub fn injected(&self) -> BTreeMap<(Service, Fault), u64> {
        self.book().injected.clone()
    }

    /// Whether faults come from a seed.
    fn are_seeded(&self) -> bool {
        self.book().seed.is_some()
    }

    /// Keeps a file of the NBA's feed, unless one was kept a moment ago.
    fn keep_file(&self, path: &str, content: &Bytes) {
        let mut book = self.book();
        let now = book.moment;
        if book.files.get(path).is_none_or(|(kept_at, _)| kept_at + FILE_KEPT <= now) {
            book.files.insert(path.to_owned(), (now, content.clone()));
        }
    }

    fn earlier_file(&self, path: &str) -> Option<Bytes> {
        self.book().files.get(path).map(|(_, content)| content.clone())
    }

    /// Resolves when faults stop.
    pub(crate) fn over(&self) -> impl Future<Output = ()> + use<> {
        let over = self.book().over.clone();
        async move {
            let _ = tokio::time::timeout(MAX_HANG, over.cancelled()).await;
        }
    }

    /// The fault of a load job, if any.
    pub(crate) fn of_job(&self, id: &str) -> Option<Fault> {
        self.of(
            Service::BigQuery,
            &format!("RUN {id}"),
            &[Fault::FailedJob, Fault::FailedJob, Fault::EndlessJob],
        )
    }

    /// The fault of a call, if any; with a seed, it is one of `possible`.
    fn of(&self, service: Service, call: &str, possible: &[Fault]) -> Option<Fault> {
        let mut book = self.book();
        let fault = book.planned(call).or_else(|| book.seeded(service, call, possible))?;
        *book.injected.entry((service, fault)).or_default() += 1;
        Some(fault)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn planned(&mut self, call: &str) -> Option<Fault> {
        let planned =
            self.script.iter_mut().find(|planned| planned.times > 0 && call.contains(&planned.call))?;
        if planned.skip > 0 {
            planned.skip -= 1;
            return None;
        }
        planned.times -= 1;
        Some(planned.fault)
    }

    fn seeded(&mut self, service: Service, call: &str, possible: &[Fault]) -> Option<Fault> {
        let seed = self.seed?;
        let nth = self.calls.entry(call.to_owned()).or_default();
        let (nth_call, nth_run) = (nth.to_string(), (*nth / REPEATED).to_string());
        *nth += 1;
        let spell = (self.moment / WEATHER_DURATION).to_string();
        let weather = match dice(seed, &["weather", &format!("{service:?}"), &spell]) % 10 {
            0..=5 => 0,
            6..=8 => 1,
            _ => 2,
        };
        let moment = self.moment.to_string();
        let is_write = possible.contains(&Fault::Precondition);
        if is_write
            && dice(seed, &["precondition", &moment, call, &nth_run]) % 1000
                < FAULTS_PER_THOUSAND[weather] / 8
        {
            return Some(Fault::Precondition);
        }
        if dice(seed, &["whether", &moment, call, &nth_call]) % 1000 >= FAULTS_PER_THOUSAND[weather] {
            return None;
        }
        let which = dice(seed, &["which", &moment, call, &nth_call]);
        let fault = usize::try_from(which % possible.len() as u64).ok().and_then(|which| possible.get(which));
        let fault = fault.filter(|fault| **fault != Fault::EmptyRead || self.moment >= FIRST_EMPTY_READ);
        // Each hang costs its caller a whole attempt, so few of them suffice.
        fault.copied().map(|fault| match fault {
            Fault::Hang if !(which >> 32).is_multiple_of(4) => Fault::CutOff,
            Fault::Precondition => Fault::Status(503),
            fault => fault,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn night(seed: u64) -> Vec<Option<Fault>> {
        let faults = Faults::default();
        faults.begin(seed);
        let mut befallen = Vec::new();
        for moment in 0..200 {
            faults.next_moment();
            for call in ["GET /a", "GET /b", "GET /a"] {
                let call = format!("{call}?{}", moment % 3);
                befallen.push(faults.of(Service::Storage, &call, &COMMON));
            }
        }
        befallen
    }

    #[test]
    fn a_seed_brings_the_same_faults_again_and_another_seed_others() {
        assert_eq!(night(1), night(1));
        assert_ne!(night(1), night(2));
        let befallen = night(1).iter().flatten().count();
        assert!((20..400).contains(&befallen), "{befallen} of 600");
    }

    #[test]
    fn a_failed_precondition_is_repeated() {
        let faults = Faults::default();
        faults.begin(3);
        let possible = [Fault::Status(500), Fault::Precondition];
        let mut longest = 0;
        for _ in 0..100 {
            faults.next_moment();
            let mut run = 0;
            for _ in 0..REPEATED * 2 {
                let is_412 = faults.of(Service::Storage, "POST /x", &possible) == Some(Fault::Precondition);
                run = if is_412 { run + 1 } else { 0 };
                longest = longest.max(run);
            }
        }
        assert!(longest >= REPEATED);
    }

    #[test]
    fn a_planned_fault_befalls_the_calls_that_were_named() {
        let faults = Faults::default();
        faults.plan("/upload/", 1, 2, Fault::AnswerLost);
        let of = |call: &str| faults.of(Service::Storage, call, &COMMON);
        assert_eq!(of("GET /storage/x"), None);
        let uploads = [(); 4].map(|()| of("POST /upload/x"));
        assert_eq!(uploads, [None, Some(Fault::AnswerLost), Some(Fault::AnswerLost), None]);
        assert_eq!(faults.injected()[&(Service::Storage, Fault::AnswerLost)], 2);
    }
}
