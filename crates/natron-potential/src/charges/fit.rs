//! Ridge regression of charges, with the sum of every cell inside.
//!
//! ```text
//! minimise 1/N sum_i (q_i - w . (X_i - <X>))^2 + ridge |w|^2
//! ```
//!
//! over all N atoms, where X_i holds the inputs of atom i and a one in the columns of its species and zeros in those of the others, and <X> is the mean over
//! the atoms of its cell: what is left when the sum is taken away. Inputs are scaled to a standard deviation of one among the atoms of
//! their species, so one ridge means the same for all; weights that come out are those of inputs as they were. Biases are not held back, but for a trifle that chooses among
//! sets of them that give the same charges.

use nalgebra::{Cholesky, DMatrix, DVector};

use super::AtomInputs;

/// What holds back the biases.
const TRIFLE: f64 = 1e-9;

/// A cell with reference charges.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledCell {
    /// What is read of its atoms.
    pub inputs: AtomInputs,
    /// Their charges, e, `[atoms]`; what they add up to is no part of the fit.
    pub charges_e: Vec<f64>,
}

/// The sums of squares of a fit, ready for any ridge.
#[derive(Debug, Clone)]
pub struct ChargeFit {
    species: usize,
    width: usize,
    /// 1 / standard deviation by column; 0 where an input does not vary.
    scale: Vec<f64>,
    gram: DMatrix<f64>,
    moment: DVector<f64>,
}

impl ChargeFit {
    /// Sums over cells of `species` species; `None` without any atom.
    pub fn new(cells: &[LabelledCell], species: usize) -> Option<Self> {
        let width = cells.iter().find(|cell| !cell.inputs.is_empty())?.inputs.width;
        let columns = species * (width + 1);
        let scale = scales(cells, species, width);
        let (mut gram, mut moment) = (DMatrix::zeros(columns, columns), DVector::zeros(columns));
        let mut atoms = 0.0;
        for cell in cells {
            let design = design(cell, &scale);
            let mean = cell.charges_e.iter().sum::<f64>() / cell.charges_e.len().max(1) as f64;
            let charges = DVector::from_iterator(design.nrows(), cell.charges_e.iter().map(|q| q - mean));
            gram.gemm_tr(1.0, &design, &design, 1.0);
            moment.gemv_tr(1.0, &design, &charges, 1.0);
            atoms += design.nrows() as f64;
        }
        Some(Self { species, width, scale, gram: gram / atoms, moment: moment / atoms })
    }

    /// Weights `[species][inputs]` and biases `[species]`, e; `None` where the sums have no finite solution.
    pub fn solve(&self, ridge: f64) -> Option<(Vec<Vec<f64>>, Vec<f64>)> {
        let mut gram = self.gram.clone();
        for column in 0..gram.nrows() {
            let bias = column % (self.width + 1) == self.width;
            // A column that does not vary is empty: a one keeps its weight at zero.
            gram[(column, column)] += match self.scale[column] {
                0.0 => 1.0,
                _ if bias => TRIFLE,
                _ => ridge,
            };
        }
        let found = Cholesky::new(gram)?.solve(&self.moment);
        let scaled: Vec<f64> = found.iter().zip(&self.scale).map(|(w, scale)| w * scale).collect();
        let rows = scaled.chunks_exact(self.width + 1);
        debug_assert_eq!(rows.len(), self.species);
        let finite = scaled.iter().all(|x| x.is_finite());
        finite.then(|| rows.map(|row| (row[..self.width].to_vec(), row[self.width])).unzip())
    }
}

/// 1 / standard deviation of every input among the atoms of its species, and 1 for each bias.
fn scales(cells: &[LabelledCell], species: usize, width: usize) -> Vec<f64> {
    let mut counts = vec![0.0; species];
    let mut sums = vec![[0.0; 2]; species * (width + 1)];
    let atoms = || cells.iter().flat_map(|cell| (0..cell.inputs.len()).map(move |atom| (&cell.inputs, atom)));
    for (inputs, atom) in atoms() {
        let s = inputs.species[atom];
        counts[s] += 1.0;
        for (sum, x) in sums[s * (width + 1)..].iter_mut().zip(inputs.row(atom)) {
            sum[0] += x;
        }
    }
    for (inputs, atom) in atoms() {
        let s = inputs.species[atom];
        for (sum, x) in sums[s * (width + 1)..].iter_mut().zip(inputs.row(atom)) {
            sum[1] += (x - sum[0] / counts[s]).powi(2);
        }
    }
    let scale = |(column, [_, squares]): (usize, &[f64; 2])| {
        let deviation = (squares / counts[column / (width + 1)]).sqrt();
        match column % (width + 1) == width {
            true => 1.0,
            false if deviation > 1e-9 => 1.0 / deviation,
            false => 0.0,
        }
    };
    sums.iter().enumerate().map(scale).collect()
}

/// X less its mean over the cell, `[atoms][columns]`.
fn design(cell: &LabelledCell, scale: &[f64]) -> DMatrix<f64> {
    let inputs = &cell.inputs;
    let mut design = DMatrix::zeros(inputs.len(), scale.len());
    for atom in 0..inputs.len() {
        let first = inputs.species[atom] * (inputs.width + 1);
        for (k, x) in inputs.row(atom).iter().chain(&[1.0]).enumerate() {
            design[(atom, first + k)] = x * scale[first + k];
        }
    }
    let means = design.row_mean();
    for mut row in design.row_iter_mut() {
        row -= &means;
    }
    design
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChargeHead, Reads};
    use rand::{RngExt, SeedableRng};

    /// Cells of two species whose charges a known head gives, but for noise of `noise` e.
    fn cells(head: &ChargeHead, noise: f64) -> Vec<LabelledCell> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
        let width = head.weights[0].len();
        let cell = |n: usize| {
            let species = (0..10 + n).map(|atom| usize::from(atom % 3 == 0)).collect();
            let values =
                (0..width * (10 + n)).map(|k| rng.random_range(-1.0..1.0) * (1.0 + (k % width) as f64));
            let inputs = AtomInputs { species, width, values: values.collect() };
            let exact = head.charges_of(&inputs, 0.0);
            let charges_e = exact.into_iter().map(|q| q + noise * rng.random_range(-1.0..1.0)).collect();
            LabelledCell { inputs, charges_e }
        };
        (0..12).map(cell).collect()
    }

    fn head() -> ChargeHead {
        ChargeHead {
            species: vec!["C".into(), "Na".into()],
            reads: Reads::Features,
            weights: vec![vec![0.1, -0.02, 0.03], vec![0.05, 0.2, -0.1]],
            bias: vec![-0.1, 0.7],
        }
    }

    #[test]
    fn a_known_head_is_found_again() {
        let (truth, cells) = (head(), cells(&head(), 0.0));
        let (weights, bias) = ChargeFit::new(&cells, 2).expect("atoms").solve(1e-12).expect("a solution");
        for (found, expected) in weights.concat().iter().zip(truth.weights.concat()) {
            assert!((found - expected).abs() < 1e-8, "{weights:?}");
        }
        // Only the difference of biases means anything.
        assert!((bias[1] - bias[0] - 0.8).abs() < 1e-7, "{bias:?}");
        let found = ChargeHead { weights, bias, ..truth };
        for cell in &cells {
            let charges = found.charges_of(&cell.inputs, 0.0);
            assert!(charges.iter().sum::<f64>().abs() < 1e-12);
            assert!(charges.iter().zip(&cell.charges_e).all(|(a, b)| (a - b).abs() < 1e-7));
        }
    }

    #[test]
    fn a_larger_ridge_gives_smaller_weights_and_leaves_the_biases() {
        let cells = cells(&head(), 0.02);
        let fit = ChargeFit::new(&cells, 2).expect("atoms");
        let norm = |ridge: f64| {
            let (weights, bias) = fit.solve(ridge).expect("a solution");
            (weights.concat().iter().map(|w| w * w).sum::<f64>(), bias[1] - bias[0])
        };
        let ((free, _), (held, apart)) = (norm(1e-9), norm(10.0));
        assert!(held < 1e-2 * free, "{held} {free}");
        assert!((apart - 0.8).abs() < 0.2, "{apart}");
    }

    #[test]
    fn an_input_that_does_not_vary_has_no_weight() {
        let mut cells = cells(&head(), 0.0);
        for cell in &mut cells {
            cell.inputs.values.chunks_exact_mut(3).for_each(|row| row[1] = 5.0);
        }
        let (weights, _) = ChargeFit::new(&cells, 2).expect("atoms").solve(1e-6).expect("a solution");
        assert_eq!((weights[0][1], weights[1][1]), (0.0, 0.0));
        assert!(ChargeFit::new(&[], 2).is_none());
    }
}
