//! The two kinds of numbers a training computes with.

use std::borrow::Cow;

use burn::tensor::{DType, Element, Tensor, TensorData};
use natron_descriptor::{Invariants, Real};
use natron_potential::{ModelError, ModelSpec};

use crate::data::Prepared;
use crate::density;

/// A number of the density, the features, the network and the gradient.
pub(crate) trait Float: Real + Element {
    /// What burn calls it.
    const TYPE: DType;

    /// The features of these numbers.
    fn invariants(features: &Features) -> &Invariants<Self>;

    /// The density of a frame that is prepared for a step, `[n][25][S K]`.
    fn density<'a>(frame: &'a Prepared, spec: &ModelSpec) -> Cow<'a, [Self]>;
}

/// The features of a model, for either kind.
pub(crate) struct Features {
    single: Invariants<f32>,
    double: Invariants<f64>,
}

impl Features {
    pub fn new(spec: &ModelSpec) -> Result<Self, ModelError> {
        Ok(Self { single: spec.invariants()?, double: spec.invariants()? })
    }
}

impl Float for f32 {
    const TYPE: DType = DType::F32;

    fn invariants(features: &Features) -> &Invariants<Self> {
        &features.single
    }

    fn density<'a>(frame: &'a Prepared, _: &ModelSpec) -> Cow<'a, [Self]> {
        Cow::Borrowed(&frame.density)
    }
}

impl Float for f64 {
    const TYPE: DType = DType::F64;

    fn invariants(features: &Features) -> &Invariants<Self> {
        &features.double
    }

    fn density<'a>(frame: &'a Prepared, spec: &ModelSpec) -> Cow<'a, [Self]> {
        Cow::Owned(density::expand(&frame.pairs, frame.numbers.len(), spec))
    }
}

/// The numbers of a tensor, whatever its kind.
pub(crate) fn numbers<T: Float>(tensor: Tensor<2>) -> Vec<T> {
    let data: TensorData = tensor.into_data().convert::<T>();
    data.try_to_vec().expect("it was just converted")
}
