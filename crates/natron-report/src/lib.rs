//! SVG pictures, tables and one-page HTML reports from plain series.
