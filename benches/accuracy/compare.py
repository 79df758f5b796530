"""The comparison: fits one program to one data set and notes time and errors; makes tables of the notes.

  python compare.py run nep nac --envs ENVS            one fit; a line is added to results.jsonl
  python compare.py run natron nac --seed 2 --fraction 0.5
  python compare.py all --envs ENVS                    every fit of PLAN that results.jsonl lacks for the data as they are
  python compare.py table                              the newest line of each fit, as Markdown
"""

import argparse
import datetime
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import datasets
import errors
import tables

HERE = Path(__file__).resolve().parent
# The program and the virtual environment under --envs it runs in; natron's script needs numpy only.
ENVIRONMENTS = {"natron": None, "natron-taught": None, "natron-distilled": None, "gap": "gap", "nep": "torch", "mace": "torch", "deepmd": "deepmd"}
# Program, data set, share of the training frames, seed: in the order of `compare.py all`.
PLAN = [(peer, "nac", 1.0, seed) for peer in ("natron", "natron-distilled") for seed in (1, 2, 3)]
PLAN += [(peer, "nac", 1.0, 1) for peer in ("gap", "nep", "mace", "deepmd")]
# Its teacher is the MACE before it.
PLAN += [("natron-taught", "nac", 1.0, seed) for seed in (1, 2, 3)]
PLAN += [(peer, "nac", share, 1) for peer in ("natron", "gap", "nep") for share in (0.5, 0.25)]
PLAN += [(peer, data, 1.0, 1) for data in ("liquid_na", "li_graphene") for peer in ("natron", "nep", "gap")]
THREAD_VARIABLES = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"]
THREAD_VARIABLES += ["TF_NUM_INTEROP_THREADS", "DP_INTRA_OP_PARALLELISM_THREADS", "DP_INTER_OP_PARALLELISM_THREADS"]


def main():
    arguments = parse()
    arguments.action(arguments)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one, every, table = (commands.add_parser(name) for name in ("run", "all", "table"))
    one.add_argument("peer", choices=ENVIRONMENTS)
    one.add_argument("data", choices=datasets.SETS)
    one.add_argument("--fraction", type=float, default=1.0, help="of the training frames")
    one.add_argument("--seed", type=int, default=1)
    every.add_argument("--peers", default=",".join(ENVIRONMENTS), help="only these programs")
    for command in (one, every):
        command.add_argument("--threads", type=int, default=1)
        command.add_argument("--effort", type=float, default=1.0, help="factor on the epochs or steps of nep, mace and deepmd")
        command.add_argument("--cpu-minutes", type=float, default=120.0, help="processor time after which a fit is stopped and does not count")
        command.add_argument("--envs", type=Path, default=HERE / "envs", help="folder of the virtual environments gap, torch, deepmd")
        command.add_argument("--natron", default="natron", help="the program natron")
        command.add_argument("--work", type=Path, default=HERE / "work", help="where fits are done")
    for command, action in ((one, run_one), (every, run_all), (table, print_table)):
        command.add_argument("--results", type=Path, default=HERE / "results.jsonl")
        command.set_defaults(action=action)
    return parser.parse_args()


def run_one(arguments):
    with open(arguments.results, "a") as results:
        results.write(json.dumps(run(arguments)) + "\n")


def run_all(arguments):
    for peer, data, fraction, seed in PLAN:
        wanted = {"peer": peer, "data": data, "fraction": fraction, "seed": seed, "status": "done"}
        wanted["sha256"] = datasets.sha256(datasets.SETS[data]()[0])
        if peer not in tables.WITHOUT_EFFORT:
            wanted["effort"] = arguments.effort
        done = any(wanted.items() <= {key: note.get(key) for key in wanted}.items() for note in notes(arguments.results))
        if peer in arguments.peers.split(",") and not done:
            run_one(argparse.Namespace(**vars(arguments) | {"peer": peer, "data": data, "fraction": fraction, "seed": seed}))


def print_table(arguments):
    print(tables.markdown(notes(arguments.results)))


def notes(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def run(arguments):
    """Fits and evaluates; returns the line for results.jsonl."""
    if arguments.peer == "natron-taught" and (arguments.data, arguments.fraction) != ("nac", 1.0):
        raise SystemExit("natron-taught is for nac and all of its training frames: its teacher has seen them")
    name = f"{arguments.peer}-{arguments.data}-{round(100 * arguments.fraction)}-{arguments.seed}"
    given, out = arguments.work / name / "given", arguments.work / name / "out"
    shutil.rmtree(arguments.work / name, ignore_errors=True)
    out.mkdir(parents=True)
    data = datasets.make(arguments.data, given, arguments.fraction)
    if arguments.peer == "natron-taught":
        teach(arguments)
    usage = fit(arguments, given, out)
    note = {
        "peer": arguments.peer,
        "data": arguments.data,
        "fraction": arguments.fraction,
        "seed": arguments.seed,
        "threads": arguments.threads,
        "effort": arguments.effort,
        "date": datetime.date.today().isoformat(),
        "sha256": data["sha256"],
        "frames": data["frames"],
        **usage,
    }
    if usage["status"] == "done":
        note |= json.loads((out / "fit.json").read_text())
        for split in ("valid", "test"):
            note[split] = errors.of_files(given / f"{split}.extxyz", out / f"{split}.extxyz", data["report_kinds"])
    return note


def teach(arguments):
    """Labels for natron-taught by the MACE of seed 1, unless they are there."""
    words = [arguments.envs.absolute() / "torch/bin/python", HERE / "teach.py", "--work", arguments.work, "--natron", arguments.natron]
    subprocess.run(list(map(str, words)), check=True)


def fit(arguments, given, out):
    """Runs the script of the program, its output in OUT/log; says how it ended and what time it took."""
    environment = ENVIRONMENTS[arguments.peer]
    python = str(arguments.envs.absolute() / environment / "bin/python") if environment else sys.executable
    program = shutil.which(arguments.natron) or arguments.natron
    program_of_fit, _, variant = arguments.peer.partition("-")
    words = [python, HERE / f"fit_{program_of_fit}.py", arguments.data, given, out, "--seed", arguments.seed, "--variant", variant]
    words += ["--threads", arguments.threads, "--effort", arguments.effort, "--program", os.path.abspath(program)]
    seconds = round(60 * arguments.cpu_minutes)
    variables = os.environ | {name: str(arguments.threads) for name in THREAD_VARIABLES}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with open(out / "log", "w") as log:
        code = subprocess.run(
            list(map(str, words)),
            stdout=log,
            stderr=subprocess.STDOUT,
            env=variables,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds)),
        ).returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    status = "done" if code == 0 else "out of time" if cpu >= seconds - 1 else f"failed with code {code}"
    return {
        "status": status,
        "cpu_limit_s": seconds,
        "cpu_s": round(cpu, 1),
        "wall_s": round(time.monotonic() - start, 1),
    }


if __name__ == "__main__":
    main()
