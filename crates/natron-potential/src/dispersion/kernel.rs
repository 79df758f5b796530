//! Sums over the neighbours of one atom, sixteen at a time.

use natron_descriptor::simd::Kernel;
use natron_descriptor::{CHANNELS, Path, Wide};

use super::coordination::{Counting, Weights};
use super::damping::Damping;
use super::rows::{Row, Rows, Ways};
use super::switch::Switch;

/// What the neighbours do to an atom.
#[derive(Debug, Clone, Copy, Default)]
pub struct Push {
    /// Force, eV/A.
    pub force: [f64; 3],
    /// Sum over neighbours of the gradient by the way to them times that way, eV: xx, yy, zz, yz, xz, xy.
    pub strain: [f64; 6],
}

/// Sums of [`Push`], sixteen side by side.
struct Pushes<P> {
    force: [Wide<f64, P>; 3],
    strain: [Wide<f64, P>; 6],
}

impl<P: Path> Pushes<P> {
    #[inline(always)]
    fn new(path: P) -> Self {
        Self { force: [Wide::splat(path, 0.0); 3], strain: [Wide::splat(path, 0.0); 6] }
    }

    /// Adds neighbours by whose ways r the energy has the gradients `factor` r.
    #[inline(always)]
    fn add(&mut self, path: P, ways: &Ways, factor: Wide<f64, P>) {
        let x = Wide::new(path, ways.vector[0]);
        let y = Wide::new(path, ways.vector[1]);
        let z = Wide::new(path, ways.vector[2]);
        let (by_x, by_y, by_z) = (x * factor, y * factor, z * factor);
        self.force[0] = self.force[0] + by_x;
        self.force[1] = self.force[1] + by_y;
        self.force[2] = self.force[2] + by_z;
        self.strain[0] = by_x.mul_add(x, self.strain[0]);
        self.strain[1] = by_y.mul_add(y, self.strain[1]);
        self.strain[2] = by_z.mul_add(z, self.strain[2]);
        self.strain[3] = by_y.mul_add(z, self.strain[3]);
        self.strain[4] = by_x.mul_add(z, self.strain[4]);
        self.strain[5] = by_x.mul_add(y, self.strain[5]);
    }

    #[inline(always)]
    fn sum(self) -> Push {
        let mut push = Push::default();
        for k in 0..3 {
            push.force[k] = total(self.force[k]);
        }
        for k in 0..6 {
            push.strain[k] = total(self.strain[k]);
        }
        push
    }
}

#[inline(always)]
fn total<P: Path>(wide: Wide<f64, P>) -> f64 {
    wide.lanes.0.iter().sum()
}

/// Neighbours of one atom that are of one species.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    pub atom: usize,
    pub rows: &'a [Row],
    pub all: &'a Rows,
}

/// Counts the neighbours of one species.
pub struct Count<'a> {
    pub counting: Counting,
    pub switch: Switch,
    pub around: Around<'a>,
    /// Gets the derivatives of what they count by the squares of their distances, 1/A^2, row by row.
    pub slopes: &'a mut Vec<[f64; CHANNELS]>,
}

impl Kernel for Count<'_> {
    /// How many, and the square of the least distance, A^2.
    type Output = (f64, f64);

    #[inline(always)]
    fn call<P: Path>(self, path: P) -> (f64, f64) {
        let mut sum = Wide::splat(path, 0.0);
        let mut least = [f64::INFINITY; CHANNELS];
        for row in self.around.rows {
            let ways = self.around.all.ways(self.around.atom, row);
            for (least, squared) in least.iter_mut().zip(&ways.squared) {
                *least = least.min(*squared);
            }
            let (count, slope) = self.counting.at(path, &ways.squared);
            let (switch, switch_slope) = self.switch.at(path, &ways.squared);
            sum = sum + count * switch;
            self.slopes.push((slope * switch + count * switch_slope).lanes.0);
        }
        (total(sum), least.iter().copied().fold(f64::INFINITY, f64::min))
    }
}

/// What an atom brings into its C6 with the atoms of one species, eV A^6 for each of their references.
#[derive(Debug, Clone, Copy, Default)]
pub struct Half {
    /// Sum over its own references of weight times C6.
    pub c6: Weights,
    /// The derivative of that by its coordination number.
    pub slope: Weights,
}

/// The energies of an atom with its neighbours of one species.
pub struct Pairs<'a> {
    pub damping: Damping,
    pub switch: Switch,
    pub half: &'a Half,
    /// References of the neighbours' species.
    pub references: usize,
    /// Weights of all atoms.
    pub weights: &'a [Weights],
    pub around: Around<'a>,
}

/// What [`Pairs`] sums.
#[derive(Debug, Clone, Copy, Default)]
pub struct PairSums {
    /// Energy, all of it and not half, eV.
    pub energy: f64,
    /// Its derivative by the atom's own coordination number, eV.
    pub by_coordination: f64,
    /// Force and strain at constant C6.
    pub push: Push,
}

impl Kernel for Pairs<'_> {
    type Output = PairSums;

    #[inline(always)]
    fn call<P: Path>(self, path: P) -> PairSums {
        let (mut energy, mut by_coordination) = (Wide::splat(path, 0.0), Wide::splat(path, 0.0));
        let mut pushes = Pushes::new(path);
        for row in self.around.rows {
            let (mut c6, mut c6_slope) = (Wide::splat(path, 0.0), Wide::splat(path, 0.0));
            for k in 0..self.references {
                let mut weight = [0.0; CHANNELS];
                for (weight, &index) in weight.iter_mut().zip(&row.index) {
                    *weight = self.weights[index as usize][k];
                }
                let weight = Wide::new(path, weight);
                c6 = weight.mul_add(Wide::splat(path, self.half.c6[k]), c6);
                c6_slope = weight.mul_add(Wide::splat(path, self.half.slope[k]), c6_slope);
            }
            let ways = self.around.all.ways(self.around.atom, row);
            let (value, slope) = self.damping.at(path, &ways.squared);
            let (switch, switch_slope) = self.switch.at(path, &ways.squared);
            let slope = slope * switch + value * switch_slope;
            let value = value * switch;
            energy = energy - c6 * value;
            by_coordination = by_coordination - c6_slope * value;
            pushes.add(path, &ways, Wide::splat(path, -2.0) * c6 * slope);
        }
        PairSums { energy: total(energy), by_coordination: total(by_coordination), push: pushes.sum() }
    }
}

/// What an atom feels because it and its neighbours count each other.
pub struct Chain<'a> {
    /// Derivatives of the energy by the coordination numbers of all atoms, eV.
    pub by_coordination: &'a [f64],
    /// That of the atom itself.
    pub own: f64,
    pub around: Around<'a>,
    /// What [`Count`] has left for these rows.
    pub slopes: &'a [[f64; CHANNELS]],
}

impl Kernel for Chain<'_> {
    type Output = Push;

    #[inline(always)]
    fn call<P: Path>(self, path: P) -> Push {
        let mut pushes = Pushes::new(path);
        for (row, slope) in self.around.rows.iter().zip(self.slopes) {
            let ways = self.around.all.ways(self.around.atom, row);
            let mut other = [0.0; CHANNELS];
            for (other, &index) in other.iter_mut().zip(&row.index) {
                *other = self.by_coordination[index as usize];
            }
            let both = Wide::new(path, other) + Wide::splat(path, self.own);
            pushes.add(path, &ways, Wide::splat(path, 2.0) * both * Wide::new(path, *slope));
        }
        pushes.sum()
    }
}
