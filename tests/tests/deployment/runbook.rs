//! The quotations of the runbook.

use super::*;

#[test]
fn every_quotation_of_the_runbook_is_a_text_of_the_project_or_a_heading() {
    let folders = ["functions", "shared", "infra/terraform"].map(|folder| infra().join("..").join(folder));
    let sources =
        folders.iter().flat_map(|folder| below(folder, ".rs").into_iter().chain(below(folder, ".tf")));
    let code: String = sources.map(|file| fs::read_to_string(file).expect("a source")).collect();
    let runbook = fs::read_to_string(infra().join("RUNBOOK.md")).expect("the runbook");
    // Commands, in blocks or lines, quote for the shell.
    let prose: Vec<&str> = runbook.split("```").step_by(2).collect();
    let prose: Vec<String> = prose.iter().map(|text| text.split('`').step_by(2).collect()).collect();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (prose, code) = (words(&prose.concat()), words(&code));
    let quotations: Vec<&str> = prose.split('"').skip(1).step_by(2).collect();
    assert!(quotations.len() > 20, "{quotations:?}");
    for quotation in quotations {
        let is_heading = runbook.lines().any(|line| line.trim_start_matches('#').trim() == quotation);
        // An ellipsis stands for a value.
        let is_text = quotation.split('…').all(|part| code.contains(part.trim()));
        assert!(is_heading || is_text, "{quotation}");
    }
}
