//! Predictions of the models and offers of the bookmakers.

use rand::{Rng, RngExt, seq::IndexedRandom};
use serde_json::{Value, json};

use super::{Eve, origin, people::Player, with};

/// Players who score less have neither predictions nor lines.
pub(super) const PREDICTED_FROM: f64 = 7.0;
pub(super) const BOOKS: [(i64, &str); 6] = [
    (0, "BettingPros Consensus"),
    (10, "FanDuel"),
    (12, "DraftKings"),
    (13, "Caesars"),
    (19, "BetMGM"),
    (63, "Underdog"),
];

/// The line of most bookmakers for a player: every fifth line is a whole number, so that pushes happen.
pub(super) fn market_line(player: &Player) -> f64 {
    let floor = (player.level - 0.5).floor();
    if player.lookup.len().is_multiple_of(5) { floor + 1.0 } else { floor + 0.5 }
}

/// Two models, one of which writes its confidence as 0–1 and the other as 0–100; appended instead of
/// merged, with superseded rows left in, game ids in both forms, and lines missing or estimated.
pub(super) fn predictions(eve: &Eve, random: &mut impl Rng) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut id = 0;
    for player in eve.players.iter().filter(|player| player.level >= PREDICTED_FROM) {
        let line = market_line(player);
        let predicted = ((line + random.random_range(-4.0..4.0)) * 10.0_f64).round() / 10.0;
        let side = match predicted - line {
            margin if margin.abs() < 0.4 => "PASS",
            margin if margin > 0.0 => "OVER",
            _ => "UNDER",
        };
        let mut row = |fields: Value| {
            id += 1;
            let game_id = eve.game_of(player).id_in_form(eve.day, id % 2 == 0);
            let row = json!({
                "prediction_id": format!("{:08x}-0000-4000-8000-{id:012x}", eve.season.start_year()),
                "system_id": "catboost_v9",
                "player_lookup": player.lookup,
                "universal_player_id": player.universal_id,
                "game_date": eve.day,
                "game_id": game_id,
                "prediction_version": 1,
                "predicted_points": predicted,
                "confidence_score": 55 + id % 40,
                "recommendation": side,
                "has_prop_line": true,
                "current_points_line": line,
                "line_source": "ACTUAL_PROP",
                "is_active": true,
                "created_at": eve.at("18:31:00"),
                "fatigue_adjustment": -0.5,
                "pace_adjustment": f64::from(id % 7) / 2.0 - 1.5,
                "home_away_adjustment": if player.is_home { 0.4 } else { -0.4 },
            });
            rows.push(with(&row, fields));
        };
        // The day's earlier run, from before the bookmakers' lines arrived (FAILURES.md, F3), remains in
        // the table, active or not.
        let early = json!({
            "created_at": eve.at("15:31:00"), "current_points_line": null, "line_source": "NO_PROP_LINE",
            "recommendation": "NO_LINE", "has_prop_line": false, "is_active": random.random_bool(0.5),
        });
        row(early);
        match random.random_range(0..10) {
            0 | 1 => row(json!({
                "current_points_line": null, "line_source": "NO_PROP_LINE", "recommendation": "NO_LINE",
                "has_prop_line": false,
            })),
            2 => row(json!({
                "current_points_line": null, "line_source": "ESTIMATED_AVG", "estimated_line_value": line,
                "has_prop_line": false,
            })),
            3 => (0..5).for_each(|_| row(json!({}))),
            4 => {
                let superseded =
                    json!({"is_active": false, "current_points_line": line + 3.0, "predicted_points": 1.0});
                row(superseded);
                row(json!({}));
            }
            5 => {
                row(json!({}));
                row(
                    json!({"system_id": "ensemble_v1", "confidence_score": 0.57, "created_at": eve.at("18:30:00")}),
                );
            }
            _ => row(json!({})),
        }
    }
    rows
}

/// The markets of other statistics: name, share of the player's points, and the least line that is offered.
pub(super) const OTHER_MARKETS: [(&str, f64, f64); 6] = [
    ("rebounds", 0.3, 2.5),
    ("assists", 0.2, 1.5),
    ("threes", 0.12, 0.5),
    ("steals", 0.06, 0.5),
    ("blocks", 0.05, 0.5),
    // No document has lines of it.
    ("double_doubles", 0.02, 0.5),
];

/// Both sides of every book at two times of the day, and invalid odds of a broken feed; of other statistics
/// both sides of the first two bookmakers.
pub(super) fn odds(eve: &Eve, random: &mut impl Rng) -> Vec<Value> {
    let mut rows = Vec::new();
    for player in eve.players.iter().filter(|player| player.level >= PREDICTED_FROM) {
        // A few stars have no lines at all.
        if random.random_bool(0.05) {
            continue;
        }
        rows.extend(other_odds(eve, player));
        let line = market_line(player);
        for (book_id, bookmaker) in BOOKS {
            let line = if random.random_bool(0.15) { line + 1.0 } else { line };
            for side in ["over", "under"] {
                let odds = [-125, -120, -115, -110, -105, 100, 104].choose(random);
                let row = offer(eve, player, ("points", line), (book_id, bookmaker), side);
                let row = with(&row, json!({"odds_american": odds}));
                let morning = json!({"bookmaker_last_update": eve.at("14:00:00"), "points_line": line - 2.0});
                rows.push(with(&row, morning));
                rows.push(row.clone());
                match random.random_range(0..12) {
                    1 => rows.push(with(
                        &row,
                        json!({"odds_american": 199_900, "bookmaker_last_update": eve.at("18:05:00")}),
                    )),
                    2 => rows.push(with(
                        &row,
                        json!({"is_active": false, "bookmaker_last_update": eve.at("18:06:00")}),
                    )),
                    _ => {}
                }
            }
        }
    }
    rows
}

/// The odds of statistics other than points; a player has a line of those of which he has enough.
fn other_odds(eve: &Eve, player: &Player) -> Vec<Value> {
    let mut rows = Vec::new();
    for market in &OTHER_MARKETS {
        let Some(line) = other_line(player, market) else { continue };
        let market = market.0;
        for book in &BOOKS[1..3] {
            rows.extend(["over", "under"].map(|side| offer(eve, player, (market, line), *book, side)));
        }
    }
    rows
}

/// The line of a player in another market; `None` where he has too little of it.
pub(super) fn other_line(player: &Player, (_, share, least): &(&str, f64, f64)) -> Option<f64> {
    Some((player.level * share).floor() + 0.5).filter(|line| line >= least)
}

/// A bookmaker's offer on a line of a market, at even odds.
pub(super) fn offer(
    eve: &Eve,
    player: &Player,
    (market, line): (&str, f64),
    (book_id, bookmaker): (i64, &str),
    side: &str,
) -> Value {
    let row = json!({
        "game_date": eve.day,
        "market_type": market,
        "market_id": 156,
        "bp_event_id": 20_000 + player.game,
        "offer_id": format!("{}-{market}-{book_id}-{side}", player.lookup),
        "bet_side": side,
        "bp_player_id": player.bdl_id.as_i64().unwrap_or(0) + 1,
        "player_name": player.name,
        "player_lookup": player.dropped,
        "player_team": player.team,
        "team_source": "bettingpros",
        "has_team_issues": false,
        "validation_confidence": 1.0,
        "validation_method": "seed",
        "book_id": book_id,
        "bookmaker": bookmaker,
        "points_line": line,
        "odds_american": -110,
        "is_active": true,
        "is_best_line": false,
        "bookmaker_last_update": eve.at("18:00:00"),
    });
    with(&row, origin(&eve.at("18:10:00")))
}
