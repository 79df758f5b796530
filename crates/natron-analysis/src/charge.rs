//! What the ions do together: charge diffusion, Haven ratio, conductivity.
//!
//! ```text
//! D_charge = 1/(6 N) d/dt < | sum_i [r_i(t) - r_i(0)] |^2 >
//! H        = D* / D_charge                                      (D* the self-diffusion coefficient)
//! sigma    = N q^2 D / (V k_B T)                                (Nernst-Einstein with D = D*; collective with D = D_charge)
//! ```
//!
//! with q = +e. A whole trajectory is one observation of the sum, where it is N of the ions' own ways: errors are larger by about the root of N.
//! Charge +1 is an assumption; beside metallic sodium, whose charge is shared, conductivity is not defined by it.

use std::sync::Arc;

use natron_atoms::units::{BOLTZMANN_EV_PER_K, ELEMENTARY_CHARGE_C};

use crate::collective::sum_of;
use crate::diffusion::{Diffusion, of_paths};
use crate::paths::{Path, Paths};
use crate::track::Track;
use crate::value::Value;

/// The diffusion of the charge that the atoms of `paths` carry, all alike.
pub fn charge_diffusion(paths: &Paths, species: &str, reference: &[String]) -> Diffusion {
    let replicas = paths.atoms.iter().map(|path| path.replica + 1).max().unwrap_or(0);
    let together = |replica: usize| {
        let members: Vec<&Path> = paths.atoms.iter().filter(|path| path.replica == replica).collect();
        let root = (members.len() as f64).sqrt();
        let sum = sum_of(members.into_iter(), paths.n_frames).into_iter().map(|sum| sum / root).collect();
        Path { replica, positions_a: Arc::new(Track::Double(sum)) }
    };
    let atoms = (0..replicas).map(together).collect();
    of_paths(&Paths { atoms, ..*paths }, species.to_owned(), reference.to_vec())
}

/// Conductivity (S/m) of `ions` ions of charge +1 in `volume_a3` at `temperature_k` that diffuse with `d_m2_per_s`.
pub fn conductivity_s_per_m(d_m2_per_s: Value, ions: usize, volume_a3: f64, temperature_k: f64) -> Value {
    // N e^2/(V k_B T): k_B in eV/K leaves one e.
    let per_m3 = ions as f64 / (volume_a3 * 1e-30);
    d_m2_per_s.times(per_m3 * ELEMENTARY_CHARGE_C / (BOLTZMANN_EV_PER_K * temperature_k))
}

/// The correction of D for the drag of a fluid's periodic images, m2/s: Yeh and Hummer, J. Phys. Chem. B 108, 15873 (2004),
/// doi:10.1021/jp0477147: `xi k_B T/(6 pi eta L)`, to be added, for a cubic cell of edge `edge_a` (A) and shear viscosity `viscosity_mpa_s`.
pub fn yeh_hummer_m2_per_s(temperature_k: f64, viscosity_mpa_s: f64, edge_a: f64) -> f64 {
    const XI: f64 = 2.837_297;
    let thermal_j = BOLTZMANN_EV_PER_K * ELEMENTARY_CHARGE_C * temperature_k;
    XI * thermal_j / (6.0 * std::f64::consts::PI * 1e-3 * viscosity_mpa_s * 1e-10 * edge_a)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 2.837297 x 1.380649e-23 x 298 / (6 pi x 0.85e-3 x 18.6e-10) = 1.1673e-20 / 2.9802e-11.
    #[test]
    fn the_correction_for_water() {
        let found = yeh_hummer_m2_per_s(298.0, 0.85, 18.6);
        assert!((found - 3.917e-10).abs() < 0.002e-10, "{found}");
    }

    /// 1 mol/l of ions with D = 1.33e-9 m2/s at 298.15 K: Lambda = F^2 D/(R T) = 50.0 S cm2/mol, 5.0 S/m.
    #[test]
    fn nernst_and_einstein() {
        let d = Value { value: 1.33e-9, err: 0.0 };
        let volume_a3 = 1e27 / 6.022_140_76e23;
        let found = conductivity_s_per_m(d, 1, volume_a3, 298.15).value;
        let faraday = 96_485.332;
        let expected = 1e3 * faraday * faraday * 1.33e-9 / (8.314_462_6 * 298.15);
        assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
    }
}
