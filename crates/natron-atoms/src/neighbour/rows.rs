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

    /// Fills `sorted` with these pairs in the order (index, image) within each row; `last` is the highest
    /// image number, so that `last - image` is the opposite image.
    ///
    /// The list is full (i sees j at +image, j sees i at -image), so it is its own transpose: walking
    /// the rows in order and writing each pair into its partner's row fills that row by rising index.
    /// Linear time, where sorting each row costs more than finding its pairs.
    pub fn sort_into(&self, last: u32, sorted: &mut Rows, cursor: &mut Vec<usize>) {
        sorted.clear();
        sorted.first.clone_from(&self.first);
        sorted.index.resize(self.index.len(), 0);
        sorted.image.resize(self.image.len(), 0);
        cursor.clone_from(&self.first);
        for (j, row) in self.first.windows(2).enumerate() {
            let pairs = self.index[row[0]..row[1]].iter().zip(&self.image[row[0]..row[1]]);
            for (&i, &image) in pairs {
                let cursor = &mut cursor[i as usize];
                let at = *cursor;
                *cursor += 1;
                sorted.index[at] = j as u32;
                sorted.image[at] = last - image;
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

    /// Fills `opposite[pair]` with the pair that leads back, from the neighbour to the centre. Rows must be sorted.
    ///
    /// In sorted rows the pairs that lead to `i` come in the order of row `i`, except that the images of one
    /// neighbour come backwards.
    pub fn opposites(&self, opposite: &mut Vec<u32>, cursor: &mut Vec<usize>) {
        opposite.clear();
        opposite.resize(self.index.len(), 0);
        cursor.clone_from(&self.first);
        for row in self.first.windows(2) {
            let mut start = row[0];
            while start < row[1] {
                let neighbour = self.index[start];
                let run = self.index[start..row[1]].iter().take_while(|&&index| index == neighbour).count();
                let there = cursor[neighbour as usize];
                cursor[neighbour as usize] += run;
                for k in 0..run {
                    opposite[start + k] = (there + run - 1 - k) as u32;
                }
                start += run;
            }
        }
    }
}
