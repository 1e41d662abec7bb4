"""Given: the start that a person hands in, in whatever form."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...model.mixture import Mixture
from ...model.moments import Moments
from ...model.parameters import Array, Parameters
from ...model.validation import finite, numbers, positive_definite, proportions
from ...sources import Source
from ...structures import Floor, Structure, restricted


def given(start: Any, k: int, source: Source, structure: Structure, floor: Floor) -> Parameters:
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
    if isinstance(start, (Mixture, Parameters)):
        checked = _checked(start.weights, start.means, start.covariances, k, source)
        return restricted(checked, structure.form)
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
            responsibilities = _from_labels(start["labels"], k, source)
        else:
            responsibilities = np.asarray(start["responsibilities"], dtype=np.float64)
        return _maximised(responsibilities, k, source, structure, floor)
    if "means" not in start:
        raise ValueError(
            "a start needs means (k, d), responsibilities (n, k) or labels (n,); give one of them"
        )
    checked = _checked(start.get("weights"), start["means"], start.get("covariances"), k, source)
    return restricted(checked, structure.form)


def _checked(
    weights: ArrayLike | None, means: ArrayLike, covariances: ArrayLike | None, k: int, source: Source
) -> Parameters:
    d = source.n_features
    mu = numbers(means, "the start's means")
    if mu.ndim == 1 and d == 1:
        mu = mu[:, None]
    if mu.shape != (k, d):
        raise ValueError(
            f"the start's means have shape {mu.shape}; {k} components of {d} features need ({k}, {d})"
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


def _from_labels(labels: ArrayLike, k: int, source: Source) -> Array:
    numbers = np.asarray(labels)
    if numbers.shape != (source.n_rows,):
        raise ValueError(
            f"there are {source.n_rows} rows but labels of shape {numbers.shape}; give one per row"
        )
    codes = numbers.astype(np.int64)
    if (codes != numbers).any() or codes.min() < 0 or codes.max() >= k:
        raise ValueError(
            f"labels must be integers 0 to {k - 1}; these run from {numbers.min()} to {numbers.max()}"
        )
    return np.asarray(codes[:, None] == np.arange(k), dtype=np.float64)


def _maximised(r: Array, k: int, source: Source, structure: Structure, floor: Floor) -> Parameters:
    """Make the M-step from responsibilities (n, k) over rows in memory."""
    if r.shape != (source.n_rows, k):
        raise ValueError(
            f"responsibilities have shape {r.shape}; these rows and components need {(source.n_rows, k)}"
        )
    if not (np.isfinite(r).all() and (r >= 0).all() and np.allclose(r.sum(1), 1.0, atol=1e-6)):
        raise ValueError(
            "responsibilities must not be negative and must sum to 1 in every row; normalise them"
        )
    x = getattr(source, "x", None)
    if x is None:
        raise ValueError(
            "labels and responsibilities need rows in memory; for this source give means instead"
        )
    omega = getattr(source, "sample_weight", None)
    weighted = r if omega is None else r * omega[:, None]
    d = source.n_features
    counts = weighted.sum(0)
    means = np.broadcast_to(source.mean, (k, d))
    sums, scatters = np.empty((k, d)), np.empty((k, d, d))
    difference = x - source.mean
    for c in range(k):
        sums[c] = weighted[:, c] @ difference
        # centred first: about the data's mean a far and narrow component would lose its variance to rounding
        centred = difference - sums[c] / counts[c] if counts[c] > 0 else difference
        scatters[c] = (centred * weighted[:, c, None]).T @ centred
    own = means + np.where(counts > 0, 1.0 / np.where(counts > 0, counts, 1.0), 0.0)[:, None] * sums
    if structure.form == "full":
        kept = scatters
    elif structure.form == "tied":
        kept = scatters.sum(0)
    else:
        kept = np.diagonal(scatters, axis1=-2, axis2=-1)
        kept = kept if structure.form == "diagonal" else kept.sum(-1)
    return structure.maximise(
        Moments(own, counts, np.zeros((k, d)), kept, np.array(0.0), structure.form), floor
    )
