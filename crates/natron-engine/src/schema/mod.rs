//! `natron schema`: JSON schemas of decks, for editors.
//!
//! The keys and what they mean are those of `--explain`; their types, which of them must be there, and which belong to
//! which kind of stage or ensemble are asked of the code that reads decks. So a schema says what this natron takes,
//! and nothing that could have been forgotten beside it.

mod groups;
mod kinds;
mod output;
mod probe;

use serde_json::{Map, Value, json};

use crate::md::explain::meanings;
use probe::{Probe, key_of};

/// The dialect: the one that editors of TOML understand.
pub(crate) const DIALECT: &str = "http://json-schema.org/draft-07/schema#";

/// Schema of the MD deck.
pub fn md() -> Value {
    let probe = Probe::new();
    let mut root = table(&probe, "");
    for section in sections() {
        let described = match section {
            "stage" => kinds::stages(&probe),
            "group" => groups::groups(),
            _ => table(&probe, section),
        };
        root["properties"][section] = described;
        if probe.is_required(section) {
            root["required"].as_array_mut().expect("a table lists what it needs").push(section.into());
        }
    }
    root["properties"]["potential"]["oneOf"] = crate::keys::one_potential();
    root["properties"]["format"]["const"] = natron_dynamics::deck::FORMAT.into();
    crate::keys::of_deck("md", &root)
}

/// Schema of the build deck.
pub fn build() -> Value {
    crate::build::schema()
}

/// Schema of the study deck.
pub fn study() -> Value {
    crate::study::schema()
}

/// Schema of the deck of `natron neb`.
pub fn neb() -> Value {
    crate::neb::schema()
}

/// Schema of the voltage deck.
pub fn voltage() -> Value {
    crate::voltage::schema()
}

/// Schema of the charges deck.
pub fn charges() -> Value {
    crate::charges::schema()
}

/// Tables below the top level, in the order of the explanations.
fn sections() -> Vec<&'static str> {
    let mut sections: Vec<&str> = Vec::new();
    for (path, ..) in meanings() {
        if let Some((section, _)) = path.split_once('.')
            && !sections.contains(&section)
        {
            sections.push(section);
        }
    }
    sections
}

/// The keys of a table; "" is the top level.
fn table(probe: &Probe, section: &str) -> Value {
    let inside = |path: &str| path.rsplit_once('.').map_or("", |(above, _)| above) == section;
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (path, text, default) in meanings().filter(|(path, ..)| inside(path)) {
        let described = match path {
            "output.trajectory_groups" => output::groups(probe, path, text),
            _ => property(probe, path, text, default),
        };
        properties.insert(key_of(path).into(), described);
        if probe.is_required(path) {
            required.push(Value::from(key_of(path)));
        }
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

/// One key: its type, what it means, and what it is where it is left out.
fn property(probe: &Probe, path: &str, text: &str, default: Option<&str>) -> Value {
    let mut property = probe.type_of(path);
    property["description"] = text.into();
    let number = default.and_then(|text| text.parse::<f64>().ok()).map(Value::from);
    match probe.default(path).or(number) {
        Some(value) => property["default"] = value,
        None => {
            if let Some(default) = default {
                property["description"] = format!("{text} (default: {default})").into();
            }
        }
    }
    property
}

#[cfg(test)]
mod tests;
