"""What compare.py tells a fit_*.py to do."""

import argparse
import json
import os
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Task:
    """Arguments of a fit; paths are absolute."""

    def __init__(self):
        parser = argparse.ArgumentParser()
        parser.add_argument("data", help="name of the data set")
        parser.add_argument("given", type=Path, help="folder made by datasets.py")
        parser.add_argument("out", type=Path, help="where predictions and everything else go")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--threads", type=int, default=1)
        parser.add_argument("--effort", type=float, default=1.0, help="factor on epochs or steps")
        parser.add_argument("--variant", default="", help="what follows the hyphen in the name of the peer")
        parser.add_argument("--program", default="natron", help="the program natron, for fit_natron.py")
        parsed = parser.parse_args()
        self.data, self.seed, self.threads, self.program = parsed.data, parsed.seed, parsed.threads, parsed.program
        self.effort, self.variant = parsed.effort, parsed.variant
        self.given, self.out = parsed.given.resolve(), parsed.out.resolve()
        self.out.mkdir(parents=True, exist_ok=True)
        self.species = list(json.loads((self.given / "data.json").read_text())["isolated_eV"])
        os.chdir(self.out)

    def epochs(self, full):
        """Epochs or steps of this fit, where `full` are those of the whole effort."""
        return max(10, round(full * self.effort))

    def done(self, **said):
        """Leaves `said`, such as the version, for the results."""
        (self.out / "fit.json").write_text(json.dumps(said))
