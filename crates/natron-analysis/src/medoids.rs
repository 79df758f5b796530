//! Clusters around medoids: the points themselves that have the least sum of distances to the points next to them.
//!
//! Partitioning around medoids (L. Kaufman, P. J. Rousseeuw, 1987): one medoid after the other is chosen so that the sum falls
//! most, then the best exchange of a medoid for another point is made until none helps. All exchanges of one candidate
//! are weighed in one pass over the points (E. Schubert, P. J. Rousseeuw, 10.1016/j.is.2021.101804). No chance is
//! involved: the first of equals wins.

use nalgebra::DMatrix;

/// More exchanges than this are not made; in practice a few are.
const MOST_EXCHANGES: usize = 500;

/// Points that stand for the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Medoids {
    /// Which points they are, rising.
    pub medoids: Vec<usize>,
    /// Sum over all points of the distance to their medoid.
    pub cost: f64,
    /// Mean silhouette over points: near 1 for clusters that are apart, near 0 for a cut through a continuum; `None` with one
    /// cluster.
    pub silhouette: Option<f64>,
}

/// The nearest and the second nearest medoid of a point, as places among the medoids, with their distances.
#[derive(Clone, Copy)]
struct Near {
    first: usize,
    first_at: f64,
    second_at: f64,
}

/// `count` medoids (or as many as there are points) of points with `distances`, `[n][n]`.
///
/// # Panics
/// `distances` is not square, or there is no point, or `count` is 0.
pub fn k_medoids(distances: &DMatrix<f64>, count: usize) -> Medoids {
    let n = distances.nrows();
    assert!(n > 0 && distances.ncols() == n && count > 0, "some points, and one medoid at least");
    let mut medoids = build(distances, count.min(n));
    for _ in 0..MOST_EXCHANGES {
        let near = nearest(distances, &medoids);
        let Some((place, point)) = best_exchange(distances, &medoids, &near) else { break };
        medoids[place] = point;
    }
    medoids.sort_unstable();
    let near = nearest(distances, &medoids);
    let cost = near.iter().map(|near| near.first_at).sum();
    let silhouette = silhouette(distances, &near, medoids.len());
    Medoids { medoids, cost, silhouette }
}

/// One medoid after the other.
fn build(distances: &DMatrix<f64>, count: usize) -> Vec<usize> {
    let n = distances.nrows();
    let mut nearest = vec![f64::INFINITY; n];
    let mut medoids = Vec::with_capacity(count);
    for _ in 0..count {
        let cost = |point: usize| -> f64 {
            distances.column(point).iter().zip(&nearest).map(|(d, near)| d.min(*near)).sum()
        };
        let free = (0..n).filter(|point| !medoids.contains(point));
        let best = free.map(|point| (cost(point), point)).min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, best)) = best else { break };
        medoids.push(best);
        for (near, d) in nearest.iter_mut().zip(distances.column(best).iter()) {
            *near = near.min(*d);
        }
    }
    medoids
}

fn nearest(distances: &DMatrix<f64>, medoids: &[usize]) -> Vec<Near> {
    let of = |point: usize| {
        let mut near = Near { first: 0, first_at: f64::INFINITY, second_at: f64::INFINITY };
        for (place, &medoid) in medoids.iter().enumerate() {
            // A medoid is its own, also where another lies in the same spot.
            let d = if medoid == point { -1.0 } else { distances[(point, medoid)] };
            if d < near.first_at {
                near = Near { first: place, first_at: d, second_at: near.first_at };
            } else if d < near.second_at {
                near.second_at = d;
            }
        }
        near.first_at = near.first_at.max(0.0);
        near.second_at = near.second_at.max(0.0);
        near
    };
    (0..distances.nrows()).map(of).collect()
}

/// The exchange (place among the medoids, new point) that lowers the cost most, if one does.
fn best_exchange(distances: &DMatrix<f64>, medoids: &[usize], near: &[Near]) -> Option<(usize, usize)> {
    let total: f64 = near.iter().map(|near| near.first_at).sum();
    let mut best = (-1e-10 * total.max(f64::MIN_POSITIVE), None);
    let mut losses = vec![0.0; medoids.len()];
    for candidate in (0..near.len()).filter(|point| !medoids.contains(point)) {
        losses.fill(0.0);
        let mut gain = 0.0;
        for (near, &d) in near.iter().zip(distances.column(candidate).iter()) {
            if d < near.first_at {
                // Moves to the candidate whichever medoid goes.
                gain += d - near.first_at;
            } else {
                // Has to move only where its own medoid goes.
                losses[near.first] += d.min(near.second_at) - near.first_at;
            }
        }
        for (place, loss) in losses.iter().enumerate() {
            if gain + loss < best.0 {
                best = (gain + loss, Some((place, candidate)));
            }
        }
    }
    best.1
}

/// P. J. Rousseeuw, 10.1016/0377-0427(87)90125-7; points that are alone in their cluster count 0.
fn silhouette(distances: &DMatrix<f64>, near: &[Near], clusters: usize) -> Option<f64> {
    if clusters < 2 {
        return None;
    }
    let mut sizes = vec![0usize; clusters];
    near.iter().for_each(|near| sizes[near.first] += 1);
    let of = |point: usize| {
        let mut sums = vec![0.0; clusters];
        for (other, d) in near.iter().zip(distances.column(point).iter()) {
            sums[other.first] += d;
        }
        let own = near[point].first;
        if sizes[own] < 2 {
            return 0.0;
        }
        let inside = sums[own] / (sizes[own] - 1) as f64;
        let means = (0..clusters).filter(|&c| c != own && sizes[c] > 0).map(|c| sums[c] / sizes[c] as f64);
        let outside = means.fold(f64::INFINITY, f64::min);
        let larger = inside.max(outside);
        if larger > 0.0 && larger.is_finite() { (outside - inside) / larger } else { 0.0 }
    };
    Some((0..near.len()).map(of).sum::<f64>() / near.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_a_line(points: &[f64]) -> DMatrix<f64> {
        DMatrix::from_fn(points.len(), points.len(), |i, j| (points[i] - points[j]).abs())
    }

    #[test]
    fn groups_that_are_apart_are_found() {
        let found = k_medoids(&on_a_line(&[0.0, 0.1, 0.2, 5.0, 5.1, 5.3, 9.0]), 3);
        assert_eq!(found.medoids, [1, 4, 6]);
        assert!((found.cost - 0.5).abs() < 1e-12);
        // By hand: 0.9685, 0.9796, 0.9672; 0.95, 0.9616, 0.9324; alone: 0.
        assert!((found.silhouette.expect("three clusters") - 0.8226).abs() < 3e-3, "{found:?}");
    }

    #[test]
    fn the_cost_is_the_least_there_is() {
        let points: Vec<f64> = (0..14).map(|k| (f64::from(k) * 7.31).sin() * 10.0).collect();
        let distances = on_a_line(&points);
        let cost = |medoids: [usize; 3]| -> f64 {
            (0..14).map(|i| medoids.iter().map(|&m| distances[(i, m)]).fold(f64::INFINITY, f64::min)).sum()
        };
        let mut least = f64::INFINITY;
        for a in 0..14 {
            for b in a + 1..14 {
                for c in b + 1..14 {
                    least = least.min(cost([a, b, c]));
                }
            }
        }
        assert!((k_medoids(&distances, 3).cost - least).abs() < 1e-12);
    }

    #[test]
    fn equal_points_and_too_many_clusters_are_no_trouble() {
        let same = k_medoids(&DMatrix::zeros(5, 5), 3);
        assert_eq!((same.medoids.len(), same.cost), (3, 0.0));
        assert_eq!(k_medoids(&on_a_line(&[1.0, 2.0]), 9).medoids, [0, 1]);
        assert_eq!(k_medoids(&on_a_line(&[1.0]), 1).silhouette, None);
    }
}
