"""Decomposition: covariances as volume, shape and orientation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .parameters import Array


@dataclass(frozen=True, slots=True, eq=False)
class Decomposition:
    r"""Volumes, shapes and orientations of covariances: :math:`\Sigma_c = \lambda_c D_c A_c D_c^T`.

    It is that of Banfield and Raftery 1993, Biometrics 49, after which mclust names its structures.
    """

    volumes: Array  # (k,), lambda: det(covariance)^(1/d), in squared units of the data
    shapes: Array  # (k, d), the diagonals of A: the largest first, with product 1
    orientations: Array  # (k, d, d), D: columns are the directions that the shapes' numbers belong to

    @property
    def covariances(self) -> Array:
        """Return the covariances (k, d, d) that have these parts."""
        values = self.volumes[:, None] * self.shapes
        return np.asarray((self.orientations * values[:, None, :]) @ np.swapaxes(self.orientations, 1, 2))


def decomposition(covariances: Array) -> Decomposition:
    """Decompose covariances (k, d, d); the largest number of each direction is positive.

    Examples
    --------
    >>> parts = decomposition(np.array([[[4.0, 0.0], [0.0, 9.0]]]))
    >>> parts.volumes.round(12), parts.shapes.round(12), parts.orientations
    (array([6.]), array([[1.5       , 0.66666667]]), array([[[0., 1.],
            [1., 0.]]]))
    """
    values, vectors = np.linalg.eigh(covariances)
    values, vectors = values[:, ::-1], vectors[:, :, ::-1]
    largest = values[:, 0]
    volumes = largest * np.exp(np.log(values / largest[:, None]).mean(1))
    places = np.abs(vectors).argmax(1)[:, None, :]
    signs = np.sign(np.take_along_axis(vectors, places, 1))
    return Decomposition(volumes, values / volumes[:, None], vectors * signs)
