"""Forms: what a pass keeps of the scatters, and with it the shape in which it reads covariances."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from .parameters import Array, Parameters
from .singly import singly


class Form(ABC):
    """One of four shapes of second moments, and of what a pass reads of covariances: their spreads.

    This file is the only place that tells them apart; the core knows them by ``name``. Spreads and scatters
    have the same shape. Leading axes, written ``...``, stack mixtures.
    """

    name: ClassVar[str]  # as the core and its NumPy version call it
    matrices: ClassVar[bool]  # whether it holds matrices (d, d) rather than variances
    shared: ClassVar[bool] = False  # whether all components have one
    one_variance: ClassVar[bool] = False  # whether all features share one

    @abstractmethod
    def shape(self, k: int, d: int) -> tuple[int, ...]:
        """Return the shape of the spreads, and of the scatters, of k components in d dimensions."""

    @abstractmethod
    def spreads(self, covariances: Array) -> Array:
        """Return the part of covariances (..., k, d, d) that a pass reads."""

    @abstractmethod
    def covariances(self, spreads: Array, k: int, d: int) -> Array:
        """Return the matrices (..., k, d, d) that have these spreads."""

    @abstractmethod
    def product(self, left: Array, right: Array) -> Array:
        """Return what is kept of the sum of outer products of vectors (..., k, d) of each component."""

    @abstractmethod
    def kept(self, scatters: Array) -> Array:
        """Return what is kept of whole scatters (..., k, d, d)."""

    @abstractmethod
    def identity(self, amounts: Array, d: int) -> Array:
        """Return what is kept of multiples (..., k) of the identity matrix."""

    @abstractmethod
    def gradient(self, spreads: Array, scatters: Array, counts: Array, d: int) -> Array:
        r"""Return the derivative of the expected complete log-likelihood by the spreads (..., by form).

        Of matrices it is :math:`\tfrac12 \Sigma^{-1} (S - n \Sigma) \Sigma^{-1}`, of variances
        :math:`\tfrac12 (s - n \sigma) / \sigma^2`, for scatters and counts (..., k) of so many rows.
        """

    @abstractmethod
    def metric(self, spreads: Array, changes: Array, weights: Array, d: int) -> Array:
        """Return what the expected gradient of one row falls by when spreads change (..., by form)."""

    @abstractmethod
    def rows_settling(self, covariance_parameters: float, d: int) -> float:
        """Return how many rows settle so many covariance parameters of one component."""

    def restricted(self, parameters: Parameters) -> Parameters:
        """Return mixtures (..., k) with the covariances that a pass sees: of shared ones, their mean."""
        k, d = parameters.means.shape[-2:]
        matrices = self.covariances(self.spreads(self._pooled(parameters)), k, d)
        return Parameters(parameters.weights, parameters.means, matrices)

    def _pooled(self, parameters: Parameters) -> Array:
        return parameters.covariances

    def __reduce__(self) -> str:
        """Pickle by name: there is one object of each form."""
        return self.name.upper()

    def __repr__(self) -> str:
        return f"<{self.name} form>"


class _Full(Form):
    """A matrix (d, d) for each component: (..., k, d, d)."""

    name = "full"
    matrices = True

    def shape(self, k: int, d: int) -> tuple[int, ...]:
        return k, d, d

    def spreads(self, covariances: Array) -> Array:
        return covariances

    def covariances(self, spreads: Array, k: int, d: int) -> Array:
        return spreads

    def product(self, left: Array, right: Array) -> Array:
        return left[..., :, None] * right[..., None, :]

    def kept(self, scatters: Array) -> Array:
        return scatters

    def identity(self, amounts: Array, d: int) -> Array:
        return amounts[..., None, None] * np.eye(d)

    def gradient(self, spreads: Array, scatters: Array, counts: Array, d: int) -> Array:
        inverse = singly(np.linalg.inv, spreads)
        return np.asarray(0.5 * (inverse @ scatters @ inverse - counts[..., None, None] * inverse))

    def metric(self, spreads: Array, changes: Array, weights: Array, d: int) -> Array:
        inverse = singly(np.linalg.inv, spreads)
        return np.asarray(0.5 * weights[..., None, None] * (inverse @ changes @ inverse))

    def rows_settling(self, covariance_parameters: float, d: int) -> float:
        return 2.0 * covariance_parameters / (d + 1)


class _Tied(Form):
    """One matrix for all components: (..., d, d)."""

    name = "tied"
    matrices = True
    shared = True

    def shape(self, k: int, d: int) -> tuple[int, ...]:
        return d, d

    def spreads(self, covariances: Array) -> Array:
        return covariances[..., 0, :, :]

    def covariances(self, spreads: Array, k: int, d: int) -> Array:
        return np.broadcast_to(spreads[..., None, :, :], (*spreads.shape[:-2], k, d, d))

    def product(self, left: Array, right: Array) -> Array:
        return np.asarray(np.swapaxes(left, -1, -2) @ right)

    def kept(self, scatters: Array) -> Array:
        return np.asarray(scatters.sum(-3))

    def identity(self, amounts: Array, d: int) -> Array:
        return amounts.sum(-1)[..., None, None] * np.eye(d)

    def gradient(self, spreads: Array, scatters: Array, counts: Array, d: int) -> Array:
        inverse = singly(np.linalg.inv, spreads)
        total = counts.sum(-1)[..., None, None]
        return np.asarray(0.5 * (inverse @ scatters @ inverse - total * inverse))

    def metric(self, spreads: Array, changes: Array, weights: Array, d: int) -> Array:
        inverse = singly(np.linalg.inv, spreads)
        return np.asarray(0.5 * weights.sum(-1)[..., None, None] * (inverse @ changes @ inverse))

    def rows_settling(self, covariance_parameters: float, d: int) -> float:
        return covariance_parameters / d

    def _pooled(self, parameters: Parameters) -> Array:
        pooled = np.einsum("...k,...kij->...ij", parameters.weights, parameters.covariances)
        return np.asarray(pooled[..., None, :, :])


class _Diagonal(Form):
    """A variance for each feature of each component: (..., k, d)."""

    name = "diagonal"
    matrices = False

    def shape(self, k: int, d: int) -> tuple[int, ...]:
        return k, d

    def spreads(self, covariances: Array) -> Array:
        return np.diagonal(covariances, axis1=-2, axis2=-1)

    def covariances(self, spreads: Array, k: int, d: int) -> Array:
        return diagonal_matrices(spreads)

    def product(self, left: Array, right: Array) -> Array:
        return left * right

    def kept(self, scatters: Array) -> Array:
        return np.diagonal(scatters, axis1=-2, axis2=-1)

    def identity(self, amounts: Array, d: int) -> Array:
        return np.asarray(np.broadcast_to(amounts[..., None], (*amounts.shape, d)))

    def gradient(self, spreads: Array, scatters: Array, counts: Array, d: int) -> Array:
        return 0.5 * (scatters / spreads - counts[..., None]) / spreads

    def metric(self, spreads: Array, changes: Array, weights: Array, d: int) -> Array:
        return 0.5 * weights[..., None] * changes / spreads**2

    def rows_settling(self, covariance_parameters: float, d: int) -> float:
        return covariance_parameters / d


class _Spherical(Form):
    """A variance for each component, of scatters the trace: (..., k)."""

    name = "spherical"
    matrices = False
    one_variance = True

    def shape(self, k: int, d: int) -> tuple[int, ...]:
        return (k,)

    def spreads(self, covariances: Array) -> Array:
        return np.asarray(np.diagonal(covariances, axis1=-2, axis2=-1).mean(-1))

    def covariances(self, spreads: Array, k: int, d: int) -> Array:
        return diagonal_matrices(spreads[..., None].repeat(d, axis=-1))

    def product(self, left: Array, right: Array) -> Array:
        return np.asarray((left * right).sum(-1))

    def kept(self, scatters: Array) -> Array:
        return np.asarray(np.trace(scatters, axis1=-2, axis2=-1))

    def identity(self, amounts: Array, d: int) -> Array:
        return d * amounts

    def gradient(self, spreads: Array, scatters: Array, counts: Array, d: int) -> Array:
        return 0.5 * (scatters / spreads - d * counts) / spreads

    def metric(self, spreads: Array, changes: Array, weights: Array, d: int) -> Array:
        return 0.5 * d * weights * changes / spreads**2

    def rows_settling(self, covariance_parameters: float, d: int) -> float:
        return covariance_parameters / d


FULL, TIED, DIAGONAL, SPHERICAL = _Full(), _Tied(), _Diagonal(), _Spherical()
FORMS: dict[str, Form] = {form.name: form for form in (FULL, TIED, DIAGONAL, SPHERICAL)}


def diagonal_matrices(variances: Array) -> Array:
    """Return matrices (..., d, d) with variances (..., d) on their diagonals."""
    d = variances.shape[-1]
    matrices = np.zeros((*variances.shape, d))
    matrices.reshape(*variances.shape[:-1], d * d)[..., :: d + 1] = variances
    return matrices


def cheapest_form(parameters: Parameters) -> tuple[Form, Array]:
    """Return the cheapest form of a pass over these covariances (k, d, d), and the spreads that it reads."""
    k, d = parameters.means.shape
    covariances = parameters.covariances
    if d == 1:
        return FULL, covariances
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    if np.count_nonzero(covariances) == k * d:
        if (variances == variances[:, :1]).all():
            return SPHERICAL, np.ascontiguousarray(variances[:, 0])
        return DIAGONAL, np.ascontiguousarray(variances)
    if k > 1 and (covariances == covariances[0]).all():
        return TIED, covariances[0]
    return FULL, covariances
