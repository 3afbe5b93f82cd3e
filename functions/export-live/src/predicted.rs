//! A day's predictions and official results in the warehouse.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use shared::{
    Error,
    google::bigquery::BigQuery,
    nba::{SlateDay, Team, TeamPair},
    slate::{
        self, ByPlayer, OfficialBoxScores, OfficialEntry, OfficialRow, Player, Slate, player_game_days,
        with_player_games,
    },
};

/// The predictions of a day, and its official box scores as far as they have arrived.
#[derive(Debug)]
pub struct Predicted {
    /// The games, their players and the predictions.
    pub slate: Slate,
    read_at: DateTime<Utc>,
    official: OfficialBoxScores,
    /// Points per game of the season before the day.
    averages: ByPlayer<f64>,
}

/// The unprocessed rows of the warehouse; [`Predicted::of`] interprets them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rows {
    slate: slate::Rows,
    official: Vec<OfficialRow>,
    seasons: Vec<SeasonRow>,
}

/// A player's season before the day.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SeasonRow {
    player_lookup: CompactString,
    universal_player_id: Option<CompactString>,
    games: i64,
    points: i64,
}

impl Rows {
    /// Reads all tables concurrently.
    pub async fn read(bigquery: &BigQuery, day: SlateDay) -> Result<Self, Error> {
        let season_points = with_player_games(include_str!("../sql/season_points.sql"));
        let season = player_game_days(day.season_start(), day);
        let (slate, official, seasons) = tokio::try_join!(
            slate::Rows::read(bigquery, day),
            OfficialRow::read(bigquery, day),
            bigquery.query(&season_points, &season),
        )?;
        Ok(Self { slate, official, seasons })
    }
}

impl Predicted {
    /// Interprets the rows of `day`, which were read at `read_at`.
    pub fn of(rows: Rows, day: SlateDay, read_at: DateTime<Utc>) -> Self {
        let slate = Slate::of(day, rows.slate);
        let official = OfficialBoxScores::of(rows.official, &slate.registry);
        let mut averages = ByPlayer::default();
        for row in rows.seasons.into_iter().filter(|row| row.games > 0) {
            if let Some(lookup) =
                slate.registry.lookup_of_id(row.universal_player_id.as_deref(), &row.player_lookup)
            {
                #[allow(clippy::cast_precision_loss, reason = "a season's games and points are few")]
                let average = row.points as f64 / row.games as f64;
                averages.add(lookup, row.universal_player_id, None, average);
            }
        }
        Self { slate, read_at, official, averages }
    }

    /// The points that a player makes in a game: the season average, else the number that a model predicts.
    pub(crate) fn average(&self, player: &Player) -> Option<f64> {
        let predicted = || player.prediction.as_ref().map(|prediction| prediction.predicted);
        self.averages.of(player).copied().or_else(predicted)
    }

    /// Whether a game has begun since the tables were read: by the schedule, or it is one of `begun`.
    pub(crate) fn is_from_before_a_tip_off(&self, now: DateTime<Utc>, begun: &HashSet<TeamPair>) -> bool {
        self.slate.games.iter().any(|game| {
            let has_tipped_off = |tip_off| self.read_at < tip_off && tip_off <= now;
            let is_on = !game.is_locked && begun.contains(&game.scheduled.pair());
            is_on || game.scheduled.tip_off.is_some_and(has_tipped_off)
        })
    }

    /// Whether the tables that identify the players were complete when they were read.
    pub(crate) fn is_whole(&self) -> bool {
        let has_names = !self.slate.registry.is_empty() && self.slate.players().next().is_some();
        self.slate.games.is_empty() || has_names
    }

    /// A player's official entry, if it has arrived.
    pub(crate) fn official(&self, player: &Player) -> Option<&OfficialEntry> {
        self.official.entry(player, &self.slate.registry)
    }

    /// Whether a team's official box score is one of an unfinished game.
    pub(crate) fn has_unfinished_official(&self, team: &Team) -> bool {
        self.official.is_unfinished(team)
    }

    /// Whether official box scores of the day have begun to arrive.
    pub(crate) fn has_official_scores(&self) -> bool {
        !self.official.is_empty()
    }

    /// Whether a team's official box score has arrived, so that a player who is missing in it did not play.
    pub(crate) fn is_official(&self, team: &Team) -> bool {
        self.official.is_complete(team)
    }
}
