//! Validates documents against the published contract.

use std::{collections::BTreeMap, fs, path::PathBuf};

use jsonschema::Validator;
use serde_json::Value;

/// The schemas of `infra/contracts/schemas`, tightened to reject fields that they do not name.
#[derive(Debug)]
pub struct Contract(BTreeMap<String, Validator>);

/// The folder of the contract.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../infra/contracts")
}

/// The schemas in a folder of the contract, by name.
pub fn schemas(of: &str) -> BTreeMap<String, Value> {
    let files = fs::read_dir(folder().join(of)).expect("the contract");
    let read = |file: fs::DirEntry| {
        let name = file.file_name().to_string_lossy().trim_end_matches(".schema.json").to_owned();
        let schema = fs::read_to_string(file.path()).expect("a schema");
        (name, serde_json::from_str(&schema).expect("JSON"))
    };
    files.map(|file| read(file.expect("a file"))).collect()
}

impl Contract {
    /// Reads the contract.
    pub fn published() -> Self {
        let validators = schemas("schemas").into_iter().map(|(name, mut schema)| {
            close(&mut schema);
            let validator = jsonschema::draft202012::options()
                .should_validate_formats(true)
                .build(&schema)
                .unwrap_or_else(|error| panic!("{name} is no schema: {error}"));
            (name, validator)
        });
        Self(validators.collect())
    }

    /// The schema of an object in the public bucket: `v1/live/latest.json` follows `live`.
    pub fn of_object(object: &str) -> &str {
        let name = object.trim_start_matches("v1/").trim_end_matches(".json");
        name.split('/').next().unwrap_or(name)
    }

    /// Panics if a document violates its schema, with the place of the violation.
    pub fn check(&self, schema: &str, document: &Value) {
        let errors = self.errors(schema, document);
        assert!(errors.is_empty(), "{schema}: {errors:#?}");
    }

    /// The places at which a document violates its schema.
    pub fn errors(&self, schema: &str, document: &Value) -> Vec<String> {
        let validator = self.0.get(schema).unwrap_or_else(|| panic!("{schema} is not in the contract"));
        let errors = validator.iter_errors(document).take(5);
        errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}

/// Forbids additional fields: a field that is written but not described is a defect.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".into(), false.into());
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
