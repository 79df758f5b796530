//! The head that every JSON object of natron begins with, and how numbers that may be missing are put into one.

use serde_json::{Map, Value};

use crate::md::now_utc;
use crate::watch::Stop;

/// Which natron is speaking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Version, as in `0.1.0`.
    pub version: String,
    /// Commit it was built from, where that is known.
    pub commit: Option<String>,
}

impl Build {
    /// `{"schema": "natron.<command>/1", "natron": <version>, "commit": <hash or null>}`.
    pub fn envelope(&self, command: &str) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("schema".into(), format!("natron.{command}/1").into());
        map.insert("natron".into(), self.version.clone().into());
        map.insert("commit".into(), self.commit.clone().into());
        map
    }
}

/// Puts when a run began and ended, and whether it came to its end.
pub(crate) fn put_end(
    map: &mut Map<String, Value>,
    started_utc: &str,
    finished: bool,
    stopped: Option<Stop>,
) {
    map.insert("started_utc".into(), started_utc.into());
    map.insert("ended_utc".into(), now_utc().into());
    map.insert("finished".into(), finished.into());
    map.insert("stopped_by".into(), stopped.map(Stop::name).into());
}

/// Puts a number, or null with `<key>_note` saying why there is none.
pub(crate) fn put_number(map: &mut Map<String, Value>, key: &str, value: Option<f64>, note: &str) {
    match value.filter(|v| v.is_finite()) {
        Some(value) => {
            map.insert(key.into(), value.into());
        }
        None => {
            map.insert(key.into(), Value::Null);
            map.insert(format!("{key}_note"), note.into());
        }
    }
}

/// The value as JSON.
pub(crate) fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("natron's own types serialise")
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_comes_first_and_in_order() {
        let build = Build { version: "0.1.0".into(), commit: None };
        let text = Value::Object(build.envelope("bench")).to_string();
        assert_eq!(text, r#"{"schema":"natron.bench/1","natron":"0.1.0","commit":null}"#);
    }

    #[test]
    fn what_is_not_finite_becomes_null_with_a_note() {
        let mut map = Map::new();
        put_number(&mut map, "a", Some(1.5), "unused");
        put_number(&mut map, "b", Some(f64::NAN), "too short");
        assert_eq!(Value::Object(map).to_string(), r#"{"a":1.5,"b":null,"b_note":"too short"}"#);
    }
}
