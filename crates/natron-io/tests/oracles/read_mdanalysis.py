"""Prints what MDAnalysis reads from an H5MD file as JSON."""

import json
import sys

import h5py
import MDAnalysis

with h5py.File(sys.argv[1], "r") as file:
    atoms = len(file["particles/all/species"])
universe = MDAnalysis.Universe.empty(atoms, trajectory=True, velocities=True, forces=True)
universe.load_new(sys.argv[1], format="H5MD")
json.dump([{
    "positions": ts.positions.tolist(), "velocities": ts.velocities.tolist(), "time": float(ts.time),
    "step": int(ts.data["step"]), "volume": float(ts.volume), "temperature": float(ts.data["temperature"]),
    "forces": ts.forces.tolist() if ts.has_forces else None,
} for ts in universe.trajectory], sys.stdout)
