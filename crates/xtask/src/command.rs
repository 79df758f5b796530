//! Running other programs: quietly, aloud, and aloud while keeping what they say.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use crate::failure::Failure;

/// The cargo that started us, else the one on the path.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program with its arguments.
pub fn program<S: AsRef<OsStr>>(name: impl AsRef<OsStr>, arguments: &[S]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments);
    command
}

/// The command as one would type it; the full path of a cargo is shortened to its name.
pub fn typed(command: &Command) -> String {
    let name = command.get_program();
    let is_cargo = std::path::Path::new(name).file_stem() == Some(OsStr::new("cargo"));
    let first = if is_cargo { OsStr::new("cargo") } else { name };
    let words = std::iter::once(first).chain(command.get_args());
    words.map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%[]".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}

/// Whether the command exists and succeeds; its output is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// What the command prints, if it exists and succeeds.
pub fn output_of(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Shows the command, runs it, and fails if it does.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let shown = typed(command);
    eprintln!("$ {shown}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Step(format!("`{shown}` ended with {status}"))),
        Err(error) => Err(Failure::Step(format!("`{shown}` did not start: {error}"))),
    }
}

/// How a command ended, and all it said.
pub struct Said {
    /// Whether it succeeded.
    pub success: bool,
    /// Its standard output and standard error, line by line as they came.
    pub text: String,
}

/// Runs the command, passing on what it says and keeping it.
pub fn overheard(command: &mut Command) -> io::Result<Said> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let errors = child.stderr.take().expect("stderr was piped above");
    let listener = thread::spawn(move || pass_on(errors, io::stderr()));
    let output = pass_on(child.stdout.take().expect("stdout was piped above"), io::stdout());
    let errors = listener.join().expect("passing lines on does not panic");
    let success = child.wait()?.success();
    Ok(Said { success, text: output + &errors })
}

fn pass_on(from: impl Read, mut to: impl Write) -> String {
    let mut kept = String::new();
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
        // A closed terminal must not stop the check: the text is kept all the same.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        kept.push_str(&String::from_utf8_lossy(&line));
        line.clear();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_command_quotes_what_a_shell_would_split() {
        let command = program("/somewhere/bin/cargo", &["test", "--features", "a b"]);
        assert_eq!(typed(&command), "cargo test --features 'a b'");
    }

    #[test]
    fn a_program_that_does_not_exist_is_not_a_success() {
        assert!(!succeeds(&mut Command::new("no-such-program-of-natron")));
        assert_eq!(output_of(&mut Command::new("no-such-program-of-natron")), None);
        let failure = run(&mut Command::new("no-such-program-of-natron")).expect_err("not there");
        assert_eq!(failure.exit_code(), 1);
    }

    #[test]
    fn a_failing_command_keeps_its_words() {
        let said = overheard(cargo().arg("no-such-subcommand")).expect("cargo exists");
        assert!(!said.success);
        assert!(said.text.contains("no-such-subcommand"), "{}", said.text);
    }
}
