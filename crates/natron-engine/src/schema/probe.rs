//! Asking the reader of decks what it takes.

use natron_dynamics::MdDeck;
use serde_json::{Value, json};

/// A deck that is in order, on which single keys are tried.
pub(super) struct Probe {
    base: Value,
    /// The base as read and written again: with defaults.
    resolved: Value,
}

/// The last part of a path.
pub(super) fn key_of(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Arrays of tables: their first entry stands for each.
const ARRAYS: [&str; 2] = ["stage", "trajectory_groups"];

/// The value of a key, made where it is not there.
fn down<'v>(place: &'v mut Value, key: &str) -> &'v mut Value {
    if ARRAYS.contains(&key) { &mut place[key][0] } else { &mut place[key] }
}

impl Probe {
    pub fn new() -> Self {
        let base = json!({
            "format": natron_dynamics::deck::FORMAT,
            "seed": 1,
            "system": { "structure": "a.extxyz" },
            "potential": { "name": "nac" },
            "output": { "trajectory_groups": [{ "name": "na", "species": ["Na"] }] },
            "stage": [{
                "name": "probe", "kind": "dynamics", "duration_ps": 1.0, "timestep_fs": 1.0,
                "ensemble": { "kind": "nve", "initial_temperature_K": 300.0 },
            }],
        });
        let deck: MdDeck = serde_json::from_value(base.clone()).expect("the deck is in order");
        Self { base, resolved: crate::envelope::json(&deck) }
    }

    /// The base with a value at a path; tables on the way are made.
    pub fn with(&self, path: &str, value: Value) -> Value {
        let mut deck = self.base.clone();
        let mut place = &mut deck;
        for key in path.split('.') {
            place = down(place, key);
        }
        *place = value;
        deck
    }

    /// Problems of a deck as (last key of the path, message); `None`: it is not even read.
    pub fn problems(deck: Value) -> Option<Vec<(String, String)>> {
        let deck: MdDeck = serde_json::from_value(deck).ok()?;
        let found = deck.validate().err().unwrap_or_default();
        Some(found.into_iter().map(|p| (key_of(&p.path).to_owned(), p.message)).collect())
    }

    fn reads(&self, path: &str, value: Value) -> bool {
        Self::problems(self.with(path, value)).is_some()
    }

    /// Whether a deck without this key or table cannot be read.
    pub fn is_required(&self, path: &str) -> bool {
        let mut deck = self.base.clone();
        let (above, key) = path.rsplit_once('.').unwrap_or(("", path));
        let mut table = &mut deck;
        for step in above.split('.').filter(|step| !step.is_empty()) {
            table = down(table, step);
        }
        let removed = table.as_object_mut().is_some_and(|table| table.remove(key).is_some());
        removed && serde_json::from_value::<MdDeck>(deck).is_err()
    }

    /// The type of a key: every kind of value is tried.
    pub fn type_of(&self, path: &str) -> Value {
        let takes = |value: Value| self.reads(path, value);
        if takes(json!(1.5)) {
            let ramp = json!({ "from": 1.0, "to": 2.0 });
            return match takes(ramp) && !takes(json!({ "from": 1.0 })) {
                true => json!({ "anyOf": [{ "type": "number" }, ramp_schema()] }),
                false => json!({ "type": "number" }),
            };
        }
        if takes(json!(1)) {
            return match takes(json!(-1)) {
                true => json!({ "type": "integer" }),
                false => json!({ "type": "integer", "minimum": 0 }),
            };
        }
        if takes(json!("text")) {
            return json!({ "type": "string" });
        }
        if takes(json!(true)) {
            return json!({ "type": "boolean" });
        }
        if takes(json!(["text"])) {
            return json!({ "type": "array", "items": { "type": "string" } });
        }
        json!({ "type": "object" })
    }

    /// What a key is that a deck leaves out, where it is then written out.
    pub fn default(&self, path: &str) -> Option<Value> {
        let at = |deck: &Value| path.split('.').try_fold(deck.clone(), |value, key| value.get(key).cloned());
        at(&self.base).is_none().then(|| at(&self.resolved)).flatten()
    }
}

/// `{ from = ..., to = ... }`
fn ramp_schema() -> Value {
    json!({
        "type": "object",
        "description": "from one value to another, linearly over the stage",
        "additionalProperties": false,
        "properties": { "from": { "type": "number" }, "to": { "type": "number" } },
        "required": ["from", "to"],
    })
}
