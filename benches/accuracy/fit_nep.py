"""NEP: torchnep (NEP4, gradient descent, forces first and energies in the second stage)."""

from pathlib import Path

import torch
import torchnep
from torchnep.ase_calculator import NEP

import prediction
from task import Task

EPOCHS = {"nac": 1000, "liquid_na": 500, "li_graphene": 300}
SETTINGS = """\
type {count} {species}
version 4
cutoff 6.5 5
n_max 8 6
basis_size 10 8
l_max 4 2 1
neuron 40
lambda_e 0.01
lambda_f 1
lambda_v 0.01
batch 4
lr 0.01
lr_scheduler step
scheduler_patience {step}
scheduler_factor 0.7
stop_lr 1e-5
weight_decay 1e-4
epoch {epochs}
stage2 1
start_stage2 {second}
stage2_lr 1e-3
stage2_lambda_e 1
stage2_lambda_f 0.2
stage2_lambda_v 0.1
stage2_scheduler_patience {step2}
stage2_scheduler_factor 0.7
"""


def main():
    task = Task()
    torch.set_num_threads(task.threads)
    epochs = task.epochs(EPOCHS[task.data])
    second = epochs * 7 // 10
    text = SETTINGS.format(
        count=len(task.species),
        species=" ".join(task.species),
        epochs=epochs,
        second=second,
        step=max(1, second // 10),
        step2=max(1, (epochs - second) // 10),
    )
    Path("nep.in").write_text(text)
    torchnep.train_nep(
        "nep.in",
        str(task.given / "train.extxyz"),
        output_dir="nep",
        device="cpu",
        use_compile=False,
        run_seed=task.seed,
        valid_file=str(task.given / "valid.extxyz"),
        prediction_interval=0,
    )
    prediction.write(NEP("nep/nep_best.txt"), task.given, task.out)
    task.done(version=torchnep.__version__, epochs=epochs)


if __name__ == "__main__":
    main()
