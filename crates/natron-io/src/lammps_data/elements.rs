//! Which element a type is.

use natron_atoms::Species;

use super::sections::Section;
use crate::ReadError;
use crate::text::{Line, Word};

/// A mass this close to an element's may be that element, amu.
const MASS_TOLERANCE_AMU: f64 = 0.5;
/// ... if no other element is less than this many times farther away.
const MASS_CONTRAST: f64 = 3.0;
/// A named element may differ this much from its mass: isotopes, masses chosen for a longer time step, amu.
const NAMED_TOLERANCE_AMU: f64 = 4.0;

/// The types of a file: labels and elements, type 1 first.
#[derive(Debug)]
pub(super) struct Types<'a> {
    labels: Vec<Option<&'a str>>,
    elements: Vec<Option<Species>>,
}

impl<'a> Types<'a> {
    /// Reads `Atom Type Labels` and `Masses`.
    pub fn read(
        count: usize,
        labels: Option<&Section<'a>>,
        masses: Option<&Section<'a>>,
        end: Line<'a>,
    ) -> Result<Self, ReadError> {
        let lines =
            [labels, masses].into_iter().flatten().map(|section| section.lines.len()).max().unwrap_or(0);
        if count > lines {
            let help = "add a section Masses with one line for each type and its element as comment: 1 22.98977 # Na";
            let message =
                format!("{count} atom types, but masses or labels of {lines}: which elements are they?");
            return Err(masses.or(labels).map_or(end, |section| section.heading).refuse(message, help));
        }
        let mut types = Self { labels: vec![None; count], elements: vec![None; count] };
        for line in labels.iter().flat_map(|section| &section.lines) {
            types.label(line.split_comment('#').0)?;
        }
        for line in masses.iter().flat_map(|section| &section.lines) {
            types.mass(*line)?;
        }
        Ok(types)
    }

    fn label(&mut self, line: Line<'a>) -> Result<(), ReadError> {
        let words: Vec<Word<'a>> = line.words().collect();
        let [number, label] = *words.as_slice() else {
            return Err(line.refuse("a type label is a number and a name", "such as: 1 Na"));
        };
        let index = self.index(number)?;
        self.labels[index] = Some(label.text);
        self.elements[index] = Species::from_symbol(label.text);
        Ok(())
    }

    fn mass(&mut self, line: Line<'a>) -> Result<(), ReadError> {
        let (text, comment) = line.split_comment('#');
        let words: Vec<Word<'a>> = text.words().collect();
        let [number, mass] = *words.as_slice() else {
            return Err(line.refuse("a mass is a type and a number", "such as: 1 22.98977 # Na"));
        };
        let index = self.index(number)?;
        let mass_amu = mass.real("the mass")?;
        let named = comment.split_whitespace().next().and_then(Species::from_symbol).or(self.elements[index]);
        let by_mass = element_of_mass(mass_amu);
        self.elements[index] = match (named, by_mass) {
            (Some(named), Some(by_mass))
                if named != by_mass && (named.mass_amu() - mass_amu).abs() > NAMED_TOLERANCE_AMU =>
            {
                let message = format!(
                    "type {} is called {named}, but its mass {mass_amu} is that of {by_mass}",
                    index + 1
                );
                return Err(mass.refuse(message, "correct the mass, or the element behind #"));
            }
            (Some(named), _) => Some(named),
            (None, Some(by_mass)) => Some(by_mass),
            (None, None) => {
                let message = format!("no single element has the mass {mass_amu}");
                return Err(mass.refuse(message, "write the element behind the mass: 1 22.98977 # Na"));
            }
        };
        Ok(())
    }

    /// Index of a type given by number or label.
    fn index(&self, word: Word<'_>) -> Result<usize, ReadError> {
        if let Some(index) = self.labels.iter().position(|label| *label == Some(word.text)) {
            return Ok(index);
        }
        match word.text.parse::<usize>() {
            Ok(number) if (1..=self.elements.len()).contains(&number) => Ok(number - 1),
            _ => {
                let message = format!("`{}` is none of the {} atom types", word.text, self.elements.len());
                Err(word
                    .refuse(message, "types are numbers from 1, or labels of the section Atom Type Labels"))
            }
        }
    }

    /// The element of a type given by number or label.
    pub fn element(&self, word: Word<'_>) -> Result<Species, ReadError> {
        let index = self.index(word)?;
        self.elements[index].ok_or_else(|| {
            let message = format!("which element is type {}?", index + 1);
            word.refuse(
                message,
                "add its line to the section Masses, with the element behind #: 1 22.98977 # Na",
            )
        })
    }
}

/// The only element near a mass.
fn element_of_mass(mass_amu: f64) -> Option<Species> {
    let distance = |species: &Species| (species.mass_amu() - mass_amu).abs();
    let mut all: Vec<Species> = (1..=118).filter_map(Species::from_number).collect();
    all.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    let near = distance(&all[0]) <= MASS_TOLERANCE_AMU;
    let alone = distance(&all[1]) >= MASS_CONTRAST * distance(&all[0]);
    (near && alone).then_some(all[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_with_a_mass_of_its_own_is_found_by_it() {
        for species in (1..=103).filter_map(Species::from_number) {
            assert_eq!(element_of_mass(species.mass_amu()), Some(species));
        }
    }

    #[test]
    fn usual_roundings_are_understood_and_ambiguous_masses_are_not() {
        for (mass_amu, symbol) in [
            (1.0, "H"),
            (12.0, "C"),
            (12.01, "C"),
            (16.0, "O"),
            (23.0, "Na"),
            (28.0, "Si"),
            (35.5, "Cl"),
            (63.5, "Cu"),
        ] {
            assert_eq!(element_of_mass(mass_amu).map(Species::symbol), Some(symbol), "{mass_amu}");
        }
        for mass_amu in [40.0, 58.8, 2.014, 0.0, -1.0, 5000.0] {
            assert_eq!(element_of_mass(mass_amu), None, "{mass_amu}");
        }
    }
}
