//! The health of each document, with the reason as text.

use chrono::TimeDelta;

use super::{
    Grading, Health, LiveData, Predictions, TonightData,
    slate_state::{STALE_AFTER, SlateState},
};
use crate::{clock::eastern_time, documents::counted};

/// How long after tip-off the scores may be without players: games begin some ten minutes after the announced time, and
/// a source may list their players only then.
const PLAYERS_EXPECTED_AFTER: TimeDelta = TimeDelta::minutes(20);
/// How often the scores are polled while a game is on.
pub const POLL_INTERVAL: TimeDelta = TimeDelta::seconds(30);
/// How often the schedule calls the live export, and so how often the scores are polled while a game is waited for.
pub const CALL_INTERVAL: TimeDelta = TimeDelta::minutes(1);

impl SlateState<'_> {
    pub(super) fn live(&self, live: &mut LiveData) -> (Health, String) {
        let at = live.poll_id.map(|poll| poll.instant());
        live.age_minutes = at.map(|at| self.minutes_since(at));
        live.games_active = self.in_progress > 0;
        live.is_stale = self.in_progress > 0 && at.is_none_or(|at| self.now - at > STALE_AFTER);
        let next = self.tip_offs().filter(|tip_off| *tip_off > self.now).min();
        // Without scores of the day, as the schedule says.
        live.next_update_expected = live.next_update_expected.filter(|next| *next > self.now).or({
            match (self.in_progress, self.late.len()) {
                (0, 0) => next,
                (0, _) => Some(self.now + CALL_INTERVAL),
                _ => Some(self.now + POLL_INTERVAL),
            }
        });
        if self.in_progress > 0 {
            let is_expected =
                self.first_tip_off_in_progress.is_none_or(|first| first + PLAYERS_EXPECTED_AFTER <= self.now);
            let is_empty = live.game_date != Some(self.day) || live.players == 0;
            let games = format!("{} on", counted(self.in_progress, "game"));
            return match live.age_minutes {
                _ if is_empty && is_expected => {
                    (Health::Unhealthy, format!("{games}, but no player in the scores"))
                }
                Some(age) if live.is_stale => {
                    (Health::Degraded, format!("{games}; the scores are {age:.0} minutes old"))
                }
                Some(_) if !self.stalled.is_empty() => {
                    (Health::Degraded, format!("{games}, {} of them without a change", self.stalled.len()))
                }
                Some(_) if !self.outdated.is_empty() => (
                    Health::Degraded,
                    format!("{games}, {} of them with outdated players", self.outdated.len()),
                ),
                None => (Health::Degraded, format!("{games}; there are no scores yet")),
                Some(_) => (Health::Healthy, games),
            };
        }
        if let Some(first) = self.late.iter().min() {
            let late = self.late.len();
            let games = format!("{late} {} late", if late == 1 { "game is" } else { "games are" });
            return match self.now - *first {
                wait if wait <= PLAYERS_EXPECTED_AFTER => (Health::Healthy, games),
                wait => (Health::Degraded, format!("{games}, by up to {} minutes", wait.num_minutes())),
            };
        }
        let message = match (&self.games, next) {
            _ if self.has_no_games => self.no_games(),
            (None, _) => return (Health::Unknown, "the schedule cannot be read".to_owned()),
            (Some(_), Some(next)) => format!("the next game begins at {}", eastern_time(next)),
            (Some(_), None) if self.is_over => "all games are over".to_owned(),
            (Some(_), None) => "no game is on".to_owned(),
        };
        (Health::Healthy, message)
    }

    pub(super) fn tonight(&self, tonight: &mut TonightData) -> (Health, String) {
        tonight.age_minutes = tonight.last_update.map(|at| self.minutes_since(at));
        let is_tonight = tonight.game_date == Some(self.day);
        let has_begun = self.has_begun(TimeDelta::zero());
        tonight.is_stale = !is_tonight && !self.has_no_games && has_begun;
        match (&tonight.degraded_reason, tonight.total_players) {
            _ if self.has_no_games => (Health::Healthy, self.no_games()),
            _ if tonight.is_stale => (Health::Unhealthy, self.no_list()),
            _ if !is_tonight && self.games.is_none() => {
                (Health::Unknown, "the schedule cannot be read".to_owned())
            }
            _ if !is_tonight => (Health::Healthy, "tonight's list is not due yet".to_owned()),
            (_, 0) => (Health::Unhealthy, "tonight's list has no players".to_owned()),
            (Some(reason), _) if has_begun => (Health::Degraded, reason.clone()),
            (Some(reason), players) => {
                (Health::Healthy, format!("{}; so far {reason}", counted(players, "player")))
            }
            (None, players) => (Health::Healthy, counted(players, "player")),
        }
    }

    pub(super) fn predictions(&self, predictions: &Predictions) -> (Health, String) {
        match self.predicted(predictions) {
            _ if self.has_no_games => (Health::Healthy, self.no_games()),
            0 if self.has_begun(TimeDelta::zero()) => (Health::Degraded, self.no_predictions()),
            0 if self.games.is_none() => (Health::Unknown, "the schedule cannot be read".to_owned()),
            0 => (Health::Healthy, "predictions are not due yet".to_owned()),
            count => (Health::Healthy, counted(count, "player")),
        }
    }

    pub(super) fn grading(&self, grading: &Grading, live: &LiveData) -> (Health, String) {
        let polls =
            live.poll_id.zip(grading.poll_id).map(|(live, grading)| live.instant() - grading.instant());
        match polls {
            _ if self.in_progress == 0 => (Health::Healthy, "no game is on".to_owned()),
            Some(behind) if behind <= STALE_AFTER => (Health::Healthy, "of the last poll".to_owned()),
            Some(behind) => (Health::Degraded, format!("{} minutes behind the scores", behind.num_minutes())),
            None => (Health::Unknown, "nothing is graded yet".to_owned()),
        }
    }
}
