//! Leave one host out: errors on hosts that a training has not seen.

use super::TrainJob;
use super::data::{Labelled, Split};
use super::run::{Fold, predict};
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
    let tested: Vec<&Labelled> =
        job.data.reference().filter(|f| f.split == Split::Test && counts(job, f)).collect();
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
        let left_out: Vec<&Labelled> =
            job.data.reference().filter(|f| f.host == *host && counts(job, f)).collect();
        let rest = |split: Split| {
            let kept = job.data.frames.iter().filter(|f| f.split == split && f.host != *host);
            kept.map(|f| f.sample.clone()).collect::<Vec<_>>()
        };
        let failed = |error: natron_train::TrainError| RunError::new(format!("without host {host}: {error}"));
        let (train, mut valid) = (rest(Split::Train), rest(Split::Valid));
        if valid.is_empty() {
            // The only validation host is left out: the choice of the epoch falls to the training frames.
            valid.clone_from(&train);
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

fn add(errors: &mut Errors, fold: &Fold, frames: &[&Labelled]) -> Result<(), RunError> {
    for (labelled, values) in frames.iter().zip(predict(fold, frames)?) {
        errors.add(&labelled.frame, &values);
    }
    Ok(())
}

/// Whether a frame is one of those that the report pools.
pub(super) fn counts(job: &TrainJob, labelled: &Labelled) -> bool {
    let kinds = &job.deck.data.report_kinds;
    kinds.is_empty() || kinds.contains(&labelled.sample.kind)
}

/// Hosts with pooled frames outside the test split, in order of appearance.
pub(super) fn hosts(job: &TrainJob) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for labelled in job.data.reference() {
        let wanted = labelled.split != Split::Test && counts(job, labelled) && !labelled.host.is_empty();
        if wanted && !hosts.contains(&labelled.host) {
            hosts.push(labelled.host.clone());
        }
    }
    hosts
}
