//! The browser in which tests look at reports.

use super::by_hand;
use super::packages::{self, Privilege};
use crate::command::{program, succeeds};
use crate::failure::Failure;

/// The Debian package that brings it.
const PACKAGE: [&str; 1] = ["chromium"];

/// Names under which systems have it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The program that `NATRON_CHROMIUM` names, else the first of the path.
pub fn find() -> Option<String> {
    let named = std::env::var("NATRON_CHROMIUM").ok();
    let names = named.into_iter().chain(NAMES.map(str::to_owned));
    names.into_iter().find(|name| succeeds(&mut program(name, &["--version"])))
}

/// Finds a browser or installs one; in a dry run only says so.
pub fn provide(dry_run: bool) -> Result<(), Failure> {
    if let Some(found) = find() {
        println!("browser: {found}");
        return Ok(());
    }
    match packages::privilege() {
        Some(privilege) if dry_run => {
            println!("browser: missing; would run `{}`", line(privilege));
            Ok(())
        }
        Some(privilege) => {
            packages::install(privilege, &PACKAGE)?;
            find().map(|found| println!("browser: {found}")).ok_or_else(missing)
        }
        None => Err(missing()),
    }
}

fn line(privilege: Privilege) -> String {
    packages::install_line(privilege, &PACKAGE).join(" ")
}

fn missing() -> Failure {
    Failure::Missing(format!("no Chromium was found\n{}", by_hand::BROWSER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_browser_is_installed_from_the_distribution() {
        assert_eq!(line(Privilege::Root), "apt-get install -y --no-install-recommends chromium");
        let failure = missing();
        assert_eq!(failure.exit_code(), 2);
        for system in ["Debian", "Fedora", "macOS", "NATRON_CHROMIUM"] {
            assert!(failure.to_string().contains(system), "{failure}");
        }
    }
}
