//! Keys of a deck as data: one list explains a deck and is its schema.

use serde_json::{Map, Value, json};

/// A key: its table, the kinds of structure it belongs to ("" for all), its type in JSON schema, whether it must be there, and what it
/// means.
pub(crate) struct Key {
    pub(crate) table: &'static str,
    pub(crate) kinds: &'static str,
    pub(crate) name: &'static str,
    pub(crate) value: Type,
    pub(crate) required: bool,
    pub(crate) text: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Type {
    Text,
    /// A list that is not empty.
    Texts,
    Number,
    Numbers,
    Count,
    Flag,
    /// So many; 0: at least one.
    Counts(usize),
}

pub(crate) const fn key(table: &'static str, name: &'static str, value: Type, text: &'static str) -> Key {
    Key { table, kinds: "", name, value, required: false, text }
}

pub(crate) const fn needed(table: &'static str, name: &'static str, value: Type, text: &'static str) -> Key {
    Key { table, kinds: "", name, value, required: true, text }
}

/// Whether a key belongs to a kind.
pub(crate) fn belongs(key: &Key, kind: &str) -> bool {
    key.kinds.is_empty() || key.kinds.split(' ').any(|k| k == kind)
}

/// A deck as TOML with the meaning behind every value.
pub(crate) fn explain(deck: &str, keys: &[Key], kind: &str) -> String {
    annotate(deck, |table, name| {
        let meant = keys.iter().find(|key| key.table == table && key.name == name && belongs(key, kind));
        meant.map(|key| key.text)
    })
}

/// TOML with a comment behind every value that has a meaning, which depends on its table ("" at the top) and key.
pub(crate) fn annotate(toml: &str, meaning: impl Fn(&str, &str) -> Option<&'static str>) -> String {
    let (mut table, mut text) = ("", String::new());
    for line in toml.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = name.trim_matches(['[', ']']);
        }
        match line.split_once(" = ").and_then(|(name, _)| meaning(table, name)) {
            Some(meant) => text += &format!("{line:<34}  # {meant}\n"),
            None => text += &format!("{line}\n"),
        }
    }
    text
}

/// The schema of a deck with these keys, some of them in `tables`; `required` are tables that must be there.
pub(crate) fn schema<'k, I: Iterator<Item = &'k Key>>(
    command: &str,
    keys: impl Fn() -> I,
    tables: &[&str],
    required: &[&str],
) -> Value {
    let mut root = object(keys().filter(|key| key.table.is_empty()));
    for table in tables {
        root["properties"][*table] = object(keys().filter(|key| key.table == *table));
    }
    root["properties"]["potential"]["oneOf"] = one_potential();
    root["properties"]["format"]["const"] = 1.into();
    let needed = root["required"].as_array_mut().expect("a table lists what it needs");
    needed.extend(required.iter().map(|table| Value::from(*table)));
    of_deck(command, &root)
}

/// The two ways to name a potential exclude each other.
pub(crate) fn one_potential() -> Value {
    json!([{ "required": ["name"] }, { "required": ["file"] }])
}

/// The schema of a whole deck: that of its top level with dialect and title.
pub(crate) fn of_deck(command: &str, root: &Value) -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".into(), crate::schema::DIALECT.into());
    schema.insert("title".into(), format!("natron {command} deck").into());
    schema.extend(root.as_object().expect("a table is an object").clone());
    schema.into()
}

/// The schema of a table with these keys.
pub(crate) fn object<'k>(keys: impl Iterator<Item = &'k Key>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for key in keys {
        let mut described = match key.value {
            Type::Text => json!({ "type": "string" }),
            Type::Texts => json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }),
            Type::Number => json!({ "type": "number" }),
            Type::Numbers => json!({ "type": "array", "items": { "type": "number" }, "minItems": 1 }),
            Type::Flag => json!({ "type": "boolean" }),
            Type::Count => json!({ "type": "integer", "minimum": 0 }),
            Type::Counts(0) => {
                json!({ "type": "array", "items": { "type": "integer", "minimum": 1 }, "minItems": 1 })
            }
            Type::Counts(n) => {
                json!({ "type": "array", "items": { "type": "integer", "minimum": 0 }, "minItems": n, "maxItems": n })
            }
        };
        described["description"] = key.text.into();
        properties.insert(key.name.into(), described);
        if key.required {
            required.push(Value::from(key.name));
        }
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

/// What every deck with keys is asked for.
#[cfg(test)]
pub(crate) mod contract {
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use serde_json::Value;

    /// Every value of an explained deck has its meaning behind it.
    pub(crate) fn assert_explained(explained: &str) {
        let bare: Vec<&str> =
            explained.lines().filter(|line| line.contains(" = ") && !line.contains(" # ")).collect();
        assert_eq!(bare, Vec::<&str>::new());
    }

    /// A deck written in full is one by its schema; what the reader refuses after a change (this for that), the schema refuses.
    pub(crate) fn assert_schema_is_the_readers<D: Serialize + DeserializeOwned>(
        schema: &Value,
        minimal: &str,
        changes: &[(&str, &str)],
    ) {
        let validator = jsonschema::draft7::new(schema).expect("a schema of draft 7");
        let deck: D = toml::from_str(minimal).expect("a deck");
        let full = crate::envelope::json(&deck);
        let errors: Vec<String> = validator.iter_errors(&full).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
        for (good, bad) in changes {
            let changed = minimal.replacen(good, bad, 1);
            assert!(toml::from_str::<D>(&changed).is_err(), "{changed}");
            assert!(!validator.is_valid(&toml::from_str::<Value>(&changed).expect("TOML")), "{changed}");
        }
    }
}
