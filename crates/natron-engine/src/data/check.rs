//! `natron data check`: what is in files of frames, and what of it should not be trusted.

mod energies;
mod findings;
mod page;
mod record;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use natron_atoms::Species;
use natron_io::{Format, Label, Missing, SkipReason, Skipped, SourceFrame};
use serde_json::{Map, Value, json};

use self::energies::EnergyFit;
use self::findings::{Duplicate, Outlier};
use self::record::{Contact, Record};
use super::sources::{Sources, Visitor, visit};
use crate::envelope::{Build, put_number};
use crate::{Failure, files};

/// What to look at.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// Files, and folders with everything in them.
    pub paths: Vec<PathBuf>,
    /// Where the page with histograms goes.
    pub report: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct CheckReport {
    files: Vec<FileSummary>,
    unread: Vec<(PathBuf, &'static str)>,
    records: Vec<Record>,
    skipped: Vec<(usize, Skipped)>,
    missing: Vec<(usize, Missing)>,
    contacts: BTreeMap<(Species, Species), Contact>,
    fit: EnergyFit,
    duplicates: Vec<Duplicate>,
    outliers: Vec<Outlier>,
    report: Option<PathBuf>,
}

#[derive(Debug, Clone)]
struct FileSummary {
    path: PathBuf,
    format: Format,
    frames: usize,
    atoms: usize,
    skipped: usize,
}

/// In JSON and on the terminal lists end here; their full number stands beside them.
const LISTED: usize = 100;

/// Reads everything and looks at it.
///
/// # Errors
/// Nothing is there to read, a file is damaged, the page cannot be written.
pub fn check(options: &CheckOptions) -> Result<CheckReport, Failure> {
    let sources = Sources::find(&options.paths)?;
    let mut report = CheckReport { unread: sources.unread, ..CheckReport::default() };
    visit(&sources.files, &mut report)?;
    report.fit = EnergyFit::of(&report.records, report.files.len());
    report.duplicates = findings::duplicates(&report.records);
    report.outliers = findings::outliers(&report.records, &report.fit);
    if let Some(path) = &options.report {
        files::replace(path, page::page(&report).as_bytes())?;
        report.report = Some(path.clone());
    }
    Ok(report)
}

impl Visitor for CheckReport {
    fn file(&mut self, path: &Path, format: Format) {
        self.files.push(FileSummary { path: path.to_owned(), format, frames: 0, atoms: 0, skipped: 0 });
    }

    fn frame(&mut self, _file: usize, frame: SourceFrame) -> Result<(), Failure> {
        // Files that did not open are errors in the end; those that did are counted here.
        let file = self.files.len() - 1;
        let number = self.files[file].frames;
        self.files[file].frames += 1;
        self.files[file].atoms += frame.frame.structure.len();
        let record = Record::of(file, number, &frame, &mut self.contacts);
        self.missing.extend(frame.missing.into_iter().map(|missing| (file, missing)));
        self.records.push(record);
        Ok(())
    }

    fn skipped(&mut self, _file: usize, step: Skipped) {
        let file = self.files.len() - 1;
        self.files[file].skipped += 1;
        self.skipped.push((file, step));
    }
}

/// Smallest, mean and largest of some numbers.
fn range(values: impl Iterator<Item = f64>) -> Option<[f64; 3]> {
    let (mut n, mut low, mut sum, mut high) = (0_usize, f64::INFINITY, 0.0, f64::NEG_INFINITY);
    for value in values {
        (n, low, sum, high) = (n + 1, low.min(value), sum + value, high.max(value));
    }
    (n > 0).then(|| [low, sum / n as f64, high])
}

impl CheckReport {
    /// Frames of all files.
    pub fn frames(&self) -> usize {
        self.records.len()
    }

    /// Where the page was written.
    pub fn page(&self) -> Option<&Path> {
        self.report.as_deref()
    }

    /// `file:line` of a frame.
    fn place(&self, record: &Record) -> String {
        format!("{}:{}", self.files[record.file].path.display(), record.line)
    }

    fn labelled(&self, label: Label) -> usize {
        self.records.iter().filter(|record| record.has(label)).count()
    }

    /// Quantities that have a range: name in JSON, what it is, values by frame.
    fn quantities(&self) -> [(&'static str, &'static str, Vec<f64>); 6] {
        let all = |value: fn(&Record) -> Option<f64>| self.records.iter().filter_map(value).collect();
        [
            ("atoms_per_frame", "atoms per frame", all(|r| Some(r.atoms as f64))),
            ("volume_per_atom_A3", "volume per atom / \u{c5}\u{b3}", all(|r| r.volume_per_atom_a3)),
            ("energy_per_atom_eV", "energy per atom / eV", all(|r| r.energy_ev.map(|e| e / r.atoms as f64))),
            ("force_max_eV_per_A", "largest force of a frame / (eV/\u{c5})", all(|r| r.force_max)),
            ("force_rms_eV_per_A", "RMS force component of a frame / (eV/\u{c5})", all(|r| r.force_rms)),
            ("pressure_GPa", "virial pressure / GPa", all(|r| r.pressure_gpa)),
        ]
    }

    /// Reasons to look again, in words.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for reason in [SkipReason::Unconverged, SkipReason::MachineLearned, SkipReason::Incomplete] {
            let found: Vec<&(usize, Skipped)> =
                self.skipped.iter().filter(|(_, s)| s.reason == reason).collect();
            if let Some((file, first)) = found.first() {
                let place = format!("{}:{}", self.files[*file].path.display(), first.line);
                warnings.push(format!(
                    "{} {} steps skipped, the first at {place}: {}",
                    found.len(),
                    reason.name(),
                    first.text
                ));
            }
        }
        for label in Label::ALL {
            let found: Vec<&(usize, Missing)> =
                self.missing.iter().filter(|(_, m)| m.label == label).collect();
            if let Some((file, first)) = found.first() {
                let place = format!("{}:{}", self.files[*file].path.display(), first.line);
                warnings.push(format!(
                    "{} frames without {}, the first at {place}: {}",
                    found.len(),
                    label.name(),
                    first.why
                ));
            }
        }
        let (free, plain) = (self.records.iter().filter(|r| r.is_free).count(), self.labelled(Label::Energy));
        if free > 0 && free < plain {
            warnings.push(format!("{free} of {plain} energies are free energies: the others may not be the ones the forces derive from"));
        }
        if let Some(duplicate) = self.duplicates.first() {
            let [a, b] =
                [&self.records[duplicate.first], &self.records[duplicate.second]].map(|r| self.place(r));
            warnings.push(format!(
                "{} frames are there twice, the first at {b}, as at {a}",
                self.duplicates.len()
            ));
        }
        let conflicts = self.duplicates.iter().filter(|d| d.is_conflict()).count();
        if conflicts > 0 {
            warnings.push(format!(
                "{conflicts} of these have another energy: the settings of the calculations differ"
            ));
        }
        if let Some(outlier) = self.outliers.first() {
            let place = self.place(&self.records[outlier.record]);
            warnings.push(format!(
                "{} outliers, the farthest at {place}: {}",
                self.outliers.len(),
                outlier.text()
            ));
        }
        for file in self.fit.inconsistent() {
            warnings.push(format!(
                "{}: energies are {:+.1} meV/atom off those of the other files: another functional, pseudopotential or cutoff?",
                self.files[file.file].path.display(),
                1e3 * file.mean_ev_per_atom
            ));
        }
        warnings
    }

    /// The JSON of `natron data check`.
    pub fn json(&self, build: &Build) -> Value {
        let mut map = build.envelope("data");
        map.insert("frames".into(), self.records.len().into());
        map.insert("atoms".into(), self.records.iter().map(|r| r.atoms).sum::<usize>().into());
        let files = self.files.iter().map(|file| {
            json!({
                "file": file.path.display().to_string(),
                "format": file.format.name(),
                "energy_source": natron_io::dumps::energy_source(file.format),
                "frames": file.frames,
                "atoms": file.atoms,
                "skipped": file.skipped,
            })
        });
        map.insert("files".into(), files.collect());
        let unread =
            self.unread.iter().map(|(path, why)| json!({"file": path.display().to_string(), "reason": why}));
        map.insert("unread".into(), unread.collect());
        map.insert("species".into(), self.species_json());
        map.insert("labels".into(), self.labels_json());
        map.insert("ranges".into(), self.ranges_json());
        map.insert("nearest".into(), self.nearest_json());
        map.insert("energies".into(), self.fit.json(|file| self.files[file].path.display().to_string()));
        self.put_findings(&mut map);
        map.insert("warnings".into(), self.warnings().into());
        map.insert("report".into(), self.report.as_ref().map(|path| path.display().to_string()).into());
        map.into()
    }

    fn species_json(&self) -> Value {
        let mut counts: BTreeMap<Species, (usize, usize)> = BTreeMap::new();
        for record in &self.records {
            for (species, atoms) in &record.counts {
                let entry = counts.entry(*species).or_default();
                *entry = (entry.0 + 1, entry.1 + atoms);
            }
        }
        let one = |(species, (frames, atoms)): (Species, (usize, usize))| json!({"species": species.symbol(), "frames": frames, "atoms": atoms});
        counts.into_iter().map(one).collect()
    }

    fn labels_json(&self) -> Value {
        json!({
            "energy": self.labelled(Label::Energy),
            "free_energy": self.records.iter().filter(|r| r.is_free).count(),
            "forces": self.labelled(Label::Forces),
            "virial": self.labelled(Label::Virial),
        })
    }

    fn ranges_json(&self) -> Value {
        let mut ranges = Map::new();
        for (name, _, values) in self.quantities() {
            let mut entry = Map::new();
            let found = range(values.into_iter());
            for (k, end) in ["min", "mean", "max"].iter().enumerate() {
                put_number(&mut entry, end, found.map(|r| r[k]), "no frame has it");
            }
            ranges.insert(name.into(), entry.into());
        }
        ranges.into()
    }

    fn nearest_json(&self) -> Value {
        let one = |((a, b), contact): (&(Species, Species), &Contact)| {
            json!({
                "species": [a.symbol(), b.symbol()],
                "distance_A": contact.distance_a,
                "file": self.files[contact.file].path.display().to_string(),
                "line": contact.line,
                "atoms": contact.atoms,
            })
        };
        self.contacts.iter().map(one).collect()
    }

    fn put_findings(&self, map: &mut Map<String, Value>) {
        let path = |file: usize| self.files[file].path.display().to_string();
        let skipped = self.skipped.iter().take(LISTED).map(|(file, step)| {
            json!({"file": path(*file), "line": step.line, "reason": step.reason.name(), "text": step.text})
        });
        map.insert("skipped".into(), skipped.collect());
        map.insert("n_skipped".into(), self.skipped.len().into());
        let missing = self.missing.iter().take(LISTED).map(|(file, missing)| {
            json!({"file": path(*file), "line": missing.line, "label": missing.label.name(), "reason": missing.why})
        });
        map.insert("missing".into(), missing.collect());
        map.insert("n_missing".into(), self.missing.len().into());
        let place = |record: usize| {
            let record = &self.records[record];
            json!({"file": path(record.file), "line": record.line, "frame": record.number})
        };
        let duplicates = self.duplicates.iter().take(LISTED).map(|d| {
            let mut entry = Map::new();
            entry.insert("first".into(), place(d.first));
            entry.insert("second".into(), place(d.second));
            put_number(
                &mut entry,
                "energy_difference_eV_per_atom",
                d.energy_ev_per_atom,
                "one has no energy",
            );
            Value::from(entry)
        });
        map.insert("duplicates".into(), duplicates.collect());
        map.insert("n_duplicates".into(), self.duplicates.len().into());
        let outliers = self.outliers.iter().take(LISTED).map(|o| {
            let mut entry = place(o.record);
            entry["quantity"] = o.quantity.into();
            entry["value"] = o.value.into();
            entry["deviations"] = o.deviations.into();
            entry
        });
        map.insert("outliers".into(), outliers.collect());
        map.insert("n_outliers".into(), self.outliers.len().into());
    }

    /// What is there, for a terminal.
    pub fn text(&self) -> String {
        let mut text = self.files_table().to_text();
        text += "\n";
        text += &self.ranges_table().to_text();
        text += "\n";
        text += &self.contacts_table().to_text();
        text += "\n";
        text + &self.energies_table().to_text()
    }

    fn files_table(&self) -> natron_report::Table {
        let mut table = natron_report::Table::new(&["file", "format", "frames", "atoms", "skipped"]);
        for file in &self.files {
            table.push(&[
                file.path.display().to_string(),
                file.format.name().to_owned(),
                file.frames.to_string(),
                file.atoms.to_string(),
                file.skipped.to_string(),
            ]);
        }
        table
    }

    fn ranges_table(&self) -> natron_report::Table {
        let mut table = natron_report::Table::new(&["quantity", "frames", "smallest", "mean", "largest"]);
        for (_, name, values) in self.quantities() {
            let n = values.len().to_string();
            let found = range(values.into_iter());
            let [low, mean, high] =
                found.map_or([String::new(), String::new(), String::new()], |r| r.map(|x| format!("{x:.4}")));
            table.push(&[name.to_owned(), n, low, mean, high]);
        }
        table
    }

    fn contacts_table(&self) -> natron_report::Table {
        let mut table = natron_report::Table::new(&["pair", "nearest / \u{c5}", "where"]);
        for ((a, b), contact) in &self.contacts {
            let place = format!("{}:{}", self.files[contact.file].path.display(), contact.line);
            table.push(&[format!("{a}-{b}"), format!("{:.4}", contact.distance_a), place]);
        }
        table
    }

    fn energies_table(&self) -> natron_report::Table {
        let mut table = natron_report::Table::new(&["element", "E0 / eV (least squares)"]);
        for (species, energy) in &self.fit.e0_ev {
            table.push(&[species.symbol().to_owned(), format!("{energy:.4}")]);
        }
        table
    }
}
