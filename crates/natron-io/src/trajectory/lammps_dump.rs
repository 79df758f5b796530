//! Text dumps of LAMMPS (`dump custom`, `dump atom`): docs.lammps.org/dump.html, docs.lammps.org/Howto_triclinic.html.
//!
//! Columns are found by their names in `ITEM: ATOMS`. Atoms are put into the order of their `id`, in which LAMMPS does not write them.
//! Elements are the column `element`, else the user's [`Options::types`]. Velocities (`vx vy vz`) are read where `ITEM: UNITS`
//! says their unit (`dump_modify units yes`). Positions by preference: `xu yu zu`, `xsu ysu zsu`, `x y z`, `xs ys zs`.

mod columns;
mod header;

use std::io::BufRead;
use std::path::Path;

use natron_atoms::{Species, Vec3};

use self::columns::{Atom, Columns};
use self::header::Header;
use super::{About, Clock, Frame, Options};
use crate::ReadError;
use crate::dumps::lines::Lines;
use crate::lammps_units::Units;
use crate::unwrap::{Follower, TOO_FAR_HELP};

/// A stream of frames.
pub struct Reader<R> {
    lines: Lines<R>,
    types: Vec<Species>,
    clock: Clock,
    follower: Follower,
    about: About,
    /// Ids in ascending order, `[n]`.
    ids: Vec<u64>,
    units: Option<Units>,
    steps: Option<(i64, Option<i64>)>,
    number: usize,
    first: Option<Raw>,
}

/// A frame as it stands in the file, its atoms sorted.
struct Raw {
    line: usize,
    header: Header,
    columns: Columns,
    atoms: Vec<Atom>,
}

impl<R: BufRead> Reader<R> {
    /// Reads the first frame; `path` names the stream in errors.
    ///
    /// # Errors
    /// The first frame is wrong, or leaves something open that `options` does not say.
    pub fn new(input: R, path: &Path, options: &Options) -> Result<Self, ReadError> {
        let mut lines = Lines::new(input, path);
        let first = raw(&mut lines, &options.types, 0, None)?.ok_or_else(|| {
            ReadError::of_file(path, "the file holds no frame", "is it the dump of a run that has begun?")
        })?;
        let species: Vec<Species> = first.atoms.iter().map(|atom| atom.species).collect();
        let mass = |atom: &Atom| atom.mass_amu.unwrap_or_else(|| atom.species.mass_amu());
        let about = About {
            masses_amu: first.atoms.iter().map(mass).collect(),
            species,
            ensembles: Vec::new(),
            temperature_k: None,
        };
        Ok(Self {
            lines,
            types: options.types.clone(),
            clock: Clock::new(options),
            follower: Follower::default(),
            about,
            ids: first.atoms.iter().map(|atom| atom.id).collect(),
            units: None,
            steps: None,
            number: 0,
            first: Some(first),
        })
    }

    /// What is the same in all frames.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The next frame; `None` at the end of the file.
    ///
    /// # Errors
    /// See [`ReadError`]; nothing comes after one.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, ReadError> {
        let raw = match self.first.take() {
            Some(first) => first,
            None => match raw(&mut self.lines, &self.types, self.ids.len(), self.units)? {
                Some(raw) => raw,
                None => return Ok(None),
            },
        };
        self.units = raw.header.units;
        let frame = self.frame(&raw)?;
        self.number += 1;
        Ok(Some(frame))
    }

    fn frame(&mut self, raw: &Raw) -> Result<Frame, ReadError> {
        let (path, line, number) = (self.lines.path().to_owned(), raw.line, self.number);
        let refuse = |message: String, help: &str| ReadError::at(&path, line, 1, message, help);
        let same = raw.atoms.iter().zip(&self.ids).zip(&self.about.species);
        if raw.atoms.len() != self.ids.len()
            || same.clone().any(|((atom, id), species)| (atom.id, atom.species) != (*id, *species))
        {
            let message = format!("frame {number} (from 0) holds other atoms than the first one");
            return Err(refuse(message, "dump a group that stays the same: `dump 1 all custom ...`"));
        }
        self.check_step(raw.header.step).map_err(|message| refuse(message, STEP_HELP))?;
        let time_ps = self.clock.next(raw.header.time_ps).map_err(|(message, help)| refuse(message, help))?;
        let cell = raw.header.cell.clone();
        let mut positions_a: Vec<Vec3> =
            raw.atoms.iter().map(|atom| raw.columns.position(atom, &raw.header)).collect();
        if raw.columns.is_wrapped() {
            let unwrapped = self.follower.unwrap(&cell, &mut positions_a);
            unwrapped.map_err(|far| refuse(far.message(number), TOO_FAR_HELP))?;
        }
        let unit = raw
            .header
            .units
            .map(|units| units.velocity_in_a_per_fs())
            .filter(|_| raw.columns.has_velocities());
        let velocities_a_per_fs = unit.map(|unit| raw.atoms.iter().map(|a| a.velocity * unit).collect());
        Ok(Frame { line: Some(line), time_ps, cell, positions_a, velocities_a_per_fs })
    }

    /// Frames must be equally many steps apart, or the time between them means nothing.
    fn check_step(&mut self, step: i64) -> Result<(), String> {
        let Some((before, every)) = self.steps else {
            self.steps = Some((step, None));
            return Ok(());
        };
        let found = step - before;
        if found <= 0 {
            return Err(format!("step {step} comes after step {before}"));
        }
        if let Some(every) = every
            && found != every
        {
            return Err(format!(
                "step {step} is {found} steps after the frame before it, where {every} are usual"
            ));
        }
        self.steps = Some((step, Some(found)));
        Ok(())
    }
}

const STEP_HELP: &str = "frames must be equally far apart: cut the file where a run was continued, and give the parts as replicas";

fn raw<R: BufRead>(
    lines: &mut Lines<R>,
    types: &[Species],
    expected: usize,
    units: Option<Units>,
) -> Result<Option<Raw>, ReadError> {
    let Some((line, header)) = Header::read(lines, units)? else { return Ok(None) };
    let columns = Columns::parse(lines, types)?;
    // A count is the file's word: memory grows with the lines that are there.
    let mut atoms: Vec<Atom> = Vec::with_capacity(expected.min(header.atoms));
    for _ in 0..header.atoms {
        if !lines.advance()? {
            return Err(lines.ends_in("the atoms of a frame"));
        }
        atoms.push(columns.atom(lines, types)?);
    }
    if !atoms.is_sorted_by_key(|atom| atom.id) {
        atoms.sort_unstable_by_key(|atom| atom.id);
    }
    if let Some(pair) = atoms.windows(2).find(|pair| pair[0].id == pair[1].id) {
        let message = format!("the id {} stands twice in the frame that begins in line {line}", pair[0].id);
        return Err(lines.refuse(message, "every atom needs an id of its own"));
    }
    Ok(Some(Raw { line, header, columns, atoms }))
}
