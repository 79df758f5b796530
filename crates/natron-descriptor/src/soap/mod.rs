//! SOAP: the smooth overlap of atomic positions, in the conventions of the literature.
//!
//! The density of the neighbours, a Gaussian of width sigma on each, is expanded in radial functions and real spherical
//! harmonics, and its power spectrum p_nn'l = sum_m c_nlm c_n'lm is the environment's vector (Bartok, Kondor, Csanyi,
//! [10.1103/PhysRevB.87.184115](https://doi.org/10.1103/PhysRevB.87.184115)). Two programs' choices of radial
//! functions and factors are made here, so that maps can be compared with published ones: [`Convention::Dscribe`]
//! and [`Convention::Gap`]. Vectors are those of the program to rounding; for distances only their directions count.
//!
//! Not for dynamics: values only, no gradients.

mod dscribe;
mod gap;
mod linear;

use natron_atoms::{NeighbourList, Species, Structure};

use crate::sphere::{SPHERE_L_MAX, Sphere};
use dscribe::GaussianOrbitals;
use gap::SpacedGaussians;

/// Whose radial functions and factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convention {
    /// dscribe's Gaussian type orbitals, without weighting (`SOAP(rbf="gto", periodic=True)`).
    Dscribe,
    /// GAP's equispaced Gaussians with a cutoff function (`soap`, not `soap_turbo`).
    Gap,
}

/// What an environment is expanded in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoapSettings {
    /// How far neighbours count, A.
    pub cutoff_a: f64,
    /// Number of radial functions.
    pub n_max: usize,
    /// Highest l of the harmonics.
    pub l_max: usize,
    /// Width of the Gaussian on each atom, A.
    pub sigma_a: f64,
    /// Whose SOAP.
    pub convention: Convention,
}

/// Why there is no such expansion.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SoapError {
    /// A number is out of range.
    #[error("{name} {needs}")]
    Range {
        /// The setting.
        name: &'static str,
        /// What it has to be.
        needs: &'static str,
    },
    /// So many radial functions in so short a cutoff that they are no longer independent.
    #[error(
        "{n_max} radial functions cannot be told apart within {cutoff_a} A: take fewer, or a longer cutoff"
    )]
    Dependent {
        /// Number of radial functions.
        n_max: usize,
        /// Cutoff, A.
        cutoff_a: f64,
    },
}

/// Radial functions of one convention.
#[derive(Debug, Clone)]
enum Radial {
    Dscribe(GaussianOrbitals),
    Gap(SpacedGaussians),
}

/// The power spectra of environments among given species.
#[derive(Debug, Clone)]
pub struct Soap {
    settings: SoapSettings,
    /// By atomic number.
    species: Vec<Species>,
    radial: Radial,
    sphere: Sphere,
}

/// Buffers of one thread.
#[derive(Debug, Clone, Default)]
pub struct SoapScratch {
    harmonics: Vec<f64>,
    /// Radial parts of one neighbour, `[l][n]`.
    radial: Vec<f64>,
    work: Vec<f64>,
    /// c_nlm, `[species][n][lm]`.
    coefficients: Vec<f64>,
}

impl Soap {
    /// The expansion of environments among `species` (neighbours of other elements are not seen).
    ///
    /// # Errors
    /// See [`SoapError`].
    pub fn new(settings: SoapSettings, species: &[Species]) -> Result<Self, SoapError> {
        let range =
            |good: bool, name, needs| if good { Ok(()) } else { Err(SoapError::Range { name, needs }) };
        let SoapSettings { cutoff_a, n_max, l_max, sigma_a, convention } = settings;
        range(cutoff_a > 1.0 && cutoff_a <= 50.0, "the cutoff", "must lie between 1 and 50 A")?;
        range((1..=30).contains(&n_max), "n_max", "must be 1 to 30")?;
        range(l_max <= SPHERE_L_MAX.min(20), "l_max", "must be 0 to 20")?;
        range(sigma_a > 0.01 && sigma_a <= 5.0, "sigma", "must lie between 0.01 and 5 A")?;
        range(!species.is_empty(), "the list of species", "must name one at least")?;
        let mut species = species.to_vec();
        species.sort_unstable();
        species.dedup();
        let dependent = SoapError::Dependent { n_max, cutoff_a };
        let radial = match convention {
            Convention::Dscribe => Radial::Dscribe(GaussianOrbitals::new(&settings).ok_or(dependent)?),
            Convention::Gap => Radial::Gap(SpacedGaussians::new(&settings).ok_or(dependent)?),
        };
        Ok(Self { settings, species, radial, sphere: Sphere::new(l_max) })
    }

    /// How far the neighbour list has to reach, A.
    pub fn reach_a(&self) -> f64 {
        match &self.radial {
            // Atoms behind the cutoff whose Gaussians reach inside by more than a thousandth count too.
            Radial::Dscribe(_) => {
                self.settings.cutoff_a + self.settings.sigma_a * (2.0 * 1e3_f64.ln()).sqrt()
            }
            Radial::Gap(_) => self.settings.cutoff_a,
        }
    }

    /// Species by atomic number, as in [`Soap::spectrum`].
    pub fn species(&self) -> &[Species] {
        &self.species
    }

    /// Length of a power spectrum.
    pub fn len(&self) -> usize {
        let channels = self.species.len() * self.settings.n_max;
        channels * (channels + 1) / 2 * (self.settings.l_max + 1)
    }

    /// Never: there is one species at least.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The power spectrum of the environment of atom `centre`, in the program's order and with its factors, not
    /// normalised. `list` must reach [`Soap::reach_a`].
    ///
    /// Shapes: `spectrum` `[len]`.
    ///
    /// # Panics
    /// `spectrum` has another length, or the list is too short.
    pub fn spectrum(
        &self,
        structure: &Structure,
        list: &NeighbourList,
        centre: usize,
        scratch: &mut SoapScratch,
        spectrum: &mut [f64],
    ) {
        assert_eq!(spectrum.len(), self.len(), "a spectrum has the length that was asked for");
        assert!(list.cutoff_a() >= self.reach_a(), "the list reaches as far as was asked for");
        self.expand(structure, list, centre, scratch);
        match self.settings.convention {
            Convention::Dscribe => self.dscribe_order(&scratch.coefficients, spectrum),
            Convention::Gap => self.gap_order(&scratch.coefficients, spectrum),
        }
    }

    fn channel(&self, species: Species) -> Option<usize> {
        self.species.iter().position(|s| *s == species)
    }

    fn expand(&self, structure: &Structure, list: &NeighbourList, centre: usize, scratch: &mut SoapScratch) {
        let (n_max, count) = (self.settings.n_max, self.sphere.count());
        scratch.coefficients.clear();
        scratch.coefficients.resize(self.species.len() * n_max * count, 0.0);
        scratch.harmonics.resize(count, 0.0);
        scratch.radial.resize((self.settings.l_max + 1) * n_max, 0.0);
        let reach = self.reach_a();
        // The centre is part of its own environment; of it only l = 0 is left.
        let itself = (structure.species[centre], 0.0, [0.0, 0.0, 1.0]);
        let others = list.neighbours(structure, centre).filter(|n| n.distance_a < reach).map(|n| {
            let u = n.vector / n.distance_a;
            (structure.species[n.index], n.distance_a, [u.x, u.y, u.z])
        });
        for (species, r, u) in std::iter::once(itself).chain(others) {
            let Some(channel) = self.channel(species) else { continue };
            match &self.radial {
                Radial::Dscribe(radial) => radial.fill(r, &mut scratch.radial),
                Radial::Gap(radial) => radial.fill(r, &mut scratch.work, &mut scratch.radial),
            }
            self.sphere.values(u, &mut scratch.harmonics);
            let rows = scratch.coefficients[channel * n_max * count..].chunks_exact_mut(count).take(n_max);
            for (n, row) in rows.enumerate() {
                for l in 0..=self.settings.l_max {
                    let part = scratch.radial[l * n_max + n];
                    let of_l = l * l..(l + 1) * (l + 1);
                    for (c, y) in row[of_l.clone()].iter_mut().zip(&scratch.harmonics[of_l]) {
                        *c += part * y;
                    }
                }
            }
        }
    }

    /// sum_m c_alm c_blm.
    fn product(&self, c: &[f64], a: usize, b: usize, l: usize) -> f64 {
        let count = self.sphere.count();
        let of = |channel: usize| &c[channel * count + l * l..channel * count + (l + 1) * (l + 1)];
        of(a).iter().zip(of(b)).map(|(a, b)| a * b).sum()
    }

    /// pi sqrt(8 / (2 l + 1)) p_nn'l by pairs of species, l, n, n' (n' >= n for equal species). The pairs that are left
    /// out because they repeat others are not made up for.
    fn dscribe_order(&self, c: &[f64], spectrum: &mut [f64]) {
        let (n_max, species) = (self.settings.n_max, self.species.len());
        let mut places = spectrum.iter_mut();
        for one in 0..species {
            for other in one..species {
                for l in 0..=self.settings.l_max {
                    let factor = std::f64::consts::PI * (8.0 / (2 * l + 1) as f64).sqrt();
                    for n in 0..n_max {
                        for m in if one == other { n } else { 0 }..n_max {
                            let place = places.next().expect("the length counts these");
                            *place = factor * self.product(c, one * n_max + n, other * n_max + m, l);
                        }
                    }
                }
            }
        }
    }

    /// p_abl / sqrt(2 l + 1) by channels a >= b (species and n together) and l, those with a > b times sqrt(2).
    fn gap_order(&self, c: &[f64], spectrum: &mut [f64]) {
        let mut places = spectrum.iter_mut();
        for a in 0..self.species.len() * self.settings.n_max {
            for b in 0..=a {
                for l in 0..=self.settings.l_max {
                    let twice: f64 = if a == b { 1.0 } else { 2.0 };
                    let place = places.next().expect("the length counts these");
                    *place = (twice / (2 * l + 1) as f64).sqrt() * self.product(c, a, b, l);
                }
            }
        }
    }
}
