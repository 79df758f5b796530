//! The files of charges: a line for each atom, the curves, and frames with their charges.

use natron_atoms::{AtomArray, Frame};

use super::ChargesJob;
use super::curves::Group;
use super::sources::Source;
use crate::csv_table::quoted;

/// charges.csv: one line for each atom.
pub(super) fn charges(sources: &[Source], charges_e: &[Vec<f64>]) -> String {
    let mut text = "file,frame,atom,species,x,charge_e,reference_e\n".to_string();
    for (source, found) in sources.iter().zip(charges_e) {
        let (file, number) = (quoted(&source.file), source.number);
        let x = source.x.map_or(String::new(), |x| x.to_string());
        for (atom, (species, charge)) in source.frame.structure.species.iter().zip(found).enumerate() {
            let reference = source.labels_e.as_ref().map_or(String::new(), |labels| labels[atom].to_string());
            text.push_str(&format!("{file},{number},{atom},{species},{x},{charge},{reference}\n"));
        }
    }
    text
}

/// density.csv: one line for each point of each curve.
pub(super) fn density(groups: &[Group]) -> String {
    let mut text = "species,x,charge_e,density_per_e\n".to_string();
    for group in groups {
        let x = group.x.map_or(String::new(), |x| x.to_string());
        for (charge, density) in &group.curve {
            text.push_str(&format!("{},{x},{charge},{density}\n", group.element));
        }
    }
    text
}

/// Every frame with its charges in the column `charges`; what was there before is `ref_charges`.
pub(super) fn frames(job: &ChargesJob, charges_e: &[Vec<f64>]) -> Vec<Frame> {
    let labels = &job.deck.charges.labels;
    let one = |(source, found): (&Source, &Vec<f64>)| {
        let mut frame = source.frame.clone();
        let old = frame.arrays.iter().position(|(name, _)| name == labels).map(|at| frame.arrays.remove(at));
        frame.arrays.retain(|(name, _)| name != "charges" && name != "ref_charges");
        frame.arrays.push(("charges".into(), AtomArray::Real { columns: 1, values: found.clone() }));
        frame.arrays.extend(old.map(|(_, array)| ("ref_charges".to_string(), array)));
        frame
    };
    job.sources.iter().zip(charges_e).map(one).collect()
}
