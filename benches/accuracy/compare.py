"""The comparison: fits one program to one data set and notes time and errors; makes tables of the notes.

  python compare.py run nep nac --envs ENVS            one fit; a line is added to results.jsonl
  python compare.py run natron nac --seed 2 --fraction 0.5
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
ENVIRONMENTS = {"natron": None, "gap": "gap", "nep": "torch", "mace": "torch", "deepmd": "deepmd"}
THREAD_VARIABLES = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"]
THREAD_VARIABLES += ["TF_NUM_INTEROP_THREADS", "DP_INTRA_OP_PARALLELISM_THREADS", "DP_INTER_OP_PARALLELISM_THREADS"]


def main():
    arguments = parse()
    if arguments.command == "table":
        lines = arguments.results.read_text().splitlines()
        print(tables.markdown([json.loads(line) for line in lines]))
        return
    line = json.dumps(run(arguments))
    with open(arguments.results, "a") as results:
        results.write(line + "\n")
    print(line)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("run")
    one.add_argument("peer", choices=ENVIRONMENTS)
    one.add_argument("data", choices=datasets.SETS)
    one.add_argument("--fraction", type=float, default=1.0, help="of the training frames")
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--threads", type=int, default=1)
    one.add_argument("--cpu-minutes", type=float, default=60.0, help="processor time after which a fit is stopped and does not count")
    one.add_argument("--envs", type=Path, default=HERE / "envs", help="folder of the virtual environments gap, torch, deepmd")
    one.add_argument("--natron", default="natron", help="the program natron")
    one.add_argument("--work", type=Path, default=HERE / "work", help="where fits are done")
    for command in (one, commands.add_parser("table")):
        command.add_argument("--results", type=Path, default=HERE / "results.jsonl")
    return parser.parse_args()


def run(arguments):
    """Fits and evaluates; returns the line for results.jsonl."""
    name = f"{arguments.peer}-{arguments.data}-{round(100 * arguments.fraction)}-{arguments.seed}"
    given, out = arguments.work / name / "given", arguments.work / name / "out"
    shutil.rmtree(arguments.work / name, ignore_errors=True)
    out.mkdir(parents=True)
    data = datasets.make(arguments.data, given, arguments.fraction)
    usage = fit(arguments, given, out)
    note = {
        "peer": arguments.peer,
        "data": arguments.data,
        "fraction": arguments.fraction,
        "seed": arguments.seed,
        "threads": arguments.threads,
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


def fit(arguments, given, out):
    """Runs the script of the program, its output in OUT/log; says how it ended and what time it took."""
    environment = ENVIRONMENTS[arguments.peer]
    python = str(arguments.envs.absolute() / environment / "bin/python") if environment else sys.executable
    program = shutil.which(arguments.natron) or arguments.natron
    words = [python, HERE / f"fit_{arguments.peer}.py", arguments.data, given, out, "--seed", arguments.seed]
    words += ["--threads", arguments.threads, "--program", os.path.abspath(program)]
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
