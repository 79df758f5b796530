//! Decks and the JSON that natron writes.

use std::path::Path;

use natron_dynamics::MdDeck;
use serde_json::Value;

use super::Facts;
use crate::InputError;
use crate::charges::ChargesDeck;
use crate::deck::{Document, decode_and_check};
use crate::map::MapDeck;

/// Whether text begins like JSON.
pub(super) fn is_json(head: &[u8]) -> bool {
    head.trim_ascii_start().starts_with(b"{")
}

/// Whether text begins like a deck: a comment, a table, or `key = value`, where extended XYZ begins with a number.
pub(super) fn is_toml(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| {
        let key = line.split_once('=').map_or("", |(key, _)| key.trim());
        let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        plain || (line.starts_with('[') && line.ends_with(']'))
    })
}

/// Any object that natron wrote: its numbers and words, without what is below them.
pub(super) fn json(path: &Path, bytes: &[u8]) -> Result<(&'static str, Facts), InputError> {
    let wrong = |message: String, line: Option<usize>| {
        let error = InputError::new(message).in_file(path);
        match line {
            Some(line) => error.at_line(line),
            None => error,
        }
    };
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| wrong(format!("not JSON: {error}"), Some(error.line()).filter(|line| *line > 0)))?;
    let natron = value["schema"].as_str().is_some_and(|schema| schema.starts_with("natron."));
    let Some(map) = value.as_object().filter(|_| natron) else {
        return Err(wrong("this JSON is none that natron wrote".into(), None));
    };
    Ok(("natron result", plain(map)))
}

/// Numbers and words at the top of a result; of lists and tables how long they are.
pub(super) fn plain(map: &serde_json::Map<String, Value>) -> Facts {
    let mut facts = Facts::new();
    for (key, value) in map {
        // The envelope of the view has its own.
        let key = if ["schema", "natron", "commit"].contains(&key.as_str()) {
            format!("of_{key}")
        } else {
            key.clone()
        };
        let shown = match value {
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                format!("{} entries", items.len()).into()
            }
            Value::Object(map) if map.len() > 8 => format!("{} entries", map.len()).into(),
            other => other.clone(),
        };
        facts.insert(key, shown);
    }
    facts
}

/// Decks that are told by the tables they have: the kind, its tables, and what is shown of it.
const OTHER_DECKS: &[(&str, &[&str], &[&str])] = &[
    ("train deck", &["data", "optimiser"], TRAIN),
    ("train deck", &["data", "model"], TRAIN),
    (
        "study deck",
        &["host", "grid"],
        &["host.structure", "insert.species", "insert.atoms", "grid.temperature_K", "seed"],
    ),
    (
        "voltage deck",
        &["host", "insert"],
        &["host.structures", "insert.species", "insert.atoms", "potential", "seed"],
    ),
    (
        "learn deck",
        &["explore", "label"],
        &[
            "potential.name",
            "explore.structures",
            "explore.temperatures_K",
            "label.command",
            "train.deck",
            "rounds",
            "seed",
        ],
    ),
    ("tune deck", &["parameter", "train"], &["train.deck", "parameter", "time_min", "seed"]),
    ("neb deck", &["path"], &["path.start", "path.end", "path.images", "potential"]),
    ("build deck", &["structure"], &["structure", "insert", "vacancies", "seed"]),
];
const TRAIN: &[&str] =
    &["data.files", "model.species", "model.hidden", "start.potential", "distillation.teachers", "seed"];

/// A deck of any command.
pub(super) fn deck(path: &Path, bytes: &[u8]) -> Result<(&'static str, Facts), InputError> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let first = |mut errors: Vec<InputError>| errors.swap_remove(0);
    let document = Document::parse(path, text, &[]).map_err(first)?;
    let has = |key: &str| document.has(&document.resolve(key));
    let mut facts = Facts::new();
    if has("stage") {
        let none = |_: &MdDeck| Vec::new();
        let deck: MdDeck = decode_and_check(&document, none).map_err(first)?;
        facts.insert("structure".into(), deck.system.structure.clone().into());
        facts.insert("potential".into(), deck.potential.name.clone().or(deck.potential.file.clone()).into());
        facts.insert("seed".into(), deck.seed.into());
        let stages: Vec<String> = deck.stages.iter().map(|stage| stage.name.clone()).collect();
        facts.insert("stages".into(), stages.into());
        facts.insert("mobile".into(), deck.analysis.mobile.clone().into());
        return Ok(("md deck", facts));
    }
    if has("mobile") && ["charges", "fit", "density"].iter().any(|table| has(table)) {
        let deck: ChargesDeck = decode_and_check(&document, |_: &ChargesDeck| Vec::new()).map_err(first)?;
        facts.insert("structures".into(), deck.structures.clone().into());
        facts.insert("mobile".into(), deck.mobile.clone().into());
        facts.insert("charges".into(), crate::envelope::json(&deck.charges));
        facts.insert("fit".into(), crate::envelope::json(&deck.fit));
        return Ok(("charges deck", facts));
    }
    if has("structures") && has("mobile") {
        let deck: MapDeck = decode_and_check(&document, |_: &MapDeck| Vec::new()).map_err(first)?;
        facts.insert("structures".into(), deck.structures.clone().into());
        facts.insert("mobile".into(), deck.mobile.clone().into());
        facts.insert("soap".into(), crate::envelope::json(&deck.soap));
        return Ok(("map deck", facts));
    }
    let other = OTHER_DECKS.iter().find(|(_, marks, _)| marks.iter().all(|key| has(key)));
    if let Some((kind, _, shown)) = other {
        let value: Value = toml::from_str(&String::from_utf8_lossy(bytes))
            .map_err(|error| InputError::new(format!("not TOML: {error}")).in_file(path))?;
        for key in *shown {
            let found = key.split('.').try_fold(&value, |inner, part| inner.get(part));
            if let Some(found) = found {
                facts.insert((*key).into(), found.clone());
            }
        }
        return Ok((kind, facts));
    }
    Err(InputError::new("this is TOML, but no deck that natron knows").in_file(path))
}
