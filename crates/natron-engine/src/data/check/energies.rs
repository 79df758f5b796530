//! Energies against the sum of one energy per atom: least squares, and what is left.
//!
//! E_f = sum_s n_fs E0_s + r_f, minimised over E0 with each frame weighed by 1 / n_f^2 (the residual per atom). Compositions
//! that do not tell the elements apart leave the smallest E0 that fits (pseudo-inverse).

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector};
use natron_atoms::Species;
use serde_json::{Map, Value, json};

use super::record::Record;
use crate::envelope::put_number;

/// The fit.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct EnergyFit {
    pub e0_ev: Vec<(Species, f64)>,
    /// Energies of isolated atoms, which are no part of the fit.
    pub isolated_ev: Vec<(Species, f64)>,
    /// Residual per atom of each record, eV.
    pub residuals: Vec<Option<f64>>,
    pub files: Vec<FileResidual>,
    /// The compositions determine so many combinations of E0.
    pub rank: usize,
}

/// Residuals of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FileResidual {
    pub file: usize,
    pub frames: usize,
    /// Mean, eV per atom.
    pub mean_ev_per_atom: f64,
    /// Spread about the mean, eV per atom.
    pub spread_ev_per_atom: f64,
}

/// A file whose mean is off by more than this is another kind of calculation or of matter, eV per atom.
const OFF_EV_PER_ATOM: f64 = 1.0;

impl EnergyFit {
    pub fn of(records: &[Record], files: usize) -> Self {
        let used: Vec<&Record> = records.iter().filter(|r| r.energy_ev.is_some() && !r.is_isolated).collect();
        let mut species: Vec<Species> = used.iter().flat_map(|r| r.counts.iter().map(|(s, _)| *s)).collect();
        species.sort_unstable();
        species.dedup();
        let (e0, rank) = solve(&used, &species);
        let e0_ev: Vec<(Species, f64)> = species.into_iter().zip(e0).collect();
        let by_species: BTreeMap<Species, f64> = e0_ev.iter().copied().collect();
        let residual = |record: &Record| {
            let energy = record.energy_ev.filter(|_| !record.is_isolated)?;
            let sum: f64 = record.counts.iter().map(|(s, n)| by_species[s] * *n as f64).sum();
            Some((energy - sum) / record.atoms as f64)
        };
        let residuals: Vec<Option<f64>> = records.iter().map(residual).collect();
        let files = (0..files).filter_map(|file| of_file(file, records, &residuals)).collect();
        let isolated = records.iter().filter(|r| r.is_isolated);
        let isolated_ev = isolated.filter_map(|r| Some((r.counts[0].0, r.energy_ev?))).collect();
        Self { e0_ev, isolated_ev, residuals, files, rank }
    }

    /// Root mean square of the residuals, eV per atom.
    pub fn rms_ev_per_atom(&self) -> Option<f64> {
        let known: Vec<f64> = self.residuals.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| (known.iter().map(|r| r * r).sum::<f64>() / known.len() as f64).sqrt())
    }

    /// Files whose energies do not go with those of the others.
    pub fn inconsistent(&self) -> Vec<FileResidual> {
        if self.files.len() < 2 {
            return Vec::new();
        }
        self.files.iter().copied().filter(|f| f.mean_ev_per_atom.abs() > OFF_EV_PER_ATOM).collect()
    }

    pub fn json(&self, path: impl Fn(usize) -> String) -> Value {
        let mut map = Map::new();
        let pairs = |list: &[(Species, f64)]| -> Value {
            list.iter().map(|(s, e)| json!({"species": s.symbol(), "energy_eV": e})).collect()
        };
        map.insert("e0".into(), pairs(&self.e0_ev));
        if self.rank < self.e0_ev.len() {
            let note = format!(
                "the compositions tell only {} of {} energies apart: the smallest that fit are given",
                self.rank,
                self.e0_ev.len()
            );
            map.insert("e0_note".into(), note.into());
        }
        map.insert("isolated_atoms".into(), pairs(&self.isolated_ev));
        put_number(&mut map, "residual_rms_eV_per_atom", self.rms_ev_per_atom(), "no frame has an energy");
        let files = self.files.iter().map(|f| {
            json!({
                "file": path(f.file),
                "frames": f.frames,
                "residual_mean_eV_per_atom": f.mean_ev_per_atom,
                "residual_spread_eV_per_atom": f.spread_ev_per_atom,
            })
        });
        map.insert("by_file".into(), files.collect());
        let off = self.inconsistent().into_iter().map(|f| Value::from(path(f.file)));
        map.insert("inconsistent_files".into(), off.collect());
        map.into()
    }
}

fn of_file(file: usize, records: &[Record], residuals: &[Option<f64>]) -> Option<FileResidual> {
    let own = records.iter().zip(residuals).filter(|(r, _)| r.file == file);
    let values: Vec<f64> = own.filter_map(|(_, residual)| *residual).collect();
    if values.is_empty() {
        return None;
    }
    let frames = values.len();
    let mean = values.iter().sum::<f64>() / frames as f64;
    let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / frames as f64).sqrt();
    Some(FileResidual { file, frames, mean_ev_per_atom: mean, spread_ev_per_atom: spread })
}

/// E0 by the pseudo-inverse of the normal equations, and their rank.
fn solve(used: &[&Record], species: &[Species]) -> (Vec<f64>, usize) {
    let n = species.len();
    if n == 0 {
        return (Vec::new(), 0);
    }
    let (mut matrix, mut right) = (DMatrix::<f64>::zeros(n, n), DVector::<f64>::zeros(n));
    for record in used {
        let place = |s: &Species| species.binary_search(s).expect("every element of a used frame is listed");
        let share: Vec<(usize, f64)> =
            record.counts.iter().map(|(s, k)| (place(s), *k as f64 / record.atoms as f64)).collect();
        let energy = record.energy_ev.unwrap_or_default() / record.atoms as f64;
        for (i, a) in &share {
            right[*i] += a * energy;
            for (j, b) in &share {
                matrix[(*i, *j)] += a * b;
            }
        }
    }
    let eigen = matrix.symmetric_eigen();
    let largest = eigen.eigenvalues.iter().copied().fold(0.0, f64::max);
    let mut solution = DVector::<f64>::zeros(n);
    let mut rank = 0;
    for (k, value) in eigen.eigenvalues.iter().enumerate() {
        if *value > 1e-10 * largest {
            let vector = eigen.eigenvectors.column(k);
            solution += vector * (vector.dot(&right) / value);
            rank += 1;
        }
    }
    (solution.iter().copied().collect(), rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(file: usize, na: usize, c: usize, energy_ev: f64) -> Record {
        let counts = [(Species::C, c), (Species::NA, na)].into_iter().filter(|(_, n)| *n > 0).collect();
        Record {
            file,
            number: 0,
            line: 1,
            atoms: na + c,
            counts,
            energy_ev: Some(energy_ev),
            is_free: true,
            is_isolated: na + c == 1,
            force_max: None,
            force_rms: None,
            has_virial: false,
            volume_per_atom_a3: None,
            pressure_gpa: None,
            nearest_a: None,
            fingerprint: [0.0; 3],
        }
    }

    #[test]
    fn energies_of_the_atoms_come_back_and_the_isolated_one_is_left_out() {
        let energy = |na: usize, c: usize| -1.25 * na as f64 - 9.5 * c as f64;
        let mut records: Vec<Record> =
            [(1, 4), (2, 4), (4, 0), (0, 6)].map(|(na, c)| record(0, na, c, energy(na, c))).into();
        records.push(record(0, 1, 0, 100.0));
        let fit = EnergyFit::of(&records, 1);
        assert_eq!((fit.rank, fit.e0_ev.len()), (2, 2));
        assert!(
            (fit.e0_ev[0].1 + 9.5).abs() < 1e-9 && (fit.e0_ev[1].1 + 1.25).abs() < 1e-9,
            "{:?}",
            fit.e0_ev
        );
        assert!(fit.rms_ev_per_atom().expect("residuals") < 1e-9);
        assert_eq!(fit.isolated_ev, [(Species::NA, 100.0)]);
        assert_eq!(fit.residuals[4], None);
    }

    #[test]
    fn one_composition_is_told_and_fits_all_the_same() {
        let records = [record(0, 2, 2, -20.0), record(0, 2, 2, -20.4)];
        let fit = EnergyFit::of(&records, 1);
        assert_eq!(fit.rank, 1);
        assert!((fit.residuals[0].expect("one") - 0.05).abs() < 1e-9);
        let json = fit.json(|_| String::new());
        assert!(json["e0_note"].as_str().is_some_and(|note| note.contains("only 1 of 2")), "{json}");
    }

    #[test]
    fn a_file_of_another_zero_is_named() {
        let mut records: Vec<Record> = (1..20).map(|n| record(0, n, 20 - n, -5.0 * 20.0)).collect();
        records.extend((1..10).map(|n| record(1, n, 20 - n, -8.0 * 20.0)));
        let fit = EnergyFit::of(&records, 2);
        assert!(
            fit.inconsistent().iter().any(|f| f.file == 1 && f.mean_ev_per_atom < -1.0),
            "{:?}",
            fit.files
        );
    }
}
