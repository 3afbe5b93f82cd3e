//! Checks the delivery rules against what is stored.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::atomic::Ordering,
};

use serde_json::Value;
use shared::{Error, service::dead_letter, sources::Source};

use super::{Chaos, Outcome};
use crate::{
    cloud::{API_BUCKET, RAW_BUCKET},
    pubsub::COMPLETE_TOPIC,
    replay::{TICK, ticks},
    report::{is_elsewhere, list, orphans, text},
    storage::Object,
};

/// The invariants, which hold under every fault.
pub const INVARIANTS: [&str; 5] = [
    "every snapshot is in the table exactly once, row for row",
    "no public version was unparsable, emptier or older than the one before",
    "dead letters are exactly the events that can never be processed",
    "live, grading and tonight agree on poll and players",
    "every line that was public is settled officially the next morning",
];

/// The compared fields of a row: game, player, points, minutes.
type Row = (String, String, String, String);

pub(super) fn outcome(chaos: &Chaos) -> Result<Outcome, Error> {
    let delivered = &chaos.cloud.delivery.counts;
    let (rows, lost_or_doubled) = rows(chaos)?;
    let (compared, mut at_odds) = chaos.versions.at_odds();
    at_odds.extend(chaos.at_the_end.clone());
    let polls = snapshots(chaos).len();
    let counts = BTreeMap::from([
        ("snapshots", polls as u64),
        ("rows", rows),
        ("versions", chaos.versions.count()),
        ("compared", compared),
        ("lines", chaos.versions.lines() as u64),
        ("letters", chaos.poison.letters.len() as u64),
        ("deliveries", delivered.events.load(Ordering::Relaxed)),
        ("redelivered", delivered.redelivered.load(Ordering::Relaxed)),
        ("calls", delivered.calls.load(Ordering::Relaxed)),
        ("failed calls", delivered.failed_calls.load(Ordering::Relaxed)),
    ]);
    Ok(Outcome {
        seed: chaos.storm.seed,
        counts,
        faults: chaos.cloud.faults.injected(),
        kills: chaos.kills(),
        violations: [
            lost_or_doubled,
            chaos.versions.backwards(),
            given_up(chaos),
            at_odds,
            chaos.unsettled.clone(),
        ],
    })
}

/// The snapshots of every source.
fn snapshots(chaos: &Chaos) -> Vec<Object> {
    Source::ALL.iter().flat_map(|source| chaos.cloud.objects.list(RAW_BUCKET, source.snapshots())).collect()
}

/// The number of rows in the table, and the rows of the snapshots that are missing, duplicated or
/// different.
fn rows(chaos: &Chaos) -> Result<(u64, Vec<String>), Error> {
    let sql =
        "SELECT source_file_path, game_id, bdl_player_id, points, minutes FROM nba_raw.bdl_live_boxscores";
    let table = chaos.cloud.warehouse.rows(sql).map_err(|error| Error::internal(error.to_string()))?;
    let count = table.len() as u64;
    let mut stored: HashMap<String, BTreeMap<Row, i64>> = HashMap::new();
    for row in table {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || cells.next().unwrap_or_default();
        let path = next();
        let row = (next(), next(), next(), next());
        *stored.entry(path).or_default().entry(row).or_default() += 1;
    }
    let mut wrong = Vec::new();
    for object in snapshots(chaos) {
        if chaos.poison.unreadable.contains(&object.name) {
            continue;
        }
        let read = chaos.cloud.objects.read(RAW_BUCKET, &object.name, None);
        let snapshot = read
            .map_err(|error| error.to_string())
            .and_then(|(_, body)| serde_json::from_slice::<Value>(&body).map_err(|error| error.to_string()));
        let snapshot = match snapshot {
            Ok(snapshot) => snapshot,
            Err(error) => {
                wrong.push(format!("{}: {error}", object.name));
                continue;
            }
        };
        let is = stored.remove(&format!("gs://{RAW_BUCKET}/{}", object.name)).unwrap_or_default();
        let mut off = is;
        for row in expected(&snapshot) {
            *off.entry(row).or_default() -= 1;
        }
        let off = off.values().filter(|count| **count != 0).count();
        if off > 0 {
            wrong.push(format!("{}: {off} rows are missing, too many or different", object.name));
        }
    }
    wrong.extend(stored.into_keys().map(|path| format!("{path}: rows of no snapshot")));
    Ok((count, wrong))
}

/// The expected rows of a snapshot, parsed independently of the function.
fn expected(snapshot: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    // Pages in a circle have a game twice, of which the later state is the game's.
    let mut games = BTreeSet::new();
    for game in list(snapshot, "liveBoxes").iter().rev() {
        let is_later = games.insert((game["id"].to_string(), game["gameId"].to_string()));
        if !is_later && !game["id"].is_null() {
            continue;
        }
        if !game["gameId"].is_null() {
            rows.extend(expected_of_nba(snapshot, game));
            continue;
        }
        if is_elsewhere(snapshot, game) {
            continue;
        }
        for side in ["home_team", "visitor_team"] {
            let mut seen = BTreeSet::new();
            for line in list(&game[side], "players") {
                // Duplicate entries of one player are one row.
                if !seen.insert(line["player"]["id"].to_string()) {
                    continue;
                }
                rows.push((
                    game["id"].to_string(),
                    line["player"]["id"].to_string(),
                    number(&line["pts"]).to_string(),
                    minutes(&line["min"]),
                ));
            }
        }
    }
    rows
}

/// The expected rows of a game of the NBA's feed.
fn expected_of_nba<'a>(snapshot: &'a Value, game: &'a Value) -> impl Iterator<Item = Row> + 'a {
    let nba_id = text(game, "gameId");
    let id = snapshot["gameIds"][nba_id].as_str().unwrap_or(nba_id);
    let sides = if game["gameStatus"] == 1 { [].as_slice() } else { &["homeTeam", "awayTeam"] };
    let lines = sides.iter().flat_map(|side| list(&game[side], "players"));
    lines.map(move |line| {
        let played = text(&line["statistics"], "minutes").trim_start_matches("PT").replacen('M', ":", 1);
        let played = played.split('.').next().unwrap_or_default();
        let minutes = played.strip_prefix('0').unwrap_or(played).to_owned();
        (id.to_owned(), String::new(), number(&line["statistics"]["points"]).to_string(), minutes)
    })
}

/// A count in any JSON spelling.
fn number(value: &Value) -> i64 {
    #[allow(clippy::cast_possible_truncation, reason = "counts of a game are small")]
    let whole = |number: f64| number as i64;
    let text = || value.as_str().and_then(|text| text.parse().ok());
    value.as_f64().or_else(text).map(whole).unwrap_or_default()
}

/// Minutes as text, from any JSON spelling.
fn minutes(value: &Value) -> String {
    value.as_str().map_or_else(|| value.as_i64().map_or_else(String::new, |it| it.to_string()), str::to_owned)
}

/// Unexpected, missing and unexplained dead letters; undelivered events; and requested exports without a
/// completion.
fn given_up(chaos: &Chaos) -> Vec<String> {
    let objects = &chaos.cloud.objects;
    let letters = objects.list(RAW_BUCKET, dead_letter::PREFIX);
    let is: BTreeSet<&str> = letters.iter().map(|letter| letter.name.as_str()).collect();
    let should: BTreeSet<&str> = chaos.poison.letters.iter().map(String::as_str).collect();
    let reason = |letter: &str| {
        let read = objects.read(RAW_BUCKET, letter, None).ok();
        let letter: Value = read.and_then(|(_, body)| serde_json::from_slice(&body).ok()).unwrap_or_default();
        text(&letter, "reason").to_owned()
    };
    let undelivered = chaos.cloud.delivery.counts.undelivered.load(Ordering::Relaxed);
    let done: BTreeSet<String> = chaos
        .cloud
        .topics
        .messages(COMPLETE_TOPIC)
        .iter()
        .filter_map(|message| serde_json::from_slice::<Value>(&message.data).ok())
        .filter(|completion| completion["status"] == "success")
        .map(|completion| text(&completion, "correlation_id").to_owned())
        .collect();
    is.difference(&should)
        .map(|letter| format!("{letter} should not be: {}", reason(letter)))
        .chain(should.difference(&is).map(|letter| format!("{letter} is missing")))
        .chain(
            is.iter()
                .filter(|letter| reason(letter).is_empty())
                .map(|letter| format!("{letter} has no reason")),
        )
        .chain((undelivered > 0).then(|| format!("{undelivered} events were not delivered")))
        .chain(
            chaos
                .triggers
                .iter()
                .filter(|trigger| !done.contains(*trigger))
                .map(|it| format!("{it} was never completed")),
        )
        .collect()
}

/// The differences between the documents after the end of the storm.
pub(super) fn at_the_end(chaos: &Chaos) -> Vec<String> {
    let document = |object: &str| -> Value {
        let read = chaos.cloud.objects.read(API_BUCKET, object, None).ok();
        read.and_then(|(_, body)| serde_json::from_slice(&body).ok()).unwrap_or_default()
    };
    let day = chaos.night.day;
    let (live, grading) = (document("v1/live/latest.json"), document("v1/live-grading/latest.json"));
    let tonight = document("v1/tonight/all-players.json");
    let mut odds = orphans(&tonight, &live, &grading);
    if text(&live, "poll_id") != text(&grading, "poll_id") {
        odds.push(format!("scores of {} and grading of {}", live["poll_id"], grading["poll_id"]));
    }
    for (name, latest) in [("live", &live), ("live-grading", &grading)] {
        if document(&format!("v1/{name}/{day}.json")) != *latest {
            odds.push(format!("v1/{name}/{day}.json is not latest.json"));
        }
    }
    let last = ticks(&chaos.night, TICK).last().unwrap_or_default();
    if !text(&live, "poll_id").starts_with(&last.format("%Y%m%dT%H%M").to_string()) {
        odds.push(format!("scores of {} at the end, not of {last}", live["poll_id"]));
    }
    if live["games_final"].as_u64() != Some(chaos.night.recorded().count() as u64) {
        odds.push(format!("{} games are final", live["games_final"]));
    }
    let points: HashMap<(&str, &str), &Value> = list(&live, "games")
        .iter()
        .flat_map(|game| list(game, "players"))
        .map(|line| ((text(line, "player_lookup"), text(line, "team")), &line["points"]))
        .collect();
    odds.extend(list(&grading, "predictions").iter().filter_map(|graded| {
        let player = (text(graded, "player_lookup"), text(graded, "team"));
        let differs = !graded["actual"].is_null() && points.get(&player) != Some(&&graded["actual"]);
        differs.then(|| format!("{} is graded by {} points", player.0, graded["actual"]))
    }));
    let open = list(&grading, "predictions")
        .iter()
        .filter(|graded| {
            !["correct", "incorrect", "push", "void", "graded"].contains(&text(graded, "status"))
        })
        .count();
    if open > 0 || list(&grading, "predictions").is_empty() {
        odds.push(format!("{open} predictions are open"));
    }
    odds.extend(chaos.versions.lines_at_odds(&grading, &tonight));
    odds
}
