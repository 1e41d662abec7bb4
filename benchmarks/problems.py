"""A dozen mixtures, easy and hard, each with the start that is climbed from: where passes are counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from mixtura import datasets
from mixtura.model.parameters import Array, Parameters


@dataclass(frozen=True)
class Drawn:
    """Rows drawn from a known mixture, a structure and a start; ``n`` rows by default."""

    name: str
    structure: str
    n: int
    draw: Callable[[Generator, int], tuple[Array, Parameters]]

    def make(self, n: int | None = None, seed: int = 0) -> tuple[Array, Parameters]:
        """Return rows (n, d) and a start (k,)."""
        return self.draw(np.random.default_rng(seed), n or self.n)


def line(
    weights: list[float], means: list[float], deviations: list[float], starts: list[float], variance: float
) -> Callable[[Generator, int], tuple[Array, Parameters]]:
    """Return a problem in one dimension, started from given means, equal weights and one variance."""

    def draw(rng: Generator, n: int) -> tuple[Array, Parameters]:
        component = rng.choice(len(weights), size=n, p=weights)
        x = rng.normal(np.array(means)[component], np.array(deviations)[component])
        return x[:, None], start_at(np.array(starts)[:, None], np.array([[variance]]))

    return draw


def space(k: int, d: int, apart: float, shape: str) -> Callable[[Generator, int], tuple[Array, Parameters]]:
    """Return a problem of random components, started from random rows and the whole covariance."""

    def draw(rng: Generator, n: int) -> tuple[Array, Parameters]:
        weights = rng.dirichlet(np.full(k, 5.0))
        means = apart * rng.normal(size=(k, d))
        roots = np.eye(d) + 0.5 * rng.normal(size=(k, d, d)) / np.sqrt(d)
        if shape == "tied":
            roots[:] = roots[0]
        elif shape == "diagonal":
            roots = np.eye(d) * rng.uniform(0.5, 1.5, size=(k, 1, d))
        elif shape == "spherical":
            roots = np.eye(d) * rng.uniform(0.7, 1.3, size=(k, 1, 1))
        component = rng.choice(k, size=n, p=weights)
        x = means[component] + np.einsum("nij,nj->ni", roots[component], rng.normal(size=(n, d)))
        covariance = np.cov(x.T) if shape in ("full", "tied") else np.diag(x.var(axis=0))
        return x, start_at(x[rng.choice(n, size=k, replace=False)], covariance)

    return draw


def alphas(rng: Generator, n: int) -> tuple[Array, Parameters]:
    """Return the alphas and the start of the original programs, a million standard deviations off."""
    x = datasets.alphas(rng, n_funds=n // 100).data.reshape(-1, 1)
    return x, start_at(np.array([[-1.0], [1.0]]), np.array([[0.2]]))


def start_at(means: Array, covariance: Array) -> Parameters:
    """Return a start of equal weights and covariances."""
    k = len(means)
    return Parameters(np.full(k, 1 / k), means, np.repeat(covariance[None], k, axis=0))


PROBLEMS = [
    Drawn("well separated", "V", 25_500, line([0.3, 0.3, 0.4], [-6, 0, 6], [1, 1, 1], [-3, 1, 3], 4.0)),
    Drawn("two apart", "V", 25_500, line([0.5, 0.5], [-1, 1], [1, 1], [-0.5, 0.5], 1.0)),
    Drawn("nearly coincident", "V", 25_500, line([0.5, 0.5], [-0.5, 0.5], [1, 1], [-0.8, 0.6], 1.0)),
    Drawn(
        "five overlapping", "V", 25_500, line([0.2] * 5, [-4, -2, 0, 2, 4], [1] * 5, [-3, -1, 0, 1, 3], 1.0)
    ),
    Drawn("one percent", "V", 25_500, line([0.99, 0.01], [0, 3], [1, 0.5], [-1, 1], 1.0)),
    Drawn("alphas", "V", 25_500, alphas),
    Drawn("full, 2 dimensions", "VVV", 10_000, space(3, 2, 1.0, "full")),
    Drawn("full, 8 dimensions", "VVV", 4_000, space(4, 8, 0.7, "full")),
    Drawn("full, 32 dimensions", "VVV", 3_000, space(3, 32, 0.5, "full")),
    Drawn("tied", "EEE", 5_000, space(3, 3, 1.0, "tied")),
    Drawn("diagonal", "VVI", 5_000, space(4, 4, 0.8, "diagonal")),
    Drawn("spherical", "VII", 5_000, space(3, 3, 1.0, "spherical")),
]
