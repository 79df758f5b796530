//! What a `nep.txt` holds.

use natron_atoms::Species;

use super::wall::Wall;

/// How two types of atoms see each other's distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reach {
    /// Of the radial descriptors, A.
    pub radial_a: f64,
    /// Of the angular descriptors, A.
    pub angular_a: f64,
}

/// Which descriptors there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    /// Number of radial functions of the radial descriptors (n_max + 1).
    pub radial: usize,
    /// Of the angular ones.
    pub angular: usize,
    /// Number of Chebyshev functions that make up a radial one (basis_size + 1).
    pub radial_basis: usize,
    /// Of the angular ones.
    pub angular_basis: usize,
    /// Highest l of the three-body descriptors.
    pub l_max: usize,
    /// Whether there are four-body descriptors (l = 2, 2, 2).
    pub four_body: bool,
    /// Whether there are five-body descriptors (l = 1, 1, 1, 1).
    pub five_body: bool,
    /// Neurons of the hidden layer.
    pub neurons: usize,
}

impl Shape {
    /// Kinds of angular descriptors, each one for every angular radial function.
    pub fn angular_kinds(&self) -> usize {
        self.l_max + usize::from(self.four_body) + usize::from(self.five_body)
    }

    /// Number of descriptors.
    pub fn descriptors(&self) -> usize {
        self.radial + self.angular * self.angular_kinds()
    }
}

/// One hidden layer of tanh neurons.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Network {
    /// `[neuron][descriptor]`.
    pub weight: Vec<f64>,
    /// What is taken off each neuron's input, `[neuron]`.
    pub bias: Vec<f64>,
    /// `[neuron]`, eV.
    pub out: Vec<f64>,
}

/// A whole potential as it was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    /// 3 or 4.
    pub version: u8,
    pub species: Vec<Species>,
    pub shape: Shape,
    /// `[type][type]`.
    pub reach: Vec<Reach>,
    /// `[type][type]`, where the file has walls.
    pub walls: Option<Vec<Wall>>,
    /// One, or (version 4) one for each type.
    pub networks: Vec<Network>,
    /// What is taken off every atom's energy, eV.
    pub offset_ev: f64,
    /// Expansion coefficients of the radial functions, `[n][k][type][type]`.
    pub radial: Vec<f64>,
    pub angular: Vec<f64>,
    /// Factor of each descriptor.
    pub scale: Vec<f64>,
}
