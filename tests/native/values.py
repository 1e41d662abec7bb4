"""Write what the NumPy twin says of passes in all forms, for check.cpp to compare the kernels with.

The file holds 64-bit floating-point numbers and nothing else, the lowest byte first. Each case is its form,
by number, then m, k, d, n and whether rows have weights; rows, their weights if any, the mixtures; and what
is to be found, in the order of check.cpp.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from mixtura._core import twin

Array = NDArray[np.float64]

FORMS = ("full", "tied", "diagonal", "spherical")  # as the kernels number them
SHAPES = ((3, 2, 1), (2, 4, 2), (2, 3, 5), (2, 5, 8), (2, 4, 13), (2, 12, 24), (2, 70, 3))  # m, k, d
N = 2500  # two blocks and a part of one
CELLS = 40


def mixtures(form: str, m: int, k: int, d: int, spacing: float, rng: np.random.Generator) -> list[Array]:
    """Make weights, means and spreads of a stack of m mixtures."""
    roots = rng.normal(size=(m, k, d, d)) / np.sqrt(d)
    covariances = roots @ np.swapaxes(roots, -1, -2) + 0.1 * np.eye(d)
    variances = np.diagonal(covariances, axis1=-2, axis2=-1)
    spreads = {"full": covariances, "tied": covariances[:, 0], "diagonal": variances}.get(form)
    spreads = variances[..., 0] if spreads is None else spreads
    means = spacing * rng.normal(size=(1, k, d)) + 0.1 * rng.normal(size=(m, k, d))
    return [rng.dirichlet(np.full(k, 20.0), size=m), means, spreads]


def found(x: Array, omega: Array | None, stack: list[Array], form: str) -> Iterator[object]:
    """Yield what a case is to give: of a pass, of densities, of a description, of a chart, of cells."""
    moments = twin.moments(x, omega, *stack, form)
    yield from moments
    one = [part[0] for part in stack]
    for want in ("log_density", "log_joint", "responsibilities", "labels"):
        yield twin.densities(x, *one, form, want)
    described = twin.Description(x.shape[1])
    described.feed(x, omega)
    rows = described.finish()
    yield from (rows.mean, rows.variance, rows.minimum, rows.maximum)
    chart = twin.Chart(form, *one)
    yield chart.coordinates(*stack)
    counts, sums, scatters, _ = moments
    yield chart.score(stack[0], stack[2], counts, counts, sums, scatters, counts[0].sum())
    if x.shape[1] == 1:
        edges = np.linspace(x.min(), x.max(), CELLS + 1)
        yield from (edges, twin.sum_cells(x, omega, edges)[0])


def write(file: BinaryIO) -> None:
    """Write every form and shape, with overlapping components and with such as lie apart."""
    for number, form in enumerate(FORMS):
        for m, k, d in SHAPES:
            for weighted, spacing in ((False, 1.0), (True, 6.0)):
                rng = np.random.default_rng([number, m, k, d, weighted])
                stack = mixtures(form, m, k, d, spacing, rng)
                x = stack[1][0, rng.integers(k, size=N)] + rng.normal(size=(N, d))
                omega = rng.exponential(size=N) * (rng.random(N) > 0.2) if weighted else None
                head = [number, m, k, d, N, weighted]
                given = [x, *([] if omega is None else [omega]), *stack]
                for part in [head, *given, *found(x, omega, stack, form)]:
                    file.write(np.ascontiguousarray(part, dtype="<f8").tobytes())


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as file:
        write(file)
