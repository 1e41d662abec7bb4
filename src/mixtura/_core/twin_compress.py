"""The NumPy twin of the kernels that compress one dimension: the same signatures and results."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .twin_checks import ANY, check, check_rows

Array = NDArray[np.float64]
POWERS = 8  # powers of the place in a cell whose sums are kept, 0 to 7
NODES = POWERS // 2
ROUNDING = 1e-12  # a pivot as small as this is made of rounding errors


def sum_cells(x: Array, sample_weight: Array | None, edges: Array, n_threads: int = 1) -> tuple[Array, float]:
    """Sum powers of each row's place in its cell, t = (x - centre) / half width.

    x (n, 1), sample_weight (n,) or None, edges (m + 1,) increasing. Returns the sums over the rows of each
    cell of weight times t^q, q = 0 to 7, (m, 8), and the weight of the rows outside the edges, which are in
    no sum.
    """
    check_rows(x, sample_weight, 1)
    check("edges", edges, ANY)
    with np.errstate(invalid="ignore", over="ignore"):
        steps = np.diff(edges)
    if len(edges) < 2:
        raise ValueError(f"edges has shape {edges.shape}; wanted are two or more")
    if bad := np.flatnonzero(~(np.isfinite(steps) & (steps > 0))).tolist():
        raise ValueError(f"edges do not increase by finite steps at place {bad[0] + 1}")
    values = np.asarray(x[:, 0], dtype=np.float64)
    omega = np.ones(len(values)) if sample_weight is None else sample_weight
    inside = (values >= edges[0]) & (values <= edges[-1])
    m = len(edges) - 1
    cell = np.minimum(np.searchsorted(edges, values[inside], side="right") - 1, m - 1)
    widths = np.diff(edges)
    place = (values[inside] - (edges[:-1] + 0.5 * widths)[cell]) * (2.0 / widths)[cell]
    powers = [np.bincount(cell, omega[inside] * place**q, minlength=m) for q in range(POWERS)]
    return np.stack(powers, axis=1), float(omega[~inside].sum())


def gauss_nodes(table: Array, n_threads: int = 1) -> tuple[Array, Array]:
    """Find the Gauss rule whose moments are a cell's power sums, for each line of the table (m, 8).

    Returns places in [-1, 1] and weights, each (m, 4); weight 0 is no node. The Cholesky factor of the
    Hankel matrix of the sums gives the recurrence of the orthogonal polynomials of the cell's measure, and
    the eigenvalues of its tridiagonal matrix are the nodes (Golub and Welsch 1969, section 4); rows of at
    most four distinct values come back as they are.
    """
    check("table", table, ANY, POWERS)
    places, weights = np.zeros((len(table), NODES)), np.zeros((len(table), NODES))
    for j in np.flatnonzero(table[:, 0] > 0):
        total = table[j, 0]
        if not np.isfinite(table[j]).all():
            continue
        hankel = (
            np.array([[table[j, row + column] for column in range(NODES + 1)] for row in range(NODES)])
            / total
        )
        r = np.zeros((NODES, NODES + 1))
        n = 0
        for n in range(NODES + 1):
            if n == NODES or not (pivot := hankel[n, n] - r[:n, n] @ r[:n, n]) > ROUNDING:
                break
            r[n, n] = np.sqrt(pivot)
            r[n, n + 1 :] = (hankel[n, n + 1 :] - r[:n, n] @ r[:n, n + 1 :]) / r[n, n]
        diagonal = np.diagonal(r)[:n]
        ratios = np.diagonal(r, 1)[:n] / diagonal
        beside = diagonal[1:] / diagonal[:-1]
        jacobi = np.diag(np.diff(ratios, prepend=0.0)) + np.diag(beside, 1) + np.diag(beside, -1)
        places[j, :n], vectors = np.linalg.eigh(jacobi)
        weights[j, :n] = total * vectors[0] ** 2
    return places, weights
