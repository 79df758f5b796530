//! Frames that are there twice, and frames far from all others.

use std::collections::BTreeMap;

use super::energies::EnergyFit;
use super::record::Record;

/// Two frames of one structure, up to turning, shifting and renumbering.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Duplicate {
    /// The earlier, by its number among all frames.
    pub first: usize,
    pub second: usize,
    /// Difference of their energies, eV per atom.
    pub energy_ev_per_atom: Option<f64>,
}

impl Duplicate {
    /// Equal structures with energies that differ by more than rounding.
    pub fn is_conflict(&self) -> bool {
        self.energy_ev_per_atom.is_some_and(|difference| difference > 1e-3)
    }
}

/// Relative difference of fingerprints that printed positions of five decimals leave.
const SAME: f64 = 1e-5;

/// Every frame that repeats an earlier one, once.
pub(super) fn duplicates(records: &[Record]) -> Vec<Duplicate> {
    let mut order: Vec<usize> = (0..records.len()).collect();
    let key = |k: &usize| records[*k].fingerprint[1];
    order.sort_by(|a, b| key(a).total_cmp(&key(b)).then(a.cmp(b)));
    let mut found: Vec<Duplicate> = Vec::new();
    for (place, &b) in order.iter().enumerate() {
        let near = order[..place].iter().rev().take_while(|a| close(key(a), key(&b)));
        // The earliest of those alike stands for all.
        let first = near.copied().filter(|a| alike(&records[*a], &records[b])).min();
        if let Some(a) = first {
            let (first, second) = (a.min(b), a.max(b));
            let energies = records[first].energy_ev.zip(records[second].energy_ev);
            let difference = energies.map(|(x, y)| (x - y).abs() / records[first].atoms as f64);
            found.push(Duplicate { first, second, energy_ev_per_atom: difference });
        }
    }
    found.sort_by_key(|d| (d.first, d.second));
    found
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME * a.abs().max(b.abs())
}

fn alike(a: &Record, b: &Record) -> bool {
    // Without a pair there is nothing to compare: lone atoms are no duplicates.
    a.fingerprint[1] > 0.0
        && a.counts == b.counts
        && a.fingerprint.iter().zip(&b.fingerprint).all(|(x, y)| close(*x, *y))
}

/// A frame far from the others in one quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outlier {
    pub record: usize,
    /// The quantity with its unit, as in JSON.
    pub quantity: &'static str,
    pub value: f64,
    /// Distance from the median in robust standard deviations (1.4826 MAD).
    pub deviations: f64,
}

impl Outlier {
    /// The same in words.
    pub fn text(&self) -> String {
        format!(
            "{} = {:.4}, {:.0} deviations from the median",
            self.quantity,
            self.value,
            self.deviations.abs()
        )
    }
}

/// Normal data of a million frames reach five.
const FAR: f64 = 8.0;

/// Outliers of the energy residual within its file, of the logarithm of the largest force and of the volume per atom, farthest first.
pub(super) fn outliers(records: &[Record], fit: &EnergyFit) -> Vec<Outlier> {
    let residuals = within_files(records, &fit.residuals);
    let forces: Vec<Option<f64>> =
        records.iter().map(|r| r.force_max.filter(|f| *f > 1e-4).map(f64::ln)).collect();
    let volumes: Vec<Option<f64>> = records.iter().map(|r| r.volume_per_atom_a3.map(f64::ln)).collect();
    let mut found = far("energy_residual_eV_per_atom", &residuals, 1e-3, |x| x);
    found.extend(far("force_max_eV_per_A", &forces, 0.1, f64::exp));
    found.extend(far("volume_per_atom_A3", &volumes, 0.02, f64::exp));
    found.sort_by(|a, b| b.deviations.abs().total_cmp(&a.deviations.abs()).then(a.record.cmp(&b.record)));
    found
}

/// Residuals less the median of their file: files apart are another finding than frames apart.
fn within_files(records: &[Record], residuals: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut by_file: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (record, residual) in records.iter().zip(residuals) {
        by_file.entry(record.file).or_default().extend(residual);
    }
    by_file.retain(|_, values| !values.is_empty());
    let middle: BTreeMap<usize, f64> =
        by_file.into_iter().map(|(file, values)| (file, median(values))).collect();
    records
        .iter()
        .zip(residuals)
        .map(|(record, residual)| Some((*residual)? - middle[&record.file]))
        .collect()
}

fn far(quantity: &'static str, values: &[Option<f64>], floor: f64, shown: fn(f64) -> f64) -> Vec<Outlier> {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    if known.len() < 10 {
        return Vec::new();
    }
    let middle = median(known.clone());
    let spread = (1.4826 * median(known.iter().map(|x| (x - middle).abs()).collect())).max(floor);
    let outlier = |(record, value): (usize, &Option<f64>)| {
        let deviations = ((*value)? - middle) / spread;
        (deviations.abs() > FAR).then(|| Outlier {
            record,
            quantity,
            value: shown(value.unwrap_or(0.0)),
            deviations,
        })
    };
    values.iter().enumerate().filter_map(outlier).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { 0.5 * (values[half - 1] + values[half]) }
}
