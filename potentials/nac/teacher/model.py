"""Frames, batches and predictions of the teacher. Units: eV, A; virial = -volume * stress in eV."""

import numpy as np
import torch
from ase.io import iread
from sevenn.train.dataload import unlabeled_atoms_to_graph
from sevenn.util import load_checkpoint

from convolution import replace_convolutions

CARBON, SODIUM = 6, 11
VOIGT = ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2))  # the order in which the network gives stresses


def load(source):
    """The network behind a published name ("7net-l3i5") or a checkpoint file."""
    return replace_convolutions(load_checkpoint(source).build_model())


def labels(path):
    """Labelled frames of an extended XYZ file; isolated atoms, which have no forces, are left out."""
    frames = []
    for atoms in iread(path, index=":"):
        if len(atoms) == 1:
            continue
        info = {**(atoms.calc.results if atoms.calc else {}), **atoms.info}
        virial = np.array(info["virial"], dtype=float).reshape(3, 3)
        frames.append({
            "atoms": atoms,
            "kind": atoms.info["kind"],
            "split": atoms.info["split"],
            "energy": float(info["free_energy"]),
            "forces": atoms.get_forces() if atoms.calc else atoms.arrays["forces"],
            "virial": np.array([virial[i, j] for i, j in VOIGT]),
        })
    return frames


def graph(atoms, cutoff):
    """The neighbour list of one structure as the network's tensors."""
    raw = unlabeled_atoms_to_graph(atoms, cutoff)
    return {
        "numbers": torch.tensor(raw["atomic_numbers"], dtype=torch.int64),
        "edges": torch.tensor(np.asarray(raw["edge_index"]), dtype=torch.int64),
        "vectors": torch.tensor(raw["edge_vec"], dtype=torch.float32),
        "volume": float(atoms.cell.volume),
    }


def predict(network, graphs, train=False):
    """Energies (n), forces (atoms, 3) and virials (n, 6) of several structures at once."""
    sizes = torch.tensor([len(g["numbers"]) for g in graphs])
    offsets = torch.cumsum(sizes, 0) - sizes
    numbers = torch.cat([g["numbers"] for g in graphs])
    volumes = torch.tensor([g["volume"] for g in graphs])
    network.train(train)
    out = network({
        "x": numbers,
        "node_attr": numbers,
        "atomic_numbers": numbers,
        "edge_index": torch.cat([g["edges"] + o for g, o in zip(graphs, offsets)], 1),
        "edge_vec": torch.cat([g["vectors"] for g in graphs]).clone(),
        "num_atoms": sizes,
        "cell_volume": volumes.clone(),
        "batch": torch.repeat_interleave(torch.arange(len(graphs)), sizes),
    })
    virial = out["inferred_stress"] * volumes[:, None]
    return out["inferred_total_energy"], out["inferred_force"], virial


def teachers(pairs):
    """Networks from pairs of a published name and a file of fine-tuned weights."""
    networks = []
    for name, weights in pairs:
        networks.append(load(name))
        networks[-1].load_state_dict(torch.load(weights))
    assert len({network.cutoff for network in networks}) == 1
    return networks


def mean_prediction(networks, structure):
    """Energy, forces, virial in VOIGT order, each the mean of the networks; and the root mean square of their forces' deviations from it."""
    energies, forces, virials = (
        np.array(parts) for parts in zip(*([t.detach().double().numpy() for t in predict(n, [structure])] for n in networks))
    )
    spread = np.sqrt(((forces - forces.mean(0)) ** 2).mean())
    return float(energies.mean()), forces.mean(0), virials.mean(0)[0], float(spread)


def quiet_jit():
    """Keeps TorchScript from compiling anew for every size of a batch."""
    torch._C._jit_set_profiling_executor(False)
    torch._C._jit_set_profiling_mode(False)
