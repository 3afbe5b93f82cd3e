//! The sources of live scores in the status.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Health, Severity};
use crate::{clock::iso_micros_or_null, documents::counted, sources::Source};

/// Seconds of play by which a source may be behind the other without being degraded.
const MAX_LAG: u32 = 180;

/// A source of the live scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceStatus {
    /// The source of scores.
    pub source: Source,
    /// Unhealthy where it did not answer when it was last asked; degraded where it was far behind the other.
    pub status: Health,
    /// The reason, as text for people.
    pub message: String,
    /// When it was last asked; null where it has not been. The second source is asked when the first one fails, is
    /// late or behind, and at every tenth poll.
    #[serde(serialize_with = "iso_micros_or_null")]
    pub last_asked: Option<DateTime<Utc>>,
    /// When it last answered; null where it has not.
    #[serde(serialize_with = "iso_micros_or_null")]
    pub last_answer: Option<DateTime<Utc>>,
    /// Number of games in progress whose public scores come from it.
    pub games: usize,
    /// Seconds of play by which it was behind the other source when they were last compared; null where they were not.
    pub lag_seconds: Option<u32>,
    /// Number of players whose points or minutes differed from the other source's in the last comparison, by more than
    /// the lag of one poll explains.
    pub disagreements: usize,
    /// When the two were last compared; null where they were not.
    #[serde(serialize_with = "iso_micros_or_null")]
    pub compared_at: Option<DateTime<Utc>>,
    /// The games of the day whose ends differ between the sources, as `TOR at BOS`. They are settled by the official
    /// box score.
    pub differing_finals: Vec<String>,
}

/// What a run knows of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceReport {
    /// The source of scores.
    pub source: Source,
    /// When it was asked, and the error where it did not answer; `None` where it was not asked.
    pub asked: Option<(DateTime<Utc>, Option<String>)>,
    /// Number of games in progress whose public scores come from it.
    pub games: usize,
    /// How it compares with the other source; `None` where they were not compared.
    pub compared: Option<Compared>,
}

/// A comparison of the sources.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Instant of the comparison.
    pub at: DateTime<Utc>,
    /// Seconds of play by which the source is behind the other.
    pub lag_seconds: u32,
    /// Number of players who differ.
    pub disagreements: usize,
    /// The games whose ends differ.
    pub differing_finals: Vec<String>,
    /// The games whose ends agree.
    pub agreeing_finals: Vec<String>,
}

impl SourceReport {
    /// The status of the source that follows, with what this run does not know from the `earlier` one of the same day.
    pub(super) fn judge(&self, earlier: Option<&SourceStatus>) -> SourceStatus {
        let compared = self.compared.as_ref();
        let last_asked =
            self.asked.as_ref().map(|(at, _)| *at).or(earlier.and_then(|earlier| earlier.last_asked));
        let answered = self.asked.as_ref().filter(|(_, error)| error.is_none()).map(|(at, _)| *at);
        let lag_seconds =
            compared.map(|it| it.lag_seconds).or(earlier.and_then(|earlier| earlier.lag_seconds));
        let (status, message) = match (&self.asked, earlier) {
            (Some((_, Some(error))), _) => (Health::Unhealthy, format!("does not answer ({error})")),
            (Some((_, None)), _) => match lag_seconds {
                Some(lag) if lag > MAX_LAG => {
                    (Health::Degraded, format!("answers, {lag} seconds of play behind"))
                }
                _ => (Health::Healthy, "answers".to_owned()),
            },
            (None, Some(earlier)) => (earlier.status, earlier.message.clone()),
            (None, None) => (Health::Unknown, "has not been asked today".to_owned()),
        };
        let disagreements =
            compared.map(|it| it.disagreements).or(earlier.map(|earlier| earlier.disagreements)).unwrap_or(0);
        // A game that is no longer compared stays until the official box score settles it.
        let mut differing_finals =
            earlier.map(|earlier| earlier.differing_finals.clone()).unwrap_or_default();
        if let Some(compared) = compared {
            differing_finals.retain(|game| !compared.agreeing_finals.contains(game));
            let new = compared.differing_finals.iter().filter(|game| !differing_finals.contains(game));
            let new: Vec<String> = new.cloned().collect();
            differing_finals.extend(new);
        }
        SourceStatus {
            source: self.source,
            status,
            message,
            last_asked,
            last_answer: answered.or(earlier.and_then(|earlier| earlier.last_answer)),
            games: self.games,
            lag_seconds,
            disagreements,
            compared_at: compared.map(|it| it.at).or(earlier.and_then(|earlier| earlier.compared_at)),
            differing_finals,
        }
    }
}

/// What is known to be wrong with the sources, the first one first.
pub(super) fn issues(sources: &[SourceStatus]) -> Vec<(Severity, String)> {
    let mut issues = Vec::new();
    for source in sources {
        let title = source.source.title();
        if source.status == Health::Unhealthy {
            issues.push((Severity::Warning, format!("{title} {}", source.message)));
        }
    }
    if let Some(second) = sources.get(1).filter(|second| second.games > 0) {
        let message =
            format!("the scores of {} come from {}", counted(second.games, "game"), second.source.title());
        issues.push((Severity::Warning, message));
    }
    let Some(first) = sources.first() else { return issues };
    for game in &first.differing_finals {
        issues.push((Severity::Warning, format!("{game}: the sources disagree about its end")));
    }
    if first.disagreements > 0 {
        let players = if first.disagreements == 1 { "player differs" } else { "players differ" };
        let message = format!("{} {players} between the sources", first.disagreements);
        issues.push((Severity::Info, message));
    }
    issues
}
