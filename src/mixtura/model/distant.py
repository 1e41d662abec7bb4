"""Rows so far from every component that their squared distances are no floating-point numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import solve_triangular

from .parameters import Parameters

TIE = 1e-12  # relative: distances closer than this are equal but for rounding
REACH = 1e140  # deviations, much fewer than the 1e150 from where on the core's log-densities may overflow


def may_be_distant(p: Parameters, rows: np.ndarray[Any, Any]) -> bool:
    """Say whether any row (n, d) may be one, by a look at the range."""
    deviation = np.sqrt(np.diagonal(p.covariances, axis1=1, axis2=2).min())
    least, greatest = float(np.fmin.reduce(rows, axis=None)), float(np.fmax.reduce(rows, axis=None))
    with np.errstate(over="ignore", invalid="ignore"):  # infinite and missing numbers are no distance
        return max(greatest - p.means.min(), p.means.max() - least) > REACH * deviation


def evaluate(p: Parameters, rows: np.ndarray[Any, Any], want: str) -> np.ndarray[Any, Any]:
    r"""Return densities at finite rows (n, d), as the core does where squares are numbers.

    With t the size of x, or of the means, component c has the log-density :math:`-2 t^2 |z_c|^2`, where
    :math:`z_c = L_c^{-1} (x - \mu_c) / 2 t` has the size of a number; all else in it is below its rounding.
    So the nearest component takes the row, and those as near but for rounding share it by what is left.
    """
    x = rows.astype(np.float64)
    size = np.maximum(np.abs(x).max(axis=1), np.abs(p.means).max())  # t: a difference may be no number
    whitened = np.empty((p.n_components, *rows.shape))
    constants = np.empty(p.n_components)
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        for c, (mean, covariance) in enumerate(zip(p.means, p.covariances)):
            factor = np.linalg.cholesky(covariance)
            difference = (0.5 * x - 0.5 * mean) / size[:, None]
            whitened[c] = solve_triangular(factor, difference.T, lower=True).T
            constants[c] = np.log(p.weights[c]) - np.log(np.diagonal(factor)).sum()
        unit = np.abs(whitened).max(axis=(0, 2))
        distances = ((whitened / unit[:, None]) ** 2).sum(axis=2).T
        distances[:, p.weights == 0] = np.inf
        nearest = distances.min(axis=1)
        if want == "log_density":
            return np.asarray(-((size * (unit * np.sqrt(2.0 * nearest))) ** 2))
        logs = np.where(distances <= nearest[:, None] * (1.0 + TIE), constants, -np.inf)
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return shares.argmax(axis=1) if want == "labels" else shares / shares.sum(axis=1, keepdims=True)
