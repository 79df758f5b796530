"""GAP: gap_fit of quippy-ase, pair terms and one SOAP for each species."""

import importlib.metadata
import subprocess
import sys
from collections import Counter
from itertools import combinations_with_replacement
from pathlib import Path

from ase.data import atomic_numbers
from quippy.potential import Potential

import extxyz
import prediction
from task import Task

PAIR = "distance_2b cutoff=6.0 cutoff_transition_width=1.0 delta=1.0 covariance_type=ard_se theta_uniform=1.0 sparse_method=uniform n_sparse=15 Z1={} Z2={} add_species=F"
SOAP = (
    "soap cutoff={} cutoff_transition_width=1.0 n_max={} l_max=4 atom_sigma=0.5 zeta=4 delta=0.5 covariance_type=dot_product"
    " sparse_method=cur_points n_sparse={} Z={} n_species={} species_Z={{{{{}}}}} n_Z=1 add_species=F"
)
# Cut-off (A) and n_max of SOAP. gap_fit holds the derivatives of every descriptor at once: 5 A and 8 take 30 GB for li_graphene.
RADIAL = {"nac": (5.0, 8), "liquid_na": (5.0, 8), "li_graphene": (4.5, 6)}
# Standard deviations: energy (eV/atom), force (eV/A), virial (eV/atom), curvature.
SIGMA = {"nac": "{0.005 0.15 0.05 0.0}", "liquid_na": "{0.001 0.03 0.01 0.0}", "li_graphene": "{0.001 0.03 0.01 0.0}"}
N_SPARSE = 1000


def main():
    task = Task()
    frames = extxyz.read(task.given / "train.extxyz")
    environments = Counter(s for frame in frames for s in frame.symbols)
    numbers = [atomic_numbers[symbol] for symbol in task.species]
    pairs = combinations_with_replacement(task.species, 2)
    terms = [PAIR.format(*(atomic_numbers[s] for s in pair)) for pair in pairs if is_there(pair, frames)]
    for symbol, number in zip(task.species, numbers):
        sparse = min(N_SPARSE, environments[symbol] * 9 // 10)
        terms.append(SOAP.format(*RADIAL[task.data], sparse, number, len(numbers), " ".join(map(str, numbers))))
    words = {
        "at_file": task.given / "train.extxyz",
        "gap": "{" + " : ".join(terms) + "}",
        "e0": "{" + ":".join(f"{symbol}:0.0" for symbol in task.species) + "}",
        "default_sigma": SIGMA[task.data],
        "energy_parameter_name": "energy",
        "force_parameter_name": "forces",
        "virial_parameter_name": "virial",
        "sparse_jitter": "1e-8",
        "do_copy_at_file": "F",
        "sparse_separate_file": "T",
        "rnd_seed": task.seed,
        "gp_file": "gap.xml",
    }
    program = Path(sys.executable).parent / "gap_fit"
    subprocess.run([program, *(f"{key}={value}" for key, value in words.items())], check=True)
    prediction.write(Potential(param_filename="gap.xml"), task.given, task.out)
    task.done(version=importlib.metadata.version("quippy-ase"))


def is_there(pair, frames):
    """Whether a frame has two such atoms: gap_fit takes no sparse points from a term without pairs."""
    a, b = pair
    return any(b in frame.symbols and frame.symbols.count(a) > (a == b) for frame in frames)


if __name__ == "__main__":
    main()
