//! Voltages from energies.
//!
//! A host H that takes up n atoms of a metal M against that metal has the mean voltage (Aydinol et al., Phys. Rev. B 56, 1354
//! (1997), doi:10.1103/PhysRevB.56.1354)
//!
//! ```text
//! V = -[E(M_n H) - E(M_m H) - (n - m) mu] / ((n - m) e)
//! ```
//!
//! | equation | here |
//! |---|---|
//! | E(M_n H), E(M_m H) | `filled`, `emptier` |
//! | mu | `metal`, the energy of one atom of the metal |
//! | n - m | `inserted` |
//!
//! at 0 K, without vibrations, and at zero pressure, where p dV is nothing. Energies in eV and charges in e give V.

use natron_atoms::units::{ATOMIC_MASS_KG, ELEMENTARY_CHARGE_C};

/// An energy, or a difference of energies for each charge, as every member of an ensemble gives it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Estimate {
    /// The value, eV or V.
    pub value: f64,
    /// How much more each member gives, in the same unit; empty where there is no ensemble.
    pub members: Vec<f64>,
}

impl Estimate {
    /// Root mean square of what the members give more; `None` without an ensemble.
    pub fn std(&self) -> Option<f64> {
        let squares: f64 = self.members.iter().map(|deviation| deviation * deviation).sum();
        (!self.members.is_empty()).then(|| (squares / self.members.len() as f64).sqrt())
    }

    /// Sum of estimates, each times its weight, member by member: what all terms have in common cancels in differences. It
    /// has an ensemble where all its terms have the same.
    pub fn sum(terms: &[(f64, &Self)]) -> Self {
        let value = terms.iter().map(|(weight, term)| weight * term.value).sum();
        let count = terms.first().map_or(0, |(_, term)| term.members.len());
        if terms.iter().any(|(_, term)| term.members.len() != count) {
            return Self { value, members: Vec::new() };
        }
        let member = |k: usize| terms.iter().map(|(weight, term)| weight * term.members[k]).sum();
        Self { value, members: (0..count).map(member).collect() }
    }
}

/// Mean voltage, V, of taking up `inserted` atoms (above 0), from energies in eV.
pub fn voltage(filled: &Estimate, emptier: &Estimate, metal: &Estimate, inserted: f64) -> Estimate {
    Estimate::sum(&[(-1.0 / inserted, filled), (1.0 / inserted, emptier), (1.0, metal)])
}

/// Which of the points (x, energy), x rising, lie on their lower convex hull: the compositions that do not fall apart into two others. The first
/// and the last always do; a point on the line between two others does not.
pub fn lower_hull(points: &[(f64, f64)]) -> Vec<usize> {
    let mut hull: Vec<usize> = Vec::new();
    for (k, &(x, energy)) in points.iter().enumerate() {
        while let [.., first, last] = hull[..] {
            let ((x1, e1), (x2, e2)) = (points[first], points[last]);
            // The last one stays where the line turns upwards at it.
            if (e2 - e1) * (x - x2) < (energy - e2) * (x2 - x1) {
                break;
            }
            hull.pop();
        }
        hull.push(k);
    }
    hull
}

/// Charge of `inserted` atoms of charge 1 in a host of this mass (amu), mAh for each gram of the host.
pub fn capacity_mah_per_g(inserted: f64, host_mass_amu: f64) -> f64 {
    let coulombs_per_g = inserted * ELEMENTARY_CHARGE_C / (host_mass_amu * ATOMIC_MASS_KG * 1e3);
    coulombs_per_g / 3.6
}

/// The middle of values: the mean of the two in the middle where their number is even.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[half]),
        _ => Some(0.5 * (sorted[half - 1] + sorted[half])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, members: &[f64]) -> Estimate {
        Estimate { value, members: members.to_vec() }
    }

    #[test]
    fn sodium_in_two_hundred_carbons_has_the_capacity_of_the_literature() {
        let host = 200.0 * 12.011;
        assert!((capacity_mah_per_g(1.0, host) - 11.157).abs() < 1e-3);
        // Lithium in graphite, LiC6: 372 mAh/g.
        assert!((capacity_mah_per_g(1.0, 6.0 * 12.011) - 371.9).abs() < 0.1);
    }

    #[test]
    fn a_metal_put_beside_the_host_has_no_voltage() {
        let (host, metal) = (estimate(-1600.0, &[3.0, -1.0]), estimate(-1.3, &[0.2, 0.1]));
        let filled = Estimate::sum(&[(1.0, &host), (4.0, &metal)]);
        let found = voltage(&filled, &host, &metal, 4.0);
        assert!(found.value.abs() < 1e-12, "{found:?}");
        // Every member agrees, so that there is no uncertainty, however unsure each energy is.
        assert!(found.std().expect("an ensemble") < 1e-12, "{found:?}");
    }

    #[test]
    fn binding_stronger_than_the_metal_is_a_positive_voltage() {
        let (host, metal) = (estimate(-10.0, &[0.0, 0.0]), estimate(-1.0, &[0.1, -0.1]));
        let found = voltage(&estimate(-13.0, &[0.4, 0.0]), &host, &metal, 2.0);
        assert!((found.value - 0.5).abs() < 1e-12, "{found:?}");
        // Members: -0.4 / 2 + 0.1 and -0.1.
        assert!((found.std().expect("an ensemble") - 0.1).abs() < 1e-12, "{found:?}");
        assert_eq!(voltage(&estimate(-13.0, &[]), &host, &metal, 2.0).std(), None);
    }

    #[test]
    fn the_mean_voltage_is_the_mean_of_the_steps() {
        let energies = [0.0, -5.0, -8.0, -12.5].map(|value| estimate(value, &[]));
        let metal = estimate(-1.3, &[]);
        let steps: f64 = (1..4).map(|k| voltage(&energies[k], &energies[k - 1], &metal, 2.0).value).sum();
        assert!((voltage(&energies[3], &energies[0], &metal, 6.0).value - steps / 3.0).abs() < 1e-12);
    }

    /// By hand: at x = 2 the energy lies above the line from 0 to 4, at x = 6 below the line from 4 to 10.
    #[test]
    fn what_falls_apart_is_not_on_the_hull() {
        let points = [(0.0, 0.0), (2.0, -1.0), (4.0, -6.0), (6.0, -8.0), (8.0, -8.5), (10.0, -9.0)];
        assert_eq!(lower_hull(&points), [0, 2, 3, 5], "the one at 8 is on the line from 6 to 10");
        assert_eq!(lower_hull(&points[..1]), [0]);
        assert_eq!(lower_hull(&[]), Vec::<usize>::new());
        // Steps along it never rise.
        let steps: Vec<f64> = lower_hull(&points)
            .windows(2)
            .map(|ends| (points[ends[0]].1 - points[ends[1]].1) / (points[ends[1]].0 - points[ends[0]].0))
            .collect();
        assert!(steps.windows(2).all(|pair| pair[0] > pair[1]), "{steps:?}");
    }

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
    }
}
