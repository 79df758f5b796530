"""The energy of sodium metal, and what it costs to put sodium into a host that does not move, against labelled frames.

Energies per sodium atom of E(Na_x C) - E(C) - x mu, mu being the energy of an atom of the body-centred metal: DFT's from an equation
of state through its labelled frames, natron's from a crystal that it relaxes.
"""

import tempfile
from pathlib import Path

import numpy as np

import labels
from labels import extxyz

BAR_METAL_MEV, BAR_PAIRS_MEV, LEAST_X = 15, 50, 10
CELLS = 3


def lowest(frames):
    """Lowest energy per atom, eV, and edge, A, of a third-order Birch-Murnaghan curve through frames of a cube of two atoms."""
    edges = np.array([np.linalg.norm(frame.cell[0]) for frame in frames])
    curve = np.polynomial.Polynomial.fit(edges**-2.0, [labels.energies(frame)[0] / 2 for frame in frames], 3)
    rest = next(r.real for r in curve.deriv().roots() if abs(r.imag) < 1e-9 and curve.deriv(2)(r.real) > 0)
    return curve(rest), rest**-0.5


def relaxed(program, edge):
    """The same of natron's crystal of 54 atoms, relaxed from a cube of the given edge, A."""
    cube = edge * (np.array(list(np.ndindex((CELLS,) * 3)))[:, None] + np.array([[0, 0, 0], [0.5, 0.5, 0.5]])).reshape(-1, 3)
    crystal = extxyz.Frame(["Na"] * len(cube), cube, CELLS * edge * np.eye(3), {"pbc": "T T T"}, {"forces": np.zeros_like(cube)})
    with tempfile.TemporaryDirectory() as scratch:
        deck = Path(scratch) / "metal.toml"
        extxyz.write(deck.with_name("metal.extxyz"), [crystal])
        deck.write_text(
            'format = 1\nseed = 1\n[system]\nstructure = "metal.extxyz"\n[potential]\nname = "nac"\n[[stage]]\nname = "relax"\n'
            'kind = "minimise"\nforce_max_eV_per_A = 0.001\ncell = "isotropic"\nstress_max_GPa = 0.001\n'
        )
        (stage,) = labels.natron(program, "md", deck)["stages"]
    return stage["potential_energy_eV"] / len(cube), np.cbrt(stage["volume_A3"]) / CELLS


def insertion(host, filled, mu):
    """Energy per sodium atom, eV: DFT's, natron's."""
    return (labels.energies(filled) - labels.energies(host)) / filled.symbols.count("Na") - mu


def main():
    options = labels.options(__doc__.splitlines()[0]).parse_args()
    frames = labels.labelled(options.natron, options.labels)
    (dft, dft_edge), (ours, edge) = lowest([f for f in frames if f.info["kind"] == "ref_na_bcc"]), relaxed(options.natron, 4.2)
    print(f"mu of sodium, eV (bar: {BAR_METAL_MEV} meV)\n")
    labels.table(
        ["", "DFT", "nac", "difference, meV"],
        [["mu", f"{dft:.5f}", f"{ours:.5f}", f"{1e3 * (ours - dft):+.2f}"], ["edge, A", f"{dft_edge:.3f}", f"{edge:.3f}", ""]],
    )
    mu, rows, errors = np.array([dft, ours]), [], {}
    for host, filled in labels.pairs(frames):
        x = 200 * filled.symbols.count("Na") / filled.symbols.count("C")
        at_dft, by_us = insertion(host, filled, mu)
        kind = host.info["kind"]
        if x >= LEAST_X:
            errors.setdefault(kind, []).append(1e3 * (by_us - at_dft))
        tags = f"{host.info['tag']}, {filled.info['tag']}"
        numbers = [f"{x:.1f}", f"{at_dft:.3f}", f"{by_us:.3f}", f"{1e3 * (by_us - at_dft):+.0f}"]
        rows.append([kind, tags, filled.info["split"], *numbers])
    print("Insertion energies, eV per Na; x for 200 C; difference in meV per Na\n")
    labels.table(["kind", "empty, filled", "split", "x", "DFT", "nac", "difference"], sorted(rows))
    for kind, found in errors.items():
        rmse = np.sqrt(np.mean(np.square(found)))
        print(f"{kind}, x >= {LEAST_X}: {len(found)} pairs, RMSE {rmse:.0f}, mean {np.mean(found):+.0f} meV per Na (bar: {BAR_PAIRS_MEV})")


if __name__ == "__main__":
    main()
