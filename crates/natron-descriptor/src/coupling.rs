//! How three harmonics couple to an invariant: integrals of products of three real harmonics.
//!
//! G(l1 m1, l2 m2, l3 m3) = integral of Y_l1m1 Y_l2m2 Y_l3m3 over the sphere. For l1 + l2 + l3 even it is
//! proportional to the Clebsch-Gordan coupling to zero, so sum G A A A is the (inversion-even) bispectrum
//! component of Bartok et al., 10.1103/PhysRevB.87.184115, up to a factor; here sum G^2 = 1.

use crate::harmonics::{HARMONICS, L_MAX, harmonics};

/// One monomial `coefficient * A[a] * A[b] * A[c]`, a <= b <= c indices of harmonics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Monomial {
    /// Indices of the three harmonics.
    pub index: [usize; 3],
    /// Its coefficient; equal monomials of permuted indices are merged into it.
    pub coefficient: f64,
}

impl Monomial {
    /// Its derivative by A[x]: the other two indices and a coefficient; `None` where it does not hold A[x].
    pub fn slope(&self, x: usize) -> Option<([usize; 2], f64)> {
        let [a, b, c] = self.index;
        let rest = match x {
            _ if x == a => [b, c],
            _ if x == b => [a, c],
            _ if x == c => [a, b],
            _ => return None,
        };
        // d(A_x^p)/dA_x = p A_x^(p-1).
        let power = self.index.iter().filter(|&&y| y == x).count();
        Some((rest, self.coefficient * power as f64))
    }
}

/// The coupling of three angular momenta to an invariant.
#[derive(Debug, Clone, PartialEq)]
pub struct Coupling {
    /// The three angular momenta.
    pub l: [usize; 3],
    /// Its monomials.
    pub monomials: Vec<Monomial>,
}

impl Coupling {
    /// The coupling of `l`; `None` where there is none: an odd sum, no triangle, or l > 4.
    pub fn new(l: [usize; 3]) -> Option<Self> {
        let [a, b, c] = l;
        let triangle = a + b >= c && a + c >= b && b + c >= a;
        if l.iter().any(|&l| l > L_MAX) || (a + b + c) % 2 == 1 || !triangle {
            return None;
        }
        let nodes: Vec<(f64, [f64; HARMONICS])> =
            sphere_quadrature(16).into_iter().map(|(w, u)| (w, harmonics(u))).collect();
        let integral = |i: usize, j: usize, k: usize| nodes.iter().map(|(w, y)| w * y[i] * y[j] * y[k]).sum();
        let mut merged = std::collections::BTreeMap::<[usize; 3], f64>::new();
        let mut norm = 0.0;
        for i in a * a..(a + 1) * (a + 1) {
            for j in b * b..(b + 1) * (b + 1) {
                for k in c * c..(c + 1) * (c + 1) {
                    let value: f64 = integral(i, j, k);
                    if value.abs() > 1e-10 {
                        let mut index = [i, j, k];
                        index.sort_unstable();
                        *merged.entry(index).or_default() += value;
                        norm += value * value;
                    }
                }
            }
        }
        let scale = 1.0 / f64::sqrt(norm);
        let monomials =
            merged.into_iter().map(|(index, value)| Monomial { index, coefficient: value * scale }).collect();
        Some(Self { l, monomials })
    }
}

/// Nodes and weights that integrate polynomials up to degree `2 order - 1` over the unit sphere exactly:
/// Gauss-Legendre in cos theta, equal steps in phi.
pub fn sphere_quadrature(order: usize) -> Vec<(f64, [f64; 3])> {
    let mut nodes = Vec::with_capacity(2 * order * order);
    for (weight, z) in gauss_legendre(order) {
        let rho = (1.0 - z * z).sqrt();
        for step in 0..2 * order {
            let phi = std::f64::consts::PI * (step as f64 + 0.5) / order as f64;
            nodes.push((weight * std::f64::consts::PI / order as f64, [rho * phi.cos(), rho * phi.sin(), z]));
        }
    }
    nodes
}

/// Weights and nodes of Gauss-Legendre quadrature on [-1, 1], by Newton's method on P_n.
fn gauss_legendre(order: usize) -> Vec<(f64, f64)> {
    let n = order as f64;
    (0..order)
        .map(|k| {
            let mut z = (std::f64::consts::PI * (k as f64 + 0.75) / (n + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut p0, mut p1) = (1.0, z);
                for j in 2..=order {
                    let j = j as f64;
                    (p0, p1) = (p1, ((2.0 * j - 1.0) * z * p1 - (j - 1.0) * p0) / j);
                }
                slope = n * (z * p1 - p0) / (z * z - 1.0);
                let step = p1 / slope;
                z -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            (2.0 / ((1.0 - z * z) * slope * slope), z)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_sums_and_open_triangles_do_not_couple() {
        assert!(Coupling::new([1, 1, 1]).is_none());
        assert!(Coupling::new([1, 1, 4]).is_none());
        assert!(Coupling::new([1, 1, 2]).is_some());
    }

    #[test]
    fn dipole_coupling_is_the_traceless_tensor() {
        // 1 1 2 couples x, y, z to the five second-rank harmonics: 2 + 2 + ... = 8 merged monomials of
        // which x x, y y, z z appear with 3z^2-1 and x^2-y^2.
        let coupling = Coupling::new([1, 1, 2]).expect("1 1 2 couples");
        assert_eq!(coupling.monomials.len(), 8);
    }

    #[test]
    fn weights_sum_to_the_sphere() {
        let total: f64 = sphere_quadrature(8).iter().map(|(w, _)| w).sum();
        assert!((total - 4.0 * std::f64::consts::PI).abs() < 1e-12);
    }
}
