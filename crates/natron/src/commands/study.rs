//! `natron study`.

use std::process::ExitCode;

use natron_engine::Failure;
use natron_engine::study::StudyJob;

use super::job::{JobArguments, drive};
use crate::output::Output;

/// What the help says first.
pub const ABOUT: &str = "\
Measure diffusion over fillings, temperatures and replicas, as one job over all cores.

The deck names a host, how far it is filled, and a grid of temperatures. Atoms are put into voids step by step; every run is \
equilibrated until its energy has settled and then measured in nve. The run directory holds the structures, every run as \
an ordinary run directory of natron md (x-004/T-0600/replica-000), study.csv with D(x, T), summary.json, and report.html \
to read first. Runs that fail do not lose the others (exit code 1). It survives being killed: --resume goes on.";

/// What the help says last.
pub const EXAMPLES: &str = "\
Examples:
  natron study study.toml --check                 is everything in order?
  natron study study.toml --max-time 23:50:00     stop in time for the queue
  natron study study.toml --resume                go on
  natron diffusion study/x-022/T-0800             one point of the grid again";

/// Runs the command.
pub fn run(arguments: &JobArguments, output: &Output) -> Result<ExitCode, Failure> {
    drive(arguments, output, StudyJob::prepare)
}
