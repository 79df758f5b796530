"""Prints what h5py finds in an H5MD file as JSON."""

import json
import math
import sys

import h5py


def plain(dataset):
    def known(value):
        if isinstance(value, list):
            return [known(v) for v in value]
        return None if isinstance(value, float) and math.isnan(value) else value

    return known(dataset[()].tolist())


def element(group):
    return {name: plain(group[name]) for name in ("step", "time", "value")}


with h5py.File(sys.argv[1], "r") as file:
    group = file["particles/all"]
    value = group["position/value"]
    plan = value.id.get_create_plist()
    names = {h5py.h5z.FILTER_SHUFFLE: "shuffle", h5py.h5z.FILTER_DEFLATE: "deflate"}
    with_units = [f"{e}/{n}" for e in ("position", "velocity", "box/edges") for n in ("value", "time")]
    json.dump({
        "version": file["h5md"].attrs["version"].tolist(),
        "author": file["h5md/author"].attrs["name"],
        "creator": [file["h5md/creator"].attrs[name] for name in ("name", "version")],
        "groups": list(file["particles"]),
        "species": plain(group["species"]), "mass": plain(group["mass"]),
        "dimension": int(group["box"].attrs["dimension"]),
        "boundary": list(group["box"].attrs["boundary"]),
        "filters": [names[plan.get_filter(k)[0]] for k in range(plan.get_nfilters())],
        "units": {name: group[name].attrs["unit"] for name in with_units},
        "position": element(group["position"]), "velocity": element(group["velocity"]),
        "edges": element(group["box/edges"]),
        **{name: element(group) for name, group in file["observables"].items()},
    }, sys.stdout)
