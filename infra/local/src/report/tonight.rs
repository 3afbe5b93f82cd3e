//! Checks tonight's list against the recording.

use std::collections::HashSet;

use serde_json::Value;

use super::{Recorded, different, list, text};

/// A game has at least this many players.
const MIN_PLAYERS: usize = 8;

/// Differences between tonight's games and the recording.
pub(super) fn games(document: &Value, recorded: &Recorded) -> Vec<String> {
    let mut against = different(list(document, "games").len() as u64, recorded.games.len() as u64);
    let mut seen = HashSet::new();
    for game in list(document, "games") {
        let id = text(game, "game_id");
        let players = list(game, "players");
        let teams: HashSet<&str> = players.iter().map(|player| text(player, "team")).collect();
        if teams != HashSet::from([text(game, "home_team"), text(game, "away_team")]) {
            against.push(format!("game {id} has players of {teams:?}"));
        }
        if players.len() < MIN_PLAYERS {
            against.push(format!("game {id} has {} players", players.len()));
        }
        for player in players {
            let lookup = text(player, "player_lookup");
            if !seen.insert((text(player, "team"), lookup)) {
                against.push(format!("{lookup} is in twice"));
            }
            if text(player, "position").is_empty() {
                against.push(format!("{lookup} has no position"));
            }
        }
    }
    against.extend(different(seen.len() as u64, recorded.rows.len() as u64));
    against
}
