//! The layers of `shared`: each uses only itself and the layers below it.

use std::{fs, path::Path};

use tests::files::below;

/// From the top down. The remaining modules are single files without a layer, which use only each other.
const LAYERS: [&str; 6] = ["service", "documents", "slate", "sources", "google", "nba"];

/// The modules that a source file names after `crate::`, in a list of imports or in a path.
fn used(code: &str) -> Vec<&str> {
    let mut modules = Vec::new();
    for (start, prefix) in code.match_indices("crate::") {
        let rest = &code[start + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let mut depth = 1;
                let mut begins = true;
                for (at, character) in list.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ if depth == 1 && begins && character.is_alphabetic() => {
                            modules.push(word(&list[at..]))
                        }
                        _ => (),
                    }
                    begins = depth == 1 && (character == ',' || (begins && character.is_whitespace()));
                    if depth == 0 {
                        break;
                    }
                }
            }
            None => modules.push(word(rest)),
        }
    }
    modules
}

fn word(text: &str) -> &str {
    text.split(|character: char| !character.is_alphanumeric() && character != '_').next().unwrap_or_default()
}

#[test]
fn no_layer_of_shared_uses_one_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/src");
    let place = |module: &str| LAYERS.iter().position(|layer| *layer == module);
    let mut upward = Vec::new();
    let mut seen = 0;
    for file in below(&root, ".rs") {
        let name = file.strip_prefix(&root).expect("below shared/src").display().to_string();
        if name == "lib.rs" {
            continue;
        }
        let own = place(name.split('/').next().unwrap_or_default());
        let code = fs::read_to_string(&file).expect("a source file");
        for module in used(&code) {
            seen += 1;
            // A file without a layer is below all of them.
            let is_upward = place(module).is_some_and(|used| own.is_none_or(|own| used < own));
            if is_upward {
                upward.push(format!("{name} uses {module}"));
            }
        }
    }
    assert!(seen > 50, "the sources were not read: {seen} uses");
    assert!(upward.is_empty(), "these arrows go up: {upward:#?}");
}

#[test]
fn an_arrow_that_goes_up_is_seen_in_every_form_of_a_path() {
    for code in [
        "use crate::service::Settings;",
        "use crate::{Error, service::Settings};",
        "use crate::{\n    Error,\n    nba::{Team, SlateDay},\n    service,\n};",
        "let it = crate::service::run();",
    ] {
        assert!(used(code).contains(&"service"), "{code}");
    }
    assert!(!used("use crate::{nba::{service, Team}};").contains(&"service"), "a name inside another module");
}
