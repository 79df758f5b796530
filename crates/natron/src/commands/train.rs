//! `natron train`.

use std::process::ExitCode;

use natron_engine::Failure;
use natron_engine::train::TrainJob;

use super::job::{JobArguments, drive};
use crate::output::Output;

/// What the help says first.
pub const ABOUT: &str = "\
Train a potential on labelled frames.

The deck names files of frames (extended XYZ with energy or free_energy and forces, each with a split: train, valid or \
test), the model, the loss and the optimiser. The run directory holds potential.safetensors, errors by kind and species \
in summary.json, report.html with learning curves and parity plots, and a checkpoint. The same deck and data give the \
same potential.";

/// What the help says last.
pub const EXAMPLES: &str = "\
Examples:
  natron train potentials/nac/train.toml --check      are deck and labels in order?
  natron train my.toml --set optimiser.epochs=200
  natron train my.toml --resume                       go on from the checkpoint
  natron evaluate -p my/potential.safetensors test.extxyz";

/// Runs the command.
pub fn run(arguments: &JobArguments, output: &Output) -> Result<ExitCode, Failure> {
    drive(arguments, output, TrainJob::prepare)
}
