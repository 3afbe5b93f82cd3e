//! The public documents of a day, and their objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nba::SlateDay;

/// A document of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "DatedDocument")]
pub enum DatedDocument {
    /// Tonight's list.
    Tonight,
    /// The live scores.
    Live,
    /// The live grading.
    LiveGrading,
    /// The live timeline.
    LiveTimeline,
}

impl DatedDocument {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tonight, Self::Live, Self::LiveGrading, Self::LiveTimeline];

    /// The object of a day, `v1/{document}/{day}.json`.
    ///
    /// ```
    /// use shared::documents::DatedDocument;
    ///
    /// let day = "2026-01-09".parse()?;
    /// assert_eq!(DatedDocument::Live.object(day), "v1/live/2026-01-09.json");
    /// assert_eq!(DatedDocument::Live.latest(), "v1/live/latest.json");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn object(self, day: SlateDay) -> String {
        format!("{}{day}.json", self.folder())
    }

    /// The object that front ends read for the current slate day.
    pub fn latest(self) -> &'static str {
        match self {
            Self::Tonight => "v1/tonight/all-players.json",
            Self::Live => "v1/live/latest.json",
            Self::LiveGrading => "v1/live-grading/latest.json",
            Self::LiveTimeline => "v1/live-timeline/latest.json",
        }
    }

    /// The folder of its objects, with the closing `/`.
    pub fn folder(self) -> String {
        let name = match self {
            Self::Tonight => "tonight",
            Self::Live => "live",
            Self::LiveGrading => "live-grading",
            Self::LiveTimeline => "live-timeline",
        };
        format!("v1/{name}/")
    }
}
