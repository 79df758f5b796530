//! The repulsive wall of NEP-ZBL: universal screening, or coefficients of its own for each pair of types.

use std::f64::consts::PI;

use natron_atoms::Species;
use natron_atoms::units::COULOMB_EV_A;

/// Coefficients and exponents of the universal screening function (Ziegler, Biersack, Littmark, 1985).
const UNIVERSAL: [(f64, f64); 4] =
    [(0.181_75, 3.199_8), (0.509_86, 0.942_29), (0.280_22, 0.402_9), (0.028_17, 0.201_62)];
/// 1 / (0.8854 bohr) in the digits this family of potentials is made with, 1/A.
const INVERSE_LENGTH: f64 = 2.134_563;

/// V(r) = Z1 Z2 e^2 / (4 pi eps0 r) sum_k c_k exp(-d_k r / a) f(r), a = 0.8854 bohr / (Z1^0.23 + Z2^0.23), with f falling
/// from 1 at `inner` to 0 at `outer` like half a period of a cosine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wall {
    pub inner_a: f64,
    pub outer_a: f64,
    charges: f64,
    inverse_length: f64,
    screening: [(f64, f64); 4],
}

impl Wall {
    /// With the universal screening.
    pub fn universal(a: Species, b: Species, inner_a: f64, outer_a: f64) -> Self {
        Self::flexible(a, b, inner_a, outer_a, UNIVERSAL)
    }

    /// With a screening function of its own, `[(c_k, d_k)]`.
    pub fn flexible(a: Species, b: Species, inner_a: f64, outer_a: f64, screening: [(f64, f64); 4]) -> Self {
        let (a, b) = (f64::from(a.number()), f64::from(b.number()));
        let inverse_length = (a.powf(0.23) + b.powf(0.23)) * INVERSE_LENGTH;
        Self { inner_a, outer_a, charges: COULOMB_EV_A * a * b, inverse_length, screening }
    }

    /// Energy (eV) and slope (eV/A) of a pair at `r` (A).
    #[inline]
    pub fn pair(&self, r: f64) -> (f64, f64) {
        if r >= self.outer_a {
            return (0.0, 0.0);
        }
        let (mut sum, mut slope) = (0.0, 0.0);
        for (c, d) in self.screening {
            let rate = d * self.inverse_length;
            let term = c * (-rate * r).exp();
            sum += term;
            slope -= rate * term;
        }
        let bare = self.charges / r * sum;
        let bare_slope = self.charges / r * (slope - sum / r);
        if r <= self.inner_a {
            return (bare, bare_slope);
        }
        let rate = PI / (self.outer_a - self.inner_a);
        let (sine, cosine) = (rate * (r - self.inner_a)).sin_cos();
        let (fade, fade_slope) = (0.5 * (1.0 + cosine), -0.5 * rate * sine);
        (bare * fade, bare_slope * fade + bare * fade_slope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_match_differences() {
        let own = [(0.2, 3.0), (0.5, 0.9), (0.28, 0.4), (0.03, 0.2)];
        for wall in [
            Wall::universal(Species::C, Species::NA, 0.7, 1.4),
            Wall::flexible(Species::C, Species::C, 0.0, 2.0, own),
        ] {
            for r in [0.4, 0.69, 0.9, 1.2, 1.39] {
                let h = 1e-6;
                let difference = (wall.pair(r + h).0 - wall.pair(r - h).0) / (2.0 * h);
                let slope = wall.pair(r).1;
                assert!((slope - difference).abs() < 1e-6 * (1.0 + slope.abs()), "{r}: {slope} {difference}");
            }
            assert_eq!(wall.pair(wall.outer_a), (0.0, 0.0));
        }
    }
}
