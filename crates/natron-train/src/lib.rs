//! Training of the neural potential in burn.
