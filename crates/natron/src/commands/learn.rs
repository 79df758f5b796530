//! `natron learn`.

use std::process::ExitCode;

use natron_engine::Failure;
use natron_engine::learn::LearnJob;

use super::job::{JobArguments, drive};
use crate::output::Output;

/// What the help says first.
pub const ABOUT: &str = "\
Find what a potential does not know, have it labelled, train again.

Each round runs molecular dynamics of every structure of the deck at every temperature with the potential there is, keeps \
the frames whose forces are uncertain, chooses those that differ most from each other and from all that is labelled, \
hands each to a command of yours (a DFT code behind a script), reads the labels back and trains on everything. \
Interrupted at any point, --resume goes on; round.json in each round says what happened.";

/// What the help says last.
pub const EXAMPLES: &str = "\
Examples:
  natron learn learn.toml --check
  natron learn learn.toml --set rounds=1
  natron learn learn.toml --resume
  natron learn learn.toml --explain      every key with what it means";

/// Runs the command.
pub fn run(arguments: &JobArguments, output: &Output) -> Result<ExitCode, Failure> {
    drive(arguments, output, LearnJob::prepare)
}
