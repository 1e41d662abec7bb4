"""Arrays and frames: whatever NumPy can take for numbers."""

from __future__ import annotations

from typing import Any

from .array import ArraySource
from .asked import Asked
from .base import Source


def opened(x: Any, asked: Asked) -> Source:
    """Return the source of an array or a frame, of some of its columns where these are named."""
    weights = asked.sample_weight
    if asked.where is not None:
        raise ValueError("where is for files and queries; choose rows of an array or a frame yourself")
    if asked.selects:
        if not hasattr(x, "columns"):
            raise ValueError("columns and weights are chosen by name, and an array's have none; use a frame")
        names = [str(name) for name in x.columns]
        taken = asked.chosen(names)
        if asked.weights is not None:
            weights = x[asked.weights]
        x = x[taken]
    return ArraySource(x, weights, n_threads=asked.n_threads)
