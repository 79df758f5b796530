//! `natron repair`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use natron_engine::Failure;
use natron_engine::repair::{json, repair};

use super::shown;
use crate::output::Output;

/// What to repair.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Make the trajectory of a killed run a file that every program opens.

natron itself reads such a file, and `natron md DECK --resume` repairs it by itself; other programs refuse it, because \
HDF5 marks a file that is being written. Every whole frame is kept. A file that was closed in order stays as it is, and one that a run \
still writes is refused.",
    after_help = "\
Examples:
  natron repair na22c200                 the trajectories of a run directory
  natron repair na22c200/trajectory.h5"
)]
pub struct Arguments {
    /// A trajectory, or a run directory
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let repaired = repair(&arguments.file)?;
    let line = |r: &natron_engine::repair::Repaired| {
        let what = if r.changed { "repaired" } else { "was in order" };
        format!("{}: {} frames, {what}\n", shown(&r.file), r.frames)
    };
    let text: String = repaired.iter().map(line).collect();
    Ok(output.result(&json(&repaired, &output.build), &text))
}
