//! `natron map`.

use std::process::ExitCode;

use natron_engine::Failure;
use natron_engine::map::MapJob;

use super::job::{JobArguments, drive};
use crate::output::Output;

/// What the help says first.
pub const ABOUT: &str = "\
Draw a map of the environments of mobile atoms: the more alike two of them are, the nearer they lie.

The deck names files of structures (extended XYZ with many frames, or any other that natron reads), the mobile elements, \
and how environments are described and compared: SOAP power spectra in the convention of GAP or of dscribe, a kernel with \
an exponent, distances sqrt(2 - 2 K), classical multidimensional scaling, clusters around representative environments. \
The run directory holds map.csv with a line for each environment, summary.json, and report.html with the map coloured by \
cluster, filling, coordination and any column of the files (charges, mobilities), and pictures of the representatives. \
Nothing is drawn at random: the same deck and structures give the same map.";

/// What the help says last.
pub const EXAMPLES: &str = "\
Examples:
  natron new map frames.extxyz                 write a commented deck first
  natron map frames-map.toml --check           are deck and structures in order?
  natron map frames-map.toml --set soap.zeta=2 --set map.clusters=3";

/// Runs the command.
pub fn run(arguments: &JobArguments, output: &Output) -> Result<ExitCode, Failure> {
    drive(arguments, output, MapJob::prepare)
}
