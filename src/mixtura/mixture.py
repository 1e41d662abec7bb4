"""Mixture: what a Gaussian mixture is, a distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .parameters import Array, Parameters


@dataclass(frozen=True, eq=False)
class Mixture:
    """A Gaussian mixture distribution of k components in d dimensions.

    Components stand in canonical order: by mean, first feature first, then by weight.

    Parameters
    ----------
    weights : array_like of shape (k,)
    means : array_like of shape (k, d), or (k,) in one dimension
    covariances : array_like of shape (k, d, d), or (k,) variances in one dimension
    """

    weights: Array
    means: Array
    covariances: Array

    def __init__(self, weights: ArrayLike, means: ArrayLike, covariances: ArrayLike) -> None:
        w = np.array(weights, dtype=np.float64)
        m = np.array(means, dtype=np.float64).reshape(len(w), -1)
        c = np.array(covariances, dtype=np.float64).reshape(len(w), m.shape[1], m.shape[1])
        order = canonical_order(w, m)
        for name, value in (("weights", w), ("means", m), ("covariances", c)):
            value = value[order]
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    @property
    def parameters(self) -> Parameters:
        """Return the three arrays as the loop uses them."""
        return Parameters(self.weights, self.means, self.covariances)


def canonical_order(weights: Array, means: Array) -> np.ndarray:
    """Return the order of components (k,): by mean, first feature first, ties by weight."""
    return np.lexsort((weights, *means.T[::-1]))
