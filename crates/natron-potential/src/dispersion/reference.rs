//! What the D3 model knows of elements: reference systems, their coordination numbers and C6 coefficients.
//!
//! The table lies in `data/d3`, with its sources and the script that writes it. Units here are those of the table, hartree
//! and bohr; radii are in A.

use natron_atoms::Species;

/// Little-endian words, see `data/d3/make.py`.
static TABLE: &[u8] = include_bytes!("../../data/d3/reference.bin");
/// A word counts these.
const UNIT: f64 = 1e-4;
/// Most reference systems of an element.
pub const MAX_REFERENCES: usize = 7;

/// What is known of one element.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// Its place in the table, from 0 for hydrogen.
    place: usize,
    /// Covalent radius, A.
    pub covalent_a: f64,
    /// Q with C8 = 3 Q_a Q_b C6: sqrt(sqrt(Z) <r^4> / (2 <r^2>)), bohr.
    pub quadrupole_bohr: f64,
    /// Coordination numbers of the reference systems.
    pub coordination: Vec<f64>,
}

fn word(at: usize) -> u32 {
    let bytes =
        TABLE[4 * at..].first_chunk().expect("the table is as long as its words say: a test reads them all");
    u32::from_le_bytes(*bytes)
}

fn number(at: usize) -> f64 {
    f64::from(word(at)) * UNIT
}

/// Number of elements in the table.
fn elements() -> usize {
    word(0) as usize
}

/// Where the elements' entries start, one more than there are elements.
fn starts() -> Vec<usize> {
    let mut starts = vec![1];
    for element in 0..elements() {
        starts.push(starts[element] + 3 + word(starts[element]) as usize);
    }
    starts
}

/// The symbol of the last element in the table.
pub fn last_symbol() -> &'static str {
    u8::try_from(elements()).ok().and_then(Species::from_number).map_or("?", Species::symbol)
}

/// What is known of an element, if it is in the table.
pub fn of_element(species: Species) -> Option<Element> {
    let place = usize::from(species.number()) - 1;
    let start = *starts()[..elements()].get(place)?;
    let references = word(start) as usize;
    Some(Element {
        place,
        covalent_a: number(start + 1),
        quadrupole_bohr: (0.5 * number(start + 2) * f64::from(species.number()).sqrt()).sqrt(),
        coordination: (0..references).map(|k| number(start + 3 + k)).collect(),
    })
}

/// C6 of two elements, hartree bohr^6, row-major `[references of a, references of b]`.
pub fn c6(a: &Element, b: &Element) -> Vec<f64> {
    let (first, second) = if a.place >= b.place { (a, b) } else { (b, a) };
    let starts = starts();
    let references = |element: usize| word(starts[element]) as usize;
    let mut block = starts[elements()];
    for i in 0..=first.place {
        let until = if i < first.place { i + 1 } else { second.place };
        block += references(i) * (0..until).map(references).sum::<usize>();
    }
    let columns = second.coordination.len();
    let entry = |i: usize, j: usize| number(block + i * columns + j);
    let (rows_of_a, columns_of_b) = (a.coordination.len(), b.coordination.len());
    let at = |k: usize| {
        let (i, j) = (k / columns_of_b, k % columns_of_b);
        if std::ptr::eq(first, a) { entry(i, j) } else { entry(j, i) }
    };
    (0..rows_of_a * columns_of_b).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(symbol: &str) -> Element {
        of_element(Species::from_symbol(symbol).expect("an element")).expect("in the table")
    }

    /// Numbers as Grimme et al. (2010) give them.
    /// The same but for the last bit: tables hold ten-thousandths.
    fn close(found: &[f64], published: &[f64]) {
        let same = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12 * b.max(1.0);
        assert!(found.len() == published.len() && found.iter().zip(published).all(same), "{found:?}");
    }

    #[test]
    fn published_numbers_are_found() {
        let (h, c, na) = (element("H"), element("C"), element("Na"));
        close(&h.coordination, &[0.9118, 0.0]);
        close(&c.coordination, &[0.0, 0.9868, 1.9985, 2.9987, 3.9844]);
        close(&[c.covalent_a, na.covalent_a], &[0.75, 1.4]);
        close(&c6(&h, &h), &[3.0267, 4.7379, 4.7379, 7.5916]);
        // The free carbon atom with H in H2, and with the free H; two C with four neighbours.
        let both = c6(&c, &h);
        close(&both[..2], &[12.1402, 19.2653]);
        close(&c6(&c, &c)[24..], &[18.2067]);
        close(&c6(&na, &na)[..1], &[1608.0286]);
    }

    #[test]
    fn every_pair_of_elements_is_there_and_symmetric() {
        let all: Vec<Element> = (1..=103)
            .map(|z| of_element(Species::from_number(z).expect("an element")).expect("in the table"))
            .collect();
        for (k, a) in all.iter().enumerate() {
            assert!((1..=MAX_REFERENCES).contains(&a.coordination.len()));
            for b in &all[..=k] {
                let (ab, ba) = (c6(a, b), c6(b, a));
                let (rows, columns) = (a.coordination.len(), b.coordination.len());
                assert!(ab.iter().all(|c6| (1.0..1e4).contains(c6)));
                assert!((0..rows * columns).all(|n| ab[n] == ba[n % columns * rows + n / columns]));
            }
        }
        assert!(of_element(Species::from_number(104).expect("an element")).is_none());
        assert_eq!(last_symbol(), "Lr");
        let last = c6(&all[102], &all[102]);
        assert_eq!(4 * (starts()[103] + 57_811), TABLE.len(), "{last:?}");
    }
}
