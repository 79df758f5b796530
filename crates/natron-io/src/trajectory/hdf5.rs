//! H5MD as a trajectory.

use std::path::Path;

use super::{About, Frame, Options, Receiver};
use crate::ReadError;
use crate::h5md::Reader;

/// What a file says of its atoms.
pub(super) fn about(reader: &Reader, path: &Path, options: &Options) -> Result<About, ReadError> {
    let times = reader.times_ps();
    if let (Some(said), [first, second, ..]) = (options.frame_every_ps, times)
        && (second - first - said).abs() > super::TOLERANCE * said
    {
        let message = format!(
            "the frames are {} fs apart, not {} fs as --frame-every-fs says",
            super::digits(1e3 * (second - first)),
            super::digits(1e3 * said)
        );
        return Err(ReadError::of_file(path, message, "leave --frame-every-fs out: H5MD files say it"));
    }
    Ok(About {
        species: reader.species().to_vec(),
        masses_amu: reader.masses_amu().to_vec(),
        ensembles: reader.ensembles().to_vec(),
        temperature_k: reader.mean_temperature_k(),
    })
}

/// Gives every frame to `receive`.
pub(super) fn read(reader: &Reader, receive: &mut Receiver<'_>) -> Result<(), ReadError> {
    reader.frames().try_for_each(|frame| {
        let frame = frame?;
        receive(Frame {
            line: None,
            time_ps: frame.time_ps,
            cell: frame.cell,
            positions_a: frame.positions_a,
            velocities_a_per_fs: frame.velocities_a_per_fs,
        })
    })
}
