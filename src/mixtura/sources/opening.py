"""Opening: the source that whatever people have becomes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..model.parameters import Array
from .array import ArraySource
from .base import Source
from .checks import check_rows, check_weights
from .compressed import CompressedSource

COMPRESSED_FROM = 50_000  # values, from which on making some 8,000 nodes of them costs less than it saves


def open_source(
    x: ArrayLike | Source,
    sample_weight: ArrayLike | None = None,
    *,
    n_threads: int | None = None,
    compress: bool | str = "auto",
) -> Source:
    """Return the source that a fit reads: an array's, compressed in one dimension where that pays.

    Parameters
    ----------
    x : array_like of shape (n, d) or (n,), or a source
    sample_weight : array_like of shape (n,), optional
    n_threads : int, optional
        Threads for a pass; every core by default.
    compress : bool or "auto"
        Whether one dimension is fitted from a compressed copy; "auto" does so when it pays.

    Raises
    ------
    ValueError
        If the rows, the weights or ``compress`` cannot be used.
    """
    if compress not in (True, False, "auto"):
        raise ValueError(f"compress is {compress!r}; use True, False or 'auto'")
    if isinstance(x, Source):
        source = x
        if sample_weight is not None:
            raise ValueError("a source has weights of its own; give sample_weight when making it")
    else:
        source = ArraySource(x, sample_weight, n_threads=n_threads)
    pays = source.n_features == 1 and source.n_rows >= COMPRESSED_FROM
    if isinstance(source, ArraySource) and (compress is True or (compress == "auto" and pays)):
        return CompressedSource(source)
    return source


def given_rows(
    x: ArrayLike | Source, sample_weight: ArrayLike | None = None
) -> tuple[np.ndarray[Any, Any], Array | None]:
    """Return the rows (n, d) that people have, and weights (n,) if any, those of weight zero included.

    A source has left such rows out already.
    """
    if isinstance(x, Source):
        return x.rows(x.n_rows, np.random.default_rng(0))
    rows = check_rows(x)
    return rows, check_weights(sample_weight, len(rows))
