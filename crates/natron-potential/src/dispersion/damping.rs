//! How the energy of a pair depends on its distance.

use natron_atoms::units::BOHR_A;
use natron_descriptor::{CHANNELS, Path, Wide};

use super::functional::BeckeJohnson;
use super::reference::Element;

/// f(r) of a pair of elements, with E = -C6 f(r):
///
/// f = s6 / (r^6 + R0^6) + s8 C8/C6 / (r^8 + R0^8), C8/C6 = 3 Q_a Q_b, R0 = a1 sqrt(C8/C6) + a2
/// (10.1002/jcc.21759).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Damping {
    s6: f64,
    /// s8 C8/C6, A^2.
    s8: f64,
    /// R0^6, A^6.
    sixth: f64,
    /// R0^8, A^8.
    eighth: f64,
}

impl Damping {
    /// That of two elements.
    pub fn new(parameters: BeckeJohnson, a: &Element, b: &Element) -> Self {
        let ratio_bohr2 = 3.0 * a.quadrupole_bohr * b.quadrupole_bohr;
        let radius_a = (parameters.a1 * ratio_bohr2.sqrt() + parameters.a2_bohr) * BOHR_A;
        Self {
            s6: parameters.s6,
            s8: parameters.s8 * ratio_bohr2 * BOHR_A.powi(2),
            sixth: radius_a.powi(6),
            eighth: radius_a.powi(8),
        }
    }

    /// f (1/A^6) at squared distances (A^2), and its derivatives by those (1/A^8).
    #[inline(always)]
    pub fn at<P: Path>(&self, path: P, squared: &[f64; CHANNELS]) -> (Wide<f64, P>, Wide<f64, P>) {
        let t = Wide::new(path, *squared);
        let t2 = t * t;
        let t3 = t2 * t;
        let (sixth, eighth) = (t3 + Wide::splat(path, self.sixth), t2 * t2 + Wide::splat(path, self.eighth));
        // One division for both.
        let inverse = Wide::splat(path, 1.0) / (sixth * eighth);
        let (by_sixth, by_eighth) = (eighth * inverse, sixth * inverse);
        let (first, second) = (Wide::splat(path, self.s6) * by_sixth, Wide::splat(path, self.s8) * by_eighth);
        let slope = Wide::splat(path, -3.0) * t2 * first * by_sixth
            + Wide::splat(path, -4.0) * t3 * second * by_eighth;
        (first + second, slope)
    }
}
