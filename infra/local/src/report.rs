//! The closing table of a replay, computed from what is stored and not from the functions' answers.

mod grading;
mod live;
mod tonight;

use std::{
    collections::BTreeMap,
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use serde_json::Value;
use shared::{nba::PlayerLookup, service::dead_letter, sources::Source};

use crate::{
    age::Ages,
    cloud::{API_BUCKET, RAW_BUCKET},
    night::league_name,
    pubsub::COMPLETE_TOPIC,
    replay::Replay,
};

/// The result of a replay.
#[derive(Debug)]
pub struct Report {
    counts: Vec<(&'static str, u64)>,
    checks: Vec<Check>,
}

/// A check of the result, with the evidence against it, if any.
#[derive(Debug)]
struct Check {
    claim: &'static str,
    against: Vec<String>,
}

fn check(claim: &'static str, against: Vec<String>) -> Check {
    Check { claim, against }
}

impl Report {
    /// Computes the counts and checks of a finished replay.
    pub fn of(replay: &Replay) -> Result<Self, String> {
        let recorded = Recorded::of(replay);
        let polls = Polls::of(replay)?;
        let day = replay.night.day;
        let live = document(replay, &format!("v1/live/{day}.json"));
        let grading = document(replay, &format!("v1/live-grading/{day}.json"));
        let tonight = document(replay, "v1/tonight/all-players.json");
        let rows = number(replay, "SELECT COUNT(*) FROM nba_raw.bdl_live_boxscores")?;
        let counted = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = &replay.cloud.delivery.counts;
        let objects =
            [RAW_BUCKET, API_BUCKET].map(|bucket| replay.cloud.objects.list(bucket, "").len() as u64);
        let dead = replay.cloud.objects.list(RAW_BUCKET, dead_letter::PREFIX);
        let ages = replay.seen.ages();
        let age = |of: fn(&Ages) -> i64| ages.as_ref().and_then(|ages| of(ages).try_into().ok()).unwrap_or(0);
        let summary = |field: &str| grading["summary"][field].as_u64().unwrap_or(0);
        Ok(Self {
            counts: vec![
                ("polls", polls.count),
                ("objects stored", objects.iter().sum()),
                ("events delivered", counted(&counts.events)),
                ("events redelivered", counted(&counts.redelivered)),
                ("rows stored", rows),
                ("players tonight", tonight["total_players"].as_u64().unwrap_or(0)),
                ("games final", live["games_final"].as_u64().unwrap_or(0)),
                ("predictions", summary("total_predictions")),
                ("  correct", summary("correct")),
                ("  incorrect", summary("incorrect")),
                ("  pushes", summary("pushes")),
                ("  voided", summary("voided")),
                ("age of scores, s", age(|ages| ages.median)),
                ("  19 of 20 below", age(|ages| ages.p95)),
                ("errors", counted(&counts.failed_calls) + counted(&counts.undelivered)),
            ],
            checks: vec![
                check(
                    "every scheduled call succeeded",
                    none_of(counted(&counts.failed_calls), "calls failed"),
                ),
                check(
                    "every event was delivered",
                    none_of(counted(&counts.undelivered), "events were not taken"),
                ),
                check("no dead letter", dead.into_iter().map(|letter| letter.name).collect()),
                check("rows = players in each poll, summed over polls", different(rows, polls.players)),
                check("every player's last row is the recorded line", live::last_rows(replay, &recorded)?),
                check("every row is of the night's own date", live::other_dates(replay)?),
                check("the public file has every game, final, as recorded", live::against(&live, &recorded)),
                check("latest.json is the same", differ(&live, &document(replay, "v1/live/latest.json"))),
                check(
                    "tonight: every game, both teams, each player once",
                    tonight::games(&tonight, &recorded),
                ),
                check("tonight: every export was completed as a success", completions(replay)),
                check("grading: nothing is left open", grading::open(&grading)),
                check(
                    "grading: counts = recount by tonight's lines",
                    grading::recount(&grading, &tonight, &live, &recorded),
                ),
                check(
                    "grading: latest.json is the same",
                    differ(&grading, &document(replay, "v1/live-grading/latest.json")),
                ),
                check("tonight, live and grading know the same players", orphans(&tonight, &live, &grading)),
            ],
        })
    }

    /// Whether every check holds.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.against.is_empty())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in &self.counts {
            writeln!(f, "  {what:<20} {count:>8}")?;
        }
        writeln!(f)?;
        for Check { claim, against } in &self.checks {
            writeln!(f, "  {}  {claim}", if against.is_empty() { "ok  " } else { "FAIL" })?;
            for reason in against.iter().take(5) {
                writeln!(f, "        {reason}")?;
            }
            if against.len() > 5 {
                writeln!(f, "        … and {} more", against.len() - 5)?;
            }
        }
        Ok(())
    }
}

/// The recorded end of the night.
struct Recorded {
    /// BallDontLie's game id → the scores of the home team and the visitors.
    games: BTreeMap<String, (u64, u64)>,
    /// The NBA's game id → BallDontLie's.
    of_nba: BTreeMap<String, String>,
    /// Each row of a box score with its game's id and its player's lookup.
    rows: Vec<RecordedRow>,
}

struct RecordedRow {
    game: String,
    /// Of BallDontLie's spelling.
    lookup: String,
    /// Of the league's.
    league_lookup: String,
    recorded: Value,
}

impl RecordedRow {
    /// A counter; a field that upstream omits counts as 0.
    fn count(&self, field: &str) -> u64 {
        self.recorded[field].as_u64().unwrap_or(0)
    }

    fn has_played(&self) -> bool {
        let minutes = self.recorded["min"].as_str().and_then(shared::nba::minutes_decimal);
        minutes.is_some_and(|minutes| minutes > 0.0) || self.count("pts") > 0
    }
}

impl Recorded {
    fn of(replay: &Replay) -> Self {
        let (mut games, mut rows, mut of_nba) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        for (index, game) in replay.night.recorded().enumerate() {
            let id = game["id"].to_string();
            of_nba.insert(replay.night.nba_game_id(index), id.clone());
            let score = |side: &str| game[format!("{side}_team_score")].as_u64().unwrap_or(0);
            games.insert(id.clone(), (score("home"), score("visitor")));
            let sides =
                ["home_team", "visitor_team"].iter().filter_map(|side| game[side]["players"].as_array());
            for row in sides.flatten() {
                let part = |part: &str| row["player"][part].as_str().unwrap_or_default();
                let name = format!("{} {}", part("first_name"), part("last_name"));
                let lookup = |name: &str| PlayerLookup::of(name).map(String::from).unwrap_or_default();
                let (lookup, league_lookup) = (lookup(name.trim()), lookup(league_name(name.trim())));
                rows.push(RecordedRow { game: id.clone(), lookup, league_lookup, recorded: row.clone() });
            }
        }
        Self { games, of_nba, rows }
    }

    /// BallDontLie's id of a game, which may be named by either.
    fn game_id<'a>(&'a self, id: &'a str) -> &'a str {
        self.of_nba.get(id).map_or(id, String::as_str)
    }

    /// The row of a player, who is named by BallDontLie's id, or else by a lookup; in `game` where it is given.
    fn row(&self, game: Option<&str>, bdl_id: Option<i64>, lookup: &str) -> Option<&RecordedRow> {
        self.rows.iter().filter(|row| game.is_none_or(|game| row.game == self.game_id(game))).find(|row| {
            match bdl_id {
                Some(id) => row.recorded["player"]["id"].as_i64() == Some(id),
                None => row.lookup == lookup || row.league_lookup == lookup,
            }
        })
    }
}

/// The polls in the raw bucket.
struct Polls {
    count: u64,
    players: u64,
}

impl Polls {
    fn of(replay: &Replay) -> Result<Self, String> {
        let objects = &replay.cloud.objects;
        let snapshots: Vec<_> =
            Source::ALL.iter().flat_map(|source| objects.list(RAW_BUCKET, source.snapshots())).collect();
        let mut players = 0;
        for object in &snapshots {
            let (_, body) =
                objects.read(RAW_BUCKET, &object.name, None).map_err(|error| error.to_string())?;
            let snapshot: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
            let of_game = |game: &Value| -> usize {
                // The NBA's feed lists players before tip-off, who have no rows.
                let sides = match game["gameStatus"].as_u64() {
                    None => ["home_team", "visitor_team"].as_slice(),
                    Some(1) => &[],
                    Some(_) => &["homeTeam", "awayTeam"],
                };
                sides.iter().filter_map(|side| game[side]["players"].as_array()).map(Vec::len).sum()
            };
            let games = list(&snapshot, "liveBoxes").iter().filter(|game| !is_elsewhere(&snapshot, game));
            players += games.map(of_game).sum::<usize>() as u64;
        }
        Ok(Self { count: snapshots.len() as u64, players })
    }
}

/// A public document; null if it is missing or is not JSON, which fails every check.
fn document(replay: &Replay, object: &str) -> Value {
    let stored = replay.cloud.objects.read(API_BUCKET, object, None);
    stored.ok().and_then(|(_, body)| serde_json::from_slice(&body).ok()).unwrap_or_default()
}

/// Whether the rows of a game of BallDontLie's are in the snapshot of the other source.
pub(crate) fn is_elsewhere(snapshot: &Value, game: &Value) -> bool {
    let mut teams = ["home_team", "visitor_team"].map(|side| game[side]["abbreviation"].clone());
    teams.sort_by_key(ToString::to_string);
    list(snapshot, "elsewhere").contains(&Value::from(teams.to_vec()))
}

/// The list below `field`; empty if there is none.
pub(crate) fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// The lookups of a document's players, with their teams.
pub(crate) fn players<'a>(document: &'a Value) -> impl Iterator<Item = (&'a str, &'a str)> {
    let key = |player: &'a Value| (text(player, "player_lookup"), text(player, "team"));
    list(document, "games").iter().flat_map(|game| list(game, "players")).map(key)
}

/// Players that are in one document but missing from the one that a front end would join it with.
pub(crate) fn orphans(tonight: &Value, live: &Value, grading: &Value) -> Vec<String> {
    let (in_tonight, in_live): (Vec<_>, Vec<_>) = (players(tonight).collect(), players(live).collect());
    let mut orphans = Vec::new();
    for (known, unknown, of, not_in) in
        [(&in_live, &in_tonight, "live", "tonight"), (&in_tonight, &in_live, "tonight", "live")]
    {
        let missing = known.iter().filter(|player| !unknown.contains(player));
        orphans.extend(
            missing.map(|(lookup, team)| format!("{lookup} of {team} is in {of} and not in {not_in}")),
        );
    }
    for graded in list(grading, "predictions") {
        let player = (text(graded, "player_lookup"), text(graded, "team"));
        if !in_tonight.contains(&player) || !in_live.contains(&player) {
            orphans.push(format!("{} of {} is graded and nowhere else", player.0, player.1));
        }
    }
    orphans
}

/// Completions that are not successful, and triggers without a completion.
fn completions(replay: &Replay) -> Vec<String> {
    let completions = replay.cloud.topics.messages(COMPLETE_TOPIC);
    let triggers = replay.cloud.topics.messages(crate::pubsub::TRIGGER_TOPIC).len();
    let failed = completions.iter().filter_map(|message| {
        let completion: Value = serde_json::from_slice(&message.data).unwrap_or_default();
        (completion["status"] != "success").then(|| completion.to_string())
    });
    // A redelivered trigger may have a second completion.
    let untold =
        (completions.len() < triggers).then(|| format!("{} of {triggers} exports told", completions.len()));
    failed.chain(untold).collect()
}

fn differ(one: &Value, other: &Value) -> Vec<String> {
    if one == other && !one.is_null() { Vec::new() } else { vec!["they differ".into()] }
}

fn number(replay: &Replay, sql: &str) -> Result<u64, String> {
    let number = replay.cloud.warehouse.number(sql).map_err(|error| error.to_string())?;
    Ok(number.try_into().unwrap_or(0))
}

fn different(is: u64, expected: u64) -> Vec<String> {
    if is == expected { Vec::new() } else { vec![format!("{is}, expected {expected}")] }
}

fn none_of(count: u64, what: &str) -> Vec<String> {
    if count == 0 { Vec::new() } else { vec![format!("{count} {what}")] }
}
