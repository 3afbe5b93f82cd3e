//! A night in a storm, under a few fixed seeds. `make chaos` plays many more.

use std::{sync::Arc, time::Duration};

use local_cloud::{
    chaos::{self, Storm, Table},
    night::Night,
};
use tests::binary;

/// One storm per seed, each with every kind of weather.
const SEEDS: [u64; 3] = [1, 7, 23];

#[tokio::test(flavor = "multi_thread")]
async fn the_delivery_rules_hold_in_storms_of_fixed_seeds() {
    let folder = tempfile::tempdir().expect("a folder");
    let night = Arc::new(Night::sample().expect("the sample night"));
    let storms = SEEDS.map(|seed| {
        let (folder, night) = (folder.path().join(seed.to_string()), night.clone());
        let storm = Storm { seed, tick: Duration::from_millis(150), real_pauses: false };
        tokio::spawn(async move { chaos::play(&binary("local-cloud"), &folder, night, storm).await })
    });
    let mut table = Table::default();
    for storm in storms {
        table.add(storm.await.expect("a task").expect("a storm"));
    }
    println!("{table}");
    assert!(
        table.holds(),
        "`cargo run -p local-cloud -- chaos --seeds 1 --seed N --tick 150` plays a seed again:\n{table}"
    );
}
