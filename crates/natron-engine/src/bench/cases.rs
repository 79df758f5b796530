//! Which measurements are made, and in which order.

use natron_potential::Precision;

use super::{BenchOptions, PrecisionChoice};

/// Blocks of the unit cell along each direction: the standard sizes.
const BLOCKS: [usize; 3] = [1, 2, 4];
/// Sizes that are measured in f64 where no precision is asked for.
const REFERENCE_SIZES: usize = 2;

/// One measurement to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) atoms: usize,
    pub(super) threads: usize,
    pub(super) replicas: usize,
    pub(super) precision: Precision,
}

/// All measurements: small systems first, so that memory grows with them; the first is the headline. Where no
/// precision is asked for, f64 is measured as a reference, on one thread; `one_precision` is that of a potential
/// without a choice.
pub(super) fn cases(
    options: &BenchOptions,
    unit: usize,
    threads: usize,
    one_precision: Option<Precision>,
) -> Vec<Case> {
    let sizes = match options.atoms {
        Some(atoms) => vec![atoms],
        None => BLOCKS.map(|side| unit * side.pow(3)).to_vec(),
    };
    let single = |atoms, precision| Case { atoms, threads: 1, replicas: 1, precision };
    let all = |precision| -> Vec<Case> {
        let with_replicas = |k: usize| k == 0 && options.atoms.is_none();
        let sizes = sizes.iter().enumerate();
        sizes.flat_map(|(k, &atoms)| of_size(single(atoms, precision), threads, with_replicas(k))).collect()
    };
    match (one_precision, options.precision) {
        (Some(precision), _) => all(precision),
        (None, Some(PrecisionChoice::F32)) => all(Precision::F32),
        (None, Some(PrecisionChoice::F64)) => all(Precision::F64),
        (None, Some(PrecisionChoice::Both)) => [all(Precision::F32), all(Precision::F64)].concat(),
        (None, None) if options.atoms.is_some() => all(Precision::F32),
        (None, None) => {
            let reference = sizes.iter().take(REFERENCE_SIZES).map(|&atoms| single(atoms, Precision::F64));
            all(Precision::F32).into_iter().chain(reference).collect()
        }
    }
}

/// One size on all threads, on one, and as one replica on each.
fn of_size(single: Case, threads: usize, with_replicas: bool) -> Vec<Case> {
    if threads == 1 {
        return vec![single];
    }
    let mut cases = vec![Case { threads, ..single }, single];
    if with_replicas {
        cases.push(Case { threads, replicas: threads, ..single });
    }
    cases
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(atoms: Option<usize>, precision: Option<PrecisionChoice>) -> BenchOptions {
        BenchOptions {
            potential: "nac".into(),
            precision,
            atoms,
            structure: None,
            seconds: 1.0,
            against: Vec::new(),
        }
    }

    #[test]
    fn the_standard_set_has_three_sizes_and_a_reference() {
        let cases = cases(&options(None, None), 222, 2, None);
        let sizes: Vec<usize> = cases.iter().map(|case| case.atoms).collect();
        assert_eq!(sizes, [222, 222, 222, 1776, 1776, 14208, 14208, 222, 1776]);
        assert_eq!((cases[0].threads, cases[0].replicas), (2, 1));
        assert_eq!((cases[2].threads, cases[2].replicas), (2, 2));
        assert!(cases[7..].iter().all(|case| case.precision == Precision::F64 && case.threads == 1));
    }

    #[test]
    fn what_is_asked_for_is_measured_alone() {
        let both = Some(PrecisionChoice::Both);
        let precisions = |cases: Vec<Case>| cases.iter().map(|case| case.precision).collect::<Vec<_>>();
        use Precision::{F32, F64};
        assert_eq!(precisions(cases(&options(Some(500), None), 222, 1, None)), [F32]);
        assert_eq!(precisions(cases(&options(Some(500), both), 222, 2, None)), [F32, F32, F64, F64]);
        assert_eq!(precisions(cases(&options(Some(500), both), 222, 1, Some(F64))), [F64]);
    }
}
