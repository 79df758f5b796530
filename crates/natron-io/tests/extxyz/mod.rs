//! Extended XYZ.

mod data;
mod dialects;
mod errors;
mod round_trip;

use std::path::Path;

use natron_atoms::Frame;
use natron_io::ReadError;
use natron_io::extxyz::Reader;

/// Reads text as if it were the file `test.xyz`.
fn read(text: &str) -> Result<Vec<Frame>, ReadError> {
    Reader::new(text.as_bytes(), Path::new("test.xyz")).collect()
}

fn write(frames: &[Frame]) -> String {
    let mut bytes = Vec::new();
    natron_io::write_frames(&mut bytes, frames).expect("these frames can be written");
    String::from_utf8(bytes).expect("UTF-8")
}

fn fixture(name: &str) -> Vec<Frame> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    natron_io::read_frames(&path).expect("the fixture is valid")
}
