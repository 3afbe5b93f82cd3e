//! Faulty upstream answers: well-formed box scores with wrong content.

use serde_json::{Value, json};

/// A kind of wrong content in an answer with box scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drift {
    /// A third of the players of each game are missing.
    Dropped,
    /// Two players of each side are duplicated.
    Doubled,
    /// Numbers are written as text, texts as numbers, integers with a decimal point.
    Respelled,
    /// The players of the two teams are swapped.
    Swapped,
    /// Games in progress are reported in a ninth period.
    Jumped,
}

/// All kinds.
pub const ALL: [Drift; 5] = [Drift::Dropped, Drift::Doubled, Drift::Respelled, Drift::Swapped, Drift::Jumped];

impl Drift {
    /// The answer `page` with this drift applied to every game.
    pub fn in_page(self, page: &mut Value) {
        for game in page["data"].as_array_mut().into_iter().flatten() {
            self.in_game(game);
        }
    }

    fn in_game(self, game: &mut Value) {
        match self {
            Self::Dropped => each_side(game, |players| {
                let mut nth = 0;
                players.retain(|_| {
                    nth += 1;
                    nth % 3 != 0
                });
            }),
            Self::Doubled => each_side(game, |players| {
                let again: Vec<Value> = players.iter().take(2).cloned().collect();
                players.extend(again);
            }),
            Self::Respelled => {
                if let Some(period) = game["period"].as_i64() {
                    game["period"] = json!(period.to_string());
                }
                each_side(game, |players| {
                    for line in players {
                        respell(line);
                    }
                });
            }
            Self::Swapped => {
                let home = game["home_team"]["players"].take();
                let visitors = game["visitor_team"]["players"].take();
                game["home_team"]["players"] = visitors;
                game["visitor_team"]["players"] = home;
            }
            Self::Jumped => {
                let is_on = (1..=4).contains(&game["period"].as_i64().unwrap_or_default())
                    && !game["status"].as_str().unwrap_or_default().starts_with("Final");
                if is_on {
                    game["status"] = json!("In Progress");
                    game["period"] = json!(JUMPED_TO);
                    game["time"] = json!("2:00");
                }
            }
        }
    }
}

/// No replayed game reaches this period.
pub(crate) const JUMPED_TO: i64 = 9;

fn respell(line: &mut Value) {
    if let Some(minutes) = line["min"].as_str().and_then(|text| text.parse::<i64>().ok()) {
        line["min"] = json!(minutes);
    }
    for (nth, counter) in ["pts", "reb", "ast", "stl"].into_iter().enumerate() {
        if let Some(number) = line[counter].as_i64() {
            #[allow(clippy::cast_precision_loss, reason = "a player's counts are small")]
            let whole = number as f64;
            line[counter] = if nth % 2 == 0 { json!(whole) } else { json!(number.to_string()) };
        }
    }
}

fn each_side(game: &mut Value, change: impl Fn(&mut Vec<Value>)) {
    for side in ["home_team", "visitor_team"] {
        if let Some(players) = game[side]["players"].as_array_mut() {
            change(players);
        }
    }
}
