//! What the warehouse knows of a day's predictions, and of how they came out.

use std::collections::HashMap;

use serde::Deserialize;
use shared::{
    Error,
    bigquery::{BigQuery, Parameter},
    nba::{PlayerLookup, SlateDay, Team},
    slate::{Player, Slate, slate},
};

/// The predictions of a day and its official box scores, as far as there are any yet.
#[derive(Debug)]
pub(crate) struct Predicted {
    pub slate: Slate,
    official: HashMap<(PlayerLookup, Team), Vec<OfficialLine>>,
}

/// A player's line in the official box score, which comes the morning after.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OfficialLine {
    universal_id: Option<String>,
    /// `None` where the player did not play.
    pub played: Option<Played>,
}

/// What a player did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Played {
    pub points: u32,
    pub minutes: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Row {
    player_lookup: String,
    universal_player_id: Option<String>,
    team_abbr: String,
    points: Option<u32>,
    minutes_played: Option<f64>,
    is_dnp: Option<bool>,
}

/// Reads both, at once.
pub(crate) async fn predicted(bigquery: &BigQuery, day: SlateDay) -> Result<Predicted, Error> {
    let date = [Parameter::date("game_date", day)];
    let (slate, rows) = tokio::try_join!(
        slate(bigquery, day),
        bigquery.query(include_str!("../sql/official_lines.sql"), &date)
    )?;
    Ok(Predicted::of(slate, rows))
}

impl Predicted {
    fn of(slate: Slate, rows: Vec<Row>) -> Self {
        let mut official: HashMap<_, Vec<OfficialLine>> = HashMap::new();
        for row in rows {
            let (Some(lookup), Ok(team)) =
                (slate.registry.lookup(&row.player_lookup), Team::of_code(&row.team_abbr))
            else {
                tracing::warn!(player = row.player_lookup, "an official line cannot be read");
                continue;
            };
            let played = row.played();
            official
                .entry((lookup, team))
                .or_default()
                .push(OfficialLine { universal_id: row.universal_player_id, played });
        }
        Self { slate, official }
    }

    /// A player's official line, if it has come.
    pub(crate) fn official(&self, player: &Player) -> Option<&OfficialLine> {
        let lines = self.official.get(&(player.lookup.clone(), player.team.clone()))?;
        let certain =
            |line: &&OfficialLine| line.universal_id.is_some() && line.universal_id == player.universal_id;
        lines.iter().find(certain).or_else(|| lines.first())
    }

    /// Whether a team's official box score has come.
    pub(crate) fn is_official(&self, team: &Team) -> bool {
        self.official.keys().any(|(_, of)| of == team)
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
