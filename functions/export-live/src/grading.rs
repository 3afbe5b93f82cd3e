//! The grading document, `v1/live-grading/{date}.json` and `v1/live-grading/latest.json`.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    clock::iso_micros,
    decimal, documents,
    nba::{GameStatus, NbaGameId, PlayerLookup, PollId, SlateDay, Team},
    slate::{self, LineSource, Prediction, Recommendation},
};

use crate::{
    live,
    matchup::{self, Matchup},
    predicted::{Played, Predicted},
};

/// Points below its line from which an OVER is trending incorrect.
const FAR_BELOW_MARGIN: f64 = 5.0;

/// Approximate JSON size of a prediction, to allocate the body once.
const BYTES_A_PREDICTION: usize = 640;

/// Grades of a slate day's predictions.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "GradingDocument")]
pub struct Document {
    /// Instant at which the live document of the same poll was generated, UTC.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    /// The slate day: the US Eastern date on which the night of games began.
    pub game_date: SlateDay,
    /// Id of the poll that the scores come from, the same as in the live document.
    pub poll_id: PollId,
    /// Counts over `predictions`, and accuracy so far.
    pub summary: Summary,
    /// The predictions in the order of `status` (decided, in progress, pending), then by descending
    /// confidence.
    pub predictions: Vec<Graded>,
}

/// Counts over the predictions of a slate day, and accuracy so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "GradingSummary")]
pub struct Summary {
    /// Number of predictions in the document.
    pub total_predictions: usize,
    /// Number of predictions whose player has points, final or not.
    pub graded: usize,
    /// Number of predictions without a grade yet: before tip-off, or over without a conclusive box score.
    pub pending: usize,
    /// Number of final predictions that ended on the recommended side of the line.
    pub correct: usize,
    /// Number of final predictions that ended on the other side of the line.
    pub incorrect: usize,
    /// Number of predictions in progress that are on the recommended side of the line.
    pub trending_correct: usize,
    /// Number of predictions in progress that are on the other side of the line, or far from the recommended
    /// one.
    pub trending_incorrect: usize,
    /// Number of final predictions whose points equal the line.
    pub pushes: usize,
    /// Number of void predictions: the player did not play, or the game was not played.
    pub voided: usize,
    /// Share of `correct` among `correct` and `incorrect`, 0–1, three decimals; null before the first.
    pub win_rate: Option<f64>,
    /// Mean absolute `error`, points, one decimal; null when no prediction has an `error`.
    pub avg_error: Option<f64>,
    /// Number of games in progress, as in the live document.
    pub games_in_progress: usize,
    /// Number of games that have ended, as in the live document.
    pub games_final: usize,
}

/// A prediction and its grade.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "GradedPrediction")]
pub struct Graded {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// Display name.
    pub player_name: String,
    /// Code of the player's team.
    pub team: Team,
    /// Code of the opposing team.
    pub opponent: Team,
    /// Code of the home team.
    pub home_team: Team,
    /// Code of the visiting team.
    pub away_team: Team,
    /// The NBA's ten-digit game id.
    pub game_id: NbaGameId,
    /// State of the game.
    pub game_status: GameStatus,
    /// Period: 1–4 for the quarters, 5 and above for overtimes; null before tip-off.
    pub period: Option<i64>,
    /// Display text of the clock as in the live document; null before tip-off.
    pub time_remaining: Option<String>,
    /// Points that the model predicts, one decimal.
    pub predicted: f64,
    /// Points line that the prediction is graded against; null when there is none.
    pub line: Option<f64>,
    /// Recommended side of the line.
    pub recommendation: Recommendation,
    /// Confidence of the model, 0–1; null when its scale is unknown.
    pub confidence: Option<f64>,
    /// Whether the player has a points line.
    pub has_line: bool,
    /// Source of the line; null when there is no line.
    pub line_source: Option<LineSource>,
    /// Points scored so far; null before tip-off and when the player did not play.
    pub actual: Option<u32>,
    /// Minutes played, `28:30` or `25`; null before tip-off and when the player did not play.
    pub minutes: Option<String>,
    /// Source of the points; null when there are none.
    pub score_source: Option<ScoreSource>,
    /// Predicted minus actual points, one decimal; null when `actual` is null.
    pub error: Option<f64>,
    /// Actual points minus the line, one decimal; null when `actual` or `line` is null.
    pub margin_vs_line: Option<f64>,
    /// Grade of the prediction.
    pub status: Status,
    /// Reason for which the prediction is void; null when it is not void.
    pub void_reason: Option<VoidReason>,
    /// Whether, by the score as it stands, no further play can change the side of the line on which the
    /// points end. A correction of the score still can.
    pub clinched: bool,
}

/// Source of the points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScoreSource {
    /// The official box score, which arrives the morning after.
    NbaOfficial,
    /// BallDontLie's live box score.
    BdlLive,
}

/// Grade of a prediction, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "GradingStatus")]
pub enum Status {
    /// Final, and on the recommended side.
    Correct,
    /// Final, and on the other side.
    Incorrect,
    /// Final, and equal to the line.
    Push,
    /// The game is on, and the points are on the recommended side so far.
    TrendingCorrect,
    /// The game is on, and the points are on the other side, or more than five below the line of an OVER.
    TrendingIncorrect,
    /// The game is on, and neither side is ahead yet; or the prediction took no side.
    InProgress,
    /// Final, for a prediction that took no side.
    Graded,
    /// The player did not play, or the game was not played.
    Void,
    /// Before tip-off; or the game is over, and no box score shows yet whether the player played.
    Pending,
}

/// Why a prediction is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VoidReason {
    /// A complete box score shows that the player did not play.
    DidNotPlay,
    /// The player is out in the injury report, and did not play or had the prediction withdrawn before
    /// tip-off.
    RuledOut,
    /// The game was not played on its day.
    Postponed,
}

impl documents::Document for Document {
    const NAME: &'static str = "the grading";

    fn expected_bytes(&self) -> usize {
        1024 + self.predictions.len() * BYTES_A_PREDICTION
    }
}

impl Document {
    /// Grades the predictions by the scores of a live document, and by official scores where available.
    pub fn of(live: &live::Document, predicted: &Predicted) -> Self {
        let mut predictions: Vec<Graded> = Vec::with_capacity(predicted.slate.predictions());
        for matchup in matchup::all(live, &predicted.slate) {
            let graded = |player: &slate::Player| {
                let prediction = player.prediction.as_ref()?;
                Some(Graded::of(&matchup, player, prediction, predicted))
            };
            predictions.extend(matchup.players.iter().filter_map(|player| graded(player)));
        }
        #[allow(clippy::cast_possible_truncation, reason = "0–1, to four places")]
        let confidence = |graded: &Graded| Reverse(graded.confidence.map_or(-1, |it| (it * 1e4) as i64));
        predictions.sort_by_cached_key(|graded| {
            (graded.status, confidence(graded), graded.player_lookup.clone(), graded.team.clone())
        });
        Self {
            updated_at: live.updated_at,
            game_date: live.game_date,
            poll_id: live.poll_id,
            summary: Summary::of(&predictions, live),
            predictions,
        }
    }
}

impl Summary {
    fn of(predictions: &[Graded], live: &live::Document) -> Self {
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
            pushes: count(Status::Push),
            voided: count(Status::Void),
            win_rate: mean(decided, correct + incorrect, 3),
            avg_error: mean(errors.iter().sum(), errors.len() * 10, 1),
            games_in_progress: live.games_in_progress,
            games_final: live.games_final,
        }
    }
}

/// The evidence for a grade: the state of the player's game, and the points.
struct PointsEvidence {
    status: GameStatus,
    /// The points, their source and the minutes as displayed; `None` before tip-off, and where the player did
    /// not play or has not appeared.
    points: Option<(u32, ScoreSource, Option<String>)>,
    /// Whether it is certain that the player did not play; a missing row is not enough.
    did_not_play: bool,
}

impl PointsEvidence {
    fn of(matchup: &Matchup<'_>, player: &slate::Player, predicted: &Predicted) -> Self {
        let line = matchup.box_score_entry(player);
        let by_live = || {
            let line = line.filter(|line| line.has_played())?;
            Some((line.points, ScoreSource::BdlLive, Some(line.minutes.clone())))
        };
        let at_the_end = |points: Option<_>, is_certain: bool| Self {
            status: GameStatus::Final,
            did_not_play: points.is_none() && is_certain,
            points,
        };
        let by_official = |played: Played| {
            let live_minutes = || line.map(|line| line.minutes.clone());
            let minutes = played.minutes.map(minutes_text).or_else(live_minutes);
            (played.points, ScoreSource::NbaOfficial, minutes)
        };
        if let Some(official) = predicted.official(player) {
            return at_the_end(official.played.map(by_official), true);
        }
        if predicted.is_official(&player.team) {
            // A player without an official entry counts as having played only if the live box score shows it.
            return at_the_end(by_live(), true);
        }
        match matchup.live {
            Some(live) if live.status == GameStatus::Final => {
                // Zeros mean that the player did not play only if the box score shows another player's play.
                let has_box = live.players.iter().any(live::LivePlayer::has_played);
                at_the_end(by_live(), (line.is_some() && has_box) || live.is_whole())
            }
            Some(live) if live.status == GameStatus::InProgress => {
                // On the bench so far, which may change.
                let points = line.map(|line| (line.points, ScoreSource::BdlLive, Some(line.minutes.clone())));
                Self { status: live.status, points, did_not_play: false }
            }
            Some(live) => Self { status: live.status, points: None, did_not_play: false },
            // The schedule has no player points; a game that it reports as over waits for a box score.
            None => Self { status: matchup.scheduled.status, points: None, did_not_play: false },
        }
    }
}

impl Graded {
    fn of(
        matchup: &Matchup<'_>,
        player: &slate::Player,
        prediction: &Prediction,
        predicted: &Predicted,
    ) -> Self {
        let (scheduled, live) = (&matchup.scheduled, matchup.live);
        let mut known = PointsEvidence::of(matchup, player, predicted);
        // A player who is out may still be listed on the bench.
        if prediction.is_withdrawn
            && !matchup.box_score_entry(player).is_some_and(live::LivePlayer::has_played)
        {
            known.points = known.points.filter(|_| known.status == GameStatus::Final);
        }
        let line = player.line.as_ref().map(|line| line.value);
        let actual = known.points.as_ref().map(|(points, ..)| *points);
        let did_not_play = || match predicted.slate.is_out(player) {
            true => VoidReason::RuledOut,
            false => VoidReason::DidNotPlay,
        };
        let void_reason = match (known.status, actual) {
            (GameStatus::Postponed, _) => Some(VoidReason::Postponed),
            (GameStatus::Final, None) if known.did_not_play && prediction.is_withdrawn => {
                Some(VoidReason::RuledOut)
            }
            (GameStatus::Final, None) if known.did_not_play => Some(did_not_play()),
            (_, None) if prediction.is_withdrawn => Some(VoidReason::RuledOut),
            _ => None,
        };
        let is_over = matches!(known.status, GameStatus::Final | GameStatus::Postponed);
        let (status, clinched) = match (known.status, actual) {
            _ if void_reason.is_some() => (Status::Void, is_over),
            (GameStatus::Final, Some(actual)) => (at_the_end(prediction.recommendation, line, actual), true),
            (GameStatus::InProgress, Some(actual)) => so_far(prediction.recommendation, line, actual),
            (GameStatus::InProgress, None) if live.is_some() => (Status::InProgress, false),
            _ => (Status::Pending, false),
        };
        let points = known.points.filter(|_| void_reason.is_none());
        let (source, minutes) = points.map_or((None, None), |(_, source, minutes)| (Some(source), minutes));
        let has_begun = matches!(known.status, GameStatus::InProgress | GameStatus::Final);
        let progress = live.filter(|_| has_begun);
        Self {
            player_lookup: player.lookup.clone(),
            player_name: player.name.clone(),
            team: player.team.clone(),
            opponent: scheduled.opponent(&player.team).clone(),
            home_team: scheduled.home.clone(),
            away_team: scheduled.away.clone(),
            game_id: scheduled.id.clone(),
            game_status: known.status,
            period: progress.map(|live| live.period),
            time_remaining: progress.map(|live| live.time_remaining.clone()),
            predicted: prediction.predicted,
            line,
            recommendation: prediction.recommendation,
            confidence: prediction.confidence,
            has_line: line.is_some(),
            line_source: player.line.as_ref().map(|line| line.source),
            actual,
            minutes,
            score_source: source,
            error: actual.map(|actual| to_tenths(prediction.predicted - f64::from(actual))),
            margin_vs_line: actual.zip(line).map(|(actual, line)| to_tenths(f64::from(actual) - line)),
            status,
            void_reason,
            clinched,
        }
    }
}

/// The final grade of a prediction.
fn at_the_end(recommendation: Recommendation, line: Option<f64>, actual: u32) -> Status {
    let Some(line) = line else { return Status::Graded };
    let margin = f64::from(actual) - line;
    match recommendation {
        Recommendation::Over | Recommendation::Under if margin == 0.0 => Status::Push,
        Recommendation::Over if margin > 0.0 => Status::Correct,
        Recommendation::Under if margin < 0.0 => Status::Correct,
        Recommendation::Over | Recommendation::Under => Status::Incorrect,
        Recommendation::Pass | Recommendation::NoLine => Status::Graded,
    }
}

/// The grade of a prediction in progress, and whether it is certain: points never fall, so a passed line
/// stays passed.
fn so_far(recommendation: Recommendation, line: Option<f64>, actual: u32) -> (Status, bool) {
    let Some(line) = line else { return (Status::InProgress, false) };
    let margin = f64::from(actual) - line;
    match recommendation {
        Recommendation::Over if margin > 0.0 => (Status::TrendingCorrect, true),
        Recommendation::Over if margin < -FAR_BELOW_MARGIN => (Status::TrendingIncorrect, false),
        Recommendation::Under if margin > 0.0 => (Status::TrendingIncorrect, true),
        Recommendation::Under if margin < 0.0 => (Status::TrendingCorrect, false),
        _ => (Status::InProgress, false),
    }
}

/// Formats minutes as a clock: 34.5 is `34:30`.
fn minutes_text(minutes: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "a game's seconds are few")]
    let seconds = (minutes * 60.0).round() as i64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
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
            assert_eq!(at_the_end(side, Some(25.0), 25), Status::Push);
        }
        assert_eq!(at_the_end(Pass, Some(25.0), 25), Status::Graded, "no side was taken");
    }

    #[test]
    fn a_final_score_is_held_against_the_line() {
        for (side, actual, expected) in [
            (Over, 25, Status::Correct),
            (Over, 24, Status::Incorrect),
            (Under, 24, Status::Correct),
            (Under, 25, Status::Incorrect),
            (Pass, 30, Status::Graded),
            (NoLine, 30, Status::Graded),
        ] {
            assert_eq!(at_the_end(side, Some(24.5), actual), expected, "{side:?} {actual}");
        }
        assert_eq!(at_the_end(Over, None, 30), Status::Graded);
    }

    #[test]
    fn f60_a_line_that_is_passed_decides_while_the_game_is_on() {
        for (side, actual, expected) in [
            (Over, 25, (Status::TrendingCorrect, true)),
            (Over, 24, (Status::InProgress, false)),
            (Over, 20, (Status::InProgress, false)),
            (Over, 19, (Status::TrendingIncorrect, false)),
            (Under, 24, (Status::TrendingCorrect, false)),
            (Under, 25, (Status::TrendingIncorrect, true)),
            (Under, 40, (Status::TrendingIncorrect, true)),
            (Pass, 40, (Status::InProgress, false)),
        ] {
            assert_eq!(so_far(side, Some(24.5), actual), expected, "{side:?} {actual}");
        }
        for side in [Over, Under] {
            assert_eq!(
                so_far(side, Some(25.0), 25),
                (Status::InProgress, false),
                "on the line, nothing is decided"
            );
        }
    }

    #[test]
    fn minutes_read_like_a_clock() {
        assert_eq!([34.5, 0.0, 9.99].map(minutes_text), ["34:30", "0:00", "9:59"]);
    }
}
