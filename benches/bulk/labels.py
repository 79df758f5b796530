"""What the checks share: labelled frames with natron's energies beside them, runs of natron, Markdown tables."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benches" / "accuracy"))
import extxyz  # noqa: E402

PAIR_TOLERANCE_A = 1e-3


def options(description):
    """A parser with what every check is given."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--natron", type=Path, default=ROOT / "target" / "release" / "natron", help="the program")
    parser.add_argument("--labels", type=Path, default=ROOT / "potentials" / "nac" / "dft", help="folder of labelled frames")
    return parser


def natron(program, *arguments):
    """The JSON object of a command of natron, on one thread."""
    command = [str(program.resolve()), *map(str, arguments), "--threads", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def labelled(program, folder):
    """All frames of a folder: `info` holds ref_energy (the label, force-consistent) and energy (natron's)."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out.extxyz"
        natron(program, "evaluate", "-p", "nac", *sorted(folder.glob("*.extxyz")), "--output", out)
        return extxyz.read(out)


def energies(frame):
    """Of a labelled frame, eV: DFT's, natron's."""
    return np.array([frame.number("ref_energy"), frame.number("energy")])


def of(frame, symbol):
    """Positions of the atoms of an element."""
    return frame.positions[[s == symbol for s in frame.symbols]]


def shortest(frame, vectors):
    """Vectors between atoms, each the shortest of its periodic images (cells wider than twice the vectors)."""
    parts = vectors @ np.linalg.inv(frame.cell)
    return (parts - np.round(parts)) @ frame.cell


def pairs(frames):
    """(empty, filled) for all frames with sodium whose host is there without it: same carbon positions, same cell. None of split test."""
    frames = [f for f in frames if f.info["split"] != "test"]
    empty = [f for f in frames if "Na" not in f.symbols]
    for filled in (f for f in frames if {"C", "Na"} == set(f.symbols)):
        carbon = of(filled, "C")
        for host in empty:
            if len(host.symbols) != len(carbon) or np.abs(host.cell - filled.cell).max() > PAIR_TOLERANCE_A:
                continue
            if np.abs(shortest(host, host.positions - carbon)).max() < PAIR_TOLERANCE_A:
                yield host, filled


def isolated_sodium(frames):
    """Energy of a sodium atom alone, eV: DFT's, natron's."""
    return energies(next(f for f in frames if f.symbols == ["Na"] and f.info["kind"] == "isolated_atom"))


def table(head, rows):
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    print("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines), end="\n\n")
