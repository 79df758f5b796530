//! Which value of a document serde's error is about.
//!
//! toml gives the span of the value it was reading, but serde buffers the fields of an internally tagged enum and then
//! only the enclosing table is known. The message still names the culprit (a key in backticks, a value), and
//! taking the right one out of the document changes the error: that is the test used here.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeValue, Deserializer, Error};

use super::path::{self, KeyPath, Step};

/// More values than this are not tried one by one; the span of toml's error has to do then.
const MAX_TRIALS: usize = 500;

/// One attempt to read the whole document as `T`.
pub(super) fn attempt<T: DeserializeOwned>(root: &Spanned<DeValue<'_>>) -> Result<T, Error> {
    let DeValue::Table(table) = root.get_ref() else { unreachable!("the root of a document is a table") };
    T::deserialize(Deserializer::from(Spanned::new(root.span(), table.clone())))
}

/// The path of the value the error is about: the table itself when something is missing from it.
pub(super) fn culprit<T: DeserializeOwned>(root: &Spanned<DeValue<'_>>, error: &Error) -> KeyPath {
    let paths = path::all_paths(root);
    let mut spanned = spanned(root, error, &paths);
    let removal_matters = |path: &&KeyPath| {
        let mut without = root.clone();
        path::remove(&mut without, path);
        attempt::<T>(&without).err().as_ref() != Some(error)
    };
    // An array of tables has the span of its first header, and its elements pass for it.
    let array = spanned.iter().find(|path| path::at(root, path).is_some_and(|v| v.get_ref().is_array()));
    if let Some(array) = array.cloned() {
        let elements = paths.iter().filter(|path| path.0.len() == array.0.len() + 1 && array.holds(path));
        spanned = elements.take(MAX_TRIALS).find(removal_matters).cloned().into_iter().collect();
    }
    let fallback = spanned.into_iter().next();
    if error.message().starts_with("missing field") {
        return fallback.unwrap_or_default();
    }
    let inside = |path: &&KeyPath| fallback.as_ref().is_none_or(|above| above.holds(path));
    let named = |path: &&KeyPath| is_named(root, path, error.message());
    let found = paths.iter().filter(inside).filter(named).take(MAX_TRIALS).find(removal_matters).cloned();
    found.or(fallback).unwrap_or_default()
}

/// The values and keys whose place is the error's span, the deepest first.
fn spanned(root: &Spanned<DeValue<'_>>, error: &Error, paths: &[KeyPath]) -> Vec<KeyPath> {
    let Some(span) = error.span() else { return Vec::new() };
    let here = |path: &&KeyPath| {
        path::at(root, path).is_some_and(|value| value.span() == span)
            || path::key_of(root, path).is_some_and(|key| key.span() == span)
    };
    paths.iter().filter(here).cloned().collect()
}

/// Whether serde's message can be about the key or the value at `path`.
fn is_named(root: &Spanned<DeValue<'_>>, path: &KeyPath, message: &str) -> bool {
    let Some(value) = path::at(root, path) else { return false };
    if let Some(name) = message.strip_prefix("unknown field ").and_then(in_backticks) {
        return matches!(path.0.last(), Some(Step::Key(key)) if key == name);
    }
    if let Some(variant) = message.strip_prefix("unknown variant ").and_then(in_backticks) {
        return value.get_ref().as_str() == Some(variant);
    }
    match message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: ")) {
        Some(rest) => is_unexpected(value.get_ref(), rest),
        None => !value.get_ref().is_table(),
    }
}

/// Whether `rest` begins with serde's description of `value`.
fn is_unexpected(value: &DeValue<'_>, rest: &str) -> bool {
    match value {
        DeValue::String(text) => rest.starts_with(&format!("string {text:?}")),
        DeValue::Integer(number) => rest.starts_with(&format!("integer `{number}`")),
        DeValue::Float(_) => rest.starts_with("floating point"),
        DeValue::Boolean(value) => rest.starts_with(&format!("boolean `{value}`")),
        DeValue::Array(_) => rest.starts_with("sequence"),
        DeValue::Table(_) => rest.starts_with("map"),
        DeValue::Datetime(_) => true,
    }
}

/// The text between the first two backticks.
pub(super) fn in_backticks(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}
