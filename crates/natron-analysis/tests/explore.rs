mod walks;
use natron_analysis::{Verdict, diffusion};
use natron_atoms::Species;
use walks::*;

type Maker = Box<dyn Fn(u64) -> Vec<Vec<natron_atoms::Vec3>>>;

#[allow(clippy::unwrap_used)]
fn run(name: &str, d: f64, repeats: u64, make: Maker) {
    let (mut in68, mut in95, mut ok, mut ds, mut errs, mut slopes, mut serr, mut start) = (0, 0, 0, vec![], vec![], vec![], vec![], vec![]);
    let mut below = 0;
    let mut verdicts = [0; 3];
    for r in 0..repeats {
        let t = trajectory(&make(r));
        let res = diffusion(&[&t], Species::NA, &[Species::C]).unwrap().result;
        verdicts[res.verdict as usize] += 1;
        slopes.push(res.slope.unwrap()); serr.push(res.slope_err.unwrap());
        start.push(res.fit_from_ps.unwrap());
        if res.verdict != Verdict::Diffusive { continue; }
        ok += 1;
        let (v, e) = (res.D_m2_per_s.unwrap() * 1e8, res.D_err_m2_per_s.unwrap() * 1e8);
        if (v - d).abs() <= e { in68 += 1; }
        if d >= res.D_low95_m2_per_s.unwrap() * 1e8 && d <= res.D_high95_m2_per_s.unwrap() * 1e8 { in95 += 1; } else if d > v { below += 1; }
        ds.push(v); errs.push(e);
    }
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let sd = |x: &[f64]| (x.iter().map(|y| (y - mean(x)).powi(2)).sum::<f64>() / (x.len() as f64 - 1.0)).sqrt();
    start.sort_by(f64::total_cmp);
    println!("{name:28} n {ok:4} {verdicts:?} bias {:+.3} sd {:.3} meanerr {:.3} c68 {:.3} c95 {:.3} (low misses {below}) slope {:.3} sd {:.3} err {:.3} start {:.2} {:.2} {:.2}",
        mean(&ds) / d - 1.0, sd(&ds) / d, mean(&errs) / d, in68 as f64 / ok as f64, in95 as f64 / ok as f64, mean(&slopes), sd(&slopes), mean(&serr),
        start[start.len() / 10], start[start.len() / 2], start[start.len() * 9 / 10]);
}

#[test]
fn explore() {
    let d = 0.1;
    let n = 200;
    for (atoms, frames) in [(22, 1001), (4, 1001), (1, 2001), (100, 501)] {
        run(&format!("walk {atoms} {frames}"), d, n, Box::new(move |r| { let mut g = generator(1, r); (0..atoms).map(|_| random_walk(&mut g, frames, d)).collect() }));
        run(&format!("persistent .2 {atoms} {frames}"), d, n, Box::new(move |r| { let mut g = generator(2, r); (0..atoms).map(|_| persistent_walk(&mut g, frames, d, 0.2)).collect() }));
        run(&format!("vibration .1 {atoms} {frames}"), d, n, Box::new(move |r| { let mut g = generator(3, r); (0..atoms).map(|_| { let w = random_walk(&mut g, frames, d); add(w, &caged(&mut g, frames, 0.3, 0.1)) }).collect() }));
        run(&format!("vibration .5 {atoms} {frames}"), d, n, Box::new(move |r| { let mut g = generator(3, r); (0..atoms).map(|_| { let w = random_walk(&mut g, frames, d); add(w, &caged(&mut g, frames, 0.5, 0.5)) }).collect() }));
        run(&format!("mixed D {atoms} {frames}"), d, n, Box::new(move |r| { let mut g = generator(4, r); (0..atoms).map(|_| { use rand_distr::{Distribution, StandardNormal}; let z: f64 = StandardNormal.sample(&mut g); let f = (0.5 * z - 0.125f64).exp(); random_walk(&mut g, frames, d * f) }).collect() }));
        run(&format!("collective {atoms} {frames}"), d, n, Box::new(move |r| { let mut g = generator(5, r); let c = random_walk(&mut g, frames, 0.5 * d); (0..atoms).map(|_| { let w = random_walk(&mut g, frames, 0.5 * d); add(w, &c) }).collect() }));
        run(&format!("caged {atoms} {frames}"), d, n, Box::new(move |r| { let mut g = generator(6, r); (0..atoms).map(|_| caged(&mut g, frames, 0.5, 0.5)).collect() }));
    }
}
