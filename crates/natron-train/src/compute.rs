//! Where a training computes, and how exactly.

use burn::tensor::Device;
use natron_potential::Precision;
use serde::{Deserialize, Serialize};

use crate::data::TrainError;

/// The `[compute]` table of a training deck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ComputeSettings {
    /// Numbers of the density, the features, the network, the gradient and the optimiser. Weights of the potential are f32
    /// whatever this is.
    pub precision: PrecisionChoice,
    /// Which processor has the tensors of a step.
    pub device: DeviceChoice,
}

/// How exact the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrecisionChoice {
    /// 32 bits.
    #[default]
    F32,
    /// 64 bits: to see what rounding does to a training.
    F64,
}

/// Where tensors are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// The processor: the same bits on any number of threads.
    #[default]
    Cpu,
    /// A graphics processor by Vulkan, Metal or DirectX 12; needs the feature `gpu`.
    Gpu,
}

impl ComputeSettings {
    /// Everything that does not go together, as (key, problem).
    pub fn problems(&self) -> Vec<(String, String)> {
        let both = self.device == DeviceChoice::Gpu && self.precision == PrecisionChoice::F64;
        let missing = self.device == DeviceChoice::Gpu && !cfg!(feature = "gpu");
        let found = [
            (both, "compute.precision", "must be \"f32\" on a GPU, whose shaders have no 64-bit numbers"),
            (missing, "compute.device", "cannot be \"gpu\" in a natron built without the feature `gpu`"),
        ];
        found
            .into_iter()
            .filter(|(bad, ..)| *bad)
            .map(|(_, key, problem)| (key.into(), problem.into()))
            .collect()
    }

    /// Of the kernels that give energies and forces.
    pub(crate) fn kernels(&self) -> Precision {
        match self.precision {
            PrecisionChoice::F32 => Precision::F32,
            PrecisionChoice::F64 => Precision::F64,
        }
    }

    /// The device for the tensors of a step, with autodiff.
    ///
    /// # Errors
    /// There is no GPU, or this natron cannot use one.
    pub(crate) fn open(&self) -> Result<Device, TrainError> {
        match self.device {
            DeviceChoice::Cpu => Ok(Device::flex().autodiff()),
            DeviceChoice::Gpu => gpu().map(Device::autodiff),
        }
    }
}

/// The graphics processor, started once.
#[cfg(feature = "gpu")]
fn gpu() -> Result<Device, TrainError> {
    static DEVICE: std::sync::OnceLock<Result<Device, String>> = std::sync::OnceLock::new();
    let start = || Device::wgpu_options().init().map_err(|e| e.to_string());
    DEVICE.get_or_init(start).clone().map_err(TrainError::Gpu)
}

#[cfg(not(feature = "gpu"))]
fn gpu() -> Result<Device, TrainError> {
    Err(TrainError::Gpu("this natron was built without the feature `gpu`".into()))
}
