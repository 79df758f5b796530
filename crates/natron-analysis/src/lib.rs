//! Trajectories to diffusion coefficients with uncertainty.
