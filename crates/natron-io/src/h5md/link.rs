//! Ways through a file that stay in it.

use hdf5_metno::{Dataset, Group, IndexType, IterationOrder, LinkType, LocationType};

use super::refusal::Refusal;

/// The group at a path below another one, if it is there.
pub(super) fn group(at: &Group, path: &str) -> Result<Option<Group>, Refusal> {
    let mut group = at.clone();
    for name in path.split('/') {
        if !is(&group, name, LocationType::Group)? {
            return Ok(None);
        }
        group = group.group(name)?;
    }
    Ok(Some(group))
}

/// The dataset at a path below a group, if it is there.
pub(super) fn dataset(at: &Group, path: &str) -> Result<Option<Dataset>, Refusal> {
    let (parent, name) = match path.rsplit_once('/') {
        Some((parent, name)) => (group(at, parent)?, name),
        None => (Some(at.clone()), path),
    };
    match parent {
        Some(parent) if is(&parent, name, LocationType::Dataset)? => Ok(Some(parent.dataset(name)?)),
        _ => Ok(None),
    }
}

/// Names in a group, sorted.
pub(super) fn names(at: &Group) -> Result<Vec<String>, Refusal> {
    Ok(at.member_names_by(IndexType::Name, IterationOrder::Increasing)?)
}

/// Whether a group has a member of a name and kind. A link that is not hard may lead to any file of the machine.
fn is(at: &Group, name: &str, kind: LocationType) -> Result<bool, Refusal> {
    let link = at.find_link(IndexType::Name, IterationOrder::Increasing, |present, info| {
        Ok((present == name).then_some(info.link_type))
    })?;
    match link {
        None => Ok(false),
        Some(LinkType::Hard) => Ok(at.loc_type_by_name(name)? == kind),
        Some(_) => Err(Refusal::new(
            format!("`{name}` is a link to elsewhere, which is not followed"),
            "copy the file with h5repack or h5py so that it holds its data itself",
        )),
    }
}
