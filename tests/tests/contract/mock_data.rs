//! Mock data for a front end: six moments of a night, reproducible byte by byte.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use tests::{binary, contract::Contract, files::below};

/// Every file below a folder, by its path there.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let named = |path: PathBuf| {
        let name = path.strip_prefix(folder).expect("below it").to_string_lossy().into_owned();
        (name, std::fs::read(path).expect("a file"))
    };
    below(folder, "").into_iter().map(named).collect()
}

fn mock(out: &Path, moment: &str) -> std::process::Output {
    let data = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(binary("local-cloud"));
    command.arg("mock").arg("--out").arg(out).arg("--data-dir").arg(data.path().join("data"));
    command.args(["--moment", moment]).output().expect("the local cloud")
}

#[test]
fn six_moments_are_written_as_the_contract_says_and_always_the_same() {
    let out = tempfile::tempdir().expect("a folder");
    let [one, two] = ["one", "two"].map(|name| out.path().join(name));
    let said = mock(&one, "after-midnight");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let files_one = files(&one);
    assert!(mock(&two, "after-midnight").status.success());
    let changed: Vec<_> =
        files(&two).into_iter().filter(|(name, body)| files_one.get(name) != Some(body)).collect();
    assert!(changed.is_empty(), "{:?}", changed.iter().map(|(name, _)| name).collect::<Vec<_>>());

    let contract = Contract::published();
    let json = |name: &str| -> Value { serde_json::from_slice(&files_one[name]).expect(name) };
    for name in files_one.keys() {
        let (_, object) = name.split_once("v1/").expect("a public object");
        contract.check(Contract::of_object(object), &json(name));
    }
    let clock = |moment: &str| -> Vec<String> {
        let games = json(&format!("{moment}/v1/live/latest.json"))["games"].clone();
        games
            .as_array()
            .expect("games")
            .iter()
            .map(|game| game["time_remaining"].as_str().expect("a clock").to_owned())
            .collect()
    };
    assert!(!files_one.contains_key("morning/v1/live/latest.json"), "no game has been polled in the morning");
    assert_eq!(clock("before-tip-off"), ["", "", ""], "the whole night");
    assert!(clock("second-quarter").iter().any(|clock| clock.starts_with("Q2 ")));
    assert!(clock("after-midnight").iter().any(|clock| clock.starts_with("OT1 ")), "a west-coast overtime");
    assert!(
        files_one["v1/live/latest.json"] == files_one["after-midnight/v1/live/latest.json"],
        "the moment asked for"
    );
    let after = json("morning-after/v1/status.json");
    assert_eq!(
        (&after["overall_status"], &after["active_break"]["headline"]),
        (&json!("healthy"), &json!("No games today"))
    );
    let settled = |moment: &str| -> BTreeMap<String, usize> {
        let grading = json(&format!("{moment}/v1/live-grading/2025-12-27.json"));
        let mut counts = BTreeMap::new();
        // Who the league lists as inactive is void at once.
        let lines = grading["lines"].as_array().expect("lines").iter();
        for line in lines.filter(|line| line["void_detail"].is_null()) {
            *counts.entry(line["settled"].as_str().expect("a word").to_owned()).or_default() += 1;
        }
        counts
    };
    let is_only = |moment: &str, word: &str| settled(moment).into_keys().eq([word.to_owned()]);
    assert!(is_only("second-quarter", "open") && is_only("morning-after", "provisional"));
    assert!(is_only("official", "official"));
    let corrections = json("official/v1/live-grading/2025-12-27.json")["corrections"].clone();
    assert_eq!(corrections.as_array().map(Vec::len), Some(1), "{corrections}");
}

#[test]
fn a_moment_that_nobody_knows_is_refused_with_those_there_are() {
    let out = tempfile::tempdir().expect("a folder");
    let said = mock(out.path(), "noon");
    assert!(!said.status.success());
    assert!(String::from_utf8_lossy(&said.stderr).contains("expected one of [\"morning\", "));
}
