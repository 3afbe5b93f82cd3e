//! The machine resources of a function: start-up time, memory, binary size.

use std::path::Path;

use local_cloud::{functions::NAMES, latency::Latency};

use bench::stage::Stage;

use crate::{Result, function::Function};

const STARTS: usize = 21;
/// Memory differences below this are noise between runs, not growth.
const GROWTH: f64 = 1.05;
const MIB: f64 = 1024.0 * 1024.0;

/// Prints a line per function, and one for the memory over many exports.
pub async fn print(stage: &Stage, binaries: &Path, exports: usize) -> Result<()> {
    let (cloud, _folder) = stage.cloud(Latency::default()).await?;
    println!("  {:<26} {:>16} {:>14} {:>14}", "", "start ≤ 30 ms", "idle ≤ 20 MiB", "size ≤ 16 MB");
    let verdict = |is_kept: bool| if is_kept { "ok" } else { "MISSED" };
    for name in NAMES {
        let mut starts = Vec::new();
        let mut idle = 0;
        for _ in 0..STARTS {
            let function = Function::start(binaries, name, &cloud).await?;
            starts.push(function.started_in);
            idle = function.resident()?;
        }
        starts.sort_unstable();
        let start = starts.get(STARTS / 2).copied().unwrap_or_default();
        let size = std::fs::metadata(binaries.join(name))?.len();
        let (start, idle, size) = (start.as_secs_f64() * 1000.0, idle as f64 / MIB, size as f64 / 1e6);
        let is_kept = start <= 30.0 && idle <= 20.0 && size <= 16.0;
        println!("  {name:<26} {start:>13.1} ms {idle:>10.1} MiB {size:>11.1} MB  {}", verdict(is_kept));
    }
    let function = Function::start(binaries, "export-live", &cloud).await?;
    let mut after = Vec::new();
    for export in 1..=exports {
        function.call(&[], r#"{"target_date":"today"}"#.into()).await?;
        if export == exports / 10 || export == exports {
            after.push((export, function.resident()? as f64 / MIB));
        }
    }
    println!();
    let first = after.first().map_or(0.0, |(_, resident)| *resident);
    for (export, resident) in after {
        let is_kept = verdict(resident <= 40.0 && resident <= first * GROWTH);
        println!(
            "  export-live after {export:>6} exports: {resident:.1} MiB (≤ 40, and no growth) {is_kept}"
        );
    }
    Ok(())
}
