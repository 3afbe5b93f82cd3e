//! Offers and predictions that are written around the tip-offs: those in time move a line, those of after tip-off and
//! those that arrive long after it do not.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::{
    Eve,
    market::{BOOKS, OTHER_MARKETS, PREDICTED_FROM, market_line, offer, other_line},
    people::Player,
    with,
};
use crate::{
    bigquery::{Failed, Warehouse},
    night::Night,
};

const ODDS: &str = "bettingpros_player_points_props";
const PREDICTIONS: &str = "player_prop_predictions";

/// The rows that are still to arrive, in the order of their arrival.
#[derive(Debug)]
pub struct Late(VecDeque<(DateTime<Utc>, &'static str, Vec<Value>)>);

impl Late {
    /// The rows for a warehouse that was filled with the same seed.
    pub fn of(night: &Night, seed: u64) -> Self {
        let eve = Eve::of(night, &mut ChaCha8Rng::seed_from_u64(seed));
        let mut rows = Vec::new();
        let players = eve.players.iter().filter(|player| player.level >= PREDICTED_FROM).enumerate();
        for (index, player) in players {
            let tip_off = eve.game_of(player).recorded["datetime"].as_str().and_then(|at| at.parse().ok());
            let Some(tip_off) = tip_off else { continue };
            let tip_off: DateTime<Utc> = tip_off;
            if index % 3 == 0 {
                // The market moves just before tip-off; of every other player the feed tells it late.
                let delay = if index % 2 == 0 { TimeDelta::seconds(20) } else { TimeDelta::minutes(15) };
                let moved_at = tip_off - TimeDelta::seconds(90);
                rows.push((moved_at + delay, ODDS, offers(&eve, player, 1.0, moved_at)));
            }
            if index % 3 != 2 {
                let in_play = tip_off + TimeDelta::minutes(4);
                rows.push((in_play, ODDS, offers(&eve, player, 6.0, in_play)));
            }
            if index % 4 == 0 {
                let revised_at = tip_off + TimeDelta::minutes(6);
                rows.push((revised_at, PREDICTIONS, vec![prediction(&eve, player, revised_at)]));
            }
        }
        rows.sort_by_key(|(at, ..)| *at);
        Self(rows.into())
    }

    /// Adds what has arrived by `now` to the warehouse.
    pub fn arrive(&mut self, warehouse: &Warehouse, now: DateTime<Utc>) -> Result<(), Failed> {
        while let Some((_, table, rows)) = self.0.pop_front_if(|(at, ..)| *at <= now) {
            let dataset = if table == ODDS { "nba_raw" } else { "nba_predictions" };
            warehouse.append(warehouse.table(dataset, table)?, &rows)?;
        }
        Ok(())
    }
}

/// Both sides of every bookmaker's lines, `higher` than those of the day.
fn offers(eve: &Eve, player: &Player, higher: f64, at: DateTime<Utc>) -> Vec<Value> {
    let points = ("points", market_line(player), &BOOKS[1..5]);
    let others =
        OTHER_MARKETS.iter().filter_map(|market| Some((market.0, other_line(player, market)?, &BOOKS[1..3])));
    let mut rows = Vec::new();
    for (market, line, books) in others.chain([points]) {
        for book in books {
            let sides =
                ["over", "under"].map(|side| offer(eve, player, (market, line + higher), *book, side));
            rows.extend(
                sides.map(|row| with(&row, json!({"bookmaker_last_update": at, "processed_at": at}))),
            );
        }
    }
    rows
}

/// A revised prediction, against a higher line.
fn prediction(eve: &Eve, player: &Player, at: DateTime<Utc>) -> Value {
    json!({
        "prediction_id": format!("revised-{}", player.lookup),
        "system_id": "catboost_v9",
        "player_lookup": player.lookup,
        "universal_player_id": player.universal_id,
        "game_date": eve.day,
        "game_id": eve.game_of(player).id,
        "prediction_version": 2,
        "predicted_points": market_line(player) + 12.0,
        "confidence_score": 99,
        "recommendation": "OVER",
        "has_prop_line": true,
        "current_points_line": market_line(player) + 8.0,
        "line_source": "ACTUAL_PROP",
        "is_active": true,
        "created_at": at,
    })
}
