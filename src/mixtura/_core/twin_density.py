"""The NumPy twin's densities: of each component and of the mixture, at every row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from .twin_checks import check_mixtures, check_rows

Array = NDArray[np.float64]
WANTS = ("log_density", "log_joint", "responsibilities", "labels")


class NotPositiveDefinite(np.linalg.LinAlgError):
    """A covariance matrix has no Cholesky factor."""

    def __init__(self, mixture: int, component: int) -> None:
        super().__init__(
            f"the covariance of component {component} (mixture {mixture}) is not positive definite"
        )
        self.mixture, self.component = mixture, component


class Component(NamedTuple):
    """What the density of a component is made of."""

    constant: float  # the logarithm of weight times density at the mean
    mean: Array  # (d,)
    scale: Array  # the Cholesky factor (d, d) of the covariance, or standard deviations (d,)


def factor(weights: Array, means: Array, spreads: Array, form: str, mixture: int) -> list[Component]:
    """Return the components of one mixture; its index goes into the error."""
    k, d = means.shape
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights)
    components = []
    for c in range(k):
        spread = spreads if form == "tied" else spreads[c]
        if form in ("full", "tied"):
            try:
                scale = np.linalg.cholesky(spread)
            except np.linalg.LinAlgError:
                raise NotPositiveDefinite(mixture, c) from None
            half_log_det = np.log(np.diagonal(scale)).sum()
        else:
            variances = np.broadcast_to(spread, (d,))
            if not (variances > 0).all():
                raise NotPositiveDefinite(mixture, c)
            scale = np.sqrt(variances)
            half_log_det = 0.5 * np.log(variances).sum()
        constant = log_weights[c] - half_log_det - 0.5 * d * np.log(2 * np.pi)
        components.append(Component(constant, means[c], scale))
    return components


def log_joint(x: Array, components: list[Component]) -> Array:
    """Return log(weight) + log N(x; mean, covariance) of each component, shape (n, k)."""
    joint = np.empty((len(x), len(components)))
    for c, (constant, mean, scale) in enumerate(components):
        difference = x - mean
        if scale.ndim == 2:
            whitened = solve_triangular(scale, difference.T, lower=True, check_finite=False).T
        else:
            with np.errstate(over="ignore"):
                whitened = difference / scale
        joint[:, c] = constant - 0.5 * np.einsum("ij,ij->i", whitened, whitened)
    return joint


def normalise(joint: Array) -> tuple[Array, Array]:
    """Return the log-densities (n,) and responsibilities (n, k) of log-joint densities (n, k)."""
    top = joint.max(axis=1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    likelihoods = np.exp(joint - top)
    total = likelihoods.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        log_density = (np.log(total) + top)[:, 0]
    return log_density, likelihoods / np.where(total > 0, total, 1.0)


def densities(
    x: Array, weights: Array, means: Array, spreads: Array, form: str, want: str, n_threads: int = 1
) -> Array:
    """Evaluate one mixture (k, d) at every row.

    want "log_density" gives (n,), "log_joint" (n, k), "responsibilities" (n, k), "labels" (n,) int64.
    """
    check_mixtures(form, weights, means, spreads, stacked=False)
    check_rows(x, None, means.shape[-1])
    if want not in WANTS:
        raise ValueError(f"want is {want!r}; wanted is log_density, log_joint, responsibilities or labels")
    joint = log_joint(np.asarray(x, dtype=np.float64), factor(weights, means, spreads, form, 0))
    if want == "log_joint":
        return joint
    if want == "labels":
        return joint.argmax(axis=1)
    log_density, responsibilities = normalise(joint)
    return log_density if want == "log_density" else responsibilities
