//! Sums over the neighbours of one atom, sixteen at a time.

use natron_descriptor::simd::Kernel;
use natron_descriptor::{CHANNELS, Path, Wide};

use super::coordination::{Counting, Weights};
use super::damping::Damping;
use super::sight::Block;
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
    fn add(&mut self, path: P, block: &Block, factor: Wide<f64, P>) {
        let way = block.vector.map(|numbers| Wide::new(path, numbers));
        let gradient = way.map(|r| r * factor);
        for k in 0..3 {
            self.force[k] = self.force[k] + gradient[k];
        }
        for (sum, (a, b)) in self.strain.iter_mut().zip([(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]) {
            *sum = gradient[a].mul_add(way[b], *sum);
        }
    }

    #[inline(always)]
    fn sum(self) -> Push {
        Push { force: self.force.map(total), strain: self.strain.map(total) }
    }
}

#[inline(always)]
fn total<P: Path>(wide: Wide<f64, P>) -> f64 {
    wide.lanes.0.iter().sum()
}

/// Counts the neighbours of one species and keeps the slopes of what each counts.
pub struct Count<'a> {
    pub counting: Counting,
    pub switch: Switch,
    pub blocks: &'a mut [Block],
}

impl Kernel for Count<'_> {
    type Output = f64;

    #[inline(always)]
    fn call<P: Path>(self, path: P) -> f64 {
        let mut sum = Wide::splat(path, 0.0);
        for block in self.blocks {
            let (count, slope) = self.counting.at(path, &block.squared);
            let (switch, switch_slope) = self.switch.at(path, &block.squared);
            sum = sum + count * switch;
            block.slope = (slope * switch + count * switch_slope).lanes.0;
        }
        total(sum)
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
    pub blocks: &'a [Block],
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
        for block in self.blocks {
            let (mut c6, mut c6_slope) = (Wide::splat(path, 0.0), Wide::splat(path, 0.0));
            for k in 0..self.references {
                let weight = std::array::from_fn(|lane| self.weights[block.index[lane] as usize][k]);
                let weight = Wide::new(path, weight);
                c6 = weight.mul_add(Wide::splat(path, self.half.c6[k]), c6);
                c6_slope = weight.mul_add(Wide::splat(path, self.half.slope[k]), c6_slope);
            }
            let (value, slope) = self.damping.at(path, &block.squared);
            let (switch, switch_slope) = self.switch.at(path, &block.squared);
            let slope = slope * switch + value * switch_slope;
            let value = value * switch;
            energy = energy - c6 * value;
            by_coordination = by_coordination - c6_slope * value;
            pushes.add(path, block, Wide::splat(path, -2.0) * c6 * slope);
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
    pub blocks: &'a [Block],
}

impl Kernel for Chain<'_> {
    type Output = Push;

    #[inline(always)]
    fn call<P: Path>(self, path: P) -> Push {
        let mut pushes = Pushes::new(path);
        for block in self.blocks {
            let other: [f64; CHANNELS] =
                std::array::from_fn(|lane| self.by_coordination[block.index[lane] as usize]);
            let both = Wide::new(path, other) + Wide::splat(path, self.own);
            pushes.add(path, block, Wide::splat(path, 2.0) * both * Wide::new(path, block.slope));
        }
        pushes.sum()
    }
}
