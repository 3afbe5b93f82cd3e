//! What an export needs besides the box scores, each behind a cache: the directory of players, the day's
//! predictions, the games that were called off, the number of dead letters.

use std::{collections::HashSet, sync::Arc, time::Duration};

use chrono::TimeDelta;
use shared::{
    Clock, Error,
    documents::PublicDocument,
    google::{bigquery::BigQuery, storage::Storage},
    nba::{SlateDay, TeamPair},
    service::dead_letter,
    slate::{Memory, people::Directory},
    sources::balldontlie::BallDontLie,
};

use crate::{
    live, names, poll,
    predicted::{self, Predicted},
    refreshing_cache::{Cached, Freshness},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The directory of a season's players.
pub(crate) struct CachedDirectory(pub BigQuery);

impl Cached for CachedDirectory {
    type Value = Directory;
    const NAME: &'static str = "player directory";
    /// The directory gains at most one player a day.
    const FRESHNESS: Freshness = Freshness {
        max_age: HOUR.saturating_mul(6),
        stale_while_revalidate: HOUR.saturating_mul(24),
        stale_if_error: Duration::MAX,
    };

    async fn load(&self, season_start: SlateDay) -> Result<Directory, Error> {
        names::directory(&self.0, season_start).await
    }
}

/// The predictions of a day.
pub(crate) struct CachedPredictions {
    pub bigquery: BigQuery,
    pub storage: Storage,
    pub api_bucket: String,
    pub scores: PublicDocument<live::Document>,
    pub clock: Clock,
}

impl Cached for CachedPredictions {
    type Value = Predicted;
    const NAME: &'static str = "predictions";
    /// Predictions change until tip-off; official box scores arrive in the morning. Beyond the last age
    /// nothing is graded, and the call reports it.
    const FRESHNESS: Freshness = Freshness {
        max_age: MINUTE.saturating_mul(5),
        stale_while_revalidate: MINUTE.saturating_mul(15),
        stale_if_error: MINUTE.saturating_mul(15),
    };

    /// Reads the predictions and completes them with what earlier reads found and this one did not.
    async fn load(&self, day: SlateDay) -> Result<Predicted, Error> {
        let memory = Memory {
            storage: &self.storage,
            bucket: &self.api_bucket,
            // Half of the interval between two reads.
            min_time_between_misses: TimeDelta::from_std(Self::FRESHNESS.max_age / 2).unwrap_or_default(),
        };
        let now = self.clock.now();
        let (rows, recalled) =
            tokio::try_join!(predicted::Rows::read(&self.bigquery, day), memory.recall(day))?;
        let mut predicted = Predicted::of(rows, day, now);
        predicted.slate = memory.carry(recalled, &predicted.slate, now, &self.begun(day)).await?;
        Ok(predicted)
    }

    fn is_complete(predicted: &Predicted) -> bool {
        predicted.is_whole()
    }

    /// The lines of a game are locked as they stand at its tip-off, not as they stood at a read before it.
    fn is_outdated(&self, day: SlateDay, predicted: &Predicted) -> bool {
        predicted.is_from_before_a_tip_off(self.clock.now(), &self.begun(day))
    }
}

impl CachedPredictions {
    /// The games of the day that have begun by the scores that this process knows.
    fn begun(&self, day: SlateDay) -> HashSet<TeamPair> {
        let scores = self.scores.remembered().and_then(|known| known.document());
        let games = scores.iter().filter(|scores| scores.game_date == day).flat_map(|scores| &scores.games);
        games.filter(|game| game.has_begun()).map(|game| game.pair()).collect()
    }
}

/// The games of a day that BallDontLie lists as postponed or cancelled, whether or not its box scores list them.
pub(crate) struct CachedCalledOff {
    /// `None` where BallDontLie is not asked: the NBA's feed lists these games itself.
    pub balldontlie: Option<BallDontLie>,
    pub clock: Clock,
}

impl Cached for CachedCalledOff {
    type Value = Vec<Arc<live::LiveGame>>;
    const NAME: &'static str = "postponed games";
    /// Asked only while a game that should have begun is missing in the box scores.
    const FRESHNESS: Freshness = Freshness {
        max_age: MINUTE.saturating_mul(10),
        stale_while_revalidate: HOUR,
        stale_if_error: HOUR.saturating_mul(24),
    };

    async fn load(&self, day: SlateDay) -> Result<Self::Value, Error> {
        let Some(balldontlie) = &self.balldontlie else { return Ok(Vec::new()) };
        let listed = balldontlie.games(&self.clock, day).await?;
        poll::called_off(day, &listed)
    }
}

/// The number of dead letters in the last day.
pub(crate) struct CachedDeadLetters {
    pub storage: Storage,
    pub raw_bucket: String,
    pub clock: Clock,
}

impl Cached for CachedDeadLetters {
    type Value = usize;
    const NAME: &'static str = "dead letters";
    /// The count may be old: it does not affect the scores, and an alert reports each dead letter at once.
    const FRESHNESS: Freshness =
        Freshness { max_age: MINUTE.saturating_mul(10), stale_while_revalidate: HOUR, stale_if_error: HOUR };

    async fn load(&self, _day: SlateDay) -> Result<usize, Error> {
        dead_letter::recent(&self.storage, &self.raw_bucket, self.clock.now()).await
    }
}
