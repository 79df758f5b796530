//! log.txt: what happened when, in plain lines.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;

/// Now, in UTC to the second.
pub(crate) fn now_utc() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The line a restart leaves behind, so that the log can be cut back to it.
pub(crate) fn restart_line(step: u64, time_ps: f64) -> String {
    format!("restart at step {step} ({time_ps:.3} ps)")
}

/// A log that is written line by line.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
}

impl Log {
    /// Goes on at the end of a log, or starts one.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: OpenOptions::new().append(true).create(true).open(path)? })
    }

    /// One line with the time before it.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.file, "{} {text}", now_utc())
    }
}

/// Cuts a log back to just behind the restart of `step`; a log that has no such line stays as it is.
pub(crate) fn cut(path: &Path, step: u64) -> io::Result<()> {
    let text = String::from_utf8_lossy(&std::fs::read(path)?).into_owned();
    let wanted = format!(" restart at step {step} (");
    let Some(found) = text.rfind(&wanted) else { return Ok(()) };
    let end = text[found..].find('\n').map_or(text.len(), |k| found + k + 1);
    OpenOptions::new().write(true).open(path)?.set_len(end as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_cut_behind_the_restart_it_goes_on_from() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("log.txt");
        let mut log = Log::open(&path).expect("opens");
        for text in ["start", &restart_line(500, 0.5), "later", &restart_line(5000, 5.0), "lost"] {
            log.line(text).expect("writes");
        }
        cut(&path, 500).expect("cuts");
        let kept = std::fs::read_to_string(&path).expect("reads");
        assert_eq!(kept.lines().count(), 2);
        assert!(kept.ends_with("restart at step 500 (0.500 ps)\n"), "{kept}");
        cut(&path, 77).expect("nothing to cut");
        assert_eq!(std::fs::read_to_string(&path).expect("reads"), kept);
    }
}
