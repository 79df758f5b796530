//! What a training found: tables, learning curves, parity plots.

use std::path::Path;

use natron_potential::UncertaintyFactors;
use natron_report::{Page, Plot, Table};
use natron_train::{EpochReport, Metrics};

use super::run::Results;
use super::{TrainDeck, TrainJob};
use crate::envelope::Build;
use crate::evaluate::Errors;
use crate::keys::annotate;
use crate::md::report::picture;
use crate::provenance::Provenance;
use crate::watch::Stop;

/// Losses and validation errors by epoch.
#[derive(Debug, Default)]
pub(super) struct History {
    rows: Vec<Row>,
    last: Option<Metrics>,
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    epoch: usize,
    learning_rate: f64,
    forces: f64,
    energy: f64,
    virial: f64,
    valid_force_mev_per_a: Option<f64>,
    valid_energy_mev_per_atom: Option<f64>,
    gradient_mean: Option<f64>,
    gradient_max: Option<f64>,
}

const HEADING: &str = "epoch,learning_rate,loss_forces,loss_energy,loss_virial,valid_force_rmse_meV_per_A,valid_energy_rmse_meV_per_atom,gradient_norm_mean,gradient_norm_max";

impl History {
    /// What a run directory holds up to `epoch`.
    pub fn read(path: &Path, epoch: usize) -> Self {
        let text = if epoch > 0 { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() };
        let row = |line: &str| -> Option<Row> {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |k: usize| cells.get(k)?.parse::<f64>().ok();
            Some(Row {
                epoch: cells.first()?.parse().ok()?,
                learning_rate: number(1)?,
                forces: number(2)?,
                energy: number(3)?,
                virial: number(4)?,
                valid_force_mev_per_a: number(5),
                valid_energy_mev_per_atom: number(6),
                gradient_mean: number(7),
                gradient_max: number(8),
            })
        };
        let rows = text.lines().skip(1).filter_map(row).filter(|row| row.epoch <= epoch).collect();
        Self { rows, last: None }
    }

    pub fn push(&mut self, report: &EpochReport) {
        self.rows.push(Row {
            epoch: report.epoch,
            learning_rate: report.learning_rate,
            forces: report.loss.forces,
            energy: report.loss.energy,
            virial: report.loss.virial,
            valid_force_mev_per_a: report.valid.as_ref().map(|v| v.force_rmse_ev_per_a * 1e3),
            valid_energy_mev_per_atom: report.valid.as_ref().map(|v| v.energy_rmse_ev_per_atom * 1e3),
            gradient_mean: Some(report.gradient_norm_mean),
            gradient_max: Some(report.gradient_norm_max),
        });
        if report.valid.is_some() {
            self.last.clone_from(&report.valid);
        }
    }

    pub fn last_valid(&self) -> Option<&Metrics> {
        self.last.as_ref()
    }

    pub fn to_csv(&self) -> String {
        let cell = |x: Option<f64>| x.map_or(String::new(), |x| x.to_string());
        let line = |r: &Row| {
            let Row { epoch, learning_rate, forces, energy, virial, .. } = r;
            let optional =
                [r.valid_force_mev_per_a, r.valid_energy_mev_per_atom, r.gradient_mean, r.gradient_max];
            let optional = optional.map(cell).join(",");
            format!("{epoch},{learning_rate},{forces},{energy},{virial},{optional}\n")
        };
        std::iter::once(format!("{HEADING}\n")).chain(self.rows.iter().map(line)).collect()
    }

    /// A column by epoch, where it can stand on a logarithmic axis.
    fn curve(&self, value: fn(&Row) -> Option<f64>) -> Vec<(f64, f64)> {
        let point = |row: &Row| Some((row.epoch as f64, value(row).filter(|v| *v > 0.0)?));
        self.rows.iter().filter_map(point).collect()
    }

    fn learning_curve(&self) -> Plot {
        Plot::new("")
            .x("epoch")
            .y("loss")
            .log_y()
            .line("forces", &self.curve(|row| Some(row.forces)))
            .line("energy", &self.curve(|row| Some(row.energy)))
            .line("virial", &self.curve(|row| Some(row.virial)))
    }

    fn gradient_curve(&self) -> Plot {
        Plot::new("")
            .x("epoch")
            .y("length of the gradient")
            .log_y()
            .line("mean over the steps", &self.curve(|row| row.gradient_mean))
            .line("longest", &self.curve(|row| row.gradient_max))
    }

    fn validation_curve(&self) -> Plot {
        Plot::new("")
            .x("epoch")
            .y("RMSE on validation frames")
            .log_y()
            .line("forces, meV/\u{c5}", &self.curve(|row| row.valid_force_mev_per_a))
            .line("energy, meV/atom", &self.curve(|row| row.valid_energy_mev_per_atom))
    }
}

/// Errors as a table, one row a group and species, counts beside every figure.
pub(super) fn table(results: &Results) -> Table {
    let heading =
        ["frames of", "frames", "energy meV/atom", "atoms", "force meV/A", "RMS force", "force error"];
    let mut table = (1..heading.len()).fold(Table::new(&heading), Table::right);
    let mut add = |name: &str, errors: &Errors| add_group(&mut table, name, errors);
    add("train", &results.train);
    add("valid", &results.valid);
    add("test", &results.test);
    add("test, reported kinds", &results.selected);
    for (kind, errors) in &results.by_kind {
        add(&format!("test, {kind}"), errors);
    }
    if let Some(errors) = &results.left_out {
        add("hosts left out", errors);
    }
    table
}

fn add_group(table: &mut Table, name: &str, errors: &Errors) {
    if errors.frames() == 0 {
        return;
    }
    let number = |x: Option<f64>| x.map_or("-".to_string(), |x| format!("{x:.1}"));
    let percent = |x: Option<f64>| x.map_or("-".to_string(), |x| format!("{x:.1} %"));
    let atoms: usize = errors.species().map(|(_, atoms, ..)| atoms).sum();
    table.push(&[
        name.to_string(),
        errors.frames().to_string(),
        number(errors.energy_rmse_mev_per_atom()),
        atoms.to_string(),
        number(errors.force_rmse_mev_per_a()),
        number(errors.force_rms_mev_per_a()),
        percent(errors.force_error_percent()),
    ]);
    for (species, atoms, rmse, rms, error) in errors.species() {
        table.push(&[
            format!("  {species} atoms"),
            String::new(),
            String::new(),
            atoms.to_string(),
            format!("{rmse:.1}"),
            format!("{rms:.1}"),
            percent(error),
        ]);
    }
}

/// The page.
pub(super) fn page(
    job: &TrainJob,
    history: &History,
    results: &Results,
    build: &Build,
    started_utc: &str,
    stopped: Option<Stop>,
) -> String {
    let name = job.directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut page = Page::new(&format!("Training: {name}")).subtitle(&format!(
        "{} frames, energies from {}",
        job.data.reference().count(),
        job.data.energy
    ));
    if let Some(stop) = stopped {
        let text =
            format!("The training was stopped by {} before its end; continue it with --resume.", stop.name());
        page = page.warning(&text);
    }
    if results.test.frames() == 0 {
        page = page
            .warning("No frame was kept for testing: the errors are of frames that the training has seen.");
    }
    page = page
        .table(&table(results))
        .heading("Learning")
        .figure(&history.learning_curve().to_svg(640.0, 340.0), "Loss on the training frames by part.")
        .figure(
            &history.gradient_curve().to_svg(640.0, 340.0),
            "Length of the gradient over all parameters, before it is shortened.",
        )
        .figure(
            &history.validation_curve().to_svg(640.0, 340.0),
            "Errors of the averaged model on the validation frames.",
        )
        .heading("Test frames");
    for (species, points) in &results.parity {
        if points.added() > 0 {
            let plot = Plot::new("")
                .x("DFT force / (eV/\u{c5})")
                .y("predicted force / (eV/\u{c5})")
                .diagonal()
                .scatter(species, points.kept());
            page = page
                .figure(&plot.to_svg(480.0, 440.0), &format!("Force components on {species}, test split."));
        }
    }
    if !results.calibrated.is_empty() {
        page = page
            .heading("Uncertainty")
            .text(&uncertainty_text(results))
            .figure(&reliability(results).to_svg(480.0, 440.0), "Force components in ten bins of rising predicted standard deviation: on the diagonal errors are as large as predicted. The factor was fitted to the validation frames.");
    }
    if let Some(largest) = &results.largest {
        let caption = format!("The largest frame, of host {}, atoms wrapped into the cell.", largest.host);
        page = page.heading("Data").figure(&picture(&largest.frame.structure), &caption);
    }
    let provenance = Provenance::of(build)
        .fact("SHA-256 of the data, in the order read", &job.data.sha256)
        .file("potential", &job.directory.join("potential.safetensors"))
        .fact("seed", &job.deck.seed.to_string())
        .fact("began", started_utc);
    provenance.section(page).heading("Deck").code(&job.deck_for_directory()).to_html()
}

fn uncertainty_text(results: &Results) -> String {
    let factors = results.factors.unwrap_or(UncertaintyFactors::both(1.0));
    let mut text = format!(
        "32 last layers drawn from the curvature of the loss and fitted to the likelihood of the training forces; spread times {:.2} for forces, {:.3} for energies. Validation: {}.",
        factors.forces,
        factors.energies,
        results.calibrated.text()
    );
    if !results.tested.is_empty() {
        text.push_str(&format!(" Test: {}.", results.tested.text()));
    }
    text
}

fn reliability(results: &Results) -> Plot {
    let plot = Plot::new("")
        .x("predicted standard deviation / (eV/\u{c5})")
        .y("error, root mean square / (eV/\u{c5})")
        .diagonal()
        .log_log()
        .scatter("validation", &results.calibrated.forces.reliability());
    if results.tested.is_empty() { plot } else { plot.scatter("test", &results.tested.forces.reliability()) }
}

/// What the keys of a training deck mean, in the order in which they are written.
const MEANINGS: &[(&str, &str)] = &[
    ("format", "format of this deck"),
    ("seed", "seed of the initial weights and of the order of frames"),
    ("files", "files of labelled frames, relative to this deck; * matches within a name"),
    ("split_key", "key of a frame that says train, valid or test; frames without it train"),
    ("weight_key", "key of a frame that gives its weight; frames without it have 1"),
    ("energy", "which energy to learn: auto takes free_energy where every frame has it"),
    ("leave_one_host_out", "train once more without each host and report the errors on it"),
    ("report_kinds", "kinds pooled in the report; [] is all"),
    ("exclude_kinds", "kinds whose frames are left out"),
    ("memory_GB", "what frames may take in memory; those beyond are read and prepared when they are needed"),
    ("potential", "built-in name or file of the potential to start from"),
    ("teachers", "potentials whose mean labels the structures"),
    ("structures", "files of structures for the teachers to label, or labelled by another program"),
    ("species", "elements of the model"),
    ("radial_functions", "basis functions of each radial function"),
    ("channel_shifts", "three-body features for each l: channel pairs n, n + shift"),
    ("couplings", "four-body features: angular momenta l1 l2 l3"),
    ("five_body", "five-body features: l1 and l2 coupled to L"),
    ("hidden", "widths of the hidden layers; [] is a linear model"),
    ("residual", "hidden layers as wide as the one before add their input to their output"),
    ("pair", "centre and neighbour"),
    ("cutoff_A", "where the neighbour (the pair, in dispersion) stops counting"),
    ("scale_A", "where the radial basis is dense"),
    ("inner_A", "the repulsive wall is full below"),
    ("outer_A", "and gone above"),
    ("method", "dispersion as a formula, taken from the labels and added by the potential"),
    ("functional", "functional whose published damping is taken"),
    ("s6", "factor of the C6 term"),
    ("s8", "factor of the C8 term"),
    ("a1", "factor of sqrt(C8/C6) in the damping radius"),
    ("a2_bohr", "the rest of the damping radius"),
    ("coordination_cutoff_A", "where atoms stop to count in coordination numbers"),
    ("switch_A", "how far before these cutoffs the ends begin"),
    ("force_floor_eV_per_A", "force error that counts 1"),
    ("force_relative", "part of a reference force that is forgiven as error"),
    ("force_huber", "force errors beyond this many times that count linearly"),
    ("energy_floor_eV_per_atom", "energy error that counts 1"),
    ("energy_weight", "weight of energies for three quarters of the epochs"),
    ("energy_weight_final", "weight of energies in the last quarter"),
    ("virial_floor_eV_per_atom", "virial error that counts 1"),
    ("virial_weight", "weight of virials"),
    ("isolated_floor_eV", "error of the energy of an isolated atom that counts 1"),
    ("isolated_weight", "weight of isolated atoms"),
    ("epochs", "passes over the training frames"),
    ("kind_repeats", "how often a pass meets the frames of a kind"),
    ("batch_frames", "frames a step"),
    ("learning_rate", "highest learning rate of AdamW"),
    ("learning_rate_final", "learning rate at the end of the cosine"),
    ("warm_up", "share of the steps spent warming up"),
    ("weight_decay", "decoupled weight decay"),
    ("gradient_norm_max", "the gradient of a step is shortened to this length"),
    ("moving_average", "memory of the average of the weights that is exported"),
    ("validate_every", "epochs between looks at the validation frames"),
    ("patience", "stop after this many looks without a better one; 0 never does"),
    ("directory", "run directory, relative to this deck"),
    ("checkpoint_every", "epochs between checkpoints"),
];

/// The deck as TOML with a comment behind every value whose key is known.
pub(super) fn explain(deck: &TrainDeck) -> String {
    let text = toml::to_string(deck).expect("a deck that was read can be written");
    annotate(&text, |_, key| MEANINGS.iter().find(|(name, _)| *name == key).map(|(_, meaning)| *meaning))
}
