"""Extended XYZ, read and written without losing a digit."""

import re
from dataclasses import dataclass, field

import numpy as np

TOKEN = re.compile(r'(\w+)=("[^"]*"|\S+)')


@dataclass
class Frame:
    """A structure; `info` holds the header's values as text, `columns` numbers per atom."""

    symbols: list
    positions: np.ndarray
    cell: np.ndarray
    info: dict = field(default_factory=dict)
    columns: dict = field(default_factory=dict)

    def number(self, key):
        return float(self.info[key])

    def matrix(self, key):
        return np.array(self.info[key].split(), dtype=float).reshape(3, 3)


def read(path):
    """Frames of a file."""
    return parse(path.read_text())


def head(text, count):
    """The part of a file's text that holds its first `count` frames; all of it where `count` is None."""
    lines, at = text.splitlines(keepends=True), 0
    for _ in range(count or 0):
        if at >= len(lines):
            raise SystemExit(f"{count} frames are wanted where there are fewer")
        at += int(lines[at]) + 2
    return text if count is None else "".join(lines[:at])


def whole(text):
    """Frames of a text whose last one may have been left half-written."""
    lines, at = [line for line in text.splitlines(keepends=True) if line.endswith("\n")], 0
    while at < len(lines) and at + int(lines[at]) + 2 <= len(lines):
        at += int(lines[at]) + 2
    return parse("".join(lines[:at]))


def parse(text):
    """Frames of a file's text."""
    lines = text.splitlines()
    frames, at = [], 0
    while at < len(lines) and lines[at].strip():
        count = int(lines[at])
        frames.append(_frame(lines[at + 1], lines[at + 2 : at + 2 + count]))
        at += count + 2
    return frames


def _frame(header, rows):
    info = {key: value.strip('"') for key, value in TOKEN.findall(header)}
    cell = np.array(info.pop("Lattice").split(), dtype=float).reshape(3, 3)
    parts = info.pop("Properties").split(":")
    info.setdefault("pbc", "T T T")
    columns, symbols, at = {}, None, 0
    table = [row.split() for row in rows]
    for name, kind, width in zip(parts[::3], parts[1::3], map(int, parts[2::3])):
        if kind == "S":
            symbols = [row[at] for row in table]
        elif kind == "R":
            columns[name] = np.array([row[at : at + width] for row in table], dtype=float)
        at += width
    return Frame(symbols, columns.pop("pos"), cell, info, columns)


def write(path, frames, mode="w"):
    """Frames with positions, forces and everything in `info`; mode "a" adds them to a file."""
    with open(path, mode) as out:
        for frame in frames:
            lattice = " ".join(map(repr, frame.cell.ravel().tolist()))
            info = " ".join(f'{key}="{value}"' if " " in value else f"{key}={value}" for key, value in frame.info.items())
            out.write(f"{len(frame.symbols)}\n")
            out.write(f'Lattice="{lattice}" Properties=species:S:1:pos:R:3:forces:R:3 {info}\n')
            for symbol, row in zip(frame.symbols, np.hstack([frame.positions, frame.columns["forces"]]).tolist()):
                out.write(f"{symbol} {' '.join(map(repr, row))}\n")


def text(matrix):
    """Nine numbers as a header value."""
    return " ".join(map(repr, np.asarray(matrix, dtype=float).ravel().tolist()))
