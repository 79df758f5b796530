"""Errors of a teacher, or of the mean of several, on one split of the labelled frames: python evaluate.py --teacher 7net-l3i5 teacher.pt valid"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from model import CARBON, SODIUM, graph, labels, mean_prediction, quiet_jit, teachers

FOUR_KINDS = {"na_carbon", "na_hot", "na_warm", "carbon"}


def errors(networks, frames):
    """Relative force RMSE (all, C, Na) of the four kinds and of all kinds; energy RMSE in meV/atom; seconds a frame."""
    start, rows, energies = time.time(), [], []
    for frame in frames:
        energy, forces, _, _ = mean_prediction(networks, frame["graph"])
        rows.append((frame["kind"], frame["atoms"].numbers, forces - frame["forces"], frame["forces"]))
        energies.append(1000 * (energy - frame["energy"]) / len(frame["atoms"]))
    result = {}
    for name, kinds in (("four", FOUR_KINDS), ("all", None)):
        kept = [row for row in rows if kinds is None or row[0] in kinds]
        if not kept:
            continue
        numbers, difference, reference = (np.concatenate([row[i] for row in kept]) for i in (1, 2, 3))
        for label, mask in (("", numbers > 0), ("C", numbers == CARBON), ("Na", numbers == SODIUM)):
            root = np.sqrt((difference[mask] ** 2).mean())
            result[f"{name}{label}"] = (round(float(root / np.sqrt((reference[mask] ** 2).mean())), 4), round(float(root), 3))
        four = [e for e, row in zip(energies, rows) if kinds is None or row[0] in kinds]
        result[f"{name}E"] = round(float(np.sqrt(np.mean(np.square(four)))), 1)
    result["seconds"] = round((time.time() - start) / len(frames), 2)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("split", choices=["train", "valid", "test"])
    parser.add_argument("--teacher", nargs=2, action="append", required=True, metavar=("MODEL", "WEIGHTS"), help="may be repeated")
    parser.add_argument("--data", type=Path, default=Path(__file__).parent.parent / "dft")
    options = parser.parse_args()
    torch.set_num_threads(1)
    quiet_jit()
    networks = teachers(options.teacher)
    frames = [f for path in sorted(options.data.glob("*.extxyz")) for f in labels(path) if f["split"] == options.split]
    for frame in frames:
        frame["graph"] = graph(frame["atoms"], networks[0].cutoff)
    print(len(frames), "frames:", errors(networks, frames))


if __name__ == "__main__":
    main()
