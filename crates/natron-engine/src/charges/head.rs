//! The head of a run: built in, from a file, or yet to be fitted.

use std::path::Path;

use natron_potential::charges::ChargeProvenance;
use natron_potential::{ChargeHead, NeuralPotential};

use super::ChargesDeck;
use crate::deck::{Document, KeyPath};
use crate::potentials::{self, LoadedNeural};
use crate::{InputError, files};

/// A head is not read beyond this, bytes.
const MOST_BYTES: u64 = 16 << 20;

/// A head with its origin.
#[derive(Debug, Clone)]
pub(super) struct LoadedHead {
    pub head: ChargeHead,
    pub provenance: ChargeProvenance,
    /// The file, or the potential that it came with.
    pub name: String,
}

impl LoadedHead {
    /// The same for a potential that it was made for.
    fn fitting(self, potential: &LoadedNeural) -> Result<Self, InputError> {
        let refuse = |message: String| {
            Err(InputError::new(message)
                .help("fit one to this potential: [fit] files = [...] with reference charges"))
        };
        if self.provenance.potential_sha256 != potential.sha256_hex() {
            return refuse(format!(
                "the head was fitted to another potential than `{}` (SHA-256 {}, not {})",
                potential.name,
                self.provenance.potential_sha256,
                potential.sha256_hex()
            ));
        }
        match self.head.misfit(&potential.potential) {
            Some(misfit) => refuse(misfit),
            None => Ok(self),
        }
    }

    /// Elements that no frame of the fit held: the head says nothing of them.
    pub fn unknown(&self, potential: &NeuralPotential) -> Vec<String> {
        let unseen = |symbol: &&String| !self.provenance.atoms.contains_key(*symbol);
        potential.model().spec.species.iter().filter(unseen).cloned().collect()
    }
}

/// The head that the deck names, or that its potential comes with.
pub(super) fn load(
    document: &Document,
    deck: &ChargesDeck,
    potential: &LoadedNeural,
) -> Result<LoadedHead, InputError> {
    let (key, loaded) = match &deck.charges.head {
        Some(file) => ("charges.head", from_file(&files::whole(&document.folder().join(file)), file)),
        None => ("potential", built_in(potential)),
    };
    let loaded = loaded.and_then(|loaded| loaded.fitting(potential));
    loaded.map_err(|error| document.error_behind(&KeyPath::parse(key), error))
}

/// Says whether there are charges for a potential, named as on a command line: with the head in a file, or with its own.
pub(crate) fn check(potential: &str, head: Option<&Path>) -> Result<(), InputError> {
    let potential = potentials::load_neural(potential)?;
    let loaded = match head {
        Some(file) => from_file(file, &file.display().to_string()),
        None => built_in(&potential),
    };
    loaded.and_then(|loaded| loaded.fitting(&potential)).map(drop)
}

fn built_in(potential: &LoadedNeural) -> Result<LoadedHead, InputError> {
    let Some(bytes) = potentials::built_in_head(&potential.sha256) else {
        return Err(InputError::new(format!(
            "the potential `{}` comes without a head for charges",
            potential.name
        ))
        .help(
            "name the file of one: [charges] head = \"head.safetensors\", or fit one: [fit] files = [...]",
        ));
    };
    let (head, provenance) =
        ChargeHead::from_bytes(bytes).expect("the built-in head is valid: a test loads it");
    Ok(LoadedHead { head, provenance, name: format!("built in with {}", potential.name) })
}

fn from_file(path: &Path, name: &str) -> Result<LoadedHead, InputError> {
    let unreadable =
        |error: std::io::Error| InputError::new(format!("cannot read the head: {error}")).in_file(path);
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MOST_BYTES {
        return Err(InputError::new(format!("{length} bytes are too many for a head")).in_file(path));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let (head, provenance) = ChargeHead::from_bytes(&bytes).map_err(|error| {
        InputError::new(error.to_string())
            .in_file(path)
            .help("give the head.safetensors that natron charges with [fit] wrote, complete")
    })?;
    Ok(LoadedHead { head, provenance, name: name.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nac_comes_with_a_head_of_its_own() {
        let nac = potentials::load_neural("nac").expect("nac loads");
        let head = built_in(&nac).and_then(|head| head.fitting(&nac)).expect("it fits");
        assert_eq!((head.head.species.join(" ").as_str(), head.unknown(&nac.potential).len()), ("C Na", 0));
        assert!(head.provenance.rmse_e["test"] > 0.0);
    }
}
