//! When BallDontLie is gone, late, frozen or short of players, the NBA's feed stands in; and each checks the other.

mod comparison;
mod ends;
mod failover;
mod identity;
mod inactive;
mod nba_cdn;
mod outages;
mod past_days;
mod snapshots;

use local_cloud::{cloud::RAW_BUCKET, limits::Limit};
use serde_json::{Value, json};
use shared::env::Environment;
use std::time::Duration;
use tests::{
    Cloud, Feed, Function, HandClock, Reply, Stub,
    drift::{
        BEFORE, FINAL, FOURTH, GRADING, LIVE, PREDICTIONS, SCHEDULE, STATUS, THIRD, TIMELINE, boston, box_of,
        fields, full, instant_of, line, los_angeles, only, player,
    },
    feed::{of_the_nba, with_inactive},
    warehouse::{DAY, GAME, predicted, scheduled},
};

const BOTH: &str = "balldontlie,nba_cdn";

const IN_PROGRESS: &str = "nba-com/live-boxscores/2026-01-09/";

/// A night with two sources.
struct Night {
    cloud: Cloud,
    clock: HandClock,
    balldontlie: Stub,
    feed: Feed,
    exporter: Function,
}

impl Night {
    async fn of(predictions: &[Value]) -> Self {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        predictions.iter().for_each(|row| cloud.add(PREDICTIONS, row.clone()));
        let limit = Limit { object_write_interval: Duration::ZERO, ..Limit::default() };
        cloud.services.limits.set(limit);
        let clock = HandClock::at("2026-01-10T00:00:00Z");
        let (balldontlie, feed) = (Stub::answering([]).await, Feed::of([]).await);
        let exporter = cloud.exporter_of(BOTH, &balldontlie, &feed, &clock).await;
        Self { cloud, clock, balldontlie, feed, exporter }
    }

    /// The first game of the public scores after an export at `time`. Polls at a second that is not a multiple of 300
    /// compare nothing.
    async fn poll(&self, time: &str, balldontlie: Reply) -> Value {
        self.clock.set(&instant_of(time));
        self.balldontlie.answer([balldontlie]);
        let answer = self.exporter.post("").await;
        assert_eq!(answer.status, 200, "{time}: {answer:?}");
        self.cloud.document(LIVE).await["games"][0].clone()
    }

    /// Exports the scores alone.
    async fn scores(&self, time: &str, balldontlie: Reply) {
        self.clock.set(&instant_of(time));
        self.balldontlie.answer([balldontlie]);
        let answer = self.exporter.post(json!({"include_grading": false}).to_string()).await;
        assert_eq!(answer.status, 200, "{time}: {answer:?}");
    }

    async fn status(&self) -> Value {
        self.cloud.document(STATUS).await
    }

    async fn source(&self, name: &str) -> Value {
        let status = self.status().await;
        let sources = status["sources"].as_array().expect("sources").clone();
        sources.into_iter().find(|source| source["source"] == name).expect("a source")
    }

    /// The messages of the known issues.
    async fn issues(&self) -> Vec<String> {
        let status = self.status().await;
        let issues = status["known_issues"].as_array().expect("issues").iter();
        issues.map(|issue| issue["message"].as_str().expect("a message").to_owned()).collect()
    }
}

fn game(state: tests::drift::State<'_>, points: i64) -> Value {
    full(boston(state, points))
}

fn of_feed(state: tests::drift::State<'_>, points: i64) -> Value {
    of_the_nba(&game(state, points), GAME)
}

fn refused() -> Reply {
    Reply::text(401, "Unauthorized")
}

/// What identifies a game and a player.
fn ids(game: &Value, lookup: &str) -> Value {
    let players = game["players"].as_array().expect("players").iter();
    let player = players.clone().find(|player| player["player_lookup"] == lookup).expect("a player");
    json!([game["game_id"], game["nba_game_id"], player["bdl_player_id"], player["team"], player["name"]])
}
