//! Whether a schema may follow a released one without breaking its consumers.

use serde_json::{Map, Value};

use crate::Direction;

/// The changes in `new` that break consumers of `old`; empty if `new` only adds.
///
/// In documents that this system writes, every field remains, keeps its type and remains required if it
/// was; in messages that it receives, nothing becomes required and no accepted value is refused. Names of
/// types may change.
pub fn breaks(old: &Value, new: &Value, direction: Direction) -> Vec<String> {
    let mut breaks = Vec::new();
    Comparison { old, new, direction, breaks: &mut breaks }.compare("$", old, new, 0);
    breaks
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    direction: Direction,
    breaks: &'a mut Vec<String>,
}

impl Comparison<'_> {
    fn compare(&mut self, path: &str, old: &Value, new: &Value, depth: usize) {
        let (old, new) = (resolved(self.old, old).clone(), resolved(self.new, new).clone());
        if depth > 20 {
            return;
        }
        let (old_types, new_types) = (types(self.old, &old), types(self.new, &new));
        // An integer is also a number.
        let fits = |narrow: &str, wide: &[String]| {
            wide.iter().any(|it| it == narrow || (it == "number" && narrow == "integer"))
        };
        let (narrow, wide) = match self.direction {
            Direction::Written => (&new_types, &old_types),
            Direction::Read => (&old_types, &new_types),
        };
        if let Some(other) = narrow.iter().find(|it| !fits(it, wide)) {
            self.breaks.push(format!("{path}: {old_types:?} became {new_types:?} ({other})"));
        }
        let (old_values, new_values) = (values(self.old, &old), values(self.new, &new));
        for value in old_values.iter().filter(|value| !new_values.is_empty() && !new_values.contains(value)) {
            self.breaks.push(format!("{path}: the value {value} was removed"));
        }
        match self.direction {
            Direction::Written if !old_values.is_empty() && new_values.is_empty() => {
                self.breaks.push(format!("{path}: is no longer limited to listed values"));
            }
            Direction::Read if old_values.is_empty() && !new_values.is_empty() => {
                self.breaks.push(format!("{path}: is now limited to listed values"));
            }
            _ => {}
        }
        let (narrow, wide) = match self.direction {
            Direction::Written => (&new, &old),
            Direction::Read => (&old, &new),
        };
        for form in ["pattern", "format"] {
            if wide.get(form).is_some() && narrow.get(form) != wide.get(form) {
                self.breaks.push(format!("{path}: the {form} changed"));
            }
        }
        for (inner, key) in [("[]", "items"), (".*", "additionalProperties")] {
            if let (Some(old), Some(new)) = (schema_of(&old, key), schema_of(&new, key)) {
                self.compare(&format!("{path}{inner}"), old, new, depth + 1);
            }
        }
        let (old_places, new_places) = (places(&old), places(&new));
        if old_places.len() != new_places.len() {
            self.breaks.push(format!(
                "{path}: {} list positions became {}",
                old_places.len(),
                new_places.len()
            ));
        }
        for (place, (old, new)) in old_places.iter().zip(new_places).enumerate() {
            self.compare(&format!("{path}[{place}]"), old, new, depth + 1);
        }
        let (Some(old_object), Some(new_object)) = (object(self.old, &old), object(self.new, &new)) else {
            return;
        };
        let required = |object: &Map<String, Value>, name: &str| {
            object.get("required").and_then(Value::as_array).is_some_and(|it| it.iter().any(|it| it == name))
        };
        let (old_fields, new_fields) = (fields(&old_object), fields(&new_object));
        for (name, old) in &old_fields {
            let path = format!("{path}.{name}");
            match new_fields.get(name) {
                None => self.breaks.push(format!("{path}: was removed")),
                Some(new) => self.compare(&path, old, new, depth + 1),
            }
            if self.direction == Direction::Written
                && required(&old_object, name)
                && !required(&new_object, name)
            {
                self.breaks.push(format!("{path}: was required and is now optional"));
            }
        }
        for name in new_fields.keys() {
            if self.direction == Direction::Read
                && required(&new_object, name)
                && !required(&old_object, name)
            {
                self.breaks.push(format!("{path}.{name}: is now required"));
            }
        }
    }
}

fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#')) {
        Some(pointer) => root.pointer(pointer).map_or(schema, |schema| resolved(root, schema)),
        None => schema,
    }
}

/// The alternatives of a schema that has several, otherwise the schema itself.
fn alternatives<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let of = |key: &str| schema.get(key).and_then(Value::as_array);
    match of("anyOf").or_else(|| of("oneOf")) {
        Some(several) => several.iter().flat_map(|it| alternatives(root, resolved(root, it))).collect(),
        None => vec![schema],
    }
}

fn types(root: &Value, schema: &Value) -> Vec<String> {
    let of = |schema: &Value| match &schema["type"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(several) => several.iter().filter_map(|it| it.as_str().map(Into::into)).collect(),
        _ => Vec::new(),
    };
    alternatives(root, schema).into_iter().flat_map(of).collect()
}

fn values(root: &Value, schema: &Value) -> Vec<Value> {
    let of = |schema: &Value| match (schema.get("const"), schema["enum"].as_array()) {
        (Some(one), _) => vec![one.clone()],
        (None, Some(several)) => several.clone(),
        (None, None) => Vec::new(),
    };
    alternatives(root, schema).into_iter().flat_map(of).collect()
}

fn schema_of<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    schema.get(key).filter(|inner| inner.is_object())
}

/// The schema of each position in a list of fixed length.
fn places(schema: &Value) -> &[Value] {
    schema.get("prefixItems").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn object(root: &Value, schema: &Value) -> Option<Map<String, Value>> {
    let has_fields = |schema: &&Value| schema.get("properties").is_some();
    alternatives(root, schema).into_iter().find(has_fields)?.as_object().cloned()
}

fn fields(object: &Map<String, Value>) -> Map<String, Value> {
    object.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn base() -> Value {
        json!({
            "type": "object", "required": ["points", "status"],
            "properties": {
                "points": {"type": "integer"}, "line": {"type": ["number", "null"]},
                "status": {"$ref": "#/$defs/Status"}, "players": {"type": "array", "items": {"$ref": "#/$defs/Player"}},
                "point": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}]},
                "paths": {"type": "object", "additionalProperties": {"type": "string"}},
                "poll_id": {"type": "string", "pattern": "^[0-9]{8}$"},
            },
            "$defs": {
                "Status": {"oneOf": [{"type": "string", "const": "final"}, {"type": "string", "const": "scheduled"}]},
                "Player": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            },
        })
    }

    fn changed(pointer: &str, to: Value) -> Value {
        let mut schema = base();
        *schema.pointer_mut(pointer).expect("a place in the schema") = to;
        schema
    }

    #[test]
    fn what_is_added_breaks_nobody() {
        let mut more = base();
        more["properties"]["rebounds"] = json!({"type": "integer"});
        more["required"] = json!(["points", "status", "rebounds"]);
        more["$defs"]["Status"]["oneOf"]
            .as_array_mut()
            .expect("values")
            .push(json!({"const": "postponed", "type": "string"}));
        for (schema, what) in [
            (base(), "nothing"),
            (more, "a field and a value"),
            (changed("/properties/line", json!({"type": "number"})), "a line that is always there"),
        ] {
            assert_eq!(breaks(&base(), &schema, Direction::Written), Vec::<String>::new(), "{what}");
        }
    }

    #[test]
    fn what_is_taken_away_or_turned_into_something_else_is_found() {
        for (schema, expected) in [
            (changed("/properties/points", json!({"type": "string"})), "$.points: [\"integer\"] became"),
            (changed("/properties/points", json!({"type": ["integer", "null"]})), "$.points: "),
            (changed("/properties/points", json!({"type": "number"})), "$.points: "),
            (changed("/required", json!(["status"])), "$.points: was required"),
            (changed("/$defs/Player/properties", json!({})), "$.players[].name: was removed"),
            (changed("/$defs/Player/required", json!([])), "$.players[].name: was required"),
            (
                changed("/$defs/Status/oneOf/0/const", json!("over")),
                "$.status: the value \"final\" was removed",
            ),
            (
                changed("/properties/status", json!({"type": "string"})),
                "$.status: is no longer limited to listed values",
            ),
            (changed("/properties/point/prefixItems/1/type", json!("string")), "$.point[1]: "),
            (
                changed("/properties/point/prefixItems", json!([{"type": "integer"}])),
                "$.point: 2 list positions became 1",
            ),
            (changed("/properties/paths/additionalProperties/type", json!("number")), "$.paths.*: "),
            (changed("/properties/poll_id/pattern", json!("^[0-9]{9}$")), "$.poll_id: the pattern changed"),
        ] {
            let found = breaks(&base(), &schema, Direction::Written);
            assert!(found.iter().any(|it| it.starts_with(expected)), "{expected}: {found:?}");
        }
    }

    #[test]
    fn what_others_send_may_not_be_asked_for_more() {
        let asked = changed("/required", json!(["points", "status", "line"]));
        assert_eq!(breaks(&base(), &asked, Direction::Read), ["$.line: is now required"]);
        let narrower = changed("/properties/line", json!({"type": "number"}));
        assert_eq!(breaks(&base(), &narrower, Direction::Read).len(), 1);
        let fewer = changed("/properties/poll_id", json!({"enum": ["20260109"], "type": "string"}));
        assert_eq!(breaks(&base(), &fewer, Direction::Read), ["$.poll_id: is now limited to listed values"]);
        let wider = changed("/properties/points", json!({"type": ["integer", "string"]}));
        assert!(breaks(&base(), &wider, Direction::Read).is_empty());
    }
}
