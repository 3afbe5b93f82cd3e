//! The raw snapshot: one poll as it is stored in the raw bucket.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::nba::{PollId, SlateDay};

/// The folder of all raw snapshots of live box scores.
pub const PREFIX: &str = "ball-dont-lie/live-boxscores/";

/// One poll.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot<'a> {
    /// Instant at which the poll was complete, UTC.
    #[serde(serialize_with = "crate::clock::iso_micros")]
    pub timestamp: DateTime<Utc>,
    /// Id of the poll.
    pub poll_id: PollId,
    /// Number of games in the poll.
    pub game_count: usize,
    /// The games exactly as upstream sent them.
    #[serde(borrow)]
    pub live_boxes: Vec<&'a RawValue>,
}

/// The name of a poll's snapshot, `…/{slate day}/{YYYYMMDD_HHMMSS}.json`.
///
/// The folder is that of the slate day, so that a night stays together past midnight (FAILURES.md, F18).
pub fn object_name(poll: PollId) -> String {
    let instant = poll.instant();
    format!("{PREFIX}{}/{}.json", SlateDay::of(instant), instant.format("%Y%m%d_%H%M%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f18_a_poll_past_midnight_stays_in_the_folder_of_its_night() {
        let poll: PollId = "20260112T045701Z".parse().expect("a poll id");
        assert_eq!(object_name(poll), "ball-dont-lie/live-boxscores/2026-01-11/20260112_045701.json");
        let poll: PollId = "20260112T050005Z".parse().expect("a poll id");
        assert_eq!(object_name(poll), "ball-dont-lie/live-boxscores/2026-01-11/20260112_050005.json");
    }
}
