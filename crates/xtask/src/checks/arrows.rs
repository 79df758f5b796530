//! Which crate may depend on which: the architecture, as a table that a build is held to.

use std::collections::BTreeSet;

use super::{Context, Outcome};
use crate::workspace::{Dependency, Package};

/// Each crate and those of ours that its code may name.
const ARROWS: &[(&str, &[&str])] = &[
    ("natron-atoms", &[]),
    ("natron-io", &["natron-atoms"]),
    ("natron-descriptor", &["natron-atoms"]),
    ("natron-potential", &["natron-atoms", "natron-descriptor"]),
    ("natron-train", &["natron-atoms", "natron-descriptor", "natron-potential"]),
    ("natron-dynamics", &["natron-atoms", "natron-potential"]),
    ("natron-analysis", &["natron-atoms"]),
    ("natron-report", &[]),
    ("natron-build", &["natron-atoms", "natron-potential", "natron-dynamics"]),
    (
        "natron-engine",
        &[
            "natron-atoms",
            "natron-io",
            "natron-descriptor",
            "natron-potential",
            "natron-train",
            "natron-dynamics",
            "natron-analysis",
            "natron-report",
            "natron-build",
        ],
    ),
    ("natron", &["natron-engine"]),
    ("xtask", &[]),
];

/// Libraries with one home: a name, or a family whose names start with it and a hyphen.
const HOMES: &[(&str, &str)] = &[
    ("burn", "natron-train"),
    ("cubecl", "natron-train"),
    ("hdf5-metno", "natron-io"),
    ("plotters", "natron-report"),
    ("clap", "natron"),
    ("indicatif", "natron"),
];

/// Compares the manifests with the table.
pub fn check(context: &Context) -> Outcome {
    Outcome::from_complaints("cargo xtask test arrows", complaints(&context.workspace.packages))
}

/// Everything in the manifests that the table does not allow.
fn complaints(packages: &[Package]) -> Vec<String> {
    let names: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let known: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let strangers = names.difference(&known).map(|name| format!("{name} is not in the table of arrows"));
    let ghosts = known.difference(&names).map(|name| format!("{name} is in the table of arrows only"));
    let entries = packages.iter().flat_map(|package| {
        package.dependencies.iter().filter_map(|dependency| objection(package, dependency, &names))
    });
    strangers.chain(ghosts).chain(entries).collect()
}

/// What is wrong with one entry of one manifest.
fn objection(package: &Package, dependency: &Dependency, ours: &BTreeSet<&str>) -> Option<String> {
    let (from, to) = (package.name.as_str(), dependency.name.as_str());
    if from == "xtask" {
        return Some(format!("xtask has no dependencies, yet names {to}"));
    }
    if dependency.git {
        return Some(format!("{from} takes {to} from a git repository"));
    }
    if ours.contains(to) {
        let allowed = if dependency.dev { below(from) } else { direct(from).iter().copied().collect() };
        let section = if dependency.dev { "the tests of " } else { "" };
        return (!allowed.contains(to)).then(|| format!("{section}{from} must not know {to}"));
    }
    let home = HOMES.iter().find(|(family, _)| is_of(family, to)).map(|(_, home)| *home)?;
    (from != home).then(|| format!("only {home} names {to}, not {from}"))
}

fn direct(from: &str) -> &'static [&'static str] {
    ARROWS.iter().find(|(name, _)| *name == from).map_or(&[], |(_, allowed)| allowed)
}

/// Everything that can be reached: what tests may use, since it is compiled for the crate in any case.
fn below(from: &str) -> BTreeSet<&'static str> {
    let deeper = direct(from).iter().flat_map(|name| below(name));
    direct(from).iter().copied().chain(deeper).collect()
}

fn is_of(family: &str, name: &str) -> bool {
    name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    /// The table's own crates, with one more dependency for one of them.
    fn workspace_with(from: &str, to: &str, dev: bool) -> Vec<Package> {
        let package = |name: &str| Package {
            name: name.to_owned(),
            sources: Vec::new(),
            dependencies: if name == from {
                vec![Dependency { name: to.to_owned(), dev, git: false }]
            } else {
                Vec::new()
            },
            benches: Vec::new(),
        };
        ARROWS.iter().map(|(name, _)| package(name)).collect()
    }

    #[test]
    fn this_workspace_keeps_to_the_table() {
        let workspace = Workspace::load().expect("cargo describes this workspace");
        assert_eq!(complaints(&workspace.packages), Vec::<String>::new());
    }

    #[test]
    fn a_forbidden_arrow_is_found() {
        for (from, to) in [
            ("natron-dynamics", "natron-descriptor"),
            ("natron-dynamics", "burn"),
            ("natron-potential", "burn-flex"),
            ("natron-descriptor", "natron-io"),
            ("natron-analysis", "natron-io"),
            ("natron-report", "natron-atoms"),
            ("natron", "natron-io"),
            ("natron-engine", "clap"),
            ("xtask", "serde"),
        ] {
            let found = complaints(&workspace_with(from, to, false));
            assert_eq!(found.len(), 1, "{from} -> {to}: {found:?}");
            assert!(found[0].contains(to), "{found:?}");
        }
    }

    #[test]
    fn allowed_arrows_are_allowed() {
        for (from, to) in [
            ("natron-dynamics", "natron-potential"),
            ("natron-train", "burn"),
            ("natron-io", "hdf5-metno"),
            ("natron-engine", "natron-train"),
            ("natron-atoms", "burnish"),
        ] {
            assert_eq!(complaints(&workspace_with(from, to, false)), Vec::<String>::new(), "{from} -> {to}");
        }
    }

    #[test]
    fn tests_may_use_what_lies_below_and_nothing_else() {
        assert!(complaints(&workspace_with("natron", "natron-io", true)).is_empty());
        assert_eq!(complaints(&workspace_with("natron-analysis", "natron-io", true)).len(), 1);
    }

    #[test]
    fn the_table_is_complete_and_has_no_ghosts() {
        let mut packages = workspace_with("", "", false);
        packages[0].name = "natron-unheard-of".into();
        assert_eq!(complaints(&packages).len(), 2);
    }

    #[test]
    fn a_git_dependency_is_found() {
        let mut packages = workspace_with("natron-io", "quick-xml", false);
        packages[1].dependencies[0].git = true;
        assert_eq!(complaints(&packages), ["natron-io takes quick-xml from a git repository"]);
    }

    #[test]
    fn the_table_has_no_circle() {
        for (name, _) in ARROWS {
            assert!(!below(name).contains(name), "{name}");
        }
    }
}
