"""How far voltages of one host differ between seeds: `natron voltage` with the settings of examples/voltage.toml, once for each seed."""

import itertools
import tempfile
from pathlib import Path

import numpy as np

import labels

BAR_V = 0.1
VOLTAGES = {"pristine": "voltage_V", "emptied": "voltage_emptied_V"}


def curve(program, host, seed):
    """Points of the curve of a host."""
    with tempfile.TemporaryDirectory() as scratch:
        deck = Path(scratch) / "voltage.toml"
        deck.write_text(
            f'format = 1\nseed = {seed}\n[host]\nstructures = ["{host.resolve()}"]\n'
            '[insert]\nspecies = "Na"\natoms = [4, 12, 22]\nstep = 4\ntrials = 4\nrelax_ps = 0.5\n[potential]\nname = "nac"\n'
        )
        (found,) = labels.natron(program, "voltage", deck)["hosts"]
    return found["points"]


def main():
    parser = labels.options(__doc__)
    parser.add_argument("--hosts", type=Path, nargs="+", default=[labels.ROOT / "examples" / "hosts" / f"1.153-{n}.extxyz" for n in (1, 2)])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    rows, spreads = [], []
    for host in options.hosts:
        curves = {seed: curve(options.natron, host, seed) for seed in options.seeds}
        for seed, points in curves.items():
            for point in points:
                volts = [f"{point[key]:.3f}" for key in VOLTAGES.values()]
                rows.append([host.stem, seed, point["x"], *volts, f"{point['healing_eV']:+.2f}"])
        for at, point in enumerate(points):
            numbers = []
            for key in VOLTAGES.values():
                volts = [points[at][key] for points in curves.values()]
                near = [abs(a - b) <= BAR_V for a, b in itertools.combinations(volts, 2)]
                numbers += [f"{np.ptp(volts):.3f}", f"{sum(near)} of {len(near)}"]
            spreads.append([host.stem, point["x"], *numbers])
    print("Mean voltage against the metal of the same potential, V\n")
    labels.table(["host", "seed", "x", "pristine host", "emptied host", "healing, eV"], rows)
    print(f"Between seeds: largest difference, V, and pairs of seeds that are within {BAR_V} V\n")
    labels.table(["host", "x", "pristine", "within", "emptied", "within"], spreads)


if __name__ == "__main__":
    main()
