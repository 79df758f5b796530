//! Where HDF5 comes from: the system, a folder, or a static build.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::packages::{self, Privilege};
use super::{by_hand, python};
use crate::command::{output_of, program, succeeds};
use crate::failure::Failure;
use crate::workspace;

/// Debian packages that bring the system's HDF5.
const PACKAGES: [&str; 2] = ["libhdf5-dev", "pkg-config"];

/// What builds HDF5 where there is no CMake: two programs without dependencies.
const BUILDERS: [&str; 2] = ["cmake==3.31.10", "ninja==1.13.0"];

/// The oldest HDF5 with the single-writer mode natron records trajectories in.
const OLDEST: (u32, u32) = (1, 10);

/// The HDF5 a build uses.
#[derive(Debug, Clone, PartialEq)]
pub enum Hdf5 {
    /// The system's, of this version, found by pkg-config.
    System(String),
    /// The one in the folder that `$HDF5_DIR` names.
    Folder(PathBuf),
    /// Built from source, with the builders in this folder or those on the path.
    Static(Option<PathBuf>),
}

impl Hdf5 {
    /// The cargo feature that selects it.
    pub fn feature(&self) -> &'static str {
        if matches!(self, Hdf5::Static(_)) { "hdf5-static" } else { "hdf5" }
    }

    /// Variables that cargo and the programs it builds need.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        match self {
            Hdf5::System(_) | Hdf5::Static(None) => Vec::new(),
            Hdf5::Folder(folder) => vec![preceded(library_variable(), &folder.join("lib"))],
            Hdf5::Static(Some(tools)) => {
                vec![preceded("PATH", tools), ("CMAKE_GENERATOR", OsString::from("Ninja"))]
            }
        }
    }

    fn description(&self) -> String {
        match self {
            Hdf5::System(version) => format!("{version}, the system's"),
            Hdf5::Folder(folder) => format!("from HDF5_DIR, {}", folder.display()),
            Hdf5::Static(_) => "built statically from source".to_owned(),
        }
    }
}

/// The variable under which the dynamic linker looks for libraries.
fn library_variable() -> &'static str {
    if cfg!(target_os = "macos") { "DYLD_FALLBACK_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" }
}

/// A list of folders with one more in front.
fn preceded(variable: &'static str, first: &Path) -> (&'static str, OsString) {
    let rest = std::env::var_os(variable).unwrap_or_default();
    let folders = std::iter::once(first.to_owned()).chain(std::env::split_paths(&rest));
    // A folder with a colon in its name cannot stand in such a list.
    let list = std::env::join_paths(folders).unwrap_or_else(|_| first.as_os_str().to_owned());
    (variable, list)
}

/// What was found on this machine.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// `$HDF5_DIR`, and whether a header lies in it.
    folder: Option<(PathBuf, bool)>,
    /// The version pkg-config knows.
    system: Option<String>,
    /// Whether and how packages may be installed.
    privilege: Option<Privilege>,
    /// Whether there is a C compiler.
    c_compiler: bool,
    /// Whether there are CMake and make.
    builders: bool,
    /// The folder of builders that an earlier set-up made.
    own_builders: Option<PathBuf>,
    /// A Python that can install builders.
    python: Option<&'static str>,
}

/// What to do about HDF5.
#[derive(Debug, PartialEq)]
enum Plan {
    Use(Hdf5),
    Packages(Privilege),
    Builders(&'static str),
    ByHand(String),
}

/// The best way to an HDF5. `$HDF5_DIR` comes first because the build obeys it first.
fn plan(seen: &Seen) -> Plan {
    if let Some((folder, has_header)) = &seen.folder {
        if *has_header {
            return Plan::Use(Hdf5::Folder(folder.clone()));
        }
        return Plan::ByHand(format!("HDF5_DIR is {}, where no include/hdf5.h lies", folder.display()));
    }
    if let Some(version) = seen.system.as_ref().filter(|version| is_recent(version)) {
        return Plan::Use(Hdf5::System(version.clone()));
    }
    if let Some(privilege) = seen.privilege {
        return Plan::Packages(privilege);
    }
    match (seen.c_compiler, seen.builders, &seen.own_builders, seen.python) {
        (true, true, ..) => Plan::Use(Hdf5::Static(None)),
        (true, _, Some(tools), _) => Plan::Use(Hdf5::Static(Some(tools.clone()))),
        (true, _, _, Some(python)) => Plan::Builders(python),
        _ => Plan::ByHand(match &seen.system {
            Some(version) => format!("HDF5 {version} is too old"),
            None => "HDF5 was not found".to_owned(),
        }),
    }
}

fn is_recent(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= OLDEST,
        _ => false,
    }
}

/// Finds HDF5 or brings it. `None` after a dry run that found it missing.
pub fn provide(dry_run: bool) -> Result<Option<Hdf5>, Failure> {
    let mut seen = look();
    loop {
        match plan(&seen) {
            Plan::Use(hdf5) => {
                println!("HDF5: {}", hdf5.description());
                return Ok(Some(hdf5));
            }
            Plan::ByHand(complaint) => {
                return Err(Failure::Missing(format!("{complaint}\n{}", by_hand::HDF5)));
            }
            planned if dry_run => {
                println!("HDF5: missing; would {}", announcement(&planned));
                return Ok(None);
            }
            Plan::Packages(privilege) => {
                if let Err(failure) = packages::install(privilege, &PACKAGES) {
                    eprintln!("{failure}; trying a static build instead");
                }
                // Whatever came of it, packages are not tried twice.
                seen = Seen { privilege: None, ..look() };
            }
            Plan::Builders(python) => {
                python::make(python, &builders_folder(), &BUILDERS)?;
                seen.own_builders = Some(builders_folder().join("bin"));
            }
        }
    }
}

fn announcement(plan: &Plan) -> String {
    match plan {
        Plan::Packages(privilege) => {
            format!("run `{}`", packages::install_line(*privilege, &PACKAGES).join(" "))
        }
        Plan::Builders(python) => {
            format!("install {} with {python} under {}", BUILDERS.join(" and "), builders_folder().display())
        }
        Plan::Use(hdf5) => format!("use {}", hdf5.description()),
        Plan::ByHand(complaint) => complaint.clone(),
    }
}

fn builders_folder() -> PathBuf {
    workspace::target().join("builders")
}

/// Looks around; only as far as needed, so that a complete machine is done at once.
fn look() -> Seen {
    let folder = std::env::var_os("HDF5_DIR").map(PathBuf::from);
    let folder = folder.map(|folder| {
        let has_header = folder.is_absolute() && folder.join("include").join("hdf5.h").is_file();
        (folder, has_header)
    });
    let system = output_of(&mut program("pkg-config", &["--modversion", "hdf5"]));
    let found = Seen { folder, system, ..Seen::default() };
    if matches!(plan(&found), Plan::Use(_)) {
        return found;
    }
    let runs = |name: &str| succeeds(&mut program(name, &["--version"]));
    let own = builders_folder().join("bin");
    Seen {
        privilege: packages::privilege(),
        c_compiler: runs("cc"),
        builders: runs("cmake") && runs("make"),
        own_builders: (own.join("cmake").is_file() && own.join("ninja").is_file()).then_some(own),
        python: python::find(8),
        ..found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> Seen {
        Seen::default()
    }

    #[test]
    fn the_systems_library_is_used_if_it_is_recent() {
        let seen = Seen { system: Some("1.10.8".into()), privilege: Some(Privilege::Root), ..nothing() };
        assert_eq!(plan(&seen), Plan::Use(Hdf5::System("1.10.8".into())));
        let seen = Seen { system: Some("1.8.20".into()), ..seen };
        assert_eq!(plan(&seen), Plan::Packages(Privilege::Root));
        assert!(is_recent("2.0.0") && is_recent("1.14.6") && !is_recent("1.9") && !is_recent("new"));
    }

    #[test]
    fn a_named_folder_comes_first_and_must_hold_the_header() {
        let folder = PathBuf::from("/opt/hdf5");
        let seen = Seen { folder: Some((folder.clone(), true)), system: Some("1.14.0".into()), ..nothing() };
        assert_eq!(plan(&seen), Plan::Use(Hdf5::Folder(folder.clone())));
        let seen = Seen { folder: Some((folder, false)), ..seen };
        assert!(matches!(plan(&seen), Plan::ByHand(complaint) if complaint.contains("/opt/hdf5")));
    }

    #[test]
    fn without_packages_it_is_built_statically() {
        let compiler = Seen { c_compiler: true, ..nothing() };
        assert!(matches!(plan(&compiler), Plan::ByHand(_)));
        let python = Seen { python: Some("python3"), ..compiler.clone() };
        assert_eq!(plan(&python), Plan::Builders("python3"));
        let made = Seen { own_builders: Some("/t/bin".into()), ..python };
        assert_eq!(plan(&made), Plan::Use(Hdf5::Static(Some("/t/bin".into()))));
        let installed = Seen { builders: true, ..compiler };
        assert_eq!(plan(&installed), Plan::Use(Hdf5::Static(None)));
    }

    #[test]
    fn without_a_compiler_or_packages_the_user_must_act() {
        let seen = Seen { builders: true, python: Some("python3"), ..nothing() };
        assert_eq!(plan(&seen), Plan::ByHand("HDF5 was not found".into()));
        for system in ["Debian", "Fedora", "macOS", "cluster"] {
            assert!(by_hand::HDF5.contains(system));
        }
    }

    #[test]
    fn the_environment_puts_the_chosen_folder_first() {
        let (variable, list) = Hdf5::Folder("/opt/hdf5".into()).environment().remove(0);
        assert_eq!(variable, library_variable());
        assert!(list.to_string_lossy().starts_with("/opt/hdf5/lib"));
        let tools = Hdf5::Static(Some("/t/bin".into()));
        assert_eq!(tools.feature(), "hdf5-static");
        assert!(tools.environment()[0].1.to_string_lossy().starts_with("/t/bin:"));
        assert!(Hdf5::System("1.14.0".into()).environment().is_empty());
    }
}
