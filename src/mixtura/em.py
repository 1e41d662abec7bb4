"""The loop: pass, M-step, stop."""

from __future__ import annotations

import numpy as np

from .fit import Fit, Status
from .parameters import Parameters
from .sources import Source
from .structures import Floor, Structure


def fit(
    source: Source,
    structure: Structure,
    start: Parameters,
    *,
    floor: Floor,
    tol: float = 1e-4,
    max_iter: int = 10_000,
) -> Fit:
    """Run EM from one start (k, d) until at most ``tol`` nats of log-likelihood remain to be gained."""
    parameters, history, remaining = start, [], np.inf
    for _ in range(max_iter):
        moments = source.moments(parameters, structure.form)
        history.append(float(moments.loglik))
        if len(history) > 2:
            gain, before = history[-1] - history[-2], history[-2] - history[-3]
            rate = gain / before if before > 0 else 0.0
            remaining = gain * rate / (1 - rate) if 0 <= rate < 1 else abs(gain)
            if remaining <= tol:
                break
        parameters = structure.maximise(moments, floor)
    return Fit(
        parameters,
        structure,
        history[-1],
        Status.CONVERGED if remaining <= tol else Status.ITERATION_LIMIT,
        len(history),
        remaining,
        np.array(history),
        source.n_rows,
        source.total_weight,
    )
