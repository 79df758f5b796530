//! What the writers of simpler formats have in common: what they refuse, and what they leave out.

use std::io;

use natron_atoms::Frame;

/// A frame that a format cannot hold.
pub(crate) fn refused(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message.into())
}

/// Refuses a frame whose parts do not fit together.
pub(crate) fn check(frame: &Frame) -> io::Result<()> {
    let atoms = frame.structure.len();
    if atoms == 0 {
        return Err(refused("a structure without atoms cannot be written"));
    }
    let vectors = [Some(&frame.structure.positions), frame.velocities.as_ref()];
    for vectors in vectors.into_iter().flatten() {
        if vectors.len() != atoms {
            return Err(refused(format!("{} vectors for {atoms} atoms", vectors.len())));
        }
        if vectors.iter().any(|v| v.iter().any(|x| !x.is_finite())) {
            return Err(refused("a position or a velocity is not finite"));
        }
    }
    Ok(())
}

/// Labels, and values and columns that the format does not keep, in words.
pub(crate) fn labels_and_others(
    frame: &Frame,
    keeps_key: impl Fn(&str) -> bool,
    keeps_column: impl Fn(&str) -> bool,
) -> Vec<String> {
    let labels = &frame.labels;
    let mut left_out = Vec::new();
    if labels.energy_ev.is_some() || labels.free_energy_ev.is_some() {
        left_out.push("the energy".to_owned());
    }
    if labels.forces.is_some() {
        left_out.push("the forces".to_owned());
    }
    if labels.virial_ev.is_some() {
        left_out.push("the virial".to_owned());
    }
    let keys = frame.info.iter().map(|(key, _)| key).filter(|key| !keeps_key(key));
    left_out.extend(keys.map(|key| format!("the value `{key}`")));
    let columns = frame.arrays.iter().map(|(name, _)| name).filter(|name| !keeps_column(name));
    left_out.extend(columns.map(|name| format!("the column `{name}`")));
    left_out
}
