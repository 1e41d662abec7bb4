"""Dataset: rows with the names of their columns, what is known of them, and where they come from."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from ..model.parameters import Array


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Hold a data set; its arrays are read-only.

    ``labels`` are known classes, one for each row (or, of the alphas, for each cell), or None. They are there
    to compare a clustering with, and no measurement.
    """

    data: Array  # (n, d)
    feature_names: tuple[str, ...]  # d names
    labels: np.ndarray[Any, Any] | None  # (n,)
    about: str

    def __post_init__(self) -> None:
        for array in (self.data, self.labels):
            if array is not None:
                array.setflags(write=False)

    def __repr__(self) -> str:
        n, d = self.data.shape
        return f"<Dataset of {n} rows x {d} columns: {self.about}>"


def read_packaged(name: str, about: str) -> Dataset:
    """Read the package's CSV file of this name; its column ``label``, if there is one, becomes the labels."""
    text = (files(__package__) / "csv" / f"{name}.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines())
    measured = [i for i, column in enumerate(header) if column != "label"]
    data = np.array([[float(row[i]) for i in measured] for row in rows])
    labels = np.array([row[header.index("label")] for row in rows]) if "label" in header else None
    return Dataset(data, tuple(header[i] for i in measured), labels, about)
