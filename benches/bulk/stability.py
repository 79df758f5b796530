"""Whether long runs stay where the potential knows its way: sodium in one host at several fillings and temperatures.

The runs go on where they stopped if the command is given again with the same `--work`; the table has those that are done."""

import concurrent.futures
import json
import re
import subprocess
from pathlib import Path

import numpy as np

import labels

FILLINGS = (4, 22, 44)
TEMPERATURES_K = (300, 600, 1000)
FILL = """\
format = 1
seed = 1
[structure]
kind = "file"
file = "{host}"
[insert]
atoms = {fillings}
species = "Na"
step = 6
trials = 3
relax_ps = 0.3
[potential]
name = "nac"
[output]
directory = "fill"
"""
RUN = """\
format = 1
seed = {seed}
[system]
structure = "fill/na-{x:03}.extxyz"
[potential]
name = "nac"
[uncertainty]
action = "collect"
atom_energy_std_max_meV = {energy_std}
force_std_max_eV_per_A = {force_std}
force_every_steps = 500
collect_every_steps = 10000
[output]
directory = "{name}"
trajectory_every_fs = 500.0
thermo_every_fs = 200.0
[analysis]
mobile = ["Na"]
reference = ["C"]
[[stage]]
name = "equilibrate"
kind = "dynamics"
duration_ps = 5.0
timestep_fs = {timestep}
ensemble = {{ kind = "nvt-langevin", temperature_K = {temperature}, friction_per_ps = 5.0 }}
[[stage]]
name = "production"
kind = "dynamics"
duration_ps = {ps}
timestep_fs = {timestep}
ensemble = {{ kind = "nvt-rescale", temperature_K = {temperature}, relaxation_ps = 0.5 }}
record = true
"""


def main():
    parser = labels.options(__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("stability"), help="folder of the runs")
    parser.add_argument("--host", type=Path, default=labels.ROOT / "examples" / "hosts" / "1.153-1.extxyz")
    parser.add_argument("--long-ps", type=float, default=1000.0, help="of seed 1")
    parser.add_argument("--short-ps", type=float, default=200.0, help="of seeds 2 and 3")
    parser.add_argument("--timestep-fs", type=float, default=2.0)
    parser.add_argument("--workers", type=int, default=1, help="runs at a time, each on one thread")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if not (options.work / "fill" / "summary.json").exists():
        (options.work / "fill.toml").write_text(FILL.format(host=options.host.resolve(), fillings=list(FILLINGS)))
        labels.natron(options.natron, "build", options.work / "fill.toml")
    limits = largest_deviations(options.natron, options.labels)
    runs = [(x, t, seed, options.long_ps if seed == 1 else options.short_ps) for seed in (1, 2, 3) for t in reversed(TEMPERATURES_K) for x in reversed(FILLINGS)]
    with concurrent.futures.ThreadPoolExecutor(options.workers) as pool:
        rows = list(pool.map(lambda run: row(options, limits, *run), runs))
    head = ["x", "T, K", "ps", "seed", "ended", "conserved energy, meV/atom/ps", "potential energy, second tenth and last, eV", "most of E_std, eV", "looks beyond", "us/atom/step"]
    labels.table(head, rows)


def largest_deviations(program, folder):
    """The largest standard deviations of an atom's energy, meV, and of a force, eV/A, on train frames: what `nac` says of structures that it has seen."""
    train = [frame for frame in labels.labelled(program, folder) if frame.info["split"] == "train"]
    energy, force = (max(np.linalg.norm(frame.columns[name], axis=1).max() for frame in train) for name in ("energies_std", "forces_std"))
    print(f"Limits: {1e3 * energy:.1f} meV, {force:.2f} eV/A\n")
    return {"energy_std": float(round(1e3 * energy, 1)), "force_std": float(round(force, 2))}


def row(options, limits, x, temperature, seed, ps):
    """Makes a run or goes on with it; its line."""
    name = f"na{x:03}-{temperature}K-{ps:g}ps-{seed}"
    folder = options.work / name
    if not finished(folder):
        words = {"x": x, "temperature": float(temperature), "seed": seed, "ps": ps, "timestep": options.timestep_fs, "name": name}
        run(options.natron, folder, RUN.format(**limits, **words))
    return [x, temperature, f"{ps:g}", seed, *(outcome(folder) if finished(folder) else ["no", "", "", "", "", ""])]


def run(program, folder, text):
    """Makes a run of a deck beside its folder, or goes on with it; one that leaves its bounds says so and is not finished."""
    deck = folder.with_name(f"{folder.name}.toml")
    deck.write_text(text)
    restarts = folder / "restart"
    how = "--resume" if restarts.exists() and any(restarts.iterdir()) else "--overwrite"
    command = [str(program.resolve()), "md", str(deck), how, "--threads", "1", "--quiet"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)


def outcome(folder):
    """What a finished run left behind."""
    summary = json.loads((folder / "summary.json").read_text())
    production = summary["stages"][-1]
    lines = [line.split(",") for line in (folder / "thermo.csv").read_text().splitlines()]
    energy, std = (lines[0].index(name) for name in ("potential_energy_eV", "energy_std_eV"))
    values = np.array([[float(line[energy]), float(line[std])] for line in lines[1:] if line[0] == "production"])
    tenth = len(values) // 10
    looks = re.search(r"beyond the limits of \[uncertainty\] in (\d+) looks", (folder / "log.txt").read_text())
    return [
        summary["stopped_by"] or "as planned",
        f"{production['energy_drift_meV_per_atom_ps']:+.5f} +- {production['energy_drift_err_meV_per_atom_ps']:.5f}",
        f"{values[tenth : 2 * tenth, 0].mean():.2f}, {values[-tenth:, 0].mean():.2f}",
        f"{values[:, 1].max():.1f}",
        looks.group(1) if looks else 0,
        f"{summary['us_per_atom_step']:.1f}",
    ]


def finished(folder):
    path = folder / "summary.json"
    return path.exists() and json.loads(path.read_text())["finished"]


if __name__ == "__main__":
    main()
