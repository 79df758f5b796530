//! Files of structures in any format.

use std::collections::BTreeMap;
use std::path::Path;

use natron_atoms::{Cell, Frame, Species};
use natron_io::Item;
use serde_json::{Value, json};

use super::Facts;
use crate::InputError;

/// `C200 Na22`, by atomic number.
pub(super) fn counted(species: &[Species]) -> String {
    let mut counts: BTreeMap<Species, usize> = BTreeMap::new();
    species.iter().for_each(|s| *counts.entry(*s).or_default() += 1);
    counts.iter().map(|(s, n)| format!("{s}{n}")).collect::<Vec<_>>().join(" ")
}

/// Lengths, angles, volume; nothing of a cluster.
pub(super) fn describe_cell(cell: &Cell, facts: &mut Facts) {
    facts.insert("periodic".into(), json!(cell.periodic()));
    if !cell.periodic().contains(&true) {
        return;
    }
    let vectors: [natron_atoms::Vec3; 3] = std::array::from_fn(|k| cell.vector(k));
    let angle = |a: usize, b: usize| {
        let cosine = vectors[a].dot(&vectors[b]) / (vectors[a].norm() * vectors[b].norm());
        cosine.clamp(-1.0, 1.0).acos().to_degrees()
    };
    facts.insert("cell_lengths_A".into(), json!(vectors.map(|v| v.norm())));
    facts.insert("cell_angles_deg".into(), json!([angle(1, 2), angle(0, 2), angle(0, 1)]));
    if cell.periodic() == [true; 3] {
        facts.insert("volume_A3".into(), cell.volume_a3().into());
    }
}

/// Least and most of a quantity.
#[derive(Default)]
struct Range(Option<(f64, f64)>);

impl Range {
    fn add(&mut self, value: f64) {
        self.0 = Some(self.0.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
    }

    fn json(&self) -> Value {
        self.0.map_or(Value::Null, |(low, high)| if low == high { low.into() } else { json!([low, high]) })
    }
}

/// What is gathered over all frames.
#[derive(Default)]
struct Summary {
    frames: usize,
    skipped: usize,
    atoms: Option<(usize, usize)>,
    compositions: BTreeMap<String, usize>,
    labels: BTreeMap<&'static str, usize>,
    energy: Range,
    force: Range,
    splits: BTreeMap<String, usize>,
    columns: Vec<String>,
    last: Option<Cell>,
}

impl Summary {
    fn add(&mut self, frame: &Frame) {
        let n = frame.structure.len();
        self.frames += 1;
        self.atoms = Some(self.atoms.map_or((n, n), |(low, high)| (low.min(n), high.max(n))));
        *self.compositions.entry(counted(&frame.structure.species)).or_default() += 1;
        let labels = &frame.labels;
        let found = [
            ("energy", labels.energy_ev.is_some()),
            ("free_energy", labels.free_energy_ev.is_some()),
            ("forces", labels.forces.is_some()),
            ("virial", labels.virial_ev.is_some()),
            ("velocities", frame.velocities.is_some()),
        ];
        for (name, _) in found.iter().filter(|(_, there)| *there) {
            *self.labels.entry(name).or_default() += 1;
        }
        if let Some(energy) = labels.free_energy_ev.or(labels.energy_ev).filter(|_| n > 0) {
            self.energy.add(energy / n as f64);
        }
        let forces = labels.forces.iter().flatten().map(|force| force.norm());
        forces.for_each(|force| self.force.add(force));
        if let Some(split) = frame.text("split") {
            *self.splits.entry(split.to_string()).or_default() += 1;
        }
        for (name, _) in &frame.arrays {
            if !self.columns.contains(name) {
                self.columns.push(name.clone());
            }
        }
        self.last = Some(frame.structure.cell.clone());
    }

    fn facts(&self, format: &str) -> Facts {
        let mut facts = Facts::new();
        facts.insert("format".into(), format.into());
        facts.insert("frames".into(), self.frames.into());
        if self.skipped > 0 {
            facts.insert("skipped_steps".into(), self.skipped.into());
        }
        let atoms = self.atoms.map_or(Value::Null, |(a, b)| if a == b { a.into() } else { json!([a, b]) });
        facts.insert("atoms".into(), atoms);
        // The most frequent first.
        let mut compositions: Vec<(&String, &usize)> = self.compositions.iter().collect();
        compositions.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let shown: Vec<String> = match &compositions[..] {
            [(only, _)] => vec![(*only).clone()],
            many => many.iter().map(|(what, n)| format!("{what} ({n} frames)")).collect(),
        };
        facts.insert("composition".into(), shown.into());
        facts.insert("labels".into(), json!(self.labels));
        facts.insert("energy_eV_per_atom".into(), self.energy.json());
        facts.insert("force_max_eV_per_A".into(), self.force.0.map(|(_, high)| high).into());
        if !self.splits.is_empty() {
            facts.insert("split".into(), json!(self.splits));
        }
        if !self.columns.is_empty() {
            facts.insert("columns".into(), self.columns.clone().into());
        }
        if let Some(cell) = &self.last {
            describe_cell(cell, &mut facts);
        }
        facts
    }
}

pub(super) fn look(path: &Path) -> Result<(&'static str, Facts), InputError> {
    let stream = natron_io::open_frames(path, None)?;
    let format = stream.format();
    let mut summary = Summary::default();
    for item in stream {
        match item? {
            Item::Frame(source) => summary.add(&source.frame),
            Item::Skipped(_) => summary.skipped += 1,
        }
    }
    let kind = if summary.frames == 1 { "structure" } else { "structures" };
    Ok((kind, summary.facts(format.name())))
}
