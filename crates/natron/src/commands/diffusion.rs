//! `natron diffusion`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use natron_engine::Failure;
use natron_engine::diffusion::{DiffusionOptions, diffusion, rows};
use natron_engine::table::Table;

use super::shown;
use crate::output::Output;

/// What to analyse.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Compute diffusion coefficients from trajectories.

The mean squared displacement of the mobile atoms, relative to the drift of the reference atoms and averaged over \
all time origins, is fitted where it grows linearly. Where d ln MSD / d ln t is outside 1 +- 0.2 the atoms did not \
diffuse during the run: then there is an upper bound instead of a number. Several trajectories are replicas of one \
system and are pooled.",
    after_help = "\
Examples:
  natron diffusion na22c200                      a run directory: species as its deck says
  natron diffusion na22c200/trajectory.h5 --mobile Na --reference C --json
  natron diffusion run/replica-*/trajectory.h5   replicas, pooled"
)]
pub struct Arguments {
    /// H5MD trajectories, or run directories
    #[arg(required = true, value_name = "TRAJ")]
    pub trajectories: Vec<PathBuf>,
    /// Elements to follow, separated by commas; by default those of the run's deck, else the alkali metals
    #[arg(long, value_name = "ELEMENTS", value_delimiter = ',')]
    pub mobile: Option<Vec<String>>,
    /// Elements whose drift is removed; by default those of the run's deck, else all that are not mobile
    #[arg(long, value_name = "ELEMENTS", value_delimiter = ',')]
    pub reference: Option<Vec<String>>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let report = diffusion(&DiffusionOptions {
        trajectories: arguments.trajectories.clone(),
        mobile: arguments.mobile.clone(),
        reference: arguments.reference.clone(),
    })?;
    for warning in &report.warnings {
        output.warning(warning);
    }
    let value = report.json(&output.build);
    let mut text = String::new();
    for entry in value["diffusion"].as_array().into_iter().flatten() {
        let species = entry["species"].as_str().unwrap_or_default();
        let mut table = Table::new(&[species, "value"]);
        for (name, value) in rows(entry) {
            table.push(&[name, &value]);
        }
        text += &table.to_text();
        text.push('\n');
    }
    text += &report.trajectories.iter().map(|path| format!("{}\n", shown(path))).collect::<String>();
    Ok(output.result(&value, &text))
}
