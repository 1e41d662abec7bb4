"""Layouts: the shapes in which scikit-learn keeps covariances, precisions and their Cholesky factors.

A layout is a `Form`: what a pass reads of the covariances is, to the axis, what scikit-learn calls
``covariances_``: full (k, d, d), tied (d, d), diagonal (k, d), spherical (k,). So there are two cases only:
matrices, whose last two axes are (d, d), and plain variances.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dtrtri

from ..model.forms import DIAGONAL, FULL, SPHERICAL, TIED, Form
from ..model.parameters import Array
from ..structures import STRUCTURES
from ..structures.registry import SKLEARN_NAMES

SKLEARN_FORMS: dict[str, Form] = {
    "full": FULL,
    "tied": TIED,
    "diag": DIAGONAL,
    "spherical": SPHERICAL,
}
COVARIANCE_TYPES = frozenset({*SKLEARN_NAMES, *STRUCTURES})


def layout_of(covariance_type: str) -> Form:
    """Return the layout of a covariance type: for mclust's names, what the structure's M-step needs."""
    if covariance_type in SKLEARN_FORMS:
        return SKLEARN_FORMS[covariance_type]
    return STRUCTURES[covariance_type].form


def triangular_inverse(factors: NDArray[np.floating[Any]], *, lower: bool) -> Array:
    """Invert triangular matrices (..., d, d), keeping zeros exact.

    Raises
    ------
    ValueError
        If a diagonal entry is zero.
    """
    inverse = np.empty(factors.shape)
    for index in np.ndindex(factors.shape[:-2]):
        inverse[index], info = dtrtri(factors[index], lower=lower)
        if info:
            raise ValueError(
                f"a Cholesky factor has a zero at place {info - 1} of its diagonal; it must be positive"
            )
    return np.tril(inverse) if lower else np.triu(inverse)


def precisions_cholesky(covariances: Array, form: Form) -> Array:
    """Return the upper triangular U with U U' = inverse(covariance), or one over the standard deviations."""
    if form.matrices:
        return np.swapaxes(triangular_inverse(np.linalg.cholesky(covariances), lower=True), -1, -2)
    return 1.0 / np.sqrt(covariances)


def precisions(factors: Array, form: Form) -> Array:
    """Return the precisions of their Cholesky factors: U U', or squares."""
    return factors @ np.swapaxes(factors, -1, -2) if form.matrices else factors**2


def covariances_from_factors(factors: Array, form: Form) -> Array:
    """Return the covariances whose precisions have these Cholesky factors.

    Going through the covariance loses no more than storing it in float64 has lost: eps times its condition.
    """
    if form.matrices:
        inverse = triangular_inverse(factors, lower=False)
        return np.swapaxes(inverse, -1, -2) @ inverse
    return 1.0 / factors**2


def covariances_from_precisions(values: Array, form: Form) -> Array:
    """Return the inverses of checked precisions."""
    if form.matrices:
        inverse = triangular_inverse(np.linalg.cholesky(values), lower=True)
        return np.swapaxes(inverse, -1, -2) @ inverse
    return 1.0 / values
