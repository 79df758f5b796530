//! How many settings are tried for how long.

/// How many settings go on: one in so many.
pub(super) const KEEP: usize = 3;

/// A row of trainings of the same length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rung {
    /// Epochs of each.
    pub epochs: usize,
    /// Settings that are trained so long.
    pub trials: usize,
}

/// The rungs, the shortest trainings first, that fit into `epochs_affordable`; at most `trials_max` settings. There is always
/// one training of full length.
pub(super) fn rungs(full: usize, trials_max: usize, epochs_affordable: f64) -> Vec<Rung> {
    let mut best = vec![Rung { epochs: full, trials: 1 }];
    for count in 1..=trials_max {
        let plan = ladder(full, count);
        if cost(&plan) > epochs_affordable {
            break;
        }
        best = plan;
    }
    best
}

/// No training is shorter, epochs: less says nothing of a setting.
const SHORTEST: usize = 5;

/// As many rungs as divide `count` settings down to one.
fn ladder(full: usize, count: usize) -> Vec<Rung> {
    let mut plan = Vec::new();
    let (mut trials, mut factor) = (count, 1);
    while trials > 1 && full / (factor * KEEP) >= SHORTEST {
        factor *= KEEP;
        trials = trials.div_ceil(KEEP);
    }
    let mut trials = count;
    while factor >= 1 {
        plan.push(Rung { epochs: full / factor, trials });
        if factor == 1 {
            break;
        }
        factor /= KEEP;
        trials = trials.div_ceil(KEEP);
    }
    plan
}

fn cost(plan: &[Rung]) -> f64 {
    plan.iter().map(|rung| (rung.epochs * rung.trials) as f64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_three_goes_on() {
        let rung = |epochs, trials| Rung { epochs, trials };
        assert_eq!(ladder(180, 9), [rung(20, 9), rung(60, 3), rung(180, 1)]);
        assert_eq!(ladder(180, 1), [rung(180, 1)]);
        assert_eq!(ladder(10, 9), [rung(10, 9)]);
    }

    #[test]
    fn the_plan_fits_into_the_time() {
        for affordable in [0.0, 180.0, 400.0, 2000.0, 20_000.0] {
            let plan = rungs(180, 243, affordable);
            assert!(cost(&plan) <= affordable || plan == [Rung { epochs: 180, trials: 1 }], "{plan:?}");
            let all = plan[0].trials == 243;
            assert!(affordable < 400.0 || all || cost(&plan) > 0.6 * affordable, "{plan:?} for {affordable}");
            assert_eq!(plan.last().map(|rung| rung.epochs), Some(180));
        }
        assert_eq!(rungs(180, 9, 1e9)[0].trials, 9);
    }
}
