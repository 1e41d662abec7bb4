"""Volumes of components that share all the rest: Newton's method on a convex function."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..model.parameters import Array
from .inner import SETTLED

ROUNDS = 60
LONGEST = 4.0
DEAD = 1e-12  # of the rows: a component with fewer does not move the others
SLACK = 1e-13  # of the objective, that is rounding
EPSILON = float(np.finfo(np.float64).eps)

# Of logarithms of volumes (m, k): log det of sum_c exp(-v_c) W_c (m,), tr P_c (m, k) and tr P_c P_e (m, k, k)
# with P_c = exp(-v_c) W_c over that sum.
Terms = Callable[[Array, np.ndarray], tuple[Array, Array, Array]]


def log_volumes(matrices: Array) -> Array:
    """Return logarithms of the volumes |S|^(1/d) of matrices (..., d, d), singular to rounding at most."""
    values = np.linalg.eigvalsh(matrices)
    return np.asarray(np.log(np.maximum(values, EPSILON * values[..., -1:])).mean(-1))


def volumes_of_variances(
    counts: Array, scatters: Array, before: Array | None = None, close: float = SETTLED
) -> Array:
    """Return logarithms of the volumes (..., k) of scatters (..., k, d) with one shape for all, of any size.

    Celeux and Govaert 1995, Pattern Recognition 28, model [lambda_k B], and the eigenvalues of
    [lambda_k D_k A D_k'].
    """
    stack, (k, d) = counts.shape[:-1], scatters.shape[-2:]
    flat = scatters.reshape(-1, k, d)

    def terms(logs: Array, rows: np.ndarray) -> tuple[Array, Array, Array]:
        scaled = np.exp(-logs)[..., None] * flat[rows]
        total = scaled.sum(-2)
        parts = scaled / total[:, None]
        return np.log(total).sum(-1), parts.sum(-1), parts @ np.swapaxes(parts, -1, -2)

    return _climbed(counts.reshape(-1, k), d, terms, before, close).reshape(*stack, k)


def volumes_of_matrices(
    counts: Array, scatters: Array, before: Array | None = None, close: float = SETTLED
) -> Array:
    """Return logarithms of the volumes (..., k) of scatters (..., k, d, d) with one matrix for all.

    Celeux and Govaert 1995, model [lambda_k D A D'].
    """
    stack, (k, d) = counts.shape[:-1], scatters.shape[-3:-1]
    flat = scatters.reshape(-1, k, d, d)

    def terms(logs: Array, rows: np.ndarray) -> tuple[Array, Array, Array]:
        scaled = np.exp(-logs)[..., None, None] * flat[rows]
        total = scaled.sum(-3)
        m = len(total)
        beside = np.swapaxes(scaled, 1, 2).reshape(m, d, k * d)  # W_1, W_2, ... side by side
        parts = np.swapaxes(np.linalg.solve(total, beside).reshape(m, d, k, d), 1, 2)
        traces = np.trace(parts, axis1=-2, axis2=-1)
        rows_of, columns_of = parts.reshape(m, k, -1), np.swapaxes(parts, -1, -2).reshape(m, k, -1)
        return np.linalg.slogdet(total)[1], traces, rows_of @ np.swapaxes(columns_of, -1, -2)

    return _climbed(counts.reshape(-1, k), d, terms, before, close).reshape(*stack, k)


def _climbed(counts: Array, d: int, terms: Terms, before: Array | None, close: float) -> Array:
    r"""Return the v (m, k) that minimise :math:`d \sum_c p_c v_c + \log\det \sum_c e^{-v_c} W_c`.

    With the shape at its best for given volumes that is what is left of the objective: a log of sums of
    exponentials, so convex. Newton's steps are taken where they gain, and elsewhere those of the alternating
    M-step, :math:`v_c + \log(\mathrm{tr} P_c / (d p_c))`, which always do. Volumes are unique to a factor.
    """
    m, k = counts.shape
    shares = counts / counts.sum(-1, keepdims=True)
    expected = d * shares
    dead = shares < DEAD
    gauge = expected[:, :, None] * shares[:, None, :]  # nothing else holds the common factor
    gauge[:, np.arange(k), np.arange(k)] += dead
    logs = np.zeros((m, k)) if before is None else before.reshape(m, k).copy()
    left = np.arange(m)
    logdet, traces, products = terms(logs, left)
    value = logdet + (expected * logs).sum(-1)
    for _ in range(ROUNDS):
        slope = expected[left] - traces
        bend = gauge[left] - products
        bend[:, np.arange(k), np.arange(k)] += traces
        alternate = np.log(traces / expected[left])
        newton = -np.linalg.solve(bend, slope[..., None])[..., 0]
        newton = np.where(dead[left], alternate, np.clip(newton, -LONGEST, LONGEST))
        here = logs[left]
        found = terms(here + newton, left)
        reached = found[0] + (expected[left] * (here + newton)).sum(-1)
        worse = ~(reached <= value + SLACK * (1.0 + np.abs(value)))
        if worse.any():
            newton[worse] = alternate[worse]
            found = terms(here + newton, left)
            reached = found[0] + (expected[left] * (here + newton)).sum(-1)
        logs[left] = here + newton
        on = np.abs(newton).max(-1) > close
        if not on.any():
            break
        left, value = left[on], reached[on]
        traces, products = found[1][on], found[2][on]
    return logs
