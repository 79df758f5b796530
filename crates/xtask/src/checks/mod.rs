//! The checks, cheapest first.

use std::ffi::OsString;
use std::process::Command;

use crate::command::{self, cargo, overheard, typed};
use crate::failure::Failure;
use crate::setup::{self, Hdf5};
use crate::workspace::Workspace;

mod arrows;
mod benches;
mod examples;
mod no_burn;
mod sources;
mod suite;

/// One check.
pub struct Check {
    /// A short word for it.
    pub name: &'static str,
    /// What is checked.
    pub meaning: &'static str,
    /// Does it.
    pub perform: fn(&Context) -> Outcome,
}

/// Every check. All use the dev profile and one feature selection, so that dependencies are built once.
pub const ALL: &[Check] = &[
    Check { name: "arrows", meaning: "which crate may depend on which", perform: arrows::check },
    Check { name: "sources", meaning: "what a crate's source may not do", perform: sources::check },
    Check {
        name: "no-burn",
        meaning: "the demo's build has no training library in it",
        perform: no_burn::check,
    },
    Check {
        name: "fmt",
        meaning: "formatting",
        perform: |context| context.cargo_check(&["fmt", "--all", "--check"]),
    },
    Check {
        name: "clippy",
        meaning: "lints, documentation included, as errors",
        perform: |context| {
            let line = ["clippy", "--workspace", "--all-targets", "--locked"];
            context.cargo_check(&[&line[..], &context.features(), &["--", "-D", "warnings"]].concat())
        },
    },
    Check {
        name: "oracles",
        meaning: "the programs that results are compared with and reports are looked at in, installed",
        perform: |_| {
            let complaints = setup::for_tests(false).err().map(|failure| failure.to_string());
            Outcome::from_complaints("cargo xtask setup --oracles", complaints.into_iter().collect())
        },
    },
    Check { name: "tests", meaning: "unit and integration tests", perform: suite::check },
    Check { name: "doc-tests", meaning: "examples in the documentation of code", perform: suite::check_docs },
    Check { name: "benches", meaning: "each bench once, for its result", perform: benches::check },
    Check {
        name: "examples",
        meaning: "each deck of examples and potentials once, cut short",
        perform: examples::check,
    },
];

/// The checks of these names, in their own order; all of them where none is named.
pub fn named(names: &[String]) -> Result<Vec<&'static Check>, Failure> {
    if let Some(unknown) = names.iter().find(|name| !ALL.iter().any(|check| check.name == name.as_str())) {
        let known: Vec<&str> = ALL.iter().map(|check| check.name).collect();
        return Err(Failure::Usage(format!(
            "no check is called `{unknown}`; there are {}",
            known.join(", ")
        )));
    }
    let wanted = |check: &&Check| names.is_empty() || names.iter().any(|name| name == check.name);
    Ok(ALL.iter().filter(wanted).collect())
}

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Tests or checks that passed.
    pub passed: usize,
    /// Tests or checks that failed.
    pub failed: usize,
    /// What is wrong, one line each.
    pub complaints: Vec<String>,
    /// The command that repeats the check alone.
    pub repeat: String,
}

impl Outcome {
    /// One check that passed if there is nothing to complain of.
    pub fn from_complaints(repeat: &str, complaints: Vec<String>) -> Self {
        let failed = usize::from(!complaints.is_empty());
        Self { passed: 1 - failed, failed, complaints, repeat: repeat.to_owned() }
    }

    /// `ok` or `FAILED`.
    pub fn word(&self) -> &'static str {
        if self.failed == 0 { "ok" } else { "FAILED" }
    }
}

/// What the checks work on.
pub struct Context {
    /// The workspace.
    pub workspace: Workspace,
    environment: Vec<(&'static str, OsString)>,
    feature: &'static str,
}

impl Context {
    /// The context of a machine that builds with this HDF5.
    pub fn new(workspace: Workspace, hdf5: &Hdf5) -> Self {
        let mut environment = hdf5.environment();
        environment.push(("NATRON_ORACLE_PYTHON", setup::oracle_python().into()));
        environment.push(("NATRON_REQUIRE_ORACLES", "1".into()));
        // What is installed between now and the tests is found on the path.
        environment.extend(setup::browser().map(|browser| ("NATRON_CHROMIUM", browser.into())));
        Self { workspace, environment, feature: hdf5.feature() }
    }

    /// The feature selection of every command: the default, plus a static HDF5 where there is no other.
    pub fn features(&self) -> Vec<&'static str> {
        if self.feature == "hdf5" { Vec::new() } else { vec!["--features", self.feature] }
    }

    /// The command, in the workspace and in the environment of the checks.
    pub fn prepared(&self, mut command: Command) -> Command {
        command.current_dir(&self.workspace.root).envs(self.environment.iter().cloned());
        command
    }

    /// cargo with these arguments.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo();
        command.args(arguments);
        self.prepared(command)
    }

    /// A check that is one cargo command.
    fn cargo_check(&self, arguments: &[&str]) -> Outcome {
        let mut command = self.cargo(arguments);
        let repeat = typed(&command);
        let complaints = match command::run(&mut command) {
            Ok(()) => Vec::new(),
            Err(failure) => vec![failure.to_string()],
        };
        Outcome::from_complaints(&repeat, complaints)
    }

    /// Shows and runs a command whose words are needed.
    fn listen(&self, command: Command) -> Result<command::Said, String> {
        let mut command = self.prepared(command);
        println!("$ {}", typed(&command));
        overheard(&mut command).map_err(|error| format!("`{}` did not start: {error}", typed(&command)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_make_a_failure() {
        assert_eq!(Outcome::from_complaints("x", Vec::new()).word(), "ok");
        let failed = Outcome::from_complaints("x", vec!["one".into(), "two".into()]);
        assert_eq!((failed.passed, failed.failed, failed.word()), (0, 1, "FAILED"));
    }

    #[test]
    fn checks_are_chosen_by_name() {
        let names = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            named(&words).map(|checks| checks.iter().map(|check| check.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["fmt", "arrows"]).expect("known"), ["arrows", "fmt"]);
        assert_eq!(names(&[]).expect("all").len(), ALL.len());
        assert_eq!(names(&["fmt", "arows"]).expect_err("unknown").exit_code(), 2);
    }

    #[test]
    fn cheap_checks_come_before_those_that_compile() {
        let place = |name| ALL.iter().position(|check| check.name == name).expect("a check of this name");
        assert!(place("arrows") < place("fmt"));
        assert!(place("fmt") < place("clippy"));
        assert!(place("clippy") < place("tests"));
        assert!(place("tests") < place("examples"));
    }
}
