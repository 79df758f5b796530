//! What a training reads: frames of `[data]`, sorted into train, valid, test and isolated atoms, and those of `[distillation]`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use natron_atoms::Species;
use natron_io::h5md::data_set::Indexed;
use natron_io::{Format, SourceFrame};
use natron_train::FrameSource;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::deck::{DataTable, DistillationTable, EnergyChoice};
use super::frames::{About, Chosen, Entry, Labelled, LabelsFrom, Names, Place, Recipe, Split, Stored, Use};
use super::teachers::{self, Teachers};
use crate::deck::{Document, KeyPath};
use crate::envelope::hex;
use crate::{InputError, files};

/// Errors of frames that are listed, at most.
const MOST_ERRORS: usize = 10;

/// Everything a training reads.
pub(super) struct DataSet {
    pub entries: Vec<Arc<Entry>>,
    /// Energies of isolated atoms, eV.
    pub isolated_ev: BTreeMap<Species, f64>,
    /// Which energy is learnt.
    pub energy: &'static str,
    /// Over the bytes of the files in the order read: frames, then teachers, then the structures they label.
    pub sha256: String,
    pub files: Vec<PathBuf>,
    /// Files of the teachers' structures, and the teachers.
    pub distilled_files: Vec<PathBuf>,
    pub teachers: Vec<String>,
}

/// A file of frames, open: all of them, or read one by one.
enum Open {
    Whole(Vec<SourceFrame>),
    Indexed(Box<Indexed>),
}

impl DataSet {
    /// Reads what `[data]` names. Of a data set in HDF5 no frame stays in memory.
    pub fn read(
        document: &Document,
        table: &DataTable,
        distillation: Option<&DistillationTable>,
    ) -> Result<Self, Vec<InputError>> {
        let paths = matching_files(document, "data.files", &table.files)?;
        let mut hash = Sha256::new();
        let (mut opened, mut errors) = (Vec::new(), Vec::new());
        for path in &paths {
            match hash_file(path, &mut hash).and_then(|()| open(path)) {
                Ok(file) => opened.push((path, file)),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let energy = choose_energy(table.energy, &opened).map_err(|error| vec![error])?;
        let mut set = Self {
            entries: Vec::new(),
            isolated_ev: BTreeMap::new(),
            energy,
            sha256: String::new(),
            files: paths.clone(),
            distilled_files: Vec::new(),
            teachers: Vec::new(),
        };
        let (mut names, recipe) = (Names::default(), Recipe::new(energy, table));
        for (path, file) in opened {
            match file {
                Open::Whole(sources) => {
                    for source in sources {
                        match recipe.label(path, source) {
                            Ok(Use::Learning(labelled)) => set.hold(labelled, &mut names),
                            Ok(Use::Isolated(species, energy_ev)) => set.isolate(species, energy_ev),
                            Err(error) => errors.push(error),
                        }
                    }
                }
                Open::Indexed(frames) => {
                    let labels = LabelsFrom::Reference(recipe.clone());
                    let stored = Stored { path: path.clone(), frames: *frames, labels };
                    errors.extend(set.scan(stored, &mut names));
                }
            }
        }
        if !errors.is_empty() {
            return Err(errors.into_iter().take(MOST_ERRORS).collect());
        }
        set.exclude(document, "data", &table.exclude_kinds)?;
        if let Some(distillation) = distillation {
            set.distil(document, distillation, &mut hash, &mut names)?;
            set.exclude(document, "distillation", &distillation.exclude_kinds)?;
        }
        set.sha256 = hex(&hash.finalize());
        Ok(set)
    }

    /// Leaves out the frames of `[data]` or `[distillation]` that are of some kinds.
    ///
    /// # Errors
    /// No frame is of a kind.
    fn exclude(&mut self, document: &Document, table: &str, kinds: &[String]) -> Result<(), Vec<InputError>> {
        let distilled = table == "distillation";
        let is_of = |entry: &Arc<Entry>, kind: &String| {
            entry.about.distilled == distilled && *entry.about.kind_in_file == **kind
        };
        let of_table = self.entries.iter().filter(|entry| entry.about.distilled == distilled);
        let there: BTreeSet<&str> = of_table.map(|entry| &*entry.about.kind_in_file).collect();
        let errors: Vec<_> = (kinds.iter().enumerate())
            .filter(|(_, kind)| !there.contains(kind.as_str()))
            .map(|(number, kind)| {
                let at = KeyPath::parse(&format!("{table}.exclude_kinds[{number}]"));
                let there = there.iter().copied().collect::<Vec<_>>().join(", ");
                let error = document.error_on(&at, format!("no frame of [{table}] is of kind `{kind}`"));
                error.help(format!("the kinds (key `kind` of a frame) are {there}"))
            })
            .collect();
        self.entries.retain(|entry| !kinds.iter().any(|kind| is_of(entry, kind)));
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Adds the structures that the teachers label, or that come with labels of other origin.
    fn distil(
        &mut self,
        document: &Document,
        table: &DistillationTable,
        hash: &mut Sha256,
        names: &mut Names,
    ) -> Result<(), Vec<InputError>> {
        let teachers = Arc::new(Teachers::load(document, &table.teachers)?);
        teachers.sha256.iter().for_each(|sha256| hash.update(sha256));
        let paths = matching_files(document, "distillation.structures", &table.structures)?;
        for path in &paths {
            hash_file(path, hash).map_err(|error| vec![error])?;
            match open(path).map_err(|error| vec![error])? {
                Open::Whole(sources) => {
                    let label = |source| match table.teachers.is_empty() {
                        true => teachers::as_labelled(path, source),
                        false => teachers.label(path, source),
                    };
                    let labelled = sources.into_par_iter().map(label).collect::<Result<Vec<_>, _>>();
                    for labelled in labelled.map_err(|error| vec![error])? {
                        self.hold(labelled, names);
                    }
                }
                Open::Indexed(frames) => {
                    let labels = match table.teachers.is_empty() {
                        true => LabelsFrom::File,
                        false => LabelsFrom::Teachers(teachers.clone()),
                    };
                    let errors = self.scan(Stored { path: path.clone(), frames: *frames, labels }, names);
                    if !errors.is_empty() {
                        return Err(errors);
                    }
                }
            }
        }
        self.distilled_files = paths;
        self.teachers = teachers.names.clone();
        Ok(())
    }

    /// Looks at every frame of a data set once; where one cannot be read, at none behind it.
    fn scan(&mut self, stored: Stored, names: &mut Names) -> Vec<InputError> {
        let (stored, mut errors) = (Arc::new(stored), Vec::new());
        for number in 0..stored.frames.frames() {
            let source = match stored.read(number) {
                Ok(source) => source,
                Err(error) => {
                    errors.push(error);
                    break;
                }
            };
            match stored.look(source, names) {
                Ok(Use::Learning(about)) => {
                    let place = Place::Stored(stored.clone(), number);
                    self.entries.push(Arc::new(Entry { about, place }));
                }
                Ok(Use::Isolated(species, energy_ev)) => self.isolate(species, energy_ev),
                Err(error) => errors.push(error),
            }
            if errors.len() == MOST_ERRORS {
                break;
            }
        }
        errors
    }

    fn hold(&mut self, labelled: Labelled, names: &mut Names) {
        let about = About::of(&labelled, names);
        self.entries.push(Arc::new(Entry { about, place: Place::Held(Arc::new(labelled)) }));
    }

    fn isolate(&mut self, species: Species, energy_ev: f64) {
        self.isolated_ev.insert(species, energy_ev);
    }

    /// Isolated energies in the order of `species`.
    pub fn isolated(&self, species: &[String]) -> Vec<Option<f64>> {
        let energy = |symbol: &String| self.isolated_ev.get(&Species::from_symbol(symbol)?).copied();
        species.iter().map(energy).collect()
    }

    /// Frames with labels of their own.
    pub fn reference(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter().filter(|entry| !entry.about.distilled)
    }

    /// The frames that are wanted, as a training asks for them.
    pub fn chosen(&self, wanted: impl Fn(&About) -> bool) -> Arc<dyn FrameSource> {
        Arc::new(Chosen(self.entries.iter().filter(|entry| wanted(&entry.about)).cloned().collect()))
    }

    /// Samples of a split.
    pub fn samples(&self, split: Split) -> Arc<dyn FrameSource> {
        self.chosen(|about| about.split == split)
    }

    /// What frames that were read whole take, bytes.
    pub fn held_bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.held_bytes()).sum()
    }
}

/// Adds the bytes of a file, a few of them in memory at a time.
fn hash_file(path: &Path, hash: &mut Sha256) -> Result<(), InputError> {
    let unreadable = |error| InputError::new(format!("cannot read the frames: {error}")).in_file(path);
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = vec![0; 1 << 20];
    loop {
        match file.read(&mut bytes).map_err(unreadable)? {
            0 => return Ok(()),
            read => hash.update(&bytes[..read]),
        }
    }
}

fn open(path: &Path) -> Result<Open, InputError> {
    match Format::of_name(path) {
        Some(Format::DataSet) => Ok(Open::Indexed(Box::new(Indexed::open(path)?))),
        _ => files::read_sources(path).map(Open::Whole),
    }
}

fn choose_energy(choice: EnergyChoice, files: &[(&PathBuf, Open)]) -> Result<&'static str, InputError> {
    match choice {
        EnergyChoice::Energy => return Ok("energy"),
        EnergyChoice::FreeEnergy => return Ok("free_energy"),
        EnergyChoice::Auto => (),
    }
    for (_, file) in files {
        let all = match file {
            Open::Whole(sources) => sources.iter().all(|s| s.frame.labels.free_energy_ev.is_some()),
            Open::Indexed(frames) => frames.all_have_free_energies()?,
        };
        if !all {
            return Ok("energy");
        }
    }
    Ok("free_energy")
}

/// Files of the patterns under `key`, each pattern's in the order of their names.
pub(crate) fn matching_files(
    document: &Document,
    key: &str,
    patterns: &[String],
) -> Result<Vec<PathBuf>, Vec<InputError>> {
    let (mut paths, mut errors) = (Vec::new(), Vec::new());
    for (number, pattern) in patterns.iter().enumerate() {
        let at = KeyPath::parse(&format!("{key}[{number}]"));
        match expand(&document.folder(), pattern) {
            Ok(found) if found.is_empty() => {
                errors.push(
                    document
                        .error_on(&at, format!("no file matches `{pattern}`"))
                        .help("paths in a deck start from the deck's own folder"),
                );
            }
            Ok(found) => paths.extend(found),
            Err(error) => errors.push(document.error_on(&at, format!("`{pattern}`: {error}"))),
        }
    }
    if errors.is_empty() { Ok(paths) } else { Err(errors) }
}

fn expand(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let whole = glob::Pattern::escape(&folder.to_string_lossy());
    let stands_alone = whole.is_empty() || Path::new(pattern).is_absolute();
    let joined = if stands_alone { pattern.to_string() } else { format!("{whole}/{pattern}") };
    let found = glob::glob(&joined).map_err(|error| error.to_string())?;
    let mut paths = found.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_start_from_the_deck_unless_they_are_absolute() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.extxyz");
        std::fs::write(&file, "").expect("writes");
        let absolute = folder.path().join("*.extxyz").display().to_string();
        assert_eq!(expand(Path::new("/elsewhere"), &absolute), Ok(vec![file.clone()]));
        assert_eq!(expand(folder.path(), "a.*"), Ok(vec![file]));
        assert_eq!(expand(Path::new("/elsewhere"), "a.*"), Ok(Vec::new()));
    }
}
