//! A day's predictions and official results in the warehouse.

use std::collections::HashMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use shared::{
    Error,
    google::bigquery::{BigQuery, Parameter},
    nba::{PlayerLookup, Season, SlateDay, Team},
    slate::{self, ByPlayer, Player, Slate},
};

/// The predictions of a day, and its official box scores as far as they have arrived.
#[derive(Debug)]
pub struct Predicted {
    /// The games, their players and the predictions.
    pub slate: Slate,
    official: HashMap<PlayerLookup, Vec<OfficialLine>>,
    /// Number of entries in each team's official box score.
    official_lines: HashMap<Team, usize>,
    /// Points per game of the season before the day.
    averages: ByPlayer<f64>,
}

/// The number of players on court: an official box score with fewer entries of a team is incomplete.
const FEWEST_OFFICIAL_LINES: usize = 5;

/// The unprocessed rows of the warehouse; [`Predicted::of`] interprets them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rows {
    slate: slate::Rows,
    official: Vec<Row>,
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

/// A player's entry in the official box score, which arrives the morning after.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OfficialLine {
    team: Team,
    universal_id: Option<CompactString>,
    /// `None` where the player did not play.
    pub played: Option<Played>,
}

/// Points and minutes in an official box score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Played {
    pub points: u32,
    pub minutes: Option<f64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Row {
    player_lookup: CompactString,
    universal_player_id: Option<CompactString>,
    team_abbr: CompactString,
    points: Option<u32>,
    minutes_played: Option<f64>,
    is_dnp: Option<bool>,
}

impl Rows {
    /// Reads all tables concurrently.
    pub async fn read(bigquery: &BigQuery, day: SlateDay) -> Result<Self, Error> {
        let date = [Parameter::date("game_date", day)];
        let season = [
            Parameter::integer("season_year", Season::of(day).start_year()),
            Parameter::date("season_start", day.season_start()),
            Parameter::date("game_date", day),
        ];
        let (slate, official, seasons) = tokio::try_join!(
            slate::Rows::read(bigquery, day),
            bigquery.query(include_str!("../sql/official_lines.sql"), &date),
            bigquery.query(include_str!("../sql/season_points.sql"), &season),
        )?;
        Ok(Self { slate, official, seasons })
    }
}

impl Predicted {
    /// Interprets the rows of `day`.
    pub fn of(rows: Rows, day: SlateDay) -> Self {
        let slate = Slate::of(day, rows.slate);
        let mut official: HashMap<_, Vec<OfficialLine>> = HashMap::new();
        let mut official_lines: HashMap<Team, usize> = HashMap::new();
        for row in rows.official {
            let (Some(lookup), Ok(team)) =
                (slate.registry.lookup(&row.player_lookup), Team::of_code(&row.team_abbr))
            else {
                tracing::warn!(player = %row.player_lookup, "an official line cannot be read");
                continue;
            };
            let played = row.played();
            *official_lines.entry(team.clone()).or_default() += 1;
            let line = OfficialLine { team, universal_id: row.universal_player_id, played };
            official.entry(lookup).or_default().push(line);
        }
        let mut averages = ByPlayer::default();
        for row in rows.seasons.into_iter().filter(|row| row.games > 0) {
            if let Some(lookup) = slate.registry.lookup(&row.player_lookup) {
                #[allow(clippy::cast_precision_loss, reason = "a season's games and points are few")]
                let average = row.points as f64 / row.games as f64;
                averages.add(lookup, row.universal_player_id, None, average);
            }
        }
        Self { slate, official, official_lines, averages }
    }

    /// The points that a player makes in a game: the season average, else the number that a model predicts.
    pub(crate) fn average(&self, player: &Player) -> Option<f64> {
        let predicted = || player.prediction.as_ref().map(|prediction| prediction.predicted);
        self.averages.of(player).copied().or_else(predicted)
    }

    /// Whether the tables that identify the players were complete when they were read.
    pub(crate) fn is_whole(&self) -> bool {
        let has_names = !self.slate.registry.is_empty() && self.slate.players().next().is_some();
        self.slate.games.is_empty() || has_names
    }

    /// A player's official entry, if it has arrived: by universal player id, else by name and team, else the
    /// only one with an unshared name, because the player may have been traded today.
    pub(crate) fn official(&self, player: &Player) -> Option<&OfficialLine> {
        let lines = self.official.get(&player.lookup)?.as_slice();
        let certain =
            |line: &&OfficialLine| line.universal_id.is_some() && line.universal_id == player.universal_id;
        let of_team = |line: &&OfficialLine| line.team == player.team;
        let only = || match lines {
            [line] if self.slate.registry.count(&player.lookup) <= 1 => Some(line),
            _ => None,
        };
        lines.iter().find(certain).or_else(|| lines.iter().find(of_team)).or_else(only)
    }

    /// Whether official box scores of the day have begun to arrive.
    pub(crate) fn has_official_scores(&self) -> bool {
        !self.official.is_empty()
    }

    /// Whether a team's official box score has arrived, so that a player who is missing in it did not play.
    pub(crate) fn is_official(&self, team: &Team) -> bool {
        self.official_lines.get(team).is_some_and(|lines| *lines >= FEWEST_OFFICIAL_LINES)
    }
}

impl Row {
    fn played(&self) -> Option<Played> {
        let points = self.points.unwrap_or(0);
        let has_played = points > 0 || self.minutes_played.is_some_and(|minutes| minutes > 0.0);
        let played = Played { points, minutes: self.minutes_played };
        (has_played && self.is_dnp != Some(true)).then_some(played)
    }
}
