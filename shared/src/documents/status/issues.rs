//! The known issues of a run.

use crate::documents::counted;

use super::{RunReport, Services, Severity, SourceStatus, slate_state::SlateState, sources};

impl RunReport<'_> {
    /// Every issue that the run sees, failures first.
    pub(super) fn issues(
        &self,
        state: &SlateState<'_>,
        services: &Services,
        sources: &[SourceStatus],
        dead_letters: Option<usize>,
    ) -> Vec<(Severity, String)> {
        let Services { tonight_data: tonight, predictions, .. } = services;
        let some = |count: usize, noun: &str, which: &str| {
            (count > 0).then(|| format!("{} {which}", counted(count, noun)))
        };
        let mut issues = Vec::new();
        if !state.has_no_games && tonight.game_date == Some(state.day) {
            let without_line = tonight.total_players.saturating_sub(tonight.total_with_lines);
            let without_context = some(tonight.games_without_context, "game", "without context");
            // The reason of a list that lacks analysis begins with these games.
            issues.push((Severity::Warning, without_context.or_else(|| tonight.degraded_reason.clone())));
            issues.push((Severity::Info, some(without_line, "player", "without a line")));
        } else if state.is_due() {
            issues.push((Severity::Warning, Some(state.no_list())));
        }
        if state.is_due() && state.predicted(predictions) == 0 {
            issues.push((Severity::Warning, Some(state.no_predictions())));
        }
        for (game, since) in &state.stalled {
            let minutes = state.minutes_since(*since);
            let message = format!("{game}: no change of score for {minutes:.0} minutes");
            issues.push((Severity::Warning, Some(message)));
        }
        for (game, players, since) in &state.outdated {
            let minutes = state.minutes_since(*since);
            let players = counted(*players, "player");
            let message = format!("{game}: {players} without a new row for {minutes:.0} minutes");
            issues.push((Severity::Warning, Some(message)));
        }
        for (severity, message) in sources::issues(sources) {
            issues.push((severity, Some(message)));
        }
        let unreadable = some(services.live_data.unreadable, "value", "of the box scores could not be read");
        issues.push((Severity::Warning, unreadable));
        let letters = dead_letters.unwrap_or_default();
        issues.push((Severity::Warning, some(letters, "dead letter", "since yesterday")));
        let issues = issues.into_iter().filter_map(|(severity, message)| Some((severity, message?)));
        let failures = self.failures.iter().map(|failure| (Severity::Error, failure.clone()));
        failures.chain(issues).collect()
    }
}

/// What an issue is about: of `live: BallDontLie: answered 500`, `live`, so that a failure that lasts is one
/// issue, whatever its words.
pub(super) fn subject(message: &str) -> &str {
    message.split_once(": ").map_or(message, |(subject, _)| subject)
}
