//! The raw snapshot: one poll as it is stored in the raw bucket.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    nba::{NbaGameId, PollId, SlateDay, TeamPair},
    sources::Source,
};

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
    /// The games' ids in the public scores, by the NBA's ids: a game keeps its public id whichever source its scores
    /// come from. Only in snapshots of the NBA's feed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub game_ids: BTreeMap<NbaGameId, String>,
    /// The games in progress whose public scores come from another source: the rows of these are in its snapshot, and
    /// those here would be earlier states between them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<TeamPair>,
}

/// The name of a poll's snapshot, `…/{slate day}/{YYYYMMDD_HHMMSS}.json` in the folder of its source.
///
/// The folder is that of the slate day, so that a night stays together past midnight (FAILURES.md, F18).
pub fn object_name(source: Source, poll: PollId) -> String {
    let instant = poll.instant();
    format!("{}{}/{}.json", source.snapshots(), SlateDay::of(instant), instant.format("%Y%m%d_%H%M%S"))
}

/// The source of the snapshot with this name; `None` where it is none.
pub fn source_of(name: &str) -> Option<Source> {
    Source::ALL.into_iter().find(|source| name.starts_with(source.snapshots()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f18_a_poll_past_midnight_stays_in_the_folder_of_its_night() {
        let poll: PollId = "20260112T045701Z".parse().expect("a poll id");
        let name = object_name(Source::BallDontLie, poll);
        assert_eq!(name, "ball-dont-lie/live-boxscores/2026-01-11/20260112_045701.json");
        let poll: PollId = "20260112T050005Z".parse().expect("a poll id");
        let name = object_name(Source::NbaCdn, poll);
        assert_eq!(name, "nba-com/live-boxscores/2026-01-11/20260112_050005.json");
        assert_eq!(source_of(&name), Some(Source::NbaCdn));
        assert_eq!(source_of("nba-com/boxscores/x.json"), None);
    }
}
