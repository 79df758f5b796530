//! `natron man`.

use std::process::ExitCode;

use clap::CommandFactory;
use natron_engine::{Failure, RunError};
use serde_json::Value;

use crate::cli::Cli;
use crate::output::Output;

/// Prints the manual page of the program, then those of its commands, in roff.
pub fn run(output: &Output) -> Result<ExitCode, Failure> {
    let mut bytes = Vec::new();
    let mut command = Cli::command();
    command.build();
    let pages = std::iter::once(command.clone()).chain(command.get_subcommands().cloned());
    for page in pages {
        clap_mangen::Man::new(page)
            .render(&mut bytes)
            .map_err(|error| RunError::new(format!("the manual page cannot be made: {error}")))?;
    }
    let text = String::from_utf8(bytes).expect("a manual page is text");
    let mut map = output.build.envelope("man");
    map.insert("text".into(), text.clone().into());
    Ok(output.result(&Value::Object(map), &text))
}
