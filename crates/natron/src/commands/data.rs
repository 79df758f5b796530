//! `natron data`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use natron_engine::Failure;
use natron_engine::data::{ConvertOptions, ConvertReport, Format, convert};

use super::shown;
use crate::output::Output;

/// What to do with files of frames.
#[derive(Debug, Clone, Subcommand)]
pub enum What {
    /// Write structures in another format
    Convert(ConvertArguments),
}

/// What to convert.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Write structures in another format.

Read are extended XYZ, POSCAR and CONTCAR, CIF, and LAMMPS data; written are extended XYZ, POSCAR and LAMMPS data. The \
format follows from the name, for the input else from its content. What the output cannot hold, such as forces in a \
POSCAR, is named on stderr. Of a file with several frames all go to extended XYZ; the other formats take the last.",
    after_help = "\
Examples:
  natron data convert CONTCAR relaxed.extxyz
  natron data convert frames.extxyz POSCAR --frame 0
  natron data convert na22c200.extxyz na22c200.data
  natron data convert structure.txt out.extxyz --from lammps-data"
)]
pub struct ConvertArguments {
    /// File of structures
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// File to write
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
    /// Format of IN, where its name and content mislead: extxyz, poscar, cif, lammps-data
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    pub from: Option<Format>,
    /// Format of OUT, where its name does not say: extxyz, poscar, lammps-data
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    pub to: Option<Format>,
    /// Only this frame, counted from 0
    #[arg(long, value_name = "N")]
    pub frame: Option<usize>,
    /// Replace OUT if it exists
    #[arg(long)]
    pub overwrite: bool,
}

fn format(name: &str) -> Result<Format, String> {
    let known = Format::ALL.map(Format::name);
    let found = Format::ALL.into_iter().find(|format| format.name() == name);
    found.ok_or_else(|| format!("there are {}", known.join(", ")))
}

/// Runs the command.
pub fn run(what: &What, output: &Output) -> Result<ExitCode, Failure> {
    let What::Convert(arguments) = what;
    let report = convert(&ConvertOptions {
        input: arguments.input.clone(),
        output: arguments.output.clone(),
        from: arguments.from,
        to: arguments.to,
        frame: arguments.frame,
        overwrite: arguments.overwrite,
    })?;
    if !report.ignored.is_empty() {
        output.warning(&format!("not read: {}", report.ignored.join(", ")));
    }
    if !report.left_out.is_empty() {
        let named = report.left_out.join(", ");
        output.warning(&format!("{} cannot hold: {named}", report.to.name()));
    }
    Ok(output.result(&report.json(&output.build), &text(&report)))
}

fn text(report: &ConvertReport) -> String {
    let frames = match (report.frames, report.frames_read) {
        (1, 1) => "1 frame".to_owned(),
        (written, read) if written == read => format!("{written} frames"),
        (written, read) => format!("{written} of {read} frames"),
    };
    let (from, to) = (report.from.name(), report.to.name());
    format!("{frames}, {} atoms, {from} to {to}\n{}\n", report.atoms, shown(&report.output))
}
