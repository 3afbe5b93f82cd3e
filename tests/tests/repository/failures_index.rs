//! `FAILURES.md` has each failure of the original system once, and names the tests that there are.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tests::files::below;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");
const FAILURES: u32 = 72;

/// A test by its file and its name.
type Test = (PathBuf, String);

fn index() -> String {
    fs::read_to_string(Path::new(FOLDER).join("FAILURES.md")).expect("the index")
}

/// The number of each row and the tests that it names.
fn rows() -> Vec<(u32, Vec<Test>)> {
    let mut rows = Vec::new();
    for line in index().lines() {
        let Some(row) = line.strip_prefix("| F") else { continue };
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [number, what, held_by, ""] = cells.as_slice() else { panic!("not three columns: {line}") };
        assert!(!what.is_empty() && !held_by.is_empty(), "an empty column: {line}");
        rows.push((number.parse::<u32>().expect("a number"), named(held_by)));
    }
    rows
}

/// The tests that a cell names, each by a link that reads `file::test` and leads to the file.
fn named(cell: &str) -> Vec<Test> {
    let mut tests = Vec::new();
    for link in cell.split("[`").skip(1) {
        let (label, rest) = link.split_once("`](").expect("a link");
        let (file, test) = label.split_once("::").expect("file::test");
        let (target, _) = rest.split_once(')').expect("the end of a link");
        assert!(target.ends_with(&format!("/{file}.rs")), "{label} leads to {target}");
        let path = Path::new(FOLDER).join(target);
        tests.push((path.canonicalize().unwrap_or(path), test.to_owned()));
    }
    tests
}

/// The numbers that a test's name carries: 19 and 47 in `f19_f47_who_did_not_play`.
fn numbers(test: &str) -> Vec<u32> {
    test.split('_').filter_map(|word| word.strip_prefix('f')?.parse().ok()).collect()
}

fn tests_in(file: &Path) -> Vec<String> {
    let (mut tests, mut is_test) = (Vec::new(), false);
    for line in fs::read_to_string(file).expect("a source file").lines().map(str::trim) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let line = line.strip_prefix("async ").unwrap_or(line);
        let Some(function) = line.strip_prefix("fn ") else { continue };
        if is_test {
            tests.push(function.split('(').next().unwrap_or_default().to_owned());
        }
        is_test = false;
    }
    tests
}

#[test]
fn every_number_has_one_row() {
    let numbers: Vec<u32> = rows().iter().map(|(number, _)| *number).collect();
    for number in 1..=FAILURES {
        assert_eq!(numbers.iter().filter(|it| **it == number).count(), 1, "rows of F{number}");
    }
    assert!(numbers.is_sorted() && numbers.last() == Some(&FAILURES), "not in order: {numbers:?}");
}

#[test]
fn every_test_that_carries_a_number_is_in_its_row() {
    let (rows, mut seen) = (rows(), 0);
    for file in below(&Path::new(FOLDER).join("..").canonicalize().expect("the repository"), ".rs") {
        for name in tests_in(&file) {
            let test = (file.clone(), name);
            for carried in numbers(&test.1) {
                let is_listed = rows.iter().any(|(row, tests)| *row == carried && tests.contains(&test));
                assert!(is_listed, "the row of F{carried} lacks {} of {}", test.1, file.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "the sources were not read: {seen} numbers");
}

#[test]
fn every_test_in_the_index_is_a_test_of_its_file() {
    for (number, tests) in rows() {
        for (file, test) in tests {
            let is_there = file.is_file() && tests_in(&file).contains(&test);
            assert!(is_there, "F{number}: there is no test {test} in {}", file.display());
        }
    }
}

#[test]
fn every_file_that_the_index_links_is_there() {
    for link in index().split("](").skip(1) {
        let (target, _) = link.split_once(')').expect("the end of a link");
        assert!(Path::new(FOLDER).join(target).is_file(), "there is no {target}");
    }
}
