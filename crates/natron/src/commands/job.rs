//! What md, train and map have in common on the command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use natron_engine::deck::Override;
use natron_engine::job::{Job, JobOptions, RunOutcome};
use natron_engine::run_directory::Existing;
use natron_engine::watch::Stop;
use natron_engine::{Failure, RunError};
use serde_json::Value;

use crate::output::Output;
use crate::progress::Screen;
use crate::time_limit;

/// A deck and what to do with it.
#[derive(Debug, Clone, Args)]
pub struct JobArguments {
    /// The deck, a TOML file; its relative paths start from its own folder
    #[arg(value_name = "DECK")]
    pub deck: PathBuf,
    /// Change a value of the deck; stages go by name: stage.production.duration_ps=50
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub overrides: Vec<Override>,
    /// Only say whether everything is in order; write nothing
    #[arg(long, conflicts_with_all = ["resume", "overwrite"])]
    pub check: bool,
    /// Only print the whole deck, defaults included, with what every value means
    #[arg(long, conflicts_with_all = ["resume", "overwrite", "check"])]
    pub explain: bool,
    /// Go on with the run in the run directory from its newest restart
    #[arg(long, conflicts_with = "overwrite")]
    pub resume: bool,
    /// Keep an existing run directory as NAME.bak-N and start anew
    #[arg(long)]
    pub overwrite: bool,
    /// Stop in order after this wall time, ready for --resume
    #[arg(long, value_name = "HH:MM:SS", value_parser = time_limit::parse)]
    pub max_time: Option<Duration>,
}

impl JobArguments {
    fn options(&self) -> JobOptions {
        let existing = match (self.resume, self.overwrite) {
            (true, _) => Existing::Resume,
            (_, true) => Existing::Overwrite,
            _ => Existing::Refuse,
        };
        JobOptions { deck: self.deck.clone(), overrides: self.overrides.clone(), existing }
    }
}

/// Checks, explains or runs a job.
pub fn drive<J: Job>(
    arguments: &JobArguments,
    output: &Output,
    prepare: impl FnOnce(&JobOptions) -> Result<J, Failure>,
) -> Result<ExitCode, Failure> {
    let started = Instant::now();
    let job = prepare(&arguments.options())?;
    let envelope = |key: &str, value: Value| {
        let mut map = output.build.envelope(job.command());
        map.insert(key.into(), value);
        Value::Object(map)
    };
    for warning in job.warnings() {
        output.warning(&warning);
    }
    if arguments.check {
        let mut checked = envelope("checked", true.into());
        let mut text = format!("in order: {}\n", job.about());
        if let Some(estimate) = job.estimate() {
            checked["estimate"] = estimate.json;
            text.push_str(&format!("{}\n", estimate.text));
        }
        return Ok(output.result(&checked, &text));
    }
    if arguments.explain {
        let text = job.explain();
        return Ok(output.result(&envelope("explained", text.clone().into()), &text));
    }
    // Handlers come before the first file: from here on a signal means an orderly end.
    let deadline = arguments.max_time.map(|limit| started + limit);
    let screen = Screen::new(output, deadline)
        .map_err(|error| RunError::new(format!("cannot listen for signals: {error}")))?;
    let outcome = job.run(&output.build, &screen);
    screen.clear();
    Ok(show(&outcome?, output))
}

fn show(outcome: &RunOutcome, output: &Output) -> ExitCode {
    let reports: String = outcome.reports.iter().map(|path| format!("{}\n", path.display())).collect();
    let code = output.result(&outcome.summary, &format!("\n{}\n{reports}", outcome.table));
    match outcome.stopped {
        None => code,
        Some(stop) => {
            let why = match stop {
                Stop::MaxTime => "the time is over".to_string(),
                signal => format!("{} received", signal.name()),
            };
            output.info(&format!("stopped: {why}; --resume goes on from the restart"));
            ExitCode::from(stop.exit_code())
        }
    }
}
