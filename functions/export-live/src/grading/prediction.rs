//! The grade of a prediction.

use shared::{
    decimal,
    nba::GameStatus,
    slate::{Outcome, Prediction, Recommendation, VoidReason},
};

use super::{
    Graded, Status,
    player_state::{PlayerState, StatisticState, to_four_places},
};
use crate::chance::Chance;

/// The chance of the recommended side from which a prediction trends correct; at the rest of 1 or below it
/// trends incorrect. In between, the prediction has no trend.
const LIKELY: f64 = 0.65;

impl Graded {
    /// The grade of a prediction of points, by what `points` says of them.
    pub(super) fn of(state: &PlayerState<'_>, points: &StatisticState, prediction: &Prediction) -> Self {
        let PlayerState { matchup, player, evidence, void_reason, void_detail, .. } = state;
        let StatisticState { count: actual, outcome, settled, .. } = *points;
        let (scheduled, live) = (&matchup.scheduled, matchup.live);
        let side = prediction.recommendation;
        let line = player.line.as_ref().map(|line| line.value);
        let chance = points.chance.and_then(|chance| of_side(side, chance));
        let is_on = evidence.status == GameStatus::InProgress && live.is_some();
        let status = match (outcome, evidence.status, actual) {
            (Outcome::Void, ..) => Status::Void,
            (_, GameStatus::Final, Some(_)) if evidence.is_current => final_grade(side, outcome),
            (_, GameStatus::InProgress, Some(_)) => grade_in_progress(chance),
            _ if is_on => Status::InProgress,
            _ => Status::Pending,
        };
        let is_settled = evidence.status == GameStatus::Final && evidence.is_current;
        let is_over = evidence.status.is_over();
        let margin = actual.zip(line).map(|(actual, line)| to_tenths(f64::from(actual) - line));
        let takes_side = matches!(side, Recommendation::Over | Recommendation::Under);
        let counted = evidence.counted.as_ref().filter(|_| void_reason.is_none());
        let has_begun = evidence.status.has_begun();
        let progress = live.filter(|_| has_begun);
        Self {
            player_lookup: player.lookup.clone(),
            player_name: player.name.clone(),
            team: player.team.clone(),
            opponent: scheduled.opponent(&player.team).clone(),
            home_team: scheduled.home.clone(),
            away_team: scheduled.away.clone(),
            game_id: scheduled.id.clone(),
            game_status: evidence.status,
            period: progress.map(|live| live.period),
            time_remaining: progress.map(|live| live.time_remaining.clone()),
            predicted: prediction.predicted,
            line,
            recommendation: side,
            confidence: prediction.confidence,
            has_line: line.is_some(),
            line_source: player.line.as_ref().map(|line| line.source),
            actual,
            minutes: counted.and_then(|counted| counted.minutes.clone()),
            score_source: counted.map(|counted| counted.source),
            error: actual.map(|actual| to_tenths(prediction.predicted - f64::from(actual))),
            margin_vs_line: margin,
            status,
            void_reason: *void_reason,
            void_detail: void_detail.map(str::to_owned),
            // Points never fall, so a passed line stays passed.
            clinched: match status {
                Status::Void => is_over,
                _ if is_settled => actual.is_some(),
                _ => takes_side && margin.is_some_and(|margin| margin > 0.0),
            },
            chance: chance.map(to_four_places),
            outcome,
            settled,
            pick_display: pick(side, line),
            result_display: result(actual, is_settled, *void_reason),
            margin_display: margin.map(signed),
        }
    }
}

/// The chance of the recommended side.
fn of_side(side: Recommendation, chance: Chance) -> Option<f64> {
    match side {
        Recommendation::Over => Some(chance.over),
        Recommendation::Under => Some(chance.under()),
        Recommendation::Pass | Recommendation::NoLine => None,
    }
}

/// The final grade of a prediction.
fn final_grade(side: Recommendation, outcome: Outcome) -> Status {
    match (side, outcome) {
        (Recommendation::Over | Recommendation::Under, Outcome::Push) => Status::Push,
        (Recommendation::Over, Outcome::Over) | (Recommendation::Under, Outcome::Under) => Status::Correct,
        (Recommendation::Over, Outcome::Under) | (Recommendation::Under, Outcome::Over) => Status::Incorrect,
        _ => Status::Graded,
    }
}

/// The grade of a prediction in progress, by the chance of the recommended side.
fn grade_in_progress(chance: Option<f64>) -> Status {
    match chance {
        Some(chance) if chance >= LIKELY => Status::TrendingCorrect,
        Some(chance) if chance <= 1.0 - LIKELY => Status::TrendingIncorrect,
        _ => Status::InProgress,
    }
}

fn pick(side: Recommendation, line: Option<f64>) -> String {
    let side = match side {
        Recommendation::Over => "OVER",
        Recommendation::Under => "UNDER",
        Recommendation::Pass => "PASS",
        Recommendation::NoLine => return "No line".to_owned(),
    };
    line.map_or_else(|| side.to_owned(), |line| format!("{side} {line}"))
}

fn result(actual: Option<u32>, is_settled: bool, void: Option<VoidReason>) -> Option<String> {
    let void = void.map(|reason| match reason {
        VoidReason::DidNotPlay => "Did not play",
        VoidReason::RuledOut => "Ruled out",
        VoidReason::Postponed => "Postponed",
        VoidReason::Cancelled => "Cancelled",
    });
    let points = |points: u32| if points == 1 { "1 point".to_owned() } else { format!("{points} points") };
    match (void, actual) {
        (Some(void), _) => Some(void.to_owned()),
        (None, Some(actual)) if is_settled => Some(points(actual)),
        (None, Some(actual)) => Some(format!("{} so far", points(actual))),
        (None, None) => None,
    }
}

/// `+2.5`, `-3.5`, `0`.
fn signed(margin: f64) -> String {
    if margin > 0.0 { format!("+{margin}") } else { margin.to_string() }
}

/// Rounds to one decimal, as predictions and lines are written.
fn to_tenths(value: f64) -> f64 {
    decimal::ratio(decimal::tenths(value), 10, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Recommendation::{NoLine, Over, Pass, Under};

    #[test]
    fn f59_a_final_score_equal_to_the_line_is_a_push_for_either_side() {
        for side in [Over, Under] {
            assert_eq!(final_grade(side, Outcome::Push), Status::Push);
        }
        assert_eq!(final_grade(Pass, Outcome::Push), Status::Graded, "no side was taken");
    }

    #[test]
    fn a_final_score_is_held_against_the_recommended_side() {
        for (side, outcome, expected) in [
            (Over, Outcome::Over, Status::Correct),
            (Over, Outcome::Under, Status::Incorrect),
            (Under, Outcome::Under, Status::Correct),
            (Under, Outcome::Over, Status::Incorrect),
            (Pass, Outcome::Over, Status::Graded),
            (NoLine, Outcome::Open, Status::Graded),
        ] {
            assert_eq!(final_grade(side, outcome), expected, "{side:?} {outcome:?}");
        }
    }

    #[test]
    fn f60_a_trend_is_a_chance_and_not_where_the_points_are_now() {
        for (chance, expected) in [
            (Some(0.65), Status::TrendingCorrect),
            (Some(0.649), Status::InProgress),
            (Some(0.351), Status::InProgress),
            (Some(0.35), Status::TrendingIncorrect),
            (None, Status::InProgress),
        ] {
            assert_eq!(grade_in_progress(chance), expected, "{chance:?}");
        }
    }

    #[test]
    fn texts_for_display_are_whole() {
        assert_eq!(pick(Over, Some(24.5)), "OVER 24.5");
        assert_eq!(pick(Pass, Some(25.0)), "PASS 25");
        assert_eq!(pick(NoLine, None), "No line");
        assert_eq!(result(Some(1), false, None).as_deref(), Some("1 point so far"));
        assert_eq!(result(Some(27), true, None).as_deref(), Some("27 points"));
        assert_eq!(result(None, false, None), None);
        let out = result(None, true, Some(VoidReason::DidNotPlay));
        assert_eq!(out.as_deref(), Some("Did not play"));
        assert_eq!([2.5, -3.5, 0.0].map(signed), ["+2.5", "-3.5", "0"]);
    }
}
