//! SVG pictures, tables and one-page HTML reports from plain series. No physics, no files, no fonts, no
//! dependencies: everything returns a `String`.
//!
//! Sketch of the API (being built in this order):
//!
//! ```text
//! Plot::new("title").x("t / ps").y("MSD / Å²")
//!     .line("Na", &[(f64, f64)])            // solid; colours are taken in turn
//!     .dashed("fit", &points)
//!     .band("68 %", &[(x, low, high)])
//!     .scatter("test", &points)             // many points are thinned deterministically
//!     .diagonal()                           // parity plots: y = x and equal axes
//!     .log_x().log_y().log_log()
//!     .note("D = ...")                      // text inside the frame
//!     .to_svg(width, height) -> String
//! stack(&[Plot], width, height) -> String   // panels above each other with a shared look
//! beside(&[(String svg, width, height)]) -> String
//!
//! StructurePicture::new(cell_rows: Option<[[f64; 3]; 3]>).atoms("C", &[[f64; 3]]).atoms("Na", &..)
//!     .bonds("C", "C", 1.9).to_svg(width, height) -> String
//!
//! Table::new(&["quantity", "value", "unit"]).row(&["D", "1.2e-9", "m²/s"]).right(1)
//!     .to_text() -> String    .to_html() -> String
//!
//! Page::new("title").subtitle("..").heading("..").table(&Table).figure(&svg, "caption").text("..").note("..").warning("..")
//!     .to_html() -> String
//! ```
