//! The grading document, `v1/live-grading/{date}.json` and `v1/live-grading/latest.json` (facts 7.3).

use std::cmp::Reverse;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    Error,
    clock::iso_micros,
    decimal, json,
    nba::{GameStatus, NbaGameId, PlayerLookup, PollId, SlateDay, Team},
    slate::{self, LineSource, Prediction, Recommendation},
};

use crate::{
    live,
    matchup::{self, Matchup},
    predicted::{Played, Predicted},
};

/// An OVER this many points below its line looks lost (facts 7.3).
const FAR: f64 = 5.0;

/// About as many bytes of JSON has a prediction.
const BYTES_A_PREDICTION: usize = 640;

/// How the predictions of a slate day stand.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "GradingDocument")]
pub struct Document {
    /// When the live document of the same poll was made.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    /// The slate day, as New York counts it.
    pub game_date: SlateDay,
    /// The poll that the scores are from: that of the live document beside this one.
    pub poll_id: PollId,
    /// How many predictions stand how.
    pub summary: Summary,
    /// Decided first, then what is moving, then what is to come; then by confidence.
    pub predictions: Vec<Graded>,
}

/// How many stand how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "GradingSummary")]
pub struct Summary {
    /// All predictions of the list.
    pub total_predictions: usize,
    /// Those of players who have points, final or not.
    pub graded: usize,
    /// Those of games that have not begun, and those that no box score decides yet.
    pub pending: usize,
    /// Final, and on the side that was recommended.
    pub correct: usize,
    /// Final, and on the other side.
    pub incorrect: usize,
    /// On the recommended side while the game is on.
    pub trending_correct: usize,
    /// On the other side, or far from the recommended one, while the game is on.
    pub trending_incorrect: usize,
    /// Final, and equal to the line.
    pub pushes: usize,
    /// Of players who did not play, or of games that were not played.
    pub voided: usize,
    /// Correct among correct and incorrect, 0–1 to three places; null before the first.
    pub win_rate: Option<f64>,
    /// The mean distance of predicted from actual points, to one place.
    pub avg_error: Option<f64>,
    /// Games that are on, as in the live document.
    pub games_in_progress: usize,
    /// Games that have ended, as in the live document.
    pub games_final: usize,
}

/// A prediction and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "GradedPrediction")]
pub struct Graded {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// As shown.
    pub player_name: String,
    /// The player's team.
    pub team: Team,
    /// The team it plays against.
    pub opponent: Team,
    /// The home team's code.
    pub home_team: Team,
    /// The visiting team's code.
    pub away_team: Team,
    /// The NBA's ten digits.
    pub game_id: NbaGameId,
    /// How far the game is.
    pub game_status: GameStatus,
    /// 1–4 by quarter, 5 and up in overtime; null before tip-off.
    pub period: Option<i64>,
    /// As in the live document; null before tip-off.
    pub time_remaining: Option<String>,
    /// Points that the model expects.
    pub predicted: f64,
    /// Points; the line of tonight's challenges, null where there is none.
    pub line: Option<f64>,
    /// The side that was recommended.
    pub recommendation: Recommendation,
    /// The model's, 0–1; null where its scale is not known.
    pub confidence: Option<f64>,
    /// Whether there is a line.
    pub has_line: bool,
    /// Where the line is from; null where there is none.
    pub line_source: Option<LineSource>,
    /// Points; null before tip-off, and where the player did not play.
    pub actual: Option<u32>,
    /// Minutes played, `28:30` or `25`; null before tip-off, and where the player did not play.
    pub minutes: Option<String>,
    /// Where the points are from; null where there are none.
    pub score_source: Option<ScoreSource>,
    /// Predicted minus actual points, to one place.
    pub error: Option<f64>,
    /// Actual points minus the line, to one place.
    pub margin_vs_line: Option<f64>,
    /// How it stands.
    pub status: Status,
    /// Why it is void; null where it is not.
    pub void_reason: Option<VoidReason>,
    /// Whether, by the score as it stands, no further play can change which side of the line it ends on. A
    /// correction of the score still can.
    pub clinched: bool,
}

/// Where the points are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScoreSource {
    /// The official box score, which comes the morning after.
    NbaOfficial,
    /// BallDontLie's live box score.
    BdlLive,
}

/// How a prediction stands, in the order of the list.
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
    /// The game is on, and nothing can be said yet; or no side was taken.
    InProgress,
    /// Final, of a prediction that took no side.
    Graded,
    /// The player did not play, or the game was not played.
    Void,
    /// Before tip-off; or the game is over, and no box score tells yet whether the player played.
    Pending,
}

/// Why a prediction is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VoidReason {
    /// A box score that has everyone says that the player did not play.
    DidNotPlay,
    /// Likewise, or the prediction was withdrawn before tip-off; and the injury report has the player as out.
    RuledOut,
    /// The game was not played on its day.
    Postponed,
}

impl Document {
    /// The body of the public object.
    pub fn json(&self) -> Result<Bytes, Error> {
        json::body("the grading", self, 1024 + self.predictions.len() * BYTES_A_PREDICTION)
    }

    /// Grades the predictions by the scores of a live document, and by official ones where they have come.
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

/// What is known of a player's game.
struct Known {
    status: GameStatus,
    /// The points and where they are from, with the minutes as they are shown; `None` before tip-off, where
    /// the player did not play, and where he has not been seen.
    points: Option<(u32, ScoreSource, Option<String>)>,
    /// Whether it is known that he did not play: not being found is not that.
    did_not_play: bool,
}

impl Known {
    fn of(matchup: &Matchup<'_>, player: &slate::Player, predicted: &Predicted) -> Self {
        let line = matchup.line(player);
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
            // A player who is in no official box is believed to have played only if he was seen to.
            return at_the_end(by_live(), true);
        }
        match matchup.live {
            Some(live) if live.status == GameStatus::Final => {
                // A row of zeros says so in a box that has somebody who played.
                let has_box = live.players.iter().any(live::LivePlayer::has_played);
                at_the_end(by_live(), (line.is_some() && has_box) || live.is_whole())
            }
            Some(live) if live.status == GameStatus::InProgress => {
                // On the bench so far, which may change.
                let points = line.map(|line| (line.points, ScoreSource::BdlLive, Some(line.minutes.clone())));
                Self { status: live.status, points, did_not_play: false }
            }
            Some(live) => Self { status: live.status, points: None, did_not_play: false },
            // The schedule alone does not tell points; a game that it calls over waits for a box score.
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
        let mut known = Known::of(matchup, player, predicted);
        // Whoever is out may sit on the bench.
        if prediction.is_withdrawn && !matchup.line(player).is_some_and(live::LivePlayer::has_played) {
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

/// How a prediction came out.
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

/// How a prediction stands while the game is on, and whether that is certain: points never fall, so a
/// line that is passed stays passed.
fn so_far(recommendation: Recommendation, line: Option<f64>, actual: u32) -> (Status, bool) {
    let Some(line) = line else { return (Status::InProgress, false) };
    let margin = f64::from(actual) - line;
    match recommendation {
        Recommendation::Over if margin > 0.0 => (Status::TrendingCorrect, true),
        Recommendation::Over if margin < -FAR => (Status::TrendingIncorrect, false),
        Recommendation::Under if margin > 0.0 => (Status::TrendingIncorrect, true),
        Recommendation::Under if margin < 0.0 => (Status::TrendingCorrect, false),
        _ => (Status::InProgress, false),
    }
}

/// Minutes as a clock has them: 34.5 is `34:30`.
fn minutes_text(minutes: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "a game's seconds are few")]
    let seconds = (minutes * 60.0).round() as i64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// To one place, as predictions and lines are written.
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
