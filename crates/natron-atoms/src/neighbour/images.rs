//! Images of the cell by number, and where atoms are at home.

use crate::{Cell, Vec3};

/// The images that neighbours may lie in, relative to atoms moved into the cell: all of a box around the cell, numbered
/// in lexicographic order, so that the opposite of image n is image `last - n`.
#[derive(Debug, Clone, Default)]
pub(super) struct Images {
    /// The box is -extent..=extent along each direction.
    extent: [i32; 3],
    images: Vec<[i32; 3]>,
    /// Their Cartesian offsets, A.
    pub offset: Vec<Vec3>,
    /// The image each atom is in: its position less this many cells is in the cell (along periodic directions).
    pub home: Vec<[i32; 3]>,
}

impl Images {
    /// The images within `search_a` of a cell with these heights, and the homes of atoms at `fractional`.
    pub fn set(&mut self, search_a: f64, heights_a: [f64; 3], periodic: [bool; 3], fractional: &[Vec3]) {
        let reach = |k: usize| if periodic[k] { (search_a / heights_a[k] + 1.0).floor() as i32 } else { 0 };
        self.extent = std::array::from_fn(reach);
        let [a, b, c] = self.extent;
        self.images.clear();
        for x in -a..=a {
            for y in -b..=b {
                self.images.extend((-c..=c).map(|z| [x, y, z]));
            }
        }
        let home = |f: &Vec3| std::array::from_fn(|k| if periodic[k] { f[k].floor() as i32 } else { 0 });
        self.home.clear();
        self.home.extend(fractional.iter().map(home));
    }

    /// Computes the offsets in `cell`.
    pub fn place(&mut self, cell: &Cell) {
        self.offset.clear();
        self.offset.extend(self.images.iter().map(|&image| cell.offset(image)));
    }

    /// The number of an image between atoms in the cell.
    #[inline]
    pub fn number(&self, image: [i32; 3]) -> u32 {
        let [a, b, c] = self.extent;
        (((image[0] + a) * (2 * b + 1) + image[1] + b) * (2 * c + 1) + image[2] + c) as u32
    }

    /// The number of `image` between the atoms `i` and `j` where they are.
    #[inline]
    pub fn number_between(&self, i: usize, j: usize, image: [i32; 3]) -> u32 {
        let (from, to) = (self.home[i], self.home[j]);
        self.number(std::array::from_fn(|k| image[k] + to[k] - from[k]))
    }

    /// The image of that number between the atoms `i` and `j` where they are.
    pub fn between(&self, i: usize, j: usize, number: u32) -> [i32; 3] {
        let (from, to, image) = (self.home[i], self.home[j], self.images[number as usize]);
        std::array::from_fn(|k| image[k] - to[k] + from[k])
    }

    /// The highest number.
    pub fn last(&self) -> u32 {
        self.images.len() as u32 - 1
    }
}
