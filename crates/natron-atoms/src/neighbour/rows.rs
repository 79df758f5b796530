//! The pairs of a neighbour list in compressed rows.

/// Row `i` is the range `first[i]..first[i + 1]` of the columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub first: Vec<usize>,
    pub index: Vec<u32>,
    /// Number of the image, see [`super::images::Images`].
    pub image: Vec<u32>,
}

impl Rows {
    /// No rows, buffers kept.
    pub fn clear(&mut self) {
        self.first.clear();
        self.index.clear();
        self.image.clear();
        self.first.push(0);
    }

    /// Makes room for a quarter more pairs than there are: the number of pairs fluctuates, and a list that is rebuilt in
    /// the middle of a run should not allocate.
    pub fn make_room(&mut self) {
        let pairs = self.index.len();
        for column in [&mut self.index, &mut self.image] {
            if column.capacity() < pairs + pairs / 8 {
                column.reserve(pairs / 4);
            }
        }
    }

    /// Adds a pair to the row being filled.
    #[inline]
    pub fn push(&mut self, index: usize, image: u32) {
        self.index.push(index as u32);
        self.image.push(image);
    }

    /// Ends the row being filled; returns how many pairs it has.
    pub fn end_row(&mut self) -> usize {
        let start = self.first.last().copied().unwrap_or(0);
        self.first.push(self.index.len());
        self.index.len() - start
    }

    /// Fills `self` with the rows of all `parts`, one part after another, in the order (index, image) within each row;
    /// `last` is the highest image number, so that `last - image` is the opposite image.
    ///
    /// The list is full (i sees j at +image, j sees i at -image), so it is its own transpose: walking
    /// the rows in order and writing each pair into its partner's row fills that row by rising index.
    /// Linear time, where sorting each row costs more than finding its pairs.
    pub fn sort_from(&mut self, parts: &[Rows], last: u32, cursor: &mut Vec<usize>) {
        self.clear();
        for part in parts {
            let start = self.first.last().copied().unwrap_or(0);
            self.first.extend(part.first[1..].iter().map(|end| start + end));
        }
        let pairs = self.first.last().copied().unwrap_or(0);
        self.index.resize(pairs, 0);
        self.image.resize(pairs, 0);
        self.make_room();
        cursor.clone_from(&self.first);
        let rows = parts.iter().flat_map(|part| part.first.windows(2).map(move |row| (part, row[0]..row[1])));
        for (j, (part, row)) in rows.enumerate() {
            for (&i, &image) in part.index[row.clone()].iter().zip(&part.image[row]) {
                let cursor = &mut cursor[i as usize];
                let at = *cursor;
                *cursor += 1;
                self.index[at] = j as u32;
                self.image[at] = last - image;
            }
        }
        self.sort_images();
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
