//! Every published version of a public document, compared with the previous one.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::{
    cloud::API_BUCKET,
    drift::JUMPED_TO,
    report::{list, players, text},
    storage::{Finalized, Object, Objects},
};

/// The number of polls whose points are remembered until both scores and grading have been written.
const POLLS: usize = 40;
/// The steps of the replayed night are longer; within one, upstream's answers do not change.
const STEP: TimeDelta = TimeDelta::seconds(60);
/// The number of versions of a document that are remembered, to find the one that a later version follows.
const OVERTAKING: usize = 16;
/// The number of findings for which the versions are kept; what is lost once is mostly missing in later versions too.
const KEPT: usize = 5;

/// The last versions of a document.
#[derive(Debug, Default)]
struct Recent {
    /// The newest one, parsed: nearly always the one that the next is compared with.
    newest: Arc<Value>,
    /// All of them, oldest first.
    versions: VecDeque<Version>,
}

/// A version, kept as it is stored: parsed, fifty storms of them would not fit into memory.
#[derive(Debug)]
struct Version {
    news: Finalized,
    stamp: String,
}

impl Recent {
    /// The newest version for which `test` holds.
    fn find(&self, test: impl Fn(&Object) -> bool) -> Option<Arc<Value>> {
        let place = self.versions.iter().rposition(|version| test(&version.news.object))?;
        if place + 1 == self.versions.len() {
            return Some(self.newest.clone());
        }
        serde_json::from_slice(&self.versions[place].news.content()).ok().map(Arc::new)
    }

    fn push(&mut self, news: &Finalized, document: Arc<Value>) {
        self.versions.push_back(Version { news: news.clone(), stamp: stamp(&document).to_owned() });
        self.newest = document;
        if self.versions.len() > OVERTAKING {
            self.versions.pop_front();
        }
    }
}

/// The public state so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    /// Where the versions before a finding are kept, if anywhere.
    folder: Option<PathBuf>,
    count: u64,
    /// The last versions of each document.
    recent: HashMap<String, Recent>,
    /// The last version of all, as stored and parsed: a dated object and its copy have one content.
    last: (Bytes, Arc<Value>),
    /// What the last version lacks of the one before it; their copies need not be compared again.
    last_lost: Option<([Arc<Value>; 2], Option<String>)>,
    /// By version: each player's points in the scores and in the grading.
    points: BTreeMap<String, [HashMap<String, u64>; 2]>,
    compared: u64,
    backwards: Vec<String>,
    /// By version: the players whose points in scores and grading differed when the later of the two was
    /// written. Both are rewritten if another instance was faster, so that the last version of a poll
    /// counts.
    at_odds: BTreeMap<String, (String, u64)>,
    /// The maximum of each player's points in any version of the scores.
    most: HashMap<String, u64>,
    /// The lines in any version of the grading.
    lines: BTreeSet<String>,
}

impl Versions {
    /// Checks every version that is published in `objects` from now on, and keeps those before a finding of something
    /// lost in `folder`.
    pub fn watch(objects: &Objects, folder: &Path) -> Self {
        let seen = Seen { folder: Some(folder.to_owned()), ..Seen::default() };
        let versions = Self(Arc::new(Mutex::new(seen)));
        let seen = versions.clone();
        objects.on_finalized(move |news| {
            if news.object.bucket == API_BUCKET && news.object.name.starts_with("v1/") {
                seen.seen().see(news);
            }
        });
        versions
    }

    /// The number of versions.
    pub fn count(&self) -> u64 {
        self.seen().count
    }

    /// The versions that were unparsable, emptier or older than the previous one.
    pub fn backwards(&self) -> Vec<String> {
        self.seen().backwards.clone()
    }

    /// The number of comparisons between scores and grading of one poll, and the differences.
    pub fn at_odds(&self) -> (u64, Vec<String>) {
        let seen = self.seen();
        // An instance that was overtaken between its two writes, and whose upstream answer lacked players
        // or had jumped, may have graded a poll by points that differ from the scores, but never by points
        // that no player had.
        let is_invented = |(_, (player, points)): &(&String, &(String, u64))| {
            seen.most.get(player).is_none_or(|most| points > most)
        };
        let invented = seen.at_odds.iter().filter(is_invented);
        let said = invented
            .map(|(poll, (player, points))| format!("poll {poll}: {player} is graded by {points} points"));
        (seen.compared, said.collect())
    }

    /// The number of lines that were ever public.
    pub fn lines(&self) -> usize {
        self.seen().lines.len()
    }

    /// The differences between the lines of the `grading`, of `tonight`'s list and those that were ever public.
    pub fn lines_at_odds(&self, grading: &Value, tonight: &Value) -> Vec<String> {
        lines_at_odds(grading, tonight, &self.seen().lines)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn see(&mut self, news: &Finalized) {
        self.count += 1;
        let object = &news.object;
        let name = object.name.as_str();
        let is_copy = !news.stored.is_empty() && news.stored == self.last.0;
        let document = if is_copy {
            self.last.1.clone()
        } else {
            match serde_json::from_slice(&news.content()) {
                Ok(document) => Arc::new(document),
                Err(error) => return self.backwards.push(format!("{name}: {error}")),
            }
        };
        self.last = (news.stored.clone(), document.clone());
        let recent = self.recent.entry(name.to_owned()).or_default();
        if let Some(before) = recent.versions.back()
            && (version(object) < version(&before.news.object) || stamp(&document) < before.stamp.as_str())
        {
            self.backwards.push(format!("{name}: {} after {}", stamp(&document), before.stamp));
        }
        // Upstream may answer two simultaneous polls in reverse order. A poll of a later step of the night
        // than the one in which a version was written is answered later than the poll behind that version.
        let is_followed = |before: &Object| version(object) >= Some(before.time_created + STEP);
        let known = recent.find(is_followed);
        let lost = known.and_then(|known| self.lost(known, &document));
        if lost.is_some()
            && self.backwards.len() < KEPT
            && let Err(error) = self.keep(name, &news.content())
        {
            tracing::warn!(%error, "the versions before a finding could not be kept");
        }
        self.backwards.extend(lost.map(|lost| format!("{name} of {}: {lost}", stamp(&document))));
        if !is_copy && !text(&document, "poll_id").is_empty() {
            self.compare(object, &document);
        }
        self.recent.entry(name.to_owned()).or_default().push(news, document);
    }

    /// What `document` lacks of `known`.
    fn lost(&mut self, known: Arc<Value>, document: &Arc<Value>) -> Option<String> {
        match &self.last_lost {
            Some(([one, other], lost)) if Arc::ptr_eq(one, &known) && Arc::ptr_eq(other, document) => {
                lost.clone()
            }
            _ => {
                let lost = lost(&known, document);
                self.last_lost = Some(([known, document.clone()], lost.clone()));
                lost
            }
        }
    }

    /// Keeps the last versions of every document beside `body`, the one in which something is lost.
    fn keep(&self, name: &str, body: &Bytes) -> std::io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let folder = folder.join(format!("finding-{}", self.backwards.len() + 1));
        for (name, recent) in &self.recent {
            let folder = folder.join(name);
            std::fs::create_dir_all(&folder)?;
            for Version { news: Finalized { object, stored }, stamp } in &recent.versions {
                let written = format!(
                    "{}-{}-of-{stamp}.json.gz",
                    object.time_created.format("%H%M%S"),
                    object.generation
                );
                std::fs::write(folder.join(written), stored)?;
            }
        }
        std::fs::write(folder.join(name).join("found.json"), body)
    }

    /// Checks that scores and grading of one poll have the same points.
    fn compare(&mut self, object: &Object, document: &Value) {
        let is_grading = document["predictions"].is_array();
        self.lines.extend(list(document, "lines").iter().map(line_key));
        let points: HashMap<String, u64> = if is_grading {
            let known = |graded: &Value| Some((key(graded), graded["actual"].as_u64()?));
            list(document, "predictions").iter().filter_map(known).collect()
        } else {
            let lines = list(document, "games").iter().flat_map(|game| list(game, "players"));
            lines.map(|line| (key(line), line["points"].as_u64().unwrap_or(0))).collect()
        };
        if !is_grading {
            for (player, points) in &points {
                let most = self.most.entry(player.clone()).or_default();
                *most = (*most).max(*points);
            }
        }
        let poll = object.metadata.get("version").cloned().unwrap_or_default();
        let both = self.points.entry(poll.clone()).or_default();
        both[usize::from(is_grading)] = points;
        let [scores, graded] = both;
        if !scores.is_empty() && !graded.is_empty() {
            self.compared += 1;
            let differ = graded
                .iter()
                .find(|(player, points)| scores.get(*player).is_some_and(|scored| scored != *points));
            match differ {
                Some((player, points)) => drop(self.at_odds.insert(poll, (player.clone(), *points))),
                None => drop(self.at_odds.remove(&poll)),
            }
        }
        while self.points.len() > POLLS {
            self.points.pop_first();
        }
    }
}

fn version(object: &Object) -> Option<DateTime<Utc>> {
    object.metadata.get("version")?.parse().ok()
}

fn line_key(line: &Value) -> String {
    format!("{} ({})", key(line), text(line, "stat_type"))
}

fn key(player: &Value) -> String {
    format!("{} {}", text(player, "player_lookup"), text(player, "team"))
}

/// Identifies a player of the scores by BallDontLie's id: while BigQuery is unreadable, a newly started
/// instance knows neither the registry's spelling nor, if upstream has swapped the sides, the team.
fn person(line: &Value) -> String {
    line["bdl_player_id"].as_i64().map_or_else(|| key(line), |id| id.to_string())
}

/// The poll or moment of a document.
fn stamp(document: &Value) -> &str {
    let poll = text(document, "poll_id");
    if poll.is_empty() { text(document, "generated_at") } else { poll }
}

/// The content of `known` that `document` lacks. The replayed night only grows, so that no public content
/// may shrink.
fn lost(known: &Value, document: &Value) -> Option<String> {
    if document["predictions"].is_array() {
        lost_of_grading(known, document)
    } else if document["poll_id"].is_string() {
        lost_of_scores(known, document)
    } else {
        let count = |document: &Value| (list(document, "games").len(), players(document).count());
        let fewer = (count(document) < count(known))
            .then(|| format!("{:?} after {:?}", count(document), count(known)));
        fewer.or_else(|| lost_of_lines(&props(known), &props(document)))
    }
}

/// The lines of tonight's list.
fn props(document: &Value) -> HashMap<String, &Value> {
    let of_player = |player| {
        let named = move |prop| (format!("{} ({})", key(player), text(prop, "stat_type")), prop);
        list(player, "props").iter().map(named)
    };
    list(document, "games").iter().flat_map(|game| list(game, "players")).flat_map(of_player).collect()
}

/// The two teams of a game in either order: its id changes when BallDontLie lists it.
fn teams(game: &Value) -> [&str; 2] {
    let mut teams = ["home_team", "away_team"].map(|side| text(game, side));
    teams.sort_unstable();
    teams
}

fn lost_of_scores(known: &Value, document: &Value) -> Option<String> {
    let games: HashMap<_, _> = list(document, "games").iter().map(|game| (teams(game), game)).collect();
    list(known, "games").iter().find_map(|before| {
        let id = text(before, "game_id");
        let Some(now) = games.get(&teams(before)) else { return Some(format!("game {id} is gone")) };
        let rank = |game: &Value| match text(game, "status") {
            "final" => 2,
            "in_progress" => 1,
            _ => 0,
        };
        // A jump that upstream has made is reverted when it is recognised.
        let has_jumped = before["period"] == JUMPED_TO;
        let period = |game: &Value| game["period"].as_i64().filter(|_| !has_jumped);
        if (rank(now), period(now)) < (rank(before), period(before)) {
            let state = |game: &Value| {
                format!("{} {} {}", text(game, "status"), text(game, "time_remaining"), text(game, "source"))
            };
            return Some(format!("game {id} has gone back from {} to {}", state(before), state(now)));
        }
        // A player of the NBA's feed gets BallDontLie's id once that lists him.
        let names = |line: &Value| {
            let nba = line["nba_player_id"].as_i64().map(|id| format!("nba {id}"));
            [Some(person(line)), Some(key(line)), nba].into_iter().flatten().collect::<Vec<_>>()
        };
        let points: HashMap<String, u64> = list(now, "players")
            .iter()
            .flat_map(|line| names(line).into_iter().map(|name| (name, line["points"].as_u64().unwrap_or(0))))
            .collect();
        // Whoever is listed before tip-off has not played and may leave the list.
        let mut seen = list(before, "players").iter().filter(|_| rank(before) > 0);
        seen.find_map(|line| match names(line).iter().find_map(|name| points.get(name)) {
            None => Some(format!("{} is gone", key(line))),
            Some(points) if *points < line["points"].as_u64().unwrap_or(0) => {
                Some(format!("{} has lost points: {points} after {}", key(line), line["points"]))
            }
            Some(_) => None,
        })
    })
}

fn lost_of_grading(known: &Value, document: &Value) -> Option<String> {
    let lines = |document| list(document, "lines").iter().map(|line| (line_key(line), line)).collect();
    lost_of_predictions(known, document).or_else(|| lost_of_lines(&lines(known), &lines(document)))
}

/// A line that was public stays, as it stood at tip-off, and what is settled is not open again.
fn lost_of_lines(known: &HashMap<String, &Value>, lines: &HashMap<String, &Value>) -> Option<String> {
    known.iter().find_map(|(key, before)| {
        let is_open = |line: &Value| text(line, "outcome") == "open";
        let Some(now) = lines.get(key) else {
            return Some(format!("the line of {key} is gone"));
        };
        if before["locked"] == true && now["line"] != before["line"] {
            let (from, to) = (&before["line"], &now["line"]);
            return Some(format!("the line of {key} was locked at {from} and is {to}"));
        }
        (!is_open(before) && is_open(now)).then(|| format!("the line of {key} is open again"))
    })
}

fn lines_at_odds(grading: &Value, tonight: &Value, ever: &BTreeSet<String>) -> Vec<String> {
    let graded: HashMap<String, &Value> =
        list(grading, "lines").iter().map(|line| (line_key(line), line)).collect();
    let listed = props(tonight);
    let gone = ever.iter().filter(|key| !graded.contains_key(*key));
    let gone = gone.map(|key| format!("the line of {key} was public and is not graded"));
    let shown = ["line", "locked", "outcome", "settled"];
    let differing = listed.iter().filter_map(|(key, prop)| {
        let Some(line) = graded.get(key) else { return Some(format!("the line of {key} is not graded")) };
        let differs = shown.iter().find(|field| prop[**field] != line[**field])?;
        Some(format!("{differs} of {key} is {} in the list and {} graded", prop[*differs], line[*differs]))
    });
    gone.chain(differing).collect()
}

fn lost_of_predictions(known: &Value, document: &Value) -> Option<String> {
    let of_points = |it: &&Value| text(it, "stat_type") == "points";
    let corrected: Vec<String> = list(document, "corrections").iter().filter(of_points).map(key).collect();
    let graded: HashMap<String, &Value> =
        list(document, "predictions").iter().map(|graded| (key(graded), graded)).collect();
    list(known, "predictions").iter().find_map(|before| {
        let decided = ["correct", "incorrect", "push", "void"].contains(&text(before, "status"));
        let of_poll = text(known, "poll_id");
        match graded.get(&key(before)) {
            None => Some(format!("{} is gone", key(before))),
            Some(now)
                if decided && now["status"] != before["status"] && !corrected.contains(&key(before)) =>
            {
                Some(format!("{} was {} in {of_poll} and is {}", key(before), grade(before), grade(now)))
            }
            Some(_) => None,
        }
    })
}

/// A grade and what it follows from, for a finding.
fn grade(graded: &Value) -> String {
    let [status, side, game] = ["status", "recommendation", "game_status"].map(|field| text(graded, field));
    let [void, detail] = ["void_reason", "void_detail"].map(|field| text(graded, field));
    format!("{status} {void} {detail} ({side} {}, {} points, {game})", graded["line"], graded["actual"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The scores of minute `minute` with a player's points, in their published form.
    fn scores(minute: u32, status: &str, points: Option<u64>) -> (String, Value) {
        let line = |points| json!({"player_lookup": "p", "team": "BOS", "points": points});
        let players: Vec<_> = points.into_iter().map(line).collect();
        let game = json!({"game_id": "1", "status": status, "period": 3, "players": players});
        let poll = format!("20260110T00{minute:02}00Z");
        (format!("2026-01-10T00:{minute:02}:00Z"), json!({"poll_id": poll, "games": [game]}))
    }

    fn grading(minute: u32, status: &str, points: u64) -> (String, Value) {
        let graded = json!({"player_lookup": "p", "team": "BOS", "status": status, "actual": points});
        let poll = format!("20260110T00{minute:02}00Z");
        (format!("2026-01-10T00:{minute:02}:00Z"), json!({"poll_id": poll, "predictions": [graded]}))
    }

    fn publish(seen: &mut Seen, name: &str, version: &str, body: &[u8]) {
        publish_at(seen, name, version, version, body);
    }

    /// Publishes a poll's version that is written later than the poll is made.
    fn publish_at(seen: &mut Seen, name: &str, version: &str, created: &str, body: &[u8]) {
        let object: Object = serde_json::from_value(json!({
            "kind": "", "id": "", "bucket": API_BUCKET, "name": name, "generation": "1", "metageneration": "1",
            "size": "1", "contentType": "", "metadata": {"version": version}, "crc32c": "", "etag": "",
            "storageClass": "", "timeCreated": created, "updated": created,
        }))
        .expect("an object");
        seen.see(&Finalized { object, stored: Bytes::copy_from_slice(body) });
    }

    /// The findings of a check of these versions of one document.
    fn against(versions: &[(String, Value)]) -> Vec<String> {
        let mut seen = Seen::default();
        for (version, document) in versions {
            publish(&mut seen, "latest.json", version, document.to_string().as_bytes());
        }
        seen.backwards
    }

    #[test]
    fn a_document_that_only_grows_is_fine() {
        let versions =
            [scores(0, "scheduled", None), scores(3, "in_progress", Some(4)), scores(6, "final", Some(9))];
        assert_eq!(against(&versions), Vec::<String>::new());
        assert_eq!(against(&[grading(0, "pending", 0), grading(3, "correct", 20)]), Vec::<String>::new());
    }

    #[test]
    fn whatever_shrinks_or_goes_back_is_found() {
        let on = |minute, points| scores(minute, "in_progress", points);
        for (versions, said) in [
            ([on(3, Some(4)), on(0, Some(4))], "20260110T000000Z after 20260110T000300Z"),
            ([on(0, Some(4)), on(3, Some(2))], "has lost points"),
            ([on(0, Some(4)), on(3, None)], "p BOS is gone"),
            ([scores(0, "final", Some(4)), on(3, Some(4))], "game 1 has gone back"),
            (
                [on(0, None), (on(3, None).0, json!({"poll_id": "20260110T000300Z", "games": []}))],
                "game 1 is gone",
            ),
            ([grading(0, "correct", 20), grading(3, "incorrect", 20)], "p BOS was correct"),
            (
                [
                    grading(0, "correct", 20),
                    (on(3, None).0, json!({"poll_id": "20260110T000300Z", "predictions": []})),
                ],
                "p BOS is gone",
            ),
        ] {
            let found = against(&versions);
            assert!(found.iter().any(|found| found.contains(said)), "{said}: {found:?}");
        }
        let mut seen = Seen::default();
        publish(&mut seen, "latest.json", "2026-01-10T00:00:00Z", b"<html>");
        assert_eq!(seen.backwards.len(), 1, "unparsable");
    }

    #[test]
    fn a_poll_made_before_the_last_version_was_written_may_be_of_an_earlier_moment() {
        let mut seen = Seen::default();
        let mut written = |at: &str, (version, document): (String, Value)| {
            publish_at(&mut seen, "latest.json", &version, at, document.to_string().as_bytes());
            seen.backwards.len()
        };
        assert_eq!(written("2026-01-10T00:00:00Z", scores(0, "in_progress", Some(4))), 0);
        // Its poll was answered at minute 8.
        assert_eq!(written("2026-01-10T00:09:00Z", scores(3, "in_progress", Some(8))), 0);
        assert_eq!(written("2026-01-10T00:09:00Z", scores(6, "in_progress", Some(6))), 0);
        assert_eq!(written("2026-01-10T00:09:00Z", scores(7, "in_progress", Some(3))), 1);
        assert_eq!(written("2026-01-10T00:12:00Z", scores(12, "in_progress", Some(2))), 2);
    }

    #[test]
    fn a_line_that_is_gone_moves_after_its_lock_or_is_open_again_is_found() {
        let version = |minute: u32, lines: Value| {
            let poll = format!("20260110T00{minute:02}00Z");
            let document = json!({"poll_id": poll, "predictions": [], "lines": lines});
            (format!("2026-01-10T00:{minute:02}:00Z"), document)
        };
        let line = |line: f64, locked: bool, outcome: &str| json!([{"player_lookup": "p", "team": "BOS", "line": line, "locked": locked, "outcome": outcome}]);
        for (before, now, said) in [
            (line(9.5, false, "open"), json!([]), "is gone"),
            (line(9.5, true, "open"), line(10.5, true, "open"), "was locked at 9.5 and is 10.5"),
            (line(9.5, true, "over"), line(9.5, true, "open"), "is open again"),
        ] {
            let found = against(&[version(0, before), version(3, now)]);
            assert!(found.iter().any(|found| found.contains(said)), "{said}: {found:?}");
        }
        let moved = [version(0, line(9.5, false, "open")), version(3, line(10.5, true, "open"))];
        assert_eq!(against(&moved), Vec::<String>::new());
    }

    #[test]
    fn lines_that_differ_between_the_documents_or_are_no_longer_graded_are_found() {
        let line = |line: f64| json!({"stat_type": "points", "line": line, "locked": true, "outcome": "over", "settled": "official"});
        let grading = |value: f64| {
            let mut line = line(value);
            line["player_lookup"] = "p".into();
            line["team"] = "BOS".into();
            json!({"lines": [line]})
        };
        let tonight =
            json!({"games": [{"players": [{"player_lookup": "p", "team": "BOS", "props": [line(9.5)]}]}]});
        let ever = |key: &str| BTreeSet::from([key.to_owned()]);
        assert_eq!(lines_at_odds(&grading(9.5), &tonight, &ever("p BOS (points)")), Vec::<String>::new());
        assert_eq!(
            lines_at_odds(&grading(8.5), &tonight, &ever("q BOS (points)")),
            [
                "the line of q BOS (points) was public and is not graded",
                "line of p BOS (points) is 9.5 in the list and 8.5 graded"
            ]
        );
    }

    #[test]
    fn scores_and_grading_of_one_poll_with_other_points_are_found() {
        let mut seen = Seen::default();
        for (name, (version, document)) in [
            ("live", scores(0, "in_progress", Some(4))),
            ("grading", grading(0, "pending", 4)),
            ("grading", grading(3, "pending", 8)),
            ("live", scores(3, "in_progress", Some(6))),
        ] {
            publish(&mut seen, name, &version, document.to_string().as_bytes());
        }
        assert_eq!(seen.compared, 2);
        let versions = Versions(Arc::new(Mutex::new(seen)));
        assert_eq!(versions.at_odds().1.len(), 1, "8 points that nobody had");
    }
}
