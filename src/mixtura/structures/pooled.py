"""Pooled: one covariance for all components, the mean of theirs."""

from __future__ import annotations

import numpy as np

from ..model.parameters import Parameters


def pooled(parameters: Parameters) -> Parameters:
    """Return mixtures (..., k) whose components all have the mean of their covariances, by weight."""
    mean = np.einsum("...k,...kij->...ij", parameters.weights, parameters.covariances)
    covariances = np.broadcast_to(mean[..., None, :, :], parameters.covariances.shape)
    return Parameters(parameters.weights, parameters.means, covariances)
