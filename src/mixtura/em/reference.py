"""EM in one dimension, written three times, slowest first: the specification of the fast pass.

Each program is one iteration, ``step(x, components) -> components``; `run` loops over any of them. They use
plain densities, so a value far from every component would divide zero by zero; the fast pass has no such
limit.

References
----------
Dempster, Laird and Rubin (1977), Maximum likelihood from incomplete data via the EM algorithm, Journal of the
Royal Statistical Society B 39, 1-38.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ..model.parameters import Array


class Univariate(NamedTuple):
    """The components of a Gaussian mixture in one dimension."""

    weights: Array  # (k,)
    means: Array  # (k,)
    variances: Array  # (k,)


Step = Callable[[Array, Univariate], Univariate]


def simulate(truth: Univariate, size: int, rng: Generator) -> tuple[Array, NDArray[np.int64]]:
    """Draw ``size`` values: for each its component first, then its value. Return values, components.

    Examples
    --------
    >>> truth = Univariate(np.array([0.3, 0.7]), np.array([-5.0, 5.0]), np.array([1.0, 1.0]))
    >>> values, components = simulate(truth, 1000, np.random.default_rng(0))
    >>> bool(np.all((values > 0) == (components == 1)))
    True
    """
    components = rng.choice(len(truth.weights), size=size, p=truth.weights)
    values = rng.normal(truth.means[components], np.sqrt(truth.variances[components]))
    return values, components


def step_loops(x: Array, now: Univariate) -> Univariate:
    """Make one EM iteration over values (n,) in plain double loops, rows by components.

    Examples
    --------
    >>> step_loops(np.array([0.0, 1.0]), Univariate(np.array([1.0]), np.array([0.0]), np.array([1.0])))
    Univariate(weights=array([1.]), means=array([0.5]), variances=array([0.25]))
    """
    n, k = len(x), len(now.weights)
    r = np.empty((n, k))
    for i in range(n):
        total = 0.0
        for c in range(k):
            square = (x[i] - now.means[c]) ** 2 / now.variances[c]
            r[i, c] = now.weights[c] * math.exp(-0.5 * square) / math.sqrt(2 * math.pi * now.variances[c])
            total += r[i, c]
        for c in range(k):
            r[i, c] /= total

    weights, means, variances = np.empty(k), np.empty(k), np.empty(k)
    for c in range(k):
        count = first = second = 0.0
        for i in range(n):
            count += r[i, c]
            first += r[i, c] * x[i]
        means[c] = first / count
        for i in range(n):
            second += r[i, c] * (x[i] - means[c]) ** 2
        weights[c], variances[c] = count / n, second / count
    return Univariate(weights, means, variances)


def step_rows(x: Array, now: Univariate) -> Univariate:
    """Make the same iteration with one NumPy expression for each row of a table (n, m): a fund's draws.

    Values (n,) are a table of one column.

    Examples
    --------
    >>> step_rows(np.array([[0.0, 1.0]]), Univariate(np.array([1.0]), np.array([0.0]), np.array([1.0])))
    Univariate(weights=array([1.]), means=array([0.5]), variances=array([0.25]))
    """
    table = x.reshape(len(x), -1)
    k = len(now.weights)
    r = np.empty((*table.shape, k))
    for i, row in enumerate(table):
        square = (row[:, None] - now.means) ** 2 / now.variances
        joint = now.weights * np.exp(-0.5 * square) / np.sqrt(2 * np.pi * now.variances)
        r[i] = joint / joint.sum(axis=1, keepdims=True)

    weights, means, variances = np.empty(k), np.empty(k), np.empty(k)
    for c in range(k):
        count = r[..., c].sum()
        means[c] = (r[..., c] * table).sum() / count
        weights[c], variances[c] = count / x.size, (r[..., c] * (table - means[c]) ** 2).sum() / count
    return Univariate(weights, means, variances)


def step_broadcast(x: Array, now: Univariate) -> Univariate:
    """Make the same iteration on whole arrays, rows by components, without any loop.

    Examples
    --------
    >>> step_broadcast(np.array([0.0, 1.0]), Univariate(np.array([1.0]), np.array([0.0]), np.array([1.0])))
    Univariate(weights=array([1.]), means=array([0.5]), variances=array([0.25]))
    """
    square = (x[:, None] - now.means) ** 2 / now.variances
    joint = now.weights * np.exp(-0.5 * square) / np.sqrt(2 * np.pi * now.variances)
    r = joint / joint.sum(axis=1, keepdims=True)

    counts = r.sum(axis=0)
    means = (r * x[:, None]).sum(axis=0) / counts
    variances = (r * (x[:, None] - means) ** 2).sum(axis=0) / counts
    return Univariate(counts / len(x), means, variances)


STEPS: dict[str, Step] = {"double loops": step_loops, "per-row": step_rows, "broadcast": step_broadcast}


def run(
    step: Step, x: Array, start: Univariate, *, threshold: float = 1e-4, max_iter: int = 1000
) -> tuple[Univariate, int]:
    """Loop until no parameter changes by ``threshold`` or more, or ``max_iter`` times; 0 never stops.

    Returns
    -------
    components : Univariate
        After the last iteration, in the order of the start.
    n_iter : int
        The number of iterations made.

    Examples
    --------
    >>> x = np.array([-1.1, -1.0, -0.9, 0.9, 1.0, 1.1])
    >>> start = Univariate(np.array([0.5, 0.5]), np.array([-2.0, 2.0]), np.array([1.0, 1.0]))
    >>> found, n_iter = run(step_broadcast, x, start)
    >>> found.means.round(6), n_iter < 20
    (array([-1.,  1.]), True)
    """
    now = start
    for iteration in range(1, max_iter + 1):
        before, now = now, step(x, now)
        if max(np.abs(new - old).max() for new, old in zip(now, before)) < threshold:
            return now, iteration
    return now, max_iter
