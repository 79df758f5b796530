//! Damaged copies of the real dumps: refused, or read to the damage, never a crash.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use natron_io::{Item, dumps};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::real;

type Read = fn(&[u8], &Path) -> Vec<Result<Item, natron_io::ReadError>>;

const READERS: [(&str, Read); 5] = [
    ("poscars__OUTCAR.h2o.md.10", |bytes, path| dumps::outcar::Reader::new(bytes, path).collect()),
    ("poscars__vasprun.h2o.md.10.xml", |bytes, path| dumps::vasprun::Reader::new(bytes, path).collect()),
    ("ML_AB", |bytes, path| dumps::ml_ab::Reader::new(bytes, path).collect()),
    ("cp2k__cp2k_normal_output__cp2k_output", |bytes, path| {
        dumps::cp2k_output::Reader::new(bytes, path).collect()
    }),
    ("qe.scf__01.out", |bytes, path| dumps::pw_output::Reader::new(bytes, path).collect()),
];

/// What happens to a file: where (as a share of it), how many bytes, and what.
#[derive(Debug, Clone)]
struct Damage {
    at: f64,
    bytes: usize,
    kind: u8,
    value: u8,
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let one = (0.0..1.0, 1..200_usize, 0..5_u8, any::<u8>());
    prop::collection::vec(one.prop_map(|(at, bytes, kind, value)| Damage { at, bytes, kind, value }), 1..4)
}

fn damaged(whole: &[u8], list: &[Damage]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for Damage { at, bytes: n, kind, value } in list {
        let at = (at * bytes.len() as f64) as usize;
        let end = (at + n).min(bytes.len());
        match kind {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => bytes[at..end].fill(*value),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                // Digits become other digits: a count, a coordinate.
                bytes[at..end].iter_mut().filter(|b| b.is_ascii_digit()).for_each(|b| *b = b'0' + value % 10);
            }
        }
    }
    bytes
}

#[test]
fn no_damage_is_a_crash_and_every_refusal_is_complete() {
    for (name, read) in READERS {
        let Some(path) = real(&format!("dumps/{name}")) else { return };
        let mut whole = std::fs::read(&path).expect("reads");
        // The beginning says the most; the rest repeats.
        whole.truncate(60_000);
        let elsewhere = Path::new("nowhere").join(name);
        let mut runner =
            TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&damage(), |list| {
            let bytes = damaged(&whole, &list);
            let items = catch_unwind(AssertUnwindSafe(|| read(&bytes, &elsewhere)))
                .map_err(|_| TestCaseError::fail("a panic"))?;
            for item in &items {
                match item {
                    Ok(Item::Frame(source)) => {
                        let labels = &source.frame.labels;
                        let finite = labels.forces.iter().flatten().all(|f| f.iter().all(|x| x.is_finite()));
                        prop_assert!(finite && labels.free_energy_ev.is_none_or(f64::is_finite));
                        prop_assert!(source.line >= 1);
                    }
                    Ok(Item::Skipped(step)) => prop_assert!(!step.text.is_empty() && step.line >= 1),
                    Err(error) => {
                        prop_assert!(
                            error.line.is_some() && !error.message.is_empty() && !error.help.is_empty(),
                            "{error:?}"
                        );
                    }
                }
            }
            // After an error nothing comes.
            let errors = items.iter().filter(|item| item.is_err()).count();
            prop_assert!(errors <= 1 && (errors == 0 || items.last().is_some_and(Result::is_err)));
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
