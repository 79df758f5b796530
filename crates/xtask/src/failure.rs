//! Why a command of xtask stopped.

use std::fmt;

/// A failure with the text the user sees.
#[derive(Debug)]
pub enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// Something is missing that only the user can install.
    Missing(String),
    /// A step was tried and did not work.
    Step(String),
}

impl Failure {
    /// The process's exit code: 2 when nothing was tried, 1 when a step failed.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) | Failure::Missing(_) => 2,
            Failure::Step(_) => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Usage(text) | Failure::Missing(text) | Failure::Step(text)) = self;
        out.write_str(text)
    }
}
