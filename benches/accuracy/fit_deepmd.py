"""DeePMD-kit: the descriptor se_e2_a, TensorFlow, the network after the last step."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from deepmd.calculator import DP

import extxyz
import prediction
from task import Task

STEPS = {"nac": 150000, "liquid_na": 50000, "li_graphene": 60000}


def main():
    task = Task()
    systems = write_systems(extxyz.read(task.given / "train.extxyz"), task)
    Path("input.json").write_text(json.dumps(settings(task, systems), indent=1))
    program = Path(sys.executable).parent / "dp"
    subprocess.run([program, "train", "input.json"], check=True)
    subprocess.run([program, "freeze", "-o", "frozen.pb"], check=True)
    prediction.write(DP("frozen.pb"), task.given, task.out)
    task.done(version=importlib.metadata.version("deepmd-kit"), steps=task.epochs(STEPS[task.data]))


def settings(task, systems):
    steps = task.epochs(STEPS[task.data])
    return {
        "model": {
            "type_map": task.species,
            "descriptor": {
                "type": "se_e2_a",
                "rcut": 6.0,
                "rcut_smth": 2.0,
                "sel": "auto",
                "neuron": [25, 50, 100],
                "axis_neuron": 12,
                "resnet_dt": False,
                "seed": task.seed,
                "precision": "float32",
            },
            "fitting_net": {"neuron": [120, 120, 120], "resnet_dt": True, "seed": task.seed, "precision": "float32"},
        },
        "learning_rate": {"type": "exp", "start_lr": 1e-3, "stop_lr": 1e-6, "decay_steps": steps // 100},
        "loss": {
            "type": "ener",
            "start_pref_e": 0.02,
            "limit_pref_e": 1,
            "start_pref_f": 1000,
            "limit_pref_f": 1,
            "start_pref_v": 0.01,
            "limit_pref_v": 0.1,
        },
        "training": {
            "training_data": {"systems": systems, "batch_size": 1, "auto_prob": "prob_sys_size"},
            "numb_steps": steps,
            "seed": task.seed,
            "disp_file": "lcurve.out",
            "disp_freq": 500,
            "save_freq": steps,
        },
    }


def write_systems(frames, task):
    """One folder for each composition."""
    groups = {}
    for frame in frames:
        groups.setdefault(tuple(frame.symbols), []).append(frame)
    folders = []
    for number, (symbols, group) in enumerate(groups.items()):
        folder = Path(f"systems/{number:03}")
        (folder / "set.000").mkdir(parents=True)
        (folder / "type_map.raw").write_text("\n".join(task.species))
        np.savetxt(folder / "type.raw", [task.species.index(symbol) for symbol in symbols], fmt="%d")
        arrays = {
            "box": [frame.cell.ravel() for frame in group],
            "coord": [frame.positions.ravel() for frame in group],
            "energy": [[frame.number("energy")] for frame in group],
            "force": [frame.columns["forces"].ravel() for frame in group],
            "virial": [frame.matrix("virial").ravel() for frame in group],
        }
        for name, values in arrays.items():
            np.save(folder / "set.000" / f"{name}.npy", np.array(values))
        folders.append(str(folder))
    return folders


if __name__ == "__main__":
    main()
