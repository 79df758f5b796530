//! `natron view`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use natron_engine::Failure;
use natron_engine::table::Table;
use natron_engine::view::view;

use crate::output::Output;

/// What to look at.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Say what a file holds, in a few lines: a potential (natron's or NEP), a restart, an H5MD trajectory, a run directory, a \
deck, a result in JSON, a data set in HDF5, or structures in any format that natron reads.

The content decides what it is, not the name. Nothing is written.",
    after_help = "\
Examples:
  natron view potentials/nac/potential.safetensors
  natron view na22c200                     a run directory: how far is it?
  natron view frames.extxyz --json"
)]
pub struct Arguments {
    /// A file or a run directory
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let view = view(&arguments.file)?;
    let mut table = Table::new(&[view.file.as_str(), ""]);
    for (key, value) in view.rows() {
        table.push(&[key, value]);
    }
    Ok(output.result(&view.json(&output.build), &table.to_text()))
}
