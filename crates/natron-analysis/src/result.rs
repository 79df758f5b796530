//! What a diffusion analysis says, with the key names of the JSON output.

use serde::{Deserialize, Serialize};

/// Whether the mobile atoms diffused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// d ln MSD / d ln t lies within 1 +- 0.2: the result has a number for D.
    #[serde(rename = "diffusive")]
    Diffusive,
    /// It does not: no number, an upper bound where one exists.
    #[serde(rename = "not diffusive")]
    NotDiffusive,
    /// The run is too short to tell.
    #[serde(rename = "too short")]
    TooShort,
}

impl Verdict {
    /// The word of the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Diffusive => "diffusive",
            Self::NotDiffusive => "not diffusive",
            Self::TooShort => "too short",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One entry of `diffusion[]`. Every number is finite or None; where it is None, the `_note` beside it says why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(non_snake_case)]
pub struct DiffusionResult {
    /// Symbol of the mobile species.
    pub species: String,
    /// Symbols of the species whose drift was removed; empty = the whole system.
    pub reference: Vec<String>,
    /// Self-diffusion coefficient, m2/s.
    pub D_m2_per_s: Option<f64>,
    /// Why D is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub D_m2_per_s_note: Option<String>,
    /// Half-width of the 68 % interval of D, m2/s.
    pub D_err_m2_per_s: Option<f64>,
    /// Why it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub D_err_m2_per_s_note: Option<String>,
    /// Lower end of the 95 % interval of D, m2/s.
    pub D_low95_m2_per_s: Option<f64>,
    /// Why it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub D_low95_m2_per_s_note: Option<String>,
    /// Upper end of the 95 % interval of D, m2/s.
    pub D_high95_m2_per_s: Option<f64>,
    /// Why it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub D_high95_m2_per_s_note: Option<String>,
    /// One-sided 95 % upper bound of D, m2/s, where D itself is not given.
    pub D_upper_m2_per_s: Option<f64>,
    /// Why it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub D_upper_m2_per_s_note: Option<String>,
    /// d ln MSD / d ln t over the fitted window.
    pub slope: Option<f64>,
    /// Why it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub slope_note: Option<String>,
    /// Its standard error.
    pub slope_err: Option<f64>,
    /// Why it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub slope_err_note: Option<String>,
    /// First lag of the fitted window, ps.
    pub fit_from_ps: Option<f64>,
    /// Why it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fit_from_ps_note: Option<String>,
    /// Last lag of the fitted window, ps.
    pub fit_to_ps: Option<f64>,
    /// Why it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fit_to_ps_note: Option<String>,
    /// Non-overlapping displacements of length `fit_to_ps` in the data: atoms x floor(run / lag).
    pub n_origins: usize,
    /// Whether the atoms diffused.
    pub verdict: Verdict,
}
