//! What goes wrong, as values: what the user can put right, and what happened to a run.

use std::fmt;
use std::path::{Path, PathBuf};

/// One cause that the user can put right: what, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The file it is in.
    pub file: Option<PathBuf>,
    /// Line in that file, from 1.
    pub line: Option<usize>,
    /// Column in that line in characters, from 1.
    pub column: Option<usize>,
    /// What to do.
    pub help: Option<String>,
}

impl InputError {
    /// An error that belongs to no file (yet).
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), file: None, line: None, column: None, help: None }
    }

    /// Names the file.
    #[must_use]
    pub fn in_file(mut self, file: impl AsRef<Path>) -> Self {
        self.file = Some(file.as_ref().to_path_buf());
        self
    }

    /// Names line and column, both from 1.
    #[must_use]
    pub fn at(mut self, line: usize, column: usize) -> Self {
        (self.line, self.column) = (Some(line), Some(column));
        self
    }

    /// Names the line, from 1, of something that fills whole lines.
    #[must_use]
    pub fn at_line(mut self, line: usize) -> Self {
        (self.line, self.column) = (Some(line), None);
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// `path:line:column`, as far as known.
    pub fn place(&self) -> Option<String> {
        let file = self.file.as_ref()?.display();
        Some(match (self.line, self.column) {
            (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
            (Some(line), None) => format!("{file}:{line}"),
            _ => file.to_string(),
        })
    }

    /// `path:line: message`, for where there is one line.
    #[cfg(feature = "train")]
    pub(crate) fn in_one_line(&self) -> String {
        let place = self.place().map_or(String::new(), |place| format!("{place}: "));
        place + &self.message
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        if let Some(place) = self.place() {
            write!(f, "\n  --> {place}")?;
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for InputError {}

/// A run that started and could not go on: an instability, a full disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunError {
    /// What happened, with atom, step and value where there are any.
    pub message: String,
    /// A file that helps to understand it, such as `failure.extxyz`.
    pub file: Option<PathBuf>,
    /// What to try.
    pub help: Option<String>,
}

impl RunError {
    /// A run error with a message alone.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), file: None, help: None }
    }

    /// A file that could not be written.
    pub fn writing(path: &Path, error: impl fmt::Display) -> Self {
        Self {
            message: format!("cannot write {}: {error}", path.display()),
            file: Some(path.to_path_buf()),
            help: Some("free space or correct the permissions, then continue with --resume".into()),
        }
    }

    /// The same in the form in which causes are printed.
    fn as_input(&self) -> InputError {
        InputError {
            message: self.message.clone(),
            file: self.file.clone(),
            line: None,
            column: None,
            help: self.help.clone(),
        }
    }
}

/// Why a command did not do what it was asked. Decides the exit code: 2 or 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Input or usage is wrong; nothing was written. Never empty.
    Input(Vec<InputError>),
    /// The run failed; several replicas may have, each in its own way. Never empty.
    Run(Vec<RunError>),
}

impl Failure {
    /// The exit code of the CONTRACT: 2 for input, 1 for a run.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Run(_) => 1,
        }
    }

    /// All causes in one form, for printing.
    pub fn causes(&self) -> Vec<InputError> {
        match self {
            Self::Input(errors) => errors.clone(),
            Self::Run(errors) => errors.iter().map(RunError::as_input).collect(),
        }
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Self::Input(vec![error])
    }
}

impl From<Vec<InputError>> for Failure {
    fn from(errors: Vec<InputError>) -> Self {
        Self::Input(errors)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self::Run(vec![error])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_holds_what_is_known() {
        let error = InputError::new("unknown key `sed`").in_file("a/b.toml");
        assert_eq!(error.place().as_deref(), Some("a/b.toml"));
        assert_eq!(error.clone().at(3, 7).place().as_deref(), Some("a/b.toml:3:7"));
        assert_eq!(InputError::new("no file").place(), None);
        let shown = error.at(3, 7).help("write `seed`").to_string();
        assert_eq!(shown, "unknown key `sed`\n  --> a/b.toml:3:7\n  help: write `seed`");
    }

    #[test]
    fn exit_codes_follow_the_contract() {
        assert_eq!(Failure::from(InputError::new("x")).exit_code(), 2);
        assert_eq!(Failure::from(RunError::new("x")).exit_code(), 1);
    }
}
