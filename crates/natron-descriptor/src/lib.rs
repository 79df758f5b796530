//! The neighbour density of one environment, expanded in radial functions and spherical harmonics,
//! and its rotation-, permutation- and inversion-invariant features, with exact adjoints.
//!
//! The one decision that shaped this crate: the radial channel is the SIMD lane. An environment is
//! `[25 harmonics][16 channels]`, every operation acts on 16 channels at once, and descriptor gradients
//! are never materialised: forward to the features, backward to the density, one pass over the neighbours.
//! The same invariant kernel runs on plain numbers (dynamics) and on dual numbers (training).
//!
//! Sources: density expansion and power spectrum, Bartok, Kondor, Csanyi, 10.1103/PhysRevB.87.184115;
//! trainable radial functions and higher products, Drautz, 10.1103/PhysRevB.99.014104.

pub mod coupling;
pub mod five_body;
pub mod harmonics;
pub mod invariants;
pub mod lanes;
pub mod number;
pub mod path;
pub mod peak;
pub mod polynomials;
mod products;
pub mod radial;
pub mod simd;
pub mod soap;
pub mod sphere;
pub mod table;
mod unrolled;

pub use coupling::Coupling;
pub use five_body::FiveBodyError;
pub use harmonics::{HARMONICS, L_MAX, harmonics, harmonics_of, harmonics_with_gradients};
pub use invariants::{Invariants, InvariantsError};
pub use lanes::{CHANNELS, Dual, Fit, Lanes, Real, Vector};
pub use number::{Number, Wide};
pub use path::{Operations, Path, Portable};
pub use radial::RadialBasis;
pub use simd::SimdPath;
pub use soap::{Convention, Soap, SoapError, SoapScratch, SoapSettings};
pub use sphere::{SPHERE_L_MAX, Sphere};
pub use table::RadialTable;
