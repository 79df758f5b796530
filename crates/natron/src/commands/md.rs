//! `natron md`.

use std::process::ExitCode;

use natron_engine::Failure;
use natron_engine::md::MdJob;

use super::job::{JobArguments, drive};
use crate::output::Output;

/// Runs the command.
pub fn run(arguments: &JobArguments, output: &Output) -> Result<ExitCode, Failure> {
    drive(arguments, output, MdJob::prepare)
}
