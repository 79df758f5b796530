//! `natron charges`.

use std::process::ExitCode;

use natron_engine::Failure;
use natron_engine::charges::ChargesJob;

use super::job::{JobArguments, drive};
use crate::output::Output;

/// What the help says first.
pub const ABOUT: &str = "\
Compute charges of atoms from what a neural potential knows of their surroundings, and their distribution over the filling.

The deck names structures, trajectories or run directories and the mobile elements. A linear head reads the network of the potential; `nac` comes \
with one fitted to Loewdin charges, and a table [fit] fits one to frames with charges of your own, chosen by their split valid. \
The charges of a cell always add up to its charge. The run directory holds charges.csv and charges.extxyz with the charge of every atom, density.csv with \
a kernel density for each element and filling, summary.json, and report.html with pictures of the distributions and, where the files hold reference \
charges, errors by split and element. With [fit] it holds head.safetensors as well.";

/// What the help says last.
pub const EXAMPLES: &str = "\
Examples:
  natron charges charges.toml --check          are deck and structures in order?
  natron charges charges.toml                  charges and their distribution
  natron charges charges.toml --set density.rule=\"silverman\" --set output.directory=other";

/// Runs the command.
pub fn run(arguments: &JobArguments, output: &Output) -> Result<ExitCode, Failure> {
    drive(arguments, output, ChargesJob::prepare)
}
