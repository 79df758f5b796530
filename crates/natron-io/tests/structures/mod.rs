//! POSCAR, CIF and LAMMPS data, and which of them a file is in.

mod any_frame;
mod compare;
mod data;
mod errors;
mod formats;
mod oracle;
mod round_trip;
mod small;

use std::path::Path;

use natron_atoms::Frame;
use natron_io::{Format, Item, ReadError, SourceFrame, dumps};

/// Reads text as if it were a file of this format, `test`.
fn read_as(format: Format, text: &str) -> Result<Vec<SourceFrame>, ReadError> {
    let (bytes, path) = (text.as_bytes(), Path::new("test"));
    match format {
        Format::ExtendedXyz => natron_io::extxyz::Reader::new(bytes, path).with_lines().collect(),
        Format::Poscar => natron_io::poscar::read(bytes, path).map(|frame| vec![frame]),
        Format::Cif => natron_io::cif::read(bytes, path),
        Format::LammpsData => natron_io::lammps_data::read(bytes, path).map(|frame| vec![frame]),
        Format::Outcar => frames(dumps::outcar::Reader::new(bytes, path)),
        Format::Vasprun => frames(dumps::vasprun::Reader::new(bytes, path)),
        Format::MlAb => frames(dumps::ml_ab::Reader::new(bytes, path)),
        Format::Cp2kOutput => frames(dumps::cp2k_output::Reader::new(bytes, path)),
        Format::PwOutput => frames(dumps::pw_output::Reader::new(bytes, path)),
        // Several files each, or no stream: tests/dumps.
        Format::Cp2kFiles | Format::Deepmd | Format::DataSet => Ok(Vec::new()),
    }
}

fn frames(items: impl Iterator<Item = Result<Item, ReadError>>) -> Result<Vec<SourceFrame>, ReadError> {
    let frame = |item| match item {
        Item::Frame(frame) => Some(frame),
        Item::Skipped(_) => None,
    };
    items.filter_map(|item| item.map(frame).transpose()).collect()
}

/// The only frame of text in a format.
fn one(format: Format, text: &str) -> Frame {
    let frames = read_as(format, text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let [frame] = <[SourceFrame; 1]>::try_from(frames).expect("one frame");
    frame.frame
}

fn write_as(format: Format, frame: &Frame) -> String {
    let mut bytes = Vec::new();
    natron_io::write_structures(&mut bytes, format, std::slice::from_ref(frame)).expect("it can be written");
    String::from_utf8(bytes).expect("UTF-8")
}
