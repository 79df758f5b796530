//! What the voltage is measured against: the metal, relaxed with the potential.

use std::path::{Path, PathBuf};

use natron_analysis::voltage::Estimate;
use natron_atoms::{Frame, Structure};
use natron_build::BuildError;
use natron_dynamics::plan::Coupling;
use serde_json::{Map, Value, json};

use super::VoltageJob;
use super::points::estimate;
use crate::build::evaluated;
use crate::envelope::put_number;
use crate::metal::{self, FILE};
use crate::study::Unfinished;
use crate::watch::Watch;
use crate::{RunError, files};

/// A metal as computed without the potential.
pub(super) struct Reference {
    species: &'static str,
    pub(super) method: &'static str,
    pub(super) edge_a: f64,
    /// Energy of an atom of the metal relative to the free atom, eV.
    pub(super) cohesive_ev: f64,
}

/// Body-centred metals by density functional theory, with the protocol that the frames of `nac` are labelled with (potentials/nac).
const REFERENCES: [Reference; 2] = [
    Reference { species: "Na", method: "PBE", edge_a: 4.203, cohesive_ev: -1.070 },
    Reference { species: "Na", method: "PBE-D3(BJ)", edge_a: 4.087, cohesive_ev: -1.230 },
];

/// The relaxed metal.
pub(super) struct Metal {
    /// Energy of one atom, eV.
    pub(super) energy: Estimate,
    /// The same relative to the free atom, eV.
    pub(super) cohesive_ev: f64,
    pub(super) volume_a3_per_atom: f64,
    /// Edge of the cube, where it is body-centred, A.
    pub(super) edge_a: Option<f64>,
    pub(super) references: Vec<&'static Reference>,
}

impl VoltageJob {
    /// The metal, relaxed unless an earlier call has left it.
    pub(super) fn metal(&self, watch: &dyn Watch) -> Result<Metal, Unfinished> {
        let path = self.directory.join(FILE);
        if !path.exists() {
            let relaxed = self.relaxed_metal(&|| watch.stop().is_some());
            let structure = relaxed.map_err(|error| failed("the metal", error))?;
            files::write_frames(&path, &[Frame::new(structure)])?;
        }
        let structure = last_structure(&path)?;
        let evaluation = evaluated(&structure, &self.potential)
            .map_err(|why| RunError::new(format!("the metal has no energy: {why}")))?;
        let atoms = structure.len() as f64;
        let energy = Estimate::sum(&[(1.0 / atoms, &estimate(&evaluation))]);
        let volume_a3_per_atom = structure.cell.volume_a3() / atoms;
        let edge_a = self.metal_start.is_none().then(|| (2.0 * volume_a3_per_atom).cbrt());
        let free_ev = self.potential.potential.isolated_energy_ev(self.mobile);
        let of_it = |reference: &&Reference| reference.species == self.mobile.symbol() && edge_a.is_some();
        Ok(Metal {
            cohesive_ev: energy.value - free_ev,
            energy,
            volume_a3_per_atom,
            edge_a,
            references: REFERENCES.iter().filter(of_it).collect(),
        })
    }

    fn relaxed_metal(&self, stop: &dyn Fn() -> bool) -> Result<Structure, BuildError> {
        let (start, coupling) = match &self.metal_start {
            Some(structure) => (structure.clone(), Coupling::Triclinic),
            None => {
                let edge = self.deck.metal.edge_a.or_else(|| metal::usual_edge_a(&self.deck.insert.species));
                let edge = edge.expect("the deck was checked to give an edge where none is known");
                (metal::body_centred(self.mobile, edge)?, Coupling::Isotropic)
            }
        };
        metal::relaxed(start, coupling, self.deck.seed, &*self.potential.potential, stop)
    }
}

impl Metal {
    /// By how much a voltage rises where the metal is that of a reference, V.
    pub(super) fn shift_v(&self, reference: &Reference) -> f64 {
        reference.cohesive_ev - self.cohesive_ev
    }

    pub(super) fn json(&self, job: &VoltageJob) -> Value {
        let mut map = Map::new();
        map.insert("species".into(), job.mobile.symbol().into());
        map.insert("file".into(), FILE.into());
        map.insert("energy_eV_per_atom".into(), self.energy.value.into());
        put_number(&mut map, "energy_std_eV_per_atom", self.energy.std(), "the potential has no ensemble");
        map.insert("cohesive_eV_per_atom".into(), self.cohesive_ev.into());
        map.insert("volume_A3_per_atom".into(), self.volume_a3_per_atom.into());
        put_number(&mut map, "edge_A", self.edge_a, "it is not a body-centred cube");
        let one = |reference: &&Reference| {
            json!({
                "method": reference.method,
                "edge_A": reference.edge_a,
                "cohesive_eV_per_atom": reference.cohesive_ev,
                "shift_V": self.shift_v(reference),
            })
        };
        map.insert("references".into(), self.references.iter().map(one).collect());
        map.into()
    }
}

/// The last frame of a file of natron's own.
pub(super) fn last_structure(path: &Path) -> Result<Structure, RunError> {
    let frames = files::read_frames(path)
        .map_err(|error| RunError { file: Some(PathBuf::from(path)), ..RunError::new(error.to_string()) })?;
    let frame = frames.into_iter().last();
    frame.map(|frame| frame.structure).ok_or_else(|| RunError::new("a structure was lost"))
}

/// Why a structure is not at rest.
pub(super) fn failed(what: &str, error: BuildError) -> Unfinished {
    match error {
        BuildError::Stopped => Unfinished::Stopped,
        other => RunError::new(format!("{what}: {other}")).into(),
    }
}
