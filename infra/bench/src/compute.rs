//! CPU time and memory of the pure parts, at the size of the night and at ten and a hundred times that
//! size: the cost per player must stay the same.

use std::{
    hint::black_box,
    io::BufWriter,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use bench::{
    Result,
    parts::{Inputs, Night, Parts},
};
use bytes::Bytes;
use peak_alloc::PeakAlloc;
use serde::{Deserialize, Serialize};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const TIMES: [usize; 3] = [1, 10, 100];
/// The same figures for display, with the bound on each relative to the first size.
const SIZES: &str = "1× 10× 100× (≤ +15 %)";
/// The minimum time for which a part is repeated.
const SPAN: Duration = Duration::from_millis(400);
const MIN_RUNS: usize = 7;
/// Bytes that exceed the caches of a processor.
const CACHES: usize = 128 * 1024 * 1024;
/// The budget of a live export in milliseconds of CPU, from the bytes received to the bytes written.
const TARGET: f64 = 2.0;
/// The largest allowed ratio of the cost per player on a larger night to that on the night.
const GROWTH: f64 = 1.15;

/// The measurements of all parts at one size.
#[derive(Debug, Serialize, Deserialize)]
struct OfSize {
    players: usize,
    predictions: usize,
    payload_bytes: usize,
    taken: Vec<(String, Taken)>,
}

/// The measurements of one part.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Taken {
    /// With warm caches.
    warm: Duration,
    /// With cold caches.
    cold: Duration,
    /// The peak of allocated bytes, its result included.
    peak: usize,
}

/// Prints a line per part, and one for the CPU time of a live export.
pub fn print(night: &Night) -> Result<()> {
    let mut measured: Vec<(String, Vec<(usize, Taken)>)> = Vec::new();
    let (mut bytes, mut predictions) = (0, 0);
    for times in TIMES {
        let of_size = in_process_of_its_own(&night.times(times)?)?;
        if measured.is_empty() {
            (bytes, predictions) = (of_size.payload_bytes, of_size.predictions);
        }
        for (index, (name, taken)) in of_size.taken.into_iter().enumerate() {
            match measured.get_mut(index) {
                Some((_, sizes)) => sizes.push((of_size.players, taken)),
                None => measured.push((name, vec![(of_size.players, taken)])),
            }
        }
    }
    println!(
        "  {:<28} {:>10} {:>10} {:>32} {:>30}",
        format!("compute, {predictions} predictions"),
        "warm",
        "cold",
        format!("cold a player, {SIZES}"),
        "peak memory a player, likewise"
    );
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    for (name, sizes) in &measured {
        let Some((_, of_night)) = sizes.first() else { continue };
        let times = sizes.iter().map(|(players, taken)| taken.cold.as_secs_f64() * 1e6 / *players as f64);
        let peaks = sizes.iter().map(|(players, taken)| taken.peak as f64 / *players as f64);
        println!(
            "  {name:<28} {:>7.3} ms {:>7.3} ms {:>32} {:>30}",
            milliseconds(of_night.warm),
            milliseconds(of_night.cold),
            series(times.collect(), 2, "µs"),
            series(peaks.collect(), 0, "B"),
        );
    }
    let export = measured
        .iter()
        .filter(|(name, _)| EXPORT.contains(&name.as_str()))
        .filter_map(|(_, sizes)| sizes.first());
    let (warm, cold) = export.fold((0.0, 0.0), |(warm, cold), (_, taken)| {
        (warm + milliseconds(taken.warm), cold + milliseconds(taken.cold))
    });
    let verdict = if warm <= TARGET { "ok" } else { "MISSED" };
    println!(
        "\n  a live export computes {warm:.2} ms of {bytes} bytes (≤ {TARGET} ms) {verdict}; {cold:.2} ms from cold caches"
    );
    Ok(())
}

const EXPORT: [&str; 4] = ["payload to live document", "grade", "timeline", "serialise the three"];

/// Measures the parts in a fresh process: building the inputs of a hundred nights fragments the heap, which
/// a function's heap is not.
fn in_process_of_its_own(inputs: &Inputs) -> Result<OfSize> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--compute-of-stdin")
        // The process keeps freed memory, as it does by itself at the size of one night; otherwise the
        // measurement of a hundred nights would include the kernel's work of mapping each page again.
        .env("MALLOC_MMAP_MAX_", "0")
        .env("MALLOC_TRIM_THRESHOLD_", "4294967296")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    serde_json::to_writer(
        BufWriter::new(child.stdin.take().ok_or("the measuring process has no standard input")?),
        inputs,
    )?;
    let output = child.wait_with_output()?;
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout)?)
    } else {
        Err(format!("the measuring process ended with {}", output.status).into())
    }
}

/// The entry point of that process.
pub fn of_stdin() -> Result<()> {
    let inputs: Inputs = serde_json::from_str(&std::io::read_to_string(std::io::stdin())?)?;
    let parts = Parts::of(inputs)?;
    let of_size = OfSize {
        players: parts.players,
        predictions: parts.predictions,
        payload_bytes: parts.payload_bytes,
        taken: of_each(&parts)?,
    };
    println!("{}", serde_json::to_string(&of_size)?);
    Ok(())
}

fn bodies(parts: &Parts) -> Result<Vec<Bytes>> {
    Ok(parts.serialise_live()?.into_iter().chain([parts.serialise_tonight()?]).collect())
}

fn of_each(parts: &Parts) -> Result<Vec<(String, Taken)>> {
    let bodies = bodies(parts)?;
    let named = |name: &str, taken| (name.to_owned(), taken);
    Ok(vec![
        named("snapshot to rows", taken(|| (), |()| parts.snapshot_to_rows())?),
        named(EXPORT[0], taken(|| (), |()| parts.payload_to_live())?),
        named(EXPORT[1], taken(|| (), |()| Ok(parts.grade()))?),
        named(EXPORT[2], taken(|| (), |()| Ok(parts.time()))?),
        named(EXPORT[3], taken(|| (), |()| parts.serialise_live())?),
        named("rows to tonight's document", taken(|| parts.rows(), |rows| Ok(parts.rows_to_tonight(rows)))?),
        named("serialise tonight", taken(|| (), |()| parts.serialise_tonight())?),
        named("compress the four", taken(|| (), |()| Parts::compress(&bodies))?),
    ])
}

/// The fastest of many runs, which is the least disturbed one, and the peak memory of one run. A second
/// series begins each run with cold caches, as they are after the minutes between two polls: otherwise one
/// night, which fits into the caches, would be compared with a hundred, which do not.
fn taken<I, T>(input: impl Fn() -> I, part: impl Fn(I) -> Result<T>) -> Result<Taken> {
    let mut other_things = vec![0_u8; CACHES];
    let mut best = Taken { warm: Duration::MAX, cold: Duration::MAX, peak: 0 };
    for is_cold in [false, true] {
        let (begun, mut runs) = (Instant::now(), 0);
        while begun.elapsed() < SPAN || runs < MIN_RUNS {
            runs += 1;
            let input = input();
            if is_cold {
                other_things.iter_mut().step_by(64).for_each(|byte| *byte = byte.wrapping_add(1));
                black_box(&mut other_things);
            }
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            let run = Instant::now();
            let result = part(input)?;
            let best_time = if is_cold { &mut best.cold } else { &mut best.warm };
            *best_time = run.elapsed().min(*best_time);
            best.peak = best.peak.max(MEMORY.peak_usage().saturating_sub(before));
            drop(result);
        }
    }
    Ok(best)
}

/// The figures at each size, and whether the largest is at most [`GROWTH`] times the first.
fn series(values: Vec<f64>, places: usize, unit: &str) -> String {
    let texts: Vec<String> = values.iter().map(|value| format!("{value:.places$}")).collect();
    let is_constant = values.iter().all(|value| values.first().is_none_or(|first| *value <= first * GROWTH));
    format!("{} {unit} {}", texts.join(" "), if is_constant { "ok" } else { "MISSED" })
}
