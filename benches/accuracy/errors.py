"""Errors of predictions, by the definitions of `natron evaluate`.

`python errors.py GIVEN PREDICTED [--kinds a,b]` prints them for two extended XYZ files with the same frames. Force errors
are root-mean-square over components, in per cent of the root-mean-square reference component; energies are per atom,
nothing is fitted; virials are per atom, over nine components.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import extxyz


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("given", type=Path)
    parser.add_argument("predicted", type=Path)
    parser.add_argument("--kinds", default="", help="kinds pooled as `selected`")
    arguments = parser.parse_args()
    kinds = [kind for kind in arguments.kinds.split(",") if kind]
    print(json.dumps(of_files(arguments.given, arguments.predicted, kinds), indent=1))


def of_files(given, predicted, report_kinds=()):
    """`all`, `selected` (frames of the report kinds, or all) and each kind."""
    pairs = list(zip(extxyz.read(given), extxyz.read(predicted), strict=True))
    for reference, frame in pairs:
        if reference.symbols != frame.symbols or np.abs(reference.positions - frame.positions).max() > 1e-4:
            raise SystemExit(f"{predicted} does not hold the frames of {given}")
    kinds = sorted({reference.info["kind"] for reference, _ in pairs})
    of = lambda wanted: of_frames([pair for pair in pairs if pair[0].info["kind"] in wanted])
    return {
        "all": of(kinds),
        "selected": of(report_kinds or kinds),
        "by_kind": {kind: of([kind]) for kind in kinds},
    }


def of_frames(pairs):
    """Errors over pairs of reference and predicted frames."""
    energies = [(p.number("energy") - r.number("energy")) / len(r.symbols) for r, p in pairs]
    virials = [(p.matrix("virial") - r.matrix("virial")).ravel() / len(r.symbols) for r, p in pairs]
    symbols = np.concatenate([r.symbols for r, _ in pairs])
    references = np.concatenate([r.columns["forces"] for r, _ in pairs])
    deviations = np.concatenate([p.columns["forces"] for _, p in pairs]) - references
    species = {s: of_forces(deviations[symbols == s], references[symbols == s]) for s in sorted(set(symbols))}
    return {
        "n_frames": len(pairs),
        "energy_rmse_meV_per_atom": 1e3 * rms(energies),
        "virial_rmse_meV_per_atom": 1e3 * rms(virials),
        **of_forces(deviations, references),
        "by_species": species,
    }


def of_forces(deviations, references):
    return {
        "n_atoms": len(references),
        "force_rmse_meV_per_A": 1e3 * rms(deviations),
        "force_rms_meV_per_A": 1e3 * rms(references),
        "force_error_percent": 100.0 * rms(deviations) / rms(references),
    }


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


if __name__ == "__main__":
    main()
