//! What a deck or a potential file says about its dispersion term.

use natron_atoms::Species;
use serde::{Deserialize, Serialize};

use super::functional::{self, BeckeJohnson};
use super::reference;

/// Which dispersion model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DispersionMethod {
    /// D3 with Becke-Johnson damping, pairs only.
    #[serde(rename = "d3bj")]
    D3Bj,
}

/// The dispersion term of a potential: its damping by the name of a functional, or by numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispersionSpec {
    /// The model.
    pub method: DispersionMethod,
    /// Functional whose published parameters are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functional: Option<String>,
    /// Factor of the C6 term; 1 where only the others are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s6: Option<f64>,
    /// Factor of the C8 term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s8: Option<f64>,
    /// Factor of sqrt(C8/C6) in the damping radius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a1: Option<f64>,
    /// The rest of the damping radius, bohr.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a2_bohr: Option<f64>,
    /// Where the energy of a pair ends, A.
    #[serde(rename = "cutoff_A", default = "cutoff_a")]
    pub cutoff_a: f64,
    /// Where atoms stop to count as neighbours in coordination numbers, A.
    #[serde(rename = "coordination_cutoff_A", default = "coordination_cutoff_a")]
    pub coordination_cutoff_a: f64,
    /// How far before both cutoffs they begin to act, A; 0 cuts sharply, and forces then jump.
    #[serde(rename = "switch_A", default = "switch_a")]
    pub switch_a: f64,
}

fn cutoff_a() -> f64 {
    12.0
}

fn coordination_cutoff_a() -> f64 {
    8.0
}

fn switch_a() -> f64 {
    2.0
}

/// Longest cutoff, A: beyond the 60 bohr of other programs.
const MAX_CUTOFF_A: f64 = 40.0;

/// Why there is no such dispersion term.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DispersionError {
    /// No parameters are known for the functional.
    #[error("dispersion: no D3(BJ) parameters are known for the functional `{0}`")]
    Functional(String),
    /// Neither a functional nor numbers, both, or too few numbers.
    #[error("dispersion: {0}")]
    Parameters(&'static str),
    /// A number is out of range.
    #[error("dispersion: {key} must be {need}, not {value}")]
    Range {
        /// The key.
        key: &'static str,
        /// What it has to be.
        need: &'static str,
        /// What it is.
        value: f64,
    },
    /// There are no reference systems of the element.
    #[error("dispersion: D3 has no reference data for {0}")]
    Element(Species),
}

impl DispersionError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Functional(_) => format!(
                "known are {}; for another give s8, a1 and a2_bohr (and s6, if it is not 1) in its place",
                functional::known().collect::<Vec<_>>().join(", ")
            ),
            Self::Parameters(_) => {
                "give functional = \"pbe\", say, or s8, a1 and a2_bohr (and s6, if it is not 1)".into()
            }
            Self::Range { .. } => "with cutoff_A = 31.75, coordination_cutoff_A = 21.17 and switch_A = 0 it is what other programs \
                                   compute; without them it ends at 12 A, where it has become small"
                .into(),
            Self::Element(_) => format!(
                "its elements end at {}: leave [model] dispersion out, so that the network learns the whole energy",
                reference::last_symbol()
            ),
        }
    }
}

impl DispersionSpec {
    /// The term of a functional, with the cutoffs that hold where a deck names none.
    pub fn of_functional(name: &str) -> Self {
        Self {
            method: DispersionMethod::D3Bj,
            functional: Some(name.into()),
            s6: None,
            s8: None,
            a1: None,
            a2_bohr: None,
            cutoff_a: cutoff_a(),
            coordination_cutoff_a: coordination_cutoff_a(),
            switch_a: switch_a(),
        }
    }

    /// The parameters of the damping.
    ///
    /// # Errors
    /// The functional is unknown, or numbers are missing, too many or out of range.
    pub fn damping(&self) -> Result<BeckeJohnson, DispersionError> {
        let numbers = [self.s6, self.s8, self.a1, self.a2_bohr];
        let damping = match (&self.functional, self.s8, self.a1, self.a2_bohr) {
            (Some(name), ..) if numbers.iter().all(Option::is_none) => {
                functional::of_functional(name).ok_or_else(|| DispersionError::Functional(name.clone()))?
            }
            (Some(_), ..) => {
                return Err(DispersionError::Parameters("it has a functional and numbers of its own"));
            }
            (None, Some(s8), Some(a1), Some(a2_bohr)) => {
                BeckeJohnson { s6: self.s6.unwrap_or(1.0), s8, a1, a2_bohr }
            }
            (None, ..) => {
                return Err(DispersionError::Parameters(
                    "it has neither a functional nor s8, a1 and a2_bohr",
                ));
            }
        };
        let BeckeJohnson { s6, s8, a1, a2_bohr } = damping;
        in_range("s6", "0..10", s6, (0.0..=10.0).contains(&s6))?;
        in_range("s8", "0..20", s8, (0.0..=20.0).contains(&s8))?;
        in_range("a1", "0..2", a1, (0.0..=2.0).contains(&a1))?;
        // With a1 at 0 it alone keeps atoms that meet from falling into each other.
        in_range("a2_bohr", "0.5..20", a2_bohr, (0.5..=20.0).contains(&a2_bohr))?;
        Ok(damping)
    }

    /// Checks the cutoffs.
    ///
    /// # Errors
    /// One is out of range.
    pub fn check_cutoffs(&self) -> Result<(), DispersionError> {
        let Self { cutoff_a, coordination_cutoff_a, switch_a, .. } = *self;
        in_range("cutoff_A", "3..40", cutoff_a, (3.0..=MAX_CUTOFF_A).contains(&cutoff_a))?;
        let known = (3.0..=cutoff_a).contains(&coordination_cutoff_a);
        in_range("coordination_cutoff_A", "3 to cutoff_A", coordination_cutoff_a, known)?;
        let shorter = (0.0..coordination_cutoff_a).contains(&switch_a);
        in_range("switch_A", "0 or more and shorter than both cutoffs", switch_a, shorter)
    }
}

fn in_range(key: &'static str, need: &'static str, value: f64, good: bool) -> Result<(), DispersionError> {
    if good { Ok(()) } else { Err(DispersionError::Range { key, need, value }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> DispersionSpec {
        serde_json::from_str(text).expect("a term")
    }

    #[test]
    fn a_functional_or_numbers_say_the_same() {
        let named = read(r#"{"method": "d3bj", "functional": "PBE"}"#);
        assert_eq!(named, DispersionSpec::of_functional("PBE"));
        let numbers =
            read(r#"{"method": "d3bj", "s8": 0.7875, "a1": 0.4289, "a2_bohr": 4.4407, "cutoff_A": 15.0}"#);
        assert_eq!(named.damping(), numbers.damping());
        assert_eq!((numbers.cutoff_a, numbers.coordination_cutoff_a), (15.0, 8.0));
        assert!(serde_json::from_str::<DispersionSpec>(r#"{"method": "d4"}"#).is_err());
        assert!(serde_json::from_str::<DispersionSpec>(r#"{"method": "d3bj", "a2": 4.0}"#).is_err());
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_do() {
        let pbe = DispersionSpec::of_functional("pbe");
        let unknown = DispersionSpec::of_functional("pbx").damping().expect_err("unknown");
        assert!(unknown.to_string().contains("`pbx`") && unknown.help().contains("pbe, pbe0, pbesol"));
        let both = DispersionSpec { a1: Some(0.3), ..pbe.clone() }.damping().expect_err("both");
        assert!(both.to_string().contains("and numbers"), "{both}");
        let few =
            DispersionSpec { functional: None, a1: Some(0.3), ..pbe.clone() }.damping().expect_err("too few");
        assert!(few.to_string().contains("neither") && few.help().contains("a2_bohr"), "{few}");
        let wild = DispersionSpec {
            functional: None,
            s8: Some(1.0),
            a1: Some(f64::NAN),
            a2_bohr: Some(4.0),
            ..pbe.clone()
        };
        assert!(wild.damping().expect_err("not finite").to_string().contains("a1 must be"));
        let wrong: [fn(&mut DispersionSpec); 5] = [
            |d| d.cutoff_a = 41.0,
            |d| d.cutoff_a = 2.0,
            |d| d.coordination_cutoff_a = 12.5,
            |d| d.switch_a = 8.0,
            |d| d.switch_a = f64::NAN,
        ];
        assert!(pbe.check_cutoffs().is_ok());
        for spoil in wrong {
            let mut bad = pbe.clone();
            spoil(&mut bad);
            assert!(matches!(bad.check_cutoffs(), Err(DispersionError::Range { .. })), "{bad:?}");
        }
    }
}
