//! The closing table of a replay, recounted from what is stored and not from what the functions said.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use serde_json::Value;
use shared::{dead_letter, nba::PlayerLookup, snapshot};

use crate::{
    cloud::{API_BUCKET, RAW_BUCKET},
    replay::Replay,
};

/// What came of a replay.
#[derive(Debug)]
pub struct Report {
    counts: Vec<(&'static str, u64)>,
    checks: Vec<Check>,
}

/// A claim about the outcome, and what speaks against it, if anything does.
#[derive(Debug)]
struct Check {
    claim: &'static str,
    against: Vec<String>,
}

impl Report {
    /// Counts and checks what a replay has left behind.
    pub fn of(replay: &Replay) -> Result<Self, String> {
        let recorded = Recorded::of(replay);
        let polls = Polls::of(replay)?;
        let live = documents(replay)?;
        let dead = replay.cloud.objects.list(RAW_BUCKET, dead_letter::PREFIX);
        let rows = number(replay, "SELECT COUNT(*) FROM nba_raw.bdl_live_boxscores")?;
        let counted = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = &replay.cloud.delivery.counts;
        let objects =
            [RAW_BUCKET, API_BUCKET].map(|bucket| replay.cloud.objects.list(bucket, "").len() as u64);
        let finals = live[0]["games_final"].as_u64().unwrap_or(0);
        let checks = vec![
            Check {
                claim: "every scheduled call succeeded",
                against: none_of(counted(&counts.failed_calls), "calls failed"),
            },
            Check {
                claim: "every event was delivered",
                against: none_of(counted(&counts.undelivered), "events were not taken"),
            },
            Check { claim: "no dead letter", against: dead.into_iter().map(|letter| letter.name).collect() },
            Check {
                claim: "rows = players in each poll, summed over polls",
                against: different(rows, polls.players),
            },
            Check {
                claim: "every player's last row is the recorded line",
                against: last_rows(replay, &recorded)?,
            },
            Check { claim: "every row is of the night's own date", against: other_dates(replay)? },
            Check {
                claim: "the public file has every game, final, as recorded",
                against: recorded.against(&live[0]),
            },
            Check { claim: "latest.json is the same", against: recorded.against(&live[1]) },
        ];
        Ok(Self {
            counts: vec![
                ("polls", polls.count),
                ("objects stored", objects.iter().sum()),
                ("events delivered", counted(&counts.events)),
                ("events redelivered", counted(&counts.redelivered)),
                ("rows stored", rows),
                ("games final", finals),
                ("errors", counted(&counts.failed_calls) + counted(&counts.undelivered)),
            ],
            checks,
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

/// The counters of a line that must come out: BallDontLie's name, the table's, the document's.
const COUNTERS: [(&str, &str, Option<&str>); 15] = [
    ("pts", "points", Some("points")),
    ("reb", "rebounds", Some("rebounds")),
    ("oreb", "offensive_rebounds", None),
    ("dreb", "defensive_rebounds", None),
    ("ast", "assists", Some("assists")),
    ("stl", "steals", Some("steals")),
    ("blk", "blocks", Some("blocks")),
    ("turnover", "turnovers", Some("turnovers")),
    ("pf", "personal_fouls", None),
    ("fgm", "field_goals_made", Some("fg_made")),
    ("fga", "field_goals_attempted", Some("fg_attempted")),
    ("fg3m", "three_pointers_made", Some("fg3_made")),
    ("fg3a", "three_pointers_attempted", Some("fg3_attempted")),
    ("ftm", "free_throws_made", Some("ft_made")),
    ("fta", "free_throws_attempted", Some("ft_attempted")),
];

/// What the night was recorded to end with.
struct Recorded {
    /// Game id → its home and visitors' score.
    games: BTreeMap<String, (u64, u64)>,
    /// Player id → lookup and line.
    lines: HashMap<i64, (String, Value)>,
}

impl Recorded {
    fn of(replay: &Replay) -> Self {
        let (mut games, mut lines) = (BTreeMap::new(), HashMap::new());
        for game in replay.night.recorded() {
            let score = |side: &str| game[format!("{side}_team_score")].as_u64().unwrap_or(0);
            games.insert(game["id"].to_string(), (score("home"), score("visitor")));
            for line in ["home_team", "visitor_team"]
                .iter()
                .flat_map(|side| game[side]["players"].as_array())
                .flatten()
            {
                let player = &line["player"];
                let name = ["first_name", "last_name"]
                    .map(|part| player[part].as_str().unwrap_or_default())
                    .join(" ");
                let lookup = PlayerLookup::of(&name).map(String::from).unwrap_or_default();
                lines.insert(player["id"].as_i64().unwrap_or(0), (lookup, line.clone()));
            }
        }
        Self { games, lines }
    }

    /// What in a live document differs from the recording.
    fn against(&self, document: &Value) -> Vec<String> {
        let mut against = Vec::new();
        let empty = Vec::new();
        let games = document["games"].as_array().unwrap_or(&empty);
        against.extend(different(games.len() as u64, self.games.len() as u64));
        let by_lookup: HashMap<&str, &Value> =
            self.lines.values().map(|(lookup, line)| (lookup.as_str(), line)).collect();
        let mut players = 0;
        for game in games {
            let id = game["game_id"].as_str().unwrap_or_default();
            let score = |field: &str| game[field].as_u64().unwrap_or(0);
            if game["status"] != "final"
                || self.games.get(id) != Some(&(score("home_score"), score("away_score")))
            {
                against.push(format!(
                    "game {id} is {} {}–{}",
                    game["status"],
                    score("home_score"),
                    score("away_score")
                ));
            }
            for player in game["players"].as_array().unwrap_or(&empty) {
                let lookup = player["player_lookup"].as_str().unwrap_or_default();
                let Some(line) = by_lookup.get(lookup) else {
                    against.push(format!("player {lookup:?} was not recorded"));
                    continue;
                };
                let differs = COUNTERS
                    .iter()
                    .filter_map(|(recorded, _, shown)| Some((recorded, (*shown)?)))
                    .find(|(recorded, shown)| line[recorded] != player[shown]);
                if let Some((recorded, shown)) = differs {
                    against
                        .push(format!("{lookup}: {shown} is {}, recorded {}", player[shown], line[recorded]));
                }
                players += 1;
            }
        }
        against.extend(different(players, self.lines.len() as u64));
        against
    }
}

/// The polls as the raw bucket has them.
struct Polls {
    count: u64,
    players: u64,
}

impl Polls {
    fn of(replay: &Replay) -> Result<Self, String> {
        let objects = &replay.cloud.objects;
        let snapshots = objects.list(RAW_BUCKET, snapshot::PREFIX);
        let mut players = 0;
        for object in &snapshots {
            let (_, body) =
                objects.read(RAW_BUCKET, &object.name, None).map_err(|error| error.to_string())?;
            let snapshot: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
            let of_game = |game: &Value| -> usize {
                let sides = ["home_team", "visitor_team"];
                sides.iter().filter_map(|side| game[side]["players"].as_array()).map(Vec::len).sum()
            };
            players +=
                snapshot["liveBoxes"].as_array().into_iter().flatten().map(of_game).sum::<usize>() as u64;
        }
        Ok(Self { count: snapshots.len() as u64, players })
    }
}

/// The public documents of the night: the day's and the latest.
fn documents(replay: &Replay) -> Result<[Value; 2], String> {
    let read = |object: &str| {
        let stored = replay.cloud.objects.read(API_BUCKET, object, None);
        let (_, body) = stored.map_err(|error| error.to_string())?;
        serde_json::from_slice(&body).map_err(|error| format!("{object}: {error}"))
    };
    Ok([read(&format!("v1/live/{}.json", replay.night.day))?, read("v1/live/latest.json")?])
}

fn last_rows(replay: &Replay, recorded: &Recorded) -> Result<Vec<String>, String> {
    let columns = COUNTERS.map(|(_, column, _)| column).join(", ");
    let sql = format!(
        "SELECT bdl_player_id, player_lookup, minutes, {columns} FROM (
           SELECT *, ROW_NUMBER() OVER (PARTITION BY bdl_player_id ORDER BY poll_timestamp DESC) AS newness
           FROM nba_raw.bdl_live_boxscores) AS row
         WHERE newness = 1"
    );
    let rows = replay.cloud.warehouse.rows(&sql).map_err(|error| error.to_string())?;
    let mut against: Vec<String> = different(rows.len() as u64, recorded.lines.len() as u64);
    for row in &rows {
        let cell = |index: usize| row.get(index).cloned().flatten().unwrap_or_default();
        let Some((lookup, line)) = cell(0).parse().ok().and_then(|id: i64| recorded.lines.get(&id)) else {
            against.push(format!("player {} was not recorded", cell(0)));
            continue;
        };
        let minutes = line["min"].as_str().unwrap_or_default();
        if *lookup != cell(1) || minutes != cell(2) {
            against.push(format!("{} {} minutes, recorded {lookup} {minutes}", cell(1), cell(2)));
        }
        for (index, (name, column, _)) in COUNTERS.iter().enumerate() {
            if line[name].as_i64() != cell(index + 3).parse().ok() {
                against.push(format!("{lookup}: {column} is {}, recorded {}", cell(index + 3), line[name]));
            }
        }
    }
    Ok(against)
}

fn other_dates(replay: &Replay) -> Result<Vec<String>, String> {
    let sql = "SELECT game_date, COUNT(*) FROM nba_raw.bdl_live_boxscores GROUP BY game_date";
    let dates = replay.cloud.warehouse.rows(sql).map_err(|error| error.to_string())?;
    let date = |row: &Vec<Option<String>>| row.first().cloned().flatten().unwrap_or_default();
    Ok(dates.iter().map(date).filter(|date| *date != replay.night.day.to_string()).collect())
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
