//! Where a potential comes from: a built-in name or a file.

use std::path::Path;

use natron_atoms::Species;
use natron_dynamics::deck::PotentialDeck;
use natron_potential::{LennardJones, ModelSpec, NepPotential, NeuralPotential, Potential, Precision};
use sha2::{Digest, Sha256};

use crate::InputError;
use crate::envelope::hex;

/// A potential file is not read beyond this, bytes.
const MAX_POTENTIAL_BYTES: u64 = 256 << 20;

/// A built-in potential.
pub struct BuiltIn {
    /// What a deck or `-p` calls it.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    source: Source,
    /// The bytes of its head for charges.
    charges: Option<&'static [u8]>,
}

enum Source {
    /// The bytes of a potential file.
    File(&'static [u8]),
    /// Rahman's argon.
    LennardJonesArgon,
}

/// Every built-in potential.
pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        name: "nac",
        about: "sodium in disordered carbon, trained on PBE-D3(BJ) (potentials/nac)",
        source: Source::File(include_bytes!("../../../potentials/nac/potential.safetensors")),
        charges: Some(include_bytes!("../../../potentials/nac/charges/head.safetensors")),
    },
    BuiltIn {
        name: "lj-argon",
        about: "Lennard-Jones argon, for trying natron without a trained model",
        source: Source::LennardJonesArgon,
        charges: None,
    },
];

/// The built-in potential that is meant where none is named.
pub const DEFAULT: &str = BUILT_IN[0].name;

/// What a deck means that names no potential.
pub(crate) fn default_choice() -> PotentialDeck {
    PotentialDeck { name: Some(DEFAULT.into()), file: None }
}

/// A potential with its identity.
pub struct LoadedPotential {
    /// The potential itself.
    pub potential: Box<dyn Potential>,
    /// The built-in name, or the file's name.
    pub name: String,
    /// SHA-256 of its bytes (of its parameters as text, where it has no file).
    pub sha256: [u8; 32],
    /// Instructions its kernel runs with: `avx512`, `avx2`, `portable`.
    pub simd: &'static str,
    /// `f32` or `f64`.
    pub precision: &'static str,
    /// What the model looks like, where it is a neural one.
    pub spec: Option<ModelSpec>,
}

impl LoadedPotential {
    /// SHA-256 in hexadecimal.
    pub fn sha256_hex(&self) -> String {
        hex(&self.sha256)
    }

    /// Name of the code path whose last bits may differ from another's.
    pub fn kernel(&self) -> String {
        format!("{} {}", self.simd, self.precision)
    }

    /// Whether it knows all of these elements.
    pub fn knows(&self, species: &[Species]) -> bool {
        self.potential.species().is_none_or(|known| species.iter().all(|s| known.contains(s)))
    }
}

/// Whether `-p VALUE` or `name = VALUE` means a file.
pub fn is_file(name_or_path: &str) -> bool {
    name_or_path.contains('/') || name_or_path.ends_with(".safetensors")
}

/// The potential of a built-in name, or of a file where the value has a `/` or ends in `.safetensors`.
///
/// # Errors
/// No such name, or a file that cannot be read as a potential.
pub fn load_potential(name_or_path: &str) -> Result<LoadedPotential, InputError> {
    load_potential_in(name_or_path, Precision::F32)
}

/// [`load_potential`], with the arithmetic of a neural potential chosen; others have but one.
///
/// # Errors
/// See [`load_potential`].
pub fn load_potential_in(name_or_path: &str, precision: Precision) -> Result<LoadedPotential, InputError> {
    if is_file(name_or_path) {
        file_in(Path::new(name_or_path), precision)
    } else {
        built_in_in(name_or_path, precision)
    }
}

/// The potential of a built-in name.
///
/// # Errors
/// There is no such name.
pub fn load_built_in(name: &str) -> Result<LoadedPotential, InputError> {
    built_in_in(name, Precision::F32)
}

fn built_in_in(name: &str, precision: Precision) -> Result<LoadedPotential, InputError> {
    let Some(built_in) = BUILT_IN.iter().find(|built_in| built_in.name == name) else {
        let names: Vec<&str> = BUILT_IN.iter().map(|built_in| built_in.name).collect();
        return Err(InputError::new(format!("there is no built-in potential `{name}`")).help(format!(
            "built in are {}; a file is given by a path with `/` or ending in .safetensors",
            names.join(", ")
        )));
    };
    match built_in.source {
        Source::File(bytes) => {
            Ok(neural(name, bytes, precision).expect("the built-in potential is valid: a test loads it"))
        }
        Source::LennardJonesArgon => Ok(argon(name)),
    }
}

/// The potential of a file.
///
/// # Errors
/// The file cannot be read, or it is no potential.
pub fn load_file(path: &Path) -> Result<LoadedPotential, InputError> {
    file_in(path, Precision::F32)
}

fn file_in(path: &Path, precision: Precision) -> Result<LoadedPotential, InputError> {
    let unreadable =
        |error: std::io::Error| InputError::new(format!("cannot read the potential: {error}")).in_file(path);
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MAX_POTENTIAL_BYTES {
        let message =
            format!("{length} bytes are too many for a potential; the limit is {MAX_POTENTIAL_BYTES}");
        return Err(InputError::new(message).in_file(path));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    if NepPotential::recognises(&bytes) {
        return nep(&name, &bytes).map_err(|error| {
            InputError::new(error.message).in_file(path).at_line(error.line).help(NEP_HELP)
        });
    }
    neural(&name, &bytes, precision).map_err(|error| {
        InputError::new(error.to_string())
            .in_file(path)
            .help("give a potential.safetensors written by `natron train`, complete as it was written, or a nep.txt")
    })
}

/// A neural potential with its identity.
pub(crate) struct LoadedNeural {
    /// The potential itself.
    pub potential: NeuralPotential,
    /// The built-in name, or the file's name.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

impl LoadedNeural {
    /// SHA-256 in hexadecimal.
    pub fn sha256_hex(&self) -> String {
        hex(&self.sha256)
    }
}

/// A neural potential, by built-in name or file, in single precision.
///
/// # Errors
/// There is no such potential, or it is not a neural one.
pub(crate) fn load_neural(name_or_path: &str) -> Result<LoadedNeural, InputError> {
    let path = Path::new(name_or_path);
    let loaded = load_potential(name_or_path)?;
    let read: std::io::Result<Vec<u8>>;
    let bytes = if is_file(name_or_path) {
        read = std::fs::read(path);
        read.as_deref().ok()
    } else {
        file_of(name_or_path)
    };
    let potential = bytes.filter(|_| loaded.spec.is_some()).map(NeuralPotential::from_bytes);
    let Some(Ok(potential)) = potential else {
        return Err(InputError::new(format!("`{}` is no neural potential", loaded.name))
            .help("name one that natron train wrote, or nac"));
    };
    Ok(LoadedNeural { potential, name: loaded.name, sha256: loaded.sha256 })
}

/// The bytes of a built-in potential that is a file.
fn file_of(name: &str) -> Option<&'static [u8]> {
    BUILT_IN.iter().find(|built_in| built_in.name == name).and_then(|built_in| match built_in.source {
        Source::File(bytes) => Some(bytes),
        Source::LennardJonesArgon => None,
    })
}

/// The head for charges that comes with the potential of these bytes, wherever they were read from.
pub(crate) fn built_in_head(sha256: &[u8; 32]) -> Option<&'static [u8]> {
    let is_it = |built_in: &&BuiltIn| {
        file_of(built_in.name).is_some_and(|bytes| Sha256::digest(bytes)[..] == sha256[..])
    };
    BUILT_IN.iter().find(is_it).and_then(|built_in| built_in.charges)
}

/// The numbers of a neural potential, by built-in name or file.
///
/// # Errors
/// There is no such potential, or it is not a neural one.
#[cfg(feature = "train")]
pub(crate) fn load_model(name_or_path: &str) -> Result<natron_potential::Model, InputError> {
    let read = |bytes: &[u8]| natron_potential::file::from_bytes(bytes).map(|(model, _)| model);
    if is_file(name_or_path) {
        let path = Path::new(name_or_path);
        // Errors of reading it are those of any potential.
        load_file(path)?;
        let bytes = std::fs::read(path)
            .map_err(|error| InputError::new(format!("cannot read the potential: {error}")).in_file(path))?;
        return read(&bytes).map_err(|error| InputError::new(error.to_string()).in_file(path));
    }
    load_built_in(name_or_path)?;
    let bytes = file_of(name_or_path).ok_or_else(|| {
        InputError::new(format!("`{name_or_path}` has no weights to start from"))
            .help("name a neural potential")
    })?;
    read(bytes).map_err(|error| InputError::new(error.to_string()))
}

fn neural(
    name: &str,
    bytes: &[u8],
    precision: Precision,
) -> Result<LoadedPotential, natron_potential::FileError> {
    let potential = NeuralPotential::from_bytes(bytes)?;
    let potential = match precision {
        Precision::F32 => potential,
        Precision::F64 => potential.with_precision(precision)?,
    };
    Ok(LoadedPotential {
        simd: potential.simd().name(),
        precision: precision_name(precision),
        spec: Some(potential.model().spec.clone()),
        potential: Box::new(potential),
        name: name.to_string(),
        sha256: Sha256::digest(bytes).into(),
    })
}

/// What to do about a NEP potential that is refused.
const NEP_HELP: &str =
    "give a nep.txt of version 3 or 4 for energies (with or without ZBL), complete as it was written";

/// A neuroevolution potential; it has but one arithmetic, f64.
fn nep(name: &str, bytes: &[u8]) -> Result<LoadedPotential, natron_potential::NepError> {
    let potential = NepPotential::from_bytes(bytes)?;
    Ok(LoadedPotential {
        simd: potential.simd().name(),
        precision: "f64",
        spec: None,
        potential: Box::new(potential),
        name: name.to_string(),
        sha256: Sha256::digest(bytes).into(),
    })
}

/// The name in JSON and restarts.
pub(crate) fn precision_name(precision: Precision) -> &'static str {
    match precision {
        Precision::F32 => "f32",
        Precision::F64 => "f64",
    }
}

/// Argon with the parameters of A. Rahman, Phys. Rev. 136, A405 (1964): epsilon = 120 k_B K, sigma = 3.4 A; cutoff
/// 2.5 sigma.
fn argon(name: &str) -> LoadedPotential {
    let model = LennardJones {
        epsilon_ev: 120.0 * natron_atoms::units::BOLTZMANN_EV_PER_K,
        sigma_a: 3.4,
        cutoff_a: 8.5,
    };
    LoadedPotential {
        sha256: Sha256::digest(format!("{model:?}").as_bytes()).into(),
        potential: Box::new(OnlyArgon(model)),
        name: name.to_string(),
        simd: "portable",
        precision: "f64",
        spec: None,
    }
}

/// Lennard-Jones with argon's parameters knows argon alone, whatever the formula would accept.
struct OnlyArgon(LennardJones);

impl Potential for OnlyArgon {
    fn cutoff_a(&self, a: Species, b: Species) -> f64 {
        self.0.cutoff_a(a, b)
    }

    fn max_cutoff_a(&self) -> f64 {
        self.0.max_cutoff_a()
    }

    fn species(&self) -> Option<Vec<Species>> {
        Species::from_symbol("Ar").map(|argon| vec![argon])
    }

    fn evaluator(&self) -> Box<dyn natron_potential::Evaluator + '_> {
        self.0.evaluator()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_potential_loads() {
        for built_in in BUILT_IN {
            let loaded = load_potential(built_in.name).expect("it loads");
            assert_eq!(loaded.name, built_in.name);
            assert!(loaded.potential.max_cutoff_a() > 0.0);
        }
    }

    #[test]
    fn a_name_that_is_not_there_is_answered_with_those_that_are() {
        let error = load_potential("nax").err().expect("no such potential");
        assert!(error.help.expect("help").contains("nac, lj-argon"));
    }

    #[test]
    fn a_truncated_file_is_no_potential() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("cut.safetensors");
        std::fs::write(&path, [200u8, 0, 0, 0, 0, 0, 0, 0, b'{']).expect("writes");
        let error = load_file(&path).err().expect("truncated");
        assert_eq!(error.file.as_deref(), Some(path.as_path()));
        assert!(error.message.contains("no complete potential file"), "{}", error.message);
    }

    #[test]
    fn a_nep_is_known_by_its_content() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("anything.dat");
        let text = include_str!("../../natron-potential/tests/nep/nep4-na-c.txt");
        std::fs::write(&path, text).expect("writes");
        let loaded =
            load_potential(&path.to_string_lossy()).unwrap_or_else(|error| panic!("{}", error.message));
        assert_eq!((loaded.precision, loaded.name.as_str()), ("f64", "anything.dat"));
        assert!(
            loaded.knows(&[Species::NA, Species::C]) && !loaded.knows(&[Species::from_number(1).expect("H")])
        );
        std::fs::write(&path, text.replacen("l_max 4", "l_max 44", 1)).expect("writes");
        let error = load_file(&path).err().expect("no such l");
        assert_eq!((error.file.as_deref(), error.line), (Some(path.as_path()), Some(5)));
    }

    #[test]
    fn argon_knows_nothing_but_argon() {
        let argon = load_built_in("lj-argon").expect("it loads");
        assert!(!argon.knows(&[Species::NA]));
    }
}
