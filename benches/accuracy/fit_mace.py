"""MACE: small, from scratch, on the processor; the last quarter with more weight on energies (its stage two)."""

import importlib.metadata
import sys

import torch
from ase.data import atomic_numbers
from mace.calculators import MACECalculator
from mace.cli import run_train

import prediction
from task import Task

EPOCHS = {"nac": 150, "liquid_na": 60, "li_graphene": 50}


def main():
    task = Task()
    torch.set_num_threads(task.threads)
    for split in ("train", "valid"):
        write(task.given / f"{split}.extxyz", f"{split}.extxyz")
    switches = ["--ema", "--amsgrad", "--swa"]
    sys.argv = ["mace_run_train", *(f"--{key}={value}" for key, value in settings(task).items()), *switches]
    run_train.main()
    prediction.write(MACECalculator(model_paths="mace_stagetwo.model", device="cpu", default_dtype="float32"), task.given, task.out)
    task.done(version=importlib.metadata.version("mace-torch"), epochs=task.epochs(EPOCHS[task.data]))


def settings(task):
    epochs = task.epochs(EPOCHS[task.data])
    return {
        "name": "mace",
        "seed": task.seed,
        "device": "cpu",
        "default_dtype": "float32",
        "train_file": "train.extxyz",
        "valid_file": "valid.extxyz",
        "E0s": str({atomic_numbers[symbol]: 0.0 for symbol in task.species}),
        "energy_key": "REF_energy",
        "forces_key": "REF_forces",
        "virials_key": "REF_virials",
        "model": "ScaleShiftMACE",
        "r_max": 5.0,
        "num_interactions": 2,
        "num_channels": 32,
        "max_L": 1,
        "correlation": 3,
        "num_radial_basis": 8,
        "loss": "virials",
        "energy_weight": 1,
        "forces_weight": 100,
        "virials_weight": 1,
        "start_swa": epochs * 3 // 4,
        "swa_lr": 1e-3,
        "swa_energy_weight": 1000,
        "swa_forces_weight": 100,
        "swa_virials_weight": 10,
        "lr": 0.01,
        "weight_decay": 5e-7,
        "ema_decay": 0.99,
        "scheduler": "ExponentialLR",
        "lr_scheduler_gamma": 0.01 ** (1.0 / epochs),
        "clip_grad": 10,
        "batch_size": 2,
        "valid_batch_size": 4,
        "max_num_epochs": epochs,
        "eval_interval": 1,
        "error_table": "PerAtomRMSE",
        "num_workers": 0,
    }


def write(source, path):
    """The names of labels that ASE leaves alone."""
    text = source.read_text()
    for name, own in (("energy=", "REF_energy="), ("virial=", "REF_virials="), (":forces:", ":REF_forces:")):
        text = text.replace(name, own)
    open(path, "w").write(text)


if __name__ == "__main__":
    main()
