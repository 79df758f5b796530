//! Several pictures in one.

use crate::draw::document;
use crate::plot::Plot;
use crate::text::coordinate;

/// Panels above each other, sharing the width, with their y axes aligned: one `width` x `height` document.
pub fn stack(plots: &[Plot], width: f64, height: f64) -> String {
    let each = height / plots.len().max(1) as f64;
    let left = plots.iter().map(|p| p.left_margin(each)).fold(0.0, f64::max);
    let panels = plots.iter().enumerate().map(|(k, plot)| {
        format!(
            "<g transform=\"translate(0 {})\">{}</g>",
            coordinate(k as f64 * each),
            plot.inside(width, each, left)
        )
    });
    document(width, height, &panels.collect::<String>())
}

/// Complete SVG documents side by side, each given with its width: one document of their total width and `height`.
pub fn beside(pictures: &[(String, f64)], height: f64) -> String {
    let mut inside = String::new();
    let mut x = 0.0;
    for (svg, width) in pictures {
        inside.push_str(&format!("<g transform=\"translate({} 0)\">{svg}</g>", coordinate(x)));
        x += width;
    }
    document(x, height, &inside)
}

/// Complete SVG documents of one size in rows of `columns`: one document.
pub fn grid(pictures: &[String], columns: usize, (width, height): (f64, f64)) -> String {
    let columns = columns.max(1);
    let place = |(k, svg): (usize, &String)| {
        let (x, y) = ((k % columns) as f64 * width, (k / columns) as f64 * height);
        format!("<g transform=\"translate({} {})\">{svg}</g>", coordinate(x), coordinate(y))
    };
    let inside: String = pictures.iter().enumerate().map(place).collect();
    let rows = pictures.len().div_ceil(columns);
    document(columns.min(pictures.len().max(1)) as f64 * width, rows as f64 * height, &inside)
}
