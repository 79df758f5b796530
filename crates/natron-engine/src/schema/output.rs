//! `trajectory_groups`: what of which atoms is recorded once more.

use serde_json::{Map, Value, json};

use super::groups::indices;
use super::probe::Probe;
use super::property;
use crate::md::explain::OUTPUT_GROUP_KEYS;

/// The array of groups of atoms that are recorded.
pub(super) fn groups(probe: &Probe, path: &str, text: &str) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (key, meaning) in OUTPUT_GROUP_KEYS {
        let path = format!("{path}.{key}");
        let mut described = match key {
            "indices" => indices(),
            _ => property(probe, &path, meaning, None),
        };
        described["description"] = meaning.into();
        properties.insert(key.into(), described);
        if probe.is_required(&path) {
            required.push(Value::from(key));
        }
    }
    let item = json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required });
    json!({ "type": "array", "description": text, "items": item })
}
