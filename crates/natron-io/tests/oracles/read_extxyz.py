"""Prints what ASE reads from an extended XYZ file as JSON."""

import json
import sys

from ase.io import read


def plain(value):
    return value.tolist() if hasattr(value, "tolist") else value


frames = []
for atoms in read(sys.argv[1], index=":", format="extxyz"):
    results = atoms.calc.results if atoms.calc else {}
    frames.append({
        "symbols": atoms.get_chemical_symbols(), "positions": atoms.positions.tolist(), "cell": atoms.cell.tolist(),
        "pbc": atoms.pbc.tolist(), "results": {k: plain(v) for k, v in results.items()},
        "info": {k: plain(v) for k, v in atoms.info.items()},
        "arrays": {k: plain(v) for k, v in atoms.arrays.items() if k not in ("numbers", "positions")},
    })
json.dump(frames, sys.stdout)
