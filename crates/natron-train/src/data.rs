//! Labelled structures, checked, with their neighbours.

use std::sync::Arc;

use natron_atoms::{Mat3, NeighbourError, NeighbourList, Structure, Vec3};
use natron_potential::{EvaluationError, ModelError, ModelSpec};

use crate::{density, dispersion};

/// A labelled structure.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Atoms and cell.
    pub structure: Structure,
    /// The force-consistent energy, eV.
    pub energy_ev: f64,
    /// Forces, eV/A, `[n]`.
    pub forces: Vec<Vec3>,
    /// Virial, eV, where the frame has one.
    pub virial_ev: Option<Mat3>,
    /// What sort of frame it is.
    pub kind: String,
    /// Weight among the frames, times that of its kind; 1 is the rule.
    pub weight: f64,
    /// What messages call it: file and line, say.
    pub name: String,
    /// Where its labels come from.
    pub origin: Origin,
}

/// Where labels come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// The method that is learnt.
    #[default]
    Reference,
    /// Other potentials: good for learning, no evidence for energies of isolated atoms, errors or uncertainty.
    Teacher,
}

/// Why there is no training.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// There is no frame to learn from, or none to validate on.
    #[error("there is no {0} frame")]
    NoFrames(&'static str),
    /// A frame holds an element the model does not have.
    #[error("{frame}: it holds {symbol}, which model.species does not list")]
    Species {
        /// Name of the frame.
        frame: String,
        /// Its symbol.
        symbol: String,
    },
    /// The model does not hold together.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model to start from has another shape.
    #[error("the potential to start from has another model than the deck")]
    OtherModel,
    /// A frame cannot be read: file, frame and reason.
    #[error("{0}")]
    Source(String),
    /// A frame has no neighbour list.
    #[error("{frame}: {source}")]
    Neighbours {
        /// Name of the frame.
        frame: String,
        /// Why.
        source: NeighbourError,
    },
    /// A frame cannot be evaluated.
    #[error("{frame}: {source}")]
    Evaluation {
        /// Name of the frame.
        frame: String,
        /// Why.
        source: EvaluationError,
    },
    /// The loss of a frame, or the gradient of its batch, is not finite any more.
    #[error(
        "{what} is not finite in epoch {epoch}, at {frame}; look at its labels, or lower optimiser.learning_rate"
    )]
    Diverged {
        /// Its loss, or the gradient of its batch.
        what: &'static str,
        /// The epoch, from 1.
        epoch: usize,
        /// Name of the frame, the one of the largest loss where a gradient is meant.
        frame: String,
    },
    /// A step cannot compute on a GPU.
    #[error("no GPU to compute on: {0}")]
    Gpu(String),
    /// A checkpoint does not belong to this training, or is damaged.
    #[error("checkpoint: {0}")]
    Checkpoint(String),
}

/// How much of a sample is prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    /// What its evaluation takes: the neighbour list.
    List,
    /// What a step takes: also neighbours within their cutoffs and the density.
    Density,
}

/// A sample with everything that stays the same while weights change.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Its labels are without the model's dispersion term.
    pub sample: Arc<Sample>,
    pub list: NeighbourList,
    /// Species number of each atom.
    pub numbers: Vec<usize>,
    /// Neighbours within their cutoffs; none at [`Depth::List`].
    pub pairs: Vec<density::Pair>,
    /// Basis density, `[n][25][S K]`; empty at [`Depth::List`].
    pub density: Vec<f32>,
}

impl Prepared {
    /// Memory it takes, to a few per cent: sample, list, pairs and density, the latter being most of it.
    pub fn bytes(&self) -> usize {
        let of_atom = size_of::<Vec3>() * 4 + size_of::<usize>();
        self.pairs.len() * size_of::<density::Pair>()
            + self.list.pairs() * 2 * size_of::<u32>()
            + self.numbers.len() * of_atom
            + self.density_bytes()
    }

    /// Memory its density takes.
    pub fn density_bytes(&self) -> usize {
        size_of_val(&*self.density)
    }

    pub fn new(sample: impl Into<Arc<Sample>>, spec: &ModelSpec, depth: Depth) -> Result<Self, TrainError> {
        let sample = sample.into();
        let elements = spec.elements()?;
        let structure = &sample.structure;
        let number = |s: &natron_atoms::Species| {
            let found = elements.iter().position(|e| e == s);
            found.ok_or_else(|| TrainError::Species { frame: sample.name.clone(), symbol: s.symbol().into() })
        };
        let numbers = structure.species.iter().map(number).collect::<Result<Vec<_>, _>>()?;
        let list = NeighbourList::build(structure, spec.max_cutoff_a(), 0.0)
            .map_err(|source| TrainError::Neighbours { frame: sample.name.clone(), source })?;
        let (mut pairs, mut density) = (Vec::new(), Vec::new());
        if depth == Depth::Density {
            pairs = density::pairs(structure, &list, &numbers, spec);
            density = density::expand(&pairs, structure.len(), spec);
        }
        let sample = dispersion::without_term(sample, spec, &list)?;
        Ok(Self { sample, list, numbers, pairs, density })
    }
}
