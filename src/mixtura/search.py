"""The whole fit: data in, starts, the loop, the best optimum out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from . import em
from .fit import Fit
from .parameters import Parameters
from .sources import ArraySource, Source
from .structures import Floor, Structure
from .structures import structure as find_structure


def fit_mixture(
    x: ArrayLike | Source,
    n_components: int,
    *,
    structure: str | Structure = "VVV",
    sample_weight: ArrayLike | None = None,
    start: Parameters | None = None,
    n_init: int | None = None,
    tol: float = 1e-4,
    max_iter: int = 10_000,
    reg_covar: float | None = None,
    seed: int | Generator | None = 0,
    n_threads: int | None = None,
    **options: Any,
) -> Fit:
    """Fit a Gaussian mixture of ``n_components`` to rows ``x`` (n, d) by maximum likelihood."""
    source = x if hasattr(x, "moments") else ArraySource(x, sample_weight, n_threads=n_threads)
    family = find_structure(structure, source.n_features)
    magnitude = np.maximum(np.abs(source.minimum), np.abs(source.maximum))
    floor = Floor.relative_to(source.variance, magnitude, source.unit, reg_covar or 0.0)
    if start is None:
        rows = source.sample(n_components, np.random.default_rng(seed))
        covariances = np.broadcast_to(np.diag(source.variance), (n_components,) + (source.n_features,) * 2)
        start = Parameters(np.full(n_components, 1 / n_components), rows, covariances)
    run = em.fit(source, family, start, floor=floor, tol=tol, max_iter=max_iter)
    return Fit.of(run, source, family, floor)
