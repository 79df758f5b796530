//! natron: flags, progress, exit codes. What it does lives in natron-engine.

mod cli;
mod commands;
mod output;
mod progress;
mod signals;
mod time_limit;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use natron_engine::{Build, Failure, InputError};

use cli::{Cli, Command};
use output::Output;

fn main() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let color = output::color_of_arguments(&arguments);
    let parsed = Cli::command().color(color).try_get_matches_from(&arguments);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &arguments, color),
    };
    let output = Output::new(&cli.global, color, build());
    if let Err(error) = natron_engine::threads::use_threads(cli.global.threads) {
        return output.failure(cli.command.name(), &error.into());
    }
    match run(&cli.command, &output) {
        Ok(code) => code,
        Err(failure) => output.failure(cli.command.name(), &failure),
    }
}

fn run(command: &Command, output: &Output) -> Result<ExitCode, Failure> {
    match command {
        Command::Md(arguments) => commands::md::run(arguments, output),
        #[cfg(feature = "train")]
        Command::Train(arguments) => commands::train::run(arguments, output),
        #[cfg(feature = "train")]
        Command::Tune(arguments) => commands::tune::run(arguments, output),
        #[cfg(feature = "train")]
        Command::Learn(arguments) => commands::learn::run(arguments, output),
        Command::Evaluate(arguments) => commands::evaluate::run(arguments, output),
        Command::Diffusion(arguments) => commands::diffusion::run(arguments, output),
        Command::Bench(arguments) => commands::bench::run(arguments, output),
        Command::Build(arguments) => commands::build::run(arguments, output),
        Command::Data { what } => commands::data::run(what, output),
        Command::Map(arguments) => commands::map::run(arguments, output),
        Command::Charges(arguments) => commands::charges::run(arguments, output),
        Command::View(arguments) => commands::view::run(arguments, output),
        Command::Repair(arguments) => commands::repair::run(arguments, output),
        Command::New { what } => commands::new::run(what, output),
        Command::Schema(arguments) => Ok(commands::schema::run(arguments, output)),
        Command::Study(arguments) => commands::study::run(arguments, output),
        Command::Voltage(arguments) => commands::voltage::run(arguments, output),
        Command::Neb(arguments) => commands::neb::run(arguments, output),
        Command::Completions(arguments) => Ok(commands::completions::run(arguments, output)),
        Command::Man => commands::man::run(output),
    }
}

/// Version and commit.
fn build() -> Build {
    Build {
        version: env!("CARGO_PKG_VERSION").to_string(),
        commit: option_env!("NATRON_COMMIT").map(str::to_string),
    }
}

/// What clap has to say: help on stdout, mistakes on stderr and, with `--json`, as the object that was asked for.
fn usage(error: &clap::Error, arguments: &[std::ffi::OsString], color: clap::ColorChoice) -> ExitCode {
    if error.use_stderr() && arguments.iter().any(|argument| argument == "--json") {
        let output = Output::new(&cli::Global::quiet_json(), color, build());
        let text = error.to_string();
        let (message, help) = output::split_usage(&text);
        let mut cause = InputError::new(message);
        cause.help = help;
        let command = arguments.get(1).map(|name| name.to_string_lossy().into_owned());
        let known = command.filter(|name| cli::is_command(name)).unwrap_or_else(|| "natron".into());
        return output.failure(&known, &cause.into());
    }
    // A closed pipe is no reason to complain.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}
