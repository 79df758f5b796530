//! Attributes: written as h5py reads them best, read as anyone may have written them.

use hdf5_metno::types::{FixedAscii, FixedUnicode, TypeDescriptor, VarLenAscii, VarLenUnicode};
use hdf5_metno::{Attribute, Location};

use super::library::{Class, class_of};

/// The longest attribute that is looked at.
const MOST: usize = 16;
/// The longest string of fixed length that is looked at, bytes.
const LONGEST: usize = 256;

/// Sets one string. Of variable length: h5py returns those of fixed length as bytes, which MDAnalysis refuses.
pub(super) fn set_string(at: &Location, name: &str, value: &str) -> hdf5_metno::Result<()> {
    at.new_attr::<VarLenUnicode>().create(name)?.write_scalar(&unicode(value)?)
}

pub(super) fn set_strings(at: &Location, name: &str, values: &[&str]) -> hdf5_metno::Result<()> {
    let values = values.iter().map(|value| unicode(value)).collect::<hdf5_metno::Result<Vec<_>>>()?;
    at.new_attr_builder().with_data(&values).create(name).map(drop)
}

/// Sets an integer, or a row of them if there are several.
pub(super) fn set_integers(at: &Location, name: &str, values: &[i32]) -> hdf5_metno::Result<()> {
    match values {
        [one] => at.new_attr::<i32>().create(name)?.write_scalar(one),
        many => at.new_attr_builder().with_data(many).create(name).map(drop),
    }
}

fn unicode(text: &str) -> hdf5_metno::Result<VarLenUnicode> {
    text.parse().map_err(|error| hdf5_metno::Error::from(format!("{text:?}: {error}")))
}

/// A small attribute of a kind, if there is one. It is asked for by name: names and encodings of all attributes are
/// not checked by HDF5 and not fit to be listed.
fn find(at: &Location, name: &str, wanted: impl Fn(Class) -> bool) -> hdf5_metno::Result<Option<Attribute>> {
    let Ok(attribute) = at.attr(name) else { return Ok(None) };
    let fits = attribute.size() <= MOST && wanted(class_of(&attribute.dtype()?));
    Ok(fits.then_some(attribute))
}

/// The number of an attribute that holds one.
pub(super) fn number(at: &Location, name: &str) -> hdf5_metno::Result<Option<f64>> {
    match find(at, name, |class| matches!(class, Class::Integer | Class::Float))? {
        Some(attribute) if attribute.is_scalar() => attribute.read_scalar().map(Some),
        _ => Ok(None),
    }
}

/// The strings of an attribute; `None` if there is none of that name, or it holds no strings.
pub(super) fn strings(at: &Location, name: &str) -> hdf5_metno::Result<Option<Vec<String>>> {
    let Some(attribute) = find(at, name, |class| class == Class::Text)? else { return Ok(None) };
    let texts = match attribute.dtype()?.to_descriptor()? {
        TypeDescriptor::VarLenUnicode => texts(&attribute.read_raw::<VarLenUnicode>()?, |s| s.as_bytes()),
        TypeDescriptor::VarLenAscii => texts(&attribute.read_raw::<VarLenAscii>()?, |s| s.as_bytes()),
        TypeDescriptor::FixedAscii(n) if n <= LONGEST => {
            texts(&attribute.read_raw::<FixedAscii<LONGEST>>()?, |s| s.as_bytes())
        }
        TypeDescriptor::FixedUnicode(n) if n <= LONGEST => {
            texts(&attribute.read_raw::<FixedUnicode<LONGEST>>()?, |s| s.as_bytes())
        }
        _ => return Ok(None),
    };
    Ok(Some(texts))
}

/// The one string of an attribute.
pub(super) fn string(at: &Location, name: &str) -> hdf5_metno::Result<Option<String>> {
    Ok(strings(at, name)?.and_then(|mut texts| (texts.len() == 1).then(|| texts.remove(0))))
}

/// Whether the bytes are UTF-8 is the writer's word, so it is not taken.
fn texts<T>(values: &[T], bytes: impl Fn(&T) -> &[u8]) -> Vec<String> {
    values.iter().map(|value| String::from_utf8_lossy(bytes(value)).trim_end().to_string()).collect()
}
