//! SVG pictures, tables and one-page HTML reports from plain series.
//!
//! The one decision that shaped this crate: it writes its few hundred lines of SVG itself. Plotting libraries measure
//! text with system fonts, and a build or a cluster node without fontconfig must draw the same picture. Everything takes
//! plain values and returns a `String`; there is no physics and no file here.
//!
//! ```
//! use natron_report::{Page, Plot, Table};
//! let msd = [(0.1, 0.2), (1.0, 1.1), (10.0, 12.0)];
//! let svg = Plot::new("Mean squared displacement").x("t / ps").y("MSD / Å²").line("Na", &msd).log_log().to_svg(480.0, 320.0);
//! let table = Table::new(&["quantity", "value", "unit"]).row(&["D", "2.0e-9", "m²/s"]);
//! let html = Page::new("A run").table(&table).figure(&svg, "MSD of Na relative to C.").to_html();
//! assert!(html.starts_with("<!doctype html>"));
//! ```

mod axis;
pub mod compose;
mod draw;
pub mod elements;
mod grade;
mod legend;
mod marks;
pub mod page;
pub mod plot;
pub mod structure;
pub mod table;
pub mod text;
mod ticks;

pub use compose::{beside, grid, stack};
pub use page::Page;
pub use plot::{Plot, told_apart};
pub use structure::StructurePicture;
pub use table::Table;
