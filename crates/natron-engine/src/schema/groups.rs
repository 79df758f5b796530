//! `[[group]]`: what names atoms.

use serde_json::{Map, Value, json};

use crate::md::explain::meanings;

/// The ways to say who belongs to a group, of which a group has exactly one.
const WAYS: [&str; 4] = ["species", "indices", "region", "expression"];

/// The array of groups.
pub(super) fn groups() -> Value {
    let mut properties = Map::new();
    for (path, text, _) in meanings() {
        let Some(key) = path.strip_prefix("group.") else { continue };
        let mut described = match key {
            "species" => json!({ "type": "array", "minItems": 1, "items": { "type": "string" } }),
            "indices" => indices(),
            "region" => region(),
            _ => json!({ "type": "string" }),
        };
        described["description"] = text.into();
        properties.insert(key.into(), described);
    }
    let ways: Vec<Value> = WAYS.iter().map(|way| json!({ "required": [way] })).collect();
    let group = json!({
        "type": "object", "additionalProperties": false, "properties": properties, "required": ["name"], "oneOf": ways
    });
    json!({ "type": "array", "description": "named groups of atoms, in order", "items": group })
}

/// Atoms by number: single ones and ranges.
pub(super) fn indices() -> Value {
    let index = json!({ "type": "integer", "minimum": 0 });
    let range = json!({ "type": "string", "pattern": "^ *[0-9]+ *(- *[0-9]+ *)?$" });
    json!({ "type": "array", "minItems": 1, "items": { "anyOf": [index, range] } })
}

fn region() -> Value {
    let (number, axis) = (json!({ "type": "number" }), json!({ "enum": ["x", "y", "z"] }));
    let vector = json!({ "type": "array", "minItems": 3, "maxItems": 3, "items": number });
    let ends = json!({ "type": "array", "minItems": 2, "maxItems": 2, "items": number });
    let radius = json!({ "type": "number", "exclusiveMinimum": 0 });
    let of = |kind: &str, keys: Value, required: &[&str]| {
        let mut properties = keys;
        properties["kind"] = json!({ "const": kind });
        let required: Vec<&str> = required.iter().copied().chain(["kind"]).collect();
        json!({ "type": "object", "title": kind, "additionalProperties": false, "properties": properties, "required": required })
    };
    let slab = json!({ "axis": axis, "from_A": number, "to_A": number });
    let rod =
        json!({ "axis": axis, "centre_A": vector, "radius_A": radius, "from_A": number, "to_A": number });
    json!({ "oneOf": [
        of("block", json!({ "x_A": ends, "y_A": ends, "z_A": ends }), &[]),
        of("slab", slab, &["axis", "from_A", "to_A"]),
        of("sphere", json!({ "centre_A": vector, "radius_A": radius }), &["centre_A", "radius_A"]),
        of("cylinder", rod, &["axis", "centre_A", "radius_A"]),
    ] })
}
