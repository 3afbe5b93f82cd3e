//! The state of a player and of each of the player's lines: count, chance, outcome.

use chrono::{DateTime, Utc};
use shared::{
    nba::{GameStatus, OVERTIME_SECONDS, SlateDay, StatType, elapsed_range, overtimes},
    slate::{self, Outcome, Settled, VoidReason},
};

use super::{Line, evidence::Evidence};
use crate::{
    chance::{Chance, Moment, REGULATION},
    live::{self, LiveGame},
    matchup::Matchup,
    predicted::Predicted,
};

/// A player's state at a poll, whichever statistic a line is about.
pub(super) struct PlayerState<'a> {
    pub matchup: &'a Matchup<'a>,
    pub player: &'a slate::Player,
    pub evidence: Evidence,
    pub void_reason: Option<VoidReason>,
    /// Why the player does not play, in the words of the league.
    pub void_detail: Option<&'a str>,
    pub locked: bool,
    /// The points that the player makes in a game.
    average: Option<f64>,
    /// Whether the slate day has ended.
    is_day_over: bool,
}

/// Count, chance and outcome of one statistic.
pub(super) struct StatisticState {
    /// The count as published: none where the line is void.
    pub count: Option<u32>,
    pub outcome: Outcome,
    pub settled: Settled,
    /// `None` once the line is settled, and without a line or an average.
    pub chance: Option<Chance>,
}

impl<'a> PlayerState<'a> {
    pub fn of(
        matchup: &'a Matchup<'a>,
        player: &'a slate::Player,
        predicted: &Predicted,
        known_out: Option<&'a str>,
        (day, now): (SlateDay, DateTime<Utc>),
    ) -> Self {
        let is_day_over = SlateDay::of(now) > day;
        let evidence = Evidence::of(matchup, player, predicted, is_day_over);
        let is_withdrawn = player.prediction.as_ref().is_some_and(|prediction| prediction.is_withdrawn);
        let has_played = evidence.counted.is_some();
        // A poll may lack the list of inactive players that the previous version had, or name the player differently.
        let known_out = known_out.filter(|_| !matchup.is_active(player));
        let inactive = matchup.inactive(player).map(|inactive| inactive.reason.as_str()).or(known_out);
        let did_not_play = || {
            if is_withdrawn || predicted.slate.is_out(player) {
                VoidReason::RuledOut
            } else {
                VoidReason::DidNotPlay
            }
        };
        let void_reason = match (evidence.status, has_played) {
            (GameStatus::Postponed, _) => Some(postponed(matchup.live)),
            (GameStatus::Final, false) if evidence.did_not_play => Some(did_not_play()),
            (_, false) if is_withdrawn => Some(VoidReason::RuledOut),
            (_, false) if inactive.is_some() => Some(did_not_play()),
            _ => None,
        };
        let is_out = matches!(void_reason, Some(VoidReason::DidNotPlay | VoidReason::RuledOut));
        Self {
            matchup,
            player,
            locked: matchup.is_locked(now) && evidence.status != GameStatus::Postponed,
            evidence,
            void_reason,
            void_detail: inactive.filter(|_| is_out),
            average: predicted.average(player),
            is_day_over,
        }
    }

    /// Count, chance and outcome of a statistic, against the player's `line` in it.
    pub fn for_statistic(&self, stat_type: StatType, line: Option<f64>) -> StatisticState {
        let evidence = &self.evidence;
        let count = evidence.counted.as_ref().and_then(|counted| counted.counts.of(stat_type));
        let outcome = match (self.void_reason, evidence.status, line.zip(count)) {
            (Some(_), ..) => Outcome::Void,
            (None, GameStatus::Final, Some((line, count))) if evidence.is_current_in(stat_type) => {
                line_outcome(line, count)
            }
            _ => Outcome::Open,
        };
        let settled = match outcome {
            Outcome::Open => Settled::Open,
            // A game that was not played on its day no longer can be once the day is over.
            _ if evidence.status == GameStatus::Postponed && self.is_day_over => Settled::Official,
            _ if evidence.is_official => Settled::Official,
            _ => Settled::Provisional,
        };
        let is_open = outcome == Outcome::Open && evidence.status != GameStatus::Final;
        // The chance has been measured for points only.
        let has_chance = is_open && stat_type == StatType::Points;
        let moment = || moment(self.matchup.live, count.unwrap_or(0), self.average?);
        let chance = line.filter(|_| has_chance).and_then(|line| Some(Chance::of(moment()?, line)));
        StatisticState { count: count.filter(|_| self.void_reason.is_none()), outcome, settled, chance }
    }
}

impl Line {
    pub(super) fn of(standing: &PlayerState<'_>, state: &StatisticState, line: &slate::Line) -> Self {
        let PlayerState { matchup, player, evidence, .. } = standing;
        let actual = state.count;
        Self {
            player_lookup: player.lookup.clone(),
            player_name: player.name.clone(),
            team: player.team.clone(),
            game_id: matchup.scheduled.id.clone(),
            stat_type: line.stat_type,
            line: line.value,
            opening_line: line.opening.unwrap_or(line.value),
            market_line: line.market,
            books: line.books,
            over_odds: line.over_odds,
            under_odds: line.under_odds,
            line_source: line.source,
            tip_off: matchup.scheduled.tip_off,
            locked: standing.locked,
            actual,
            score_source: actual.and(evidence.counted.as_ref()).map(|counted| counted.source),
            chance_over: state.chance.map(|chance| to_four_places(chance.over)),
            outcome: state.outcome,
            void_reason: standing.void_reason,
            void_detail: standing.void_detail.map(str::to_owned),
            settled: state.settled,
        }
    }
}

fn line_outcome(line: f64, count: u32) -> Outcome {
    match f64::from(count).total_cmp(&line) {
        std::cmp::Ordering::Less => Outcome::Under,
        std::cmp::Ordering::Equal => Outcome::Push,
        std::cmp::Ordering::Greater => Outcome::Over,
    }
}

fn postponed(live: Option<&LiveGame>) -> VoidReason {
    if live.is_some_and(live::LiveGame::is_cancelled) { VoidReason::Cancelled } else { VoidReason::Postponed }
}

/// The moment of a player's game; before tip-off, and without a box score, the beginning.
fn moment(live: Option<&LiveGame>, points: u32, average: f64) -> Option<Moment> {
    let Some(game) = live.filter(|game| game.has_begun()) else {
        return Some(Moment { average, points, elapsed: 0.0, left: 1.0, lead: 0 });
    };
    let played = elapsed_range(game.status, game.period, &game.time_remaining);
    let played = if game.is_break {
        f64::from(*played.end())
    } else {
        // Without a clock, the middle of the period.
        f64::midpoint(f64::from(*played.start()), f64::from(*played.end()))
    };
    let lead = game.home_score.abs_diff(game.away_score);
    let overtime = f64::from(OVERTIME_SECONDS);
    let whole = REGULATION + overtime * f64::from(overtimes(game.period));
    // A tie at the end of a period of overtime or the fourth quarter is played on.
    let whole = if played >= whole && lead == 0 { whole + overtime } else { whole };
    Some(Moment {
        average,
        points,
        elapsed: (played / REGULATION).min(1.0),
        left: ((whole - played) / REGULATION).max(0.0),
        lead,
    })
}

pub(super) fn to_four_places(chance: f64) -> f64 {
    (chance * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_score_is_over_under_or_on_the_line() {
        for (points, expected) in [(24, Outcome::Under), (25, Outcome::Push), (26, Outcome::Over)] {
            assert_eq!(line_outcome(25.0, points), expected);
        }
    }
}
