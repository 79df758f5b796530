"""The common input: what every program of the comparison learns from and is tested on.

`python datasets.py nac OUT [--fraction 0.5] [--seed 1]` writes train.extxyz, valid.extxyz and test.extxyz with the
force-consistent energy less that of the isolated atoms, forces and virial; all.extxyz, the same frames with the energies
as they were and the isolated atoms, for natron, which knows what to do with them; and data.json: counts, hash, energies.
"""

import argparse
import hashlib
import json
import os
from collections import Counter
from pathlib import Path

import numpy as np

import extxyz

ROOT = Path(__file__).resolve().parents[2]
KILOBAR_A3_IN_EV = 1.0 / 1602.176634
VALID_SHARE = 0.1
# Li on graphene: whole trajectories. One image of the long path and two of the short one are for testing.
LI_VALID = ("fig-2d-NEB/NEB/02/", "fig-2d-NEB/NEB/06/")
LI_TEST = ("fig-2d-NEB/NEB/04/", "fig-2d-NEB/NEB/07/", "fig-5a-NEB/NEB/06/")
REPORT_KINDS = {"nac": ["na_carbon", "na_hot", "na_warm", "carbon"]}
# Frames of each file of potentials/nac/dft that the comparison is made on. Files only grow at their ends, so a line of
# results.jsonl stays comparable when labels are added; larger numbers mean that every fit is made again.
NAC_FRAMES = {"frames.extxyz": 57, "pool.extxyz": 76, "references.extxyz": 18}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=SETS)
    parser.add_argument("out", type=Path)
    parser.add_argument("--fraction", type=float, default=1.0, help="of the training frames")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of that fraction")
    arguments = parser.parse_args()
    print(json.dumps(make(arguments.data, arguments.out, arguments.fraction, arguments.seed), indent=1))


def make(data, out, fraction=1.0, seed=1):
    """Writes the input of a data set; returns what data.json says."""
    texts, frames = SETS[data]()
    isolated = [frame for frame in frames if frame.info["split"] == "isolated"]
    frames = [frame for frame in frames if frame.info["split"] != "isolated"]
    train = [frame for frame in frames if frame.info["split"] == "train"]
    chosen = {id(frame) for frame in subset(train, fraction, seed)}
    frames = [frame for frame in frames if frame.info["split"] != "train" or id(frame) in chosen]
    energies = isolated_energies(isolated, [frame for frame in frames if id(frame) in chosen])
    out.mkdir(parents=True, exist_ok=True)
    for frame in isolated:
        frame.info["split"] = "train"
    extxyz.write(out / "all.extxyz", isolated + frames)
    for frame in frames:
        frame.info["energy"] = repr(frame.number("energy") - sum(energies[s] for s in frame.symbols))
    for split in ("train", "valid", "test"):
        extxyz.write(out / f"{split}.extxyz", [frame for frame in frames if frame.info["split"] == split])
    said = {
        "data": data,
        "fraction": fraction,
        "sha256": sha256(texts),
        "frames": dict(Counter(frame.info["split"] for frame in frames)),
        "isolated_eV": energies,
        "report_kinds": REPORT_KINDS.get(data, []),
    }
    (out / "data.json").write_text(json.dumps(said, indent=1))
    return said


def subset(frames, fraction, seed):
    """That share of the frames, of every kind alike; a smaller share lies within a larger one."""
    rank = lambda frame: hashlib.sha256(f"{seed} {extxyz.text(frame.positions)}".encode()).hexdigest()
    kinds = {}
    for frame in sorted(frames, key=rank):
        kinds.setdefault(frame.info["kind"], []).append(frame)
    places = [((at + 0.5) / len(kind), rank(frame), frame) for kind in kinds.values() for at, frame in enumerate(kind)]
    places.sort(key=lambda place: place[:2])
    return [frame for _, _, frame in places[: max(1, round(fraction * len(frames)))]]


def isolated_energies(isolated, train):
    """eV: those of isolated atoms where each species has one, else least squares over the training frames."""
    species = sorted({symbol for frame in train for symbol in frame.symbols})
    known = {frame.symbols[0]: frame.number("energy") for frame in isolated}
    if set(species) <= set(known):
        return {symbol: known[symbol] for symbol in species}
    counts = np.array([[frame.symbols.count(symbol) for symbol in species] for frame in train], dtype=float)
    fitted = np.linalg.lstsq(counts, [frame.number("energy") for frame in train], rcond=None)[0]
    return dict(zip(species, fitted.tolist()))


def nac():
    """The first frames of the files in potentials/nac/dft, or all in $NATRON_ACCURACY_NAC, with the split they name, by host."""
    other = os.environ.get("NATRON_ACCURACY_NAC")
    files = sorted(Path(other or ROOT / "potentials/nac/dft").glob("*.extxyz"))
    texts = [extxyz.head(path.read_text(), None if other else NAC_FRAMES[path.name]) for path in files]
    frames = [frame for text in texts for frame in extxyz.parse(text)]
    for frame in frames:
        split = "isolated" if frame.info["kind"] == "isolated_atom" else frame.info["split"]
        label(frame, "free_energy", frame.info.get("virial"), frame.info["kind"], split)
    return texts, frames


def liquid_na():
    """Its validation file is for testing; a tenth of the other one, by hash, for validation."""
    folder = public("liquid_na")
    texts = [(folder / name).read_text() for name in ("train.extxyz", "validation.extxyz")]
    train, test = map(extxyz.parse, texts)
    valid = {id(frame) for frame in subset(with_kind(train, "liquid"), VALID_SHARE, 0)}
    for frame in train:
        label(frame, "energy", frame.info["virial"], "liquid", "valid" if id(frame) in valid else "train")
    for frame in test:
        label(frame, "energy", frame.info["virial"], "liquid", "test")
    return texts, train + test


def li_graphene():
    """Whole trajectories in one split; the virial from the stress in kB, whose sign is that of a pressure."""
    text = (public("li_bilayer_graphene") / "li_c.extxyz").read_text()
    frames = extxyz.parse(text)
    for frame in frames:
        source = frame.info["source"]
        split = "valid" if source.startswith(LI_VALID) else "test" if source.startswith(LI_TEST) else "train"
        xx, yy, zz, xy, yz, zx = map(float, frame.info["vasp_stress_kB_xx_yy_zz_xy_yz_zx"].split())
        volume = abs(np.linalg.det(frame.cell))
        virial = np.array([[xx, xy, zx], [xy, yy, yz], [zx, yz, zz]]) * volume * KILOBAR_A3_IN_EV
        label(frame, "free_energy", extxyz.text(virial), source.split("/")[0], split)
    return [text], frames


def public(name):
    if "NATRON_DATA" not in os.environ:
        raise SystemExit("set NATRON_DATA to the folder that holds public/")
    return Path(os.environ["NATRON_DATA"]) / "public" / name


def with_kind(frames, kind):
    for frame in frames:
        frame.info["kind"] = kind
    return frames


def label(frame, energy, virial, kind, split):
    """Leaves a frame with what is learnt, and its names."""
    host = frame.info.get("host") or frame.info.get("source") or kind
    frame.info = {
        "host": host,
        "kind": kind,
        "split": split,
        "energy": frame.info[energy],
        "pbc": frame.info["pbc"],
    }
    if virial:
        frame.info["virial"] = virial
    frame.columns = {"forces": frame.columns["forces"]}


def sha256(texts):
    """Over the texts, one after the other."""
    return hashlib.sha256("".join(texts).encode()).hexdigest()


SETS = {"nac": nac, "liquid_na": liquid_na, "li_graphene": li_graphene}

if __name__ == "__main__":
    main()
