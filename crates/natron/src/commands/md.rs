//! `natron md`.

use std::process::ExitCode;

use natron_engine::Failure;
use natron_engine::md::MdJob;

use super::job::{JobArguments, drive};
use crate::output::Output;

/// What the help says first.
pub const ABOUT: &str = "\
Run molecular dynamics from a deck.

The deck names a structure, a potential and stages: minimise relaxes, dynamics integrates. Everything lands in one \
run directory: trajectory.h5 (H5MD), thermo.csv, restarts, summary.json, and report.html to read first. Mistakes in \
the input are found before anything is written (exit code 2); a run that leaves its bounds stops, says which atom at \
which step, and keeps the frame in failure.extxyz (exit code 1). Ctrl-C or SIGTERM finishes the step, writes a \
restart and ends with 130 or 143; --max-time does the same by the clock.";

/// What the help says last.
pub const EXAMPLES: &str = "\
Examples:
  natron new md my.extxyz                  write a commented deck my.toml first
  natron md my.toml --check                is everything in order?
  natron md my.toml --explain              what does every value mean?
  natron md my.toml --set stage.production.ensemble.temperature_K=800 --set output.directory=hot
  natron md my.toml --max-time 23:50:00    stop in time for the queue
  natron md my.toml --resume               go on";

/// Runs the command.
pub fn run(arguments: &JobArguments, output: &Output) -> Result<ExitCode, Failure> {
    drive(arguments, output, MdJob::prepare)
}
