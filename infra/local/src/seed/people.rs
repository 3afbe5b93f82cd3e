//! The players: the registry, and BallDontLie's ids.

use rand::{Rng, RngExt, seq::IndexedRandom};
use serde_json::{Value, json};
use shared::nba::PlayerLookup;

use super::{Eve, Game, origin, with};
use crate::night::league_name;

/// A player of the night.
pub(super) struct Player {
    /// The index of the game.
    pub game: usize,
    pub bdl_id: Value,
    /// The league's spelling.
    pub name: String,
    /// BallDontLie's spelling.
    pub bdl_name: String,
    pub lookup: String,
    /// The spelling of producers that drop accented letters.
    pub dropped: String,
    pub universal_id: String,
    pub team: String,
    pub opponent: String,
    pub is_home: bool,
    pub position: String,
    /// The player's average points.
    pub level: f64,
    /// The player's average minutes.
    pub minutes: f64,
    /// Whether the player plays in the recording.
    pub plays: bool,
    /// The recorded minutes.
    pub played: f64,
    /// The recorded box-score entry.
    pub entry: Value,
}

impl Player {
    /// A count of the recorded entry, by BallDontLie's name.
    pub fn count(&self, field: &str) -> i64 {
        self.entry[field].as_i64().unwrap_or(0)
    }
}

pub(super) fn players(games: &[Game], random: &mut impl Rng) -> Vec<Player> {
    let mut players = Vec::new();
    for (index, game) in games.iter().enumerate() {
        for (side, team, opponent) in
            [("home_team", &game.home, &game.away), ("visitor_team", &game.away, &game.home)]
        {
            for line in game.recorded[side]["players"].as_array().into_iter().flatten() {
                let player = &line["player"];
                let part = |field: &str| player[field].as_str().unwrap_or_default();
                let bdl_name = format!("{} {}", part("first_name"), part("last_name")).trim().to_owned();
                let name = league_name(&bdl_name).to_owned();
                let Ok(lookup) = PlayerLookup::of(&name) else { continue };
                let points = line["pts"].as_f64().unwrap_or(0.0);
                let played = line["min"].as_str().and_then(shared::nba::minutes_decimal).unwrap_or(0.0);
                let plays = played > 0.0;
                let (level, minutes) = if plays {
                    (points * 0.7 + random.random_range(1.0..5.0), played * 0.8 + 5.0)
                } else {
                    (random.random_range(0.5..9.0), random.random_range(4.0..22.0))
                };
                let position = Some(part("position")).filter(|position| !position.is_empty());
                let position = position.or_else(|| ["G", "F", "C"].choose(random).copied()).unwrap_or("G");
                players.push(Player {
                    game: index,
                    bdl_id: player["id"].clone(),
                    universal_id: format!("{lookup}_001"),
                    dropped: PlayerLookup::dropping_accented_letters(&name),
                    lookup: lookup.to_string(),
                    name,
                    bdl_name,
                    team: team.clone(),
                    opponent: opponent.clone(),
                    is_home: side == "home_team",
                    position: position.to_owned(),
                    level,
                    minutes,
                    plays,
                    played,
                    entry: line.clone(),
                });
            }
        }
    }
    players
}

/// BallDontLie's ids, from box scores of two days before, with lookups in which accented letters are
/// dropped.
pub(super) fn directory(eve: &Eve) -> Vec<Value> {
    let earlier = eve.day.days_before(2);
    let row = |player: &Player| {
        let game = eve.game_of(player);
        with(
            &origin(&eve.made_at),
            json!({
                "game_id": format!("seed-{}", player.game),
                "game_date": earlier,
                "season_year": eve.season.start_year(),
                "is_postseason": false,
                "home_team_abbr": game.home,
                "away_team_abbr": game.away,
                "team_abbr": player.team,
                "player_full_name": player.bdl_name,
                "player_lookup": PlayerLookup::dropping_accented_letters(&player.bdl_name),
                "bdl_player_id": player.bdl_id,
                "points": 0,
            }),
        )
    };
    eve.players.iter().map(row).collect()
}

/// A row for each player and team: of this season, of last season for many players, and of a former team of
/// a traded player, who must not be listed for both. A newest row may lack the position.
pub(super) fn registry(eve: &Eve, random: &mut impl Rng) -> Vec<Value> {
    let mut rows = Vec::new();
    let teams: Vec<&String> = eve.games.iter().flat_map(|game| [&game.home, &game.away]).collect();
    for player in &eve.players {
        let row = json!({
            "universal_player_id": player.universal_id,
            "player_name": player.name,
            "player_lookup": player.lookup,
            "team_abbr": player.team,
            "season": eve.season.to_string(),
            "last_game_date": eve.day.days_before(2),
            "last_roster_activity_date": eve.day.previous(),
            "position": player.position,
            "created_by": "seed",
            "created_at": eve.made_at,
            "processed_at": eve.made_at,
        });
        let of_last_season = json!({
            "season": eve.season.previous().to_string(),
            "team_abbr": teams.choose(random),
            "last_game_date": eve.day.days_before(270),
            "last_roster_activity_date": null,
        });
        let traded_from = json!({
            "team_abbr": teams.choose(random),
            "last_game_date": eve.day.days_before(40),
            "last_roster_activity_date": eve.day.days_before(38),
        });
        match random.random_range(0..20) {
            0 => rows.push(with(&row, traded_from)),
            1..=9 => rows.push(with(&row, of_last_season)),
            10 => rows.push(row.clone()),
            11 => {
                rows.push(with(&row, of_last_season));
                rows.push(with(&row, json!({"position": null})));
                continue;
            }
            _ => {}
        }
        rows.push(row);
    }
    rows
}
