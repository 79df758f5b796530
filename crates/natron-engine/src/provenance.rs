//! What one needs to repeat a result: versions, hashes, seeds, as a table at the end of every report.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use natron_report::{Page, Table};
use sha2::{Digest, Sha256};

use crate::envelope::{Build, hex};
use crate::potentials::LoadedPotential;

/// Files beyond this are named by their size alone, bytes: reading them once more would take minutes.
const LARGEST: u64 = 1 << 30;

/// Rows of the table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Provenance {
    rows: Vec<(String, String)>,
}

impl Provenance {
    /// Begins with the program.
    pub fn of(build: &Build) -> Self {
        let commit = build.commit.as_deref().unwrap_or("unknown");
        Self::default().fact("natron", &build.version).fact("commit", commit)
    }

    /// Any fact.
    pub fn fact(mut self, name: &str, value: &str) -> Self {
        self.rows.push((name.into(), value.into()));
        self
    }

    /// A potential and how it is computed.
    pub fn potential(self, potential: &LoadedPotential) -> Self {
        self.fact("potential", &potential.name)
            .fact("SHA-256 of the potential", &potential.sha256_hex())
            .fact("kernel", &format!("{}, {}", potential.precision, potential.simd))
    }

    /// A file by the hash of its bytes. One that cannot be read is left out: it was there when it was needed.
    pub fn file(self, what: &str, path: &Path) -> Self {
        match file_sha256(path) {
            Some(text) => {
                self.fact(what, &path.display().to_string()).fact(&format!("SHA-256 of the {what}"), &text)
            }
            None => self,
        }
    }

    /// The section.
    pub fn section(&self, page: Page) -> Page {
        let mut table = Table::new(&["to repeat it", "value"]);
        for (name, value) in &self.rows {
            table.push(&[name, value]);
        }
        page.heading("Where it comes from").table(&table)
    }
}

/// Hash of a file in hexadecimal, or its size where it is large.
pub(crate) fn file_sha256(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let about = file.metadata().ok().filter(|about| about.is_file())?;
    if about.len() > LARGEST {
        return Some(format!("not taken: the file has {} bytes", about.len()));
    }
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 18]);
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(hex(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_the_hash_of_its_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").expect("writes");
        // The hash of FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(file_sha256(&path).as_deref(), Some(expected));
        assert_eq!(file_sha256(folder.path()), None);
        let build = Build { version: "9.9".into(), commit: None };
        let provenance = Provenance::of(&build).file("deck", &path).file("gone", &folder.path().join("gone"));
        let html = provenance.section(Page::new("x")).to_html();
        assert!(html.contains(expected) && html.contains("9.9") && !html.contains("gone"));
    }
}
