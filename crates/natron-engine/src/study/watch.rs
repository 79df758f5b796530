//! One run of many, as the watch of the whole study sees it.

use crate::watch::{Progress, Stop, Watch};

/// Passes on the progress of one run under its number in the study.
pub(crate) struct OneOf<'w> {
    pub(crate) watch: &'w dyn Watch,
    /// Number of the run.
    pub(crate) number: usize,
    /// What it is called.
    pub(crate) name: String,
    /// Steps of the run before the part that is watched, and of all its parts.
    pub(crate) steps_before: u64,
    pub(crate) steps_total: u64,
}

impl Watch for OneOf<'_> {
    fn progress(&self, progress: &Progress) {
        let steps_done = (self.steps_before + progress.steps_done).min(self.steps_total);
        self.watch.progress(&Progress {
            replica: self.number,
            stage: format!("{}: {}", self.name, progress.stage),
            steps_done,
            steps_total: self.steps_total,
            ..progress.clone()
        });
    }

    /// What is news in a single run is a detail among many.
    fn info(&self, text: &str) {
        self.watch.detail(&format!("{}: {text}", self.name));
    }

    /// The summary of the study collects what matters; a short production is one row of its table.
    fn warning(&self, text: &str) {
        self.watch.detail(&format!("{}: {text}", self.name));
    }

    fn detail(&self, text: &str) {
        self.watch.detail(&format!("{}: {text}", self.name));
    }

    fn stop(&self) -> Option<Stop> {
        self.watch.stop()
    }
}
