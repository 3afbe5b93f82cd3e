//! What the pure parts take of a processor and of memory, at the night's size and at ten and a hundred
//! times it: as much a player.

use std::{
    io::BufWriter,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use bench::{
    Result,
    parts::{Inputs, Night, Parts},
};
use peak_alloc::PeakAlloc;
use serde::{Deserialize, Serialize};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const TIMES: [usize; 3] = [1, 10, 100];
/// How long each part is run over and over.
const SPAN: Duration = Duration::from_millis(400);
/// Milliseconds that a live export may compute, from the bytes it is sent to the bytes it writes.
const TARGET: f64 = 2.0;
/// By how much a player of a larger night may take more than one of the night.
const GROWTH: f64 = 1.15;

/// What the parts of one size take.
#[derive(Debug, Serialize, Deserialize)]
struct OfSize {
    players: usize,
    payload_bytes: usize,
    taken: Vec<(String, Taken)>,
}

/// What a part takes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Taken {
    time: Duration,
    /// The most bytes it had allocated at a time, its result included.
    peak: usize,
}

/// Prints a line a part, and one of what a live export computes.
pub fn print(night: &Night) -> Result<()> {
    let mut measured: Vec<(String, Vec<(usize, Taken)>)> = Vec::new();
    let mut bytes = 0;
    for times in TIMES {
        let of_size = in_process_of_its_own(&night.times(times)?)?;
        if measured.is_empty() {
            bytes = of_size.payload_bytes;
        }
        for (index, (name, taken)) in of_size.taken.into_iter().enumerate() {
            match measured.get_mut(index) {
                Some((_, sizes)) => sizes.push((of_size.players, taken)),
                None => measured.push((name, vec![(of_size.players, taken)])),
            }
        }
    }
    println!(
        "  {:<32} {:>10} {:>30} {:>30}",
        "compute", "the night", "time a player, 1× 10× 100×", "peak memory a player"
    );
    for (name, sizes) in &measured {
        let Some((_, of_night)) = sizes.first() else { continue };
        let times = sizes.iter().map(|(players, taken)| taken.time.as_secs_f64() * 1e6 / *players as f64);
        let peaks = sizes.iter().map(|(players, taken)| taken.peak as f64 / *players as f64);
        println!(
            "  {name:<32} {:>7.3} ms {:>30} {:>30}",
            of_night.time.as_secs_f64() * 1000.0,
            series(times.collect(), 2, "µs"),
            series(peaks.collect(), 0, "B"),
        );
    }
    let export = measured
        .iter()
        .filter(|(name, _)| EXPORT.contains(&name.as_str()))
        .filter_map(|(_, sizes)| sizes.first());
    let total = export.map(|(_, taken)| taken.time.as_secs_f64() * 1000.0).sum::<f64>();
    let verdict = if total <= TARGET { "ok" } else { "MISSED" };
    println!("\n  a live export computes {total:.2} ms of {bytes} bytes (≤ {TARGET} ms) {verdict}");
    Ok(())
}

const EXPORT: [&str; 3] = ["payload to live document", "grade", "serialise live and grading"];

/// Measures the parts in a process that has done nothing else: making the inputs of a hundred nights leaves a
/// heap of holes, which is not what a function has.
fn in_process_of_its_own(inputs: &Inputs) -> Result<OfSize> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--compute-of-stdin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    serde_json::to_writer(BufWriter::new(child.stdin.take().ok_or("no input")?), inputs)?;
    let output = child.wait_with_output()?;
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout)?),
        false => Err(format!("the measuring process ended with {}", output.status).into()),
    }
}

/// What that process does.
pub fn of_stdin() -> Result<()> {
    let inputs: Inputs = serde_json::from_str(&std::io::read_to_string(std::io::stdin())?)?;
    let parts = Parts::of(inputs)?;
    let of_size =
        OfSize { players: parts.players, payload_bytes: parts.payload_bytes, taken: of_each(&parts)? };
    println!("{}", serde_json::to_string(&of_size)?);
    Ok(())
}

fn of_each(parts: &Parts) -> Result<Vec<(String, Taken)>> {
    let named = |name: &str, taken| (name.to_owned(), taken);
    Ok(vec![
        named("snapshot to rows", taken(|| (), |()| parts.snapshot_to_rows())?),
        named(EXPORT[0], taken(|| (), |()| parts.payload_to_live())?),
        named(EXPORT[1], taken(|| (), |()| Ok(parts.grade()))?),
        named(EXPORT[2], taken(|| (), |()| parts.serialise_live())?),
        named("rows to tonight's document", taken(|| parts.rows(), |rows| Ok(parts.rows_to_tonight(rows)))?),
        named("serialise tonight", taken(|| (), |()| parts.serialise_tonight())?),
    ])
}

/// The fastest of many runs, which is the one that nothing else disturbed, and the most memory of one.
fn taken<I, T>(input: impl Fn() -> I, part: impl Fn(I) -> Result<T>) -> Result<Taken> {
    let begun = Instant::now();
    let mut best = Taken { time: Duration::MAX, peak: 0 };
    while begun.elapsed() < SPAN || best.time == Duration::MAX {
        let input = input();
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let run = Instant::now();
        let result = part(input)?;
        best.time = best.time.min(run.elapsed());
        best.peak = best.peak.max(MEMORY.peak_usage().saturating_sub(before));
        drop(result);
    }
    Ok(best)
}

/// Figures at each size, and whether the largest is at most [`GROWTH`] of the first.
fn series(values: Vec<f64>, places: usize, unit: &str) -> String {
    let texts: Vec<String> = values.iter().map(|value| format!("{value:.places$}")).collect();
    let is_constant = values.iter().all(|value| values.first().is_none_or(|first| *value <= first * GROWTH));
    format!("{} {unit} {}", texts.join(" "), if is_constant { "ok" } else { "MISSED" })
}
