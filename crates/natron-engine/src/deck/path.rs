//! Where a value sits in a document: keys and positions.

use std::fmt;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// One step down a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// Into the value of a key.
    Key(String),
    /// Into an element of an array, from 0.
    Index(usize),
}

/// The way from the root of a document to a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct KeyPath(pub Vec<Step>);

impl KeyPath {
    /// The path of keys and positions, such as `output.directory` or `data.files[0]`.
    pub fn parse(text: &str) -> Self {
        let spread = text.replace('[', ".[");
        let parts = spread.split('.').filter(|part| !part.is_empty());
        let step = |part: &str| match part.strip_prefix('[').map(|rest| rest.trim_end_matches(']').parse()) {
            Some(Ok(index)) => Step::Index(index),
            _ => Step::Key(part.to_string()),
        };
        Self(parts.map(step).collect())
    }

    /// The path of text as `--set` writes it, `stage.production.timestep_fs`, or by position, `stage[2].name`.
    pub(super) fn resolve(text: &str, root: &Spanned<DeValue<'_>>) -> Self {
        let spread = text.replace('[', ".").replace(']', "");
        let mut path = Self::default();
        for part in spread.split('.').filter(|part| !part.is_empty()) {
            let array = at(root, &path).and_then(|value| value.get_ref().as_array());
            let named = array.and_then(|array| array.iter().position(|v| name_of(v) == Some(part)));
            let index = named.or_else(|| array.and_then(|_| part.parse().ok()));
            path.0.push(index.map_or_else(|| Step::Key(part.to_string()), Step::Index));
        }
        path
    }

    /// The path one step further down.
    #[must_use]
    pub fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The last key on the way, if there is one.
    pub fn last_key(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
    }

    /// Whether `self` is `other` or lies above it.
    pub fn holds(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The path as a user writes it in `--set`: elements of arrays of tables by their `name`.
    pub fn shown(&self, root: &Spanned<DeValue<'_>>) -> String {
        let mut text = String::new();
        let mut here = Some(root);
        for step in &self.0 {
            if !text.is_empty() {
                text.push('.');
            }
            here = here.and_then(|value| child(value, step));
            match step {
                Step::Key(key) => text.push_str(key),
                Step::Index(index) => match here.and_then(name_of) {
                    Some(name) => text.push_str(name),
                    None => text.push_str(&index.to_string()),
                },
            }
        }
        text
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, step) in self.0.iter().enumerate() {
            if k > 0 {
                f.write_str(".")?;
            }
            match step {
                Step::Key(key) => f.write_str(key)?,
                Step::Index(index) => write!(f, "{index}")?,
            }
        }
        Ok(())
    }
}

/// The value one step below, if there is one.
pub(super) fn child<'v, 'i>(
    value: &'v Spanned<DeValue<'i>>,
    step: &Step,
) -> Option<&'v Spanned<DeValue<'i>>> {
    match (value.get_ref(), step) {
        (DeValue::Table(table), Step::Key(key)) => table.get(key.as_str()),
        (DeValue::Array(array), Step::Index(index)) => array.get(*index),
        _ => None,
    }
}

/// As [`child`], to change.
pub(super) fn child_mut<'v, 'i>(
    value: &'v mut Spanned<DeValue<'i>>,
    step: &Step,
) -> Option<&'v mut Spanned<DeValue<'i>>> {
    match (value.get_mut(), step) {
        (DeValue::Table(table), Step::Key(key)) => table.get_mut(key.as_str()),
        (DeValue::Array(array), Step::Index(index)) => array.get_mut(*index),
        _ => None,
    }
}

/// The value at a path.
pub(super) fn at<'v, 'i>(root: &'v Spanned<DeValue<'i>>, path: &KeyPath) -> Option<&'v Spanned<DeValue<'i>>> {
    path.0.iter().try_fold(root, |value, step| child(value, step))
}

/// The value at a path, to change.
pub(super) fn at_mut<'v, 'i>(
    root: &'v mut Spanned<DeValue<'i>>,
    path: &KeyPath,
) -> Option<&'v mut Spanned<DeValue<'i>>> {
    path.0.iter().try_fold(root, |value, step| child_mut(value, step))
}

/// Takes the value at a path out of the document.
pub(super) fn remove(root: &mut Spanned<DeValue<'_>>, path: &KeyPath) {
    let Some((last, above)) = path.0.split_last() else { return };
    let Some(parent) = at_mut(root, &KeyPath(above.to_vec())) else { return };
    match (parent.get_mut(), last) {
        (DeValue::Table(table), Step::Key(key)) => {
            table.remove(key.as_str());
        }
        (DeValue::Array(array), Step::Index(index)) => {
            let kept = array.iter().enumerate().filter(|(k, _)| k != index).map(|(_, v)| v.clone());
            *array = kept.collect();
        }
        _ => {}
    }
}

/// The `name` of a table, if it has one.
pub(super) fn name_of<'v>(value: &'v Spanned<DeValue<'_>>) -> Option<&'v str> {
    value.get_ref().as_table()?.get("name")?.get_ref().as_str()
}

/// Where a key is written, if the path ends in one.
pub(super) fn key_of<'v, 'i>(
    root: &'v Spanned<DeValue<'i>>,
    path: &KeyPath,
) -> Option<&'v Spanned<DeString<'i>>> {
    let (Step::Key(key), above) = path.0.split_last()? else { return None };
    let table: &DeTable<'i> = at(root, &KeyPath(above.to_vec()))?.get_ref().as_table()?;
    table.get_key_value(key.as_str()).map(|(key, _)| key)
}

/// Every path of a document, the deepest first, tags (`kind`) after their siblings.
pub(super) fn all_paths(root: &Spanned<DeValue<'_>>) -> Vec<KeyPath> {
    fn walk(value: &Spanned<DeValue<'_>>, here: &KeyPath, out: &mut Vec<KeyPath>) {
        match value.get_ref() {
            DeValue::Table(table) => {
                for (key, value) in table {
                    walk(value, &here.then(Step::Key(key.get_ref().to_string())), out);
                }
            }
            DeValue::Array(array) => {
                for (index, value) in array.iter().enumerate() {
                    walk(value, &here.then(Step::Index(index)), out);
                }
            }
            _ => {}
        }
        out.push(here.clone());
    }
    let mut paths = Vec::new();
    walk(root, &KeyPath::default(), &mut paths);
    paths.pop();
    paths.sort_by_key(|path| (std::cmp::Reverse(path.0.len()), path.last_key() == Some("kind")));
    paths
}
