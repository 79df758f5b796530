//! A checked deck of `natron learn`, and running it.

use std::path::{Path, PathBuf};

use natron_atoms::Frame;
use serde_json::Value;

use super::LearnDeck;
use super::explain::explain;
use super::rounds::{Record, Round};
use crate::data::Collected;
use crate::deck::{Document, KeyPath, decode_and_check};
use crate::envelope::{Build, put_end};
use crate::job::{Job, JobOptions, RunOutcome};
use crate::md::now_utc;
use crate::potentials::{is_file, load_potential};
use crate::run_directory::{Existing, RunDirectory};
use crate::table::Table;
use crate::train::{TrainJob, matching_files};
use crate::watch::{Stop, Watch};
use crate::{Failure, InputError, files};

/// A checked deck: structures, potential, training deck and data are there and fit together.
pub struct LearnJob {
    pub(super) deck: LearnDeck,
    /// The deck's file.
    pub(super) file: PathBuf,
    /// Built-in name or file of the first round's potential.
    potential: String,
    structure_files: Vec<PathBuf>,
    pub(super) structures: Vec<Start>,
    pub(super) train_deck: PathBuf,
    /// What the training deck's `data.files` says.
    pub(super) train_files: Vec<String>,
    /// Frames that are labelled already.
    pub(super) known: Vec<Frame>,
    directory: PathBuf,
    existing: Existing,
}

impl LearnJob {
    /// Reads and checks everything; writes nothing.
    ///
    /// # Errors
    /// Every mistake of the deck, or the first of what it names.
    pub fn prepare(options: &JobOptions) -> Result<Self, Failure> {
        let document = Document::read(&options.deck, &options.overrides)?;
        let deck: LearnDeck = decode_and_check(&document, LearnDeck::problems)?;
        let folder = document.folder();
        let behind = |key: &str, error| document.error_behind(&KeyPath::parse(key), error);
        let name = &deck.potential.name;
        let potential = if is_file(name) { files::with_slash(&folder.join(name)) } else { name.clone() };
        let loaded = load_potential(&potential).map_err(|error| behind("potential.name", error))?;
        if !loaded.potential.knows_uncertainty() {
            let message = format!("the potential `{name}` does not know how uncertain it is");
            let error = document.error_on(&KeyPath::parse("potential.name"), message);
            return Err(error.help("start from one that `natron train` made").into());
        }
        let structure_files = matching_files(&document, "explore.structures", &deck.explore.structures)?;
        let structures = read_structures(&structure_files)?;
        for start in &structures {
            crate::structure::check(&start.frame.structure, &loaded)
                .map_err(|error| InputError::new(error).in_file(&start.file))?;
        }
        let train_deck = TrainJob::deck_behind(&document, &deck.train.deck)?;
        let prepared = TrainJob::prepare(&JobOptions {
            deck: train_deck.clone(),
            overrides: Vec::new(),
            existing: Existing::Refuse,
        })?;
        for (k, name) in deck.label.files.iter().enumerate() {
            if !folder.join(name).is_file() {
                let at = KeyPath::parse(&format!("label.files[{k}]"));
                return Err(document.error_on(&at, format!("there is no file `{name}`")).into());
            }
        }
        if let Some(name) = &deck.label.template
            && let Err(error) = std::fs::read_to_string(folder.join(name))
        {
            let message = format!("cannot read the template `{name}`: {error}");
            return Err(document.error_on(&KeyPath::parse("label.template"), message).into());
        }
        let directory = files::whole(&RunDirectory::place(&document, deck.output.directory.as_deref())?);
        Ok(Self {
            file: document.file.clone(),
            potential,
            structure_files,
            structures,
            train_files: prepared.files().to_vec(),
            known: Collected::read(prepared.paths())?.frames,
            train_deck,
            deck,
            directory,
            existing: options.existing,
        })
    }

    /// The folder of a round, from 1.
    pub(super) fn round_folder(&self, number: usize) -> PathBuf {
        self.directory.join(format!("round-{number:03}"))
    }

    /// What the training of a round makes.
    pub(super) fn trained_potential(&self, number: usize) -> PathBuf {
        self.round_folder(number).join("train/potential.safetensors")
    }

    /// The resolved deck as it is kept in the run directory, where its paths start from.
    fn deck_for_directory(&self) -> String {
        let mut deck = self.deck.clone();
        let relative = |path: &Path| files::relative(path, &self.directory);
        deck.output.directory = Some(".".into());
        if is_file(&self.potential) {
            deck.potential.name = files::with_slash(Path::new(&relative(Path::new(&self.potential))));
        }
        deck.explore.structures = self.structure_files.iter().map(|file| relative(file)).collect();
        deck.train.deck = relative(&self.train_deck);
        let folder = files::folder_of(&self.file);
        deck.label.files = deck.label.files.iter().map(|file| relative(&folder.join(file))).collect();
        deck.label.template = deck.label.template.map(|file| relative(&folder.join(file)));
        // `{deck}` is the folder of the deck as it was given.
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        let folder = folder.display().to_string();
        deck.label.command = deck.label.command.iter().map(|word| word.replace("{deck}", &folder)).collect();
        toml::to_string(&deck).expect("a deck that was read can be written")
    }

    fn summary(
        &self,
        build: &Build,
        records: &[Record],
        started_utc: String,
        stopped: Option<Stop>,
    ) -> Value {
        let mut summary = build.envelope("learn");
        let potential = records.iter().rev().find_map(|record| record.trained.as_ref());
        let potential = potential.map_or(self.potential.clone(), |trained| trained.potential.clone());
        summary.insert("rounds".into(), serde_json::to_value(records).expect("JSON serialises"));
        summary.insert("n_labelled".into(), records.iter().map(|r| r.n_labelled).sum::<usize>().into());
        summary.insert("potential".into(), potential.into());
        put_end(&mut summary, &started_utc, stopped.is_none(), stopped);
        Value::Object(summary)
    }
}

/// A structure to explore from.
pub(super) struct Start {
    file: PathBuf,
    /// Unique: the file's stem, and its number where a file has several.
    pub name: String,
    pub frame: Frame,
}

/// Every frame of some files.
fn read_structures(paths: &[PathBuf]) -> Result<Vec<Start>, Failure> {
    let mut found: Vec<Start> = Vec::new();
    for path in paths {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let frames = files::read_sources(path)?;
        let several = frames.len() > 1;
        for (k, source) in frames.into_iter().enumerate() {
            if matches!(source.frame.text("split"), Some("test" | "valid")) {
                return Err(InputError::new(
                    "a frame of the validation or test split is no place to learn from",
                )
                .in_file(path)
                .at_line(source.line)
                .help("explore from other structures, or remove its `split`")
                .into());
            }
            let mut name = if several { format!("{stem}-{k}") } else { stem.clone() };
            while found.iter().any(|start| start.name == name) {
                name.push('x');
            }
            found.push(Start { file: path.clone(), name, frame: source.frame });
        }
    }
    Ok(found)
}

impl Job for LearnJob {
    fn command(&self) -> &'static str {
        "learn"
    }

    fn about(&self) -> String {
        format!(
            "{} rounds of {} runs of {} ps with {}, up to {} labels each from `{}`, {} frames known, into {}",
            self.deck.rounds,
            self.structures.len() * self.deck.explore.temperatures_k.len(),
            self.deck.explore.duration_ps,
            self.deck.potential.name,
            self.deck.select.frames,
            self.deck.label.command[0],
            self.known.len(),
            self.directory.display()
        )
    }

    fn explain(&self) -> String {
        explain(&self.deck)
    }

    fn run(&self, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure> {
        let started_utc = now_utc();
        let held = RunDirectory::open(&self.directory, self.existing)?;
        files::replace(&held.path().join("deck.toml"), self.deck_for_directory().as_bytes())?;
        let mut potential = self.potential.clone();
        let (mut records, mut stopped) = (Vec::new(), None);
        for number in 1..=self.deck.rounds {
            let round = Round { job: self, number, potential: &potential, build, watch };
            let record = match round.done()? {
                Some(record) => record,
                None => match round.run()? {
                    Ok(record) => record,
                    Err(stop) => {
                        stopped = Some(stop);
                        break;
                    }
                },
            };
            watch.info(&line(&record));
            if record.trained.is_some() {
                // Not as written down: the folder may have been moved since.
                potential = self.trained_potential(number).display().to_string();
            }
            let nothing_new = record.n_selected == 0;
            records.push(record);
            if nothing_new {
                watch.info("nothing uncertain is left to label");
                break;
            }
        }
        let summary = self.summary(build, &records, started_utc, stopped);
        let text = serde_json::to_string_pretty(&summary).expect("JSON serialises");
        let path = held.path().join("summary.json");
        files::replace(&path, text.as_bytes())?;
        Ok(RunOutcome { summary, table: table(&records).to_text(), reports: vec![path], stopped })
    }
}

fn line(record: &Record) -> String {
    let trained = match &record.trained {
        Some(trained) => format!(
            "; {} frames to train, valid {:.0} meV/A",
            trained.n_train, trained.valid_force_rmse_mev_per_a
        ),
        None => String::new(),
    };
    format!(
        "round {}: {} uncertain frames, {} selected, {} labelled{trained}",
        record.round, record.n_uncertain, record.n_selected, record.n_labelled
    )
}

fn table(records: &[Record]) -> Table {
    let mut table =
        Table::new(&["round", "uncertain", "selected", "labelled", "train", "valid meV/A", "valid meV/atom"]);
    for record in records {
        let trained = record.trained.as_ref();
        let number =
            |of: fn(&super::rounds::Trained) -> f64| trained.map_or("-".into(), |t| format!("{:.1}", of(t)));
        table.push(&[
            record.round.to_string(),
            record.n_uncertain.to_string(),
            record.n_selected.to_string(),
            record.n_labelled.to_string(),
            trained.map_or("-".into(), |t| t.n_train.to_string()),
            number(|t| t.valid_force_rmse_mev_per_a),
            number(|t| t.valid_energy_rmse_mev_per_atom),
        ]);
    }
    table
}

#[cfg(test)]
pub(super) mod tests {
    /// A deck with every key that has no default.
    pub const DECK: &str = r#"
format = 1
seed = 1
rounds = 2
potential = { name = "nac" }
explore = { structures = ["a.extxyz"], temperatures_K = [300.0], duration_ps = 1.0, force_std_min_eV_per_A = 0.5 }
label = { command = ["label"], output = "out.extxyz" }
train = { deck = "train.toml" }
"#;

    #[test]
    fn values_out_of_range_are_named() {
        let good: super::LearnDeck = toml::from_str(DECK).expect("a deck");
        assert!(good.problems().is_empty(), "{:?}", good.problems());
        type Spoil = fn(&mut super::LearnDeck);
        let spoil: [(&str, Spoil); 5] = [
            ("rounds", |d| d.rounds = 0),
            ("explore.temperatures_K", |d| d.explore.temperatures_k = vec![300.0, -1.0]),
            ("select.force_std_max_eV_per_A", |d| d.select.force_std_max_ev_per_a = 0.1),
            ("label.output", |d| d.label.output = "../out".into()),
            ("label.command", |d| d.label.command.clear()),
        ];
        for (path, spoil) in spoil {
            let mut deck = good.clone();
            spoil(&mut deck);
            let found: Vec<String> = deck.problems().into_iter().map(|p| p.path).collect();
            assert_eq!(found, [path]);
        }
    }
}
