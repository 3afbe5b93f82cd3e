//! A whole night through the whole pipeline.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

use local_cloud::{
    cloud::API_BUCKET,
    functions::listen,
    night::Night,
    replay::{self, Pace, Replay},
    report::Report,
    seed::Correction,
};
use serde_json::{Value, json};
use shared::nba::{PlayerLookup, SlateDay};
use tests::{contract::Contract, recorded_data};
use tokio::runtime::{Builder, Runtime};

/// The clock waits for the functions, so the replay runs as fast as they do.
const PACE: Pace = Pace { speed: 1e6, seed: 1, every: replay::TICK };

/// A replayed night, and every published version of every document.
struct Played {
    replay: Replay,
    /// Those of the night itself.
    versions: Vec<(String, Value)>,
    /// What the official box scores of the morning after correct.
    correction: Correction,
    /// The grading after they have arrived.
    morning: Value,
}

async fn play(night: Night, folder: &Path) -> Played {
    let listener = listen(0).await.expect("a port");
    let replay = Replay::start(folder, listener, 0, Arc::new(night), PACE).await.expect("a replay");
    let versions = Arc::new(Mutex::new(Vec::new()));
    let seen = versions.clone();
    replay.cloud.objects.on_finalized(move |news| {
        if news.object.bucket == API_BUCKET {
            let document: Value = serde_json::from_slice(&news.content()).expect("a document");
            seen.lock().expect("the versions").push((news.object.name.clone(), document));
        }
    });
    let mut ticks = 0;
    replay.run(|_| ticks += 1).await;
    let report = Report::of(&replay).expect("a report");
    println!("{report}");
    assert!(report.holds(), "{report}");
    assert_eq!(ticks, replay::ticks(&replay.night, PACE.every).count());
    let versions = std::mem::take(&mut *versions.lock().expect("the versions"));
    let correction = replay.morning_after().await.expect("the morning after");
    let unsettled = replay.unsettled(&correction);
    assert!(unsettled.is_empty(), "{unsettled:?}");
    let grading = format!("v1/live-grading/{}.json", replay.night.day);
    let (_, body) = replay.cloud.objects.read(API_BUCKET, &grading, None).expect("the grading");
    let morning = serde_json::from_slice(&body).expect("a document");
    let played = Played { replay, versions, correction, morning };
    let day = played.replay.night.day;
    for document in ["live", "live-grading", "live-timeline"] {
        let [dated, latest] =
            [day.to_string(), "latest".to_owned()].map(|name| format!("v1/{document}/{name}.json"));
        let [dated, latest] = [&dated, &latest].map(|object| played.versions_of(object).collect::<Vec<_>>());
        assert_eq!(dated, latest);
        assert_eq!(dated.len(), ticks, "one version of {document} a poll");
        for pair in dated.windows(2) {
            assert!(pair[0]["poll_id"].as_str() < pair[1]["poll_id"].as_str(), "{document}: never backwards");
        }
    }
    let contract = Contract::published();
    for (object, document) in played.versions.iter().filter(|(object, _)| object.starts_with("v1/")) {
        contract.check(Contract::of_object(object), document);
    }
    played.check_timeline(day);
    // The status reports no problems in a night without faults, except for the list, which lacks one team's
    // analysis.
    for status in played.versions_of("v1/status.json") {
        for service in ["live_data", "grading", "predictions"] {
            assert_eq!(status["services"][service]["status"], "healthy", "{service}: {status}");
        }
        assert!(list(status, "known_issues").iter().all(|issue| issue["severity"] != "error"), "{status}");
    }
    played
}

impl Played {
    /// Every player's timeline ends with the recorded points, and never loses a point.
    fn check_timeline(&self, day: SlateDay) {
        let recorded = self.recorded_points();
        let key = |player: &Value| {
            let text = |field: &str| player[field].as_str().expect("a text").to_owned();
            (text("player_lookup"), text("team"))
        };
        let timeline = format!("v1/live-timeline/{day}.json");
        let players = list(self.document(&timeline), "players");
        let boxed = players.iter().filter(|player| recorded.contains_key(&key(player)));
        for player in boxed.clone() {
            let end = list(player, "points").last().map(|point| &point[1]);
            assert_eq!(end, recorded.get(&key(player)), "{player}");
        }
        // It contains every player with a prediction or a line, nearly all of whom are in a box score.
        let tonight = self.document("v1/tonight/all-players.json");
        let expected = list(tonight, "games").iter().flat_map(|game| list(game, "players"));
        let expected: BTreeSet<_> = expected.filter(|player| player["has_line"] == true).map(key).collect();
        let timed: BTreeSet<_> = players.iter().map(key).collect();
        assert!(expected.is_subset(&timed), "{:?}", expected.difference(&timed));
        let graded = list(self.document(&format!("v1/live-grading/{day}.json")), "predictions");
        assert!(graded.iter().map(key).all(|player| timed.contains(&player)));
        assert!(boxed.count() * 10 > players.len() * 9, "{} players", players.len());

        let mut before: HashMap<_, Vec<Value>> = HashMap::new();
        for version in self.versions_of(&timeline) {
            for player in list(version, "players") {
                let points = list(player, "points").to_vec();
                assert_eq!(points.len(), list(player, "polls").len());
                let known = before.insert(key(player), points.clone()).unwrap_or_default();
                assert!(points.starts_with(&known), "{player} had {known:?}");
            }
        }
    }

    /// Every player's points in the recording, by lookup and team.
    fn recorded_points(&self) -> HashMap<(String, String), Value> {
        let mut points = HashMap::new();
        for team in self.replay.night.recorded().flat_map(|game| [&game["home_team"], &game["visitor_team"]])
        {
            for line in list(team, "players") {
                let name = |part: &str| line["player"][part].as_str().expect("a name").to_owned();
                let name = format!("{} {}", name("first_name"), name("last_name"));
                let lookup = PlayerLookup::of(&name).expect("a lookup").to_string();
                let team = team["abbreviation"].as_str().expect("a team").to_owned();
                points.insert((lookup, team), line["pts"].clone());
            }
        }
        points
    }

    fn versions_of<'a>(&'a self, object: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        let object = object.to_owned();
        self.versions.iter().filter(move |(name, _)| *name == object).map(|(_, document)| document)
    }

    fn document(&self, object: &str) -> &Value {
        self.versions_of(object).last().expect("a document")
    }
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().expect("a list")
}

fn players(document: &Value) -> impl Iterator<Item = &Value> {
    list(document, "games").iter().flat_map(|game| list(game, "players"))
}

fn lookups<'a>(players: impl IntoIterator<Item = &'a Value>) -> BTreeSet<&'a str> {
    players.into_iter().map(|player| player["player_lookup"].as_str().expect("a lookup")).collect()
}

/// The real night, replayed once for all its tests; the runtime keeps serving it.
static REAL_NIGHT: LazyLock<Option<(Runtime, Played)>> = LazyLock::new(|| {
    let file = recorded_data()?.join("bdl_box_scores_2026-01-09.json");
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let played = runtime.block_on(play(Night::from_file(&file).expect("the night"), folder.path()));
    Some((runtime, played))
});

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_night_ends_as_it_was_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let played = play(Night::sample().expect("the sample night"), folder.path()).await;
    let live: Vec<&Value> = played.versions_of("v1/live/latest.json").collect();
    for pair in live.windows(2) {
        for counter in ["total_games", "games_final"] {
            let [before, after] = [pair[0], pair[1]].map(|version| version[counter].as_u64());
            assert!(before <= after, "{counter} shrank at {}", pair[1]["poll_id"]);
        }
    }
}

#[test]
fn the_real_night_ends_as_it_was_recorded() {
    let Some((_, Played { replay, .. })) = &*REAL_NIGHT else { return };
    let rows = |sql: &str| replay.cloud.warehouse.rows(sql).expect("rows");
    let count = |sql: &str| replay.cloud.warehouse.number(sql).expect("a number");
    assert_eq!(count("SELECT COUNT(DISTINCT bdl_player_id) FROM nba_raw.bdl_live_boxscores"), 347);
    assert_eq!(count("SELECT COUNT(DISTINCT game_date) FROM nba_raw.bdl_live_boxscores"), 1);
    let on_the_tenth =
        "SELECT COUNT(DISTINCT poll_id) FROM nba_raw.bdl_live_boxscores WHERE poll_id >= '20260110'";
    let in_all = "SELECT COUNT(DISTINCT poll_id) FROM nba_raw.bdl_live_boxscores";
    assert!(2 * count(on_the_tenth) > count(in_all), "most polls are on the 10th in UTC");
    let accented = "SELECT DISTINCT player_full_name, player_lookup FROM nba_raw.bdl_live_boxscores
                    WHERE player_lookup IN ('nolantraore', 'hugogonzalez', 'chrismanon') ORDER BY 2";
    let names: Vec<String> = rows(accented).into_iter().map(|row| row[0].clone().expect("a name")).collect();
    assert_eq!(names, ["Chris Mañon", "Hugo González", "Nolan Traoré"]);
}

#[test]
fn the_real_night_s_scores_name_every_player_once_and_every_game_by_both_ids() {
    let Some((_, played)) = &*REAL_NIGHT else { return };
    let document = played.document("v1/live/2026-01-09.json");
    assert_eq!((&document["games_final"], players(document).count()), (&10.into(), 347));
    for lookup in ["nolantraore", "hugogonzalez", "chrismanon"] {
        assert_eq!(
            players(document).filter(|player| player["player_lookup"] == lookup).count(),
            1,
            "{lookup}"
        );
    }
    assert!(list(document, "games").iter().all(|game| game["nba_game_id"].is_string()));
}

#[test]
fn tonight_live_and_grading_of_the_real_night_join_without_an_orphan() {
    let Some((_, played)) = &*REAL_NIGHT else { return };
    let in_tonight = lookups(players(played.document("v1/tonight/all-players.json")));
    let in_live = lookups(players(played.document("v1/live/latest.json")));
    let in_grading = lookups(list(played.document("v1/live-grading/latest.json"), "predictions"));
    assert_eq!((in_tonight.len(), in_live.len()), (347, 347));
    assert!(in_grading.len() > 100, "{}", in_grading.len());
    let orphans: Vec<_> =
        in_tonight.symmetric_difference(&in_live).chain(in_grading.difference(&in_tonight)).collect();
    assert_eq!(orphans.len(), 0, "{orphans:?}");
}

#[test]
fn the_real_night_s_tonight_has_two_whole_teams_a_game_and_a_position_for_everyone() {
    let Some((_, played)) = &*REAL_NIGHT else { return };
    let tonight = played.document("v1/tonight/all-players.json");
    assert_eq!(list(tonight, "games").len(), 10);
    for game in list(tonight, "games") {
        for side in ["home_team", "away_team"] {
            let of_team = list(game, "players").iter().filter(|player| player["team"] == game[side]);
            assert!(of_team.count() >= 8, "{} of {}", game[side], game["game_id"]);
        }
    }
    assert!(players(tonight).all(|player| player["position"].as_str().is_some_and(|it| !it.is_empty())));
    assert_eq!(lookups(players(tonight)).len(), players(tonight).count(), "each player once");
}

/// Points never fall in this night, so a clinched result stays and no prediction changes from correct to
/// wrong.
#[test]
fn f72_every_version_of_the_real_night_s_grading_is_of_the_poll_of_its_scores() {
    let Some((_, played)) = &*REAL_NIGHT else { return };
    let live = played.versions_of("v1/live/latest.json");
    let grading = played.versions_of("v1/live-grading/latest.json");
    let mut clinched = BTreeSet::new();
    for (live, grading) in live.zip(grading) {
        assert_eq!(live["poll_id"], grading["poll_id"]);
        let points: HashMap<_, _> =
            players(live).map(|player| (&player["player_lookup"], &player["points"])).collect();
        for graded in list(grading, "predictions") {
            let lookup = &graded["player_lookup"];
            if !graded["actual"].is_null() {
                assert_eq!(points.get(lookup), Some(&&graded["actual"]), "{lookup} at {}", live["poll_id"]);
            }
            let is_clinched = graded["clinched"] == true;
            assert!(
                is_clinched || !clinched.contains(&lookup.to_string()),
                "{lookup} at {}",
                live["poll_id"]
            );
            if is_clinched {
                clinched.insert(lookup.to_string());
            }
        }
    }
    assert!(clinched.len() > 100, "{}", clinched.len());
}

/// Every later version of the list and the grading has the line of the first version after its lock.
#[test]
fn every_line_of_the_real_night_stays_as_it_was_locked_at_tip_off() {
    let Some((_, played)) = &*REAL_NIGHT else { return };
    let mut locked: BTreeMap<(&str, &str), &Value> = BTreeMap::new();
    for grading in played.versions_of("v1/live-grading/latest.json") {
        for line in list(grading, "lines").iter().filter(|line| line["locked"] == true) {
            let key = ["player_lookup", "stat_type"].map(|field| line[field].as_str().expect("a text"));
            assert_eq!(*locked.entry(key.into()).or_insert(&line["line"]), &line["line"], "{key:?}");
        }
    }
    let tonight = played.document("v1/tonight/all-players.json");
    let with_line = players(tonight).filter(|player| player["has_line"] == true).count();
    let of_points = locked.keys().filter(|(_, stat)| *stat == "points").count();
    assert_eq!((of_points, with_line), (171, 171));
    assert!(locked.len() > 400, "{} lines of all statistics", locked.len());
}

#[test]
fn the_real_night_is_provisional_at_its_end_and_official_with_one_correction_in_the_morning() {
    let Some((_, played)) = &*REAL_NIGHT else { return };
    let counts = |document: &Value, field: &str| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for line in list(document, "lines").iter().filter(|line| line["stat_type"] == "points") {
            *counts.entry(line[field].as_str().expect("a word").to_owned()).or_default() += 1;
        }
        counts
    };
    let at_the_end = played.document("v1/live-grading/latest.json");
    assert_eq!(counts(at_the_end, "settled"), BTreeMap::from([("provisional".to_owned(), 171)]));
    assert_eq!(counts(&played.morning, "settled"), BTreeMap::from([("official".to_owned(), 171)]));
    assert!(!counts(&played.morning, "outcome").contains_key("open"));
    let corrections = list(&played.morning, "corrections");
    let said = corrections.iter().map(|it| (&it["player_lookup"], &it["stat_type"], &it["from"], &it["to"]));
    let Correction { player_lookup, from, to } = &played.correction;
    let planted = (&json!(player_lookup), &json!("points"), &json!(from), &json!(to));
    assert!(said.eq([planted]), "{corrections:?}");
    assert_eq!(to - from, -1, "one free throw");
}

#[test]
fn f70_every_recorded_name_has_a_lookup_of_its_own_letters() {
    let Some(data) = recorded_data() else { return };
    let read = |file: &str| -> Value {
        serde_json::from_slice(&std::fs::read(data.join(file)).expect("a file")).expect("JSON")
    };
    let mut names = Vec::new();
    let full = |player: &Value| {
        format!("{} {}", player["first_name"].as_str().unwrap(), player["last_name"].as_str().unwrap())
    };
    for game in read("bdl_box_scores_2026-01-09.json")["data"].as_array().expect("games") {
        for side in ["home_team", "visitor_team"] {
            names.extend(
                game[side]["players"].as_array().expect("players").iter().map(|line| full(&line["player"])),
            );
        }
    }
    names.extend(read("bdl_active_players_page1.json")["data"].as_array().expect("players").iter().map(full));
    for row in read("nba_player_index_2025-26.json")["resultSets"][0]["rowSet"].as_array().expect("rows") {
        names.push(format!(
            "{} {}",
            row[2].as_str().unwrap_or_default(),
            row[1].as_str().unwrap_or_default()
        ));
    }
    assert!(names.len() > 500, "{}", names.len());
    for name in names {
        let lookup = PlayerLookup::of(&name).expect("a lookup");
        let letters = name.chars().filter(|c| c.is_alphanumeric()).count();
        assert_eq!(lookup.as_str().len(), letters, "{name} became {lookup}: no letter is lost");
        assert!(lookup.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{lookup}");
    }
}
