//! The documents of the repository: their links lead somewhere, and their commands exist.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use tests::files::below;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

fn text(document: &Path) -> String {
    fs::read_to_string(document).expect("a document")
}

/// The anchors that the headings of a document have.
fn anchors(document: &Path) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for line in text(document).lines().filter(|line| line.starts_with('#')) {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        anchors.insert(kept.collect::<String>().replace(' ', "-"));
    }
    anchors
}

#[test]
fn the_readme_has_at_most_180_lines_of_120_characters() {
    let readme = text(&root().join("README.md"));
    assert!(readme.lines().count() <= 180, "{} lines", readme.lines().count());
    for line in readme.lines() {
        assert!(line.chars().count() <= 120, "longer than 120 characters: {line}");
    }
}

#[test]
fn every_link_inside_the_repository_leads_to_a_file_and_a_heading() {
    let mut seen = 0;
    for document in below(&root(), ".md") {
        for link in text(&document).split("](").skip(1) {
            let target = link.split(')').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.contains(' ') {
                continue;
            }
            seen += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = match file {
                "" => document.clone(),
                file => document.parent().expect("a folder").join(file),
            };
            assert!(path.exists(), "{}: {target} leads nowhere", document.display());
            if !anchor.is_empty() && path.extension().is_some_and(|extension| extension == "md") {
                assert!(anchors(&path).contains(anchor), "{}: no heading {target}", document.display());
            }
        }
    }
    assert!(seen > 200, "the documents were not read: {seen} links");
}

#[test]
fn every_constant_and_variable_that_a_document_names_is_in_the_code() {
    let code: String = [".rs", ".tf", ".sql", ".py", ".json", "Makefile", "Dockerfile", "deploy", "replay"]
        .into_iter()
        .flat_map(|ending| below(&root(), ending))
        .map(|file| fs::read_to_string(file).unwrap_or_default())
        .collect();
    // Words of Google's own, and a placeholder.
    let others = ["PAUSED", "DEADLINE_EXCEEDED", "PUBLIC"];
    let mut seen = 0;
    for document in below(&root(), ".md") {
        for word in text(&document).split('`').skip(1).step_by(2) {
            let is_constant = word.len() > 5
                && word.starts_with(|c: char| c.is_ascii_uppercase())
                && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            if is_constant && !others.contains(&word) {
                seen += 1;
                assert!(code.contains(word), "{}: there is no {word}", document.display());
            }
        }
    }
    assert!(seen > 50, "the documents were not read: {seen} words");
}

#[test]
fn every_make_command_of_the_documents_is_a_target() {
    let makefile = text(&root().join("Makefile"));
    let targets: BTreeSet<&str> = makefile
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter_map(|line| line.split_once(':'))
        .map(|(target, _)| target)
        .collect();
    let mut seen = 0;
    for document in below(&root(), ".md") {
        for line in text(&document).lines() {
            let commands = line.split('`').skip(1).step_by(2).chain([line]);
            for command in commands.filter_map(|command| command.strip_prefix("make ")) {
                let target = command.split_whitespace().next().unwrap_or_default();
                let is_word =
                    target.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !target.is_empty();
                if is_word {
                    seen += 1;
                    assert!(targets.contains(target), "{}: make {target}", document.display());
                }
            }
        }
    }
    assert!(seen > 20, "the documents were not read: {seen} commands");
}
