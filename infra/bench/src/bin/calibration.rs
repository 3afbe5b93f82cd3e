//! Prints how well the chances of the live grading agree with recorded games.

use std::{fs::File, io::BufReader, path::PathBuf};

use bench::calibration::Calibration;
use clap::Parser;
use flate2::read::GzDecoder;

/// Compares the chances of the live grading with the outcomes of recorded games.
#[derive(Parser)]
struct Arguments {
    /// A gzip file with one player's game a line: points over time and the season average before
    timelines: PathBuf,
}

fn main() -> bench::Result<()> {
    let Arguments { timelines } = Arguments::parse();
    let file = File::open(&timelines).map_err(|error| format!("{}: {error}", timelines.display()))?;
    print!("{}", Calibration::of(BufReader::new(GzDecoder::new(file)))?);
    Ok(())
}
