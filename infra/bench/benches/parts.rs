//! Criterion benchmarks of the functions' pure parts, on the night and on ten and a hundred times the
//! night: `make bench-baseline` saves the current timings, and `cargo bench` compares with them.

use std::{hint::black_box, path::Path};

use bench::{Result, parts::Parts, stage::Stage};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use local_cloud::night::Night;

/// The name of the baseline that `make bench-baseline` saves.
const BASELINE: &str = "kept";
/// The recorded night, if it is available.
const RECORDED: &str = "../../../shared/data/bdl_box_scores_2026-01-09.json";

fn measure(criterion: &mut Criterion, parts: &Parts, times: usize) {
    let mut part = |name: &str, run: &dyn Fn() -> bool| {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(parts.players as u64));
        group.bench_function(BenchmarkId::from_parameter(format!("{times}×")), |bencher| {
            bencher.iter(|| assert!(run(), "{name} fails"));
        });
        group.finish();
    };
    part("snapshot to rows", &|| black_box(parts.snapshot_to_rows()).is_ok());
    part("payload to live document", &|| black_box(parts.payload_to_live()).is_ok());
    part("grade", &|| !black_box(parts.grade()).predictions.is_empty());
    part("timeline", &|| !black_box(parts.time()).players.is_empty());
    part("serialise the three", &|| black_box(parts.serialise_live()).is_ok());
    part("serialise tonight", &|| black_box(parts.serialise_tonight()).is_ok());
    let mut group = criterion.benchmark_group("rows to tonight's document");
    group.throughput(Throughput::Elements(parts.players as u64));
    group.bench_function(BenchmarkId::from_parameter(format!("{times}×")), |bencher| {
        bencher.iter_batched(|| parts.rows(), |rows| parts.rows_to_tonight(rows), BatchSize::PerIteration);
    });
    group.finish();
}

fn main() -> Result<()> {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORDED);
    let night = if recorded.exists() { Night::from_file(&recorded)? } else { Night::sample()? };
    let night = tokio::runtime::Runtime::new()?.block_on(Stage::new(night)?.for_parts())?;
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2))
        .configure_from_args();
    // Otherwise Criterion would save each run as the baseline of the next one.
    if !std::env::args().any(|argument| argument.starts_with("--save-baseline")) {
        criterion = criterion.retain_baseline(BASELINE.to_owned(), false);
    }
    for times in [1, 10, 100] {
        measure(&mut criterion, &Parts::of(night.times(times)?)?, times);
    }
    criterion.final_summary();
    Ok(())
}
