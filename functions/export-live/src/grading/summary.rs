//! Counts over the predictions and lines of a night.

use shared::{
    decimal,
    slate::{Outcome, Settled},
};

use super::{Graded, Line, LineSummary, Status, Summary};
use crate::live;

impl Summary {
    pub(super) fn of(predictions: &[Graded], lines: &[Line], live: &live::Document) -> Self {
        let count = |status| predictions.iter().filter(|graded| graded.status == status).count();
        let (correct, incorrect) = (count(Status::Correct), count(Status::Incorrect));
        let errors: Vec<i64> = predictions
            .iter()
            .filter_map(|graded| graded.error)
            .map(|error| decimal::tenths(error.abs()))
            .collect();
        #[allow(clippy::cast_possible_wrap, reason = "a night's predictions are few")]
        let mean =
            |sum: i64, count: usize, places| (count > 0).then(|| decimal::ratio(sum, count as i64, places));
        #[allow(clippy::cast_possible_wrap, reason = "a night's predictions are few")]
        let decided = correct as i64;
        Self {
            total_predictions: predictions.len(),
            graded: predictions.iter().filter(|graded| graded.actual.is_some()).count(),
            pending: count(Status::Pending),
            correct,
            incorrect,
            trending_correct: count(Status::TrendingCorrect),
            trending_incorrect: count(Status::TrendingIncorrect),
            in_progress: count(Status::InProgress),
            pushes: count(Status::Push),
            voided: count(Status::Void),
            without_side: count(Status::Graded),
            win_rate: mean(decided, correct + incorrect, 3),
            avg_error: mean(errors.iter().sum(), errors.len() * 10, 1),
            games_in_progress: live.games_in_progress,
            games_final: live.games_final,
            lines: LineSummary::of(lines),
        }
    }
}

impl LineSummary {
    fn of(lines: &[Line]) -> Self {
        let mut summary = Self { total: lines.len(), ..Self::default() };
        for line in lines {
            *match line.outcome {
                Outcome::Open => &mut summary.open,
                Outcome::Over => &mut summary.over,
                Outcome::Under => &mut summary.under,
                Outcome::Push => &mut summary.pushes,
                Outcome::Void => &mut summary.voided,
            } += 1;
            summary.provisional += usize::from(line.settled == Settled::Provisional);
            summary.official += usize::from(line.settled == Settled::Official);
            summary.locked += usize::from(line.locked);
        }
        summary
    }
}

impl LineSummary {
    /// How far the lines are settled: as far as the one that is the least; `None` where there are none.
    pub(crate) fn settled(&self) -> Option<Settled> {
        match self {
            Self { total: 0, .. } => None,
            Self { open: 1.., .. } => Some(Settled::Open),
            Self { provisional: 1.., .. } => Some(Settled::Provisional),
            _ => Some(Settled::Official),
        }
    }
}
