//! The Rust compiler's version.

use crate::command::{output_of, program};
use crate::failure::Failure;

/// The oldest compiler that builds natron (`rust-version` of the root manifest).
const OLDEST: (u32, u32) = (1, 95);

/// Fails if the compiler is older than natron needs.
pub fn require() -> Result<(), Failure> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = output_of(&mut program(rustc, &["--version"]))
        .ok_or_else(|| Failure::Missing("`rustc --version` does not run".into()))?;
    let version = version_in(&said)
        .ok_or_else(|| Failure::Missing(format!("`rustc --version` says `{said}`, without a version")))?;
    if version < OLDEST {
        return Err(Failure::Missing(format!(
            "natron needs Rust {}.{} or newer, this is {said}\nhelp: rustup update stable",
            OLDEST.0, OLDEST.1
        )));
    }
    println!("compiler: {said}");
    Ok(())
}

/// Major and minor version in `rustc 1.95.0 (...)`.
fn version_in(said: &str) -> Option<(u32, u32)> {
    let mut parts = said.strip_prefix("rustc ")?.split(['.', ' ', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_ordered() {
        assert_eq!(version_in("rustc 1.95.0 (59807616e 2026-04-14)"), Some((1, 95)));
        assert_eq!(version_in("rustc 2.0.1-nightly"), Some((2, 0)));
        assert!(version_in("rustc 1.9.0").expect("a version") < OLDEST);
        assert_eq!(version_in("cargo 1.95.0"), None);
        assert_eq!(version_in("rustc one.two"), None);
    }

    #[test]
    fn the_manifest_names_the_same_version() {
        let manifest = include_str!("../../../../Cargo.toml");
        assert!(manifest.contains(&format!("rust-version = \"{}.{}\"", OLDEST.0, OLDEST.1)));
    }
}
