"""The native core as Python calls it: the functions of the NumPy twin, same arguments, same results."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from . import _native, twin_floor
from .described import Described
from .native_chart import Chart
from .twin_compress import NODES, POWERS
from .twin_density import Array, NotPositiveDefinite
from .twin_floor import Flags

__all__ = [
    "Chart",
    "Description",
    "Pass",
    "constrained",
    "densities",
    "describe",
    "engine",
    "flat",
    "gauss_nodes",
    "moments",
    "sum_cells",
    "thickness",
    "touches",
    "use_engine",
]


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
    mixture, component = _native.moments(
        x, sample_weight, weights, means, spreads, form, n_threads, counts, sums, scatters, loglik
    )
    if component >= 0:
        raise NotPositiveDefinite(mixture, component)
    return counts, sums, scatters, loglik


class Pass:
    """A pass that is begun with its mixtures, fed with pieces of rows and finished: see `twin_pass.Pass`."""

    def __init__(self, form: str, weights: Array, means: Array, spreads: Array) -> None:
        self._native = _native.Pass(form, weights, means, spreads)
        mixture, component = self._native.failure
        if component >= 0:
            raise NotPositiveDefinite(mixture, component)
        self._single = weights.ndim == 1
        shapes = weights.shape, means.shape, spreads.shape, weights.shape[:-1]
        self._shapes = [(1, *shape) for shape in shapes] if self._single else shapes

    def feed(self, x: Array, sample_weight: Array | None = None, n_threads: int = 1) -> None:
        """Add a piece: rows x (n, d) and their weights (n,)."""
        self._native.feed(x, sample_weight, n_threads)

    def finish(self) -> tuple[Array, Array, Array, Array]:
        """Return counts, sums, scatters and log-likelihoods as `moments` does; nothing can be fed then."""
        counts, sums, scatters, loglik = (np.empty(shape) for shape in self._shapes)
        self._native.finish(counts, sums, scatters, loglik)
        if self._single:
            return counts[0], sums[0], scatters[0], loglik[0]
        return counts, sums, scatters, loglik


def densities(
    x: Array, weights: Array, means: Array, spreads: Array, form: str, want: str, n_threads: int = 1
) -> Array:
    """Evaluate one mixture (k, d) at every row.

    want "log_density" gives (n,), "log_joint" (n, k), "responsibilities" (n, k), "labels" (n,) int64.
    """
    per_row = want in ("log_density", "labels")
    out: np.ndarray[Any, Any] = np.empty(
        x.shape[:1] if per_row else x.shape[:1] + weights.shape,
        dtype=np.int64 if want == "labels" else np.float64,
    )
    component = _native.densities(x, weights, means, spreads, form, want, n_threads, out)
    if component >= 0:
        raise NotPositiveDefinite(0, component)
    if want == "log_joint":
        out[:, weights == 0] = -np.inf  # the kernels hold a finite number, far below all others
    return out


class Description:
    """A description that is begun, fed with pieces of rows and finished: see `twin_pass.Description`."""

    def __init__(self, d: int) -> None:
        self._native, self._d = _native.Description(d), d

    def feed(self, x: Array, sample_weight: Array | None = None, n_threads: int = 1) -> None:
        """Add a piece: rows x (n, d) and their weights (n,)."""
        self._native.feed(x, sample_weight, n_threads)

    def finish(self) -> Described:
        """Return what the rows are like; nothing can be fed then."""
        mean, variance, minimum, maximum = np.empty((4, self._d))
        rest = self._native.finish(mean, variance, minimum, maximum)
        return Described(mean, variance, minimum, maximum, *rest)


def describe(
    x: Array, sample_weight: Array | None, n_threads: int = 1
) -> tuple[Array, Array, Array, Array, bool]:
    """Return weighted mean, variance, minimum and maximum, each (d,), of the rows whose weight is not zero.

    The fifth value says whether every number of x, rows of weight zero included, is finite; when it is not,
    the others mean nothing.

    Raises
    ------
    ValueError
        If there is no such row.
    """
    mean, variance, minimum, maximum = np.empty((4, *x.shape[1:]))
    rest = _native.describe(x, sample_weight, n_threads, mean, variance, minimum, maximum)
    return Described(mean, variance, minimum, maximum, *rest).of_rows()


def sum_cells(x: Array, sample_weight: Array | None, edges: Array, n_threads: int = 1) -> tuple[Array, float]:
    """Sum powers of each row's place in its cell: see `twin_compress.sum_cells`."""
    table = np.empty((max(np.size(edges) - 1, 0), POWERS))
    return table, _native.sum_cells(x, sample_weight, edges, n_threads, table)


MOST_FEATURES = 16  # of M-steps that are made here
MOST_TURNED = 6  # of those that turn common axes


def constrained(
    name: str, counts: Array, scatters: Array, least: Array, before: Array | None, close: float
) -> tuple[Array, Flags]:
    """Make M-steps of a family that shares parts: see `twin.constrained`."""
    m, k, d = *counts.shape, len(least)
    covariances, done = np.empty((m, k, d, d)), np.zeros(m, dtype=np.uint8)
    if 2 <= d <= (MOST_TURNED if name[1:] == "VE" else MOST_FEATURES):
        _native.constrained(name, counts, scatters, least, before, close, covariances, done)
    return covariances, done.view(np.bool_)


def touches(matrices: Array, least: Array) -> Flags:
    """Say which matrices (n, d, d) lie at a floor: see `twin_floor.touches`."""
    if not 2 <= len(least) <= MOST_FEATURES:
        return twin_floor.touches(matrices, least)
    flags = np.empty(len(matrices), dtype=np.uint8)
    _native.touches(matrices, least, flags)
    return flags.view(np.bool_)


def flat(matrices: Array, least: Array, part: float) -> Flags:
    """Say which matrices (n, d, d) are flat: see `twin_floor.flat`."""
    if not 2 <= len(least) <= MOST_FEATURES:
        return twin_floor.flat(matrices, least, part)
    flags = np.empty(len(matrices), dtype=np.uint8)
    _native.flat(matrices, least, part, flags)
    return flags.view(np.bool_)


def thickness(weights: Array, covariances: Array) -> Array:
    """Return the least deviations (m, k) in units of the mean covariances': see `twin_floor.thickness`."""
    if not 2 <= covariances.shape[-1] <= MOST_FEATURES:
        return twin_floor.thickness(weights, covariances)
    least = np.empty(weights.shape)
    _native.thickness(weights, covariances, least)
    return least


def gauss_nodes(table: Array, n_threads: int = 1) -> tuple[Array, Array]:
    """Find the Gauss rules whose moments are power sums (m, 8): see `twin_compress.gauss_nodes`."""
    places, weights = np.empty((2, len(table), NODES))
    _native.gauss_nodes(table, n_threads, places, weights)
    return places, weights
