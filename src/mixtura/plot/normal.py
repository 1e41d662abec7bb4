"""Densities and outlines of the components, as the pictures need them."""

from __future__ import annotations

import numpy as np

from ..model.parameters import Array, Parameters

# Radius, in standard deviations, of the ellipse that holds 95% of a Gaussian in the plane: sqrt(-2 log 0.05).
RADIUS_95 = float(np.sqrt(-2 * np.log(0.05)))


def margin(parameters: Parameters, features: list[int]) -> Parameters:
    """Return the mixture of some features, components in the order they had, which `Mixture` may change."""
    covariances = parameters.covariances[:, features][:, :, features]
    return Parameters(parameters.weights, parameters.means[:, features], covariances)


def weighted_densities(parameters: Parameters, points: Array) -> Array:
    """Return each component's density times its weight (k, n) at points (n, d)."""
    factors = np.linalg.cholesky(parameters.covariances)
    standard = np.linalg.solve(factors, np.swapaxes(points - parameters.means[:, None], -1, -2))  # (k, d, n)
    scales = np.prod(np.diagonal(factors, axis1=-2, axis2=-1) * np.sqrt(2 * np.pi), axis=-1)
    return (parameters.weights / scales)[:, None] * np.exp(-0.5 * (standard**2).sum(axis=-2))


def outline(mean: Array, covariance: Array, radius: float = RADIUS_95) -> Array:
    """Return the ellipse (200, 2) at so many standard deviations around a mean (2,)."""
    angle = np.linspace(0, 2 * np.pi, 200)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    return mean + radius * (np.linalg.cholesky(covariance) @ circle).T


def highest_density_levels(density: Array, masses: tuple[float, ...]) -> list[float]:
    """Return the levels, rising, whose contours hold these masses of a density on a regular grid."""
    descending = np.sort(density, axis=None)[::-1]
    mass = np.cumsum(descending)
    levels = descending[np.searchsorted(mass, np.array(masses) * mass[-1])]
    return [float(level) for level in np.unique(levels) if level > 0]
