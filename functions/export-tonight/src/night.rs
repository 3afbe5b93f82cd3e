//! Everything that tonight's list is built from.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    Error,
    documents::{DatedDocument, status::Fixtures},
    google::{
        bigquery::{BigQuery, Parameter},
        storage::Storage,
    },
    nba::{GameStatus, Season, SlateDay, Team, TeamPair},
    slate::{
        self, ByPlayer, OfficialBoxScores, OfficialRow, ScheduledGame, Slate, player_game_days,
        with_player_games,
    },
    sources::Source,
};

use crate::{
    fatigue::{FatigueRow, fatigue_by_player},
    form::{Form, SeasonRow},
    settlement::Settlement,
};

/// Days of a player's recent average.
const MONTH_DAYS: u64 = 30;

/// Days before and after a day in which other slate days are searched.
const WINDOW_DAYS: u64 = 31;

/// A game's state at its last poll.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LiveScore {
    home_team_abbr: Team,
    away_team_abbr: Team,
    /// State of the game; `None` where the poll did not tell it.
    pub game_status: Option<GameStatus>,
    /// Points of the home team.
    pub home_score: Option<u32>,
    /// Points of the visiting team.
    pub away_score: Option<u32>,
}

/// A row with the previous and the next slate day.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct NeighbouringSlates {
    previous_slate: Option<SlateDay>,
    next_slate: Option<SlateDay>,
}

impl From<&NeighbouringSlates> for Fixtures {
    fn from(around: &NeighbouringSlates) -> Self {
        Self { previous: around.previous_slate, next: around.next_slate }
    }
}

/// Everything that a document is built from.
#[derive(Debug)]
pub struct Night {
    /// The slate day.
    pub day: SlateDay,
    /// When the warehouse was read.
    pub read_at: DateTime<Utc>,
    /// The games and their players.
    pub slate: Slate,
    /// The neighbouring slate days.
    pub fixtures: Fixtures,
    /// The games' public states, and at their last poll.
    pub scores: Vec<LiveScore>,
    /// The players' form.
    pub forms: ByPlayer<Form>,
    /// The players' fatigue scores, 0 (tired) to 100 (fresh).
    pub fatigue: ByPlayer<i64>,
    /// The official box scores, once the day is over.
    pub official: OfficialBoxScores,
    /// The outcomes of the lines.
    pub settlement: Settlement,
}

/// The unprocessed rows of the warehouse for a day; [`Night::of`] interprets them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rows {
    slate: slate::Rows,
    around: Vec<NeighbouringSlates>,
    scores: Vec<LiveScore>,
    forms: Vec<SeasonRow>,
    fatigue: Vec<FatigueRow>,
    official: Vec<OfficialRow>,
}

impl Rows {
    /// Reads the rows of `day` at `now`, all tables concurrently. Official box scores arrive after the day.
    pub async fn read(bigquery: &BigQuery, day: SlateDay, now: DateTime<Utc>) -> Result<Self, Error> {
        let date = Parameter::date("game_date", day);
        let form = with_player_games(include_str!("../sql/form.sql"));
        let [since, before] = player_game_days(day.season_start(), day);
        let season = [
            since,
            before,
            Parameter::text("season", Season::of(day)),
            Parameter::date("month_before", day.days_before(MONTH_DAYS)),
            date.clone(),
        ];
        let window = [
            Parameter::date("window_start", day.days_before(WINDOW_DAYS)),
            Parameter::date("window_end", day.days_after(WINDOW_DAYS)),
            date.clone(),
        ];
        let date = [date];
        let official = async {
            if SlateDay::of(now) > day { OfficialRow::read(bigquery, day).await } else { Ok(Vec::new()) }
        };
        let (slate, around, scores, forms, fatigue, official) = tokio::try_join!(
            slate::Rows::read(bigquery, day),
            bigquery.query(include_str!("../sql/slates_around.sql"), &window),
            bigquery.query(include_str!("../sql/live_scores.sql"), &date),
            bigquery.query(&form, &season),
            bigquery.query(include_str!("../sql/fatigue.sql"), &date),
            official,
        )?;
        Ok(Self { slate, around, scores, forms, fatigue, official })
    }
}

impl Night {
    /// Interprets the rows of `day`, which were read at `read_at`. The public scores go before the rows of polls, which
    /// have not been compared with each other.
    pub fn of(
        rows: Rows,
        day: SlateDay,
        read_at: DateTime<Utc>,
        (public, settlement): (Vec<LiveScore>, Settlement),
    ) -> Self {
        let slate = Slate::of(day, rows.slate);
        Self {
            day,
            read_at,
            fixtures: rows.around.first().map(Fixtures::from).unwrap_or_default(),
            scores: public.into_iter().chain(rows.scores).collect(),
            forms: Form::by_player(rows.forms, day, &slate.registry),
            fatigue: fatigue_by_player(rows.fatigue, &slate.registry),
            official: OfficialBoxScores::of(rows.official, &slate.registry),
            settlement,
            slate,
        }
    }

    /// The games that had begun at the last poll, or whose lines the grading has locked.
    pub fn begun(&self) -> HashSet<TeamPair> {
        let has_begun = |status: Option<GameStatus>| status.is_some_and(GameStatus::has_begun);
        let begun = self.scores.iter().filter(|live| has_begun(live.game_status)).map(LiveScore::pair);
        let games = self.slate.games.iter().map(|game| &game.scheduled);
        let locked = games.filter(|game| self.settlement.has_locked(&game.id)).map(ScheduledGame::pair);
        begun.chain(locked).collect()
    }
}

impl LiveScore {
    /// Reads the public scores of `day`; none where they cannot be read, or where no source has listed a game yet.
    pub async fn read_public(storage: &Storage, bucket: &str, day: SlateDay) -> Result<Vec<Self>, Error> {
        #[derive(Deserialize)]
        struct Scores {
            games: Vec<PublicGame>,
        }
        let object = DatedDocument::Live.object(day);
        let Some(stored) = storage.read_public(bucket, &object).await? else { return Ok(Vec::new()) };
        let scores = serde_json::from_slice(&stored.content(&object)).unwrap_or_else(|error| {
            tracing::error!(object, %error, "the public scores cannot be read; the games are as at their last poll");
            Scores { games: Vec::new() }
        });
        Ok(scores.games.into_iter().filter_map(PublicGame::listed).collect())
    }

    /// The two teams.
    pub fn pair(&self) -> TeamPair {
        TeamPair::of(&self.home_team_abbr, &self.away_team_abbr)
    }

    /// The same score with `home` as the home team, which sources disagree about on neutral ground.
    pub fn with_home(&self, home: &Team) -> Self {
        let mut score = self.clone();
        if score.home_team_abbr != *home {
            std::mem::swap(&mut score.home_team_abbr, &mut score.away_team_abbr);
            std::mem::swap(&mut score.home_score, &mut score.away_score);
        }
        score
    }
}

/// A game of the public scores.
#[derive(Deserialize)]
struct PublicGame {
    source: Option<Source>,
    status: GameStatus,
    home_team: Team,
    away_team: Team,
    home_score: u32,
    away_score: u32,
}

impl PublicGame {
    /// The game's score, unless only the schedule has the game.
    fn listed(self) -> Option<LiveScore> {
        self.source?;
        Some(LiveScore {
            home_team_abbr: self.home_team,
            away_team_abbr: self.away_team,
            game_status: Some(self.status),
            home_score: Some(self.home_score),
            away_score: Some(self.away_score),
        })
    }
}

/// The later of the two states that the schedule and the last poll report.
pub(crate) fn further(schedule: GameStatus, live: Option<GameStatus>) -> GameStatus {
    let progress = |status| match status {
        GameStatus::Scheduled => 0,
        GameStatus::Postponed => 1,
        GameStatus::InProgress => 2,
        GameStatus::Final => 3,
    };
    live.filter(|live| progress(*live) > progress(schedule)).unwrap_or(schedule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f51_whoever_knows_more_of_a_game_is_believed() {
        use GameStatus::{Final, InProgress, Postponed, Scheduled};
        assert_eq!(further(Scheduled, None), Scheduled);
        assert_eq!(further(Scheduled, Some(InProgress)), InProgress);
        assert_eq!(further(Final, Some(InProgress)), Final);
        assert_eq!(further(InProgress, Some(Scheduled)), InProgress);
        assert_eq!(further(Scheduled, Some(Postponed)), Postponed);
    }
}
