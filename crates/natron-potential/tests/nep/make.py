"""Makes random NEP potentials and what calorine says of small structures with them.

    python make.py 4   with calorine 4.1 writes what it knows, and calorine-4.json
    python make.py 3   with calorine 3.0 writes what 4.1 reads no more (version 3, factors of cutoffs), and calorine-3.json

calorine is no pinned oracle: pip compiles it while it installs it. Energies in eV, forces in eV/A, virials (-dE/dstrain)
in eV; structures are rattled triclinic cells, shorter than the cutoffs in one direction.
"""

import json
import sys
from pathlib import Path

import numpy as np
from ase import Atoms
from calorine.calculators import CPUNEP

HERE = Path(__file__).parent
# name, symbols, zbl, cutoff, n_max, basis_size, l_max, neurons; `zbl 0 0` is flexible.
CASES = {
    4: [
        ("nep4-c", ["C"], None, "5 4 100 100", (3, 2), (5, 4), (4, 2, 1), 6),
        ("nep4-c-l8", ["C"], None, "4.5 4 100 100", (2, 1), (4, 3), (8, 2, 0), 4),
        ("nep4-na-c", ["Na", "C"], None, "5.5 4 100 100", (3, 3), (4, 6), (4, 2, 1), 5),
        ("nep4-c-na-zbl", ["C", "Na"], "0.9 2.1", "5 4 100 100", (2, 2), (4, 4), (3, 2, 0), 4),
        ("nep4-three-own-cutoffs", ["C", "Na", "H"], "1.0 3.2 0.9", "4.5 3.8 5.5 5 4 3.6 100 100", (2, 1), (3, 3), (4, 0, 0), 3),
        ("nep4-flexible", ["Na", "C"], "0 0", "5 4 100 100", (1, 1), (3, 3), (2, 2, 1), 3),
    ],
    3: [
        ("nep3-c", ["C"], None, "5 4 100 100", (3, 2), (5, 4), (4, 2, 1), 6),
        ("nep3-na-c-zbl", ["Na", "C"], "0.8 1.9", "5 4 100 100", (2, 2), (4, 3), (4, 2, 1), 5),
        ("nep3-three", ["H", "C", "Na"], None, "5 4 100 100", (1, 1), (3, 3), (4, 2, 0), 4),
        ("nep4-typewise", ["H", "C", "Na"], "0.6 2.2", "6 5 100 100 2.3 1.9 0.8", (2, 1), (3, 3), (4, 2, 1), 3),
    ],
}
# Fading from, to; then a coefficient and an exponent four times.
FLEXIBLE = [
    [0.5, 1.9, 0.2, 3.1, 0.5, 0.9, 0.28, 0.41, 0.03, 0.2],
    [0.7, 2.4, 0.25, 2.9, 0.45, 1.0, 0.3, 0.4, 0.02, 0.21],
    [0.3, 1.7, 0.18, 3.2, 0.51, 0.94, 0.27, 0.39, 0.04, 0.19],
]


def write_potential(path, version, symbols, zbl, cutoff, n_max, basis, l_max, neurons, rng):
    types = len(symbols)
    descriptors = n_max[0] + 1 + (n_max[1] + 1) * (l_max[0] + (l_max[1] > 0) + (l_max[2] > 0))
    networks = types if version == 4 else 1
    values = []
    for _ in range(networks):
        values += list(rng.normal(size=neurons * descriptors) * 0.6)
        values += list(rng.normal(size=neurons) * 0.5)
        values += list(rng.normal(size=neurons) * 0.8)
    values += [1.25]
    values += list(rng.normal(size=types**2 * (n_max[0] + 1) * (basis[0] + 1)) * 0.4)
    values += list(rng.normal(size=types**2 * (n_max[1] + 1) * (basis[1] + 1)) * 0.4)
    values += list(0.2 + 0.8 * rng.random(descriptors))
    with open(path, "w") as out:
        out.write(f"nep{version}{'_zbl' if zbl else ''} {types} {' '.join(symbols)}\n")
        if zbl:
            out.write(f"zbl {zbl}\n")
        out.write(f"cutoff {cutoff}\nn_max {n_max[0]} {n_max[1]}\nbasis_size {basis[0]} {basis[1]}\n")
        out.write(f"l_max {l_max[0]} {l_max[1]} {l_max[2]}\nANN {neurons} 0\n")
        out.writelines(f"{value:15.7e}\n" for value in values)
        if zbl == "0 0":
            out.writelines(f"{value:15.7e}\n" for row in FLEXIBLE for value in row)


def structure(symbols, spacing, rng):
    s = spacing
    cell = np.array([[2.0 * s, 0.0, 0.0], [0.4 * s, 4.1 * s, 0.0], [-0.3 * s, 0.5 * s, 1.9 * s]])
    corners = [((k & 1) / 2, ((k >> 1) & 3) / 4, (k >> 3) / 2) for k in range(16)]
    positions = np.array(corners) @ cell + rng.uniform(-0.12, 0.12, (16, 3)) * s
    return Atoms([symbols[k % len(symbols)] for k in range(16)], np.round(positions, 6), cell=np.round(cell, 6), pbc=True)


def main(calorine):
    fixtures = []
    for seed, (name, *spec) in enumerate(CASES[calorine]):
        rng = np.random.default_rng(100 * calorine + seed)
        path = HERE / f"{name}.txt"
        write_potential(path, int(name[3]), *spec, rng)
        for spacing in (1.3, 1.9):
            atoms = structure(spec[0], spacing, rng)
            atoms.calc = CPUNEP(str(path))
            xx, yy, zz, yz, xz, xy = -atoms.get_stress() * atoms.get_volume()
            fixtures.append({
                "potential": path.name,
                "species": list(atoms.symbols),
                "cell_A": atoms.cell.tolist(),
                "positions_A": atoms.positions.tolist(),
                "energy_eV": atoms.get_potential_energy(),
                "atom_energies_eV": atoms.get_potential_energies().tolist() if calorine > 3 else None,
                "forces_eV_per_A": atoms.get_forces().tolist(),
                "virial_eV": [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]],
            })
    (HERE / f"calorine-{calorine}.json").write_text("[\n" + ",\n".join(json.dumps(f) for f in fixtures) + "\n]\n")


main(int(sys.argv[1]))
