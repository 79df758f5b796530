"""Power spectra of all atoms of a structure, from dscribe and from quippy's GAP.

The argument is JSON: symbols, cell_A, positions_A, species, cutoff_A, n_max, l_max, sigma_A. Prints {"dscribe": [[...], ...],
"gap": [[...], ...]}, one row for each atom, not normalised.
"""

import json
import sys

from ase import Atoms
from dscribe.descriptors import SOAP
from quippy.descriptors import Descriptor

case = json.loads(sys.argv[1])
atoms = Atoms(case["symbols"], case["positions_A"], cell=case["cell_A"], pbc=True)
soap = SOAP(species=case["species"], r_cut=case["cutoff_A"], n_max=case["n_max"], l_max=case["l_max"],
            sigma=case["sigma_A"], rbf="gto", periodic=True)
numbers = sorted(Atoms(case["species"]).numbers)
listed = " ".join(str(z) for z in numbers)
gap = [None] * len(atoms)
for z in set(atoms.numbers):
    line = (f"soap cutoff={case['cutoff_A']} l_max={case['l_max']} n_max={case['n_max']} atom_sigma={case['sigma_A']} "
            f"cutoff_transition_width=0.5 central_weight=1 normalise=F n_Z=1 Z={{{z}}} "
            f"n_species={len(numbers)} species_Z={{{listed}}}")
    out = Descriptor(line).calc_descriptor(atoms)
    for row, atom in zip(out, [i for i, n in enumerate(atoms.numbers) if n == z]):
        # The last number is a constant of the covariance.
        gap[atom] = row[:-1].tolist()
print(json.dumps({"dscribe": soap.create(atoms).tolist(), "gap": gap}))
