//! The bench runs; its measurements are not checked here, but by `make bench`.

use std::process::Command;

use tests::binary;

#[test]
fn the_bench_measures_every_path_and_counts_its_calls() {
    let bench = binary("bench");
    let output = Command::new(&bench)
        .args(["--runs", "1", "--exports", "10", "--binaries"])
        .arg(bench.parent().expect("a folder"))
        .output()
        .expect("the bench runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for row in [
        "export-live, warm ",
        "export-live, cold, from request ",
        "export-live, cold, from start ",
        "export-tonight ",
        "scrape ",
        "process ",
        "tonight's list reads ",
        "a night's documents have ",
        "export-live after     10 exports",
    ] {
        assert!(said.contains(row), "no row {row:?} in {said}");
    }
    // The number of calls does not depend on the machine: a warm export makes one poll, writes seven
    // documents and reads nothing.
    let calls =
        said.split("calls of one export-live, warm").nth(1).and_then(|rest| rest.split("calls of").next());
    // Each line begins with the number and ends with the route.
    let call = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        [words[0], words[words.len() - 2], words[words.len() - 1]].join(" ")
    };
    let lines = calls.expect("the calls").lines().skip(1).filter(|line| !line.trim().is_empty());
    let calls: Vec<String> = lines.map(call).collect();
    let expected = ["1.00 GET /balldontlie/v1/box_scores/live", "7.00 POST /upload/storage/v1/b/{bucket}/o"];
    assert_eq!(calls, expected, "{said}");
}
