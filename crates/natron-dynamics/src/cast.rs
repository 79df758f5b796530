//! Who plays which part in a stage: fixed atoms, groups whose centre of mass rests, groups with a thermostat of their own;
//! and how many degrees of freedom that leaves.
//!
//! | what | degrees of freedom |
//! |---|---|
//! | movable atoms | 3 each |
//! | a group whose centre of mass rests | 3 less |
//! | the total momentum is a constant of motion (and zero) | 3 less |
//!
//! The total momentum is constant where nothing but the atoms' forces on each other and one scaling of all velocities acts: no
//! fixed atom, no resting group, no Langevin friction, no thermostat of a part.

use crate::deck::DeckProblem;
use crate::groups::Groups;
use crate::plan::{Dynamics, Stage, StageKind};

/// The parts of a stage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cast {
    /// Whether an atom is fixed, `[n]`.
    pub(crate) fixed: Vec<bool>,
    /// Movable atoms of each group whose centre of mass rests.
    pub(crate) resting: Vec<Vec<usize>>,
    /// For each thermostat of a group its movable atoms.
    pub(crate) baths: Vec<Bath>,
    /// Degrees of freedom of all atoms.
    pub(crate) freedom: usize,
    /// Whether the total momentum is a constant of motion.
    pub(crate) conserves_momentum: bool,
}

/// The atoms of one thermostat.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Bath {
    pub(crate) atoms: Vec<usize>,
    pub(crate) freedom: usize,
}

impl Cast {
    /// The parts of a stage among `atoms` atoms.
    ///
    /// # Errors
    /// Groups that are not there, share atoms where they must not, or have nothing that can move.
    pub fn of(stage: &Stage, groups: &Groups, atoms: usize) -> Result<Self, DeckProblem> {
        let maker = Maker { path: format!("stage.{}", stage.name), groups, atoms };
        let fixed = maker.fixed(match &stage.kind {
            StageKind::Minimise(minimise) => &minimise.fixed,
            StageKind::Dynamics(dynamics) => &dynamics.fixed,
        })?;
        let movable = fixed.iter().filter(|fixed| !**fixed).count();
        let mut cast = Self { fixed, ..Self::default() };
        match &stage.kind {
            StageKind::Minimise(_) => cast.freedom = 3 * movable,
            StageKind::Dynamics(dynamics) => {
                if movable == 0 {
                    return Err(maker.problem("fixed", "every atom is fixed, so nothing moves", None));
                }
                maker.complete(&mut cast, dynamics, movable)?;
            }
        }
        Ok(cast)
    }

    /// No fixed atom and no group: all atoms move, in an ensemble that conserves their momentum or does not.
    pub fn plain(atoms: usize, conserves_momentum: bool) -> Self {
        let freedom = crate::thermo::degrees_of_freedom(atoms, conserves_momentum);
        Self { fixed: vec![false; atoms], freedom, conserves_momentum, ..Self::default() }
    }

    /// Degrees of freedom of all atoms together.
    pub fn degrees_of_freedom(&self) -> usize {
        self.freedom
    }

    /// Whether any atom is fixed.
    pub(crate) fn holds_atoms(&self) -> bool {
        self.fixed.contains(&true)
    }
}

struct Maker<'a> {
    path: String,
    groups: &'a Groups,
    atoms: usize,
}

impl Maker<'_> {
    fn problem(&self, key: &str, message: impl Into<String>, help: Option<String>) -> DeckProblem {
        DeckProblem { path: format!("{}.{key}", self.path), message: message.into(), help }
    }

    fn mask(&self, key: &str, name: &str) -> Result<Vec<bool>, DeckProblem> {
        self.groups
            .mask(name, self.atoms)
            .ok_or_else(|| self.problem(key, format!("there is no group `{name}`"), None))
    }

    fn fixed(&self, names: &[String]) -> Result<Vec<bool>, DeckProblem> {
        let mut fixed = vec![false; self.atoms];
        for name in names {
            let mask = self.mask("fixed", name)?;
            fixed.iter_mut().zip(mask).for_each(|(fixed, holds)| *fixed |= holds);
        }
        Ok(fixed)
    }

    /// The movable atoms of a group.
    fn members(&self, key: &str, name: &str, fixed: &[bool]) -> Result<Vec<usize>, DeckProblem> {
        let mask = self.mask(key, name)?;
        let members: Vec<usize> = (0..self.atoms).filter(|&i| mask[i] && !fixed[i]).collect();
        if members.is_empty() {
            let message = format!("every atom of group `{name}` is fixed");
            return Err(self.problem(key, message, Some("take it away here, or out of fixed".to_owned())));
        }
        Ok(members)
    }

    /// Resting groups, thermostats and the count.
    fn complete(&self, cast: &mut Cast, stage: &Dynamics, movable: usize) -> Result<(), DeckProblem> {
        let mut owner = vec![None; self.atoms];
        for (k, name) in stage.zero_momentum.iter().enumerate() {
            let members = self.members("zero_momentum", name, &cast.fixed)?;
            if let Some((atom, other)) = claim(&mut owner, &members, k) {
                let message =
                    format!("groups `{}` and `{name}` share atom {atom}", stage.zero_momentum[other]);
                let help = format!("a group of the rest: `{name} and not {}`", stage.zero_momentum[other]);
                return Err(self.problem("zero_momentum", message, Some(help)));
            }
            cast.resting.push(members);
        }
        self.baths(cast, stage)?;
        let whole = movable == self.atoms;
        let scaled = match cast.baths.as_slice() {
            [] => stage.ensemble.conserves_momentum(),
            [bath] => bath.atoms.len() == self.atoms && stage.thermostats[0].ensemble.conserves_momentum(),
            _ => false,
        };
        cast.conserves_momentum = whole && cast.resting.is_empty() && scaled;
        let lost = |conserves: bool| if conserves && self.atoms > 1 { 3 } else { 0 };
        cast.freedom = 3 * movable - 3 * cast.resting.len() - lost(cast.conserves_momentum);
        for (k, bath) in cast.baths.iter_mut().enumerate() {
            let resting = cast.resting.iter().filter(|group| bath.atoms.binary_search(&group[0]).is_ok());
            bath.freedom = 3 * bath.atoms.len() - 3 * resting.count() - lost(cast.conserves_momentum);
            if bath.freedom == 0 {
                let key = format!("thermostats[{k}].group");
                let message = format!("group `{}` has no degree of freedom", stage.thermostats[k].group);
                return Err(self.problem(&key, message, None));
            }
        }
        if cast.freedom == 0 {
            return Err(self.problem("zero_momentum", "this leaves no degree of freedom", None));
        }
        Ok(())
    }

    fn baths(&self, cast: &mut Cast, stage: &Dynamics) -> Result<(), DeckProblem> {
        let mut owner = vec![None; self.atoms];
        for (k, thermostat) in stage.thermostats.iter().enumerate() {
            let (key, name) = (format!("thermostats[{k}].group"), &thermostat.group);
            let atoms = self.members(&key, name, &cast.fixed)?;
            if let Some((atom, other)) = claim(&mut owner, &atoms, k) {
                let other = &stage.thermostats[other].group;
                let message =
                    format!("group `{name}` shares atom {atom} with group `{other}`, which has a thermostat");
                let help = format!("give the thermostat a group of the rest: `{name} and not {other}`");
                return Err(self.problem(&key, message, Some(help)));
            }
            for (group, resting) in stage.zero_momentum.iter().zip(&cast.resting) {
                let inside = resting.iter().filter(|atom| atoms.binary_search(atom).is_ok()).count();
                if inside != 0 && inside != resting.len() {
                    let message = format!(
                        "group `{name}` holds a part of group `{group}`, whose momentum is kept zero"
                    );
                    let help = "a thermostat must hold all of such a group or nothing of it".to_owned();
                    return Err(self.problem(&key, message, Some(help)));
                }
            }
            cast.baths.push(Bath { atoms, freedom: 0 });
        }
        Ok(())
    }
}

/// Gives atoms an owner; the first that has one already, and whom.
fn claim(owner: &mut [Option<usize>], atoms: &[usize], new: usize) -> Option<(usize, usize)> {
    for &atom in atoms {
        if let Some(other) = owner[atom] {
            return Some((atom, other));
        }
        owner[atom] = Some(new);
    }
    None
}
