//! `v1/dates.json`: which days have which documents, so that no client has to ask for one that does not exist.
//!
//! Both exporters record what they have written of a day. Nothing is written where that is known already.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    clock::iso_micros,
    documents::{DatedDocument, Document, Known, PublicDocument, Target},
    google::storage::{Storage, WRITE_ATTEMPTS},
    nba::SlateDay,
    slate::Settled,
};

/// The object in the public bucket.
const OBJECT: &str = "v1/dates.json";
/// How long an export waits for the list: its own documents are public by then.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Approximate JSON size of a day, to allocate the body once.
const BYTES_A_DAY: usize = 160;

/// The days that have documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DatesDocument")]
pub struct Dates {
    /// Instant of the last change, UTC.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    /// The days, newest first.
    pub dates: Vec<Day>,
}

/// A slate day and its documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DocumentedDay")]
pub struct Day {
    /// The slate day: the US Eastern date on which the night of games began.
    pub date: SlateDay,
    /// The documents that exist as `v1/{document}/{date}.json`.
    pub documents: BTreeSet<DatedDocument>,
    /// Number of games in the schedule; null where no export could read it.
    pub games: Option<usize>,
    /// Number of lines of all players; null where nothing is graded yet.
    pub lines: Option<usize>,
    /// How far the lines are settled: `open` while any is, `official` once all are by the official box scores; null
    /// where there are none.
    pub settled: Option<Settled>,
}

/// What an export adds to the knowledge of a day; what it does not know stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// The documents that it has written.
    pub documents: Vec<DatedDocument>,
    /// The number of games in the schedule.
    pub games: Option<usize>,
    /// The number of lines and how far they are settled.
    pub lines: Option<(usize, Option<Settled>)>,
}

impl Document for Dates {
    const NAME: &'static str = "the list of dates";

    fn expected_bytes(&self) -> usize {
        128 + self.dates.len() * BYTES_A_DAY
    }

    fn cache_control(&self) -> &'static str {
        "public, max-age=300"
    }

    fn restamped(&self, version: DateTime<Utc>) -> Option<Self> {
        Some(Self { updated_at: version, ..self.clone() })
    }
}

impl Dates {
    /// The same list with what is `recorded` of `day`, as of `at`.
    fn with(&self, day: SlateDay, recorded: &Recorded, at: DateTime<Utc>) -> Self {
        let mut dates = self.dates.clone();
        let place = dates.binary_search_by(|it| day.cmp(&it.date)).unwrap_or_else(|place| {
            let (games, lines, settled) = (None, None, None);
            dates.insert(place, Day { date: day, documents: BTreeSet::new(), games, lines, settled });
            place
        });
        let known = &mut dates[place];
        known.documents.extend(&recorded.documents);
        known.games = recorded.games.or(known.games);
        if let Some((lines, settled)) = recorded.lines {
            (known.lines, known.settled) = (Some(lines), settled);
        }
        Self { updated_at: at, dates }
    }
}

/// The public list of dates. Clones share what they know.
#[derive(Clone, Debug)]
pub struct PublicDates {
    document: PublicDocument<Dates>,
    storage: Storage,
    bucket: String,
}

impl PublicDates {
    /// The list in the public `bucket`.
    pub fn new(storage: &Storage, bucket: &str) -> Self {
        let document = PublicDocument::new(storage, bucket);
        Self { document, storage: storage.clone(), bucket: bucket.to_owned() }
    }

    /// What is public: from memory, else from the bucket.
    pub async fn known(&self) -> Result<Known<Dates>, Error> {
        self.document.known(&Target::single(OBJECT)).await
    }

    /// Records what was written of `day`. A failure leaves the list as it was, to be completed by the day's next
    /// export; it fails no export.
    pub async fn record(&self, day: SlateDay, recorded: &Recorded, now: DateTime<Utc>) {
        let late = |_| Err(Error::transient("Cloud Storage", format!("no answer within {TIMEOUT:?}")));
        let recording = tokio::time::timeout(TIMEOUT, self.try_record(day, recorded, now));
        if let Err(error) = recording.await.unwrap_or_else(late) {
            tracing::warn!(%day, %error, "the list of dates could not be written; the day's next export completes it");
        }
    }

    async fn try_record(&self, day: SlateDay, recorded: &Recorded, now: DateTime<Utc>) -> Result<(), Error> {
        let target = Target::single(OBJECT);
        let mut known = self.known().await?;
        for _ in 0..WRITE_ATTEMPTS {
            let found = match known.document() {
                Some(document) => (*document).clone(),
                None => self.found(now).await?,
            };
            // Days are added in any order, so that a later version is no reason to keep this one back.
            let next = known.version().map(|version| version + TimeDelta::microseconds(1));
            let at = next.map_or(now, |next| next.max(now));
            let next = found.with(day, recorded, at);
            if next.dates == found.dates && known.exists() {
                return Ok(());
            }
            if self.document.write(&known, at, Arc::new(next)).await?.is_some() {
                return Ok(());
            }
            known = self.document.read(&target).await?;
        }
        Err(self.document.changed_each_time(&target))
    }

    /// The days that have documents, from the names in the bucket: there is no list yet, or it cannot be read.
    async fn found(&self, now: DateTime<Utc>) -> Result<Dates, Error> {
        let mut found = Dates { updated_at: now, dates: Vec::new() };
        for document in DatedDocument::ALL {
            let folder = &document.folder();
            for object in self.storage.list(&self.bucket, folder).await? {
                let name = object.name.strip_prefix(folder).and_then(|name| name.strip_suffix(".json"));
                if let Some(day) = name.and_then(|name| name.parse().ok()) {
                    let recorded = Recorded { documents: vec![document], ..Recorded::default() };
                    found = found.with(day, &recorded, now);
                }
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_added_in_its_place_and_keeps_what_is_not_recorded_anew() {
        let at = DateTime::UNIX_EPOCH;
        let day = |text: &str| text.parse::<SlateDay>().expect("a day");
        let listed = Recorded { documents: vec![DatedDocument::Tonight], games: Some(7), lines: None };
        let graded = Recorded {
            documents: vec![DatedDocument::LiveGrading],
            games: None,
            lines: Some((120, Some(Settled::Provisional))),
        };
        let empty = Dates { updated_at: at, dates: Vec::new() };
        let dates = empty
            .with(day("2026-01-09"), &listed, at)
            .with(day("2026-01-11"), &listed, at)
            .with(day("2026-01-10"), &graded, at)
            .with(day("2026-01-09"), &graded, at);
        let order: Vec<String> = dates.dates.iter().map(|day| day.date.to_string()).collect();
        assert_eq!(order, ["2026-01-11", "2026-01-10", "2026-01-09"]);
        let first = &dates.dates[2];
        assert_eq!(first.documents, BTreeSet::from([DatedDocument::Tonight, DatedDocument::LiveGrading]));
        assert_eq!(
            (first.games, first.lines, first.settled),
            (Some(7), Some(120), Some(Settled::Provisional))
        );
        assert_eq!(dates.with(day("2026-01-09"), &graded, at), dates);
    }
}
