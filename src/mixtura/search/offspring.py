"""Offspring: new starts made of optima that are known, by chance and by crossing them."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..model.alignment import align
from ..model.parameters import Array, Parameters, concatenated
from .ground import Ground

CLOSEST, WIDEST = 0.1, 1.0  # of the variance where it falls, that a component put down anew may have


def mutated(ground: Ground, parent: Parameters, rows: Array, rng: Generator) -> Parameters:
    """Return a mixture (k,) one of whose components was taken up and put down on a random row."""
    k = parent.n_components
    weights, means, covariances = parent.weights.copy(), parent.means.copy(), np.array(parent.covariances)
    i = int(rng.integers(k))
    means[i] = rows[rng.integers(len(rows))]
    scale = np.exp(rng.uniform(np.log(CLOSEST), np.log(WIDEST)))
    if k > 1 and not ground.structure.shares_all:
        rest = np.setdiff1d(np.arange(k), [i])
        apart = means[i] - means[rest]
        squares = np.einsum("kd,kd->k", apart, np.linalg.solve(covariances[rest], apart[..., None])[..., 0])
        heights = np.log(np.maximum(weights[rest], np.finfo(np.float64).tiny)) - 0.5 * (
            squares + np.linalg.slogdet(covariances[rest])[1]
        )
        j = int(rest[heights.argmax()])
        covariances[i] = scale * covariances[j]
        weights[i] = weights[j] = 0.5 * weights[j]
    return Parameters(weights / weights.sum(), means, covariances)


def crossed(one: Parameters, other: Parameters, rng: Generator) -> Parameters:
    """Return a mixture (k,) of components taken from two, of each matching pair one.

    So the genetic algorithm of Gribel and Vidal crosses clusterings (2019, Pattern Recognition 88).
    """
    other = align(one, other).parameters
    first = rng.random(one.n_components) < 0.5
    weights = np.where(first, one.weights, other.weights)
    return Parameters(
        weights / weights.sum(),
        np.where(first[:, None], one.means, other.means),
        np.where(first[:, None, None], one.covariances, other.covariances),
    )


def united(one: Parameters, other: Parameters) -> Parameters:
    """Return the mixture (2 k,) of two, to be merged down: what they agree on is merged first."""
    both = concatenated([one, other])
    return Parameters(0.5 * both.weights, both.means, both.covariances)
