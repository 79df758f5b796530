"""Predictions of an ASE calculator, as every fit_*.py but natron's writes them."""

from ase import Atoms

import extxyz


def write(calculator, given, out):
    """OUT/valid.extxyz and OUT/test.extxyz: the frames of the input with predicted energy (eV), forces and virial."""
    for split in ("valid", "test"):
        frames = extxyz.read(given / f"{split}.extxyz")
        for frame in frames:
            atoms = Atoms(frame.symbols, frame.positions, cell=frame.cell, pbc=True, calculator=calculator)
            virial = -atoms.get_stress(voigt=False) * atoms.get_volume()
            frame.info |= {"energy": repr(float(atoms.get_potential_energy())), "virial": extxyz.text(virial)}
            frame.columns["forces"] = atoms.get_forces()
        extxyz.write(out / f"{split}.extxyz", frames)
