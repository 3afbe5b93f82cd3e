//! The pure parts of the functions, without a network: their inputs, at the size of the night or a multiple
//! of it, and each part by name.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use export_live::{
    grading, live,
    names::{self, Names},
    poll::Poll,
    predicted::{self, Predicted},
    timeline,
};
use export_tonight::{document as tonight, night, settlement::Settlement};
use local_cloud::cloud::LocalCloud;
use process_live_boxscores::row;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use shared::{
    documents::{Document as _, snapshot::Snapshot},
    env::Environment,
    google::{GoogleCloud, bigquery::BigQuery},
    gzip,
    nba::{PlayerLookup, PollId, SlateDay},
    slate::people::{self, Directory},
    sources::{MAX_GAMES, Polled, Source, balldontlie::Page},
};

use crate::Result;

/// How often a player has scored by the third quarter, at the resolution of the polls.
const POINT_CHANGES: u32 = 8;

/// The inputs of the parts at one size of night.
#[derive(Debug)]
pub struct Parts {
    /// The number of players in the box scores.
    pub players: usize,
    /// The number of graded predictions.
    pub predictions: usize,
    /// The size of the upstream answers in bytes.
    pub payload_bytes: usize,
    day: SlateDay,
    at: DateTime<Utc>,
    /// A poll has at most [`MAX_GAMES`] games, so a hundred nights are split into two polls.
    payloads: Vec<String>,
    snapshots: Vec<String>,
    names: Names,
    /// The data of each poll.
    polled: Vec<live::Document>,
    /// The data of all polls together.
    live: live::Document,
    predicted: Arc<Predicted>,
    rows: night::Rows,
    tonight: tonight::Document,
    graded: grading::Document,
    /// The state in the middle of a game.
    timeline: timeline::Document,
}

/// The inputs of the parts at one size of night, in a form that can be passed to another process.
#[derive(Debug, Serialize, Deserialize)]
pub struct Inputs {
    /// The number of players in the box scores.
    pub players: usize,
    day: SlateDay,
    at: DateTime<Utc>,
    payloads: Vec<String>,
    snapshots: Vec<String>,
    directory: Vec<Named>,
    predicted: predicted::Rows,
    rows: night::Rows,
}

/// A player of the directory: BallDontLie's id, lookup and name.
type Named = (i64, String, String);

/// A recorded night, and the warehouse's rows about it.
#[derive(Clone, Debug)]
pub struct Night {
    day: SlateDay,
    games: Vec<Value>,
    directory: Directory,
    predicted: Value,
    tonight: Value,
}

impl Night {
    /// Reads from `cloud` what the functions read, and gives every player of the night a prediction.
    pub async fn read(cloud: &LocalCloud, day: SlateDay, games: Vec<Value>) -> Result<Self> {
        let variables = local_cloud::functions::variables(cloud, "operator", &cloud.url);
        let environment = Environment::from_iter(variables);
        let bigquery = BigQuery::new(&GoogleCloud::read(&environment)?);
        let mut predicted = serde_json::to_value(predicted::Rows::read(&bigquery, day).await?)?;
        predict_everyone(&mut predicted["slate"])?;
        let mut tonight = serde_json::to_value(night::Rows::read(&bigquery, day, Utc::now()).await?)?;
        tonight["slate"] = predicted["slate"].clone();
        Ok(Self {
            day,
            games,
            directory: names::directory(&bigquery, day.season_start()).await?,
            predicted,
            tonight,
        })
    }

    /// The inputs for `times` such nights merged into one, each with its own games, teams and players.
    pub fn times(&self, times: usize) -> Result<Inputs> {
        let (day, at) = (self.day, Utc::now());
        let mut copier = Copier::default();
        let mut copies = |value: &Value| -> Result<Value> {
            let copies = (0..times).map(|copy| copier.copy(value, copy));
            copies.reduce(|all, copy| Ok(joined(all?, copy?))).ok_or("a night cannot be copied zero times")?
        };
        let games: Vec<Value> = typed(copies(&Value::from(self.games.clone()))?)?;
        let (predicted, rows) = (typed(copies(&self.predicted)?)?, typed(copies(&self.tonight)?)?);
        let directory = self.names(&mut copier, times)?;
        let polls: Vec<&[Value]> = games.chunks(MAX_GAMES).collect();
        let payload = |games: &&[Value]| json!({"data": games}).to_string();
        let snapshot = |games: &&[Value]| {
            let poll = PollId::at(at);
            json!({"timestamp": at, "pollId": poll, "gameCount": games.len(), "liveBoxes": games}).to_string()
        };
        let of_team = |team: &Value| team["players"].as_array().map_or(0, Vec::len);
        Ok(Inputs {
            players: games.iter().map(|it| of_team(&it["home_team"]) + of_team(&it["visitor_team"])).sum(),
            day,
            at,
            payloads: polls.iter().map(payload).collect(),
            snapshots: polls.iter().map(snapshot).collect(),
            directory,
            predicted,
            rows,
        })
    }
}

impl Night {
    fn names(&self, copier: &mut Copier, times: usize) -> Result<Vec<Named>> {
        let mut directory = Vec::new();
        for copy in 0..times {
            for (id, player) in &self.directory {
                let lookup = copier.text(player.lookup.as_str(), copy);
                directory.push((copier.number(*id, copy)?, lookup, copier.text(&player.name, copy)));
            }
        }
        Ok(directory)
    }
}

impl Parts {
    /// The parts of a night, ready to run.
    pub fn of(inputs: Inputs) -> Result<Self> {
        let Inputs { players, day, at, payloads, snapshots, directory, predicted, rows } = inputs;
        let player =
            |(id, lookup, name): Named| Ok((id, people::Named { lookup: PlayerLookup::of(&lookup)?, name }));
        let directory: Directory = directory.into_iter().map(player).collect::<Result<_>>()?;
        let predicted = Arc::new(Predicted::of(predicted, day, at));
        let live = live::Document::new(day, PollId::at(at), at, Vec::new());
        let mut parts = Self {
            players,
            predictions: 0,
            payload_bytes: payloads.iter().map(String::len).sum(),
            day,
            at,
            snapshots,
            payloads,
            names: Names { directory: directory.into(), predicted: Some(predicted.clone()) },
            polled: Vec::new(),
            graded: grading::Document::of(&live, &predicted, &[]),
            timeline: timeline::Document::of(&live, &predicted, &[], None, &HashMap::new()),
            live,
            predicted,
            tonight: tonight::Document::of(&night::Night::of(
                rows.clone(),
                day,
                at,
                (Vec::new(), Settlement::default()),
            )),
            rows,
        };
        parts.polled = parts.payload_to_live()?;
        let games = parts.polled.iter().flat_map(|document| document.games.iter().cloned()).collect();
        parts.live = live::Document::new(day, PollId::at(at), at, games);
        parts.graded = parts.grade();
        parts.predictions = parts.graded.predictions.len();
        for player in &mut parts.timeline.players {
            for change in 0..POINT_CHANGES {
                player.points.push(timeline::Point(change * 240, change * 2));
                player
                    .polls
                    .push(PollId::at(at - TimeDelta::minutes(i64::from(3 * (POINT_CHANGES - change)))));
            }
        }
        Ok(parts)
    }

    /// The stored snapshot → the lines of the load job.
    pub fn snapshot_to_rows(&self) -> Result<Vec<Bytes>> {
        let rows = |body: &String| -> Result<Bytes> {
            let snapshot: Snapshot<'_> = serde_json::from_str(body)?;
            let (games, _) = Source::BallDontLie.read_games(snapshot.live_boxes.iter().copied());
            let poll = row::Poll {
                timestamp: snapshot.timestamp,
                id: snapshot.poll_id,
                source_file_path: "gs://bucket/snapshot.json",
                processed_at: self.at,
            };
            Ok(row::json_lines(poll, &games)?.0)
        };
        self.snapshots.iter().map(rows).collect()
    }

    /// The live export: the upstream answer → the document, based on the previous public one.
    pub fn payload_to_live(&self) -> Result<Vec<live::Document>> {
        let documents = self.payloads.iter().enumerate().map(|(index, body)| {
            let page: Page = serde_json::from_slice(body.as_bytes())?;
            let polled = Polled { source: Source::BallDontLie, at: self.at, games: page.data, left_out: 0 };
            let poll = Poll::of(self.day, true, &polled)?;
            let public = self.polled.get(index).map(|document| document.games.as_slice());
            Ok(poll.build_document(public, self.at, &self.names))
        });
        documents.collect()
    }

    /// The live grading of every player.
    pub fn grade(&self) -> grading::Document {
        grading::Document::of(&self.live, &self.predicted, &[])
    }

    /// The timeline of every player, based on the previous one.
    pub fn time(&self) -> timeline::Document {
        timeline::Document::of(&self.live, &self.predicted, &[], Some(&self.timeline), &HashMap::new())
    }

    /// The inputs of tonight's document, copied for each run.
    pub fn rows(&self) -> night::Rows {
        self.rows.clone()
    }

    /// Tonight: the rows of the queries → the document.
    pub fn rows_to_tonight(&self, rows: night::Rows) -> tonight::Document {
        tonight::Document::of(&night::Night::of(rows, self.day, self.at, (Vec::new(), Settlement::default())))
    }

    /// The bodies of the live document, its grading and its timeline.
    pub fn serialise_live(&self) -> Result<[Bytes; 3]> {
        Ok([self.live.json()?, self.graded.json()?, self.timeline.json()?])
    }

    /// The bodies of the four documents, compressed as they are stored.
    pub fn compress(bodies: &[Bytes]) -> Result<Vec<Bytes>> {
        Ok(bodies.iter().map(|body| gzip::compressed(body)).collect::<std::io::Result<_>>()?)
    }

    /// The body of tonight's document.
    pub fn serialise_tonight(&self) -> Result<Bytes> {
        Ok(self.tonight.json()?)
    }
}

/// Gives every expected player a prediction that was made in time: the existing ones in turn.
fn predict_everyone(slate: &mut Value) -> Result<()> {
    let list = |slate: &Value, name: &str| {
        slate[name].as_array().cloned().ok_or_else(|| format!("the slate has no {name}"))
    };
    let (expected, mut predictions) = (list(slate, "expected")?, list(slate, "predictions")?);
    let known: HashSet<String> =
        predictions.iter().filter_map(|row| Some(row["player_lookup"].as_str()?.to_owned())).collect();
    let models = predictions.clone();
    let missing = expected
        .iter()
        .filter(|row| row["player_lookup"].as_str().is_some_and(|lookup| !known.contains(lookup)));
    for (player, model) in missing.zip(models.iter().cycle()) {
        let mut row = model.clone();
        for field in ["player_lookup", "universal_player_id"] {
            row[field] = player[field].clone();
        }
        predictions.push(row);
    }
    // The night is moved to now, and at some hours of the day begins before its predictions were made.
    let made_at = (Utc::now() - TimeDelta::hours(12)).timestamp_micros();
    for row in &mut predictions {
        (row["created_at"], row["updated_at"]) = (made_at.into(), Value::Null);
    }
    slate["predictions"] = predictions.into();
    Ok(())
}

/// Copies rows and box scores to other games, teams and players. Copy 0 is the original.
#[derive(Default)]
struct Copier {
    /// The index of each team, in order of appearance.
    teams: HashMap<String, usize>,
}

impl Copier {
    fn copy(&mut self, value: &Value, copy: usize) -> Result<Value> {
        Ok(match value {
            Value::Array(items) => {
                items.iter().map(|item| self.copy(item, copy)).collect::<Result<Vec<_>>>()?.into()
            }
            Value::Object(fields) => {
                let fields =
                    fields.iter().map(|(name, value)| Ok((name.clone(), self.field(name, value, copy)?)));
                fields.collect::<Result<Map<_, _>>>()?.into()
            }
            other => other.clone(),
        })
    }

    fn field(&mut self, name: &str, value: &Value, copy: usize) -> Result<Value> {
        Ok(match (name, value) {
            ("id" | "bp_player_id", Value::Number(id)) => {
                self.number(id.as_i64().ok_or("an id is not an integer")?, copy)?.into()
            }
            ("game_id", Value::String(id)) => self.game(id, copy)?.into(),
            ("abbreviation" | "team" | "player_team" | "current_team", Value::String(team)) => {
                self.team(team, copy).into()
            }
            (_, Value::String(team)) if name.contains("team_abbr") || name.contains("tricode") => {
                self.team(team, copy).into()
            }
            (
                "last_name" | "player_lookup" | "player_name" | "player_full_name" | "universal_player_id",
                Value::String(text),
            ) => self.text(text, copy).into(),
            (_, value) => self.copy(value, copy)?,
        })
    }

    fn number(&self, number: i64, copy: usize) -> Result<i64> {
        Ok(number + i64::try_from(copy)? * 100_000_000_000)
    }

    fn text(&self, text: &str, copy: usize) -> String {
        if copy == 0 { text.to_owned() } else { format!("{text}{}", letters(copy)) }
    }

    /// The code of a copied team, of four letters.
    fn team(&mut self, team: &str, copy: usize) -> String {
        let next = self.teams.len();
        let place = *self.teams.entry(team.to_owned()).or_insert(next);
        if copy == 0 { team.to_owned() } else { format!("Z{}", letters(copy * 64 + place)).to_uppercase() }
    }

    fn game(&mut self, id: &str, copy: usize) -> Result<String> {
        Ok(match id.split('_').collect::<Vec<_>>().as_slice() {
            [day, away, home] => format!("{day}_{}_{}", self.team(away, copy), self.team(home, copy)),
            // The games of a night differ in the last two digits.
            _ => format!("{:010}", id.parse::<usize>()? + copy * 100),
        })
    }
}

/// A number in three letters.
fn letters(number: usize) -> String {
    [676, 26, 1]
        .map(|place| char::from(b'a' + u8::try_from(number / place % 26).unwrap_or_default()))
        .iter()
        .collect()
}

/// Merges two values: lists at the same place are concatenated.
fn joined(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Array(mut one), Value::Array(other)) => {
            one.extend(other);
            one.into()
        }
        (Value::Object(one), Value::Object(mut other)) => one
            .into_iter()
            .map(|(name, value)| {
                let also = other.remove(&name).unwrap_or_default();
                (name, joined(value, also))
            })
            .collect::<Map<_, _>>()
            .into(),
        (one, _) => one,
    }
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}
