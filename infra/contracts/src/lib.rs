//! The contract: JSON Schemas (2020-12) of every public document and message, generated from the types that
//! write and read them.

pub mod additive;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// A document or message of the contract.
#[derive(Clone, Debug)]
pub struct Contract {
    /// The schema's name: `live` is in `schemas/live.schema.json`.
    pub name: &'static str,
    /// The name of its type in TypeScript.
    pub type_name: String,
    /// The subject: the objects in the public bucket, or the topic.
    pub of: &'static str,
    /// Whether this system writes it or receives it.
    pub direction: Direction,
    /// The JSON Schema.
    pub schema: Value,
}

/// The writer of a document or message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// This system.
    Written,
    /// Another system.
    Read,
}

/// The whole contract.
pub fn contracts() -> Vec<Contract> {
    use Direction::{Read, Written};
    vec![
        contract::<export_live::live::Document>("live", "v1/live/{date}.json, v1/live/latest.json", Written),
        contract::<export_live::grading::Document>(
            "live-grading",
            "v1/live-grading/{date}.json, v1/live-grading/latest.json",
            Written,
        ),
        contract::<export_live::timeline::Document>(
            "live-timeline",
            "v1/live-timeline/{date}.json, v1/live-timeline/latest.json",
            Written,
        ),
        contract::<export_tonight::document::Document>(
            "tonight",
            "v1/tonight/{date}.json, v1/tonight/all-players.json",
            Written,
        ),
        contract::<shared::documents::status::Status>("status", "v1/status.json", Written),
        contract::<shared::documents::dates::Dates>("dates", "v1/dates.json", Written),
        contract::<export_tonight::trigger::ExportTrigger>(
            "export-trigger",
            "nba-phase6-export-trigger",
            Read,
        ),
        contract::<export_tonight::trigger::Completion<'static>>(
            "export-completion",
            "nba-phase6-export-complete",
            Written,
        ),
    ]
}

/// The whole contract as one schema that contains each type once: the source of the TypeScript types.
pub fn all() -> Value {
    let mut definitions = Map::new();
    let mut names = Map::new();
    for contract in contracts() {
        let Value::Object(mut schema) = contract.schema else { continue };
        if let Some(Value::Object(own)) = schema.remove("$defs") {
            definitions.extend(own);
        }
        schema.retain(|key, _| !["$schema", "$id", "title"].contains(&key.as_str()));
        definitions.insert(contract.type_name.clone(), schema.into());
        names.insert(contract.name.into(), json!({"$ref": format!("#/$defs/{}", contract.type_name)}));
    }
    let required: Vec<_> = names.keys().cloned().collect();
    json!({
        "title": "Contract", "description": "Every public document and message, by name.", "type": "object",
        "additionalProperties": false, "properties": names, "required": required, "$defs": definitions,
    })
}

fn contract<T: JsonSchema>(name: &'static str, of: &'static str, direction: Direction) -> Contract {
    let mut settings = SchemaSettings::draft2020_12();
    settings.contract = match direction {
        Direction::Written => schemars::generate::Contract::Serialize,
        Direction::Read => schemars::generate::Contract::Deserialize,
    };
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    schema.insert("$id".into(), json!(format!("{name}.schema.json")));
    schema.insert("x-of".into(), json!(of));
    let schema = plain(schema);
    let type_name = schema["title"].as_str().unwrap_or_default().to_owned();
    Contract { name, type_name, of, direction, schema }
}

/// Removes the formats that only Rust distinguishes: JavaScript has a single number type.
fn plain(schema: Schema) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let is_rust = |format: &Value| {
                    format
                        .as_str()
                        .is_some_and(|it| it.starts_with("uint") || it.starts_with("int") || it == "double")
                };
                if fields.get("format").is_some_and(is_rust) {
                    fields.remove("format");
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = schema.to_value();
    strip(&mut value);
    value
}
