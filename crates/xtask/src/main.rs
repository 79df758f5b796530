//! Set-up, demo and the checks that CI runs: `cargo xtask setup | demo | test | bench-md`.
//!
//! The decision that shaped this crate: it has no dependencies at all, so that the first command of a fresh
//! clone answers within seconds, before HDF5 is there and before anything large is compiled.

use std::process::ExitCode;

mod bench_md;
mod checks;
mod command;
mod demo;
mod failure;
mod json;
mod setup;
mod test;
mod workspace;

use failure::Failure;

const USAGE: &str = "\
Set-up and checks of the natron workspace.

Usage: cargo xtask <COMMAND>

Commands:
  setup [--dry-run] [--oracles]  install what the build needs; --oracles: and what tests compare with
  demo                           set up, build without training, run natron md examples/na22c200.toml
  test [CHECK...]                set up, then every check that CI runs, cheapest first (or only those named)
  bench-md                       compare natron bench with the processor time of whole runs; fails above 10 %
  help                           this text

Options of setup:
  --dry-run   print what would be done and do nothing
  --oracles   also make the virtual environment target/oracles, and find or install Chromium

Exit codes: 0 done, 1 a step or a check failed, 2 wrong usage or something is missing that must be installed by hand.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode, Failure> {
    let Some((name, flags)) = arguments.split_first() else {
        return Err(Failure::Usage(format!("a command is missing\n\n{USAGE}")));
    };
    match name.as_str() {
        "setup" => {
            let [dry_run, oracles] = accept(flags, ["--dry-run", "--oracles"])?;
            setup::run(&setup::Options { dry_run, oracles }).map(|()| ExitCode::SUCCESS)
        }
        "demo" => accept(flags, []).and_then(|[]| demo::run_demo()),
        "bench-md" => accept(flags, []).and_then(|[]| bench_md::run_bench_md()),
        "test" => test::run(&checks::named(flags)?),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => Err(Failure::Usage(format!("no command is called `{other}`\n\n{USAGE}"))),
    }
}

/// Which of the `known` flags were given; anything else is an error.
fn accept<const N: usize>(flags: &[String], known: [&str; N]) -> Result<[bool; N], Failure> {
    match flags.iter().find(|flag| !known.contains(&flag.as_str())) {
        Some(unknown) => Err(Failure::Usage(format!("`{unknown}` is not understood here\n\n{USAGE}"))),
        None => Ok(known.map(|name| flags.iter().any(|flag| flag == name))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn flags_are_recognised_in_any_order() {
        let given = accept(&words("--oracles"), ["--dry-run", "--oracles"]);
        assert_eq!(given.expect("a known flag"), [false, true]);
    }

    #[test]
    fn wrong_usage_exits_with_2_and_does_nothing() {
        for line in ["", "tset", "setup --dryrun", "demo --fast", "test --oracles"] {
            let failure = dispatch(&words(line)).expect_err("wrong usage");
            assert_eq!(failure.exit_code(), 2, "{line}");
        }
    }
}
