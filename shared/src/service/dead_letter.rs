//! Dead letters: events that could not be processed, stored with the reason.

use chrono::{DateTime, TimeDelta, Utc};
use cloudevents::AttributesReader;
use serde::Serialize;

use crate::{
    Clock, Error,
    digest::hex_digest,
    google::storage::{Storage, Upload},
    json,
    sources::Rejected,
};

/// How long a dead letter counts in the public status.
const RECENT: TimeDelta = TimeDelta::hours(24);

/// The folder of all dead letters in the raw bucket.
pub const PREFIX: &str = "dead-letter/";

/// The dead letters of one function: `dead-letter/{function}/{event id}.json` in the raw bucket.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    storage: Storage,
    bucket: String,
    function: &'static str,
    clock: Clock,
}

/// A dead letter as it is stored.
#[derive(Serialize)]
struct DeadLetter<'a> {
    function: &'static str,
    reason: &'a str,
    kept_at: DateTime<Utc>,
    /// The whole event in CloudEvents' JSON form; posting it unchanged with content type
    /// `application/cloudevents+json` delivers it again.
    event: &'a cloudevents::Event,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    rejected: &'a [Rejected],
}

impl DeadLetters {
    /// The dead letters of `function`, in `bucket`.
    pub fn new(storage: Storage, bucket: impl Into<String>, function: &'static str, clock: Clock) -> Self {
        Self { storage, bucket: bucket.into(), function, clock }
    }

    /// The number of dead letters of all functions that were stored in the last 24 hours.
    pub async fn recent(&self, now: DateTime<Utc>) -> Result<usize, Error> {
        recent(&self.storage, &self.bucket, now).await
    }

    /// Stores `event`, or the `rejected` parts of it, with `reason`. A second delivery of the event replaces
    /// its first letter. Returns the object's name.
    pub async fn keep(
        &self,
        event: &cloudevents::Event,
        reason: &str,
        rejected: &[Rejected],
    ) -> Result<String, Error> {
        let event = &readable(event);
        let letter =
            DeadLetter { function: self.function, reason, kept_at: self.clock.now(), event, rejected };
        let body = json::body("a dead letter", &letter, 4096)?;
        let path = format!("{PREFIX}{}/{}.json", self.function, file_stem(event.id()));
        self.storage.replace(Upload::json(&self.bucket, &path, body)).await?;
        Ok(path)
    }
}

/// The number of dead letters of all functions that were stored in `bucket` in the last 24 hours.
pub async fn recent(storage: &Storage, bucket: &str, now: DateTime<Utc>) -> Result<usize, Error> {
    let letters = storage.list(bucket, PREFIX).await?;
    let since = now - RECENT;
    Ok(letters.iter().filter(|letter| letter.updated > since).count())
}

/// The event with its data as JSON or text instead of base64, where possible.
fn readable(event: &cloudevents::Event) -> cloudevents::Event {
    let mut event = event.clone();
    if let Some(cloudevents::Data::Binary(bytes)) = event.data() {
        if let Ok(json) = serde_json::from_slice::<serde_json::Value>(bytes) {
            event.set_data_unchecked(json);
        } else if let Ok(text) = String::from_utf8(bytes.clone()) {
            event.set_data_unchecked(text);
        }
    }
    event
}

/// An event id as one path segment: any character other than a letter, digit, `-`, `_` or `.` becomes `_`.
fn file_stem(id: &str) -> String {
    let stem: String = id
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' })
        .take(200)
        .collect();
    if stem == id { stem } else { format!("{stem}-{}", &hex_digest([id])[..8]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_event_ids_never_share_a_letter() {
        assert_eq!(file_stem("123456"), "123456");
        assert_ne!(file_stem("a/b"), file_stem("a_b"));
        assert_ne!(file_stem("a/b"), file_stem("a?b"));
        assert!(!file_stem("../../x").contains('/'));
        assert!(file_stem(&"x".repeat(5_000)).len() < 250);
    }
}
