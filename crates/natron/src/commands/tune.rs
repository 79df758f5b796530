//! `natron tune`.

use std::process::ExitCode;

use natron_engine::Failure;
use natron_engine::tune::TuneJob;

use super::job::{JobArguments, drive};
use crate::output::Output;

/// What the help says first.
pub const ABOUT: &str = "\
Search the settings of a training within a given time.

The deck names a training deck, the keys to vary with their ranges or choices, and the time. Many settings are trained for \
a short while, the best third of them three times as long, and so on up to the full length. How many fit into the time is measured. \
The run directory holds every training, trials.csv, and best.toml: the training deck with the best settings.";

/// What the help says last.
pub const EXAMPLES: &str = "\
Examples:
  natron tune tune.toml --check
  natron tune tune.toml --set time_min=120
  natron tune tune.toml --resume
  natron train tune/best.toml            the winner again, or with another seed: --set seed=2";

/// Runs the command.
pub fn run(arguments: &JobArguments, output: &Output) -> Result<ExitCode, Failure> {
    drive(arguments, output, TuneJob::prepare)
}
