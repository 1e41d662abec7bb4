"""Attributes: whoever has set them, they are checked before anything is computed from them.

Methods compute from the public attributes, as scikit-learn's do, so that a hand may set them. What does not
fit together ends here, in a sentence that names the attribute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model.forms import Form
from ..model.parameters import Array
from ..model.validation import finite, numbers, proportions
from .layouts import COVARIANCE_TYPES, layout_of

if TYPE_CHECKING:
    from .estimator import GaussianMixture


def checked_form(model: GaussianMixture) -> Form:
    """Return the layout of the model's covariance type, which `set_params` may have changed to anything."""
    if not isinstance(model.covariance_type, str) or model.covariance_type not in COVARIANCE_TYPES:
        known = ", ".join(sorted(COVARIANCE_TYPES))
        raise ValueError(f"covariance_type is {model.covariance_type!r}; use one of {known}")
    return layout_of(model.covariance_type)


def checked_means(model: GaussianMixture) -> Array:
    """Return ``means_`` (k, d)."""
    means = _numbers(model, "means_", "(n_components, n_features)")
    if means.ndim != 2 or 0 in means.shape:
        raise ValueError(f"means_ has shape {means.shape}; it must be (n_components, n_features)")
    return finite(means, "means_")


def checked_weights(model: GaussianMixture, k: int) -> Array:
    """Return ``weights_`` (k,), which must sum to 1."""
    weights = _numbers(model, "weights_", f"({k},)")
    if weights.shape != (k,):
        raise ValueError(f"weights_ has shape {weights.shape}; with {k} means_ it must be ({k},)")
    proportions(weights, "weights_")
    return weights


def checked_factors(model: GaussianMixture, k: int, d: int) -> Array:
    """Return ``precisions_cholesky_``: upper triangular matrices, or numbers, with positive diagonals."""
    name, form = "precisions_cholesky_", checked_form(model)
    factors = _of_layout(model, name, k, d)
    if form.matrices:
        if np.tril(factors, -1).any():
            raise ValueError(f"{name} of shape {factors.shape} must be upper triangular, and it is not")
        diagonals = np.diagonal(factors, axis1=-2, axis2=-1)
    else:
        diagonals = factors
    if not (diagonals > 0).all():
        where = "on its diagonals" if form.matrices else "everywhere"
        raise ValueError(
            f"{name} of shape {factors.shape} must be positive {where}; its least number there is "
            f"{diagonals.min():g}"
        )
    return factors


def checked_covariances(model: GaussianMixture, k: int, d: int) -> Array:
    """Return ``covariances_``, of which no variance may be negative."""
    name, form = "covariances_", checked_form(model)
    covariances = _of_layout(model, name, k, d)
    variances = np.diagonal(covariances, axis1=-2, axis2=-1) if form.matrices else covariances
    if (variances < 0).any():
        raise ValueError(
            f"{name} of shape {covariances.shape} must not hold negative variances, and one is "
            f"{variances.min():g}"
        )
    return covariances


def _of_layout(model: GaussianMixture, name: str, k: int, d: int) -> Array:
    form = checked_form(model)
    wanted = form.shape(k, d)
    values = _numbers(model, name, str(wanted))
    if values.shape != wanted:
        raise ValueError(
            f"{name} has shape {values.shape}; with covariance_type {model.covariance_type!r} and means_ of "
            f"shape {(k, d)} it must be {wanted}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"{name} of shape {values.shape} must be finite, and holds NaN or infinity")
    return values


def _numbers(model: GaussianMixture, name: str, wanted: str) -> Array:
    value = getattr(model, name, None)
    if value is None:
        raise ValueError(f"{name} is not set; fit the model, or set an array of shape {wanted}")
    return numbers(value, name)
