//! What has a `kind`: stages and ensembles, a branch for each kind with the keys that belong to it.

use serde_json::{Map, Value, json};

use super::probe::Probe;
use super::property;
use crate::md::explain::meanings;

/// Kinds of stages that may exist; the reader says which do.
const STAGES: [&str; 2] = ["minimise", "dynamics"];
/// Ensembles of the deck format; the reader says which are implemented.
const ENSEMBLES: [&str; 7] =
    ["nve", "nvt-langevin", "nvt-nose-hoover", "nvt-rescale", "nvt-berendsen", "npt-rescale", "npt-mttk"];
/// Keys that an ensemble may have beside `kind`; the reader says which belong to which.
const ENSEMBLE_KEYS: [(&str, &str); 11] = [
    ("group", "the group that a thermostat acts on"),
    ("temperature_K", "target temperature, K"),
    ("friction_per_ps", "friction of the thermostat, 1/ps: it drags on D"),
    ("relaxation_ps", "time in which the temperature relaxes, ps"),
    ("chain_length", "thermostats in a Nose-Hoover chain"),
    ("suzuki_yoshida", "Suzuki-Yoshida weights in a step of the chain"),
    ("pressure_GPa", "target pressure, GPa"),
    ("pressure_relaxation_ps", "time in which the pressure relaxes, ps"),
    ("compressibility_per_GPa", "estimate of the compressibility, 1/GPa"),
    ("coupling", "what of the cell may change: isotropic, anisotropic or triclinic"),
    ("initial_temperature_K", "first dynamics stage: draw velocities at this temperature, K"),
];

/// The array of stages.
pub(super) fn stages(probe: &Probe) -> Value {
    let keys: Vec<(String, Value)> = meanings()
        .filter_map(|(path, text, default)| {
            let key = path.strip_prefix("stage.")?;
            let described = match key {
                "ensemble" => ensembles(probe, text),
                "thermostats" => thermostats(probe, text),
                _ => property(probe, path, text, default),
            };
            Some((key.to_owned(), described))
        })
        .collect();
    let branches = STAGES.iter().filter_map(|kind| {
        let stage = json!({ "name": "probe", "kind": kind });
        branch(kind, &keys, |set| probe.with("stage", with(&stage, set)))
    });
    json!({ "type": "array", "description": "the stages, in order", "items": { "oneOf": branches.collect::<Vec<_>>() } })
}

fn ensembles(probe: &Probe, text: &str) -> Value {
    let mut keys = vec![("kind".to_owned(), json!({ "type": "string" }))];
    keys.extend(ENSEMBLE_KEYS.iter().map(|(key, text)| {
        let path = format!("stage.ensemble.{key}");
        ((*key).to_owned(), property(probe, &path, text, None))
    }));
    let branches = ENSEMBLES.iter().filter_map(|kind| {
        let ensemble = json!({ "kind": kind });
        branch(kind, &keys, |set| probe.with("stage.ensemble", with(&ensemble, set)))
    });
    json!({ "type": "object", "description": text, "oneOf": branches.collect::<Vec<_>>() })
}

/// Thermostats of groups: the ensembles that may be one.
fn thermostats(probe: &Probe, text: &str) -> Value {
    let mut keys = vec![("kind".to_owned(), json!({ "type": "string" }))];
    keys.extend(ENSEMBLE_KEYS.iter().map(|(key, text)| {
        let path = format!("stage.ensemble.{key}");
        ((*key).to_owned(), property(probe, &path, text, None))
    }));
    let branches = ENSEMBLES.iter().filter_map(|kind| {
        let thermostat = json!({ "kind": kind });
        branch(kind, &keys, |set| probe.with("stage.thermostats", json!([with(&thermostat, set)])))
    });
    let one = json!({ "oneOf": branches.collect::<Vec<_>>() });
    json!({ "type": "array", "description": text, "items": one })
}

/// A table with one more key.
fn with(table: &Value, set: Option<(&str, Value)>) -> Value {
    let mut table = table.clone();
    if let Some((key, value)) = set {
        table[key] = value;
    }
    table
}

/// The keys that belong to a kind and those it needs; `None` where there is no such kind.
fn branch(
    kind: &str,
    keys: &[(String, Value)],
    deck: impl Fn(Option<(&str, Value)>) -> Value,
) -> Option<Value> {
    let bare = Probe::problems(deck(None)).expect("a kind alone can be read");
    if bare.iter().any(|(key, _)| key == "kind") {
        return None;
    }
    let is_missing = |key: &str| bare.iter().any(|(at, message)| at == key && message == "missing key");
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (key, described) in keys {
        let own = key == "kind" || key == "name";
        let refused = |(at, message): &(String, String)| {
            at == key && (message.starts_with("unknown key") || message.contains("does not belong"))
        };
        let found = if own { Vec::new() } else { Probe::problems(deck(Some((key, example(described)))))? };
        if found.iter().any(refused) {
            continue;
        }
        properties.insert(key.clone(), described.clone());
        if own || is_missing(key) {
            required.push(Value::from(key.as_str()));
        }
    }
    properties["kind"]["const"] = kind.into();
    Some(
        json!({ "title": kind, "type": "object", "additionalProperties": false, "properties": properties, "required": required }),
    )
}

/// A value of the type that a key has.
fn example(described: &Value) -> Value {
    match described["type"].as_str() {
        Some("integer") => json!(1),
        Some("string") => json!("text"),
        Some("boolean") => json!(true),
        Some("object") => json!({ "kind": "nve" }),
        Some("array") => json!([]),
        _ => json!(1.5),
    }
}
