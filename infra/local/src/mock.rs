//! The public documents at six moments of a night, as files: mock data for a front end.

use std::{fs, io, path::Path, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use shared::{Error, error::Detail, nba::SlateDay};

use crate::{
    cloud::API_BUCKET,
    functions::listen,
    night::Night,
    replay::{self, Pace, Replay, TICK},
};

/// The moments, in chronological order.
pub const MOMENTS: [&str; 6] =
    ["morning", "before-tip-off", "second-quarter", "after-midnight", "morning-after", "official"];

/// From the slate day's midnight, UTC, to 10 AM Eastern in winter.
const MORNING: TimeDelta = TimeDelta::hours(15);
/// From 10 AM to midnight, Eastern.
const MIDNIGHT: TimeDelta = TimeDelta::hours(29);

/// The fields of the live scores that are read.
#[derive(Deserialize)]
struct Live {
    games: Vec<LiveGame>,
}

#[derive(Deserialize)]
struct LiveGame {
    status: String,
    period: i64,
    time_remaining: String,
}

/// Writes `{moment}/v1/…` below `folder` for each moment, and `v1/…` for the moment `chosen`. The same
/// night and seed produce the same bytes.
pub async fn write(night: Night, seed: u64, data: &Path, folder: &Path, chosen: &str) -> Result<(), Error> {
    if !MOMENTS.contains(&chosen) {
        return Err(Error::configuration(format!("--moment {chosen:?}, expected one of {MOMENTS:?}")));
    }
    let midnight_utc = |day: SlateDay| day.date().and_time(chrono::NaiveTime::MIN).and_utc();
    let day = night.day;
    let (morning, midnight) = (midnight_utc(day) + MORNING, midnight_utc(day) + MIDNIGHT);
    let first_tip_off = night.first_tip_off();
    let night = Arc::new(night);
    let listener = listen(0).await?;
    // The clock is stopped while the functions run, so that the machine's speed does not affect the files.
    let pace = Pace { speed: 1e9, seed, every: TICK };
    let replay = Replay::start_at(morning, data, listener, 0, night, pace).await?;
    let keep = |moment: &str| {
        save(&replay, &folder.join(moment))
            .map_err(|error| Error::internal(format!("{}: {error}", folder.join(moment).display())))
    };

    replay.tonight().await;
    keep("morning")?;
    let mut has_second_quarter = false;
    let mut has_overtime = false;
    let ticks: Vec<DateTime<Utc>> = replay::ticks(&replay.night, TICK).collect();
    for (index, tick) in ticks.iter().enumerate() {
        replay.cloud.clock.run_until(*tick).await;
        replay.poll(index == 0).await;
        let on = games_on(&replay);
        let in_quarter = |game: &LiveGame| game.period == 2 && game.time_remaining.starts_with("Q2");
        if *tick < first_tip_off {
            keep("before-tip-off")?;
        } else if !has_second_quarter && on.iter().any(in_quarter) {
            has_second_quarter = true;
            keep("second-quarter")?;
        } else if *tick >= midnight && !on.is_empty() && !has_overtime {
            // The first poll of an overtime, otherwise the last poll with a game in progress.
            has_overtime = on.iter().any(|game| game.period > 4);
            keep("after-midnight")?;
        }
    }
    replay.cloud.delivery.drain().await;
    // No polls happen in the morning: the live documents are still those of the night.
    replay.cloud.clock.run_until(morning + TimeDelta::days(1)).await;
    replay.tonight().await;
    keep("morning-after")?;
    replay.morning_after().await?;
    keep("official")?;
    if let Some(moment) = MOMENTS.iter().find(|moment| !folder.join(moment).is_dir()) {
        return Err(Error::configuration(format!("the night of {day} has no moment {moment:?}")));
    }
    copy(&folder.join(chosen).join("v1"), &folder.join("v1"))
        .map_err(|error| Error::internal(Detail::of(folder.display().to_string(), error)))
}

fn games_on(replay: &Replay) -> Vec<LiveGame> {
    let Ok((_, body)) = replay.cloud.objects.read(API_BUCKET, "v1/live/latest.json", None) else {
        return Vec::new();
    };
    let live: Option<Live> = serde_json::from_slice(&body).ok();
    live.into_iter().flat_map(|live| live.games).filter(|game| game.status == "in_progress").collect()
}

/// All public objects as files.
fn save(replay: &Replay, folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        fs::remove_dir_all(folder)?;
    }
    for object in replay.cloud.objects.list(API_BUCKET, "v1/") {
        let (_, body) =
            replay.cloud.objects.read(API_BUCKET, &object.name, None).map_err(io::Error::other)?;
        let file = folder.join(&object.name);
        fs::create_dir_all(file.parent().unwrap_or(folder))?;
        fs::write(file, body)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if to.is_dir() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
