//! `natron diffusion`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use natron_engine::Failure;
use natron_engine::diffusion::{
    DiffusionOptions, arrhenius_rows, diffusion, motion_rows, rows, structure_rows, transport_rows,
};
use natron_engine::table::Table;
use serde_json::Value;

use super::shown;
use crate::output::Output;

/// What to analyse.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Compute diffusion coefficients from trajectories.

The mean squared displacement of the mobile atoms, relative to the drift of the reference atoms and averaged over \
all time origins, is fitted where it grows linearly. Where d ln MSD / d ln t is outside 1 +- 0.2 the atoms did not \
diffuse during the run: then there is an upper bound instead of a number. Beside D: structure (partial \
distributions, bonds, rings, pores, clusters) from some of the frames, and motion (jumps, sites, residence, Van Hove, each ion by itself). Several trajectories at one temperature \
are replicas of one system and are pooled; those at several temperatures give an activation energy too.

Trajectories are H5MD files, LAMMPS dumps (text) or extended XYZ, of any program. Wrapped positions are unwrapped, by image \
flags where there are any; a step of more than 0.4 of the cell between frames is refused where there are none.",
    after_help = "\
Examples:
  natron diffusion na22c200                      a run directory: species as its deck says
  natron diffusion na22c200/trajectory.h5 --mobile Na --reference C --json
  natron diffusion run/replica-*/trajectory.h5   replicas, pooled
  natron diffusion run.dump --types Na,C --frame-every-fs 20 --temperature-K 600
  natron diffusion at-600 at-800 at-1000 --report diffusion.html   activation energy, D at 300 K"
)]
pub struct Arguments {
    /// Trajectories (H5MD, LAMMPS dump, extended XYZ), or run directories
    #[arg(required = true, value_name = "TRAJ")]
    pub trajectories: Vec<PathBuf>,
    /// Elements to follow, separated by commas; by default those of the run's deck, else the alkali metals
    #[arg(long, value_name = "ELEMENTS", value_delimiter = ',')]
    pub mobile: Option<Vec<String>>,
    /// Elements whose drift is removed; by default those of the run's deck, else all that are not mobile
    #[arg(long, value_name = "ELEMENTS", value_delimiter = ',')]
    pub reference: Option<Vec<String>>,
    /// Time between frames, fs, for files that do not say it
    #[arg(long, value_name = "FS")]
    pub frame_every_fs: Option<f64>,
    /// Elements of the atom types 1, 2, ... of LAMMPS dumps, separated by commas
    #[arg(long, value_name = "ELEMENTS", value_delimiter = ',')]
    pub types: Option<Vec<String>>,
    /// Temperature, K: one for all trajectories, or one for each, separated by commas; by default what the files say
    #[arg(long = "temperature-K", value_name = "K", value_delimiter = ',')]
    pub temperature_k: Option<Vec<f64>>,
    /// Where D is wanted from runs at several temperatures, K [default: 300]
    #[arg(long = "at-K", value_name = "K")]
    pub at_temperature_k: Option<f64>,
    /// Shear viscosity of a fluid, mPa s: gives the correction of Yeh and Hummer for the finite cell
    #[arg(long = "viscosity-mPa-s", value_name = "MPA_S")]
    pub viscosity_mpa_s: Option<f64>,
    /// Write a report with pictures, one HTML page
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let options = DiffusionOptions {
        trajectories: arguments.trajectories.clone(),
        mobile: symbols(&arguments.mobile),
        reference: symbols(&arguments.reference),
        frame_every_fs: arguments.frame_every_fs,
        types: symbols(&arguments.types),
        temperature_k: arguments.temperature_k.clone(),
        viscosity_mpa_s: arguments.viscosity_mpa_s,
        at_temperature_k: arguments.at_temperature_k,
        report: arguments.report.clone(),
    };
    let report = diffusion(&options, &output.build)?;
    for warning in &report.warnings {
        output.warning(warning);
    }
    let value = report.json(&output.build);
    let mut text = String::new();
    let both = entries(&value, "diffusion").zip(entries(&value, "transport"));
    for ((entry, transport), motion) in both.zip(entries(&value, "motion")) {
        let species = entry["species"].as_str().unwrap_or_default();
        let lines = rows(entry).into_iter().chain(transport_rows(transport)).chain(motion_rows(motion));
        text += &table(species, lines.map(|(name, value)| (name.to_owned(), value)));
    }
    for entry in entries(&value, "structure") {
        let at = entry["temperature_K"].as_f64().map(|t| format!(" at {t:.0} K")).unwrap_or_default();
        text += &table(&format!("structure{at}"), structure_rows(entry));
    }
    for entry in entries(&value, "arrhenius") {
        let species = entry["species"].as_str().unwrap_or_default();
        text += &table(&format!("{species} over temperature"), arrhenius_rows(entry));
    }
    let written = report.trajectories.iter().chain(&arguments.report);
    text += &written.map(|path| format!("{}\n", shown(path))).collect::<String>();
    Ok(output.result(&value, &text))
}

/// A list of elements; `--reference ""` is an empty one.
fn symbols(list: &Option<Vec<String>>) -> Option<Vec<String>> {
    list.as_ref().map(|list| list.iter().filter(|symbol| !symbol.is_empty()).cloned().collect())
}

fn entries<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value[key].as_array().into_iter().flatten()
}

fn table(heading: &str, rows: impl IntoIterator<Item = (String, String)>) -> String {
    let mut table = Table::new(&[heading, "value"]);
    for (name, value) in rows {
        table.push(&[name, value]);
    }
    table.to_text() + "\n"
}
