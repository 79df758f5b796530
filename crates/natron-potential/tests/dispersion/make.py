"""Asks simple-dftd3 (package dftd3 1.7, LGPL-3.0-or-later) for energies, forces and virials of small structures.

    python make.py    with dftd3 and ase writes dftd3.json

Energies in eV, forces in eV/A, virials (-dE/dstrain) in eV. The three-body term is off, as it is for a named functional.
Where no cutoffs are given, those of simple-dftd3 hold: 60 bohr for pairs and 40 bohr for coordination numbers.
"""

import json
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.build import bulk, graphene, molecule
from ase.units import Bohr
from dftd3.ase import DFTD3

HERE = Path(__file__).parent
FUNCTIONALS = [
    "blyp", "bp86", "b3lyp", "hf", "hse06", "pbe", "pbe0", "pbesol", "r2scan", "revpbe", "revtpss", "rpbe", "scan", "tpss",
]


def rattled(atoms, seed, sigma=0.08):
    rng = np.random.default_rng(seed)
    atoms.positions += rng.normal(size=atoms.positions.shape) * sigma
    return atoms


def strained(atoms, seed):
    rng = np.random.default_rng(seed)
    atoms.set_cell(atoms.cell[:] @ (np.eye(3) + 0.03 * rng.normal(size=(3, 3))), scale_atoms=True)
    return atoms


def graphite():
    a, c = 2.461, 6.71
    cell = [[a, 0, 0], [-a / 2, a * 3**0.5 / 2, 0], [0, 0, c]]
    return Atoms("C4", cell=cell, pbc=True, scaled_positions=[(0, 0, 0.25), (0, 0, 0.75), (1 / 3, 2 / 3, 0.25), (2 / 3, 1 / 3, 0.75)])


def sodium_in_graphite():
    atoms = graphite() * (2, 2, 1)
    atoms.set_cell(atoms.cell[:] * [[1], [1], [1.3]], scale_atoms=True)
    atoms += Atoms("Na2", scaled_positions=[(0.3, 0.2, 0.5), (0.8, 0.6, 0.02)], cell=atoms.cell)
    return atoms


def water():
    atoms = Atoms(cell=[5.6, 5.1, 5.8], pbc=True)
    for k, place in enumerate([(0.4, 0.2, 0.9), (3.1, 2.4, 1.2), (1.0, 3.6, 4.1)]):
        one = molecule("H2O")
        one.rotate(50 * k + 10, (1, k, 2))
        one.translate(place)
        atoms += one
    return atoms


def slab():
    atoms = graphene(size=(2, 2, 1), vacuum=6.0)
    atoms += Atoms("Na", positions=[(1.3, 0.4, atoms.positions[0, 2] + 2.5)])
    atoms.pbc = (True, True, False)
    return atoms


def heavy():
    cell = np.eye(3) * 6.2
    return Atoms("CsPbI3", cell=cell, pbc=True, scaled_positions=[(0.5, 0.5, 0.5), (0, 0, 0), (0.5, 0, 0), (0, 0.5, 0), (0, 0, 0.5)])


STRUCTURES = {
    "sodium in graphite": strained(rattled(sodium_in_graphite(), 1), 2),
    "graphite": strained(rattled(graphite(), 3), 4),
    "bcc sodium": strained(rattled(bulk("Na", "bcc", a=4.2, cubic=True), 5), 6),
    "a pair": Atoms("NaC", positions=[(0, 0, 0), (1.1, -2.0, 1.9)]),
    "water": rattled(water(), 7, 0.05),
    "lithium fluoride": strained(rattled(bulk("LiF", "rocksalt", a=4.0, cubic=True), 8), 9),
    "a slab": rattled(slab(), 10),
    "caesium lead iodide": rattled(heavy(), 11),
    "uranium dioxide": rattled(bulk("UO2", "fluorite", a=5.47), 12),
}
# Structure, functional, cutoffs of pairs and of coordination numbers (A).
CASES = [(name, "pbe", None) for name in STRUCTURES]
CASES += [("a pair", functional, None) for functional in FUNCTIONALS]
CASES += [("sodium in graphite", "pbe", (12.0, 8.0)), ("water", "r2scan", (9.0, 6.5))]


def answer(name, functional, cutoffs):
    atoms = STRUCTURES[name].copy()
    reach = {"realspace_cutoff": dict(zip(("disp2", "cn"), cutoffs))} if cutoffs else {}
    atoms.calc = DFTD3(method=functional, damping="d3bj", **reach)
    periodic = atoms.pbc.any()
    virial = -atoms.get_volume() * atoms.get_stress(voigt=False) if periodic else None
    cutoffs = cutoffs or (60 * Bohr, 40 * Bohr)
    return {
        "name": name,
        "functional": functional,
        "cutoff_A": cutoffs[0],
        "coordination_cutoff_A": cutoffs[1],
        "species": atoms.get_chemical_symbols(),
        "cell_A": atoms.cell[:].tolist() if periodic else np.eye(3).tolist(),
        "periodic": atoms.pbc.tolist(),
        "positions_A": atoms.positions.tolist(),
        "energy_eV": atoms.get_potential_energy(),
        "forces_eV_per_A": atoms.get_forces().tolist(),
        "virial_eV": virial.tolist() if periodic else None,
    }


if __name__ == "__main__":
    (HERE / "dftd3.json").write_text(json.dumps([answer(*case) for case in CASES], indent=None).replace('{"name"', '\n{"name"') + "\n")
