//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use local_cloud::replay;
use shared::sources::Source;

/// The Challenge System backend on one machine.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Replay a night through every function, then keep serving the result.
    Run(Run),
    /// Fill the tables for a night, and do nothing else.
    Seed(Seed),
    /// Replay a night in one storm per seed: failing services, disordered events, killed functions.
    Chaos(Chaos),
    /// Replay a night in which BallDontLie fails for long, once in each way.
    Outages(Outages),
    /// Write the public documents at six moments of a night, as mock data for a front end.
    Mock(Mock),
    /// Run one function alone, by the clock of a storm.
    #[command(hide = true)]
    Function(OneFunction),
}

#[derive(clap::Args)]
pub(crate) struct Chaos {
    /// A night in the shape of BallDontLie's dated box scores; without it the sample night
    #[arg(long, value_name = "FILE")]
    pub(crate) night: Option<PathBuf>,
    /// How many storms, in parallel
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=200))]
    pub(crate) seeds: u64,
    /// The seed of the first one; with --seeds 1, a single storm to reproduce
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The time between two polls, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2_500, value_parser = clap::value_parser!(u64).range(50..=60_000))]
    pub(crate) tick: u64,
    /// Redeliver failed events after Eventarc's own pauses, ten seconds to ten minutes
    #[arg(long)]
    pub(crate) real_pauses: bool,
    /// The data directory; a folder of an earlier run is cleared
    #[arg(long, value_name = "DIR", default_value = ".local-cloud-chaos")]
    pub(crate) data_dir: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct Outages {
    /// A night in the shape of BallDontLie's dated box scores; without it the sample night
    #[arg(long, value_name = "FILE")]
    pub(crate) night: Option<PathBuf>,
    /// Seconds of the night between two polls, a divisor or multiple of 60
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = interval)]
    pub(crate) every: i64,
    /// The data directory; a folder of an earlier run is cleared
    #[arg(long, value_name = "DIR", default_value = ".local-cloud-outages")]
    pub(crate) data_dir: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct Mock {
    #[command(flatten)]
    pub(crate) eve: Eve,
    /// The output folder: {moment}/v1/…, and v1/… for one of them
    #[arg(long, value_name = "DIR", default_value = "mock")]
    pub(crate) out: PathBuf,
    /// The moment of v1/…: morning, before-tip-off, second-quarter, after-midnight, morning-after or
    /// official
    #[arg(long, value_name = "MOMENT", default_value = "second-quarter")]
    pub(crate) moment: String,
}

#[derive(clap::Args)]
pub(crate) struct OneFunction {
    /// The name of its crate
    pub(crate) name: String,
    /// The file that holds the clock
    #[arg(long, value_name = "FILE")]
    pub(crate) clock: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct Eve {
    /// A night in the shape of BallDontLie's dated box scores; without it the sample night
    #[arg(long, value_name = "FILE")]
    pub(crate) night: Option<PathBuf>,
    /// The seed of the warehouse: who plays is the night's, everything else is invented
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The data directory; a folder of an earlier run is cleared
    #[arg(long, value_name = "DIR", default_value = ".local-cloud")]
    pub(crate) data_dir: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct Seed {
    #[command(flatten)]
    pub(crate) eve: Eve,
}

#[derive(clap::Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) eve: Eve,
    /// Speed of the clock relative to real time; without it the night takes about a minute
    #[arg(long, value_name = "N", value_parser = speed)]
    pub(crate) speed: Option<f64>,
    /// Seconds of the night between two polls while a game is on, a divisor or multiple of 60
    #[arg(long, value_name = "SECONDS", default_value_t = replay::AS_DEPLOYED.num_seconds(), value_parser = interval)]
    pub(crate) every: i64,
    /// A source of scores that refuses every request of the night: `balldontlie` or `nba_cdn`
    #[arg(long, value_name = "SOURCE", value_parser = source)]
    pub(crate) without: Option<Source>,
    /// End after the closing table, with status 0 only if every check holds
    #[arg(long)]
    pub(crate) exit: bool,
    /// The services' port; the functions have the four after it
    #[arg(long, value_name = "PORT", default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..=65531))]
    pub(crate) port: u16,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if speed.is_finite() && (1.0..=1e6).contains(&speed) {
        Ok(speed)
    } else {
        Err("expected 1 to 1000000".into())
    }
}

fn source(text: &str) -> Result<Source, String> {
    let named = Source::ALL.into_iter().find(|source| source.name() == text);
    named.ok_or("expected balldontlie or nba_cdn".into())
}

fn interval(text: &str) -> Result<i64, String> {
    let seconds: i64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    let fits = (5..=600).contains(&seconds) && (60 % seconds == 0 || seconds % 60 == 0);
    fits.then_some(seconds).ok_or("expected 5 to 600, a divisor or multiple of 60".into())
}
