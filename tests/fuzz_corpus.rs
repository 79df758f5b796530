//! The fuzz corpus, and damaged copies of it, through every target.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::repository;

#[path = "../fuzz/targets.rs"]
mod targets;

/// Damaged copies of each file.
const COPIES: u64 = 200;

/// The files of a target; potentials also have the shipped one, which is too large for a corpus.
fn files(target: &str) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(repository().join("fuzz/corpus").join(target)).expect("every target has a corpus");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    if target == "potential" {
        files.push(repository().join("potentials/nac/potential.safetensors"));
    }
    files
}

/// Bytes changed, lost, doubled, moved: one to four times.
fn damaged(bytes: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.random_range(1..5) {
        let at = rng.random_range(0..=bytes.len());
        let end = (at + rng.random_range(0..20_usize)).min(bytes.len());
        match rng.random_range(0..5) {
            0 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                let place = rng.random_range(0..=bytes.len());
                bytes.splice(place..place, piece);
            }
            _ => bytes.insert(at, rng.random()),
        }
    }
    bytes
}

#[test]
fn no_file_of_the_corpus_and_no_damaged_one_is_a_crash() {
    for (target, run) in targets::TARGETS {
        let files = files(target);
        assert!(!files.is_empty(), "no corpus for {target}");
        for file in files {
            let whole = std::fs::read(&file).expect("readable");
            for copy in 0..=COPIES {
                let mut rng = ChaCha8Rng::seed_from_u64(copy);
                let bytes = if copy == 0 { whole.clone() } else { damaged(&whole, &mut rng) };
                let outcome = catch_unwind(AssertUnwindSafe(|| run(&bytes)));
                assert!(outcome.is_ok(), "{target}: {} damaged with seed {copy}", file.display());
            }
        }
    }
}

/// The corpus is worth something only where its files get past the first lines.
#[test]
fn the_corpus_holds_files_that_are_read() {
    let read = |name: &str| std::fs::read(repository().join("fuzz/corpus").join(name)).expect("readable");
    assert!(natron_dynamics::Restart::from_bytes(&read("restart/argon.restart")).is_ok());
    let path = std::path::Path::new("a");
    assert!(natron_io::poscar::read(&read("structures/contcar.vasp")[..], path).is_ok());
    assert!(natron_io::cif::read(&read("structures/symmetry.cif")[..], path).is_ok());
    assert!(natron_io::lammps_data::read(&read("structures/full.data")[..], path).is_ok());
}
