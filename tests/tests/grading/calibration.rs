//! The chance of the live grading against the published vectors and recorded games.

use std::{fs::File, io::BufReader, path::Path};

use bench::calibration::Calibration;
use export_live::chance::{Chance, Moment};
use flate2::read::GzDecoder;
use serde::Deserialize;
use tests::recorded_data;

#[derive(Deserialize)]
struct Vector {
    mu: f64,
    x: u32,
    t: f64,
    line: f64,
    lead: u32,
    f: f64,
}

#[test]
fn two_hundred_published_chances_come_out_to_the_ninth_place() {
    let Some(file) = recorded_data().map(|folder| folder.join("calibration_vectors.json")) else { return };
    let vectors: Vec<Vector> = serde_json::from_reader(File::open(file).expect("vectors")).expect("JSON");
    assert_eq!(vectors.len(), 200);
    for Vector { mu, x, t, line, lead, f } in vectors {
        let moment = Moment { average: mu, points: x, elapsed: t, left: 1.0 - t, lead };
        let over = Chance::of(moment, line).over;
        assert!((over - f).abs() < 1e-9, "{moment:?} {line}: {over}, expected {f}");
    }
}

#[test]
fn over_a_week_of_games_the_chance_is_better_than_the_words_it_replaces() {
    let Some(file) = recorded_data().map(|folder| folder.join("points_timelines_week.jsonl.gz")) else {
        return;
    };
    let calibration = of(&file);
    println!("{calibration}");
    assert!(calibration.games > 20, "{} games", calibration.games);
    assert!(calibration.chance.brier() < 0.15, "a week's is near 0.131");
    assert!(calibration.chance.brier() < calibration.naive.brier() - 0.02);
    assert!(calibration.chance.calibration_error() < 0.05, "of a week, not of two seasons");
}

fn of(file: &Path) -> Calibration {
    let reader = BufReader::new(GzDecoder::new(File::open(file).expect("timelines")));
    Calibration::of(reader).expect("recorded games")
}
