//! `natron completions`.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use serde_json::Value;

use crate::cli::Cli;
use crate::output::Output;

/// For which shell.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  natron completions bash > ~/.local/share/bash-completion/completions/natron
  natron completions zsh > ~/.zfunc/_natron
  natron completions fish > ~/.config/fish/completions/natron.fish")]
pub struct Arguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &Output) -> ExitCode {
    let mut bytes = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "natron", &mut bytes);
    let text = String::from_utf8(bytes).expect("completions are text");
    let mut map = output.build.envelope("completions");
    map.insert("text".into(), text.clone().into());
    output.result(&Value::Object(map), &text)
}
