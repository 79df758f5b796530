//! Files to structures and back: extended XYZ, H5MD, atomic replacement.
