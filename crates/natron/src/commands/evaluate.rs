//! `natron evaluate`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use natron_engine::Failure;
use natron_engine::evaluate::{Errors, EvaluateOptions, EvaluateReport, evaluate};
use natron_engine::table::Table;

use super::shown;
use crate::output::Output;

/// What to compare.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Compare a potential with labelled frames.

Energies are compared as they are, nothing is fitted: against free_energy where a frame has one (forces derive \
from it when electrons are smeared), else against energy; the output says which. Force errors are over \
components, beside them stands the RMS of the reference forces, the error of a potential that predicts zero.",
    after_help = "\
Examples:
  natron evaluate -p nac dft.extxyz
  natron evaluate -p my/potential.safetensors a.extxyz b.extxyz --split test --json
  natron evaluate -p nac frames.extxyz --output predicted.extxyz"
)]
pub struct Arguments {
    /// Built-in name (nac, lj-argon), or a file: a path with / or ending in .safetensors
    #[arg(short, long, value_name = "POT")]
    pub potential: String,
    /// Extended XYZ files with energy or free_energy, forces, and virial or stress
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write the same frames with predicted energy, forces, virial, and the reference as ref_energy and so on
    #[arg(short, long, value_name = "PRED.extxyz")]
    pub output: Option<PathBuf>,
    /// Only frames whose key `split` is this, such as test
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,
    /// Only frames whose key `kind` is one of these, separated by commas
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub kind: Vec<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let report = evaluate(&EvaluateOptions {
        potential: arguments.potential.clone(),
        files: arguments.files.clone(),
        output: arguments.output.clone(),
        split: arguments.split.clone(),
        kinds: arguments.kind.clone(),
    })?;
    Ok(output.result(&report.json(&output.build), &text(&report)))
}

fn text(report: &EvaluateReport) -> String {
    let mut groups = Table::new(&[
        "frames of",
        "n",
        "energy RMSE / meV/atom",
        "force RMSE / meV/A",
        "force RMS",
        "%",
        "virial RMSE / meV/atom",
    ]);
    for column in 1..7 {
        groups = groups.right(column);
    }
    groups.push(&row("all", &report.total));
    for (kind, errors) in &report.by_kind {
        groups.push(&row(&format!("kind {}", kind.as_deref().unwrap_or("(none)")), errors));
    }
    if report.by_file.len() > 1 {
        for (file, errors) in &report.by_file {
            groups.push(&row(&shown(file), errors));
        }
    }
    let mut species =
        Table::new(&["forces on", "atoms", "RMSE / meV/A", "RMS", "%"]).right(1).right(2).right(3).right(4);
    for (element, atoms, rmse, rms, percent) in report.total.species() {
        let cells =
            [element.to_string(), atoms.to_string(), format!("{rmse:.1}"), format!("{rms:.1}"), one(percent)];
        species.push(&cells);
    }
    let compared = match report.total.energy_label() {
        Some(label) => format!("energies are compared with {label}"),
        None => "no frame has an energy".into(),
    };
    let written = report.output.iter().map(|path| format!("{}\n", shown(path))).collect::<String>();
    let covered = [&report.coverage, &report.energy_coverage]
        .into_iter()
        .filter(|c| !c.is_empty())
        .map(|c| format!("{}\n", c.text()))
        .collect::<String>();
    format!("{}\n{}\n{compared}\n{covered}{written}", groups.to_text(), species.to_text())
}

fn row(name: &str, errors: &Errors) -> [String; 7] {
    [
        name.to_string(),
        errors.frames().to_string(),
        one(errors.energy_rmse_mev_per_atom()),
        one(errors.force_rmse_mev_per_a()),
        one(errors.force_rms_mev_per_a()),
        one(errors.force_error_percent()),
        one(errors.virial_rmse_mev_per_atom()),
    ]
}

/// One decimal, or a dash where there is nothing to compare with.
fn one(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.1}"))
}
