//! A whole night through the whole pipeline.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use local_cloud::{
    cloud::API_BUCKET,
    functions::listen,
    night::Night,
    replay::{self, Pace, Replay},
    report::Report,
};
use serde_json::Value;
use shared::nba::PlayerLookup;
use tests::recorded_data;

/// As fast as the functions are; the clock waits for them.
const PACE: Pace = Pace { speed: 1e6, seed: 1 };

async fn replay(night: Night, folder: &Path) -> Replay {
    let listener = listen(0).await.expect("a port");
    let replay = Replay::start(folder, listener, 0, Arc::new(night), PACE).await.expect("a replay");
    // Every version that becomes public is looked at, not only the last.
    let versions = Arc::new(Mutex::new(Vec::new()));
    let seen = versions.clone();
    replay.cloud.objects.on_finalized(move |news| {
        if news.object.bucket == API_BUCKET && news.object.name.starts_with("v1/live/2") {
            let document: Value = serde_json::from_slice(&news.body).expect("a document");
            seen.lock().expect("the versions").push(document);
        }
    });
    let mut ticks = 0;
    replay.run(|_| ticks += 1).await;
    let report = Report::of(&replay).expect("a report");
    println!("{report}");
    assert!(report.holds(), "{report}");
    assert_eq!(ticks, replay::ticks(&replay.night).count());
    let versions = versions.lock().expect("the versions");
    assert_eq!(versions.len(), ticks, "one version a poll");
    for pair in versions.windows(2) {
        assert!(pair[0]["poll_id"].as_str() < pair[1]["poll_id"].as_str(), "never backwards");
        for counter in ["total_games", "games_final"] {
            assert!(
                pair[0][counter].as_u64() <= pair[1][counter].as_u64(),
                "{counter} shrank at {}",
                pair[1]["poll_id"]
            );
        }
    }
    drop(versions);
    replay
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_night_ends_as_it_was_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    replay(Night::sample().expect("the sample night"), folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_night_ends_as_it_was_recorded() {
    let Some(data) = recorded_data() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let night = Night::from_file(&data.join("bdl_box_scores_2026-01-09.json")).expect("the night");
    let replay = replay(night, folder.path()).await;
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
    let (_, body) =
        replay.cloud.objects.read(API_BUCKET, "v1/live/2026-01-09.json", None).expect("the document");
    let document: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(document["games_final"], 10);
    let players: Vec<&Value> = document["games"]
        .as_array()
        .expect("games")
        .iter()
        .flat_map(|game| game["players"].as_array().expect("players"))
        .collect();
    assert_eq!(players.len(), 347);
    for lookup in ["nolantraore", "hugogonzalez", "chrismanon"] {
        assert_eq!(players.iter().filter(|player| player["player_lookup"] == lookup).count(), 1, "{lookup}");
    }
    assert!(document["games"].as_array().expect("games").iter().all(|game| game["nba_game_id"].is_string()));
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
