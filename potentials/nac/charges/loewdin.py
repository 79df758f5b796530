"""Loewdin charges of frames, what the charge head of nac is fitted to.

usage: loewdin.py OUT.extxyz FRAMES.extxyz... [--kind KIND] [--tag TAG] [--spacing A] [--density E]
(with a Python that has GPAW and ASE; OMP_NUM_THREADS=1)

PBE in GPAW with double-zeta polarised bases of localised orbitals: its own for carbon, and for sodium one from the same generator whose
orbitals end at 8 bohr instead of 16, so that they do not span the atoms around. Occupation, spin and k-points as in the labels of
energies and forces: Fermi-Dirac width 0.1 eV, no spin, the mean-value point (1/4, 1/4, 1/4). Only disordered frames are taken: those
whose header names no `kpts`. The charge of atom a is

    q_a = Z_a - sum_k w_k sum_{mu on a} (S_k^(1/2) rho_k S_k^(1/2))_{mu mu}

(P.-O. Loewdin, J. Chem. Phys. 18, 365 (1950), 10.1063/1.1747632), Z_a its valence electrons. Charges of a neutral cell add up to
zero: a frame that breaks this by more than 0.001 e is refused, the rest is spread over its atoms. Each frame of OUT has its atoms,
`charges` (e), kind, host, tag and split. Tags that OUT holds already are skipped, so an interrupted run goes on.
"""

import argparse
import io
import sys
import time
from pathlib import Path

import numpy as np
from ase.io import read, write
from gpaw import GPAW, FermiDirac, KohnShamConvergenceError, Mixer
from gpaw.atom.basis import BasisMaker

KEPT = ("kind", "host", "tag", "split")
SPLITS = ("test", "valid", "train")
MOST_UNBALANCED_E = 1e-3
SODIUM_ENDS_BOHR = 8.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("frames", type=Path, nargs="+")
    parser.add_argument("--kind", action="append", help="only frames of these kinds")
    parser.add_argument("--tag", action="append", help="only frames with these tags")
    parser.add_argument("--spacing", type=float, default=0.3, help="of the grid, A")
    parser.add_argument("--sodium", type=float, default=SODIUM_ENDS_BOHR, help="where the orbitals of sodium end, bohr; 0: GPAW's own basis")
    parser.add_argument("--density", type=float, default=1e-3, help="change at which the density counts as converged, e per valence electron")
    arguments = parser.parse_args()
    bases = bases_of(arguments)
    frames = chosen([frame for file in arguments.frames for frame in read(file, ":")], arguments)
    for number, frame in enumerate(frames):
        known = {frame.info["tag"] for frame in read(arguments.out, ":")} if arguments.out.exists() else set()
        if frame.info["tag"] in known:
            continue
        start = time.process_time()
        try:
            labelled = with_charges(frame, arguments, bases)
        except KohnShamConvergenceError:
            print(frame.info["tag"], "did not converge", file=sys.stderr, flush=True)
            continue
        append(arguments.out, labelled)
        print(f"{number + 1} of {len(frames)}", frame.info["tag"], f"{time.process_time() - start:.0f} s", means(labelled), flush=True)


def chosen(frames, arguments):
    """Disordered frames of the wanted kinds and tags, so ordered that a run cut short has seen all splits and fillings alike."""
    frames = [frame for frame in frames if "kpts" not in frame.info and len(frame) > 1]
    for key, wanted in (("kind", arguments.kind), ("tag", arguments.tag)):
        frames = [frame for frame in frames if not wanted or frame.info[key] in wanted]
    placed = []
    for split in SPLITS:
        some = sorted((frame for frame in frames if frame.info["split"] == split), key=filling)
        # Every eighth, then every eighth from the next on, as far into the run as into the split.
        turns = [frame for start in range(8) for frame in some[start::8]]
        placed += [((number + 0.5) / len(turns), frame.info["tag"], frame) for number, frame in enumerate(turns)]
    return [frame for *_, frame in sorted(placed, key=lambda entry: entry[:2])]


def filling(frame):
    return float(np.mean(np.array(frame.get_chemical_symbols()) == "Na"))


def bases_of(arguments):
    """The basis of each element."""
    if arguments.sodium == 0.0:
        return {"C": "dzp", "Na": "dzp"}
    maker = BasisMaker("Na", xc="PBE", run=True, gtxt=None)
    return {"C": "dzp", "Na": maker.generate(2, 1, rcutmax=arguments.sodium, txt=None)}


def with_charges(frame, arguments, bases):
    """The frame with its charges and nothing else that was calculated."""
    out = frame.copy()
    out.info = {key: frame.info[key] for key in KEPT}
    for name in set(out.arrays) - {"numbers", "positions"}:
        del out.arrays[name]
    calculator = GPAW(
        mode="lcao",
        basis=bases,
        h=arguments.spacing,
        xc="PBE",
        kpts=[(0.25, 0.25, 0.25)],
        occupations=FermiDirac(0.1),
        mixer=Mixer(0.25, 7, 50.0),
        symmetry="off",
        convergence={"density": arguments.density, "energy": 1e-3, "eigenstates": 1e30},
        maxiter=200,
        txt=f"{arguments.out}.log",
    )
    work = out.copy()
    work.calc = calculator
    work.get_potential_energy()
    charges = loewdin(calculator)
    if abs(charges.sum()) > MOST_UNBALANCED_E:
        sys.exit(f"{frame.info['tag']}: charges add up to {charges.sum():.4f} e")
    out.arrays["charges"] = charges - charges.mean()
    return out


def loewdin(calculator):
    """Charges of the atoms, e."""
    wfs = calculator.wfs
    sizes = [setup.nao for setup in wfs.setups]
    owner = np.repeat(np.arange(len(sizes)), sizes)
    charges = np.array([setup.Nv for setup in wfs.setups], dtype=float)
    for kpt in wfs.kpt_u:
        values, vectors = np.linalg.eigh(kpt.S_MM)
        root = (vectors * np.sqrt(values)) @ vectors.conj().T
        # Orbitals in the orthogonalised basis; GPAW's rows of coefficients are normalised by the conjugate of S, whose root is
        # root.T. Occupations carry the weight of the k-point.
        orbitals = kpt.C_nM @ root
        populations = (kpt.f_n[:, None] * abs(orbitals) ** 2).sum(axis=0)
        charges -= np.bincount(owner, weights=populations, minlength=len(sizes))
    return charges


def append(out, frame):
    text = io.StringIO()
    write(text, frame, format="extxyz")
    # ASE calls the column `charge` and takes it for a charge to start from when it reads it.
    with out.open("a") as file:
        file.write(text.getvalue().replace(":charge:R:1", ":charges:R:1", 1))


def means(frame):
    """Mean charge of each element, e."""
    symbols = np.array(frame.get_chemical_symbols())
    return {symbol: round(float(frame.arrays["charges"][symbols == symbol].mean()), 3) for symbol in sorted(set(symbols))}


if __name__ == "__main__":
    main()
