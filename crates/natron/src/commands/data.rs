//! `natron data`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use natron_engine::Failure;
use natron_engine::data::{
    CheckOptions, ConvertOptions, ConvertReport, Format, Fractions, SelectOptions, SplitOptions, check,
    convert, select, split,
};

use super::shown;
use crate::output::Output;

/// What to do with files of frames.
#[derive(Debug, Clone, Subcommand)]
pub enum What {
    /// Look at frames and labels: what is there, and what not to trust
    Check(CheckArguments),
    /// Write structures in another format
    Convert(ConvertArguments),
    /// Divide frames into train, valid and test by whole groups
    Split(SplitArguments),
    /// Choose frames that cover what all of them cover
    Select(SelectArguments),
}

/// What to look at.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Look at frames and labels: what is there, and what not to trust.

Read are extended XYZ, VASP (OUTCAR, vasprun.xml, ML_AB), CP2K, Quantum ESPRESSO (pw.x) and deepmd, also compressed \
with gzip; of a folder everything in it and below. Printed are files, elements, labels, ranges, nearest atoms, and the \
energies of the elements by least squares; warnings name skipped steps, missing labels, duplicates, outliers and files \
whose energies do not go with the others. A page with histograms is written beside.",
    after_help = "\
Examples:
  natron data check dft                       everything below dft; the page is data-check.html
  natron data check OUTCAR vasprun.xml.gz --no-report
  natron data check dft --json | jq .warnings"
)]
pub struct CheckArguments {
    /// Files, or folders with everything in them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Page with histograms; one that exists is replaced
    #[arg(long, value_name = "FILE", default_value = "data-check.html")]
    pub report: PathBuf,
    /// Write no page
    #[arg(long, conflicts_with = "report")]
    pub no_report: bool,
}

/// How to split.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Divide frames into train, valid and test by whole groups.

Frames that descend from one structure, or follow each other in a run, are nearly the same: a test on neighbours of \
training frames tests memory. So all frames with the same value of the key go to one split. The frames are written in \
their order with the key `split`.",
    after_help = "\
Examples:
  natron data split frames.extxyz --by host -o data.extxyz
  natron data split runs --by file --fractions 0.9,0.1,0 --seed 3 -o data.extxyz"
)]
pub struct SplitArguments {
    /// Files, or folders with everything in them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// File to write
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    /// Key of the frames that names their group, or `file`
    #[arg(long, value_name = "KEY")]
    pub by: String,
    /// Shares of train, valid and test
    #[arg(long, value_name = "T,V,T", default_value = "0.8,0.1,0.1", value_parser = fractions)]
    pub fractions: Fractions,
    /// Seed of the draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Replace OUT if it exists
    #[arg(long)]
    pub overwrite: bool,
}

/// What to choose.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Choose frames that cover what all of them cover.

Each frame is a point: the mean power spectrum of its atoms' surroundings. Chosen is the frame nearest to the mean, then \
again and again the one farthest from all chosen before. They are written in this order, so that the first N of a longer \
choice are the choice of N. With --have the choice keeps away from frames that are there already.",
    after_help = "\
Examples:
  natron data select run.extxyz --count 200 -o chosen.extxyz
  natron data select new --have frames.extxyz --count 50 -o to_label.extxyz"
)]
pub struct SelectArguments {
    /// Files, or folders with everything in them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// File to write
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    /// How many frames to choose
    #[arg(long, value_name = "N")]
    pub count: usize,
    /// Frames that are there already
    #[arg(long, value_name = "FILE")]
    pub have: Vec<PathBuf>,
    /// Replace OUT if it exists
    #[arg(long)]
    pub overwrite: bool,
}

fn fractions(text: &str) -> Result<Fractions, String> {
    let shares: Option<Vec<f64>> = text.split(',').map(|word| word.trim().parse().ok()).collect();
    let shares = shares.and_then(|shares| <[f64; 3]>::try_from(shares).ok());
    Fractions::new(shares.ok_or("give three shares: train,valid,test such as 0.8,0.1,0.1")?)
}

/// What to convert.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Write structures in another format.

Read are extended XYZ, POSCAR and CONTCAR, CIF, LAMMPS data, and the dumps of VASP (OUTCAR, vasprun.xml, ML_AB), CP2K, \
Quantum ESPRESSO and deepmd, also compressed with gzip; written are extended XYZ, POSCAR and LAMMPS data. The format follows from the name, for the input else from its content. What the output cannot hold, such as forces in a \
POSCAR, is named on stderr. Of a file with several frames all go to extended XYZ; the other formats take the last.",
    after_help = "\
Examples:
  natron data convert CONTCAR relaxed.extxyz
  natron data convert frames.extxyz POSCAR --frame 0
  natron data convert na22c200.extxyz na22c200.data
  natron data convert OUTCAR frames.extxyz   energies, forces and virials of a run
  natron data convert structure.txt out.extxyz --from lammps-data"
)]
pub struct ConvertArguments {
    /// File of structures
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// File to write
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
    /// Format of IN, where its name and content mislead: extxyz, poscar, cif, lammps-data, outcar, vasprun, ml-ab, cp2k-output, cp2k-files, pw-output, deepmd
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
    match what {
        What::Check(arguments) => run_check(arguments, output),
        What::Convert(arguments) => run_convert(arguments, output),
        What::Split(arguments) => run_split(arguments, output),
        What::Select(arguments) => run_select(arguments, output),
    }
}

fn run_check(arguments: &CheckArguments, output: &Output) -> Result<ExitCode, Failure> {
    let report = check(&CheckOptions {
        paths: arguments.paths.clone(),
        report: (!arguments.no_report).then(|| arguments.report.clone()),
    })?;
    for warning in report.warnings() {
        output.warning(&warning);
    }
    let mut text = report.text();
    if let Some(page) = report.page() {
        text += &format!("\n{}\n", shown(page));
    }
    Ok(output.result(&report.json(&output.build), &text))
}

fn run_split(arguments: &SplitArguments, output: &Output) -> Result<ExitCode, Failure> {
    let report = split(&SplitOptions {
        paths: arguments.paths.clone(),
        output: arguments.output.clone(),
        by: arguments.by.clone(),
        fractions: arguments.fractions,
        seed: arguments.seed,
        overwrite: arguments.overwrite,
    })?;
    let line = |(name, groups, frames): &(&str, usize, usize)| {
        format!("{name}: {frames} frames of {groups} groups\n")
    };
    let text: String = report.splits.iter().map(line).collect();
    Ok(output.result(&report.json(&output.build), &format!("{text}{}\n", shown(&report.output))))
}

fn run_select(arguments: &SelectArguments, output: &Output) -> Result<ExitCode, Failure> {
    let report = select(&SelectOptions {
        paths: arguments.paths.clone(),
        output: arguments.output.clone(),
        count: arguments.count,
        have: arguments.have.clone(),
        overwrite: arguments.overwrite,
    })?;
    let text =
        format!("{} of {} frames\n{}\n", report.chosen.len(), report.frames_read, shown(&report.output));
    Ok(output.result(&report.json(&output.build), &text))
}

fn run_convert(arguments: &ConvertArguments, output: &Output) -> Result<ExitCode, Failure> {
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
    for (reason, steps) in &report.skipped {
        let first = report.first_skipped.as_ref().filter(|step| step.reason == *reason);
        let place =
            first.map_or(String::new(), |step| format!(", the first at line {}: {}", step.line, step.text));
        output.warning(&format!("{steps} {} steps skipped{place}", reason.name()));
    }
    if report.missing.len() < 3 {
        // A file of bare structures lacks all of them in every frame.
        for (label, frames) in &report.missing {
            output.warning(&format!("{frames} of {} frames have no {}", report.frames, label.name()));
        }
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
