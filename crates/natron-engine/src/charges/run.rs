//! Computing charges: the head, every frame, densities, files.

use natron_atoms::NeighbourList;
use natron_potential::Reads;
use natron_potential::charges::AtomInputs;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::compared::{Errors, errors};
use super::curves::{Group, groups};
use super::fit::{Fitted, Tried, fit};
use super::head::LoadedHead;
use super::sources::Source;
use super::{ChargesJob, meanings, report, written};
use crate::envelope::{Build, put_end};
use crate::job::{Job, RunOutcome};
use crate::md::now_utc;
use crate::potentials::LoadedNeural;
use crate::run_directory::RunDirectory;
use crate::watch::Watch;
use crate::{Failure, InputError, RunError, files};

/// The file of a head that was fitted.
const HEAD: &str = "head.safetensors";

/// What was found.
pub(super) struct Found {
    pub head: LoadedHead,
    /// Heads that were tried, where one was fitted.
    pub tried: Vec<Tried>,
    /// Charges of the atoms of every frame, e.
    pub charges_e: Vec<Vec<f64>>,
    /// The same for the frames of the fit.
    pub fitted_e: Vec<Vec<f64>>,
    pub errors: Vec<Errors>,
    pub groups: Vec<Group>,
}

impl Job for ChargesJob {
    fn command(&self) -> &'static str {
        "charges"
    }

    fn about(&self) -> String {
        self.summary_line()
    }

    fn explain(&self) -> String {
        meanings::explain(&self.deck)
    }

    fn run(&self, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure> {
        let started_utc = now_utc();
        // What is wrong with a frame is found before anything is written.
        RunDirectory::check(&self.directory, self.existing)?;
        watch.info(&self.about());
        let found = self.found()?;
        let head = format!("natron {}: {}", build.version, self.about());
        let held = RunDirectory::begin(&self.directory, self.existing, &self.deck_for_directory(), &head)?;
        let file = |name: &str| held.path().join(name);
        if self.deck.fit.is_some() {
            let bytes = found.head.head.to_bytes(&found.head.provenance);
            let bytes = bytes.map_err(|error| RunError::new(error.to_string()))?;
            files::replace(&file(HEAD), &bytes)?;
        }
        let mut reports = vec![file("report.html")];
        if !self.sources.is_empty() {
            files::replace(
                &file("charges.csv"),
                written::charges(&self.sources, &found.charges_e).as_bytes(),
            )?;
            files::replace(&file("density.csv"), written::density(&found.groups).as_bytes())?;
            files::write_frames(&file("charges.extxyz"), &written::frames(self, &found.charges_e))?;
            reports.push(file("charges.extxyz"));
        }
        let mut summary = build.envelope("charges");
        self.put(&found, &mut summary);
        put_end(&mut summary, &started_utc, true, None);
        let summary = Value::Object(summary);
        let text = serde_json::to_string_pretty(&summary).expect("JSON serialises");
        files::replace(&file("summary.json"), text.as_bytes())?;
        files::replace(&file("report.html"), report::page(self, &found).as_bytes())?;
        Ok(RunOutcome { summary, table: report::text(&found), reports, stopped: None })
    }
}

impl ChargesJob {
    fn found(&self) -> Result<Found, Failure> {
        let Fitted { head, tried } = match (&self.deck.fit, &self.head) {
            (Some(table), _) => fit(table, &self.labelled, &self.potential, &self.data_sha256)?,
            (None, Some(head)) => Fitted { head: head.clone(), tried: Vec::new() },
            (None, None) => unreachable!("a deck without [fit] was given a head"),
        };
        let charges = |sources: &[Source]| -> Result<Vec<Vec<f64>>, InputError> {
            let of_frame = |source: &Source| {
                let inputs = inputs(&self.potential, head.head.reads, source)?;
                Ok(head.head.charges_of(&inputs, self.deck.charges.total_e))
            };
            sources.par_iter().map(of_frame).collect()
        };
        let (charges_e, fitted_e) = (charges(&self.sources)?, charges(&self.labelled)?);
        let errors = match self.deck.fit {
            Some(_) => errors(&self.labelled, &fitted_e),
            None => errors(&self.sources, &charges_e),
        };
        let groups = groups(&self.sources, &charges_e, &self.deck.density);
        Ok(Found { head, tried, charges_e, fitted_e, errors, groups })
    }

    fn put(&self, found: &Found, map: &mut Map<String, Value>) {
        let provenance = &found.head.provenance;
        map.insert(
            "potential".into(),
            json!({ "name": self.potential.name, "sha256": self.potential.sha256_hex() }),
        );
        map.insert(
            "head".into(),
            json!({
                "name": found.head.name,
                "reads": found.head.head.reads,
                "numbers_per_atom": found.head.head.weights.first().map_or(0, Vec::len),
                "ridge": provenance.ridge,
                "atoms": provenance.atoms,
                "data_sha256": provenance.data_sha256,
                "rmse_e": provenance.rmse_e,
            }),
        );
        if self.deck.fit.is_some() {
            let tried = |tried: &Tried| json!({ "reads": tried.reads, "ridge": tried.ridge, "train_rmse_e": tried.train_e, "valid_rmse_e": tried.valid_e });
            map.insert("tried".into(), found.tried.iter().map(tried).collect());
        }
        map.insert("frames".into(), self.sources.len().into());
        map.insert("atoms".into(), found.charges_e.iter().map(Vec::len).sum::<usize>().into());
        map.insert("bandwidth_rule".into(), self.bandwidth_rule().into());
        map.insert("groups".into(), found.groups.iter().map(Group::json).collect());
        map.insert("errors".into(), found.errors.iter().map(Errors::json).collect());
    }

    /// How wide the kernels are, in words.
    pub(super) fn bandwidth_rule(&self) -> String {
        match self.deck.density.bandwidth_e {
            Some(width) => format!("given: {width} e"),
            None => format!("{}: {}", self.deck.density.rule.name(), self.deck.density.rule.formula()),
        }
    }
}

/// What a head reads of a frame.
pub(super) fn inputs(
    potential: &LoadedNeural,
    reads: Reads,
    source: &Source,
) -> Result<AtomInputs, InputError> {
    let structure = &source.frame.structure;
    let reach = natron_potential::Potential::max_cutoff_a(&potential.potential);
    let list =
        NeighbourList::build(structure, reach, 0.0).map_err(|error| source.error(error.to_string()))?;
    AtomInputs::of(&potential.potential, reads, structure, &list)
        .map_err(|error| source.error(error.to_string()))
}
