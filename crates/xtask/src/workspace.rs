//! What `cargo metadata` says of the workspace.

use std::path::{Path, PathBuf};

use crate::command::{cargo, output_of};
use crate::failure::Failure;
use crate::json::Json;

/// The workspace: where it is and what its packages are.
#[derive(Debug)]
pub struct Workspace {
    /// Folder of the root manifest.
    pub root: PathBuf,
    /// The build folder.
    pub target: PathBuf,
    /// The members.
    pub packages: Vec<Package>,
}

/// One member of the workspace.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Folders of the sources of its library and binaries.
    pub sources: Vec<PathBuf>,
    /// What its manifest names, in every section.
    pub dependencies: Vec<Dependency>,
    /// Names of its bench targets.
    pub benches: Vec<String>,
}

/// One entry of a manifest's dependency sections.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The package's name.
    pub name: String,
    /// Whether only tests, examples and benches see it.
    pub dev: bool,
    /// Whether it comes from a git repository.
    pub git: bool,
}

/// The folder of the root manifest, known without starting cargo.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("xtask lies at crates/xtask in the workspace").to_owned()
}

/// The build folder, known without starting cargo where the environment does not move it.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |moved| root().join(moved))
}

impl Workspace {
    /// Asks cargo; nothing is downloaded, since only members are described.
    pub fn load() -> Result<Self, Failure> {
        let arguments = ["metadata", "--no-deps", "--format-version", "1", "--locked"];
        let text = output_of(cargo().args(arguments).current_dir(root()))
            .ok_or_else(|| Failure::Step("`cargo metadata --no-deps --locked` failed".into()))?;
        Self::read(&text).map_err(Failure::Step)
    }

    fn read(text: &str) -> Result<Self, String> {
        let json = Json::parse(text)?;
        let packages = json.get("packages").ok_or("cargo metadata without packages")?;
        Ok(Self {
            root: required(&json, "workspace_root")?.into(),
            target: required(&json, "target_directory")?.into(),
            packages: packages.items().iter().map(Package::read).collect::<Result<_, _>>()?,
        })
    }
}

impl Package {
    fn read(json: &Json) -> Result<Self, String> {
        let targets = json.get("targets").map_or(&[][..], Json::items);
        let of_kind = |wanted: &'static str| {
            targets.iter().filter(move |target| {
                let kinds = target.get("kind").map_or(&[][..], Json::items);
                kinds.iter().any(|kind| kind.text() == Some(wanted))
            })
        };
        let folder = |target: &Json| {
            let file = PathBuf::from(target.get("src_path")?.text()?);
            file.parent().map(Path::to_owned)
        };
        Ok(Self {
            name: required(json, "name")?,
            sources: of_kind("lib").chain(of_kind("bin")).filter_map(folder).collect(),
            dependencies: json
                .get("dependencies")
                .map_or(&[][..], Json::items)
                .iter()
                .map(Dependency::read)
                .collect::<Result<_, _>>()?,
            benches: of_kind("bench").map(|target| required(target, "name")).collect::<Result<_, _>>()?,
        })
    }
}

impl Dependency {
    fn read(json: &Json) -> Result<Self, String> {
        let source = json.get("source").and_then(Json::text).unwrap_or_default();
        Ok(Self {
            name: required(json, "name")?,
            dev: json.get("kind").and_then(Json::text) == Some("dev"),
            git: source.starts_with("git+"),
        })
    }
}

fn required(json: &Json, key: &str) -> Result<String, String> {
    let found = json.get(key).and_then(Json::text);
    found.map(str::to_owned).ok_or_else(|| format!("cargo metadata without `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read() {
        let text = r#"{"packages": [{"name": "a", "dependencies": [
            {"name": "b", "kind": null, "source": null},
            {"name": "c", "kind": "dev", "source": "git+https://example.org/c"}],
            "targets": [{"kind": ["lib"], "name": "a", "src_path": "/w/a/src/lib.rs"},
                        {"kind": ["bench"], "name": "speed", "src_path": "/w/a/benches/speed.rs"}]}],
            "workspace_root": "/w", "target_directory": "/w/target"}"#;
        let workspace = Workspace::read(text).expect("valid metadata");
        let package = &workspace.packages[0];
        assert_eq!(workspace.root, Path::new("/w"));
        assert_eq!(package.sources, [Path::new("/w/a/src")]);
        assert_eq!(package.benches, ["speed"]);
        let flags: Vec<_> = package.dependencies.iter().map(|d| (d.dev, d.git)).collect();
        assert_eq!(flags, [(false, false), (true, true)]);
    }

    #[test]
    fn metadata_without_a_name_is_refused() {
        let text = r#"{"packages": [{}], "workspace_root": "/w", "target_directory": "/w/target"}"#;
        assert!(Workspace::read(text).expect_err("no name").contains("`name`"));
    }

    #[test]
    fn the_root_holds_this_workspace() {
        let workspace = Workspace::load().expect("cargo describes this workspace");
        assert_eq!(workspace.root, root());
        assert!(workspace.packages.iter().any(|package| package.name == "xtask"));
    }
}
