//! The pure parts of the functions on the night and on ten and a hundred times the night, with statistics:
//! `make bench-baseline` keeps what they take now, and `cargo bench` says what has changed since.

use std::hint::black_box;

use bench::{Result, parts::Parts, stage::Stage};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};

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
    part("grade", &|| !black_box(parts.grade()).is_empty());
    part("serialise live and grading", &|| black_box(parts.serialise_live()).is_ok());
    part("serialise tonight", &|| black_box(parts.serialise_tonight()).is_ok());
    let mut group = criterion.benchmark_group("rows to tonight's document");
    group.throughput(Throughput::Elements(parts.players as u64));
    group.bench_function(BenchmarkId::from_parameter(format!("{times}×")), |bencher| {
        bencher.iter_batched(|| parts.rows(), |rows| parts.rows_to_tonight(rows), BatchSize::PerIteration);
    });
    group.finish();
}

fn main() -> Result<()> {
    let night = match std::env::var_os("NIGHT") {
        Some(file) => local_cloud::night::Night::from_file(file.as_ref())?,
        None => local_cloud::night::Night::sample()?,
    };
    let night = tokio::runtime::Runtime::new()?.block_on(Stage::new(night)?.for_parts())?;
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2))
        .configure_from_args();
    for times in [1, 10, 100] {
        measure(&mut criterion, &Parts::of(night.times(times)?)?, times);
    }
    criterion.final_summary();
    Ok(())
}
