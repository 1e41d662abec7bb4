"""What a covariance structure is: moments in, parameters out, and how many parameters are free."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from ..model.moments import Form, Moments, divisors
from ..model.parameters import Array, Parameters
from .floor import Floor


class Structure(ABC):
    """One of mclust's families of covariance matrices (Scrucca et al. 2016, The R Journal 8, table 3)."""

    name: ClassVar[str]  # mclust's identifier
    description: ClassVar[str]
    form: ClassVar[Form]  # the scatters that its M-step needs, and the shape of its covariances in a pass

    @abstractmethod
    def covariances(self, counts: Array, scatters: Array, floor: Floor) -> Array:
        """Return the maximising covariances (..., k, d, d), given scatters about the components' means."""

    @abstractmethod
    def n_covariance_parameters(self, k: int, d: int) -> int:
        """Return the number of free parameters in k covariance matrices of d dimensions."""

    def maximise(self, moments: Moments, floor: Floor) -> Parameters:
        """Make the M-step: return the parameters that maximise the expected complete log-likelihood.

        A component without any rows gets weight 0, keeps its mean and gets a covariance at the floor.
        """
        proportions, means, scatters = moments.centred()
        return Parameters(proportions, means, self.covariances(moments.counts, scatters, floor))

    def nearest(self, weights: Array, spreads: Array, floor: Floor) -> Array:
        """Return the covariances (..., k, d, d) for rows with these spreads, in the shape of its form.

        A component has its weight's share of the rows. Without further constraints they are the spreads.
        """
        if self.form == "tied":
            return self.covariances(weights, spreads, floor)
        scatters = spreads * weights.reshape(weights.shape + (1,) * (spreads.ndim - weights.ndim))
        features = len(floor.variances) if self.form == "spherical" else 1
        return self.covariances(weights, features * scatters, floor)

    def n_parameters(self, k: int, d: int) -> int:
        """Return the number of free parameters: k - 1 weights, k d means and the covariances'."""
        return k - 1 + k * d + self.n_covariance_parameters(k, d)

    def spreads(self, covariances: Array) -> Array:
        """Return what a pass of this form reads of the covariances (..., k, d, d)."""
        return spreads(covariances, self.form)

    def __repr__(self) -> str:
        return f"<{self.name}: {self.description}>"


def spreads(covariances: Array, form: Form) -> Array:
    """Return the part of covariances (..., k, d, d) that the form speaks of, in the shape of its scatters."""
    if form == "full":
        return covariances
    if form == "tied":
        return covariances[..., 0, :, :]
    variances = np.diagonal(covariances, axis1=-2, axis2=-1)
    return variances if form == "diagonal" else variances.mean(-1)


def restricted(parameters: Parameters, form: Form) -> Parameters:
    """Return mixtures (..., k) with the covariances that a pass of this form sees: of "tied", their mean."""
    if form == "full":
        return parameters
    if form == "tied":
        shared = np.einsum("...k,...kij->...ij", parameters.weights, parameters.covariances)
        matrices: Array = np.broadcast_to(shared[..., None, :, :], parameters.covariances.shape)
    else:
        variances = spreads(parameters.covariances, form)
        if form == "spherical":
            variances = variances[..., None].repeat(parameters.n_features, axis=-1)
        matrices = diagonal_matrices(variances)
    return Parameters(parameters.weights, parameters.means, matrices)


def per_count(scatters: Array, counts: Array) -> Array:
    """Divide scatters (..., k, *) by counts (..., k); a component without rows gets zeros."""
    return scatters / divisors(counts).reshape(counts.shape + (1,) * (scatters.ndim - counts.ndim))


def diagonal_matrices(variances: Array) -> Array:
    """Return matrices (..., d, d) with variances (..., d) on their diagonals."""
    d = variances.shape[-1]
    matrices = np.zeros((*variances.shape, d))
    matrices.reshape(*variances.shape[:-1], d * d)[..., :: d + 1] = variances
    return matrices
