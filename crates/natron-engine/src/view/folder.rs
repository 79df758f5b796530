//! Run directories, and folders of a program's output.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Facts, frames, look as look_at, text};
use crate::InputError;
use crate::run_directory::replica_folders;

pub(super) fn look(path: &Path) -> Result<(&'static str, Facts), InputError> {
    let is_run =
        ["deck.toml", "summary.json", "log.txt", "restart"].iter().any(|name| path.join(name).exists());
    if !is_run {
        return frames::look(path);
    }
    let mut facts = Facts::new();
    if let Ok((kind, deck)) = look_at(&path.join("deck.toml")) {
        facts.insert("deck".into(), kind.into());
        facts.extend(deck);
    }
    if let Some(summary) = summary(&path.join("summary.json")) {
        facts.insert("summary".into(), Value::Object(text::plain(&summary)));
    }
    facts.insert("summary_written".into(), path.join("summary.json").is_file().into());
    facts.insert("replicas".into(), replica_folders(path).len().max(1).into());
    if let Some(restart) = newest_restart(path)
        && let Ok((_, about)) = look_at(&restart)
    {
        facts.insert("newest_restart".into(), restart.display().to_string().into());
        for key in ["step", "time_ps", "stage", "atoms", "composition"] {
            facts.insert(format!("restart_{key}"), about.get(key).cloned().unwrap_or_default());
        }
    }
    if let Ok((_, about)) = look_at(&path.join("trajectory.h5")) {
        for key in ["frames", "from_ps", "to_ps", "closed"] {
            facts.insert(format!("trajectory_{key}"), about.get(key).cloned().unwrap_or_default());
        }
    }
    facts.insert("files".into(), names(path).into());
    Ok(("run directory", facts))
}

fn summary(path: &Path) -> Option<serde_json::Map<String, Value>> {
    let bytes = std::fs::read(path).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// The restart of the highest step, of the run or of its first replica.
fn newest_restart(path: &Path) -> Option<PathBuf> {
    let folders = std::iter::once(path.to_path_buf()).chain(replica_folders(path));
    let step = |file: &PathBuf| file.file_stem()?.to_str()?.parse::<u64>().ok();
    folders.into_iter().find_map(|folder| {
        let entries = std::fs::read_dir(folder.join("restart")).ok()?.flatten().map(|entry| entry.path());
        entries.filter_map(|file| Some((step(&file)?, file))).max().map(|(_, file)| file)
    })
}

/// What lies in the folder, in order.
fn names(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
