//! `cargo xtask demo`: from a fresh clone to a diffusion coefficient.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::command::{cargo, run, typed};
use crate::failure::Failure;
use crate::setup;
use crate::workspace::{self, Workspace};

/// The deck that the demo runs, relative to the workspace.
const DECK: &str = "examples/na22c200.toml";

/// The run directory that the deck writes.
const RUN: &str = "examples/na22c200";

/// Sets up, builds natron without training and runs the example. The exit code is natron's.
pub fn run_demo() -> Result<ExitCode, Failure> {
    let hdf5 = setup::for_build()?;
    let environment = hdf5.environment();
    let mut build = cargo();
    build.args(build_arguments(hdf5.feature())).envs(environment.clone());
    run(build.current_dir(workspace::root()))?;

    let mut natron = Command::new(Workspace::load()?.target.join("release").join("natron"));
    natron.args(natron_arguments(&workspace::root().join(RUN)));
    eprintln!("$ {}", typed(&natron));
    let status = natron.envs(environment).current_dir(workspace::root()).status();
    let status = status.map_err(|error| Failure::Step(format!("natron did not start: {error}")))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// A release build of natron. Training is left out: it would cost minutes of compilation for nothing.
pub fn build_arguments(feature: &str) -> [&str; 8] {
    ["build", "--release", "--locked", "--no-default-features", "--features", feature, "--bin", "natron"]
}

/// natron refuses to write into a run directory that exists. So that the demo can be run again, it then
/// asks for `--overwrite`, which keeps the earlier run beside the new one.
fn natron_arguments(run: &Path) -> Vec<&'static str> {
    let mut arguments = vec!["md", DECK];
    if run.exists() {
        arguments.push("--overwrite");
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_run_is_exactly_the_documented_command() {
        assert_eq!(natron_arguments(Path::new("/nonexistent")), ["md", "examples/na22c200.toml"]);
        let again = natron_arguments(&workspace::root());
        assert_eq!(again, ["md", "examples/na22c200.toml", "--overwrite"]);
    }

    #[test]
    fn the_build_names_no_training() {
        assert!(
            build_arguments("hdf5").join(" ").ends_with("--no-default-features --features hdf5 --bin natron")
        );
    }
}
