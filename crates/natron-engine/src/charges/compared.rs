//! Charges against reference charges, by split and element.

use natron_analysis::density::{mean, standard_deviation};
use natron_atoms::Species;
use serde_json::{Map, Value};

use super::sources::Source;
use crate::envelope::put_number;

/// Errors over the atoms of one element in the frames of one split.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Errors {
    pub split: String,
    /// An element, or `all`.
    pub element: String,
    pub atoms: usize,
    pub frames: usize,
    /// Different hosts, where the frames name theirs.
    pub hosts: usize,
    pub mae_e: f64,
    pub rmse_e: f64,
    /// Standard deviation of the reference, e.
    pub reference_std_e: Option<f64>,
    /// 1 - sum of squared errors / sum of squared deviations of the reference from its mean.
    pub r2: Option<f64>,
}

/// The order in which splits are shown; others follow by name.
const ORDER: [&str; 3] = ["train", "valid", "test"];

/// The name of frames without a split.
const NONE: &str = "-";

/// Every split and element of the frames with reference charges, and every split as a whole.
pub(super) fn errors(sources: &[Source], charges_e: &[Vec<f64>]) -> Vec<Errors> {
    let split_of = |source: &Source| source.split.clone().unwrap_or_else(|| NONE.into());
    let labelled: Vec<(&Source, &Vec<f64>, &Vec<f64>)> = sources
        .iter()
        .zip(charges_e)
        .filter_map(|(source, found)| Some((source, found, source.labels_e.as_ref()?)))
        .collect();
    let mut splits: Vec<String> = labelled.iter().map(|(source, ..)| split_of(source)).collect();
    splits.sort_by_key(|split| (ORDER.iter().position(|s| s == split).unwrap_or(ORDER.len()), split.clone()));
    splits.dedup();
    let mut elements: Vec<Species> =
        labelled.iter().flat_map(|(source, ..)| source.frame.structure.species.iter().copied()).collect();
    elements.sort_unstable();
    elements.dedup();
    let mut table = Vec::new();
    for split in &splits {
        for element in elements.iter().map(Some).chain([None]) {
            let (mut pairs, mut frames, mut hosts) = (Vec::new(), 0, Vec::new());
            for (source, found, reference) in
                labelled.iter().filter(|(source, ..)| split_of(source) == *split)
            {
                let before = pairs.len();
                let species = &source.frame.structure.species;
                let wanted = (0..species.len()).filter(|&atom| element.is_none_or(|e| *e == species[atom]));
                pairs.extend(wanted.map(|atom| (found[atom], reference[atom])));
                if pairs.len() > before {
                    frames += 1;
                    hosts.extend(source.host.clone());
                }
            }
            hosts.sort_unstable();
            hosts.dedup();
            let name = element.map_or("all", |e| e.symbol());
            table.extend(of_pairs(split, name, &pairs, frames, hosts.len()));
        }
    }
    table
}

fn of_pairs(split: &str, element: &str, pairs: &[(f64, f64)], frames: usize, hosts: usize) -> Option<Errors> {
    let n = pairs.len() as f64;
    let reference: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    let centre = mean(&reference)?;
    let squares: f64 = pairs.iter().map(|(a, b)| (a - b).powi(2)).sum();
    let spread: f64 = reference.iter().map(|b| (b - centre).powi(2)).sum();
    Some(Errors {
        split: split.into(),
        element: element.into(),
        atoms: pairs.len(),
        frames,
        hosts,
        mae_e: pairs.iter().map(|(a, b)| (a - b).abs()).sum::<f64>() / n,
        rmse_e: (squares / n).sqrt(),
        reference_std_e: standard_deviation(&reference),
        r2: (spread > 0.0).then(|| 1.0 - squares / spread),
    })
}

impl Errors {
    /// As an object of the summary.
    pub fn json(&self) -> Value {
        let mut map = Map::new();
        map.insert("split".into(), self.split.clone().into());
        map.insert("element".into(), self.element.clone().into());
        map.insert("atoms".into(), self.atoms.into());
        map.insert("frames".into(), self.frames.into());
        map.insert("hosts".into(), self.hosts.into());
        map.insert("mae_e".into(), self.mae_e.into());
        map.insert("rmse_e".into(), self.rmse_e.into());
        put_number(&mut map, "reference_std_e", self.reference_std_e, "it takes two atoms");
        put_number(&mut map, "r2", self.r2, "the reference does not vary");
        Value::Object(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_by_hand() {
        let found =
            of_pairs("test", "Na", &[(0.8, 0.7), (0.6, 0.7), (0.9, 1.0), (1.0, 1.0)], 2, 1).expect("pairs");
        assert!(
            (found.mae_e - 0.075).abs() < 1e-12 && (found.rmse_e - 0.075_f64.hypot(0.0433013)).abs() < 1e-6
        );
        // Reference 0.7, 0.7, 1, 1: squared deviations add up to 0.09.
        assert!((found.r2.expect("a spread") - (1.0 - 0.03 / 0.09)).abs() < 1e-12);
        assert_eq!(of_pairs("test", "Na", &[], 0, 0), None);
        assert_eq!(of_pairs("test", "Na", &[(0.1, 0.2)], 1, 1).expect("a pair").r2, None);
    }
}
