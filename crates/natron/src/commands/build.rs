//! `natron build`.

use std::process::ExitCode;

use natron_engine::Failure;
use natron_engine::build::BuildJob;

use super::job::{JobArguments, drive};
use crate::output::Output;

/// What the help says first.
pub const ABOUT: &str = "\
Build structures from a deck.

The deck says what is made: graphite, turbostratic stacks, slit pores, diamond, bcc metals, liquids, or disordered hosts \
by melt, anneal and quench with the potential; what is taken away (vacancies); and what is put into voids, the best of \
many trials, with dynamics after each step. Every structure is an extended XYZ file in the run directory; \
summary.json and report.html say what it is like. Replicas run side by side; one that fails does not lose the others \
(exit code 1). --resume goes on from what is there.";

/// What the help says last.
pub const EXAMPLES: &str = "\
Examples:
  natron build host.toml --check              is everything in order?
  natron build host.toml --explain            what does every value mean?
  natron build host.toml --set replicas=8     eight hosts, side by side
  natron build host.toml --resume             go on";

/// Runs the command.
pub fn run(arguments: &JobArguments, output: &Output) -> Result<ExitCode, Failure> {
    drive(arguments, output, BuildJob::prepare)
}
