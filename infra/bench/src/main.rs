//! `bench`: the latency of the functions, as release binaries against the local cloud with the latencies of
//! the real services, compared with a lower bound: the longest chain of calls that cannot overlap, made by
//! a plain client in the same run.

mod compute;
mod floor;
mod function;
mod machine;
mod paths;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use local_cloud::night::Night;

use crate::paths::{Calls, Measured};

use bench::{Result, stage::Stage};

/// Measure the functions over the wire.
#[derive(Clone, Debug, Parser)]
#[command(version)]
struct Arguments {
    /// A recorded night in the shape of BallDontLie's dated box scores, instead of the sample
    #[arg(long, value_name = "FILE")]
    night: Option<PathBuf>,
    /// How often each path is measured
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    runs: usize,
    /// How many exports one process makes while its memory is watched
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    exports: usize,
    /// Only what the pure parts compute
    #[arg(long)]
    compute: bool,
    /// The same of the inputs on standard input, for the bench itself
    #[arg(long, hide = true)]
    compute_of_stdin: bool,
    /// Where the release binaries are
    #[arg(long, value_name = "FOLDER", default_value = "target/release")]
    binaries: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    if arguments.compute_of_stdin {
        return compute::of_stdin();
    }
    let night = match &arguments.night {
        Some(file) => Night::from_file(file)?,
        None => Night::sample()?,
    };
    let (runs, binaries) = (arguments.runs, arguments.binaries.as_path());
    println!("{} games of {}, {runs} runs a path.\n", night.recorded().count(), night.day);
    // The functions use the machine's clock, so the night is moved to today.
    let night = Stage::new(night)?;

    if arguments.compute {
        return compute::print(&night.for_parts().await?);
    }
    // The path with the narrowest target has the machine for itself; the others mostly wait.
    let warm = paths::live_warm(&night, binaries, runs).await?;
    let ((live_cold, tonight_cold), (tonight, scrape), process) = tokio::try_join!(
        async {
            let live = paths::live_cold(&night, binaries, runs).await?;
            Ok((live, paths::tonight_cold(&night, binaries, runs).await?))
        },
        async {
            let tonight = paths::tonight(&night, binaries, runs).await?;
            Ok((tonight, paths::scrape(&night, binaries, runs).await?))
        },
        paths::process(&night, binaries, runs),
    )?;
    println!(
        "  {:<34} {:>8} {:>8} {:>8} {:>7} {:>7}",
        "milliseconds", "floor", "median", "p95", "ratio", "target"
    );
    let rows = [&warm].into_iter().chain(&live_cold).chain([&tonight, &tonight_cold, &scrape, &process]);
    for measured in rows {
        println!("{measured}");
    }
    println!();
    for Measured { path, calls, connections, cpu, .. } in [&warm, &live_cold[0], &tonight, &scrape, &process]
    {
        let cpu = cpu.as_secs_f64() * 1000.0;
        println!("  calls of one {path}: {cpu:.1} ms of CPU; new connections in {runs} runs: {connections}");
        for (call, Calls { number, sent, answered }) in calls {
            let (sent, answered) = (sent / 1000.0, answered / 1000.0);
            println!("    {number:>5.2}  {sent:>6.1} kB sent {answered:>6.1} kB answered  {call}");
        }
    }
    println!("\n{}", paths::of_tonight(&tonight));
    println!("{}", paths::documents(&night, binaries).await?);
    println!();
    compute::print(&night.for_parts().await?)?;
    println!();
    machine::print(&night, binaries, arguments.exports).await
}
