"""Writes reference.bin: what the D3 dispersion model knows of each element and pair of elements.

    pip download --no-deps tad-dftd3==0.7.0 tad-mctc==0.8.0
    python make.py tad_dftd3-0.7.0-py3-none-any.whl tad_mctc-0.8.0-py3-none-any.whl

Both packages are Apache-2.0 (README.md). Their numbers are decimal fractions of at most four digits, so that 32-bit whole
numbers in units of 1e-4 hold them exactly. The file is little-endian 32-bit words:

    elements
    for each element from hydrogen: references, covalent radius (A), <r^4>/<r^2> (bohr^2), coordination number of each reference
    for each element i, each element j <= i, each reference a of i, each reference b of j: C6 (hartree bohr^6)
"""

import ast
import struct
import sys
import zipfile
from pathlib import Path

UNIT = 1e-4
# Places for references of an element in the table of C6.
PLACES = 7


def longest_list(source):
    lists = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.List)]
    return ast.literal_eval(max(lists, key=lambda node: len(node.elts)))


def named_list(source, name):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == name:
            return ast.literal_eval(node.value)
    raise SystemExit(f"no list {name}")


def whole(value):
    units = round(value / UNIT)
    if abs(units * UNIT - value) > 1e-9 or not 0 <= units < 2**32:
        raise SystemExit(f"{value} is no multiple of {UNIT}")
    return units


def main(dftd3, mctc):
    dftd3, mctc = zipfile.ZipFile(dftd3), zipfile.ZipFile(mctc)
    numbers = [[cn for cn in row if cn >= 0] for row in longest_list(dftd3.read("tad_dftd3/reference.py"))]
    moments = longest_list(dftd3.read("tad_dftd3/data/r4r2.py"))
    radii = named_list(mctc.read("tad_mctc/data/radii.py"), "_COV_2009")
    with zipfile.ZipFile(dftd3.open("tad_dftd3/reference-c6.pt")) as tensor:
        bytes_of_c6 = tensor.read("archive/data/0")
    size = len(numbers)
    if len(bytes_of_c6) != 8 * size**2 * PLACES**2:
        raise SystemExit("the table of C6 has another shape")

    def c6(i, j, a, b):
        return struct.unpack_from("<d", bytes_of_c6, 8 * (((i * size + j) * PLACES + a) * PLACES + b))[0]

    words = [size - 1]
    for z in range(1, size):
        words += [len(numbers[z])] + [whole(x) for x in (radii[z], moments[z], *numbers[z])]
    for i in range(1, size):
        for j in range(1, i + 1):
            for a in range(len(numbers[i])):
                words += [whole(c6(i, j, a, b)) for b in range(len(numbers[j]))]
    path = Path(__file__).with_name("reference.bin")
    path.write_bytes(struct.pack(f"<{len(words)}I", *words))
    print(f"{path.name}: {size - 1} elements, {4 * len(words)} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
