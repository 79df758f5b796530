//! A deck as read: its text, its tree of located values, and the `--set` overrides laid over it.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::path::{self, KeyPath};
use super::{Override, overrides};
use crate::InputError;

/// The longest deck that is read, bytes.
pub const MAX_DECK_BYTES: u64 = 1 << 20;

/// A TOML document whose values know where they were written.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file it came from.
    pub file: PathBuf,
    text: String,
    overrides: Vec<Located>,
}

/// An override and the offsets its value owns: those after the document and the overrides before it.
#[derive(Debug, Clone)]
struct Located {
    change: Override,
    start: usize,
    /// `value = ...` behind blanks as long as everything before it, so that its spans start at `start`.
    padded: String,
}

impl Document {
    /// Reads a deck and lays the overrides over it.
    ///
    /// # Errors
    /// No such file, too long, not UTF-8, not TOML (every syntax error), an override that fits nowhere.
    pub fn read(file: &Path, overrides: &[Override]) -> Result<Self, Vec<InputError>> {
        let text = read_text(file).map_err(|error| vec![error])?;
        Self::parse(file, text, overrides)
    }

    /// As [`Document::read`], from text.
    ///
    /// # Errors
    /// See [`Document::read`].
    pub fn parse(file: &Path, text: String, overrides: &[Override]) -> Result<Self, Vec<InputError>> {
        let (_, errors) = DeTable::parse_recoverable(&text);
        if !errors.is_empty() {
            let located = |error: &toml::de::Error| {
                let (line, column) = line_and_column(&text, error.span().map_or(0, |s| s.start));
                InputError::new(format!("not TOML: {}", error.message())).in_file(file).at(line, column)
            };
            return Err(errors.iter().map(located).collect());
        }
        let mut start = text.len() + 1;
        let mut located = Vec::new();
        for change in overrides {
            let padded = " ".repeat(start) + "value = " + &change.toml_value();
            let next = padded.len() + 1;
            located.push(Located { change: change.clone(), start, padded });
            start = next;
        }
        let document = Self { file: file.to_path_buf(), text, overrides: located };
        document.tree()?;
        Ok(document)
    }

    /// The tree of located values, overrides applied.
    pub(super) fn tree(&self) -> Result<Spanned<DeValue<'_>>, Vec<InputError>> {
        let table = DeTable::parse(&self.text).expect("the text was parsed before");
        let mut root = Spanned::new(table.span(), DeValue::Table(table.into_inner()));
        let errors: Vec<InputError> = self
            .overrides
            .iter()
            .filter_map(|located| {
                let table = DeTable::parse(&located.padded).expect("an override's value is valid TOML");
                let (_, value) = table.into_inner().into_iter().next().expect("one key was parsed");
                overrides::apply(&mut root, &located.change, value).err()
            })
            .collect();
        if errors.is_empty() { Ok(root) } else { Err(errors) }
    }

    /// The folder that relative paths of this deck start from; empty for the working directory.
    pub fn folder(&self) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).to_path_buf()
    }

    /// An error at a byte offset of the document.
    pub(super) fn error_at(&self, offset: usize, message: impl Into<String>) -> InputError {
        match self.overrides.iter().rev().find(|located| located.start <= offset) {
            Some(located) => InputError::new(message).in_file(format!("--set {}", located.change)),
            None => {
                let (line, column) = line_and_column(&self.text, offset);
                InputError::new(message).in_file(&self.file).at(line, column)
            }
        }
    }

    /// An error about a key rather than its value, where the document has it.
    pub fn error_on_key(&self, path: &KeyPath, message: impl Into<String>) -> InputError {
        let tree = self.tree().expect("the overrides were applied before");
        match path::key_of(&tree, path) {
            Some(key) => self.error_at(key.span().start, message),
            None => self.error_on(path, message),
        }
    }

    /// The path of text as `--set` writes it, where elements of arrays of tables go by their `name`.
    pub fn resolve(&self, path: &str) -> KeyPath {
        KeyPath::resolve(path, &self.tree().expect("the overrides were applied before"))
    }

    /// An error about the value at a path, or about the nearest table above it that exists; the deck as a whole has
    /// its beginning.
    pub fn error_on(&self, path: &KeyPath, message: impl Into<String>) -> InputError {
        let tree = self.tree().expect("the overrides were applied before");
        let mut path = path.clone();
        while !path.0.is_empty() {
            if let Some(value) = path::at(&tree, &path) {
                return self.error_at(value.span().start, message);
            }
            path.0.pop();
        }
        self.error_at(0, message)
    }

    /// Whether the document has a value at a path.
    pub fn has(&self, path: &KeyPath) -> bool {
        let tree = self.tree().expect("the overrides were applied before");
        path::at(&tree, path).is_some()
    }

    /// An error of a file that the value at a path names: at its own line if it has one, else at that value.
    pub fn error_behind(&self, path: &KeyPath, error: InputError) -> InputError {
        if error.line.is_some() {
            return error;
        }
        let message = match &error.file {
            Some(file) => format!("{} ({})", error.message, file.display()),
            None => error.message,
        };
        InputError { help: error.help, ..self.error_on(path, message) }
    }
}

fn read_text(file: &Path) -> Result<String, InputError> {
    let wrong = |message: String| InputError::new(message).in_file(file);
    let length = std::fs::metadata(file).map_err(|e| wrong(format!("cannot read the deck: {e}")))?.len();
    if length > MAX_DECK_BYTES {
        return Err(wrong(format!("the deck has {length} bytes; the limit is {MAX_DECK_BYTES}"))
            .help("pass the TOML deck here, the structure goes into its `system.structure`"));
    }
    let bytes = std::fs::read(file).map_err(|e| wrong(format!("cannot read the deck: {e}")))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let (line, column) = line_and_column(&String::from_utf8_lossy(&error.as_bytes()[..valid]), valid);
        wrong(format!("the deck is not UTF-8 text (byte {valid})"))
            .at(line, column)
            .help("pass the TOML deck here, the structure goes into its `system.structure`")
    })
}

/// Line and column (characters), both from 1, of a byte offset.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |k| k + 1);
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
    (line, column)
}
