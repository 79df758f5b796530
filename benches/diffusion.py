"""Times natron and kinisi on the same trajectory, and natron's reading of a large one.

Usage: target/oracles/bin/python benches/diffusion.py target/release/natron      (after cargo xtask setup --oracles)

1 000 frames of 500 ions that walk at random; kinisi with its defaults from an MDAnalysis universe in memory (its import and the making of
the universe do not count), natron as a program from its start to its end. The large file holds 2 500 frames of 8 000 atoms in double
precision, 480 MB, of which 500 are followed; the first reading warms the cache and does not count.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

EDGE_A, SPACING_PS, STEP_A = 60.0, 0.02, 0.05


def positions(frames, atoms, mobile, rng):
    place = rng.uniform(0, EDGE_A, (atoms, 3))
    for _ in range(frames):
        place[:mobile] += rng.normal(0, STEP_A, (mobile, 3))
        yield place + np.where(np.arange(atoms)[:, None] < mobile, 0, rng.normal(0, STEP_A, (atoms, 3)))


def write(path, frames, atoms, mobile):
    with h5py.File(path, "w") as file:
        file.create_group("h5md").attrs["version"] = [1, 1]
        group = file.create_group("particles/all")
        group["species"] = np.array([11] * mobile + [6] * (atoms - mobile), dtype="i4")
        box = group.create_group("box")
        box.attrs["dimension"], box.attrs["boundary"] = 3, np.array([b"periodic"] * 3)
        box["edges"] = np.eye(3) * EDGE_A
        box["edges"].attrs["unit"] = "Angstrom"
        position = group.create_group("position")
        position["step"] = np.arange(frames)
        position["time"] = np.arange(frames) * SPACING_PS
        position["time"].attrs["unit"] = "ps"
        value = position.create_dataset("value", shape=(frames, atoms, 3), dtype="f8", chunks=(1 if atoms > 5000 else 16, atoms, 3))
        value.attrs["unit"] = "Angstrom"
        for k, frame in enumerate(positions(frames, atoms, mobile, np.random.default_rng(1))):
            value[k] = frame


def natron(program, path, reference):
    begin = time.perf_counter()
    command = [program, "diffusion", path, "--mobile", "Na", "--reference", reference, "--temperature-K", "600", "--json"]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begin


def kinisi(path):
    import MDAnalysis
    import scipp as sc
    from kinisi.analyze import DiffusionAnalyzer

    with h5py.File(path) as file:
        values = file["particles/all/position/value"][:]
    universe = MDAnalysis.Universe.empty(values.shape[1], trajectory=True)
    universe.add_TopologyAttr("name", ["Na"] * values.shape[1])
    universe.add_TopologyAttr("type", ["Na"] * values.shape[1])
    box = np.tile([EDGE_A] * 3 + [90.0] * 3, (len(values), 1))
    universe.load_new(values % EDGE_A, order="fac", dimensions=box)
    begin = time.perf_counter()
    analyzer = DiffusionAnalyzer.from_universe(
        trajectory=universe, specie="Na", time_step=sc.scalar(SPACING_PS, unit="ps"), step_skip=sc.scalar(1), progress=False
    )
    analyzer.diffusion(sc.scalar(2.0, unit="ps"), progress=False)
    return time.perf_counter() - begin


with tempfile.TemporaryDirectory() as folder:
    small, large = Path(folder) / "small.h5", Path(folder) / "large.h5"
    write(small, 1000, 500, 500)
    ours = sorted(natron(sys.argv[1], small, "") for _ in range(5))[2]
    theirs = kinisi(small)
    print(f"1 000 frames of 500 ions: natron {ours:.2f} s (median of 5), kinisi {theirs:.1f} s, ratio {theirs / ours:.0f}")
    write(large, 2500, 8000, 500)
    seconds = sorted(natron(sys.argv[1], large, "C") for _ in range(6))[2]
    size = large.stat().st_size / 1e6
    print(f"{size:.0f} MB of positions: {seconds:.2f} s (median), {size / seconds:.0f} MB/s")
