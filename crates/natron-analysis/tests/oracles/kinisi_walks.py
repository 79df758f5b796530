"""Diffusion of simulated walks by kinisi (doi:10.1021/acs.jctc.4c01249), and their MSD by MDAnalysis: the reference of tests/kinisi.rs.

Usage: python kinisi_walks.py > kinisi_walks.json        (kinisi 2.1.0, MDAnalysis 2.11.0, numpy, scipp)

posterior.py says what is compared.

The walks are made from an integer generator that the Rust test repeats exactly, so no trajectory has to be stored.
"""

import json
import sys

import numpy as np
from kinisi import __version__
from posterior import analyse

SPACING_PS = 0.02
MASK = (1 << 64) - 1


def uniforms(seed):
    """Knuth's MMIX generator; the upper 53 bits over 2^53."""
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) & MASK
        yield (state >> 11) / float(1 << 53)


def walk(seed, atoms, frames, memory):
    """Steps of unit variance per axis (sums of 12 uniforms) through v = memory v + step; x = sum of v. [frames, atoms, 3]"""
    draw = uniforms(seed)
    position, velocity = np.zeros((atoms, 3)), np.zeros((atoms, 3))
    path = np.zeros((frames, atoms, 3))
    for t in range(frames):
        for a in range(atoms):
            for k in range(3):
                velocity[a, k] = memory * velocity[a, k] + (sum(next(draw) for _ in range(12)) - 6.0)
                position[a, k] += velocity[a, k]
        path[t] = position
    return 0.05 * path


def lags(first, last, per_octave=6):
    octaves = np.log2(last / first)
    steps = int(np.ceil(octaves * per_octave))
    return np.unique([int(np.floor(first * 2.0 ** (octaves * i / steps) + 0.5)) for i in range(steps + 1)])


def of_case(case):
    path = walk(case["seed"], case["atoms"], case["frames"], case["memory"])
    return {**case, **analyse(path, lags(case["first"], case["last"]), SPACING_PS)}


CASES = [
    {"name": "random walk", "seed": 1, "atoms": 12, "frames": 601, "memory": 0.0, "first": 1, "last": 150},
    {"name": "random walk, late window", "seed": 2, "atoms": 12, "frames": 601, "memory": 0.0, "first": 20, "last": 200},
    {"name": "persistent walk", "seed": 3, "atoms": 12, "frames": 601, "memory": 0.8, "first": 30, "last": 200},
    {"name": "few atoms", "seed": 4, "atoms": 3, "frames": 1201, "memory": 0.0, "first": 2, "last": 200},
]

json.dump({"kinisi": __version__, "cases": [of_case(case) for case in CASES]}, sys.stdout)
print()
