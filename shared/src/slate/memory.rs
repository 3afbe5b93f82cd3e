//! The memory of a day's slate: `slate/{date}.json` in the bucket of the documents, which is internal and not part of the
//! contract. Both exports share it. Without it a new instance would take a table that is being replaced for a day without
//! games.

use std::collections::HashSet;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Game, Slate, Unplaced, carried::Carrying};
use crate::{
    Error,
    error::Detail,
    google::storage::{Storage, Upload, WRITE_ATTEMPTS, Written},
    gzip, json,
    nba::{SlateDay, TeamPair},
};

/// Approximate JSON size of a player, to allocate the body once.
const BYTES_A_PLAYER: usize = 420;

/// Access to the memory of a day's slate.
#[derive(Clone, Copy, Debug)]
pub struct Memory<'a> {
    /// The client of the memory's bucket.
    pub storage: &'a Storage,
    /// The bucket of the memory: that of the documents.
    pub bucket: &'a str,
    /// The least time between two reads that both miss something before it is removed: half of the caller's
    /// interval between reads.
    pub min_time_between_misses: TimeDelta,
}

/// The remembered state of a slate.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Remembered {
    pub games: Vec<Game>,
    pub unplaced: Vec<Unplaced>,
}

/// The memory of a day at its last read.
#[derive(Debug)]
pub struct Recalled {
    day: SlateDay,
    generation: i64,
    remembered: Remembered,
}

impl Memory<'_> {
    /// Reads the memory of `day`.
    pub async fn recall(&self, day: SlateDay) -> Result<Recalled, Error> {
        let object = object(day);
        let stored = self.storage.read_public(self.bucket, &object).await?;
        let generation = stored.as_ref().map_or(0, |stored| stored.current.generation);
        let remembered =
            stored.map(|stored| remembered(&object, &stored.content(&object))).unwrap_or_default();
        Ok(Recalled { day, generation, remembered })
    }

    /// Adds to the slate that was read at `now` what it lacks of the remembered one, and stores the result.
    /// The games in `begun` have begun whatever the schedule says.
    pub async fn carry(
        &self,
        mut recalled: Recalled,
        slate: &Slate,
        now: DateTime<Utc>,
        begun: &HashSet<TeamPair>,
    ) -> Result<Slate, Error> {
        let object = object(recalled.day);
        for _ in 0..WRITE_ATTEMPTS {
            let Recalled { day, generation, remembered } = recalled;
            let mut carried = slate.clone();
            // In the morning a day whose schedule is still empty had no games left.
            let lacks_schedule = carried.games.is_empty() && SlateDay::of(now) <= day;
            let lacks_predictions = carried.predictions() == 0;
            let min_time_between_misses = self.min_time_between_misses;
            Carrying { now, min_time_between_misses, begun, lacks_schedule, lacks_predictions }
                .carry(&mut carried, &remembered);
            if (&carried.games, &carried.unplaced) == (&remembered.games, &remembered.unplaced) {
                return Ok(carried);
            }
            let body = gzip::compressed(&json(&carried)?).map_err(|error| {
                Error::internal(Detail::of(format!("{object} could not be compressed"), error))
            })?;
            let upload = Upload::public(self.bucket, &object, body, "no-store", now);
            if let Written::Yes(_) = self.storage.write_over(upload, generation).await? {
                return Ok(carried);
            }
            recalled = self.recall(day).await?;
        }
        Err(Error::transient(
            "Cloud Storage",
            format!("a concurrent writer changed {object} before each of {WRITE_ATTEMPTS} writes"),
        ))
    }
}

/// What is remembered of a slate, as JSON.
fn json(slate: &Slate) -> Result<Bytes, Error> {
    #[derive(Serialize)]
    struct Borrowed<'a> {
        games: &'a [Game],
        unplaced: &'a [Unplaced],
    }
    let players: usize = slate.games.iter().map(|game| game.players.len()).sum();
    let remembered = Borrowed { games: &slate.games, unplaced: &slate.unplaced };
    json::body("the remembered slate", &remembered, 1024 + players * BYTES_A_PLAYER)
}

fn object(day: SlateDay) -> String {
    format!("slate/{day}.json")
}

fn remembered(object: &str, body: &[u8]) -> Remembered {
    serde_json::from_slice(body).unwrap_or_else(|error| {
        tracing::error!(object, %error, "the remembered slate cannot be read; it is rebuilt from the tables");
        Remembered::default()
    })
}
