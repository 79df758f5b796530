"""Labels structures with the mean of teachers: python label.py --teacher 7net-l3i5 teacher.pt structures.extxyz labelled.extxyz

Each frame written has free_energy, forces and virial = -volume * stress (eV, A), kind, host and split=train. Frames with a force above the
limit are left out, and so are those on which the teachers' forces deviate from their mean by more than a share of its root mean square.
Structures that are labelled already are skipped, so the same command goes on where an earlier one ended.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from ase.io import iread

from model import VOIGT, graph, mean_prediction, quiet_jit, teachers


def line(values):
    return " ".join(f"{value:.8g}" for value in values)


def written(atoms, energy, forces, virial):
    """One frame as extended XYZ."""
    keys = [
        f'Lattice="{" ".join(repr(float(value)) for value in np.array(atoms.cell).ravel())}"',
        "Properties=species:S:1:pos:R:3:forces:R:3",
        f"kind={atoms.info['kind']}",
        f"host={atoms.info['host']}",
        *([f"tag={atoms.info['tag']}"] if "tag" in atoms.info else []),
        "split=train",
        f'virial="{line(virial.ravel())}"',
        f"free_energy={energy!r}",
        'pbc="T T T"',
    ]
    rows = [
        f"{symbol:<2} {' '.join(f'{value:.8f}' for value in (*position, *force))}"
        for symbol, position, force in zip(atoms.get_chemical_symbols(), atoms.positions, forces)
    ]
    return "\n".join([str(len(atoms)), " ".join(keys), *rows]) + "\n"


def tensor(voigt):
    """The symmetric tensor of six components."""
    full = np.zeros((3, 3))
    for value, (i, j) in zip(voigt, VOIGT):
        full[i, j] = full[j, i] = value
    return full


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("structures", type=Path)
    parser.add_argument("labelled", type=Path)
    parser.add_argument("--teacher", nargs=2, action="append", required=True, metavar=("MODEL", "WEIGHTS"), help="may be repeated")
    parser.add_argument("--spread", type=float, default=0.3, help="largest root mean square deviation of the teachers, over that of the forces")
    parser.add_argument("--limit", type=float, default=60.0, help="largest force that is kept, eV/A")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this long")
    options = parser.parse_args()
    torch.set_num_threads(1)
    quiet_jit()
    networks = teachers(options.teacher)
    progress = options.labelled.with_suffix(".done")  # how many structures have been looked at
    done, kept, start = int(progress.read_text()) if progress.exists() else 0, 0, time.time()
    for number, atoms in enumerate(iread(options.structures, index=":")):
        if number < done:
            continue
        if time.time() - start > 60 * options.minutes:
            break
        structure = graph(atoms, networks[0].cutoff)
        energy, forces, voigt, deviation = mean_prediction(networks, structure)
        largest, spread = np.linalg.norm(forces, axis=1).max(), deviation / np.sqrt((forces**2).mean())
        good = np.isfinite(forces).all() and largest <= options.limit and spread <= options.spread
        kept += good
        if good:
            with open(options.labelled, "a") as out:
                out.write(written(atoms, energy, forces, tensor(voigt)))
        progress.write_text(str(number + 1))
        print(number, atoms.info["kind"], f"force up to {largest:.1f} spread {spread:.3f}", "" if good else "left out", flush=True)
    print(f"{kept} frames in {time.time() - start:.0f} s")


if __name__ == "__main__":
    main()
