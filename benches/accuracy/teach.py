"""Labels the structures that the shipped potential was distilled with anew, with the MACE that compare.py fitted to the common frames.

  envs/torch/bin/python teach.py --natron NATRON

writes taught.extxyz into the folder of that fit, work/mace-nac-100-1: energies on the scale of the DFT frames, forces and virials
for the structures of potentials/nac/teacher/frames.h5. Their other labels are not looked at, so nothing but the common frames is
learnt from them. Goes on where an earlier run was interrupted, and does nothing once all are labelled.
"""

import argparse
import json
import subprocess
import time
from pathlib import Path

import numpy as np
import torch
from ase import Atoms
from mace.calculators import MACECalculator

import extxyz

HERE = Path(__file__).resolve().parent
STRUCTURES = HERE.parents[1] / "potentials/nac/teacher/frames.h5"
MOST_FORCE_EV_PER_A = 60.0  # as potentials/nac/teacher/label.py


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=HERE / "work", help="where compare.py did its fits")
    parser.add_argument("--natron", default="natron", help="the program natron")
    options = parser.parse_args()
    torch.set_num_threads(1)
    fit = options.work / "mace-nac-100-1"
    if not (fit / "out/mace_stagetwo.model").exists():
        raise SystemExit(f"{fit} holds no MACE: compare.py run mace nac comes first")
    isolated = json.loads((fit / "given/data.json").read_text())["isolated_eV"]
    teacher = MACECalculator(model_paths=str(fit / "out/mace_stagetwo.model"), device="cpu", default_dtype="float32")
    structures, out = fit / "structures.extxyz", fit / "taught.extxyz"
    subprocess.run([options.natron, "data", "convert", STRUCTURES, structures, "--overwrite"], check=True, stdout=subprocess.DEVNULL)
    done, start = after_the_last(out), time.process_time()
    for number, frame in list(enumerate(extxyz.read(structures)))[done:]:
        if label(frame, teacher, isolated):
            frame.info["structure"] = str(number)
            extxyz.write(out, [frame], "a")
    print(f"{time.process_time() - start:.0f} s of processor time")


def after_the_last(path):
    """Number of the first structure behind those that a file has; a frame that an interruption left half-written is cut off."""
    if not path.exists():
        return 0
    frames = extxyz.whole(path.read_text())
    extxyz.write(path, frames)
    return int(frames[-1].info["structure"]) + 1 if frames else 0


def label(frame, teacher, isolated):
    """Replaces the labels of a frame; whether they are good for anything."""
    atoms = Atoms(frame.symbols, frame.positions, cell=frame.cell, pbc=True, calculator=teacher)
    energy, forces = float(atoms.get_potential_energy()), atoms.get_forces()
    virial = -atoms.get_stress(voigt=False) * atoms.get_volume()
    names = {name: frame.info[name] for name in ("kind", "host") if name in frame.info}
    absolute = energy + sum(isolated[symbol] for symbol in frame.symbols)
    frame.info = names | {"split": "train", "virial": extxyz.text(virial), "free_energy": repr(absolute), "pbc": "T T T"}
    frame.columns = {"forces": forces}
    return np.isfinite(forces).all() and np.linalg.norm(forces, axis=1).max() <= MOST_FORCE_EV_PER_A


if __name__ == "__main__":
    main()
