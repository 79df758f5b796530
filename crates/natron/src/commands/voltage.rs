//! `natron voltage`.

use std::process::ExitCode;

use natron_engine::Failure;
use natron_engine::voltage::VoltageJob;

use super::job::{JobArguments, drive};
use crate::output::Output;

/// What the help says first.
pub const ABOUT: &str = "\
Fill hosts step by step and compute the voltage against the metal that is inserted.

The deck names hosts of one composition and numbers of atoms. Every host is relaxed and filled as natron build does it; the \
metal is relaxed with the same potential; every filled structure is emptied and relaxed again. The run directory holds the \
structures, voltage.csv with the voltage against the pristine and against the emptied host and between successive fillings, \
each with what the ensemble of the potential disagrees about, summary.json, and report.html with the curves. Hosts that fail \
do not lose the others (exit code 1). It survives being killed: --resume goes on.";

/// What the help says last.
pub const EXAMPLES: &str = "\
Examples:
  natron voltage voltage.toml --check                    is everything in order?
  natron voltage voltage.toml --explain                  what does every value mean?
  natron voltage voltage.toml --set insert.trials=4
  natron voltage voltage.toml --resume                   go on";

/// Runs the command.
pub fn run(arguments: &JobArguments, output: &Output) -> Result<ExitCode, Failure> {
    drive(arguments, output, VoltageJob::prepare)
}
