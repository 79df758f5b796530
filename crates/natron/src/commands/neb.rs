//! `natron neb`.

use std::process::ExitCode;

use natron_engine::Failure;
use natron_engine::neb::NebJob;

use super::job::{JobArguments, drive};
use crate::output::Output;

/// What the help says first.
pub const ABOUT: &str = "\
Find the path of least energy between two structures, and the barrier on it, by a nudged elastic band with a climbing image.

The deck names start and end, of the same atoms in the same order and cell. Both are relaxed, images between them are relaxed \
together, and the highest climbs to the saddle. The run directory holds path.extxyz with all images, path.csv, summary.json \
with the barriers and what the ensemble of the potential disagrees about, and report.html with the profile. It survives being \
killed: --resume goes on from path.extxyz.";

/// What the help says last.
pub const EXAMPLES: &str = "\
Examples:
  natron neb hop.toml --check                    is everything in order?
  natron neb hop.toml --explain                  what does every value mean?
  natron neb hop.toml --set path.images=11
  natron neb hop.toml --resume                   go on";

/// Runs the command.
pub fn run(arguments: &JobArguments, output: &Output) -> Result<ExitCode, Failure> {
    drive(arguments, output, NebJob::prepare)
}
