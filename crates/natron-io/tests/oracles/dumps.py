"""Dumps of DFT programs as others read them.

    dumps.py ase FORMAT FILE      every step that ASE finds
    dumps.py dpdata FORMAT FILE   every frame that dpdata finds
    dumps.py ml_ab FILE           the numbers below each heading of an ML_AB, nothing interpreted
    dumps.py deepmd FOLDER        the arrays

Energies in eV, forces in eV/A, virial in eV as -V stress.
"""

import json
import re
import sys

import numpy as np


def ase(form, path):
    from ase.io import read

    for atoms in read(path, ":", format=form):
        results = atoms.calc.results
        stress = results.get("stress")
        yield {
            "symbols": atoms.get_chemical_symbols(),
            "positions": atoms.positions.tolist(),
            "cell": atoms.cell.array.tolist(),
            "energy": results["energy"],
            "free_energy": results.get("free_energy"),
            "forces": results["forces"].tolist() if "forces" in results else None,
            "virial": (-atoms.get_volume() * atoms.get_stress(voigt=False)).tolist() if stress is not None else None,
        }


def dpdata(form, path):
    import dpdata

    data = dpdata.LabeledSystem(path, fmt=form).data
    # CP2K's kinds: Fe1, Fe2.
    names = [data["atom_names"][t].rstrip("0123456789") for t in data["atom_types"]]
    for k in range(len(data["energies"])):
        yield {
            "symbols": names,
            "positions": data["coords"][k].tolist(),
            "cell": data["cells"][k].tolist(),
            "free_energy": float(data["energies"][k]),
            "forces": data["forces"][k].tolist(),
            "virial": data["virials"][k].tolist() if "virials" in data else None,
        }


def ml_ab(path):
    text = open(path).read()
    for block in re.split(r"Configuration num\..*\n", text)[1:]:
        def below(title):
            found = re.search(re.escape(title) + r"\n-+\n(.*?)\n(?:={5,}|\*{5,})", block + "\n*****", re.S)
            return found.group(1) if found else None

        def numbers(title):
            body = below(title)
            rows = [row.split() for row in body.splitlines()] if body else []
            return [[float(x) for x in row] for row in rows if row]

        kinds = [row.split() for row in below("Atom types and atom numbers").splitlines() if row.split()]
        stress = [float(x) for x in re.findall(r"[-+]?\d[\d.eE+-]*", below("Stress (kbar)"))]
        yield {
            "symbols": [symbol for symbol, n in kinds for _ in range(int(n))],
            "positions": numbers("Atomic positions (ang.)"),
            "cell": numbers("Primitive lattice vectors (ang.)"),
            "forces": numbers("Forces (eV ang.^-1)"),
            "stress": stress,
        }


def deepmd(folder):
    names = open(folder + "/type_map.raw").read().split()
    symbols = [names[int(t)] for t in open(folder + "/type.raw").read().split()]
    load = lambda name: np.load(f"{folder}/set.000/{name}.npy").astype(float)
    box, coord, energy, force, virial = map(load, ["box", "coord", "energy", "force", "virial"])
    for k in range(len(box)):
        yield {
            "symbols": symbols,
            "positions": coord[k].reshape(-1, 3).tolist(),
            "cell": box[k].reshape(3, 3).tolist(),
            "energy": float(energy.reshape(-1)[k]),
            "forces": force[k].reshape(-1, 3).tolist(),
            "virial": virial[k].reshape(3, 3).tolist(),
        }


command, *arguments = sys.argv[1:]
frames = {"ase": ase, "dpdata": dpdata, "ml_ab": ml_ab, "deepmd": deepmd}[command](*arguments)
# dpdata prints and warns of its own.
answer = list(frames)
print(json.dumps(answer))
