//! Drawing a checked map: vectors, distances, the plane, clusters, files.

use std::time::Instant;

use nalgebra::{DMatrix, DMatrixView};
use natron_analysis::{Medoids, Scaling, k_medoids};
use natron_atoms::Species;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::MapJob;
use super::environments::{Environment, Question, all};
use super::report;
use crate::csv_table::quoted;
use crate::envelope::{Build, put_number};
use crate::job::{Job, RunOutcome};
use crate::md::now_utc;
use crate::run_directory::RunDirectory;
use crate::watch::Watch;
use crate::{Failure, files};

/// Environments that are compared with the landmarks at a time.
const CHUNK: usize = 256;

/// What was found.
pub(super) struct Drawn {
    pub environments: Vec<Environment>,
    /// Elements by which neighbours were counted.
    pub counted: Vec<Species>,
    /// Where each environment lies in the plane.
    pub places: Vec<[f64; 2]>,
    /// To which cluster it belongs.
    pub clusters: Vec<usize>,
    /// The environment that stands for each cluster.
    pub representatives: Vec<usize>,
    pub landmarks: usize,
    pub silhouette: Option<f64>,
    pub share: f64,
    pub eigenvalues: Vec<f64>,
    /// Root mean square over landmarks of (distance in the plane - distance), over the mean distance.
    pub distortion: f64,
}

pub(super) fn run(job: &MapJob, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure> {
    let started_utc = now_utc();
    let clock = Instant::now();
    let held = RunDirectory::open(&job.directory, job.existing)?;
    let directory = held.path().to_path_buf();
    files::replace(&directory.join("deck.toml"), job.deck_for_directory().as_bytes())?;
    watch.info(&job.about());
    let drawn = draw(job)?;
    watch.detail(&format!("drawn after {:.1} s", clock.elapsed().as_secs_f64()));
    files::replace(&directory.join("map.csv"), csv(job, &drawn).as_bytes())?;
    let mut summary = build.envelope("map");
    put(job, &drawn, &mut summary);
    summary.insert("started_utc".into(), started_utc.into());
    summary.insert("ended_utc".into(), now_utc().into());
    summary.insert("finished".into(), true.into());
    let summary = Value::Object(summary);
    let text = serde_json::to_string_pretty(&summary).expect("JSON serialises");
    files::replace(&directory.join("summary.json"), text.as_bytes())?;
    files::replace(&directory.join("report.html"), report::page(job, &drawn).as_bytes())?;
    Ok(RunOutcome {
        summary,
        table: report::table(job, &drawn).to_text(),
        reports: vec![directory.join("report.html"), directory.join("map.csv")],
        stopped: None,
    })
}

fn draw(job: &MapJob) -> Result<Drawn, Failure> {
    let mut counted: Vec<Species> = job.soap.species().to_vec();
    counted.sort_unstable();
    let question = Question {
        soap: &job.soap,
        mobile: &job.mobile,
        counted: &counted,
        coordination_a: job.deck.map.coordination_a,
        columns: &job.deck.map.columns,
    };
    let (environments, vectors) = all(&job.sources, &question)?;
    let chosen = landmarks(environments.len(), job.deck.map.landmarks);
    let anchors = vectors.select_columns(&chosen);
    let zeta = job.deck.soap.zeta;
    let between = squared(&anchors, anchors.as_view(), zeta);
    let scaling = Scaling::new(&between);
    let distances = between.map(f64::sqrt);
    let medoids = k_medoids(&distances, job.deck.map.clusters);
    let (places, clusters) = place_all(&vectors, &anchors, &scaling, &medoids, zeta);
    let distortion = distortion(&distances, &chosen, &places);
    Ok(Drawn {
        counted,
        places,
        clusters,
        representatives: medoids.medoids.iter().map(|&landmark| chosen[landmark]).collect(),
        landmarks: chosen.len(),
        silhouette: medoids.silhouette,
        share: scaling.share(),
        eigenvalues: scaling.eigenvalues,
        distortion,
        environments,
    })
}

/// Landmarks: all, or as many as asked for, evenly spaced over the environments in their order.
fn landmarks(count: usize, most: usize) -> Vec<usize> {
    let m = count.min(most);
    (0..m).map(|k| k * count / m).collect()
}

/// d^2 = 2 - 2 K, K = (p . q)^zeta, between normalised vectors (columns): `[anchor][vector]`.
fn squared(anchors: &DMatrix<f64>, vectors: DMatrixView<'_, f64>, zeta: f64) -> DMatrix<f64> {
    // Rounding takes the product of a vector with itself beyond 1.
    (anchors.tr_mul(&vectors)).map(|product| 2.0 - 2.0 * product.clamp(0.0, 1.0).powf(zeta))
}

/// Where every environment lies, and which medoid is next to it.
fn place_all(
    vectors: &DMatrix<f64>,
    anchors: &DMatrix<f64>,
    scaling: &Scaling,
    medoids: &Medoids,
    zeta: f64,
) -> (Vec<[f64; 2]>, Vec<usize>) {
    let starts: Vec<usize> = (0..vectors.ncols()).step_by(CHUNK).collect();
    let chunk = |start: usize| {
        let width = CHUNK.min(vectors.ncols() - start);
        let squared = squared(anchors, vectors.columns(start, width), zeta);
        let one = |column: usize| {
            let squared = squared.column(column);
            let squared = squared.as_slice();
            let next =
                |a: &usize, b: &usize| squared[medoids.medoids[*a]].total_cmp(&squared[medoids.medoids[*b]]);
            let cluster = (0..medoids.medoids.len()).min_by(next).unwrap_or(0);
            (scaling.place(squared), cluster)
        };
        (0..width).map(one).collect::<Vec<_>>()
    };
    starts.into_par_iter().flat_map_iter(chunk).unzip()
}

fn distortion(distances: &DMatrix<f64>, chosen: &[usize], places: &[[f64; 2]]) -> f64 {
    let (mut squares, mut sum, mut pairs) = (0.0, 0.0, 0.0);
    for (i, &a) in chosen.iter().enumerate() {
        for (j, &b) in chosen.iter().enumerate().take(i) {
            let flat = (places[a][0] - places[b][0]).hypot(places[a][1] - places[b][1]);
            squares += (flat - distances[(i, j)]).powi(2);
            sum += distances[(i, j)];
            pairs += 1.0;
        }
    }
    if sum > 0.0 { (squares / pairs).sqrt() / (sum / pairs) } else { 0.0 }
}

/// One line for each environment.
fn csv(job: &MapJob, drawn: &Drawn) -> String {
    let mut text = "file,frame,atom,species,x,axis_1,axis_2,cluster,representative".to_string();
    for species in &drawn.counted {
        text.push_str(&format!(",neighbours_{species}"));
    }
    for name in &job.deck.map.columns {
        text.push_str(&format!(",{}", quoted(name)));
    }
    text.push('\n');
    for (index, environment) in drawn.environments.iter().enumerate() {
        let source = &job.sources[environment.frame];
        let species = source.frame.structure.species[environment.atom];
        let x = source.x.map_or(String::new(), |x| x.to_string());
        let [one, two] = drawn.places[index];
        let (cluster, stands) = (drawn.clusters[index], u8::from(drawn.representatives.contains(&index)));
        let (file, number, atom) = (quoted(&source.file), source.number, environment.atom);
        text.push_str(&format!("{file},{number},{atom},{species},{x},{one},{two},{cluster},{stands}"));
        for count in &environment.coordination {
            text.push_str(&format!(",{count}"));
        }
        for value in &environment.columns {
            let value = if value.is_finite() { value.to_string() } else { String::new() };
            text.push_str(&format!(",{value}"));
        }
        text.push('\n');
    }
    text
}

/// Mean of a value over the members of a cluster.
pub(super) fn mean(members: &[usize], value: impl Fn(usize) -> Option<f64>) -> Option<f64> {
    let values: Vec<f64> =
        members.iter().filter_map(|&index| value(index)).filter(|v| v.is_finite()).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

impl Drawn {
    /// The environments of a cluster.
    pub fn members(&self, cluster: usize) -> Vec<usize> {
        (0..self.clusters.len()).filter(|&index| self.clusters[index] == cluster).collect()
    }
}

fn put(job: &MapJob, drawn: &Drawn, map: &mut Map<String, Value>) {
    map.insert("environments".into(), drawn.environments.len().into());
    map.insert("frames".into(), job.sources.len().into());
    map.insert("landmarks".into(), drawn.landmarks.into());
    map.insert("numbers_per_environment".into(), job.soap.len().into());
    map.insert("share_of_two_axes".into(), drawn.share.into());
    map.insert("distortion".into(), drawn.distortion.into());
    map.insert("eigenvalues".into(), drawn.eigenvalues.iter().take(10).copied().collect::<Vec<f64>>().into());
    put_number(map, "silhouette", drawn.silhouette, "it takes two clusters");
    let cluster = |(number, &representative): (usize, &usize)| {
        let members = drawn.members(number);
        let environment = &drawn.environments[representative];
        let source = &job.sources[environment.frame];
        let mut cluster = Map::new();
        cluster.insert("cluster".into(), number.into());
        cluster.insert("members".into(), members.len().into());
        cluster.insert(
            "representative".into(),
            json!({ "file": source.file, "frame": source.number, "atom": environment.atom }),
        );
        let x = mean(&members, |index| job.sources[drawn.environments[index].frame].x);
        put_number(&mut cluster, "x_mean", x, "there is nothing but mobile atoms");
        for (k, species) in drawn.counted.iter().enumerate() {
            let count = |index: usize| Some(drawn.environments[index].coordination[k] as f64);
            let key = format!("neighbours_{species}_mean");
            put_number(&mut cluster, &key, mean(&members, count), "the cluster is empty");
        }
        for (k, name) in job.deck.map.columns.iter().enumerate() {
            let value = mean(&members, |index| Some(drawn.environments[index].columns[k]));
            put_number(&mut cluster, &format!("{name}_mean"), value, "no environment has a value");
        }
        Value::Object(cluster)
    };
    map.insert("clusters".into(), drawn.representatives.iter().enumerate().map(cluster).collect());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn landmarks_are_spread_over_all() {
        assert_eq!(landmarks(4, 10), [0, 1, 2, 3]);
        assert_eq!(landmarks(10, 4), [0, 2, 5, 7]);
        let many = landmarks(10_000, 1000);
        assert_eq!((many.len(), many[999]), (1000, 9990));
    }

    #[test]
    fn equal_vectors_are_at_no_distance() {
        let vectors = DMatrix::from_columns(&[
            nalgebra::DVector::from_vec(vec![0.6, 0.8]),
            nalgebra::DVector::from_vec(vec![0.8, 0.6]),
        ]);
        let found = squared(&vectors, vectors.as_view(), 2.0);
        assert!(found[(0, 0)].abs() < 1e-15 && found[(1, 1)].abs() < 1e-15);
        assert!((found[(0, 1)] - (2.0 - 2.0 * 0.96_f64.powi(2))).abs() < 1e-15);
    }
}
