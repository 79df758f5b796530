//! Labels from a command: a folder for each frame, a structure written, a program run, labels read back.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use natron_atoms::{Frame, InfoValue, Structure};
use natron_io::Format;

use super::deck::LabelTable;
use crate::watch::{Progress, Stop, Watch};
use crate::{Failure, RunError, files};

/// What is kept of a frame's labels, in its folder.
const KEPT: &str = "natron-labels.extxyz";
/// Why there are none, in its folder.
const FAILED: &str = "natron-failed.txt";
/// Positions may come back rounded by this, A.
const MOVED_A: f64 = 1e-3;
/// Between looks at a running command.
const LOOK: Duration = Duration::from_millis(50);

/// What became of some frames.
#[derive(Debug, Clone, Default)]
pub(super) struct Labelled {
    pub frames: Vec<Frame>,
    /// Folder and reason of each that failed.
    pub failed: Vec<(PathBuf, String)>,
}

/// Labels `frames`, each in a folder of its own below `folder`; those that are done there are not done again.
pub(super) fn label(
    frames: &[Frame],
    table: &LabelTable,
    deck: &Path,
    folder: &Path,
    watch: &dyn Watch,
) -> Result<(Labelled, Option<Stop>), Failure> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), Failure> {
        loop {
            let k = next.fetch_add(1, Ordering::Relaxed);
            let Some(frame) = frames.get(k) else { return Ok(()) };
            if watch.stop().is_some() {
                return Ok(());
            }
            watch.progress(&progress(k, frames.len()));
            one(frame, table, deck, &folder.join(format!("{k:03}")), watch)?;
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..table.jobs.min(frames.len())).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })?;
    if let Some(stop) = watch.stop() {
        return Ok((Labelled::default(), Some(stop)));
    }
    let mut out = Labelled::default();
    for k in 0..frames.len() {
        let folder = folder.join(format!("{k:03}"));
        match std::fs::read_to_string(folder.join(FAILED)) {
            Ok(reason) => out.failed.push((folder, reason.trim().to_string())),
            Err(_) => out.frames.extend(files::read_frames(&folder.join(KEPT))?),
        }
    }
    Ok((out, None))
}

fn progress(done: usize, total: usize) -> Progress {
    Progress {
        replica: 0,
        stage: "label".into(),
        steps_done: done as u64,
        steps_total: total as u64,
        state: None,
        ns_per_day: None,
        time_left: None,
    }
}

/// One frame, unless its folder holds labels or a reason already.
fn one(
    frame: &Frame,
    table: &LabelTable,
    deck: &Path,
    folder: &Path,
    watch: &dyn Watch,
) -> Result<(), Failure> {
    if folder.join(KEPT).exists() || folder.join(FAILED).exists() {
        return Ok(());
    }
    std::fs::create_dir_all(folder).map_err(|error| RunError::writing(folder, error))?;
    prepare(frame, table, deck, folder)?;
    let found = match run(table, deck, folder, watch)? {
        None => return Ok(()),
        Some(Ok(())) => read(frame, table, folder),
        Some(Err(reason)) => Err(reason),
    };
    match found {
        Ok(labelled) => files::write_frames(&folder.join(KEPT), &[labelled])?,
        Err(reason) => {
            watch.warning(&format!("{}: no labels: {reason}", folder.display()));
            files::replace(&folder.join(FAILED), format!("{reason}\n").as_bytes())?;
        }
    }
    Ok(())
}

fn prepare(frame: &Frame, table: &LabelTable, deck: &Path, folder: &Path) -> Result<(), Failure> {
    let deck_folder = files::folder_of(deck);
    for file in &table.files {
        let from = deck_folder.join(file);
        let name = from.file_name().unwrap_or_default();
        let to = folder.join(name);
        std::fs::copy(&from, &to).map_err(|error| RunError::writing(&to, error))?;
    }
    let output = folder.join(&table.output);
    if output.exists() {
        // Of an earlier, interrupted command.
        std::fs::remove_file(&output).map_err(|error| RunError::writing(&output, error))?;
    }
    let path = folder.join(&table.input);
    if let Some(template) = &table.template {
        let from = deck_folder.join(template);
        let text = std::fs::read_to_string(&from)
            .map_err(|error| RunError::new(format!("cannot read {}: {error}", from.display())))?;
        return Ok(files::replace(&path, filled(&text, &frame.structure).as_bytes())?);
    }
    let format = Format::of_name(&path).unwrap_or(Format::ExtendedXyz);
    let mut bare = Frame::new(frame.structure.clone());
    if format == Format::ExtendedXyz {
        bare.info.clone_from(&frame.info);
    }
    natron_io::replace(&path, |writer| {
        natron_io::write_structures(writer, format, std::slice::from_ref(&bare))
    })
    .map_err(|error| RunError::writing(&path, error))?;
    Ok(())
}

/// A template with a structure in it.
fn filled(text: &str, structure: &Structure) -> String {
    let vector = |v: natron_atoms::Vec3| format!("{:.10} {:.10} {:.10}", v.x, v.y, v.z);
    let mut elements: Vec<&str> = structure.species.iter().map(|s| s.symbol()).collect();
    elements.sort_unstable();
    elements.dedup();
    let atoms: Vec<String> = structure
        .species
        .iter()
        .zip(&structure.positions)
        .map(|(species, position)| format!("{} {}", species.symbol(), vector(*position)))
        .collect();
    text.replace("{n_atoms}", &structure.len().to_string())
        .replace("{elements}", &elements.join(" "))
        .replace("{a_A}", &vector(structure.cell.vector(0)))
        .replace("{b_A}", &vector(structure.cell.vector(1)))
        .replace("{c_A}", &vector(structure.cell.vector(2)))
        .replace("{atoms_A}", &atoms.join("\n"))
}

/// Runs the command to its end: `None` when the user stops it.
fn run(
    table: &LabelTable,
    deck: &Path,
    folder: &Path,
    watch: &dyn Watch,
) -> Result<Option<Result<(), String>>, Failure> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let text = |path: &Path| absolute(path).display().to_string();
    let fill = |argument: &String| {
        argument
            .replace("{deck}", &text(files::folder_of(deck)))
            .replace("{input}", &text(&folder.join(&table.input)))
            .replace("{output}", &text(&folder.join(&table.output)))
            .replace("{directory}", &text(folder))
    };
    let arguments: Vec<String> = table.command.iter().map(fill).collect();
    let log = folder.join("command.log");
    let open = || File::options().create(true).append(true).open(&log);
    let (out, err) = match (open(), open()) {
        (Ok(out), Ok(err)) => (out, err),
        (Err(error), _) | (_, Err(error)) => return Err(RunError::writing(&log, error).into()),
    };
    let spawned = Command::new(&arguments[0])
        .args(&arguments[1..])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        // A program that cannot be started will not start for the next frame either.
        Err(error) => {
            let error = RunError::new(format!("cannot start `{}`: {error}", arguments[0]));
            return Err(RunError { help: Some("look at label.command".into()), ..error }.into());
        }
    };
    let begin = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(Some(Ok(()))),
            Ok(Some(status)) => {
                return Ok(Some(Err(format!("the command ended with {status}; see {}", log.display()))));
            }
            Ok(None) if watch.stop().is_some() => {
                end(&mut child);
                return Ok(None);
            }
            Ok(None) if begin.elapsed().as_secs_f64() > table.timeout_s => {
                end(&mut child);
                return Ok(Some(Err(format!("the command took more than {} s", table.timeout_s))));
            }
            Ok(None) => std::thread::sleep(LOOK),
            Err(error) => return Ok(Some(Err(error.to_string()))),
        }
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself in between.
    let _ = child.kill();
    let _ = child.wait();
}

/// The labels of the last frame of the output, if it is the frame that was asked for.
fn read(frame: &Frame, table: &LabelTable, folder: &Path) -> Result<Frame, String> {
    let path = folder.join(&table.output);
    let mut found = None;
    for item in natron_io::open_frames(&path, None).map_err(|error| error.to_string())? {
        match item.map_err(|error| error.to_string())? {
            natron_io::Item::Frame(source) => found = Some(source.frame),
            natron_io::Item::Skipped(skipped) => return Err(skipped.text),
        }
    }
    let found = found.ok_or_else(|| format!("{} holds no frame", path.display()))?;
    let order = same(&frame.structure, &found.structure)?;
    let labels = &found.labels;
    let forces = labels.forces.as_ref().ok_or("the output has no forces")?;
    if labels.energy_ev.is_none() && labels.free_energy_ev.is_none() {
        return Err("the output has no energy".into());
    }
    let mut out = Frame::new(frame.structure.clone());
    out.labels =
        natron_atoms::Labels { forces: Some(order.iter().map(|k| forces[*k]).collect()), ..labels.clone() };
    out.info.push(("kind".into(), InfoValue::Text(table.kind.clone())));
    out.info.push(("split".into(), InfoValue::Text("train".into())));
    out.info.extend(frame.info.iter().filter(|(key, _)| key != "kind" && key != "split").cloned());
    Ok(out)
}

/// For each atom of `asked`, which of `found` it is: codes sort atoms by element.
fn same(asked: &Structure, found: &Structure) -> Result<Vec<usize>, String> {
    if asked.len() != found.len() {
        return Err(format!("the output has {} atoms, not {}", found.len(), asked.len()));
    }
    let mut free = vec![true; found.len()];
    let mut order = Vec::with_capacity(asked.len());
    for atom in 0..asked.len() {
        let is = |k: &usize| {
            let apart = asked.cell.fractional(&(found.positions[*k] - asked.positions[atom]));
            let apart = asked.cell.cartesian(&apart.map(|x| x - x.round()));
            free[*k] && found.species[*k] == asked.species[atom] && apart.norm() < MOVED_A
        };
        let candidates = std::iter::once(atom).chain(0..found.len());
        let k = candidates.into_iter().find(is).ok_or_else(|| {
            format!("atom {atom} ({}) of the input is not in the output", asked.species[atom])
        })?;
        free[k] = false;
        order.push(k);
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use natron_atoms::{Cell, Labels, Species, Vec3};

    use super::*;

    fn structure(order: [usize; 3], shift: f64) -> Structure {
        let cell = Cell::new([[4.0, 0.0, 0.0], [1.0, 5.0, 0.0], [0.0, 0.5, 6.0]], [true; 3]).expect("a cell");
        let atoms = [
            (Species::C, Vec3::new(0.1, 0.2, 0.3)),
            (Species::from_symbol("Na").expect("sodium"), Vec3::new(2.0, 2.0, 2.0)),
            (Species::C, Vec3::new(3.0, 1.0, 5.0)),
        ];
        let species = order.iter().map(|k| atoms[*k].0).collect();
        let positions = order.iter().map(|k| atoms[*k].1 + cell.vector(1) * shift).collect();
        Structure::new(cell, species, positions).expect("a structure")
    }

    fn table(command: &[&str]) -> LabelTable {
        let text = serde_json::json!({ "command": command, "output": "out.extxyz", "timeout_s": 20.0 });
        serde_json::from_value(text).expect("a table")
    }

    #[test]
    fn atoms_are_recognised_in_another_order_and_cell() {
        let asked = structure([0, 1, 2], 0.0);
        assert_eq!(same(&asked, &structure([2, 0, 1], 1.0)), Ok(vec![1, 2, 0]));
        let error = same(&asked, &structure([0, 1, 2], 0.3)).expect_err("they moved");
        assert!(error.contains("atom 0 (C)"), "{error}");
    }

    #[test]
    fn templates_are_filled_in() {
        let text =
            filled("&CELL\nA {a_A}\nC {c_A}\n{n_atoms} {elements}\n{atoms_A}\n", &structure([0, 1, 2], 0.0));
        assert_eq!(
            text,
            "&CELL\nA 4.0000000000 0.0000000000 0.0000000000\nC 0.0000000000 0.5000000000 6.0000000000\n3 C Na\n\
             C 0.1000000000 0.2000000000 0.3000000000\nNa 2.0000000000 2.0000000000 2.0000000000\n\
             C 3.0000000000 1.0000000000 5.0000000000\n"
        );
    }

    #[test]
    fn a_command_labels_a_frame_once_and_failures_are_kept_with_their_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let frame = Frame::new(structure([0, 1, 2], 0.0));
        let mut answer = Frame::new(structure([1, 2, 0], 0.0));
        answer.labels = Labels {
            energy_ev: Some(-3.0),
            forces: Some(vec![Vec3::x(), Vec3::y(), Vec3::z()]),
            ..Labels::default()
        };
        let given = folder.path().join("answer.extxyz");
        files::write_frames(&given, &[answer]).expect("writes");
        let given = given.display().to_string();
        let deck = folder.path().join("learn.toml");
        let label = |command: &[&str], place: &str| {
            super::label(
                std::slice::from_ref(&frame),
                &table(command),
                &deck,
                &folder.path().join(place),
                &(),
            )
            .expect("the command can be started")
        };
        let (labelled, stopped) = label(&["cp", &given, "{output}"], "fine");
        assert!(stopped.is_none() && labelled.failed.is_empty());
        let found = &labelled.frames[0];
        assert_eq!(
            found.labels.forces,
            Some(vec![Vec3::z(), Vec3::x(), Vec3::y()]),
            "in the order asked for"
        );
        assert_eq!((found.text("kind"), found.text("split")), (Some("learnt"), Some("train")));
        // Done once, it is not done again.
        assert_eq!(label(&["false"], "fine").0.frames.len(), 1);
        let reason = |command: &[&str], place: &str| label(command, place).0.failed[0].1.clone();
        assert!(reason(&["false"], "exit").contains("exit status: 1"));
        assert!(reason(&["true"], "silent").contains("out.extxyz"));
        assert!(reason(&["cp", "{input}", "{output}"], "bare").contains("no forces"));
        let slow = LabelTable { timeout_s: 0.2, ..table(&["sleep", "20"]) };
        let (slow, _) =
            super::label(&[frame], &slow, &deck, &folder.path().join("slow"), &()).expect("starts");
        assert!(slow.failed[0].1.contains("more than 0.2 s"));
        let (place, missing) = (folder.path().join("none"), table(&["no-such-program-anywhere"]));
        let frames = [Frame::new(structure([0, 1, 2], 0.0))];
        assert!(super::label(&frames, &missing, &deck, &place, &()).is_err());
    }
}
