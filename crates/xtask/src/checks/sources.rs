//! What a crate's own source may not do: the part of the architecture that no manifest shows.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Context, Outcome};
use crate::workspace::Package;

/// Words that only some crates may write, and why.
struct Rule {
    words: &'static [&'static str],
    allowed: &'static [&'static str],
    reason: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        words: &["std::fs", "File::open", "File::create", "std::net"],
        allowed: &["natron-io", "natron-engine", "natron", "xtask"],
        reason: "only natron-io, natron-engine and the binary touch the disk",
    },
    Rule {
        words: &["rand::rng()", "thread_rng", "from_os_rng", "SysRng", "OsRng"],
        allowed: &[],
        reason: "seeds are arguments: no hidden random generator",
    },
    Rule {
        words: &["allow(unsafe_code)", "expect(unsafe_code)"],
        allowed: &["natron-descriptor", "natron-io"],
        reason: "unsafe code is for the SIMD kernel and one line of HDF5 only",
    },
    Rule { words: &["process::exit"], allowed: &["natron"], reason: "a library returns errors" },
];

/// Reads every source file of every crate.
pub fn check(context: &Context) -> Outcome {
    // This crate's source is exempt: it holds the words themselves.
    let packages = context.workspace.packages.iter().filter(|package| package.name != "xtask");
    let complaints = packages.flat_map(package_complaints).collect();
    Outcome::from_complaints("cargo xtask test sources", complaints)
}

fn package_complaints(package: &Package) -> Vec<String> {
    let files = package.sources.iter().flat_map(|folder| rust_files(folder));
    files
        .flat_map(|file| {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let found = text_complaints(&package.name, &text);
            found.into_iter().map(move |complaint| format!("{}{complaint}", file.display()))
        })
        .collect()
}

/// Complaints about one file, each starting with `:line: `. Comments and what follows the first
/// `#[cfg(test)]` do not count: tests may read fixtures.
fn text_complaints(package: &str, text: &str) -> Vec<String> {
    let code = text.lines().take_while(|line| line.trim() != "#[cfg(test)]").enumerate();
    let code = code.filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.flat_map(|(number, line)| {
        let broken = RULES.iter().filter(|rule| !rule.allowed.contains(&package));
        let broken =
            broken.filter_map(|rule| Some((rule, rule.words.iter().find(|word| line.contains(**word))?)));
        broken
            .map(|(rule, word)| format!(":{}: `{word}` in {package}; {}", number + 1, rule.reason))
            .collect::<Vec<_>>()
    })
    .collect()
}

/// Rust files below a folder, except those that hold only tests.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() { rust_files(&path) } else { vec![path] }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| path.file_stem() != Some("tests".as_ref()) && !path.iter().any(|part| part == "tests"))
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_opens_a_file_is_found_with_its_line() {
        let found = text_complaints("natron-analysis", "use x;\nlet text = std::fs::read(path);\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with(":2: `std::fs` in natron-analysis"), "{found:?}");
        assert!(text_complaints("natron-io", "std::fs::read(path)").is_empty());
    }

    #[test]
    fn nobody_may_hide_a_random_generator() {
        for package in ["natron-dynamics", "natron-io", "natron"] {
            assert_eq!(text_complaints(package, "let x = rand::rng().random();").len(), 1);
        }
    }

    #[test]
    fn comments_and_tests_do_not_count() {
        let text = "// std::fs\n#[cfg(test)]\nmod tests { use std::fs; }\n";
        assert!(text_complaints("natron-analysis", text).is_empty());
    }

    #[test]
    fn sources_are_found_and_test_modules_are_left_out() {
        let files = rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        assert!(files.iter().any(|file| file.ends_with("checks/sources.rs")));
        assert!(files.iter().all(|file| !file.ends_with("tests.rs")));
    }
}
