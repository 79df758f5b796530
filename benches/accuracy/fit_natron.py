"""natron: `natron train` with the deck of the data set, then `natron evaluate`.

For Na-C there are three: `natron` learns from the frames that every program is given and from nothing else. The others also learn
from structures without DFT: `natron-taught` with forces of the comparison's own MACE (teach.py), so from the same frames as every
program; `natron-distilled`, as shipped, with labels of larger networks that have seen other data (potentials/nac/teacher)."""

import json
import math
import os
import subprocess

import errors
import extxyz
from task import HERE, Task

DECKS = {
    "nac": HERE / "decks/nac.toml",
    "nac-taught": HERE / "decks/nac-taught.toml",
    "nac-distilled": HERE.parents[1] / "potentials/nac/train.toml",
    "liquid_na": HERE / "decks/liquid_na.toml",
    "li_graphene": HERE / "decks/li_graphene.toml",
}


def main():
    task = Task()
    run = lambda *words: subprocess.run(
        [task.program, "--threads", str(task.threads), *map(str, words)], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    directory, deck = task.out / "run", DECKS["-".join(filter(None, (task.data, task.variant)))]
    from_deck = lambda path: os.path.relpath(path, deck.parent)
    changes = [f"seed={task.seed}", f'data.files=["{from_deck(task.given / "all.extxyz")}"]', f'output.directory="{directory}"']
    changes.append("data.exclude_kinds=[]")  # every program is given the same frames
    if task.variant == "taught":
        changes.append(f'distillation.structures=["{from_deck(task.given.parents[1] / "mace-nac-100-1/taught.extxyz")}"]')
    run("train", deck, "--overwrite", *(word for change in changes for word in ("--set", change)))
    for split in ("valid", "test"):
        path, potential = task.out / f"{split}.extxyz", directory / "potential.safetensors"
        said = run("evaluate", "-p", potential, task.given / "all.extxyz", "--split", split, "-o", path, "--json")
        relative_to_atoms(path, json.loads((task.given / "data.json").read_text())["isolated_eV"], split)
        agree(json.loads(said), errors.of_files(task.given / f"{split}.extxyz", path)["all"])
    task.done(version=run("--version").split()[1])


def relative_to_atoms(path, energies, split):
    """Energies less those of isolated atoms, which are in the training file and in no other."""
    frames = [frame for frame in extxyz.read(path) if frame.info["split"] == split]
    for frame in frames:
        frame.info["energy"] = repr(frame.number("energy") - sum(energies[symbol] for symbol in frame.symbols))
    extxyz.write(path, frames)


def agree(natron, ours):
    """The metric of the comparison is that of `natron evaluate`."""
    for key in set(natron) & set(ours) - {"by_species"}:
        if not math.isclose(natron[key], ours[key], rel_tol=1e-6):
            raise SystemExit(f"{key} is {natron[key]} to natron and {ours[key]} to errors.py")


if __name__ == "__main__":
    main()
