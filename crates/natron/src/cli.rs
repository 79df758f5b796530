//! Commands and flags: their names are those of the CONTRACT, their help is meant to teach.

use clap::{ArgAction, Args, ColorChoice, CommandFactory, Parser, Subcommand};

use crate::commands;

/// Molecular dynamics with neural potentials, from DFT data to diffusion coefficients with honest uncertainty.
#[derive(Debug, Parser)]
#[command(name = "natron", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:
  natron new md my.extxyz            write a commented deck for your structure
  natron md my.toml --check          is everything in order?
  natron md my.toml                  run it: results in ./my/, read ./my/report.html
  natron diffusion my                the diffusion coefficient again, from the trajectory
  natron evaluate -p nac dft.extxyz  how far is a potential from DFT labels?

`natron COMMAND --help` explains each command with examples.")]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Every command")]
pub struct Global {
    /// Print exactly one JSON object on stdout, also after a failure; everything else goes to stderr
    #[arg(long, global = true)]
    pub json: bool,
    /// Errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: every restart; -vv: progress every five seconds
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Colours: by default on a terminal, unless NO_COLOR is set or TERM is dumb
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// Threads to compute with; by default as many as CPU affinity and cgroup allow
    #[arg(long, global = true, value_name = "N", env = "NATRON_THREADS", value_parser = threads)]
    pub threads: Option<usize>,
}

impl Global {
    /// What is assumed where the command line itself could not be read and JSON was asked for.
    pub fn quiet_json() -> Self {
        Self { json: true, quiet: false, verbose: 0, color: ColorChoice::Auto, threads: None }
    }
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads @ 1..=1024) => Ok(threads),
        _ => Err("a number of threads is from 1 to 1024".into()),
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run molecular dynamics from a deck
    #[command(long_about = commands::md::ABOUT, after_help = commands::md::EXAMPLES)]
    Md(commands::job::JobArguments),
    /// Train a potential on labelled frames
    #[cfg(feature = "train")]
    #[command(long_about = commands::train::ABOUT, after_help = commands::train::EXAMPLES)]
    Train(commands::job::JobArguments),
    /// Find what a potential does not know, have it labelled, train again
    #[cfg(feature = "train")]
    #[command(long_about = commands::learn::ABOUT, after_help = commands::learn::EXAMPLES)]
    Learn(commands::job::JobArguments),
    /// Search the settings of a training within a given time
    #[cfg(feature = "train")]
    #[command(long_about = commands::tune::ABOUT, after_help = commands::tune::EXAMPLES)]
    Tune(commands::job::JobArguments),
    /// Compare a potential with labelled frames
    Evaluate(commands::evaluate::Arguments),
    /// Compute diffusion coefficients from trajectories
    Diffusion(commands::diffusion::Arguments),
    /// Measure the speed of molecular dynamics on this machine
    Bench(commands::bench::Arguments),
    /// Build structures: crystals, layers, pores, carbon hosts, sodium in voids
    #[command(long_about = commands::build::ABOUT, after_help = commands::build::EXAMPLES)]
    Build(commands::job::JobArguments),
    /// Check, convert, split and select files of frames
    Data {
        /// What to do.
        #[command(subcommand)]
        what: commands::data::What,
    },
    /// Draw a map of atomic environments by SOAP similarity
    #[command(long_about = commands::map::ABOUT, after_help = commands::map::EXAMPLES)]
    Map(commands::job::JobArguments),
    /// Compute charges of atoms and their distribution over the filling
    #[command(long_about = commands::charges::ABOUT, after_help = commands::charges::EXAMPLES)]
    Charges(commands::job::JobArguments),
    /// Say what a file holds
    View(commands::view::Arguments),
    /// Make the trajectory of a killed run a file that every program opens
    Repair(commands::repair::Arguments),
    /// Write a new deck to start from
    New {
        /// Which kind.
        #[command(subcommand)]
        what: commands::new::What,
    },
    /// Measure diffusion over fillings, temperatures and replicas
    #[command(long_about = commands::study::ABOUT, after_help = commands::study::EXAMPLES)]
    Study(commands::job::JobArguments),
    /// Fill hosts and compute their voltage against the metal
    #[command(long_about = commands::voltage::ABOUT, after_help = commands::voltage::EXAMPLES)]
    Voltage(commands::job::JobArguments),
    /// Find the path of least energy between two structures and its barrier
    #[command(long_about = commands::neb::ABOUT, after_help = commands::neb::EXAMPLES)]
    Neb(commands::job::JobArguments),
    /// Print the JSON schema of a deck, for editors
    Schema(commands::schema::Arguments),
    /// Print the completions for a shell
    Completions(commands::completions::Arguments),
    /// Print the manual page
    Man,
}

impl Command {
    /// The name in `schema`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Md(_) => "md",
            #[cfg(feature = "train")]
            Self::Train(_) => "train",
            #[cfg(feature = "train")]
            Self::Learn(_) => "learn",
            #[cfg(feature = "train")]
            Self::Tune(_) => "tune",
            Self::Evaluate(_) => "evaluate",
            Self::Diffusion(_) => "diffusion",
            Self::Bench(_) => "bench",
            Self::Build(_) => "build",
            Self::Data { .. } => "data",
            Self::Map(_) => "map",
            Self::Charges(_) => "charges",
            Self::View(_) => "view",
            Self::Repair(_) => "repair",
            Self::New { .. } => "new",
            Self::Study(_) => "study",
            Self::Voltage(_) => "voltage",
            Self::Neb(_) => "neb",
            Self::Schema(_) => "schema",
            Self::Completions(_) => "completions",
            Self::Man => "man",
        }
    }
}

/// Whether there is a command of this name.
pub fn is_command(name: &str) -> bool {
    Cli::command().get_subcommands().any(|command| command.get_name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }
}
