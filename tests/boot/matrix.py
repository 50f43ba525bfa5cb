# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads tests/matrix.toml; knows how long to wait on a busy machine."""

import os
import pathlib
import tomllib
import types

FILE = pathlib.Path(__file__).resolve().parents[1] / "matrix.toml"


def _rows():
    matrix = tomllib.loads(FILE.read_text())
    unknown = {key for row in matrix["boot"].values() for key in row}
    unknown -= matrix["defaults"].keys() | {"cpu", "iommu"}
    if unknown:
        raise ValueError(f"{FILE}: unknown keys {sorted(unknown)}")
    for name, row in matrix["boot"].items():
        row = {"name": name, "cpu": "", "iommu": "", **matrix["defaults"], **row}
        row["tests"] = matrix["tests"].get(row["tests"], row["tests"])
        yield types.SimpleNamespace(**row)


BOOTS = tuple(_rows())


def patience(seconds):
    """How long to wait for what takes `seconds` on an idle machine.

    A laden machine gets more, by its load; HOSPES_PATIENCE multiplies."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    factor = float(os.environ.get("HOSPES_PATIENCE", "1"))
    return seconds * factor * min(max(1.0, load), 4.0)
