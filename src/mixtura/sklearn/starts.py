"""scikit-learn's ways to start a fit: ``init_params``, and what the caller gives of a start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..em import Problem
from ..model.forms import Form
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from ..model.validation import finite, numbers, positive_definite, proportions
from ..sources import ArraySource
from ..sources.assigned import assigned_moments, block_slices, label_blocks
from .layouts import covariances_from_precisions


@dataclass(frozen=True)
class Given:
    """What the caller gave of a start, checked; None where nothing was given."""

    weights: Array | None  # (k,)
    means: Array | None  # (k, d)
    covariances: Array | None  # (k, d, d)

    @property
    def is_whole(self) -> bool:
        """Say whether nothing is left to find."""
        return self.weights is not None and self.means is not None and self.covariances is not None

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was given."""
        return self.weights is None and self.means is None and self.covariances is None


def check_given(
    weights: ArrayLike | None,
    means: ArrayLike | None,
    precisions: ArrayLike | None,
    form: Form,
    k: int,
    d: int,
) -> Given:
    """Check ``weights_init``, ``means_init`` and ``precisions_init`` for k components in d dimensions.

    Raises
    ------
    ValueError
        If a shape is wrong, a number is not finite, the weights are no proportions or a precision is not
        positive definite.
    """
    w = None if weights is None else proportions(_shaped("weights_init", weights, (k,)), "weights_init")
    m = None if means is None else finite(_shaped("means_init", means, (k, d)), "means_init")
    if precisions is None:
        return Given(w, m, None)
    name = "precisions_init"
    p = finite(_shaped(name, precisions, form.shape(k, d)), name)
    if form.matrices:
        p = positive_definite(p.reshape(-1, d, d), name).reshape(p.shape)
    elif not (p > 0).all():
        raise ValueError(f"{name} must be positive; they are the inverses of the variances")
    return Given(w, m, form.covariances(covariances_from_precisions(p, form), k, d))


def _shaped(name: str, value: ArrayLike, shape: tuple[int, ...]) -> Array:
    array = numbers(value, name)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; for this model and these data it must be {shape}")
    return array


def make_start(
    problem: Problem,
    source: Any,
    given: Given,
    init_params: str,
    k: int,
    random_state: np.random.RandomState,
) -> Parameters:
    """Make one start as scikit-learn does: responsibilities, an M-step, and over it what the caller gave.

    ``init_params`` "auto" assigns every row to the nearest of the given means, in units of the data's
    standard deviations, and is "kmeans" where no means are given. The random draws are those of
    scikit-learn's class, so that the same ``random_state`` gives the same start.
    """
    if given.weights is not None and given.means is not None and given.covariances is not None:
        whole = Parameters(given.weights, given.means, given.covariances)
        return problem.structure.restricted(whole)
    if init_params in ("random_from_data", "k-means++"):
        found = _from_rows(problem, source, _pick_rows(source, init_params, k, random_state))
    else:
        blocks = _responsibilities(source, given, init_params, k, random_state)
        moments = assigned_moments(
            source.x, source.sample_weight, blocks, k, problem.structure.form, source.mean
        )
        found = problem.maximise(problem.penalised(moments))
    if given.is_empty:
        return found
    return problem.structure.restricted(
        Parameters(
            given.weights if given.weights is not None else found.weights,
            given.means if given.means is not None else found.means,
            given.covariances if given.covariances is not None else found.covariances,
        )
    )


def _pick_rows(
    source: ArraySource, init_params: str, k: int, random_state: np.random.RandomState
) -> np.ndarray:
    """Return the indices of k rows: at random, or far from each other (Arthur and Vassilvitskii 2007)."""
    weight = source.sample_weight
    if init_params == "random_from_data":
        p = None if weight is None else weight / weight.sum()
        return random_state.choice(source.n_rows, size=k, replace=False, p=p)
    from sklearn.cluster import kmeans_plusplus

    return kmeans_plusplus(source.x, k, sample_weight=weight, random_state=random_state)[1]


def _from_rows(problem: Problem, source: ArraySource, rows: np.ndarray) -> Parameters:
    """Start from single rows, with the least covariance: the first pass then finds the nearest."""
    means = source.x[rows].astype(np.float64)
    k, d = means.shape
    form = problem.structure.form
    moments = Moments(means, np.ones(k), np.zeros((k, d)), np.zeros(form.shape(k, d)), np.array(0.0), form)
    return problem.maximise(problem.penalised(moments))


def _responsibilities(
    source: ArraySource, given: Given, init_params: str, k: int, random_state: np.random.RandomState
) -> Iterator[tuple[slice, Array]]:
    """Yield blocks of rows and their responsibilities (b, k)."""
    if init_params == "random":
        for rows in block_slices(source.n_rows):
            r = random_state.uniform(size=(rows.stop - rows.start, k))
            yield rows, r / r.sum(axis=1, keepdims=True)
        return
    if init_params == "auto" and given.means is not None:
        deviation = np.sqrt(source.variance)
        centres = (given.means - source.mean) / deviation
        for rows in block_slices(source.n_rows):
            x = (source.x[rows] - source.mean) / deviation
            nearest = ((centres**2).sum(axis=1) - 2 * x @ centres.T).argmin(axis=1)
            yield rows, np.eye(k)[nearest]
        return
    from sklearn.cluster import KMeans

    kmeans: Any = KMeans(n_clusters=k, n_init=1, random_state=random_state)
    yield from label_blocks(kmeans.fit(source.x, sample_weight=source.sample_weight).labels_, k)
