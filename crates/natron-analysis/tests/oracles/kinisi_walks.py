"""Diffusion of simulated walks by kinisi (doi:10.1021/acs.jctc.4c01249), and their MSD by MDAnalysis: the reference of tests/kinisi.rs.

Usage: python kinisi_walks.py > kinisi_walks.json        (kinisi 2.1.0, MDAnalysis 2.11.0, numpy, scipp)

`covariance_A4` is kinisi's covariance of the MSD (where there are few lags), `D_m2_per_s` and `D_err_m2_per_s` are mean and standard
deviation of its samples of the posterior, averaged over 10 seeds.

The walks are made from an integer generator that the Rust test repeats exactly, so no trajectory has to be stored. kinisi's
own MSD and regression are called on the displacements directly: its ASE reader repeats the first frame, which makes one
observation per lag one frame too short.
"""

import json
import sys
from types import SimpleNamespace

import MDAnalysis
import numpy as np
import scipp as sc
from kinisi import __version__
from kinisi.diffusion import Diffusion
from kinisi.displacement import calculate_msd
from MDAnalysis.analysis.msd import EinsteinMSD

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


def analyse(case):
    path = walk(case["seed"], case["atoms"], case["frames"], case["memory"])
    index = lags(case["first"], case["last"])
    moves = SimpleNamespace(
        displacements=sc.array(dims=["obs", "particle", "dimension"], values=path[1:] - path[:1], unit="angstrom"),
        dt_index=sc.array(dims=["time interval"], values=index),
        dt=sc.array(dims=["time interval"], values=index * SPACING_PS, unit="ps"),
        dimensionality=sc.scalar(3),
    )
    # n_samples counts lags that fit into the longest one asked for; the run itself is what counts.
    group = calculate_msd(with_whole_run(moves, case["frames"]), progress=False)
    group["da"] = group["da"]["time interval", : len(index)].copy()
    means, widths = [], []
    for seed in range(10):
        fit = Diffusion(group)
        np.random.seed(seed)
        fit._diffusion(sc.scalar(index[0] * SPACING_PS, unit="ps"), progress=False, n_samples=1500)
        d = np.asarray(fit.D.values) * 1e-4
        means.append(d.mean())
        widths.append(d.std())
    found = {
        **case,
        "lags": [int(i) for i in index],
        "msd_A2": [float(m) for m in group["da"].values],
        "msd_mdanalysis_A2": by_mdanalysis(path, index),
        "D_m2_per_s": float(np.mean(means)),
        "D_err_m2_per_s": float(np.mean(widths)),
    }
    if len(index) <= 21:
        found["covariance_A4"] = [[float(f"{c:.12e}") for c in row] for row in fit.covariance_matrix.values]
    return found


def by_mdanalysis(path, index):
    universe = MDAnalysis.Universe.empty(path.shape[1], trajectory=True)
    universe.load_new(path, order="fac")
    msd = EinsteinMSD(universe, select="all", msd_type="xyz", fft=False).run()
    return [float(msd.results.timeseries[i]) for i in index]


def with_whole_run(moves, frames):
    whole = sc.array(dims=["time interval"], values=[frames - 1])
    moves.dt_index = sc.concat([moves.dt_index, whole], "time interval")
    moves.dt = sc.concat([moves.dt, whole * sc.scalar(SPACING_PS, unit="ps")], "time interval")
    return moves


CASES = [
    {"name": "random walk", "seed": 1, "atoms": 12, "frames": 601, "memory": 0.0, "first": 1, "last": 150},
    {"name": "random walk, late window", "seed": 2, "atoms": 12, "frames": 601, "memory": 0.0, "first": 20, "last": 200},
    {"name": "persistent walk", "seed": 3, "atoms": 12, "frames": 601, "memory": 0.8, "first": 30, "last": 200},
    {"name": "few atoms", "seed": 4, "atoms": 3, "frames": 1201, "memory": 0.0, "first": 2, "last": 200},
]

json.dump({"kinisi": __version__, "cases": [analyse(case) for case in CASES]}, sys.stdout)
print()
