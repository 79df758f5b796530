//! How the ions of one species move at one temperature: jumps, stays, sites, displacements, and each ion by itself.

use natron_analysis::checks::Outcome;
use natron_analysis::histogram::Histogram;
use natron_analysis::jumps::{Jump, jumps};
use natron_analysis::mobility::{Class, Ion, ions, rank_correlation, surroundings};
use natron_analysis::motion::{Shells, non_gaussian, van_hove_distinct_of_paths, van_hove_self};
use natron_analysis::msd::geometric_lags;
use natron_analysis::paths::{Paths, recorded_paths};
use natron_analysis::sites::{Site, sites};
use natron_analysis::stays::{StayTime, share_back, stay_time, stays};
use natron_analysis::value::Value as Number;
use natron_analysis::{DiffusionError, Recording, Spread};
use natron_atoms::units::A2_PER_PS_IN_M2_PER_S;
use natron_atoms::{Cell, Species, Structure};

use super::Analysis;
use super::groups::Group;
use super::source::Run;
use super::structure::{Structural, thinned};
use super::transport::number;

/// An atom jumps where the means of its places over so long before and after differ by more than the threshold: longer than a vibration and
/// than a visit, shorter than a stay (ps), between the amplitude of vibrations and the distance of sites (A).
pub(crate) const JUMP_WINDOW_PS: f64 = 0.4;
pub(crate) const JUMP_THRESHOLD_A: f64 = 1.2;
/// Frames closer in time than this say nothing more about jumps, ps.
const JUMP_EVERY_PS: f64 = 0.04;
/// A window has at least so many frames.
const WINDOW_MIN: usize = 3;
/// Stays closer than this are at one site, A.
pub(crate) const SITE_A: f64 = 1.0;
/// Lengths of jumps are counted up to this, A, in so many bins.
const LONGEST_A: f64 = 8.0;
const LENGTHS: usize = 32;
/// Displacements are counted up to this, A, in so many shells.
const FARTHEST_A: f64 = 10.0;
const SHELLS: usize = 50;
/// Lags of Van Hove's functions, as parts of the run.
const LAGS: [f64; 3] = [0.01, 0.06, 0.35];
/// Frames of a path beyond this are passed over for displacements, and origins of pairs beyond this.
const MOST_FRAMES: usize = 20_000;
const MOST_ORIGINS: usize = 300;

/// The motion of one species.
#[derive(Debug, Clone)]
pub struct Motion {
    /// The species.
    pub species: Species,
    /// Mean temperature, K, where it is known.
    pub temperature_k: Option<f64>,
    /// Trajectories that were pooled.
    pub runs: usize,
    /// What is known of jumps, or why nothing is.
    pub hops: Outcome<Hops>,
    /// Van Hove's functions at some lags.
    pub van_hove: Vec<VanHove>,
    /// Lag, ps, and non-Gaussian parameter.
    pub non_gaussian: Vec<(f64, f64)>,
    /// Every ion.
    pub ions: Vec<Ion>,
}

/// Jumps, stays and sites.
#[derive(Debug, Clone)]
pub struct Hops {
    /// Time between the frames in which jumps were looked for, ps.
    pub every_ps: f64,
    /// Length of the window before and after, ps.
    pub window_ps: f64,
    /// Jumps that were found.
    pub jumps: Vec<Jump>,
    /// Time of all ions together, ps.
    pub seen_ps: f64,
    /// Lengths of jumps, A.
    pub length_a: Option<Spread>,
    /// Mean of their squares, A^2.
    pub square_a2: Option<f64>,
    /// Their distribution, 1/A.
    pub lengths: Option<Histogram>,
    /// Share of jumps, among those that follow another of the same ion, that lead back.
    pub share_back: Option<f64>,
    /// Time of a stay.
    pub stay: Option<StayTime>,
    /// D if every jump were independent of those before, m2/s.
    pub random_walk: Option<Number>,
    /// D over that.
    pub correlation_factor: Outcome<Number>,
    /// Where ions stay, by falling occupancy; places are those of the first run's first frame.
    pub sites: Outcome<Vec<Site>>,
}

/// Van Hove's functions at one lag.
#[derive(Debug, Clone)]
pub struct VanHove {
    /// The lag, ps.
    pub lag_ps: f64,
    /// Density of displacements, 1/A.
    pub own: Shells,
    /// Density of other ions around where an ion was, over their mean density.
    pub distinct: Outcome<Shells>,
}

impl Motion {
    pub(super) fn new(
        members: &[&Run],
        group: &Group,
        analysis: &Analysis,
        structure: Option<&Structural>,
    ) -> Result<Self, DiffusionError> {
        let recordings: Vec<&Recording> = members.iter().map(|run| &run.recording).collect();
        let species = analysis.species;
        let paths = recorded_paths(&recordings, species)?;
        let cell = resting_cell(&recordings);
        let hops = hops(&paths, analysis, &recordings, cell.as_ref().map_err(Clone::clone));
        let thin = paths.every(paths.n_frames.div_ceil(MOST_FRAMES));
        let none = Vec::new();
        let found = hops.as_ref().map_or(&none, |hops| &hops.jumps);
        let around = structure.map(|structure| {
            let to_framework = structure
                .framework
                .iter()
                .filter_map(|s| structure.shell_end_a(species, *s))
                .reduce(f64::max);
            let cutoffs = (to_framework, structure.link_a(species));
            // Ions of each run by themselves, in the order of the paths.
            let of_run = |run: &&Run| {
                let frames: Vec<&Structure> = run.sample.frames().iter().collect();
                let frames = thinned(&frames, super::structure::frames_to_keep(structure.last.len()));
                surroundings(&frames, species, &structure.framework, cutoffs).unwrap_or_default()
            };
            members.iter().flat_map(of_run).collect::<Vec<_>>()
        });
        let ions = ions(&paths, analysis.diffusion.estimate.as_ref(), found, &around.unwrap_or_default());
        Ok(Self {
            species,
            temperature_k: group.temperature_k,
            runs: members.len(),
            van_hove: van_hove(&thin, cell.as_ref()),
            non_gaussian: gaussian_or_not(&thin),
            ions,
            hops,
        })
    }

    /// How many ions are of a class.
    pub fn count(&self, class: Class) -> usize {
        self.ions.iter().filter(|ion| ion.class == class).count()
    }

    /// Rank correlation of each ion's own D with something of its surroundings.
    pub fn correlation(&self, of: fn(&Ion) -> f64) -> Option<f64> {
        let pairs: Vec<(f64, f64)> =
            self.ions.iter().filter_map(|ion| Some((ion.d_m2_per_s?, of(ion)))).collect();
        rank_correlation(&pairs)
    }

    /// Where the non-Gaussian parameter is largest: lag, ps, and its value.
    pub fn non_gaussian_max(&self) -> Option<(f64, f64)> {
        self.non_gaussian.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// The cell that all runs share, where it rests.
fn resting_cell(recordings: &[&Recording]) -> Outcome<Cell> {
    let first = recordings.first().and_then(|recording| recording.cell.clone());
    let cell = first.ok_or("the cell changes with time")?;
    let shared = recordings.iter().all(|recording| recording.cell.as_ref() == Some(&cell));
    if shared { Ok(cell) } else { Err("the runs have different cells".into()) }
}

fn hops(
    paths: &Paths,
    analysis: &Analysis,
    recordings: &[&Recording],
    cell: Result<&Cell, String>,
) -> Outcome<Hops> {
    let thin = paths.every((JUMP_EVERY_PS / paths.spacing_ps + 1e-6) as usize);
    let window = ((JUMP_WINDOW_PS / thin.spacing_ps).round() as usize).max(WINDOW_MIN);
    let window_ps = window as f64 * thin.spacing_ps;
    if thin.n_frames < 4 * window {
        return Err(format!(
            "the run is shorter than four windows of {window_ps:.2} ps in which jumps are looked for"
        ));
    }
    let jumps = jumps(&thin, window, JUMP_THRESHOLD_A);
    let lengths: Vec<f64> = jumps.iter().map(|jump| jump.way_a.norm()).collect();
    let squares: Vec<f64> = lengths.iter().map(|length| length * length).collect();
    let square_a2 = Spread::of(&squares);
    let seen_ps = thin.spacing_ps * (thin.n_frames - 1) as f64 * thin.atoms.len() as f64;
    let random_walk = square_a2.map(|square| {
        let n = jumps.len() as f64;
        let value = A2_PER_PS_IN_M2_PER_S * n / seen_ps * square.mean / 6.0;
        // Jumps are counted, and the mean of their squares is known from as many.
        let relative = (1.0 / n + (square.sd / square.mean).powi(2) / n).sqrt();
        Number { value, err: value * relative }
    });
    let correlation_factor = match (number(&analysis.diffusion.result), random_walk) {
        (Ok(d), Some(walk)) => Ok(d.over(walk)),
        (Err(why), _) => Err(why),
        (_, None) => Err("no ion jumps".into()),
    };
    let sites = cell.map(|cell| {
        let mut sites = sites(&thin, &stays(&thin, &jumps), cell, SITE_A);
        let centre = recordings[0].centre_a;
        sites.iter_mut().for_each(|site| site.place_a = cell.wrap(&(site.place_a + centre)).0);
        sites
    });
    Ok(Hops {
        every_ps: thin.spacing_ps,
        window_ps,
        length_a: Spread::of(&lengths),
        square_a2: square_a2.map(|square| square.mean),
        lengths: Histogram::of(&lengths, 0.0, LONGEST_A, LENGTHS),
        share_back: share_back(&jumps, SITE_A),
        stay: stay_time(&thin, &jumps),
        random_walk,
        correlation_factor,
        sites,
        seen_ps,
        jumps,
    })
}

impl Hops {
    /// Jumps of an ion per ps, with their statistical error.
    pub fn rate_per_ps(&self) -> Number {
        let n = self.jumps.len() as f64;
        Number { value: n / self.seen_ps, err: n.sqrt() / self.seen_ps }
    }
}

fn van_hove(paths: &Paths, cell: Result<&Cell, &String>) -> Vec<VanHove> {
    let mut lags: Vec<usize> =
        LAGS.iter().map(|part| ((part * paths.n_frames as f64).round() as usize).max(1)).collect();
    lags.dedup();
    let one = |lag: usize| {
        let own = van_hove_self(paths, lag, FARTHEST_A, SHELLS)?;
        let distinct = cell.map_err(Clone::clone).and_then(|cell| {
            let half = 0.5 * cell.heights_a().into_iter().fold(f64::INFINITY, f64::min);
            let shells = (half.min(FARTHEST_A), SHELLS);
            van_hove_distinct_of_paths(paths, cell, lag, shells, MOST_ORIGINS)
                .map_err(|error| error.to_string())
        });
        Some(VanHove { lag_ps: lag as f64 * paths.spacing_ps, own, distinct })
    };
    lags.into_iter().filter_map(one).collect()
}

fn gaussian_or_not(paths: &Paths) -> Vec<(f64, f64)> {
    // Beyond half of the run there are too few displacements to have fourth powers of.
    let lags = geometric_lags(1, (paths.n_frames / 2).max(1), 4);
    let values = non_gaussian(paths, &lags);
    let at = lags.iter().map(|lag| *lag as f64 * paths.spacing_ps);
    at.zip(values).filter(|(_, value)| value.is_finite()).collect()
}
