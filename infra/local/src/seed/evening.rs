//! Tonight's rows of the analysis: games, expected players, fatigue, injuries.

use rand::{Rng, RngExt};
use serde_json::{Value, json};

use super::{Eve, origin, with};

/// Both sources have each game; one of them lacks the time of tip-off.
pub(super) fn schedule(eve: &Eve) -> Vec<Value> {
    let mut rows = Vec::new();
    for game in &eve.games {
        let (home, visitor) = (&game.recorded["home_team"], &game.recorded["visitor_team"]);
        let id = |team: &Value| 1_610_612_736 + team["id"].as_i64().unwrap_or(0);
        let row = json!({
            "game_id": game.id,
            "game_code": format!("{}/{}{}", eve.day.date().format("%Y%m%d"), game.away, game.home),
            "season": eve.season.start_year().to_string(),
            "season_nba_format": eve.season.to_string(),
            "season_year": eve.season.start_year(),
            "game_date": eve.day,
            "game_date_est": game.recorded["datetime"],
            "game_status": 1,
            "game_status_text": "scheduled",
            "home_team_id": id(home),
            "away_team_id": id(visitor),
            "home_team_tricode": game.home,
            "away_team_tricode": game.away,
            "home_team_name": home["name"],
            "away_team_name": visitor["name"],
        });
        let row = with(&row, origin(&eve.made_at));
        rows.push(with(&row, json!({"data_source": "api_stats"})));
        rows.push(with(&row, json!({"data_source": "cdn_static", "game_date_est": null})));
    }
    rows
}

/// Every player but those of one team; some twice, some with the other form of the game's id, all accented
/// names misspelled.
pub(super) fn contexts(eve: &Eve, random: &mut impl Rng) -> Vec<Value> {
    let mut rows = Vec::new();
    for player in eve.players.iter().filter(|player| player.team != eve.team_without_context) {
        let native = random.random_bool(0.5);
        let rest = random.random_range(0..4);
        let row = json!({
            "player_lookup": player.dropped,
            "universal_player_id": player.universal_id,
            "game_id": eve.game_of(player).id_in_form(eve.day, native),
            "game_date": eve.day,
            "team_abbr": player.team,
            "opponent_team_abbr": player.opponent,
            "home_game": player.is_home,
            // The producer mistakes a game after tonight's for the previous one (FAILURES.md, F42).
            "days_rest": if random.random_bool(0.02) { -1 } else { rest },
            "created_at": eve.made_at,
            "processed_at": eve.at("16:30:00"),
        });
        if random.random_bool(0.15) {
            let other_form = eve.game_of(player).id_in_form(eve.day, !native);
            let older = json!({"game_id": other_form, "processed_at": eve.made_at, "days_rest": rest + 3});
            rows.push(with(&row, older));
        }
        rows.push(row);
    }
    rows
}

/// Nearly every player, some twice.
pub(super) fn fatigue(eve: &Eve, random: &mut impl Rng) -> Vec<Value> {
    let mut rows = Vec::new();
    for player in eve.players.iter() {
        let row = json!({
            "player_lookup": player.lookup,
            "universal_player_id": player.universal_id,
            "game_date": eve.day,
            "game_id": eve.game_of(player).id,
            "fatigue_score": random.random_range(60..=100),
            "processed_at": eve.at("17:00:00"),
        });
        match random.random_range(0..20) {
            0 => continue,
            1 => rows.push(with(&row, json!({"fatigue_score": 50, "processed_at": eve.made_at}))),
            _ => {}
        }
        rows.push(row);
    }
    rows
}

/// Tonight's reports, an earlier version of each, and weeks-old reports that were never withdrawn.
pub(super) fn injuries(eve: &Eve, random: &mut impl Rng) -> Vec<Value> {
    let mut rows = Vec::new();
    for player in &eve.players {
        let row = json!({
            "report_date": eve.day,
            "report_hour": 13,
            "season": eve.season.to_string(),
            "game_date": eve.day,
            "game_id": eve.game_of(player).id_of_teams(eve.day),
            "team": player.team,
            "player_full_name": player.name,
            "player_lookup": player.dropped,
            "processed_at": eve.at("18:05:00"),
        });
        let report =
            |status: &str, reason: &str| with(&row, json!({"injury_status": status, "reason": reason}));
        let status = match (player.plays, random.random_range(0..100)) {
            (false, 0..30) => "out",
            (false, 30..35) => "doubtful",
            (true, 0..3) => "questionable",
            (true, 3..6) => "probable",
            (true, 6..8) => "available",
            (true, 8..12) => {
                let weeks_ago = eve.day.days_before(20);
                let stale = json!({
                    "report_date": weeks_ago, "game_date": weeks_ago, "processed_at": format!("{weeks_ago}T18:05:00Z"),
                });
                rows.push(with(&report("out", "Injury/Illness - Left Ankle; Sprain"), stale));
                continue;
            }
            _ => continue,
        };
        rows.push(with(
            &report("questionable", "Injury/Illness - Back; Contusion"),
            json!({"report_hour": 11}),
        ));
        rows.push(report(status, "Injury/Illness - Back; Contusion"));
    }
    rows
}
