//! What the warehouse knows before a night begins, made from the night itself.

use chrono::Datelike;
use serde_json::{Value, json};

use crate::{
    bigquery::{Failed, Warehouse},
    night::Night,
};

/// Fills the tables that the functions read: the schedule of the night, and box scores of two days
/// before, from which BallDontLie's player ids are known. With the real one's dirt: both sources of
/// the schedule have each game, and lookups were made by the rule that drops accented letters.
pub fn warehouse(warehouse: &Warehouse, night: &Night) -> Result<(), Failed> {
    let day = night.day;
    let season_year = day.season_start().date().year();
    let made_at = format!("{}T12:00:00Z", day.previous());
    let earlier = day.previous().previous();
    let (mut schedule, mut boxscores) = (Vec::new(), Vec::new());
    for (index, game) in night.recorded().enumerate() {
        let (home, visitor) = (&game["home_team"], &game["visitor_team"]);
        for source in ["api_stats", "cdn_static"] {
            schedule.push(json!({
                "game_id": format!("002{:02}{:05}", season_year % 100, 500 + index),
                "game_code": format!("{}/{}{}", day.date().format("%Y%m%d"), text(visitor, "abbreviation"), text(home, "abbreviation")),
                "season": season_year.to_string(),
                "season_nba_format": format!("{season_year}-{:02}", (season_year + 1) % 100),
                "season_year": season_year,
                "game_date": day,
                "game_date_est": game["datetime"],
                "game_status": 1,
                "game_status_text": "scheduled",
                "home_team_id": 1_610_612_736 + home["id"].as_i64().unwrap_or(0),
                "away_team_id": 1_610_612_736 + visitor["id"].as_i64().unwrap_or(0),
                "home_team_tricode": home["abbreviation"],
                "away_team_tricode": visitor["abbreviation"],
                "home_team_name": home["name"],
                "away_team_name": visitor["name"],
                "data_source": source,
                "source_file_path": "seed",
                "created_at": made_at,
                "processed_at": made_at,
            }));
        }
        for team in [home, visitor] {
            for line in team["players"].as_array().into_iter().flatten() {
                let name =
                    format!("{} {}", text(&line["player"], "first_name"), text(&line["player"], "last_name"));
                let name = name.trim();
                let lookup: String =
                    name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
                boxscores.push(json!({
                    "game_id": format!("seed-{index}"),
                    "game_date": earlier,
                    "season_year": season_year,
                    "is_postseason": false,
                    "home_team_abbr": home["abbreviation"],
                    "away_team_abbr": visitor["abbreviation"],
                    "team_abbr": team["abbreviation"],
                    "player_full_name": name,
                    "player_lookup": lookup,
                    "bdl_player_id": line["player"]["id"],
                    "points": line["pts"],
                    "source_file_path": "seed",
                    "created_at": made_at,
                    "processed_at": made_at,
                }));
            }
        }
    }
    warehouse.append(warehouse.table("nba_raw", "nbac_schedule")?, &schedule)?;
    warehouse.append(warehouse.table("nba_raw", "bdl_player_boxscores")?, &boxscores)?;
    Ok(())
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}
