//! The optimiser: burn's AdamW, whose saved state comes back where and as it was.

use burn::optim::{
    AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, LearningRate, ModuleOptimizer, Optimizer,
    RecordState, StateSink, StateSource, join_path,
};
use burn::tensor::{Device, Tensor, TensorData};

use crate::settings::OptimiserSettings;

/// The optimiser of a training.
pub(crate) fn optimiser(settings: &OptimiserSettings) -> ModuleOptimizer {
    let config = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(settings.weight_decay as f32);
    ModuleOptimizer::from(OnProcessor(config.build()))
}

/// AdamW on the processor. burn brings saved state back on the device it finds best and in that device's precision, which would
/// be another one in a build with GPUs or for 64-bit numbers.
#[derive(Clone)]
struct OnProcessor(AdamW);

#[derive(Clone)]
struct State<const D: usize>(AdamWState<D>);

impl Optimizer for OnProcessor {
    type State<const D: usize> = State<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<State<D>>,
    ) -> (Tensor<D>, Option<State<D>>) {
        let (tensor, state) = self.0.step(rate, tensor, gradient, state.map(|state| state.0));
        (tensor, state.map(State))
    }

    fn to_device<const D: usize>(state: State<D>, device: &Device) -> State<D> {
        State(AdamW::to_device(state.0, device))
    }
}

impl<const D: usize> RecordState for State<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        self.0.state_flatten(prefix, out);
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, _: &Device) -> Option<Self> {
        let place = |data: TensorData| {
            let precision = data.dtype();
            Tensor::from_data(data, (&Device::flex(), precision))
        };
        let prefix = join_path(prefix, "momentum");
        let time = usize::try_from(source.take_scalar(&prefix, "time")?).ok()?;
        let first = place(source.take_tensor(&prefix, "moment_1")?);
        let second = place(source.take_tensor(&prefix, "moment_2")?);
        Some(Self(AdamWState::new(AdaptiveMomentumState::new(time, first, second))))
    }
}
