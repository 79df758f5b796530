//! Debian packages, where we may install them.

use crate::command::{output_of, program, run, succeeds};
use crate::failure::Failure;

/// How apt-get may be called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Privilege {
    /// As we are.
    Root,
    /// Through sudo, which asks for no password.
    Sudo,
}

/// Whether this machine has apt-get and lets us use it.
pub fn privilege() -> Option<Privilege> {
    if !succeeds(&mut program("apt-get", &["--version"])) {
        return None;
    }
    if output_of(&mut program("id", &["-u"])).as_deref() == Some("0") {
        return Some(Privilege::Root);
    }
    succeeds(&mut program("sudo", &["-n", "true"])).then_some(Privilege::Sudo)
}

/// The command line that installs `names`.
pub fn install_line(privilege: Privilege, names: &[&str]) -> Vec<String> {
    let words = ["install", "-y", "--no-install-recommends"].iter().chain(names);
    apt_line(privilege, words.copied())
}

fn apt_line<'a>(privilege: Privilege, words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let start: &[&str] = match privilege {
        Privilege::Root => &["apt-get"],
        Privilege::Sudo => &["sudo", "-n", "apt-get"],
    };
    start.iter().copied().chain(words).map(str::to_owned).collect()
}

/// Installs the packages. The lists of a fresh machine are empty or old: where they are, they are
/// brought up to date first, or once after a first failure.
pub fn install(privilege: Privilege, names: &[&str]) -> Result<(), Failure> {
    let update = || call(&apt_line(privilege, std::iter::once("update")));
    let install = || call(&install_line(privilege, names));
    if lists_are_empty() {
        update()?;
        return install();
    }
    install().or_else(|_| update().and_then(|()| install()))
}

fn call(line: &[String]) -> Result<(), Failure> {
    let (name, arguments) = line.split_first().expect("a line starts with its program");
    run(program(name, arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn lists_are_empty() -> bool {
    let Ok(entries) = std::fs::read_dir("/var/lib/apt/lists") else { return true };
    !entries.flatten().any(|entry| is_list(&entry.file_name().to_string_lossy()))
}

/// Whether apt keeps a package list under this name (a lock and an empty folder lie beside them).
fn is_list(name: &str) -> bool {
    name.contains("_Packages") || name.ends_with("Release")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_install_line_is_the_documented_one() {
        let line = install_line(Privilege::Root, &["libhdf5-dev", "pkg-config"]).join(" ");
        assert_eq!(line, "apt-get install -y --no-install-recommends libhdf5-dev pkg-config");
        let line = install_line(Privilege::Sudo, &["libhdf5-dev"]).join(" ");
        assert_eq!(line, "sudo -n apt-get install -y --no-install-recommends libhdf5-dev");
    }

    #[test]
    fn a_lock_is_no_list() {
        assert!(!is_list("lock") && !is_list("partial") && !is_list("auxfiles"));
        assert!(is_list("deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages.lz4"));
    }
}
