//! `natron view`: what a file holds, in a few lines, whatever kind of file it is.
//!
//! The content decides, not the name. Nothing is computed that takes longer than reading the file once.

mod binary;
mod folder;
mod frames;
mod text;
mod written;

use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};

use crate::InputError;
use crate::envelope::Build;

/// Files that are read as a whole are not read beyond this, bytes.
const MOST_BYTES: u64 = 256 << 20;
/// So much of a file tells what it is.
const HEAD: u64 = 4096;

/// What is said of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The file, as it was named.
    pub file: String,
    /// What it is, in words.
    pub kind: &'static str,
    /// Keys (with units, as in every JSON of natron), values.
    pub facts: Map<String, Value>,
}

/// Facts in the order in which they are shown.
pub(super) type Facts = Map<String, Value>;

/// What a file or folder holds.
///
/// # Errors
/// It cannot be read, is damaged, or is nothing that natron knows.
pub fn view(path: &Path) -> Result<View, InputError> {
    let (kind, facts) = look(path)?;
    Ok(View { file: path.display().to_string(), kind, facts })
}

fn look(path: &Path) -> Result<(&'static str, Facts), InputError> {
    let unreadable =
        |error: std::io::Error| InputError::new(format!("cannot read it: {error}")).in_file(path);
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if about.is_dir() {
        return folder::look(path);
    }
    let mut head = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(HEAD).read_to_end(&mut head).map_err(unreadable)?;
    if head.starts_with(b"\x89HDF\r\n\x1a\n") {
        return binary::hdf5(path);
    }
    if head.is_empty() {
        return Ok(("empty file", Facts::new()));
    }
    if written::is_log(&head) {
        return written::log(path);
    }
    if written::is_table(&head) {
        return written::table(path);
    }
    if binary::is_restart(&head)
        || binary::is_chain(&head)
        || written::is_checkpoint(&head)
        || written::is_report(&head)
        || binary::is_potential(&head)
        || text::is_json(&head)
        || text::is_toml(&head)
    {
        if about.len() > MOST_BYTES {
            let message =
                format!("{} bytes are too many for such a file; the limit is {MOST_BYTES}", about.len());
            return Err(InputError::new(message).in_file(path));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        return match () {
            () if binary::is_restart(&head) => binary::restart(path, &bytes),
            () if binary::is_chain(&head) => binary::chain(path, &bytes),
            () if written::is_checkpoint(&head) => written::checkpoint(path, &bytes),
            () if written::is_report(&head) => written::report(path),
            () if binary::is_potential(&head) => binary::potential(path),
            () if text::is_json(&head) => text::json(path, &bytes),
            () => text::deck(path, &bytes),
        };
    }
    frames::look(path)
}

impl View {
    /// The JSON object.
    pub fn json(&self, build: &Build) -> Value {
        let mut map = build.envelope("view");
        map.insert("file".into(), self.file.clone().into());
        map.insert("kind".into(), self.kind.into());
        for (key, value) in &self.facts {
            map.insert(key.clone(), value.clone());
            if value.is_null() {
                map.entry(format!("{key}_note")).or_insert("the file does not say".into());
            }
        }
        Value::Object(map)
    }

    /// Keys and values in two columns, the kind first. What is null is left out, and lists are cut after eight.
    pub fn rows(&self) -> Vec<(String, String)> {
        let mut rows = vec![("kind".to_string(), self.kind.to_string())];
        for (key, value) in &self.facts {
            add_rows(&mut rows, key, value);
        }
        rows
    }
}

fn add_rows(rows: &mut Vec<(String, String)>, key: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (inner, value) in map {
                add_rows(rows, &format!("{key}.{inner}"), value);
            }
        }
        Value::Array(items) if items.is_empty() => {}
        Value::Array(items) => {
            const SHOWN: usize = 8;
            let mut words: Vec<String> = items.iter().take(SHOWN).map(word).collect();
            if items.len() > SHOWN {
                words.push(format!("... ({} in all)", items.len()));
            }
            rows.push((key.to_string(), words.join(", ")));
        }
        value => rows.push((key.to_string(), word(value))),
    }
}

/// A value without quotes, a real number in six digits.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => short(number.as_f64().unwrap_or(f64::NAN)),
        Value::Array(items) => format!("[{}]", items.iter().map(word).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn short(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e7).contains(&size) {
        return format!("{value:.5e}");
    }
    let digits = if size < 1.0 { 6 } else { 6 - (size.log10().floor() as usize).min(5) };
    let text = format!("{value:.digits$}");
    let cut = text.trim_end_matches('0').trim_end_matches('.');
    if text.contains('.') { cut.to_string() } else { text }
}

#[cfg(test)]
mod tests;
