//! Integrators, thermostats, minimisers and the run loop.
