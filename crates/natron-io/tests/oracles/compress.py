"""Compresses the positions of an H5MD file as its name says: `lzf`, a filter that h5py brings along, or `twice`."""

import json
import pathlib
import sys

import h5py

with h5py.File(sys.argv[1], "a") as file:
    group = file["particles/all/position"]
    value, unit = group["value"][()], group["value"].attrs["unit"]
    del group["value"]
    if pathlib.Path(sys.argv[1]).name == "lzf":
        group.create_dataset("value", data=value, compression="lzf")
    else:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk(value.shape)
        plan.set_deflate(9)
        plan.set_deflate(9)
        space = h5py.h5s.create_simple(value.shape)
        h5py.h5d.create(group.id, b"value", h5py.h5t.NATIVE_DOUBLE, space, plan).write(h5py.h5s.ALL, h5py.h5s.ALL, value)
    group["value"].attrs["unit"] = unit
json.dump(True, sys.stdout)
