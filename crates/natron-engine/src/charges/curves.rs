//! Distributions of charges by element and filling.

use natron_analysis::density::{kernel_density, mean, standard_deviation};
use natron_atoms::Species;
use serde_json::{Map, Value};

use super::deck::DensityTable;
use super::sources::Source;
use crate::envelope::put_number;

/// Kernels are cut where they fall below a hundredth of their height, in bandwidths.
const MARGIN: f64 = 3.0;

/// The charges of one element at one filling.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub element: Species,
    /// A multiple of the step; none where nothing but mobile atoms is there.
    pub x: Option<f64>,
    pub frames: usize,
    pub charges_e: Vec<f64>,
    pub mean_e: f64,
    pub std_e: Option<f64>,
    /// Width of the kernels, e; none where charges do not vary and no width is given.
    pub bandwidth_e: Option<f64>,
    /// (charge in e, density in 1/e).
    pub curve: Vec<(f64, f64)>,
}

/// All groups, by element and then by filling.
pub(super) fn groups(sources: &[Source], charges_e: &[Vec<f64>], table: &DensityTable) -> Vec<Group> {
    let mut elements: Vec<Species> =
        sources.iter().flat_map(|source| source.frame.structure.species.iter().copied()).collect();
    elements.sort_unstable();
    elements.dedup();
    let rounded = |source: &Source| source.x.map(|x| (x / table.x_step).round() as i64);
    let mut fillings: Vec<Option<i64>> = sources.iter().map(rounded).collect();
    fillings.sort_unstable();
    fillings.dedup();
    let mut groups = Vec::new();
    for &element in &elements {
        for &filling in &fillings {
            let (mut charges, mut frames) = (Vec::new(), 0);
            for (source, found) in sources.iter().zip(charges_e).filter(|(s, _)| rounded(s) == filling) {
                let before = charges.len();
                let species = source.frame.structure.species.iter();
                charges.extend(species.zip(found).filter(|(s, _)| **s == element).map(|(_, q)| *q));
                frames += usize::from(charges.len() > before);
            }
            let x = filling.map(|multiple| multiple as f64 * table.x_step);
            groups.extend(Group::new(element, x, frames, charges, table));
        }
        put_curves(&mut groups, element, table.points);
    }
    groups
}

impl Group {
    fn new(
        element: Species,
        x: Option<f64>,
        frames: usize,
        charges_e: Vec<f64>,
        table: &DensityTable,
    ) -> Option<Self> {
        Some(Self {
            mean_e: mean(&charges_e)?,
            std_e: standard_deviation(&charges_e),
            bandwidth_e: table.bandwidth_e.or_else(|| table.rule.bandwidth(&charges_e)),
            curve: Vec::new(),
            element,
            x,
            frames,
            charges_e,
        })
    }

    /// What a legend calls it.
    pub fn name(&self) -> String {
        self.x.map_or("no host".into(), |x| format!("x = {x}"))
    }

    /// As an object of the summary.
    pub fn json(&self) -> Value {
        let mut map = Map::new();
        map.insert("element".into(), self.element.symbol().into());
        put_number(&mut map, "x", self.x, "there is nothing but mobile atoms");
        map.insert("frames".into(), self.frames.into());
        map.insert("atoms".into(), self.charges_e.len().into());
        map.insert("mean_e".into(), self.mean_e.into());
        put_number(&mut map, "std_e", self.std_e, "it takes two atoms");
        put_number(&mut map, "bandwidth_e", self.bandwidth_e, "the charges do not vary");
        let peak = self.curve.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|point| point.0);
        put_number(&mut map, "mode_e", peak, "there is no curve");
        Value::Object(map)
    }
}

/// Curves of one element at the same charges for all fillings.
fn put_curves(groups: &mut [Group], element: Species, points: usize) {
    let of_element = |group: &&mut Group| group.element == element;
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for group in groups.iter_mut().filter(of_element) {
        let Some(bandwidth) = group.bandwidth_e else { continue };
        for charge in &group.charges_e {
            low = low.min(charge - MARGIN * bandwidth);
            high = high.max(charge + MARGIN * bandwidth);
        }
    }
    let at: Vec<f64> = (0..points).map(|k| low + (high - low) * k as f64 / (points - 1) as f64).collect();
    for group in groups.iter_mut().filter(of_element) {
        let Some(bandwidth) = group.bandwidth_e else { continue };
        group.curve = at.iter().copied().zip(kernel_density(&group.charges_e, bandwidth, &at)).collect();
    }
}
