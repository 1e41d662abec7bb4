"""Given: the start that a person hands in, in whatever form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...em import Problem
from ...model.mixture import Mixture
from ...model.parameters import Array, Parameters
from ...model.validation import TOLERANCE, finite, numbers, positive_definite, proportions
from ...sources import Source
from ...sources.assigned import block_slices, label_blocks


def given(start: Any, k: int, problem: Problem) -> Parameters:
    """Return the start (k,) that ``start`` describes.

    Parameters
    ----------
    start : Parameters, Mixture, dict or array_like
        A dict may name "means" (k, d) and beside them "weights" (k,) and "covariances" (k, d, d), or
        variances (k, d) or (k,); or "responsibilities" (n, k); or "labels" (n,), integers 0 to k - 1. What
        it does not name is filled in: equal weights, the data's own variances. An array says by its shape
        which it is: (n,) labels, (n, k) responsibilities, else means. Of covariances the structure takes
        what it has: their mean, their diagonals, or the means of these.

    Raises
    ------
    ValueError
        If the shapes do not fit k components of the data's dimension, or a number is not possible.
    """
    source, form = problem.source, problem.structure.form
    if isinstance(start, (Mixture, Parameters)):
        checked = _checked(start.weights, start.means, start.covariances, k, source)
        return problem.structure.restricted(checked)
    if not isinstance(start, dict):
        start = {_meant(start, k, source): start}
    known = {"weights", "means", "covariances", "responsibilities", "labels"}
    if not start or not set(start) <= known:
        raise ValueError(
            f"a start names {sorted(set(start) - known) or 'nothing'}; name some of {sorted(known)}"
        )
    if "labels" in start or "responsibilities" in start:
        if len(start) > 1:
            raise ValueError(
                "a start is labels, responsibilities or parameters, not several of them; give one"
            )
        if "labels" in start:
            blocks = label_blocks(_checked_labels(start["labels"], k, source.n_given), k)
        else:
            blocks = _checked_responsibilities(start["responsibilities"], k, source.n_given)
        return problem.maximise(problem.penalised(source.assigned(blocks, k, form)))
    if "means" not in start:
        raise ValueError(
            "a start needs means (k, d), responsibilities (n, k) or labels (n,); give one of them"
        )
    checked = _checked(start.get("weights"), start["means"], start.get("covariances"), k, source)
    return problem.structure.restricted(checked)


def _meant(start: ArrayLike, k: int, source: Source) -> str:
    """Say what an array is by its shape; where means have the shape of another, it is means."""
    shape, n, d = np.shape(start), source.n_given, source.n_features
    if shape == (k, d) or (shape == (k,) and d == 1):
        return "means"
    return "labels" if shape in ((n,), (n, 1)) else "responsibilities" if shape == (n, k) else "means"


def _checked(
    weights: ArrayLike | None, means: ArrayLike, covariances: ArrayLike | None, k: int, source: Source
) -> Parameters:
    d = source.n_features
    mu = numbers(means, "the start's means")
    if mu.ndim == 1 and d == 1:
        mu = mu[:, None]
    if mu.shape != (k, d):
        raise ValueError(
            f"the start's means have shape {mu.shape}; {k} components of {d} features need ({k}, {d}), "
            "and labels or responsibilities need a row for each row of the data"
        )
    finite(mu, "the start's means")
    w = np.full(k, 1.0 / k) if weights is None else numbers(weights, "the start's weights")
    if w.shape != (k,):
        raise ValueError(f"the start's weights have shape {w.shape}; {k} components need ({k},)")
    w = proportions(w, "the start's weights")
    if covariances is None:
        return Parameters(w, mu, np.broadcast_to(np.diag(source.variance), (k, d, d)))
    c = numbers(covariances, "the start's covariances")
    if c.shape == (k,):
        c = c[:, None, None] * np.eye(d)
    elif c.shape == (k, d):
        c = c[:, :, None] * np.eye(d)
    elif c.shape != (k, d, d):
        raise ValueError(
            f"the start's covariances have shape {c.shape}; use ({k}, {d}, {d}), ({k}, {d}) or ({k},)"
        )
    return Parameters(w, mu, positive_definite(c, "the start's covariances"))


def _checked_labels(labels: ArrayLike, k: int, n: int) -> np.ndarray:
    given = numbers(labels, "labels")
    if given.shape == (n, 1):
        given = given[:, 0]
    if given.shape != (n,):
        raise ValueError(f"there are {n} rows but labels of shape {given.shape}; give one per row")
    codes = np.nan_to_num(given, nan=-1.0).astype(np.int64)
    if (codes != given).any() or codes.min() < 0 or codes.max() >= k:
        raise ValueError(
            f"labels must be integers 0 to {k - 1}; these run from {given.min()} to {given.max()}"
        )
    return codes


def _checked_responsibilities(responsibilities: ArrayLike, k: int, n: int) -> Iterator[tuple[slice, Array]]:
    r = numbers(responsibilities, "responsibilities")
    if r.shape != (n, k):
        raise ValueError(f"responsibilities have shape {r.shape}; these rows and components need {(n, k)}")
    if not (np.isfinite(r).all() and (r >= 0).all() and np.allclose(r.sum(1), 1.0, atol=TOLERANCE)):
        raise ValueError(
            "responsibilities must not be negative and must sum to 1 in every row; normalise them"
        )
    return ((rows, r[rows]) for rows in block_slices(n))
