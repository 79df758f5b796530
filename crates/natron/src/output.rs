//! The two streams: results on stdout, everything else on stderr, and what happens when one is closed.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::ColorChoice;
use natron_engine::{Build, Failure, InputError};
use serde_json::{Value, json};

use crate::cli::Global;

/// How a command speaks.
#[derive(Debug, Clone)]
pub struct Output {
    /// One JSON object on stdout.
    pub json: bool,
    /// Errors only.
    pub quiet: bool,
    /// How often `-v` was given.
    pub verbose: u8,
    /// Which natron this is.
    pub build: Build,
    colored: bool,
}

impl Output {
    /// The output that the flags ask for.
    pub fn new(global: &Global, color: ColorChoice, build: Build) -> Self {
        let colored = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => color_by_environment(io::stderr().is_terminal()),
        };
        Self { json: global.json, quiet: global.quiet, verbose: global.verbose, build, colored }
    }

    /// The result: an object with `--json`, else text.
    pub fn result(&self, value: &Value, text: &str) -> ExitCode {
        if self.json { self.stdout(&format!("{value}\n")) } else { self.stdout(text) }
    }

    /// Writes to stdout; a reader who has gone away ends natron without a word.
    pub fn stdout(&self, text: &str) -> ExitCode {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(error) => {
                self.say("error", "31", &format!("cannot write the result: {error}"));
                ExitCode::from(1)
            }
        }
    }

    /// A failure in the form of the CONTRACT, and its exit code.
    pub fn failure(&self, command: &str, failure: &Failure) -> ExitCode {
        let causes = failure.causes();
        for cause in &causes {
            self.cause(cause);
        }
        if self.json {
            let mut map = self.build.envelope(command);
            map.insert("error".into(), causes.first().map(cause_json).unwrap_or_default());
            if causes.len() > 1 {
                map.insert("errors".into(), causes.iter().map(cause_json).collect());
            }
            self.stdout(&format!("{}\n", Value::Object(map)));
        }
        ExitCode::from(failure.exit_code())
    }

    fn cause(&self, cause: &InputError) {
        self.say("error", "31", &cause.message);
        if let Some(place) = cause.place() {
            self.line(&format!("  {} {}", self.paint("34", "-->"), printable(&place)));
        }
        if let Some(help) = &cause.help {
            self.line(&format!("  {} {}", self.paint("36", "help:"), printable(help)));
        }
    }

    /// A warning.
    pub fn warning(&self, text: &str) {
        if !self.quiet {
            self.say("warning", "33", text);
        }
    }

    /// A line for everyone who did not ask for silence.
    pub fn info(&self, text: &str) {
        if !self.quiet {
            self.line(&printable(text));
        }
    }

    /// A line for `-v`.
    pub fn detail(&self, text: &str) {
        if self.verbose > 0 {
            self.line(&printable(text));
        }
    }

    fn say(&self, kind: &str, color: &str, text: &str) {
        self.line(&format!("{} {}", self.paint(color, &format!("{kind}:")), printable(text)));
    }

    /// A line on stderr; nobody can be told if that fails.
    fn line(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    fn paint(&self, color: &str, text: &str) -> String {
        if self.colored { format!("\u{1b}[1;{color}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}

fn cause_json(cause: &InputError) -> Value {
    json!({
        "message": cause.message,
        "file": cause.file.as_ref().map(|file| file.display().to_string()),
        "line": cause.line,
        "column": cause.column,
        "help": cause.help,
    })
}

/// Text from a file may hold escape sequences; a terminal must not obey them.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// NO_COLOR, CLICOLOR_FORCE and TERM=dumb, in the order of <https://bixense.com/clicolors>.
fn color_by_environment(terminal: bool) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("NO_COLOR") {
        return false;
    }
    if std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") {
        return true;
    }
    terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// What `--color` says, before the command line is read: reading it may already print.
pub fn color_of_arguments(arguments: &[OsString]) -> ColorChoice {
    let mut words = arguments.iter().map(|argument| argument.to_string_lossy());
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => words.next().map(|value| value.into_owned()),
            Some(rest) => rest.strip_prefix('=').map(str::to_string),
            None => None,
        };
        match value.as_deref() {
            Some("always") => return ColorChoice::Always,
            Some("never") => return ColorChoice::Never,
            _ => {}
        }
    }
    ColorChoice::Auto
}

/// clap's text as message and help.
pub fn split_usage(text: &str) -> (String, Option<String>) {
    let text = text.strip_prefix("error: ").unwrap_or(text).trim();
    match text.split_once("\n\n") {
        Some((message, rest)) => (message.trim().to_string(), Some(rest.trim().to_string())),
        None => (text.to_string(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn color_is_known_before_the_command_line_is_read() {
        assert_eq!(color_of_arguments(&arguments(&["natron", "--color", "always"])), ColorChoice::Always);
        assert_eq!(color_of_arguments(&arguments(&["natron", "md", "--color=never"])), ColorChoice::Never);
        assert_eq!(color_of_arguments(&arguments(&["natron", "--colour"])), ColorChoice::Auto);
    }

    #[test]
    fn a_terminal_obeys_no_file() {
        assert_eq!(printable("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
    }

    #[test]
    fn usage_errors_have_a_message_and_a_help() {
        let (message, help) = split_usage("error: unexpected argument '--x' found\n\nUsage: natron\n");
        assert_eq!(message, "unexpected argument '--x' found");
        assert_eq!(help.as_deref(), Some("Usage: natron"));
    }
}
