//! Checks the grading against an independent count from tonight's lines and the recorded points.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
};

use serde_json::Value;

use super::{Recorded, list, text};

/// Predictions and lines that are undecided although every game is over.
pub(super) fn open(document: &Value) -> Vec<String> {
    if list(document, "predictions").is_empty() {
        return vec!["there are no predictions".into()];
    }
    let is_open = |graded: &&Value| {
        ["pending", "in_progress", "trending_correct", "trending_incorrect"].contains(&text(graded, "status"))
    };
    let name = |graded: &Value| format!("{} is {}", text(graded, "player_lookup"), graded["status"]);
    let predictions = list(document, "predictions").iter().filter(is_open).map(name);
    let lines = list(document, "lines").iter().filter(|line| text(line, "outcome") == "open");
    predictions
        .chain(lines.map(|line| format!("the line of {} is open", text(line, "player_lookup"))))
        .collect()
}

/// Differences between the summary's counts and those from tonight's lines and the recorded points.
pub(super) fn recount(document: &Value, tonight: &Value, live: &Value, recorded: &Recorded) -> Vec<String> {
    // The recording has BallDontLie's names; the scores map them to lookups.
    let boxed = list(live, "games").iter().flat_map(|game| list(game, "players"));
    let ids: HashMap<&str, Option<i64>> =
        boxed.map(|player| (text(player, "player_lookup"), player["bdl_player_id"].as_i64())).collect();
    let mut counts: BTreeMap<&str, u64> =
        ["total_predictions", "correct", "incorrect", "pushes", "voided", "pending"]
            .map(|field| (field, 0))
            .into();
    let mut count = |field| *counts.entry(field).or_default() += 1;
    let played = |player: &Value| {
        let lookup = text(player, "player_lookup");
        let line = ids.get(lookup).and_then(|id| recorded.row(None, *id, lookup));
        line.filter(|line| line.has_played())
    };
    for player in list(tonight, "games").iter().flat_map(|game| list(game, "players")) {
        let prediction = &player["prediction"];
        if prediction["predicted"].is_null() {
            continue;
        }
        count("total_predictions");
        let Some(line) = played(player) else {
            count("voided");
            continue;
        };
        // Lines are multiples of one half, so doubled they compare as integers.
        #[allow(clippy::cast_possible_truncation, reason = "a line is small")]
        let doubled = (player["props"][0]["line"].as_f64().unwrap_or(0.0) * 2.0) as u64;
        let order = (line.count("pts") * 2).cmp(&doubled);
        match (text(prediction, "recommendation"), order) {
            ("OVER" | "UNDER", Ordering::Equal) => count("pushes"),
            ("OVER", Ordering::Greater) | ("UNDER", Ordering::Less) => count("correct"),
            ("OVER" | "UNDER", _) => count("incorrect"),
            _ => {}
        }
    }
    // Tonight's list omits predictions without a line; only the grading contains them.
    for graded in list(document, "predictions").iter().filter(|graded| graded["has_line"] == false) {
        count("total_predictions");
        if played(graded).is_none() {
            count("voided");
        }
    }
    let summary = &document["summary"];
    let differs = |(field, count): (&&str, &u64)| {
        (summary[*field].as_u64() != Some(*count))
            .then(|| format!("{field} is {}, recounted {count}", summary[*field]))
    };
    counts.iter().filter_map(differs).collect()
}
