//! Why a file cannot be read, where, and what to do about it.

use std::path::{Path, PathBuf};

/// A refusal of a file. Line and column count from 1 and are absent where they mean nothing (a binary file, a
/// file that does not open).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// Line, from 1.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
}

impl ReadError {
    /// An error of a whole file.
    pub fn of_file(path: &Path, message: impl Into<String>, help: impl Into<String>) -> Self {
        let (message, help) = (message.into(), help.into());
        Self { path: path.to_owned(), line: None, column: None, message, help }
    }

    /// An error at a line and a column, both from 1.
    pub fn at(
        path: &Path,
        line: usize,
        column: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { line: Some(line), column: Some(column), ..Self::of_file(path, message, help) }
    }
}

/// `path:line:column: message`
impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path.display())?;
        for place in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{place}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ReadError {}

/// An error within a line: column from 1, message, help. The reader adds file and line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineError {
    pub column: usize,
    pub message: String,
    pub help: String,
}

impl LineError {
    pub fn new(column: usize, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { column, message: message.into(), help: help.into() }
    }
}
