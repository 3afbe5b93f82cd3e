//! The grading document, `v1/live-grading/{date}.json` and `v1/live-grading/latest.json`: every line of the night
//! with its outcome, and every prediction with its grade.

mod correction;
mod evidence;
mod locked;
mod player_state;
mod prediction;
mod summary;
mod wire;

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use shared::{
    documents,
    nba::{NbaGameId, PlayerLookup, SlateDay, StatType, Team},
    slate::{Player, ScheduledGame, Settled, VoidReason},
};

use crate::{live, predicted::Predicted, schedule};
use player_state::PlayerState;

pub(crate) use evidence::official_entry;
pub(crate) use locked::matchups;
pub use wire::{Correction, Document, Graded, Line, LineSummary, ScoreSource, Status, Summary};

/// Approximate JSON size of a prediction and of a line, to allocate the body once.
const BYTES_A_PREDICTION: usize = 860;
const BYTES_A_LINE: usize = 560;

impl documents::Document for Document {
    const NAME: &'static str = "the grading";

    fn expected_bytes(&self) -> usize {
        1024 + self.predictions.len() * BYTES_A_PREDICTION + self.lines.len() * BYTES_A_LINE
    }

    fn cache_control(&self) -> &'static str {
        schedule::cache_control(self.summary.games_in_progress)
    }
}

impl Document {
    /// Settles the lines and grades the predictions by the scores of a live document, and by official scores
    /// where available. Corrections are found by comparison with the newest of the `previous` versions of the day.
    pub fn of(live: &live::Document, predicted: &Predicted, previous: &[Arc<Self>]) -> Self {
        let known_out: HashMap<_, _> =
            previous.iter().rev().flat_map(|previous| previous.known_out()).collect();
        // Two runs may grade the same poll, of which one began later: what it has locked stays locked.
        let updated_at = previous.first().map_or(live.updated_at, |it| it.updated_at.max(live.updated_at));
        let mut predictions: Vec<Graded> = Vec::with_capacity(predicted.slate.predictions());
        let number_of_lines = predicted.slate.players().map(|player| player.lines().count()).sum();
        let mut lines: Vec<Line> = Vec::with_capacity(number_of_lines);
        let public = previous.first().map(AsRef::as_ref);
        let mut matchups = locked::matchups(live, &predicted.slate, previous, updated_at);
        matchups.sort_by(|a, b| by_tip_off(&a.scheduled).cmp(&by_tip_off(&b.scheduled)));
        for matchup in &matchups {
            let mut players: Vec<&Player> = matchup.players.iter().map(AsRef::as_ref).collect();
            players.retain(|player| player.can_be_challenged());
            players.sort_by(|a, b| a.lookup.cmp(&b.lookup));
            for player in players {
                let known_out = known_out.get(&(&player.lookup, &player.team)).copied();
                let state =
                    PlayerState::of(matchup, player, predicted, known_out, (live.game_date, updated_at));
                let points =
                    state.for_statistic(StatType::Points, player.line.as_ref().map(|line| line.value));
                predictions.extend(player.prediction.as_ref().map(|it| Graded::of(&state, &points, it)));
                lines.extend(player.line.as_ref().map(|line| Line::of(&state, &points, line)));
                lines.extend(player.other_lines.iter().map(|line| {
                    Line::of(&state, &state.for_statistic(line.stat_type, Some(line.value)), line)
                }));
            }
        }
        for previous in previous {
            previous.keep_official(&mut predictions, &mut lines);
        }
        #[allow(clippy::cast_possible_truncation, reason = "0–1, to four places")]
        let confidence = |graded: &Graded| Reverse(graded.confidence.map_or(-1, |it| (it * 1e4) as i64));
        predictions.sort_by_cached_key(|graded| {
            (graded.status, confidence(graded), graded.player_lookup.clone(), graded.team.clone())
        });
        let is_day_over = SlateDay::of(updated_at) > live.game_date;
        let corrections =
            public.map(|previous| correction::all(previous, &lines, is_day_over)).unwrap_or_default();
        Self {
            updated_at,
            game_date: live.game_date,
            poll_id: live.poll_id,
            next_update_expected: live.next_update_expected,
            summary: Summary::of(&predictions, &lines, live),
            predictions,
            lines,
            corrections,
        }
    }

    /// Whether the day has lines or points to settle, and all are by the official box score.
    pub(crate) fn is_official(&self) -> bool {
        let lines = self.lines.iter().map(|line| line.settled == Settled::Official);
        // A prediction without a line has no outcome, but points.
        let without_line = self.predictions.iter().filter(|it| it.line.is_none() && it.actual.is_some());
        let points = without_line.map(|it| it.score_source == Some(ScoreSource::NbaOfficial));
        let mut all = lines.chain(points).peekable();
        all.peek().is_some() && all.all(|is_official| is_official)
    }

    /// Whether `other` locks and settles the same lines and predictions alike. Chances are left out: scores that were
    /// read back do not say whether a clock stands in a break.
    pub(crate) fn settles_as(&self, other: &Self) -> bool {
        let line = |it: &Line| (it.line, it.locked, it.actual, it.outcome, it.settled);
        let prediction = |it: &Graded| (it.line, it.actual, it.outcome, it.settled);
        let lines = |document: &Self| -> HashMap<_, _> {
            let key = |it: &Line| (it.player_lookup.clone(), it.team.clone(), it.stat_type);
            document.lines.iter().map(|it| (key(it), line(it))).collect()
        };
        let predictions = |document: &Self| -> HashMap<_, _> {
            let key = |it: &Graded| (it.player_lookup.clone(), it.team.clone());
            document.predictions.iter().map(|it| (key(it), prediction(it))).collect()
        };
        lines(self) == lines(other) && predictions(self) == predictions(other)
    }

    /// Replaces what is no longer official by what this version has of it: the official table may be read while it is
    /// being replaced.
    fn keep_official(&self, predictions: &mut [Graded], lines: &mut [Line]) {
        // A postponed game is official once its day is over, without the table.
        let is_by_table = |settled, source: Option<ScoreSource>, void: Option<VoidReason>| {
            let did_not_play = matches!(void, Some(VoidReason::DidNotPlay | VoidReason::RuledOut));
            settled == Settled::Official && (source == Some(ScoreSource::NbaOfficial) || did_not_play)
        };
        let known = self.lines.iter().filter(|it| is_by_table(it.settled, it.score_source, it.void_reason));
        let known: HashMap<_, &Line> =
            known.map(|it| ((&it.player_lookup, &it.team, it.stat_type), it)).collect();
        for line in lines.iter_mut().filter(|line| line.settled != Settled::Official) {
            let key = (&line.player_lookup, &line.team, line.stat_type);
            if let Some(known) = known.get(&key).filter(|known| known.line == line.line) {
                *line = (*known).clone();
            }
        }
        let known = self.predictions.iter();
        let known = known.filter(|it| is_by_table(it.settled, it.score_source, it.void_reason));
        let known: HashMap<_, &Graded> = known.map(|it| ((&it.player_lookup, &it.team), it)).collect();
        for graded in predictions.iter_mut().filter(|graded| graded.settled != Settled::Official) {
            let known = known.get(&(&graded.player_lookup, &graded.team));
            if let Some(known) = known.filter(|known| known.line == graded.line) {
                *graded = (*known).clone();
            }
        }
    }

    /// The players of this version whom the league has listed as not playing, with the reason.
    fn known_out(&self) -> impl Iterator<Item = ((&PlayerLookup, &Team), &str)> {
        let of_lines =
            self.lines.iter().map(|line| (&line.player_lookup, &line.team, line.void_detail.as_deref()));
        let of_predictions = self
            .predictions
            .iter()
            .map(|graded| (&graded.player_lookup, &graded.team, graded.void_detail.as_deref()));
        let all = of_lines.chain(of_predictions);
        all.filter_map(|(lookup, team, detail)| Some(((lookup, team), detail?)))
    }
}

/// The place of a game in the order of tip-offs; those without one are last.
fn by_tip_off(game: &ScheduledGame) -> (bool, Option<DateTime<Utc>>, &NbaGameId) {
    (game.tip_off.is_none(), game.tip_off, &game.id)
}
