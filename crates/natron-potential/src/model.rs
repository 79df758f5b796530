//! The neural potential as plain numbers: what training produces, files hold, and kernels compile.

use natron_atoms::Species;
use natron_descriptor::{CHANNELS, Invariants, InvariantsError, Real};
use serde::{Deserialize, Serialize};

use crate::dispersion::{Dispersion, DispersionError, DispersionSpec};
use crate::zbl::{Zbl, ZblPair};

/// Radial basis of one ordered species pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairSpec {
    /// Symbols: centre, neighbour.
    pub pair: [String; 2],
    /// Where the density ends, A.
    #[serde(rename = "cutoff_A")]
    pub cutoff_a: f64,
    /// Where the radial basis is dense, A (see `natron_descriptor::radial`).
    #[serde(rename = "scale_A")]
    pub scale_a: f64,
}

/// What a model looks like, before it has weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Symbols, in the order of the network blocks.
    pub species: Vec<String>,
    /// One entry an ordered pair of species.
    pub pairs: Vec<PairSpec>,
    /// Radial basis functions K.
    pub radial_functions: usize,
    /// Channel shifts of the three-body features.
    pub channel_shifts: usize,
    /// Four-body couplings (l1, l2, l3).
    pub couplings: Vec<[usize; 3]>,
    /// Five-body features (l1, l2, L), see `natron_descriptor::five_body`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub five_body: Vec<[usize; 3]>,
    /// Widths of the hidden layers; empty for a linear model.
    pub hidden: Vec<usize>,
    /// Whether a hidden layer as wide as the one before it adds its input to its output.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub residual: bool,
    /// Repulsive walls.
    pub walls: Vec<ZblPair>,
    /// Dispersion as a formula beside the network; absent where the network learns the whole energy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispersion: Option<DispersionSpec>,
}

/// One layer: output = weight . input + bias.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layer {
    /// Row-major `[outputs, inputs]`.
    pub weight: Vec<f32>,
    /// `[outputs]`.
    pub bias: Vec<f32>,
}

/// A model with weights. Energies in eV.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What it looks like.
    pub spec: ModelSpec,
    /// Radial coefficients of each entry of `spec.pairs`, row-major `[K, 16]`.
    pub radial: Vec<Vec<f32>>,
    /// Feature means by species, `[features]`.
    pub mean: Vec<Vec<f32>>,
    /// Feature spreads by species, `[features]`.
    pub spread: Vec<Vec<f32>>,
    /// Layers by species; the last has one output.
    pub layers: Vec<Vec<Layer>>,
    /// Energy of the isolated atom by species, eV.
    pub isolated_ev: Vec<f64>,
    /// How far the last layers of the members of a shallow ensemble are from that of `layers`, by species, row-major
    /// `[members, inputs of the last layer]`; empty without one.
    pub ensemble: Vec<Vec<f32>>,
}

/// Why a model is none.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// A symbol is no element, or appears twice.
    #[error("`{0}` is no element, or is listed twice")]
    Species(String),
    /// An ordered pair is missing, doubled or out of range.
    #[error("pair {centre}-{neighbour}: {problem}")]
    Pair {
        /// Symbol of the centre.
        centre: String,
        /// Symbol of the neighbour.
        neighbour: String,
        /// What is wrong.
        problem: String,
    },
    /// The features do not exist.
    #[error(transparent)]
    Invariants(#[from] InvariantsError),
    /// The dispersion term does not hold together.
    #[error(transparent)]
    Dispersion(#[from] DispersionError),
    /// A number is out of range.
    #[error("{0}")]
    Range(String),
    /// A tensor has the wrong shape or holds a number that is not finite.
    #[error("tensor {name}: {problem}")]
    Tensor {
        /// Name of the tensor.
        name: String,
        /// What is wrong.
        problem: String,
    },
}

/// Widest layer, most basis functions: limits that keep a hostile file small.
const MAX_WIDTH: usize = 4096;
pub(crate) const MAX_RADIAL: usize = 64;
/// Most members of an ensemble.
pub const MAX_MEMBERS: usize = 64;

impl ModelSpec {
    /// The elements, checked.
    ///
    /// # Errors
    /// An unknown or doubled symbol, or none at all.
    pub fn elements(&self) -> Result<Vec<Species>, ModelError> {
        let mut elements = Vec::new();
        for symbol in &self.species {
            match Species::from_symbol(symbol) {
                Some(species) if !elements.contains(&species) => elements.push(species),
                _ => return Err(ModelError::Species(symbol.clone())),
            }
        }
        if elements.is_empty() {
            return Err(ModelError::Range("the model has no species".into()));
        }
        Ok(elements)
    }

    /// Checks every number.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn validate(&self) -> Result<(), ModelError> {
        self.elements()?;
        for centre in &self.species {
            for neighbour in &self.species {
                self.pair(centre, neighbour)?;
            }
        }
        if self.pairs.len() != self.species.len().pow(2) {
            let (have, need) = (self.pairs.len(), self.species.len().pow(2));
            return Err(ModelError::Range(format!(
                "{have} pairs where {need} are needed, one an ordered pair"
            )));
        }
        self.invariants::<f64>()?;
        if !(2..=MAX_RADIAL).contains(&self.radial_functions) {
            return Err(ModelError::Range(format!("radial_functions must be 2..{MAX_RADIAL}")));
        }
        if self.hidden.len() > 4 || self.hidden.iter().any(|w| !(1..=MAX_WIDTH).contains(w)) {
            return Err(ModelError::Range(format!("at most 4 hidden layers of 1..{MAX_WIDTH}")));
        }
        if self.residual && !self.residual_layers().contains(&true) {
            return Err(ModelError::Range(format!(
                "residual = true needs two successive hidden layers of the same width, which hidden = {:?} has not: \
                 make it for example [48, 48], or leave residual out",
                self.hidden
            )));
        }
        Zbl::new(&self.walls).map_err(ModelError::Range)?;
        self.dispersion_term()?;
        self.walls.iter().try_for_each(|wall| self.check_wall(wall))
    }

    /// The dispersion term, if there is one.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn dispersion_term(&self) -> Result<Option<Dispersion>, ModelError> {
        let Some(dispersion) = &self.dispersion else { return Ok(None) };
        Ok(Some(Dispersion::new(dispersion, &self.elements()?)?))
    }

    /// A wall acts on the pairs that the density holds: one beyond the cutoff would end with a step.
    fn check_wall(&self, wall: &ZblPair) -> Result<(), ModelError> {
        let [a, b] = &wall.pair;
        let of_wall = |pair: &&PairSpec| pair.pair == wall.pair || pair.pair == [b.clone(), a.clone()];
        match self.pairs.iter().filter(of_wall).find(|pair| wall.outer_a > pair.cutoff_a) {
            Some(pair) => Err(ModelError::Range(format!(
                "the wall of {a}-{b} reaches to {} A, beyond the cutoff of {} A: make outer_A shorter or cutoff_A longer",
                wall.outer_a, pair.cutoff_a
            ))),
            None => Ok(()),
        }
    }

    /// Index into `pairs` of an ordered pair, checked.
    fn pair(&self, centre: &str, neighbour: &str) -> Result<usize, ModelError> {
        let problem = |problem: &str| ModelError::Pair {
            centre: centre.into(),
            neighbour: neighbour.into(),
            problem: problem.into(),
        };
        let mut found = (0..self.pairs.len()).filter(|&k| self.pairs[k].pair == [centre, neighbour]);
        let k = found.next().ok_or_else(|| problem("is missing"))?;
        if found.next().is_some() {
            return Err(problem("is there twice"));
        }
        let PairSpec { cutoff_a, scale_a, .. } = self.pairs[k];
        if !(cutoff_a > 0.5 && cutoff_a <= 20.0 && scale_a > 0.1 && scale_a <= 20.0) {
            return Err(problem("cutoff_A must be 0.5..20 and scale_A 0.1..20"));
        }
        Ok(k)
    }

    /// Index into `pairs` of the ordered pair of species number `a` and `b`; the spec must be valid.
    pub fn pair_index(&self, a: usize, b: usize) -> usize {
        let wanted = [&self.species[a], &self.species[b]];
        self.pairs
            .iter()
            .position(|p| [&p.pair[0], &p.pair[1]] == wanted)
            .expect("a valid spec lists every ordered pair")
    }

    /// The features, ready to be computed.
    ///
    /// # Errors
    /// There are no such features.
    pub fn invariants<T: Real>(&self) -> Result<Invariants<T>, ModelError> {
        Ok(Invariants::new(self.channel_shifts, &self.couplings)?.with_five_body(&self.five_body)?)
    }

    /// Number of features of an environment; the spec must be valid.
    pub fn features(&self) -> usize {
        let many_body = self.couplings.len() + self.five_body.len();
        CHANNELS * (1 + self.channel_shifts * (natron_descriptor::L_MAX + 1) + many_body)
    }

    /// (inputs, outputs) of each layer of a network.
    pub fn layer_shapes(&self) -> Vec<(usize, usize)> {
        let mut widths = vec![self.features()];
        widths.extend(&self.hidden);
        widths.push(1);
        widths.windows(2).map(|w| (w[0], w[1])).collect()
    }

    /// Whether each layer of a network adds its input to its output: hidden ones as wide as the hidden one before.
    pub fn residual_layers(&self) -> Vec<bool> {
        let shapes = self.layer_shapes();
        let hidden = 1..shapes.len() - 1;
        let alike =
            |(n, (inputs, outputs)): (usize, &(usize, usize))| hidden.contains(&n) && inputs == outputs;
        shapes.iter().enumerate().map(|layer| self.residual && alike(layer)).collect()
    }

    /// Inputs of the last layer.
    pub fn last_width(&self) -> usize {
        self.hidden.last().copied().unwrap_or_else(|| self.features())
    }

    /// Longest cutoff, A.
    pub fn max_cutoff_a(&self) -> f64 {
        self.pairs.iter().map(|p| p.cutoff_a).fold(0.0, f64::max)
    }
}

impl Model {
    /// Checks shapes and numbers.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn validate(&self) -> Result<(), ModelError> {
        self.spec.validate()?;
        self.check_ensemble()?;
        for (name, values, length) in self.tensors() {
            let problem = if values.len() != length {
                format!("{} numbers where {length} are needed", values.len())
            } else if let Some(k) = values.iter().position(|x| !x.is_finite()) {
                format!("number {k} is not finite")
            } else if name.ends_with("spread") && values.iter().any(|&x| x <= 0.0) {
                "a spread is not positive".into()
            } else {
                continue;
            };
            return Err(ModelError::Tensor { name, problem });
        }
        if self.isolated_ev.len() != self.spec.species.len()
            || self.isolated_ev.iter().any(|e| !e.is_finite())
        {
            return Err(ModelError::Tensor {
                name: "isolated_eV".into(),
                problem: "wrong length or not finite".into(),
            });
        }
        Ok(())
    }

    fn check_ensemble(&self) -> Result<(), ModelError> {
        let species = self.spec.species.len();
        if !self.ensemble.is_empty() && self.ensemble.len() != species {
            return Err(ModelError::Range("an ensemble needs its last layers for every species".into()));
        }
        let width = self.spec.last_width();
        let most = self.ensemble.iter().map(Vec::len).max().unwrap_or(0);
        if !most.is_multiple_of(width) || most > MAX_MEMBERS * width {
            return Err(ModelError::Range(format!(
                "an ensemble has up to {MAX_MEMBERS} members of {width} weights each"
            )));
        }
        Ok(())
    }

    /// Members of the ensemble; 0 without one.
    pub fn members(&self) -> usize {
        slice(&self.ensemble, 0).len() / self.spec.last_width()
    }

    /// The model without its dispersion term: what is learnt, from labels less that term.
    pub fn without_dispersion(&self) -> Self {
        let mut model = self.clone();
        model.spec.dispersion = None;
        model
    }

    /// The model whose last layers are `weights` (`[inputs of the last layer]` by species) and nothing else: no energies of
    /// isolated atoms, no walls, no dispersion. Its energies are linear in the weights; with the weights of a member it gives how far that
    /// member's energies and forces are from the model's own.
    pub fn with_last_layer(&self, weights: &[Vec<f32>]) -> Self {
        let mut model = Self { ensemble: Vec::new(), ..self.clone() };
        model.spec.walls.clear();
        model.spec.dispersion = None;
        model.isolated_ev.fill(0.0);
        for (layers, weights) in model.layers.iter_mut().zip(weights) {
            if let Some(last) = layers.last_mut() {
                *last = Layer { weight: weights.clone(), bias: vec![0.0] };
            }
        }
        model
    }

    /// What member `m` of the ensemble is more than the model, see [`Model::with_last_layer`].
    pub fn member(&self, m: usize) -> Self {
        let width = self.spec.last_width();
        let weights: Vec<_> =
            self.ensemble.iter().map(|rows| rows[m * width..(m + 1) * width].to_vec()).collect();
        self.with_last_layer(&weights)
    }

    /// Every f32 tensor: name, values, the length it must have.
    pub fn tensors(&self) -> Vec<(String, &[f32], usize)> {
        let spec = &self.spec;
        let features = spec.features();
        let mut tensors = Vec::new();
        for (k, pair) in spec.pairs.iter().enumerate() {
            let name = format!("radial.{}.{}", pair.pair[0], pair.pair[1]);
            tensors.push((name, slice(&self.radial, k), spec.radial_functions * CHANNELS));
        }
        for (s, symbol) in spec.species.iter().enumerate() {
            tensors.push((format!("features.{symbol}.mean"), slice(&self.mean, s), features));
            tensors.push((format!("features.{symbol}.spread"), slice(&self.spread, s), features));
            for (n, (inputs, outputs)) in spec.layer_shapes().into_iter().enumerate() {
                let layer = self.layers.get(s).and_then(|l| l.get(n));
                let (weight, bias) = layer.map_or((&[][..], &[][..]), |l| (&l.weight[..], &l.bias[..]));
                tensors.push((format!("network.{symbol}.{n}.weight"), weight, inputs * outputs));
                tensors.push((format!("network.{symbol}.{n}.bias"), bias, outputs));
            }
            if !self.ensemble.is_empty() {
                let length = self.members() * spec.last_width();
                tensors.push((format!("ensemble.{symbol}"), slice(&self.ensemble, s), length));
            }
        }
        tensors
    }
}

fn slice(tensors: &[Vec<f32>], k: usize) -> &[f32] {
    tensors.get(k).map_or(&[], Vec::as_slice)
}
