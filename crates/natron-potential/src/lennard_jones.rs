//! The Lennard-Jones pair potential: switched smoothly to zero for dynamics, or cut and shifted as the literature has it.

use natron_atoms::{NeighbourList, Species, Structure};

use crate::{Evaluation, EvaluationError, Evaluator, Potential};

/// 4 epsilon ((sigma/r)^12 - (sigma/r)^6) between all pairs, times a switch that takes it to zero
/// between 0.8 cutoff and the cutoff with two continuous derivatives.
#[derive(Debug, Clone)]
pub struct LennardJones {
    /// Well depth, eV.
    pub epsilon_ev: f64,
    /// Zero crossing, A.
    pub sigma_a: f64,
    /// Cutoff, A.
    pub cutoff_a: f64,
}

/// A quintic that falls from 1 at `from` to 0 at `to` with two continuous derivatives; (value, slope).
pub(crate) fn quintic_switch(r: f64, from: f64, to: f64) -> (f64, f64) {
    if r <= from {
        return (1.0, 0.0);
    }
    if r >= to {
        return (0.0, 0.0);
    }
    let t = (r - from) / (to - from);
    let value = 1.0 - t * t * t * (10.0 - 15.0 * t + 6.0 * t * t);
    (value, -30.0 * t * t * (1.0 - t) * (1.0 - t) / (to - from))
}

/// 4 epsilon ((sigma/r)^12 - (sigma/r)^6) less its value at the cutoff, zero beyond: continuous energies, forces that
/// jump to zero. For comparison with other programs and with published values; for dynamics over long times take
/// [`LennardJones`].
#[derive(Debug, Clone)]
pub struct ShiftedLennardJones {
    /// Well depth, eV.
    pub epsilon_ev: f64,
    /// Zero crossing of the unshifted potential, A.
    pub sigma_a: f64,
    /// Cutoff, A.
    pub cutoff_a: f64,
}

/// The bare pair energy, eV, and its slope, eV/A.
fn bare(epsilon_ev: f64, sigma_a: f64, r: f64) -> (f64, f64) {
    let s6 = (sigma_a / r).powi(6);
    (4.0 * epsilon_ev * (s6 * s6 - s6), 4.0 * epsilon_ev * (6.0 * s6 - 12.0 * s6 * s6) / r)
}

/// A form of the potential: pair energy and slope inside a cutoff.
trait Form: Send + Sync {
    fn cutoff_a(&self) -> f64;
    fn pair(&self, r: f64) -> (f64, f64);
}

impl Form for ShiftedLennardJones {
    fn cutoff_a(&self) -> f64 {
        self.cutoff_a
    }

    fn pair(&self, r: f64) -> (f64, f64) {
        let (energy, slope) = bare(self.epsilon_ev, self.sigma_a, r);
        (energy - bare(self.epsilon_ev, self.sigma_a, self.cutoff_a).0, slope)
    }
}

impl Form for LennardJones {
    fn cutoff_a(&self) -> f64 {
        self.cutoff_a
    }

    fn pair(&self, r: f64) -> (f64, f64) {
        let (energy, slope) = bare(self.epsilon_ev, self.sigma_a, r);
        let (switch, switch_slope) = quintic_switch(r, 0.8 * self.cutoff_a, self.cutoff_a);
        (energy * switch, slope * switch + energy * switch_slope)
    }
}

impl Potential for LennardJones {
    fn cutoff_a(&self, _a: Species, _b: Species) -> f64 {
        self.cutoff_a
    }

    fn max_cutoff_a(&self) -> f64 {
        self.cutoff_a
    }

    fn species(&self) -> Option<Vec<Species>> {
        None
    }

    fn evaluator(&self) -> Box<dyn Evaluator + '_> {
        Box::new(LennardJonesEvaluator { form: self })
    }
}

impl Potential for ShiftedLennardJones {
    fn cutoff_a(&self, _a: Species, _b: Species) -> f64 {
        self.cutoff_a
    }

    fn max_cutoff_a(&self) -> f64 {
        self.cutoff_a
    }

    fn species(&self) -> Option<Vec<Species>> {
        None
    }

    fn evaluator(&self) -> Box<dyn Evaluator + '_> {
        Box::new(LennardJonesEvaluator { form: self })
    }
}

struct LennardJonesEvaluator<'a, F> {
    form: &'a F,
}

impl<F: Form> Evaluator for LennardJonesEvaluator<'_, F> {
    fn evaluate(
        &mut self,
        structure: &Structure,
        list: &NeighbourList,
        out: &mut Evaluation,
    ) -> Result<(), EvaluationError> {
        let cutoff = self.form.cutoff_a();
        if list.cutoff_a() < cutoff {
            return Err(EvaluationError::ShortList { list_a: list.cutoff_a(), potential_a: cutoff });
        }
        out.reset(structure.len());
        for i in 0..structure.len() {
            for neighbour in list.neighbours(structure, i).filter(|n| n.distance_a < cutoff) {
                let (energy, slope) = self.form.pair(neighbour.distance_a);
                let gradient = neighbour.vector * (0.5 * slope / neighbour.distance_a);
                out.atom_energies_ev[i] += 0.5 * energy;
                out.add_pair(i, neighbour.index, &neighbour.vector, gradient);
            }
        }
        out.energy_ev = out.atom_energies_ev.iter().sum();
        Ok(())
    }
}
