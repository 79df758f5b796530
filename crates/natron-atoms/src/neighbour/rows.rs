//! The pairs of a neighbour list in compressed rows.

use crate::{Cell, Vec3};

/// Row `i` is the range `first[i]..first[i + 1]` of the columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub first: Vec<usize>,
    pub index: Vec<u32>,
    pub image: Vec<[i32; 3]>,
    /// `image . rows` of the cell, A; filled by [`Rows::place`].
    pub offset: Vec<Vec3>,
}

impl Rows {
    /// No rows, buffers kept.
    pub fn clear(&mut self) {
        self.first.clear();
        self.index.clear();
        self.image.clear();
        self.offset.clear();
        self.first.push(0);
    }

    /// Adds a pair to the row being filled.
    #[inline]
    pub fn push(&mut self, index: usize, image: [i32; 3]) {
        self.index.push(index as u32);
        self.image.push(image);
    }

    /// Ends the row being filled; returns how many pairs it has.
    pub fn end_row(&mut self) -> usize {
        let start = self.first.last().copied().unwrap_or(0);
        self.first.push(self.index.len());
        self.index.len() - start
    }

    /// Computes the Cartesian offsets of all images in `cell`.
    pub fn place(&mut self, cell: &Cell) {
        self.offset.clear();
        self.offset.extend(self.image.iter().map(|&image| {
            // Most pairs of a large cell are in the home image.
            if image == [0, 0, 0] { Vec3::zeros() } else { cell.offset(image) }
        }));
    }

    /// Fills `sorted` with these pairs in the order (index, image) within each row.
    ///
    /// The list is full (i sees j at +image, j sees i at -image), so it is its own transpose: walking
    /// the rows in order and writing each pair into its partner's row fills that row by rising index.
    /// Linear time, where sorting each row costs more than finding its pairs.
    pub fn sort_into(&self, sorted: &mut Rows, cursor: &mut Vec<usize>) {
        sorted.clear();
        sorted.first.clone_from(&self.first);
        sorted.index.resize(self.index.len(), 0);
        sorted.image.resize(self.image.len(), [0; 3]);
        cursor.clone_from(&self.first);
        for (j, row) in self.first.windows(2).enumerate() {
            for pair in row[0]..row[1] {
                let i = self.index[pair] as usize;
                let at = cursor[i];
                cursor[i] += 1;
                sorted.index[at] = j as u32;
                sorted.image[at] = self.image[pair].map(|k| -k);
            }
        }
        sorted.sort_images();
    }

    /// Sorts the images of runs of equal index; without such runs (the usual case) one pass over the indices.
    fn sort_images(&mut self) {
        for row in self.first.windows(2) {
            let mut start = row[0];
            for at in row[0]..row[1] {
                if self.index[at] != self.index[start] {
                    start = at;
                }
                let mut here = at;
                while here > start && self.image[here] < self.image[here - 1] {
                    self.image.swap(here, here - 1);
                    here -= 1;
                }
            }
        }
    }
}
