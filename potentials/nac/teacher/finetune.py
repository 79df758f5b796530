"""Fine-tunes a published universal potential on the train split: python finetune.py --out teacher.pt

Frames of the valid split choose the kept weights; frames of the test split are not used.
"""

import argparse
import math
import random
import time
from pathlib import Path

import numpy as np
import torch

from evaluate import errors
from model import CARBON, SODIUM, graph, labels, load, predict, quiet_jit

FORCE_FLOOR, FORCE_SHARE = 0.1, 0.05  # scale of a force residual, sqrt(floor^2 + (share |F|)^2), eV/A
ENERGY_SCALE, VIRIAL_SCALE = 0.005, 0.05  # eV per atom
HUBER = 8.0  # scales beyond which a residual counts linearly


def huber(square):
    """square where its root is below HUBER, then linear in the root."""
    return torch.where(square < HUBER**2, square, HUBER * (2 * square.clamp(min=1e-12).sqrt() - HUBER))


def loss(network, frames, atoms_per_frame, energy_weight, virial_weight):
    energy, forces, virial = predict(network, [f["graph"] for f in frames], train=True)
    sizes = torch.tensor([len(f["atoms"]) for f in frames])
    numbers = torch.cat([f["graph"]["numbers"] for f in frames])
    target = torch.cat([f["force_tensor"] for f in frames])
    scale = FORCE_FLOOR**2 + FORCE_SHARE**2 * (target**2).sum(1)
    residual = huber(((forces - target) ** 2).sum(1) / 3 / scale)
    total = sum(0.5 * residual[numbers == z].sum() / (count * len(frames)) for z, count in atoms_per_frame.items())
    energy_target = torch.tensor([f["energy"] for f in frames], dtype=torch.float64)
    energy_residual = ((energy.double() - energy_target) / sizes / ENERGY_SCALE).float()
    virial_target = torch.tensor(np.array([f["virial"] for f in frames]), dtype=torch.float32)
    virial_residual = (virial - virial_target) / sizes[:, None] / VIRIAL_SCALE
    return total + energy_weight * huber(energy_residual**2).mean() + virial_weight * huber(virial_residual**2).mean()


def refit_shifts(network, frames):
    """Moves the energies of the elements to the least-squares fit of the frames' energies."""
    counts = np.array([[(f["atoms"].numbers == z).sum() for z in (CARBON, SODIUM)] for f in frames], dtype=float)
    residual = np.array([f["energy"] - predict(network, [f["graph"]])[0].item() for f in frames])
    sizes = counts.sum(1)
    shifts = np.linalg.lstsq(counts / sizes[:, None], residual / sizes, rcond=None)[0]
    parameter = network.rescale_atomic_energy.shift
    with torch.no_grad():
        for z, shift in zip((CARBON, SODIUM), shifts):
            parameter[network.type_map[z]] += shift
    print("shifts of C, Na in eV:", shifts, flush=True)


def train(network, frames, valid, options, say):
    atoms_per_frame = {z: sum((f["atoms"].numbers == z).sum() for f in frames) / len(frames) for z in (CARBON, SODIUM)}
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=options.rate, betas=(0.9, 0.99))
    mean = load(options.model)
    mean.load_state_dict(network.state_dict())
    best, step, done, start, order = math.inf, 0, 0.0, time.time(), []
    next_check, shuffle = options.check, random.Random(options.seed)
    while done < 1:
        if len(order) < options.batch:
            order += shuffle.sample(frames, len(frames))
        batch, order = order[: options.batch], order[options.batch :]
        late = done > 2 / 3
        optimizer.param_groups[0]["lr"] = options.rate * min(1, (step + 1) / 30) * (0.5 + 0.5 * math.cos(math.pi * done))
        optimizer.zero_grad()
        value = loss(network, batch, atoms_per_frame, 0.05 if late else 0.01, 0.01)
        value.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, options.clip)
        optimizer.step()
        step += 1
        with torch.no_grad():
            decay = min(0.99, step / (step + 10))
            for average, parameter in zip(mean.parameters(), network.parameters()):
                average.lerp_(parameter, 1 - decay)
        done = (time.time() - start) / (60 * options.minutes)
        if step % 10 == 0:
            print(f"step {step} passes {step * options.batch / len(frames):.2f} done {done:.3f} loss {value.item():.3f} norm {norm:.2f}", flush=True)
        if done >= next_check or done >= 1:
            next_check += options.check
            found = errors([mean], valid)
            say(f"step {step} passes {step * options.batch / len(frames):.2f} done {done:.2f} valid {found}")
            torch.save(mean.state_dict(), options.out.with_suffix(".last.pt"))
            if found["all"][0] + found["four"][0] < best:
                best = found["all"][0] + found["four"][0]
                torch.save(mean.state_dict(), options.out)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="7net-l3i5", help="published weights to start from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path(__file__).parent.parent / "dft")
    parser.add_argument("--minutes", type=float, default=40, help="length of the schedule")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--clip", type=float, default=20.0, help="largest norm of a gradient")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--check", type=float, default=0.15, help="part of the schedule between looks at the valid split")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    quiet_jit()
    network = load(options.model)
    frames = [f for path in sorted(options.data.glob("*.extxyz")) for f in labels(path)]
    frames = [f for f in frames if f["split"] in ("train", "valid")]
    for frame in frames:
        frame["graph"] = graph(frame["atoms"], network.cutoff)
        frame["force_tensor"] = torch.tensor(frame["forces"], dtype=torch.float32)
    learned = [f for f in frames if f["split"] == "train"]
    refit_shifts(network, learned)

    def say(line):
        print(line, flush=True)
        with open(options.out.with_suffix(".log"), "a") as log:
            print(time.strftime("%H:%M:%S"), line, file=log)

    train(network, learned, [f for f in frames if f["split"] == "valid"], options, say)


if __name__ == "__main__":
    main()
