"""Arrays and frames: whatever NumPy can take for numbers, in memory or mapped there from a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .array import ArraySource
from .asked import Asked
from .base import Source
from .checks import check_weights
from .mapped import Mapped
from .stream import StreamSource


def opened(x: Any, asked: Asked) -> Source:
    """Return the source of an array or a frame, of some of its columns where these are named.

    A memory map is not copied: it is read in place where it fits into the memory that is allowed, and a part
    at a time where it does not.
    """
    weights = asked.sample_weight
    if asked.where is not None:
        raise ValueError("where is for files and queries; choose rows of an array or a frame yourself")
    if isinstance(x, np.memmap) and x.ndim in (1, 2) and x.nbytes > asked.memory:
        asked = replace(asked, sample_weight=check_weights(weights, len(x)))
        mapped = Mapped([x], asked, "the memory map")
        return StreamSource(mapped, asked.memory, n_threads=asked.n_threads, told=asked.told)
    if asked.selects:
        if not hasattr(x, "columns"):
            raise ValueError("columns and weights are chosen by name, and an array's have none; use a frame")
        names = [str(name) for name in x.columns]
        taken = asked.chosen(names)
        if asked.weights is not None:
            weights = x[asked.weights]
        x = x[taken]
    return ArraySource(x, weights, n_threads=asked.n_threads)
