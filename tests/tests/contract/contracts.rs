//! The contract: schemas and TypeScript match the code, are only ever extended, and describe every field.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use contracts::{additive::breaks, contracts};
use local_cloud::cloud::API_BUCKET;
use serde_json::{Value, json};
use tests::{
    Cloud, HandClock, Reply, Stub,
    contract::{Contract, folder, schemas},
    game, skipped,
    warehouse::{DAY, predicted},
};

#[test]
fn the_schemas_are_those_of_the_code() {
    let mut kept = schemas("schemas");
    for contract in contracts() {
        let kept = kept.remove(contract.name);
        assert!(kept == Some(contract.schema), "{}: `make contracts` writes it again", contract.name);
    }
    assert!(kept.is_empty(), "nobody writes {:?}", kept.keys());
}

#[test]
fn a_released_schema_is_only_added_to() {
    let released = schemas("released");
    assert!(!released.is_empty(), "`make contracts-release` keeps a release");
    let now = contracts();
    for (name, old) in &released {
        let contract = now.iter().find(|contract| contract.name == name);
        let contract = contract.unwrap_or_else(|| panic!("{name} was released and is gone"));
        let breaks = breaks(old, &contract.schema, contract.direction);
        assert!(breaks.is_empty(), "{name}: {breaks:#?}");
    }
}

#[test]
fn every_type_and_field_is_described() {
    fn check(path: &str, schema: &Value) {
        if let Some(fields) = schema["properties"].as_object() {
            assert!(schema["description"].is_string(), "{path} is not described");
            for (name, field) in fields {
                assert!(field["description"].is_string(), "{path}.{name} is not described");
            }
        }
        let definitions = schema["$defs"].as_object().into_iter().flatten();
        definitions.for_each(|(name, schema)| check(name, schema));
    }
    for contract in contracts() {
        check(contract.name, &contract.schema);
    }
}

/// Runs a command of the TypeScript folder; `None` where its packages are not installed.
fn npm(arguments: &[&str], input: &str) -> Option<Output> {
    let folder = folder().join("typescript");
    if !folder.join("node_modules").is_dir() {
        skipped("no packages in infra/contracts/typescript (`make test` installs them)");
        return None;
    }
    let mut command = Command::new("node");
    let child = command.args(arguments).current_dir(folder).stdin(Stdio::piped());
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("node");
    child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("an input");
    Some(child.wait_with_output().expect("an output"))
}

const TSC: &str = "node_modules/typescript/bin/tsc";

#[test]
fn the_typescript_is_that_of_the_code() {
    let Some(output) = npm(&["generate.mjs"], &contracts::all().to_string()) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let kept = fs::read_to_string(folder().join("typescript/challenge-system.ts")).expect("the types");
    assert!(kept == String::from_utf8_lossy(&output.stdout), "`make contracts` writes it again");
}

#[test]
fn a_strict_consumer_that_reads_every_field_compiles_and_a_wrong_one_does_not() {
    let Some(output) = npm(&[TSC, "--project", "."], "") else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let unread = npm(&["unread.mjs"], "").expect("the fields that are not read");
    assert!(unread.status.success(), "{}", String::from_utf8_lossy(&unread.stderr));
    assert_eq!(String::from_utf8_lossy(&unread.stdout), "", "the consumer does not read these");
    // A line may be null, so the compiler rejects arithmetic on it.
    let wrong: PathBuf = folder().join("typescript/wrong.ts");
    fs::write(&wrong, "import type { GradedPrediction } from \"./challenge-system.js\";\nexport const twice = (it: GradedPrediction): number => it.line * 2;\n").expect("a file");
    let output =
        npm(&[TSC, "--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "wrong.ts"], "");
    fs::remove_file(wrong).expect("removed");
    let said = String::from_utf8_lossy(&output.expect("an output").stdout).into_owned();
    assert!(said.contains("'it.line' is possibly 'null'"), "{said}");
}

#[tokio::test]
async fn what_the_functions_write_is_what_the_contract_says() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add("nba_predictions.player_prop_predictions", predicted("jaylenbrown", 27.3, "OVER"));
    let contract = Contract::published();
    let tonight = cloud.tonight(&HandClock::at("2026-01-09T22:00:00Z")).await;
    for message in [json!({"export_types": ["tonight"]}), json!({"export_types": ["other"]}), json!([])] {
        tonight.tell(message).await;
    }
    let completions = cloud.completions();
    assert_eq!(completions.len(), 3);
    completions.iter().for_each(|completion| contract.check("export-completion", completion));
    let poll = Reply::games([game(1, DAY, "3rd Qtr", 3, "Q3 6:35")]);
    let stub = Stub::answering([poll, Reply::text(500, "")]).await;
    let exporter = cloud.exporter(&stub, &HandClock::at("2026-01-10T02:12:01Z")).await;
    exporter.post("").await;
    let names = cloud.names(API_BUCKET, "v1/");
    assert_eq!(names.len(), 10, "{names:?}");
    for name in names {
        contract.check(Contract::of_object(&name), &cloud.json(API_BUCKET, &name));
    }
}

#[test]
fn a_document_that_is_not_as_described_is_found_out() {
    let contract = Contract::published();
    let trigger = json!({"export_types": ["tonight"], "target_date": "2026-01-09", "update_latest": true});
    contract.check("export-trigger", &trigger);
    for (field, wrong) in [
        ("export_types", json!("tonight")),
        ("target_date", json!("tomorrow")),
        ("update_latest", json!(1)),
        ("another", json!(1)),
    ] {
        let mut trigger = trigger.clone();
        trigger[field] = wrong;
        let errors = contract.errors("export-trigger", &trigger);
        assert!(errors.len() == 1, "{field}: {errors:?}");
    }
}
