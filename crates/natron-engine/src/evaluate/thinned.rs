//! A sample of many values: all of them while they are few, then evenly fewer.

/// Values that are kept, at most.
const MOST: usize = 1 << 20;

/// Every n-th of the values that were added, n being the smallest power of two that keeps them below a million.
#[derive(Debug, Clone)]
pub struct Thinned<T> {
    kept: Vec<T>,
    every: usize,
    added: usize,
}

impl<T> Default for Thinned<T> {
    fn default() -> Self {
        Self { kept: Vec::new(), every: 1, added: 0 }
    }
}

impl<T> Thinned<T> {
    /// Adds a value.
    pub fn push(&mut self, value: T) {
        if self.added.is_multiple_of(self.every) {
            self.kept.push(value);
        }
        self.added += 1;
        if self.kept.len() > MOST {
            let mut number = 0;
            self.kept.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.every *= 2;
        }
    }

    /// How many were added.
    pub fn added(&self) -> usize {
        self.added
    }

    /// Those that are kept, in the order in which they were added.
    pub fn kept(&self) -> &[T] {
        &self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_all_there_and_many_evenly_spread() {
        let mut values = Thinned::default();
        (0..1000).for_each(|k| values.push(k));
        assert_eq!((values.added(), values.kept().len()), (1000, 1000));
        (1000..5_000_000).for_each(|k| values.push(k));
        assert!(values.kept().len() > MOST / 2 && values.kept().len() <= MOST);
        assert!(values.kept().iter().enumerate().all(|(n, k)| *k == 8 * n), "every eighth");
    }
}
