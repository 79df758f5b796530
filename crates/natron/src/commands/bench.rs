//! `natron bench`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use natron_engine::Failure;
use natron_engine::bench::{BenchOptions, bench};
use natron_engine::table::Table;

use crate::output::Output;

/// What to measure.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Measure the speed of molecular dynamics on this machine.

Full NVE steps are timed on Na22C200 (argon for lj-argon): forces, neighbour lists, integration. Without --atoms: \
the cell of 222 atoms on all threads, on one thread, one replica on each thread, and eight cells.",
    after_help = "\
Examples:
  natron bench
  natron bench --atoms 1000 --threads 4 --json
  natron bench -p my/potential.safetensors --structure my.extxyz"
)]
pub struct Arguments {
    /// Built-in name or file of the potential
    #[arg(short, long, value_name = "POT", default_value = natron_engine::potentials::DEFAULT)]
    pub potential: String,
    /// Replicate the cell to at least so many atoms and measure that alone
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub atoms: Option<u64>,
    /// Another structure to measure
    #[arg(long, value_name = "FILE")]
    pub structure: Option<PathBuf>,
    /// Seconds for each measurement
    #[arg(long, value_name = "S", default_value = "2", value_parser = seconds)]
    pub seconds: f64,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("write a number of seconds from 0.01 to 3600".into()),
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let options = BenchOptions {
        potential: arguments.potential.clone(),
        atoms: arguments.atoms.map(|atoms| atoms as usize),
        structure: arguments.structure.clone(),
        seconds: arguments.seconds,
    };
    let report = bench(&options, &mut |result| {
        output.detail(&format!("{} atoms: {:.3} us/atom/step", result.atoms, result.us_per_atom_step));
    })?;
    let mut table = Table::new(&["atoms", "threads", "replicas", "us/atom/step", "+-", "steps/s"]);
    for column in 0..6 {
        table = table.right(column);
    }
    for result in &report.results {
        table.push(&[
            result.atoms.to_string(),
            result.threads.to_string(),
            result.replicas.to_string(),
            format!("{:.3}", result.us_per_atom_step),
            format!("{:.3}", result.us_per_atom_step_spread),
            format!("{:.1}", result.steps_per_second()),
        ]);
    }
    let head = format!("potential {}, {} {}\n\n", report.potential, report.simd, report.precision);
    Ok(output.result(&report.json(&output.build), &format!("{head}{}", table.to_text())))
}
