//! The virtual environment of the programs that natron's tests compare with.

use std::fs;
use std::path::{Path, PathBuf};

use super::{by_hand, python};
use crate::command::{program, succeeds};
use crate::failure::Failure;
use crate::workspace;

/// The oldest Python 3 for which the pinned versions exist.
const OLDEST_MINOR: u32 = 11;

/// Name of the file that says which pins an environment was made from.
const STAMP: &str = "made-from.txt";

fn folder() -> PathBuf {
    workspace::target().join("oracles")
}

/// The oracles' Python, once they are installed.
pub fn python() -> PathBuf {
    python::of(&folder())
}

/// Installs the oracles if they are missing or their pins have changed; in a dry run only says so.
pub fn provide(dry_run: bool) -> Result<(), Failure> {
    let folder = folder();
    let pins = Pins::read(&workspace::root().join("tests").join("oracles"))?;
    if pins.are_installed_in(&folder) {
        println!("oracles: {}", folder.display());
        return Ok(());
    }
    if dry_run {
        println!("oracles: would make {} from tests/oracles/requirements.txt:", folder.display());
        for pin in pins.required() {
            println!("    {pin}");
        }
        return Ok(());
    }
    let python = python::provide(OLDEST_MINOR)
        .ok_or_else(|| Failure::Missing(format!("no Python with venv was found\n{}", by_hand::PYTHON)))?;
    pins.install(python, &folder)
}

/// The versions the tests were written against.
struct Pins {
    requirements: PathBuf,
    constraints: PathBuf,
    text: String,
}

impl Pins {
    fn read(folder: &Path) -> Result<Self, Failure> {
        let requirements = folder.join("requirements.txt");
        let constraints = folder.join("constraints.txt");
        let read = |path: &Path| {
            fs::read_to_string(path)
                .map_err(|error| Failure::Step(format!("{} cannot be read: {error}", path.display())))
        };
        let text = read(&requirements)? + &read(&constraints)?;
        Ok(Self { requirements, constraints, text })
    }

    /// The oracles themselves, without what they draw in.
    fn required(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.requirements).unwrap_or_default();
        let wanted = |line: &&str| !line.is_empty() && !line.starts_with('#');
        text.lines().filter(wanted).map(str::to_owned).collect()
    }

    fn are_installed_in(&self, folder: &Path) -> bool {
        let same = fs::read_to_string(folder.join(STAMP)).is_ok_and(|made_from| made_from == self.text);
        same && succeeds(&mut program(python::of(folder), &["--version"]))
    }

    fn install(&self, python: &str, folder: &Path) -> Result<(), Failure> {
        let path = |file: &Path| file.to_string_lossy().into_owned();
        let (requirements, constraints) = (path(&self.requirements), path(&self.constraints));
        python::make(python, folder, &["-r", &requirements, "-c", &constraints])?;
        // Written last: an environment whose making was interrupted has no stamp and is made again.
        fs::write(folder.join(STAMP), &self.text)
            .map_err(|error| Failure::Step(format!("{} cannot be written: {error}", folder.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins() -> Pins {
        Pins::read(&workspace::root().join("tests").join("oracles")).expect("the pins are committed")
    }

    #[test]
    fn every_requirement_is_pinned() {
        let lines = pins().required();
        assert!(!lines.is_empty());
        for line in &lines {
            assert!(line.contains("=="), "{line} is not pinned");
        }
    }

    #[test]
    fn a_folder_without_the_stamp_is_not_installed() {
        assert!(!pins().are_installed_in(Path::new("/nonexistent")));
    }
}
