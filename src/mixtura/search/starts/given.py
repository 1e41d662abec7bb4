"""Given: the start that a person hands in, in whatever form."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...em import Problem
from ...model.mixture import Mixture
from ...model.parameters import Array, Parameters
from ...model.validation import ASYMMETRY
from ...sources import Source


def given(start: Any, k: int, problem: Problem) -> Parameters:
    """Return the start (k,) that ``start`` describes.

    Parameters
    ----------
    start : Parameters, Mixture, dict or array_like
        A dict may name "means" (k, d) and beside them "weights" (k,) and "covariances" (k, d, d), or
        variances (k, d) or (k,); or "responsibilities" (n, k); or "labels" (n,), integers 0 to k - 1. What
        it does not name is filled in: equal weights, the data's own variances. An array is means. Of
        covariances the structure takes what it has: their mean, their diagonals, or the means of these.

    Raises
    ------
    ValueError
        If the shapes do not fit k components of the data's dimension, or a number is not possible.
    """
    source, form = problem.source, problem.structure.form
    if isinstance(start, (Mixture, Parameters)):
        checked = _checked(start.weights, start.means, start.covariances, k, source)
        return form.restricted(checked)
    if not isinstance(start, dict):
        start = {"means": start}
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
            responsibilities = _from_labels(start["labels"], k)
        else:
            responsibilities = np.asarray(start["responsibilities"], dtype=np.float64)
        return _maximised(responsibilities, k, problem)
    if "means" not in start:
        raise ValueError(
            "a start needs means (k, d), responsibilities (n, k) or labels (n,); give one of them"
        )
    checked = _checked(start.get("weights"), start["means"], start.get("covariances"), k, source)
    return form.restricted(checked)


def _checked(
    weights: ArrayLike | None, means: ArrayLike, covariances: ArrayLike | None, k: int, source: Source
) -> Parameters:
    d = source.n_features
    mu = np.asarray(means, dtype=np.float64)
    if mu.ndim == 1 and d == 1:
        mu = mu[:, None]
    if mu.shape != (k, d):
        raise ValueError(
            f"the start's means have shape {mu.shape}; {k} components of {d} features need ({k}, {d})"
        )
    w = np.full(k, 1.0 / k) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (k,):
        raise ValueError(f"the start's weights have shape {w.shape}; {k} components need ({k},)")
    if not ((w >= 0).all() and abs(w.sum() - 1.0) <= 1e-6):
        raise ValueError(f"the start's weights are {w.tolist()}; they must not be negative and must sum to 1")
    if covariances is None:
        c: Array = np.broadcast_to(np.diag(source.variance), (k, d, d))
    else:
        c = np.asarray(covariances, dtype=np.float64)
        if c.shape == (k,):
            c = c[:, None, None] * np.eye(d)
        elif c.shape == (k, d):
            c = c[:, :, None] * np.eye(d)
        elif c.shape != (k, d, d):
            raise ValueError(
                f"the start's covariances have shape {c.shape}; use ({k}, {d}, {d}), ({k}, {d}) or ({k},)"
            )
    if not (np.isfinite(mu).all() and np.isfinite(c).all()):
        raise ValueError("the start's means and covariances must be finite numbers; check them")
    indefinite = np.flatnonzero(np.linalg.eigvalsh(c)[:, 0] <= 0)
    if indefinite.size:
        raise ValueError(
            f"the start's covariance of component {indefinite[0]} is not positive definite; give one that is"
        )
    deviations = np.sqrt(np.diagonal(c, axis1=-2, axis2=-1))
    limit = ASYMMETRY * deviations[..., :, None] * deviations[..., None, :]
    skew = np.flatnonzero((np.abs(c - np.swapaxes(c, -1, -2)) > limit).any((-1, -2)))
    if skew.size:
        raise ValueError(f"the start's covariance of component {skew[0]} is not symmetric; give one that is")
    return Parameters(w / w.sum(), mu, c)


def _from_labels(labels: ArrayLike, k: int) -> Array:
    numbers = np.asarray(labels)
    if numbers.ndim != 1:
        raise ValueError(f"labels have shape {numbers.shape}; give one per row, (n,)")
    codes = numbers.astype(np.int64)
    if (codes != numbers).any() or codes.min() < 0 or codes.max() >= k:
        raise ValueError(
            f"labels must be integers 0 to {k - 1}; these run from {numbers.min()} to {numbers.max()}"
        )
    return np.asarray(codes[:, None] == np.arange(k), dtype=np.float64)


def _maximised(r: Array, k: int, problem: Problem) -> Parameters:
    """Make the M-step from responsibilities (n, k)."""
    if r.ndim != 2 or r.shape[1] != k:
        raise ValueError(
            f"responsibilities have shape {r.shape}; these rows and components need "
            f"({problem.source.n_given}, {k})"
        )
    if not (np.isfinite(r).all() and (r >= 0).all() and np.allclose(r.sum(1), 1.0, atol=1e-6)):
        raise ValueError(
            "responsibilities must not be negative and must sum to 1 in every row; normalise them"
        )
    return problem.maximise(problem.penalised(problem.source.assigned(r, problem.structure.form)))
