"""PBE with GPAW for one frame: label.py INPUT.extxyz OUTPUT.extxyz. The protocol is that of potentials/nac, without D3."""

import sys

from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write
from gpaw import GPAW, PW, FermiDirac

frame = read(sys.argv[1])
frame.calc = GPAW(
    mode=PW(500),
    xc="PBE",
    kpts=[(0.25, 0.25, 0.25)],
    occupations=FermiDirac(0.1),
    convergence={"density": 2e-4, "eigenstates": 1e-6},
    symmetry={"point_group": False},
    txt="gpaw.log",
)
labels = SinglePointCalculator(
    frame,
    energy=frame.get_potential_energy(),
    free_energy=frame.get_potential_energy(force_consistent=True),
    forces=frame.get_forces(),
    stress=frame.get_stress(),
)
frame.calc = labels
frame.info["free_energy"] = labels.results["free_energy"]
write(sys.argv[2], frame, format="extxyz")
