"""The native core as Python calls it: the functions of the NumPy twin, same arguments, same results."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from . import _native
from ._native import gauss_nodes, sum_cells
from .native_chart import Chart
from .twin import Array, NotPositiveDefinite

__all__ = ["Chart", "densities", "describe", "engine", "gauss_nodes", "moments", "sum_cells", "use_engine"]


def use_engine(name: str) -> str:
    """Select the build for an instruction set, "avx512", "avx2" or "baseline"; return the one before."""
    before = engine()
    if not _native.use_engine(name):
        raise ValueError(f"engine {name!r} is unknown or does not run on this machine; in use is {before!r}")
    return before


def engine() -> str:
    """Return the name of the engine in use; the environment variable MIXTURA_ENGINE selects it at import."""
    return _native.engine()


if "MIXTURA_ENGINE" in os.environ:
    use_engine(os.environ["MIXTURA_ENGINE"])


def _contiguous(a: Array) -> Array:
    return np.ascontiguousarray(a, dtype=np.float64)


def moments(
    x: Array,
    sample_weight: Array | None,
    weights: Array,
    means: Array,
    spreads: Array,
    form: str,
    n_threads: int = 1,
) -> tuple[Array, Array, Array, Array]:
    """Make one pass: return counts (m, k), sums (m, k, d), scatters (m, by form) and log-likelihoods (m,).

    Of a single mixture, without the axis m, moments come back without it too.
    """
    counts, sums = np.empty(weights.shape), np.empty(means.shape)
    scatters, loglik = np.empty(spreads.shape), np.empty(weights.shape[:-1])
    if weights.ndim == 1:
        weights = weights[None]
    # arrays that are not contiguous are copied on the way in
    mixture, component = _native.moments(
        x, sample_weight, weights, means, spreads, form, n_threads, counts, sums, scatters, loglik
    )
    if component >= 0:
        raise NotPositiveDefinite(mixture, component)
    return counts, sums, scatters, loglik


def densities(
    x: Array, weights: Array, means: Array, spreads: Array, form: str, want: str, n_threads: int = 1
) -> Array:
    """Evaluate one mixture (k, d) at every row.

    want "log_density" gives (n,), "log_joint" (n, k), "responsibilities" (n, k), "labels" (n,) int64.
    """
    n, k = len(x), len(weights)
    per_row = want in ("log_density", "labels")
    out: np.ndarray[Any, Any] = np.empty(
        n if per_row else (n, k), dtype=np.int64 if want == "labels" else np.float64
    )
    component = _native.densities(
        x,
        _contiguous(weights),
        _contiguous(means),
        _contiguous(spreads),
        form,
        want,
        n_threads,
        None if want == "labels" else out,
        out if want == "labels" else None,
    )
    if component >= 0:
        raise NotPositiveDefinite(0, component)
    if want == "log_joint":
        out[:, weights == 0] = -np.inf  # the kernels hold a finite number, far below all others
    return out


def describe(
    x: Array, sample_weight: Array | None, n_threads: int = 1
) -> tuple[Array, Array, Array, Array, bool]:
    """Return weighted mean, variance, minimum and maximum, each (d,), of the rows whose weight is not zero.

    The fifth value says whether every number of x, rows of weight zero included, is finite; when it is not,
    the others mean nothing.
    """
    mean, variance, minimum, maximum = (np.empty(x.shape[1]) for _ in range(4))
    finite = _native.describe(x, sample_weight, n_threads, mean, variance, minimum, maximum)
    return mean, variance, minimum, maximum, finite
