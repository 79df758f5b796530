//! From the structures of a host to its voltages.

use natron_analysis::voltage::{Estimate, capacity_mah_per_g, lower_hull, median, voltage};
use natron_potential::Evaluation;

use super::VoltageJob;
use super::metal::{Metal, last_structure};
use crate::RunError;
use crate::build::{HOST, evaluated, filled_name};

/// One filling of one host.
pub(super) struct Point {
    /// Inserted atoms.
    pub(super) x: usize,
    /// Fewer atoms, where the step to this filling begins.
    pub(super) from_x: usize,
    pub(super) capacity_mah_per_g: f64,
    pub(super) energy: Estimate,
    /// Longest force that was left, eV/A.
    pub(super) force_max_ev_per_a: f64,
    /// Mean voltage since the pristine host, V.
    pub(super) pristine: Estimate,
    /// Mean voltage since the host that this filling leaves when it is emptied and relaxed, V.
    pub(super) emptied: Estimate,
    /// Mean voltage of the step, V.
    pub(super) step: Estimate,
    /// Voltage of the step along the convex hull that this one lies in, V, where the deck asks for it.
    pub(super) hull: Option<Estimate>,
    /// Energy of the emptied host less that of the pristine one, eV.
    pub(super) healing_ev: f64,
}

/// One host with all its fillings.
pub(super) struct Filled {
    pub(super) number: usize,
    pub(super) energy: Estimate,
    pub(super) points: Vec<Point>,
}

/// One filling over all hosts.
pub(super) struct Middle {
    pub(super) x: usize,
    pub(super) from_x: usize,
    pub(super) capacity_mah_per_g: f64,
    pub(super) hosts: usize,
    pub(super) pristine: Range,
    pub(super) emptied: Range,
    pub(super) step: Range,
    pub(super) hull: Option<Range>,
    /// What the mean voltage would be off by if energies were off as on the test frames of the potential, V.
    pub(super) test_error_v: Option<f64>,
}

/// Values of several hosts, V.
pub(super) struct Range {
    pub(super) median: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    /// The largest of their standard deviations: hosts share the error of the potential.
    pub(super) std: Option<f64>,
}

/// The energy of an evaluation with what the members of the ensemble give.
pub(super) fn estimate(evaluation: &Evaluation) -> Estimate {
    Estimate { value: evaluation.energy_ev, members: evaluation.member_energies_ev.clone() }
}

impl VoltageJob {
    /// The voltages of a host whose structures are all there.
    pub(super) fn filled(&self, number: usize, metal: &Metal) -> Result<Filled, RunError> {
        let folder = self.folder(number);
        let (host, _) = self.at_rest(&folder.join(HOST))?;
        let mut points: Vec<Point> = Vec::new();
        for &x in &self.deck.insert.atoms {
            let (energy, force_max_ev_per_a) =
                self.at_rest(&folder.join(filled_name(&self.deck.insert.species, x)))?;
            let (emptied, _) = self.at_rest(&self.emptied_file(number, x))?;
            let (from_x, before) = points.last().map_or((0, &host), |point| (point.x, &point.energy));
            points.push(Point {
                x,
                from_x,
                capacity_mah_per_g: capacity_mah_per_g(x as f64, self.host_mass_amu),
                force_max_ev_per_a,
                pristine: voltage(&energy, &host, &metal.energy, x as f64),
                emptied: voltage(&energy, &emptied, &metal.energy, x as f64),
                step: voltage(&energy, before, &metal.energy, (x - from_x) as f64),
                hull: None,
                healing_ev: emptied.value - host.value,
                energy,
            });
        }
        if self.deck.curve.convex_hull {
            put_hull(&host, &mut points, metal);
        }
        Ok(Filled { number, energy: host, points })
    }

    /// Energy and longest force of a structure in a file.
    fn at_rest(&self, path: &std::path::Path) -> Result<(Estimate, f64), RunError> {
        let structure = last_structure(path)?;
        let evaluation = evaluated(&structure, &self.potential)
            .map_err(|why| RunError::new(format!("{} has no energy: {why}", path.display())))?;
        let longest = evaluation.forces.iter().map(|force| force.norm()).fold(0.0, f64::max);
        Ok((estimate(&evaluation), longest))
    }
}

/// The voltages along the lower convex hull of the energies, the pristine host among them.
fn put_hull(host: &Estimate, points: &mut [Point], metal: &Metal) {
    let empty = (0.0, host.value);
    let energies: Vec<(f64, f64)> =
        std::iter::once(empty).chain(points.iter().map(|p| (p.x as f64, p.energy.value))).collect();
    for ends in lower_hull(&energies).windows(2) {
        let (from, to) = (ends[0], ends[1]);
        let before = if from == 0 { host } else { &points[from - 1].energy };
        let along = voltage(&points[to - 1].energy, before, &metal.energy, energies[to].0 - energies[from].0);
        points[from..to].iter_mut().for_each(|point| point.hull = Some(along.clone()));
    }
}

/// What a mean voltage is off by where the energies of the filled and the empty host are off by `rmse_mev_per_atom` each, independently, V.
fn carried_over_v(rmse_mev_per_atom: f64, host_atoms: usize, x: usize) -> f64 {
    let (empty, filled) = (host_atoms as f64, (host_atoms + x) as f64);
    1e-3 * rmse_mev_per_atom * empty.hypot(filled) / x as f64
}

/// The middle of all hosts at every filling.
pub(super) fn middles(job: &VoltageJob, hosts: &[Filled]) -> Vec<Middle> {
    let Some(first) = hosts.first() else { return Vec::new() };
    let middle = |k: usize| {
        let range_of = |all: Vec<&Estimate>| {
            let values: Vec<f64> = all.iter().map(|estimate| estimate.value).collect();
            Range {
                median: median(&values).expect("there is a host"),
                low: values.iter().copied().fold(f64::INFINITY, f64::min),
                high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                std: all.iter().filter_map(|estimate| estimate.std()).reduce(f64::max),
            }
        };
        let range =
            |of: fn(&Point) -> &Estimate| range_of(hosts.iter().map(|host| of(&host.points[k])).collect());
        let hulls: Option<Vec<&Estimate>> = hosts.iter().map(|host| host.points[k].hull.as_ref()).collect();
        let point = &first.points[k];
        Middle {
            x: point.x,
            from_x: point.from_x,
            capacity_mah_per_g: point.capacity_mah_per_g,
            hosts: hosts.len(),
            pristine: range(|p| &p.pristine),
            emptied: range(|p| &p.emptied),
            step: range(|p| &p.step),
            hull: hulls.map(range_of),
            test_error_v: job
                .test_rmse_mev_per_atom
                .map(|rmse| carried_over_v(rmse, job.host_atoms, point.x)),
        }
    };
    (0..first.points.len()).map(middle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 10 meV/atom on 40 and 30 atoms are 0.4 and 0.3 eV, together 0.5 eV, on 10 atoms.
    #[test]
    fn errors_of_both_energies_are_carried_over() {
        assert!((carried_over_v(10.0, 30, 10) - 0.05).abs() < 1e-12);
        assert!(carried_over_v(10.0, 200, 4) > 5.0 * carried_over_v(10.0, 200, 44));
    }
}
