//! The search for small cells: every pair of atoms, and of its images only those within reach.

use super::NeighbourError;
use super::images::Images;
use super::problem::Problem;
use super::rows::Rows;

/// Fills `rows`, sorted by (index, image).
///
/// Along each periodic direction the images of j within reach of i lie in an interval of width
/// 2 reach / height, usually with one whole number or none in it, so that most pairs cost three
/// interval ends and no distance.
pub(super) fn search(problem: &Problem<'_>, images: &Images, rows: &mut Rows) -> Result<(), NeighbourError> {
    rows.clear();
    let (positions, cell) = (&problem.structure.positions, &problem.structure.cell);
    let width: [f64; 3] = std::array::from_fn(|k| problem.search_a / problem.heights_a[k]);
    for (i, here) in problem.known.fractional.iter().enumerate() {
        for (j, there) in problem.known.fractional.iter().enumerate() {
            let range = |k: usize| {
                if !problem.periodic[k] {
                    return (0, 0);
                }
                let gap = there[k] - here[k];
                (-floor(gap + width[k]), floor(width[k] - gap))
            };
            let (a, b, c) = (range(0), range(1), range(2));
            for x in a.0..=a.1 {
                for y in b.0..=b.1 {
                    for z in c.0..=c.1 {
                        let vector = positions[j] - positions[i] + cell.offset([x, y, z]);
                        if problem.near(i, j, [x, y, z], vector.norm_squared()) {
                            rows.push(j, images.number_between(i, j, [x, y, z]));
                        }
                    }
                }
            }
        }
        problem.check_row(rows.end_row())?;
    }
    Ok(())
}

/// The whole number below `x`, |x| < 2^31; without SSE 4.1 in the baseline `f64::floor` is a function call.
#[inline]
fn floor(x: f64) -> i32 {
    let towards_zero = x as i32;
    towards_zero - i32::from(f64::from(towards_zero) > x)
}
