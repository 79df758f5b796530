"""Writes the trajectory FILE.h5md to FILE.out.h5md with MDAnalysis, atoms in the cell, species added."""

import json
import pathlib
import sys

import h5py
import MDAnalysis
from MDAnalysis import transformations

path = pathlib.Path(sys.argv[1])
out = str(path.with_suffix(".out.h5md"))
with h5py.File(path, "r") as file:
    species = file["particles/all/species"][()]
universe = MDAnalysis.Universe.empty(len(species), trajectory=True, velocities=True)
universe.load_new(str(path), format="H5MD")
universe.trajectory.add_transformations(transformations.wrap(universe.atoms))
with MDAnalysis.Writer(out, n_atoms=len(species), format="H5MD") as writer:
    for _ in universe.trajectory:
        writer.write(universe.atoms)
with h5py.File(out, "a") as file:
    file["particles/trajectory/species"] = species
json.dump(out, sys.stdout)
