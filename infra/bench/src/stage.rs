//! The measured night, and a local cloud for it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use local_cloud::{
    clock::ReplayClock, cloud::LocalCloud, functions::listen, latency::Latency, limits::Limit, night::Night,
    seed,
};
use serde_json::json;
use shared::nba::SlateDay;
use tempfile::TempDir;

use crate::{Result, parts};

/// The night and the moment at which everything is measured: when most games are in progress.
pub struct Stage {
    night: Arc<Night>,
    /// When most games are in progress.
    pub moment: DateTime<Utc>,
}

impl Stage {
    /// `night`, moved to today and so that the measured moment is now: the functions use the machine's clock, and at
    /// another hour they would look for games that should have begun or ended.
    pub fn new(night: Night) -> Result<Self> {
        let now = Utc::now();
        let night = night.moved_to(SlateDay::of(now))?;
        let ticks = std::iter::successors(Some(night.begins()), |at| Some(*at + TimeDelta::minutes(3)));
        let moment = ticks.take_while(|at| *at < night.ends()).max_by_key(|at| night.games_on(*at));
        let moment = moment.ok_or("the night has no duration")?;
        Ok(Self { moment: now, night: Arc::new(night.delayed(now - moment)?) })
    }

    /// The slate day.
    pub fn day(&self) -> SlateDay {
        self.night.day
    }

    /// A local cloud at that moment, with a filled warehouse.
    pub async fn cloud(&self, latency: Latency) -> Result<(LocalCloud, TempDir)> {
        let folder = tempfile::tempdir()?;
        let clock = ReplayClock::new(self.moment, 1.0);
        let cloud = LocalCloud::start(folder.path(), listen(0).await?, self.night.clone(), clock).await?;
        seed::warehouse(&cloud.warehouse, &self.night, 1).map_err(|error| error.to_string())?;
        cloud.latencies.set(latency);
        cloud.limits.set(Limit::for_measuring());
        Ok((cloud, folder))
    }

    /// The night as input of the pure parts.
    pub async fn for_parts(&self) -> Result<parts::Night> {
        let (cloud, _folder) = self.cloud(Latency::default()).await?;
        let games = self.night.recorded().cloned().collect();
        parts::Night::read(&cloud, self.night.day, games).await
    }

    /// A poll of that moment, as the scraper stores it.
    pub fn snapshot(&self, at: DateTime<Utc>) -> String {
        let games = self.night.live(self.moment);
        json!({
            "timestamp": at.to_rfc3339(), "pollId": at.format("%Y%m%dT%H%M%SZ").to_string(),
            "gameCount": games.len(), "liveBoxes": games,
        })
        .to_string()
    }
}
