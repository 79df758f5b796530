//! What each fuzz target does with bytes. `fuzz_targets/` hands them to libFuzzer, `tests/fuzz_corpus.rs` of the workspace
//! replays the corpus. A target panics on a bug and on nothing else: readers refuse what they cannot read.

use std::path::Path;

use natron_dynamics::monte_carlo::{CHECKPOINT_FORMAT, Checkpoint};
use natron_dynamics::{MdDeck, Restart};
use natron_engine::deck::{Document, Problem, decode_and_check};
use natron_io::{Format, ReadError};
use natron_potential::NeuralPotential;
use sha2::{Digest, Sha256};

/// A target: bytes in, a panic for a bug.
pub type Target = fn(&[u8]);

/// Name and function of every target; the name is that of its folder in `corpus/`.
pub const TARGETS: [(&str, Target); 6] = [
    ("deck", deck),
    ("extxyz", extxyz),
    ("structures", structures),
    ("potential", potential),
    ("restart", restart),
    ("checkpoint", checkpoint),
];

/// An MD deck: every refusal has a line.
pub fn deck(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let refused = |errors: Vec<natron_engine::InputError>| {
        assert!(!errors.is_empty());
        assert!(errors.iter().all(|error| error.line.is_some() && !error.message.is_empty()), "{errors:?}");
    };
    let document = match Document::parse(Path::new("deck.toml"), text.to_owned(), &[]) {
        Ok(document) => document,
        Err(errors) => return refused(errors),
    };
    let problems = |deck: &MdDeck| {
        let found = deck.validate().err().unwrap_or_default();
        found.into_iter().map(|p| Problem { path: p.path, message: p.message, help: p.help }).collect()
    };
    if let Err(errors) = decode_and_check(&document, problems) {
        refused(errors);
    }
}

/// Extended XYZ: what is read is written so that it reads back the same.
pub fn extxyz(bytes: &[u8]) {
    let read = |bytes: &[u8]| {
        natron_io::extxyz::Reader::new(bytes, Path::new("a.xyz")).collect::<Result<Vec<_>, _>>()
    };
    let frames = match read(bytes) {
        Ok(frames) => frames,
        Err(error) => return complete(&error),
    };
    let mut written = Vec::new();
    // Refused are names that would read back as something else.
    if natron_io::write_frames(&mut written, &frames).is_ok() {
        let again =
            read(&written).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&written)));
        assert_eq!(again, frames, "{}", String::from_utf8_lossy(&written));
    }
}

/// POSCAR, CIF and LAMMPS data; what is read can be written, and that reads back.
pub fn structures(bytes: &[u8]) {
    let path = Path::new("a");
    let outcomes = [
        natron_io::poscar::read(bytes, path).map(|frame| vec![frame]),
        natron_io::cif::read(bytes, path),
        natron_io::lammps_data::read(bytes, path).map(|frame| vec![frame]),
    ];
    let _ = Format::of_content(&String::from_utf8_lossy(bytes));
    for outcome in outcomes {
        match outcome {
            Err(error) => complete(&error),
            Ok(frames) => frames.iter().for_each(|source| {
                let mut written = Vec::new();
                if natron_io::poscar::write(&mut written, &source.frame).is_ok() {
                    let again =
                        natron_io::poscar::read(&written[..], path).unwrap_or_else(|error| panic!("{error}"));
                    assert_eq!(again.frame.structure.len(), source.frame.structure.len());
                }
                // A cell that is all but flat may be flat when it is turned.
                let _ = natron_io::lammps_data::write(&mut Vec::new(), &source.frame);
                let _ = natron_io::left_out(Format::LammpsData, &source.frame);
            }),
        }
    }
}

fn complete(error: &ReadError) {
    assert!(!error.message.is_empty() && !error.help.is_empty(), "{error}");
}

/// A potential file.
pub fn potential(bytes: &[u8]) {
    let _ = NeuralPotential::from_bytes(bytes);
}

/// A restart; also in every format with length and checksum put right, so that what is behind them is read.
pub fn restart(bytes: &[u8]) {
    let _ = Restart::from_bytes(bytes);
    for format in 1..=natron_dynamics::restart::FORMAT {
        if let Ok(restart) = Restart::from_bytes(&resealed(b"NATRONRS", format, bytes)) {
            let written = restart.to_bytes();
            let again = Restart::from_bytes(&written).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(again.to_bytes(), written);
        }
    }
}

/// A checkpoint of a Monte Carlo chain, in the same two ways.
pub fn checkpoint(bytes: &[u8]) {
    let _ = Checkpoint::from_bytes(bytes);
    for format in 1..=CHECKPOINT_FORMAT {
        if let Ok(checkpoint) = Checkpoint::from_bytes(&resealed(b"NATRONGC", format, bytes)) {
            let written = checkpoint.to_bytes();
            let again = Checkpoint::from_bytes(&written).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(again.to_bytes(), written);
        }
    }
}

/// What lies between the header and the checksum of bytes, with a header and a checksum that fit.
fn resealed(magic: &[u8; 8], format: u64, bytes: &[u8]) -> Vec<u8> {
    let payload = bytes.get(24..bytes.len().saturating_sub(32)).unwrap_or_default();
    let mut sealed = magic.to_vec();
    sealed.extend(format.to_le_bytes());
    sealed.extend((payload.len() as u64).to_le_bytes());
    sealed.extend(payload);
    let checksum = Sha256::digest(&sealed);
    sealed.extend(checksum);
    sealed
}
