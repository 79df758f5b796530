//! Leave one host out: errors on hosts that a training has not seen.

use std::sync::Arc;

use super::TrainJob;
use super::frames::{About, Entry, Split};
use super::run::{Fold, each_prediction};
use crate::evaluate::Errors;
use crate::watch::{Progress, Watch};
use crate::{Failure, RunError};

/// Errors over all hosts, each predicted by a training that had none of its frames. Frames of the test
/// split never train; they are predicted by the main training.
pub(super) fn leave_one_host_out(
    job: &TrainJob,
    main: &Fold,
    watch: &dyn Watch,
) -> Result<Option<Errors>, Failure> {
    let hosts = hosts(job);
    let mut errors = Errors::default();
    let tested: Vec<&Arc<Entry>> = job
        .data
        .reference()
        .filter(|entry| entry.about.split == Split::Test && counts(job, &entry.about.kind))
        .collect();
    add(&mut errors, main, &tested)?;
    for (k, host) in hosts.iter().enumerate() {
        watch.progress(&Progress {
            replica: 0,
            stage: format!("without {host}"),
            steps_done: k as u64,
            steps_total: hosts.len() as u64,
            state: None,
            ns_per_day: None,
            time_left: None,
        });
        if watch.stop().is_some() {
            return Ok(None);
        }
        let left_out: Vec<&Arc<Entry>> = job
            .data
            .reference()
            .filter(|entry| *entry.about.host == **host && counts(job, &entry.about.kind))
            .collect();
        let rest =
            |split: Split| job.data.chosen(|about: &About| about.split == split && *about.host != **host);
        let failed = |error: natron_train::TrainError| RunError::new(format!("without host {host}: {error}"));
        let (train, mut valid) = (rest(Split::Train), rest(Split::Valid));
        if valid.is_empty() {
            // The only validation host is left out: the choice of the epoch falls to the training frames.
            valid = train.clone();
        }
        let mut trainer = job.trainer(train, valid)?;
        while !trainer.is_finished() {
            trainer.run_epoch().map_err(failed)?;
        }
        add(&mut errors, &Fold { model: trainer.best_model().clone(), factors: None }, &left_out)?;
        watch.detail(&format!("{} of {} hosts left out", k + 1, hosts.len()));
    }
    Ok(Some(errors))
}

fn add(errors: &mut Errors, fold: &Fold, frames: &[&Arc<Entry>]) -> Result<(), RunError> {
    each_prediction(fold, frames, |_| false, |labelled, values, _| errors.add(&labelled.frame, values))
}

/// Whether frames of a kind are among those that the report pools.
pub(super) fn counts(job: &TrainJob, kind: &str) -> bool {
    let kinds = &job.deck.data.report_kinds;
    kinds.is_empty() || kinds.iter().any(|wanted| wanted == kind)
}

/// Hosts with pooled frames outside the test split, in order of appearance.
pub(super) fn hosts(job: &TrainJob) -> Vec<Arc<str>> {
    let mut hosts: Vec<Arc<str>> = Vec::new();
    for entry in job.data.reference() {
        let About { split, kind, host, .. } = &entry.about;
        let wanted = *split != Split::Test && counts(job, kind) && !host.is_empty();
        if wanted && !hosts.contains(host) {
            hosts.push(host.clone());
        }
    }
    hosts
}
