"""Prints what h5py finds in the particle groups of an H5MD file as JSON."""

import json
import sys

import h5py

with h5py.File(sys.argv[1], "r") as file:
    found = {"names": list(file["particles"])}
    for name, group in file["particles"].items():
        force = group.get("force")
        found[name] = {
            "id": group["id"][()].tolist() if "id" in group else None,
            "type": str(group["position/value"].dtype),
            "step": group["position/step"][()].tolist(),
            "boundary": list(group["box"].attrs["boundary"]),
            "force": force and {"unit": force["value"].attrs["unit"], "value": force["value"][()].tolist()},
        }
    json.dump(found, sys.stdout)
