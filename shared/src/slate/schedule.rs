//! The games of a day, from the schedule.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, hash_map::Entry},
};

use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::America::New_York;
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    google::bigquery::{BigQuery, Parameter},
    nba::{GameStatus, NbaGameId, SlateDay, Team, TeamPair, WarehouseGameId},
};

/// A game as the schedule knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledGame {
    /// The NBA's id.
    pub id: NbaGameId,
    /// The home team.
    pub home: Team,
    /// The visiting team.
    pub away: Team,
    /// Tip-off; `None` while it is not decided.
    pub tip_off: Option<DateTime<Utc>>,
    /// State of the game; the schedule is updated only a few times a day (FAILURES.md, F51).
    pub status: GameStatus,
    /// The home team's points, once the game is final.
    pub home_score: Option<u32>,
    /// The visitors' points, once the game is final.
    pub away_score: Option<u32>,
}

/// A row of the schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub game_id: String,
    pub home_team_tricode: String,
    pub away_team_tricode: String,
    #[serde(with = "chrono::serde::ts_microseconds_option")]
    pub game_date_est: Option<DateTime<Utc>>,
    pub game_status: Option<i64>,
    pub home_team_score: Option<u32>,
    pub away_team_score: Option<u32>,
    pub processed_at: i64,
    pub data_source: Option<String>,
}

pub(super) async fn rows(bigquery: &BigQuery, day: SlateDay) -> Result<Vec<Row>, Error> {
    let parameters = [Parameter::date("game_date", day)];
    bigquery.query(include_str!("../../sql/schedule.sql"), &parameters).await
}

/// Each game once. Where the schedule's two sources disagree, the later status wins, then the newer row;
/// fields that the winner lacks come from the other.
pub(super) fn games(mut rows: Vec<Row>) -> Vec<ScheduledGame> {
    rows.sort_by_key(|row| std::cmp::Reverse((row.game_status, row.processed_at, row.data_source.clone())));
    let mut games: BTreeMap<NbaGameId, ScheduledGame> = BTreeMap::new();
    for row in rows {
        let game = match ScheduledGame::of(&row) {
            Ok(game) => game,
            Err(reason) => {
                // A game whose teams are not decided yet has no team codes; the other games stay.
                tracing::warn!(
                    game = row.game_id,
                    reason,
                    "a row of the schedule cannot be read; it is skipped"
                );
                continue;
            }
        };
        games
            .entry(game.id.clone())
            .and_modify(|known| {
                known.tip_off = known.tip_off.or(game.tip_off);
                known.home_score = known.home_score.or(game.home_score);
                known.away_score = known.away_score.or(game.away_score);
            })
            .or_insert(game);
    }
    // Two ids of one pair of teams are one game: the stale duplicate loses to the listing with the later
    // status, the tip-off or the newer id.
    let mut of_pair: HashMap<TeamPair, ScheduledGame> = HashMap::new();
    for game in games.into_values() {
        let progress = |game: &ScheduledGame| {
            let further = match game.status {
                GameStatus::Final => 2,
                GameStatus::InProgress => 1,
                GameStatus::Scheduled | GameStatus::Postponed => 0,
            };
            (further, game.tip_off.is_some(), Reverse(game.id.clone()))
        };
        match of_pair.entry(game.pair()) {
            Entry::Occupied(known) if progress(known.get()) >= progress(&game) => {}
            Entry::Occupied(mut known) => drop(known.insert(game)),
            Entry::Vacant(free) => drop(free.insert(game)),
        }
    }
    let mut games: Vec<_> = of_pair.into_values().collect();
    games.sort_by_key(|game| (game.tip_off.is_none(), game.tip_off, game.id.clone()));
    games
}

/// The schedule writes an undecided time as midnight, when no game begins.
fn is_midnight_in_new_york(instant: DateTime<Utc>) -> bool {
    instant.with_timezone(&New_York).time() == NaiveTime::MIN
}

impl ScheduledGame {
    fn of(row: &Row) -> Result<Self, String> {
        let team = |code: &str| {
            if code.trim().eq_ignore_ascii_case("TBD") {
                Err("its teams are not decided yet".to_owned())
            } else {
                Team::of_code(code).map_err(|error| error.to_string())
            }
        };
        Ok(Self {
            id: NbaGameId::of_stored(&row.game_id).map_err(|error| error.to_string())?,
            home: team(&row.home_team_tricode)?,
            away: team(&row.away_team_tricode)?,
            tip_off: row.game_date_est.filter(|tip_off| !is_midnight_in_new_york(*tip_off)),
            status: match row.game_status {
                Some(2) => GameStatus::InProgress,
                Some(3) => GameStatus::Final,
                _ => GameStatus::Scheduled,
            },
            home_score: row.home_team_score,
            away_score: row.away_team_score,
        })
    }

    /// Whether it has begun by `now`, according to the schedule.
    pub fn has_begun(&self, now: DateTime<Utc>) -> bool {
        let is_time = self.tip_off.is_some_and(|tip_off| tip_off <= now);
        is_time || self.status.has_begun()
    }

    /// The two teams, which identify a game within a day.
    pub fn pair(&self) -> TeamPair {
        TeamPair::of(&self.home, &self.away)
    }

    /// Whether both teams are among the league's thirty.
    pub(super) fn is_between_teams_of_the_league(&self) -> bool {
        [&self.home, &self.away].into_iter().all(Team::is_of_the_league)
    }

    /// Whether `team` plays in it.
    pub fn has(&self, team: &Team) -> bool {
        self.home == *team || self.away == *team
    }

    /// The team that `team` plays against.
    pub fn opponent(&self, team: &Team) -> &Team {
        if self.home == *team { &self.away } else { &self.home }
    }

    /// Whether `id`, from any table, identifies this game.
    pub(super) fn is(&self, day: SlateDay, id: &WarehouseGameId) -> bool {
        match id {
            WarehouseGameId::Nba(id) => self.id == *id,
            WarehouseGameId::Teams { day: of, away, home } => {
                *of == day && self.pair() == TeamPair::of(home, away)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(status: i64, tip_off: Option<&str>, score: Option<u32>) -> Row {
        Row {
            game_id: "0022500555".into(),
            home_team_tricode: "BOS".into(),
            away_team_tricode: "TOR".into(),
            game_date_est: tip_off.map(|text| text.parse().expect("an instant")),
            game_status: Some(status),
            home_team_score: score,
            away_team_score: score,
            processed_at: -status,
            data_source: None,
        }
    }

    #[test]
    fn of_two_sources_the_further_status_wins_and_each_fills_what_the_other_lacks() {
        let tip_off = Some("2026-01-10T00:00:00Z");
        let games = games(vec![row(1, tip_off, None), row(3, None, Some(100)), row(2, None, None)]);
        let [game] = games.as_slice() else { panic!("one game: {games:?}") };
        assert_eq!((game.status, game.home_score), (GameStatus::Final, Some(100)));
        assert_eq!(game.tip_off.map(|it| it.to_rfc3339()), Some("2026-01-10T00:00:00+00:00".into()));
    }

    #[test]
    fn a_row_without_teams_costs_no_other_game() {
        let unknown =
            Row { game_id: "0042500001".into(), home_team_tricode: String::new(), ..row(1, None, None) };
        assert_eq!(games(vec![unknown, row(1, None, None)]).len(), 1);
    }
}
