"""Structures to label: short runs of `natron md` from the train split and from new carbon hosts.

usage: structures.py OUT.extxyz [--natron natron] [--potential nac] [--hosts 45] [--work work]

From every frame of the train split a run at a temperature that suits its kind, three structures of each; from each new host, made
by `natron build` (38 to 64 atoms, 0.9 to 1.8 g/cm3) and filled in three steps, runs of the melt, of the pure carbon and of each
filling at 300 to 1500 K. Frames of the valid and test splits are not looked at. Frames with atoms closer than 0.95 A are left out.
"""

import argparse
import json
import os
import random
import subprocess
from pathlib import Path

import h5py
import numpy as np
from ase.io import read, write

DFT = Path(__file__).resolve().parents[1] / "dft"
DENSITIES = [0.9, 1.0, 1.153, 1.3, 1.5, 1.8]
WARM = [300, 600, 900, 1200, 1500]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--natron", default="natron")
    parser.add_argument("--potential", default="nac", help="a built-in name or a file")
    parser.add_argument("--hosts", type=int, default=45)
    parser.add_argument("--work", type=Path, default=Path("work"))
    runs = Runs(parser.parse_args())
    runs.from_train_split()
    for number in range(runs.hosts):
        runs.from_host(number)


def conditions(kind, lot):
    """Temperature (K), duration (ps) and time step (fs) of a run from a frame of this kind."""
    if kind in ("anneal", "liquid", "carbon_hot"):
        return lot.choice([2000, 3000, 4000]), 0.15, 0.5
    if kind in ("carbon", "graphite", "ref_graphite", "ref_diamond"):
        return lot.choice([300, 800, 1500, 2500]), 0.24, 0.5
    if kind in ("na_bcc", "na_metal", "ref_na_bcc"):
        return lot.choice([200, 300, 500, 800]), 0.45, 1.0
    return lot.choice(WARM), 0.45, 1.0


class Runs:
    """Runs one after the other, their structures appended to one file."""

    def __init__(self, arguments):
        self.out, self.work, self.natron, self.hosts = arguments.out, arguments.work.resolve(), arguments.natron, arguments.hosts
        is_file = "/" in arguments.potential or arguments.potential.endswith(".safetensors")
        value = os.path.abspath(arguments.potential) if is_file else arguments.potential
        self.potential = f"[potential]\n{'file' if is_file else 'name'} = {json.dumps(value)}\n"
        self.lot = random.Random(7)
        self.work.mkdir(parents=True, exist_ok=True)

    def from_train_split(self):
        frames = [frame for path in sorted(DFT.glob("*.extxyz")) for frame in read(path, ":")]
        for number, frame in enumerate(frames):
            if frame.info["split"] == "train" and len(frame) > 1:
                kind = frame.info["kind"]
                temperature, duration, step = conditions(kind, self.lot)
                self.run(frame, f"frame-{number}", temperature, duration, step, 3, "x_" + kind, str(frame.info["host"]))

    def from_host(self, number):
        lot, name = random.Random(1000 + number), f"host-{number}"
        deck = self.work / f"{name}.toml"
        atoms, density = lot.randrange(38, 65), lot.choice(DENSITIES)
        structure = f'kind = "amorphous"\natoms = {atoms}\ndensity_g_per_cm3 = {density}\nmelt_ps = 1.0\ncool_ps = 1.0\nquench_ps = 2.0\n'
        structure += f"anneal_K = {lot.choice([3000, 3500])}.0\nanneal_ps = {lot.choice([4, 10, 20])}.0\n"
        filling = f"atoms = [{lot.randrange(1, 5)}, {lot.randrange(6, 12)}, {lot.randrange(12, 16)}]\nstep = 4\ntrials = 3\nrelax_ps = 0.1\n"
        deck.write_text(f"format = 1\nseed = {number + 1}\n[structure]\n{structure}[insert]\n{filling}{self.potential}")
        self.call("build", deck)
        made = self.work / name
        if not (made / "host.extxyz").exists():
            return
        host = read(made / "host.extxyz")
        self.run(host, f"{name}-melt", lot.choice([3500, 4500, 6000]), 0.2, 0.5, 2, "x_anneal", name)
        self.run(host, f"{name}-carbon", lot.choice([300, 800, 1500, 2500]), 0.42, 0.5, 3, "x_carbon", name)
        for filled in sorted(made.glob("na-*.extxyz")):
            self.run(read(filled), f"{name}-{filled.stem}", lot.choice(WARM), 0.8, 1.0, 4, "x_na_carbon", name)

    def run(self, atoms, name, temperature, duration_ps, step_fs, shots, kind, host):
        """A run in the canonical ensemble, `shots` structures of it at equal distances in time."""
        start = atoms.copy()
        start.info = {}
        for column in set(start.arrays) - {"numbers", "positions"}:
            del start.arrays[column]
        write(self.work / f"{name}.extxyz", start)
        every = round(1000 * duration_ps / shots, 6)
        stages = '[[stage]]\nname = "soft"\nkind = "minimise"\nforce_max_eV_per_A = 3.0\n'
        stages += f'[[stage]]\nname = "run"\nkind = "dynamics"\nduration_ps = {duration_ps}\ntimestep_fs = {step_fs}\nrecord = true\n'
        stages += f'ensemble = {{ kind = "nvt-langevin", temperature_K = {temperature}, friction_per_ps = 10.0 }}\n'
        output = f"[output]\ntrajectory_every_fs = {every}\nthermo_every_fs = {every}\n"
        deck = self.work / f"{name}.toml"
        system = f'format = 1\nseed = {self.lot.randrange(10**6)}\n[system]\nstructure = "{name}.extxyz"\n'
        deck.write_text(system + self.potential + output + stages)
        self.call("md", deck)
        trajectory = self.work / name / "trajectory.h5"
        if trajectory.exists():
            self.keep(trajectory, start, kind, host)

    def keep(self, trajectory, start, kind, host):
        with h5py.File(trajectory, "r", swmr=True) as file:
            box = file["particles/all/box/edges/value"][1:]
            positions = file["particles/all/position/value"][1:]
        for cell, place in zip(box, positions):
            frame = start.copy()
            frame.set_cell(cell)
            frame.positions, frame.pbc = place, True
            frame.wrap()
            distances = frame.get_all_distances(mic=True)[np.triu_indices(len(frame), 1)]
            if distances.min() >= 0.95:
                frame.info = {"kind": kind, "host": host}
                write(self.out, frame, append=True)

    def call(self, command, deck):
        subprocess.run([self.natron, "--threads", "1", command, str(deck), "--overwrite", "-q"], timeout=600)


if __name__ == "__main__":
    main()
