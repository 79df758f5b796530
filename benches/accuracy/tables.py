"""Markdown tables of results.jsonl."""

# These always make the whole fit.
WITHOUT_EFFORT = ("natron", "natron-taught", "natron-distilled", "gap")
COLUMNS = ["program", "train", "seed", "effort", "energy, meV/atom", "force, meV/A", "%", "Na, meV/A", "%", "virial, meV/atom", "processor, min"]


def markdown(notes):
    """A table for each data set and fraction of the training frames; the newest note of each fit counts, and of each data set
    those of its newest frames."""
    current = {note["data"]: note["sha256"] for note in notes}
    newest = {}
    for note in (note for note in notes if note["sha256"] == current[note["data"]]):
        newest[(note["data"], note["fraction"], note["peer"], note["seed"])] = note
    parts = []
    for data, fraction in sorted({key[:2] for key in newest}, key=lambda key: (key[0], -key[1])):
        chosen = [note for key, note in newest.items() if key[:2] == (data, fraction)]
        parts.append(f"### {data}, {100 * fraction:.0f} % of the training frames\n\n" + table(chosen))
    return "\n\n".join([*parts, *curves(newest.values())])


def curves(notes):
    """Force errors against the share of training frames, for each data set with more than one; means over seeds."""
    done = [note for note in notes if note["status"] == "done"]
    for data in sorted({note["data"] for note in done}):
        shares = sorted({note["fraction"] for note in done if note["data"] == data})
        if len(shares) < 2:
            continue
        lines = [row(["program", *(f"{100 * share:.0f} %" for share in shares)]), row(["---"] * (len(shares) + 1))]
        for peer in sorted({note["peer"] for note in done if note["data"] == data}):
            of = [[n["test"]["selected"] for n in done if (n["data"], n["peer"], n["fraction"]) == (data, peer, share)] for share in shares]
            if sum(map(bool, of)) > 1:
                lines.append(row([peer, *(mean_force(errors) for errors in of)]))
        yield f"### {data}, force error by share of the training frames, %\n\n" + "\n".join(lines)


def mean_force(errors):
    values = [e["force_error_percent"] for e in errors]
    return f"{sum(values) / len(values):.1f}" if values else "-"


def table(notes):
    ion = {"nac": "Na", "liquid_na": "Na", "li_graphene": "Li"}[notes[0]["data"]]
    lines = [row([column.replace("Na", ion) for column in COLUMNS]), row(["---"] * len(COLUMNS))]
    failed = [note for note in notes if note["status"] != "done"]
    done = [note for note in notes if note["status"] == "done"]
    for note in sorted(done, key=lambda note: note["test"]["selected"]["force_rmse_meV_per_A"]):
        lines.append(row(cells(note, ion)))
    for note in failed:
        lines.append(row([note["peer"], note["frames"]["train"], note["seed"], effort(note), note["status"]] + ["-"] * 5 + [f"{note['cpu_s'] / 60:.1f}"]))
    return "\n".join(lines)


def cells(note, ion):
    errors = note["test"]["selected"]
    on_ion = errors["by_species"][ion]
    return [
        f"{note['peer']} {note['version']}",
        note["frames"]["train"],
        note["seed"],
        effort(note),
        f"{errors['energy_rmse_meV_per_atom']:.1f}",
        f"{errors['force_rmse_meV_per_A']:.0f} of {errors['force_rms_meV_per_A']:.0f}",
        f"{errors['force_error_percent']:.1f}",
        f"{on_ion['force_rmse_meV_per_A']:.0f} of {on_ion['force_rms_meV_per_A']:.0f}",
        f"{on_ion['force_error_percent']:.1f}",
        f"{errors['virial_rmse_meV_per_atom']:.0f}",
        f"{note['cpu_s'] / 60:.1f}",
    ]


def effort(note):
    """The share of its epochs or steps."""
    return 1 if note["peer"] in WITHOUT_EFFORT else note["effort"]


def row(values):
    return "| " + " | ".join(map(str, values)) + " |"
