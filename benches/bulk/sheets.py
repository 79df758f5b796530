"""Sodium on graphene and between its layers: adsorption energies and barriers of natron against labelled frames.

Single points of natron on exactly the labelled frames, and the barrier of its own relaxed band (`natron neb`) between neighbouring
hollow sites. A frame that is not labelled leaves its row out.
"""

import tempfile
from pathlib import Path

import numpy as np

import labels
from labels import extxyz

CELLS = {
    "graphene-3x3": "graphene, 3x3",
    "gallery-aa-4.6": "AA layers 4.6 A apart, 3x3",
    "graphene-hop-1": "graphene, 5x5, mean-value k-point",
}
EDGE_A, SAME_A = 2.46, 0.01


def offsets(frame):
    """Of sodium: height above the plane of the carbons, distance from the nearest of them in the plane, A."""
    apart = labels.shortest(frame, of_sodium(frame) - labels.of(frame, "C"))
    return abs(apart[:, 2].mean()), np.hypot(*apart[:, :2].T).min()


def of_sodium(frame):
    (position,) = labels.of(frame, "Na")
    return position


def around(frame):
    """Sorted distances of the carbons from sodium: the same for the same structure wherever its cell begins."""
    apart = labels.shortest(frame, of_sodium(frame) - labels.of(frame, "C"))
    return np.sort(np.linalg.norm(apart, axis=1))


def site(lateral):
    for name, place in {"top": 0.0, "bridge": 0.711, "hollow": 1.422}.items():
        if abs(lateral - place) < 0.03:
            return name
    return "saddle of the band"


def band(program, hollow):
    """Images and barrier of natron's band from a hollow site to the next, the start being a labelled frame."""
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        for name, shift in {"start": 0.0, "end": 1.0 / round(np.linalg.norm(hollow.cell[0]) / EDGE_A)}.items():
            positions = hollow.positions.copy()
            positions[hollow.symbols.index("Na")] += shift * hollow.cell[0]
            forces = {"forces": np.zeros_like(positions)}
            extxyz.write(scratch / f"{name}.extxyz", [extxyz.Frame(hollow.symbols, positions, hollow.cell, {"pbc": "T T T"}, forces)])
        deck = scratch / "hop.toml"
        deck.write_text(
            'format = 1\n[path]\nstart = "start.extxyz"\nend = "end.extxyz"\nimages = 7\n'
            '[band]\nforce_max_eV_per_A = 0.02\n[potential]\nname = "nac"\n'
        )
        found = labels.natron(program, "neb", deck)
        return extxyz.read(scratch / "hop" / "path.extxyz"), found


def main():
    options = labels.options(__doc__.splitlines()[0]).parse_args()
    frames = labels.labelled(options.natron, options.labels)
    atom = labels.isolated_sodium(frames)
    adsorption, barriers = [], []
    for host, name in CELLS.items():
        clean = next((f for f in frames if f.info["host"] == host and "Na" not in f.symbols), None)
        filled = [f for f in frames if f.info["host"] == host and "Na" in f.symbols]
        for frame in sorted(filled, key=lambda f: -offsets(f)[1]) if clean else []:
            height, lateral = offsets(frame)
            dft, ours = labels.energies(frame) - labels.energies(clean) - atom
            place = f"{site(lateral)}{'' if rigid(frame) else ', carbons relaxed by natron'}"
            adsorption.append([name, place, f"{height:.2f}", f"{dft:.3f}", f"{ours:.3f}", f"{1e3 * (ours - dft):+.0f}"])
        barriers += rows_of_barriers(options.natron, name, filled)
    print(f"Adsorption energies against the same carbons empty and a sodium atom alone ({atom[0]:.4f} eV), eV; difference in meV\n")
    labels.table(["cell", "site", "height, A", "DFT", "nac", "difference"], adsorption)
    print("Barriers, eV\n")
    labels.table(["cell", "from hollow to", "DFT", "nac", "difference, meV"], barriers)


def rigid(frame):
    """Whether all bonds are those of the clean sheet, of one length."""
    carbon = labels.of(frame, "C")
    apart = np.linalg.norm(labels.shortest(frame, carbon[:, None] - carbon), axis=2)
    return np.ptp(np.sort(apart, axis=1)[:, 1:4]) < 1e-3


def rows_of_barriers(program, name, filled):
    rows = []
    sites = {site(offsets(f)[1]): f for f in [f for f in filled if rigid(f)] or filled}
    if "hollow" not in sites:
        return rows
    for place in ("bridge", "top"):
        if place in sites:
            rows.append(barrier(name, f"{place}, labelled frames", sites["hollow"], sites[place]))
    images, found = band(program, sites["hollow"])
    saddle = images[found["saddle_image"]]
    ends = [next((f for f in filled if np.abs(around(f) - around(image)).max() < SAME_A), None) for image in (images[0], saddle)]
    if None not in ends:
        rows.append(barrier(name, f"natron's saddle, labelled frames within {SAME_A} A of its band", *ends))
    rows.append([name, "natron's saddle, its own band", "", f"{found['barrier_forward_eV']:.3f}", ""])
    return rows


def barrier(name, what, low, high):
    dft, ours = labels.energies(high) - labels.energies(low)
    return [name, what, f"{dft:.3f}", f"{ours:.3f}", f"{1e3 * (ours - dft):+.0f}"]


if __name__ == "__main__":
    main()
