//! The content of the warehouse before a night begins, generated from the night itself.
//!
//! The same night and seed produce the same rows. They are as consistent as the real ones — a player who
//! averages twenty points has a line near twenty — and have the real defects: duplicate rows, both forms of
//! game ids, missing lines, a team without context, broken odds, stale injuries, games not played.

mod evening;
mod late;
mod market;
mod people;
mod season;

use chrono::NaiveDate;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use shared::nba::{Season, SlateDay};

use crate::{
    bigquery::{Failed, Warehouse},
    night::Night,
};
use people::Player;

pub use late::Late;

/// The number of rows in each table.
pub type Filled = Vec<(&'static str, usize)>;

/// A night before its replay.
struct Eve {
    day: SlateDay,
    season: Season,
    games: Vec<Game>,
    players: Vec<Player>,
    /// The index in `teams` of the team that the analysis of tonight's games lacks.
    team_without_context: String,
    /// Noon of the day before, when most rows were written.
    made_at: String,
}

struct Game {
    /// The NBA's ten-digit id.
    id: String,
    home: String,
    away: String,
    recorded: Value,
}

impl Game {
    /// The other form of its id, from the date and the teams.
    fn id_of_teams(&self, day: SlateDay) -> String {
        id_of_teams(day.date(), &self.away, &self.home)
    }

    /// One of the two forms.
    fn id_in_form(&self, day: SlateDay, native: bool) -> String {
        if native { self.id.clone() } else { self.id_of_teams(day) }
    }
}

fn id_of_teams(day: NaiveDate, away: &str, home: &str) -> String {
    format!("{}_{away}_{home}", day.format("%Y%m%d"))
}

/// Fills every table that the functions read.
pub fn warehouse(warehouse: &Warehouse, night: &Night, seed: u64) -> Result<Filled, Failed> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let eve = Eve::of(night, &mut random);
    let tables = [
        ("nba_raw.nbac_schedule", evening::schedule(&eve)),
        ("nba_raw.bdl_player_boxscores", people::directory(&eve)),
        ("nba_reference.nba_players_registry", people::registry(&eve, &mut random)),
        ("nba_analytics.upcoming_player_game_context", evening::contexts(&eve, &mut random)),
        ("nba_precompute.player_composite_factors", evening::fatigue(&eve, &mut random)),
        ("nba_raw.nbac_injury_report", evening::injuries(&eve, &mut random)),
        ("nba_analytics.player_game_summary", season::summaries(&eve, &mut random)),
        ("nba_predictions.player_prop_predictions", market::predictions(&eve, &mut random)),
        ("nba_raw.bettingpros_player_points_props", market::odds(&eve, &mut random)),
    ];
    let mut filled = Filled::new();
    for (name, rows) in tables {
        let (dataset, table) = name.split_once('.').unwrap_or_default();
        warehouse.append(warehouse.table(dataset, table)?, &rows)?;
        filled.push((name, rows.len()));
    }
    Ok(filled)
}

/// A player's points that the official box scores correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The corrected player.
    pub player_lookup: String,
    /// The points at the end of the night.
    pub from: i64,
    /// The official points.
    pub to: i64,
}

/// Adds the official box scores of the night, which arrive on the morning after, to a warehouse that was
/// filled with the same seed. They take one free throw from the highest scorer.
pub fn official_box_scores(warehouse: &Warehouse, night: &Night, seed: u64) -> Result<Correction, Failed> {
    let eve = Eve::of(night, &mut ChaCha8Rng::seed_from_u64(seed));
    let (rows, correction) = season::official(&eve);
    warehouse.append(warehouse.table("nba_analytics", "player_game_summary")?, &rows)?;
    correction.ok_or_else(|| {
        Failed::new(400, "invalid", "no player made a free throw, so no points can be corrected")
    })
}

impl Eve {
    fn of(night: &Night, random: &mut ChaCha8Rng) -> Self {
        use rand::seq::IndexedRandom;
        let day = night.day;
        let season = Season::of(day);
        let code = |team: &Value| team["abbreviation"].as_str().unwrap_or_default().to_owned();
        let games: Vec<Game> = night
            .recorded()
            .enumerate()
            .map(|(index, game)| Game {
                id: night.nba_game_id(index),
                home: code(&game["home_team"]),
                away: code(&game["visitor_team"]),
                recorded: game.clone(),
            })
            .collect();
        let players = people::players(&games, random);
        let team_without_context = games.choose(random).map(|game| game.away.clone()).unwrap_or_default();
        let made_at = format!("{}T12:00:00Z", day.previous());
        Self { day, season, games, players, team_without_context, made_at }
    }

    /// A time of the slate day in UTC.
    fn at(&self, time: &str) -> String {
        format!("{}T{time}Z", self.day)
    }

    fn game_of(&self, player: &Player) -> &Game {
        &self.games[player.game]
    }
}

/// A row with some of its fields replaced.
fn with(row: &Value, fields: Value) -> Value {
    let mut row = row.clone();
    if let (Some(row), Value::Object(fields)) = (row.as_object_mut(), fields) {
        row.extend(fields);
    }
    row
}

/// The columns that only describe a row's origin.
fn origin(made_at: &str) -> Value {
    json!({"source_file_path": "seed", "created_at": made_at, "processed_at": made_at})
}
