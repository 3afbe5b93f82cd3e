//! The views over the history, on a replayed night: each answers its own question, and its content agrees
//! with the raw snapshots.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use local_cloud::{
    bigquery::views,
    cloud::RAW_BUCKET,
    functions::listen,
    night::Night,
    replay::{Pace, Replay, TICK},
};
use serde_json::Value;
use shared::sources::Source;

/// A player's points in one poll.
struct Polled {
    poll: String,
    period: i64,
    points: i64,
}

/// The polls of each game and player.
type ByPlayer = BTreeMap<(String, String), Vec<Polled>>;

/// The points of the night in the snapshots: per game and player, poll by poll.
fn snapshots(replay: &Replay) -> (Vec<Value>, ByPlayer) {
    let objects = &replay.cloud.objects;
    let read = |name: &str| objects.read(RAW_BUCKET, name, None).expect("a snapshot").1;
    let snapshots: Vec<Value> = objects
        .list(RAW_BUCKET, Source::BallDontLie.snapshots())
        .iter()
        .map(|object| serde_json::from_slice(&read(&object.name)).expect("JSON"))
        .collect();
    let mut polled = ByPlayer::new();
    for snapshot in &snapshots {
        for game in snapshot["liveBoxes"].as_array().expect("games") {
            for side in ["home_team", "visitor_team"] {
                for line in game[side]["players"].as_array().expect("players") {
                    let key = (game["id"].to_string(), line["player"]["id"].to_string());
                    polled.entry(key).or_default().push(Polled {
                        poll: snapshot["pollId"].as_str().expect("a poll").to_owned(),
                        period: game["period"].as_i64().expect("a period"),
                        points: line["pts"].as_i64().unwrap_or(0),
                    });
                }
            }
        }
    }
    (snapshots, polled)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_views_say_of_a_replayed_night_what_its_snapshots_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = listen(0).await.expect("a port");
    let night = Arc::new(Night::sample().expect("the sample night"));
    let pace = Pace { speed: 1e6, seed: 1, every: TICK };
    let replay = Replay::start(folder.path(), listener, 0, night, pace).await.expect("a replay");
    replay.run(|_| ()).await;
    let (snapshots, polled) = snapshots(&replay);
    let rows = |sql: &str| -> Vec<Vec<String>> {
        let rows = replay.cloud.warehouse.rows(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect()
    };

    // When did each player reach 20 points, and a line of 9.5?
    for line in [20.0, 9.5] {
        let said: BTreeSet<Vec<String>> = rows(&format!(
            "SELECT game_id, bdl_player_id, poll_id, period, points FROM nba_raw.time_to_line
             WHERE points_before < {line} AND points >= {line}"
        ))
        .into_iter()
        .collect();
        let reached: BTreeSet<Vec<String>> = polled
            .iter()
            .filter_map(|((game, player), polls)| {
                let first = polls.iter().find(|polled| polled.points as f64 >= line)?;
                let Polled { poll, period, points } = first;
                Some(vec![game.clone(), player.clone(), poll.clone(), period.to_string(), points.to_string()])
            })
            .collect();
        assert!(reached.len() >= 3, "{line}: {reached:?}");
        assert_eq!(said, reached, "{line}");
    }

    // The points of the intervals add up to those of the last poll, which is the latest row.
    let sums = rows(
        "SELECT game_id, bdl_player_id, SUM(points_in_interval) FROM nba_raw.player_points_timeline GROUP BY 1, 2",
    );
    let latest = rows("SELECT game_id, bdl_player_id, points FROM nba_raw.live_latest");
    let last: BTreeSet<Vec<String>> = polled
        .iter()
        .map(|((game, player), polls)| {
            vec![game.clone(), player.clone(), polls.last().expect("a poll").points.to_string()]
        })
        .collect();
    for said in [sums, latest] {
        assert_eq!(said.len(), last.len());
        assert_eq!(said.into_iter().collect::<BTreeSet<_>>(), last);
    }

    let halftime: BTreeSet<Vec<String>> =
        rows("SELECT game_id, home_score, away_score FROM nba_raw.halftime_scores").into_iter().collect();
    let games = snapshots.iter().flat_map(|snapshot| snapshot["liveBoxes"].as_array().expect("games"));
    let seen: BTreeSet<Vec<String>> = games
        .filter(|game| game["status"] == "Halftime")
        .map(|game| {
            ["id", "home_team_score", "visitor_team_score"].map(|field| game[field].to_string()).into()
        })
        .collect();
    assert_eq!(seen.len(), 3, "one score a game");
    assert_eq!(halftime, seen);

    // Each question is answered by its query as written.
    let day = replay.night.day;
    let mut asked = 0;
    for view in views() {
        let answer = rows(&view.question().replace("@game_date", &format!("'{day}'")));
        println!("{}: {:?}", view.name, answer.first());
        assert!(!answer.is_empty(), "{}", view.name);
        asked += 1;
    }
    assert_eq!(asked, 4);
    replay.cloud.stop.cancel();
}
