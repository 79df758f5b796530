//! A Python that can make virtual environments, and the environments.

use std::path::{Path, PathBuf};

use super::packages;
use crate::command::{program, run, succeeds};
use crate::failure::Failure;

/// A Python on the path that has venv and is at least version 3.`minor`.
pub fn find(minor: u32) -> Option<&'static str> {
    let probe = format!("import ensurepip, venv, sys; sys.exit(sys.version_info < (3, {minor}))");
    let names = ["python3", "python3.13", "python3.12", "python3.11"];
    names.into_iter().find(|name| succeeds(&mut program(name, &["-c", &probe])))
}

/// The same, installed where it is missing and we may.
pub fn provide(minor: u32) -> Option<&'static str> {
    find(minor).or_else(|| {
        packages::install(packages::privilege()?, &["python3", "python3-venv"]).ok()?;
        find(minor)
    })
}

/// The Python of the environment in `folder`.
pub fn of(folder: &Path) -> PathBuf {
    folder.join("bin").join("python")
}

/// Makes the environment in `folder` anew and installs into it what the pip `arguments` name.
pub fn make(python: &str, folder: &Path, arguments: &[&str]) -> Result<(), Failure> {
    run(program(python, &["-m", "venv", "--clear"]).arg(folder))?;
    let pip = ["-m", "pip", "--quiet", "--disable-pip-version-check", "install"];
    run(program(of(folder), &pip).args(arguments))
}
