//! `local-cloud`: a night of NBA basketball through the whole pipeline, on this machine.

mod arguments;

use std::{
    fs::File,
    io::Write,
    path::Path,
    process::ExitCode,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use chrono::TimeDelta;
use chrono_tz::America::New_York;
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use local_cloud::{
    bigquery::Warehouse,
    chaos::{self, Storm, Table},
    clock::ClockFile,
    cloud,
    functions::{self, Functions, listen},
    mock,
    night::Night,
    outage::{Drill, Outage},
    replay::{self, Pace, Replay},
    report::Report,
    seed,
};
use shared::{Error, error::Detail, service};

use arguments::{Arguments, Chaos, Command, Mock, OneFunction, Outages, Run, Seed};

/// Fifty storms in one process spend a third of their time in the C library's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The file in the data directory that contains the functions' log.
const LOG: &str = "functions.log";

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(run) => in_runtime(run.run()),
        Command::Seed(seed) => seed.run().map(|()| true),
        Command::Chaos(chaos) => in_runtime(chaos.run()),
        Command::Outages(outages) => in_runtime(outages.run()),
        Command::Mock(mock) => in_runtime(mock.run()),
        Command::Function(function) => return function.run(),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn in_runtime<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Error::internal(error.to_string()))?.block_on(work)
}

fn night(file: Option<&Path>) -> Result<Night, Error> {
    let night = match file {
        Some(file) => Night::from_file(file).map_err(|error| format!("--night {error}")),
        None => Night::sample().map_err(|error| error.to_string()),
    };
    night.map_err(Error::configuration)
}

impl Mock {
    async fn run(self) -> Result<bool, Error> {
        let night = night(self.eve.night.as_deref())?;
        let folder = cloud::clear(&self.eve.data_dir)?;
        mock::write(night, self.eve.seed, &folder, &self.out, &self.moment).await?;
        for moment in mock::MOMENTS {
            say(&format!("  {}", self.out.join(moment).join("v1").display()));
        }
        say(&format!("  {} ({})", self.out.join("v1").display(), self.moment));
        Ok(true)
    }
}

impl Outages {
    async fn run(self) -> Result<bool, Error> {
        let night = Arc::new(night(self.night.as_deref())?);
        let folder = cloud::clear(&self.data_dir)?;
        say(&format!(
            "{} without BallDontLie, {} games, a poll every {} s.\n",
            night.day,
            night.recorded().count(),
            self.every
        ));
        let mut holds = true;
        for (nth, outage) in Outage::ALL.into_iter().enumerate() {
            let folder = folder.join(nth.to_string());
            let drill = Drill::play(outage, &folder, night.clone(), TimeDelta::seconds(self.every)).await?;
            say(&drill.to_string());
            holds &= drill.holds();
        }
        Ok(holds)
    }
}

impl Chaos {
    async fn run(self) -> Result<bool, Error> {
        let night = Arc::new(night(self.night.as_deref())?);
        let folder = cloud::clear(&self.data_dir)?;
        let internal = |error: &dyn std::fmt::Display| Error::internal(error.to_string());
        let executable = std::env::current_exe().map_err(|error| internal(&error))?;
        let polls = replay::ticks(&night, replay::TICK).count();
        say(&format!(
            "{} storms over {} ({} games, {polls} polls), {} ms a poll; seeds from {} on, kept in {}.",
            self.seeds,
            night.day,
            night.recorded().count(),
            self.tick,
            self.seed,
            folder.display()
        ));
        let started = std::time::Instant::now();
        let mut storms = tokio::task::JoinSet::new();
        for seed in self.seed..self.seed + self.seeds {
            let (executable, night) = (executable.clone(), night.clone());
            let folder = folder.join(format!("seed-{seed}"));
            let storm = Storm { seed, tick: Duration::from_millis(self.tick), real_pauses: self.real_pauses };
            storms.spawn(async move { chaos::play(&executable, &folder, night, storm).await });
        }
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} storms  {elapsed}");
        let bar =
            ProgressBar::new(self.seeds).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_secs(1));
        let mut table = Table::default();
        while let Some(outcome) = storms.join_next().await {
            table.add(outcome.map_err(|error| internal(&error))??);
            bar.inc(1);
        }
        bar.finish_and_clear();
        let seconds = started.elapsed().as_secs();
        say(&format!("After {} min {} s:\n\n{table}", seconds / 60, seconds % 60));
        if !table.holds() {
            say("A seed comes again with --seeds 1 --seed N; its functions' logs are in its folder.");
        }
        Ok(table.holds())
    }
}

impl OneFunction {
    fn run(self) -> ExitCode {
        // The parent process holds the other end of standard input.
        std::thread::spawn(|| {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            std::process::exit(1);
        });
        let clock = ClockFile::new(self.clock).for_functions();
        service::run(|environment| functions::app(&self.name, environment, clock))
    }
}

impl Seed {
    fn run(self) -> Result<(), Error> {
        let night = night(self.eve.night.as_deref())?;
        let folder = cloud::clear(&self.eve.data_dir)?.join("bigquery");
        let warehouse = Warehouse::open(&folder).map_err(Error::internal)?;
        let filled = seed::warehouse(&warehouse, &night, self.eve.seed)
            .map_err(|error| Error::internal(Detail::of("seed", error)))?;
        say(&format!("The warehouse before {}, in {}:\n", night.day, folder.display()));
        for (table, rows) in filled {
            say(&format!("  {table:<45} {rows:>8} rows"));
        }
        Ok(())
    }
}

impl Run {
    async fn run(self) -> Result<bool, Error> {
        let configuration = |error: &dyn std::fmt::Display| Error::configuration(error.to_string());
        let night = night(self.eve.night.as_deref())?;
        // A port that is in use, by a run that still serves, is detected before that run's folder is
        // cleared.
        let listener = listen(self.port).await?;
        let folder = cloud::clear(&self.eve.data_dir)?;
        let log = folder.join(LOG);
        let writer =
            File::create(&log).map_err(|error| configuration(&format!("{}: {error}", log.display())))?;
        tracing_subscriber::fmt().with_ansi(false).with_writer(Arc::new(writer)).init();

        let night = Arc::new(night);
        let speed = self.speed.unwrap_or_else(|| replay::speed_for_a_minute(&night));
        let pace = Pace { speed, seed: self.eve.seed, every: TimeDelta::seconds(self.every) };
        let replay = Replay::start(&folder, listener, self.port + 1, night.clone(), pace).await?;
        let lacks = match self.without {
            Some(source) => {
                replay.cloud.faults.refuse(source);
                format!(" {} refuses every request.", source.title())
            }
            None => String::new(),
        };
        say(&format!(
            "Replaying {} ({} games) at {speed:.0} times real time.{lacks}\n\n{}",
            night.day,
            night.recorded().count(),
            places(&replay, &folder)
        ));

        tokio::select! {
            () = replay_with_bar(&replay, pace.every) => {}
            () = service::stop_signal() => {
                say("Stopped before the night was over.");
                return Ok(false);
            }
        }
        let report =
            Report::of(&replay).map_err(|error| Error::internal(Detail::of("the closing table", error)))?;
        say(&format!("{} as it was stored:\n\n{report}", night.day));
        if !self.exit {
            say(&format!("Serving until Ctrl-C.\n\n{}", places(&replay, &folder)));
            service::stop_signal().await;
        }
        replay.cloud.stop.cancel();
        Ok(report.holds())
    }
}

async fn replay_with_bar(replay: &Replay, every: TimeDelta) {
    let ticks = replay::ticks(&replay.night, every).count() as u64;
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} polls  {msg}");
    let bar = ProgressBar::new(ticks).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let counts = replay.cloud.delivery.counts.clone();
    replay
        .run(|now| {
            let on = replay.night.games_on(now);
            let events = counts.events.load(Ordering::Relaxed);
            let time = now.with_timezone(&New_York).format("%-I:%M %p ET");
            bar.set_message(format!("{time}, games on: {on}, events: {events}"));
            bar.inc(1);
        })
        .await;
    bar.finish_and_clear();
}

/// Prints the addresses and files to look at.
fn places(replay: &Replay, folder: &Path) -> String {
    let Functions { scrape_live_boxscores, process_live_boxscores, export_tonight, export_live } =
        &replay.functions;
    let public = |object: &str| replay.cloud.public_url(object);
    [
        ("board", replay.cloud.url.to_string()),
        ("tonight", public("v1/tonight/all-players.json")),
        ("live scores", public("v1/live/latest.json")),
        ("live grading", public("v1/live-grading/latest.json")),
        ("timeline", public("v1/live-timeline/latest.json")),
        ("status", public("v1/status.json")),
        ("scrape", format!("POST {scrape_live_boxscores}")),
        ("process", format!("POST {process_live_boxscores}")),
        ("tonight export", format!("POST {export_tonight}")),
        ("live export", format!("POST {export_live}")),
        ("objects", folder.join("storage").display().to_string()),
        ("tables", folder.join("bigquery").display().to_string()),
        ("log", folder.join(LOG).display().to_string()),
    ]
    .map(|(what, place)| format!("  {what:<14} {place}\n"))
    .concat()
}

/// A closed pipe on standard output does not end a replay.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
