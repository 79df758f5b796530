//! Neighbour density expansion and its invariants for one environment.
