//! Every query is GoogleSQL, as Google's own analyser (ZetaSQL, from PyPI) reads it: SQLite, which runs
//! it here, takes more.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tests::skipped;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the analyser has against these files, or `None` where it is not installed.
fn analyse(files: &[PathBuf]) -> Option<(bool, String)> {
    let python = root().join("target/venv/bin/python");
    if !python.is_file() {
        skipped("no GoogleSQL analyser in target/venv (`make test` installs it)");
        return None;
    }
    let output = Command::new(python)
        .arg(root().join("tests/googlesql/analyse.py"))
        .args(files)
        .output()
        .expect("the analyser");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Some((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The queries of every function, which stand beside the code that runs them.
fn queries() -> Vec<PathBuf> {
    let functions = root().join("functions").read_dir().expect("the functions");
    let folders = functions.filter_map(|function| function.ok()?.path().join("sql").read_dir().ok());
    let mut queries: Vec<PathBuf> = folders.flatten().filter_map(|file| Some(file.ok()?.path())).collect();
    queries.sort();
    queries
}

#[test]
fn every_query_is_one_that_bigquery_takes() {
    let queries = queries();
    assert!(queries.len() >= 2, "{queries:?}");
    let Some((accepted, said)) = analyse(&queries) else { return };
    assert!(accepted, "{said}");
}

#[test]
fn a_query_that_only_sqlite_takes_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = [
        (
            "function",
            "SELECT strftime('%Y', game_date) FROM nba_raw.nbac_schedule",
            "Function not found: strftime",
        ),
        (
            "type",
            "-- @day DATE\nSELECT game_id FROM nba_raw.nbac_schedule WHERE game_id = @day",
            "No matching signature",
        ),
        ("group", "SELECT game_id, COUNT(*) FROM nba_raw.nbac_schedule", "neither grouped nor aggregated"),
        ("column", "SELECT referee FROM nba_raw.nbac_schedule", "Unrecognized name: referee"),
        ("parameter", "SELECT game_id FROM nba_raw.nbac_schedule WHERE game_date = @day", "Query parameter"),
    ];
    let files: Vec<PathBuf> = wrong
        .iter()
        .map(|(name, sql, _)| {
            let file = folder.path().join(format!("{name}.sql"));
            std::fs::write(&file, sql).expect("a file");
            file
        })
        .collect();
    let Some((accepted, said)) = analyse(&files) else { return };
    assert!(!accepted);
    for ((name, _, reason), line) in wrong.iter().zip(said.lines()) {
        assert!(line.contains(&format!("{name}.sql")) && line.contains(reason), "{line}");
    }
    assert_eq!(said.lines().count(), wrong.len(), "{said}");
}
