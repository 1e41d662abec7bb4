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
from ..sources import ArraySource
from .layouts import covariances_from_precisions

BLOCK = 1024  # rows whose responsibilities exist at the same time


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
    w = None if weights is None else _check_shape("weights_init", weights, (k,))
    if w is not None and ((w < 0).any() or abs(w.sum() - 1) > 1e-6):
        raise ValueError(f"weights_init must be at least 0 and sum to 1; they are {w} with sum {w.sum():g}")
    m = None if means is None else _check_shape("means_init", means, (k, d))
    if precisions is None:
        return Given(w, m, None)
    p = _check_shape("precisions_init", precisions, form.shape(k, d))
    if form.matrices:
        transposed = np.swapaxes(p, -1, -2)
        positive = np.allclose(p, transposed) and (np.linalg.eigvalsh(p) > 0).all()
        p = 0.5 * (p + transposed)
    else:
        positive = (p > 0).all()
    if not positive:
        kind = "symmetric and positive definite" if form.matrices else "positive"
        raise ValueError(f"precisions_init must be {kind}; they are the inverses of the covariances")
    return Given(w, m, form.covariances(covariances_from_precisions(p, form), k, d))


def _check_shape(name: str, value: ArrayLike, shape: tuple[int, ...]) -> Array:
    array = np.array(value, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; for this model and these data it must be {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity; give finite numbers")
    return array


def make_start(
    problem: Problem,
    source: ArraySource,
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
        return Parameters(given.weights, given.means, given.covariances)
    if init_params in ("random_from_data", "k-means++"):
        found = _from_rows(problem, source, _pick_rows(source, init_params, k, random_state))
    else:
        blocks = _responsibilities(source, given, init_params, k, random_state)
        found = problem.maximise(problem.penalised(_moments(source, problem.structure.form, k, blocks)))
    return Parameters(
        given.weights if given.weights is not None else found.weights,
        given.means if given.means is not None else found.means,
        given.covariances if given.covariances is not None else found.covariances,
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
    slices = [slice(i, min(i + BLOCK, source.n_rows)) for i in range(0, source.n_rows, BLOCK)]
    if init_params == "random":
        for rows in slices:
            r = random_state.uniform(size=(rows.stop - rows.start, k))
            yield rows, r / r.sum(axis=1, keepdims=True)
        return
    if init_params == "auto" and given.means is not None:
        deviation = np.sqrt(source.variance)
        centres = (given.means - source.mean) / deviation
        for rows in slices:
            x = (source.x[rows] - source.mean) / deviation
            nearest = ((centres**2).sum(axis=1) - 2 * x @ centres.T).argmin(axis=1)
            yield rows, np.eye(k)[nearest]
        return
    from sklearn.cluster import KMeans

    kmeans: Any = KMeans(n_clusters=k, n_init=1, random_state=random_state)
    labels = kmeans.fit(source.x, sample_weight=source.sample_weight).labels_
    for rows in slices:
        yield rows, np.eye(k)[labels[rows]]


def _moments(source: ArraySource, form: Form, k: int, blocks: Iterator[tuple[slice, Array]]) -> Moments:
    """Return the moments about the mean of all rows that these responsibilities give."""
    d = source.n_features
    counts, sums, scatters = np.zeros(k), np.zeros((k, d)), np.zeros(form.shape(k, d))
    for rows, r in blocks:
        if source.sample_weight is not None:
            r = r * source.sample_weight[rows, None]
        x = source.x[rows] - source.mean
        counts += r.sum(axis=0)
        sums += r.T @ x
        scatters += form.kept(np.matmul((r.T[:, :, None] * x).transpose(0, 2, 1), x))
    means = np.broadcast_to(source.mean, (k, d))
    return Moments(means, counts, sums, scatters, np.array(0.0), form)
