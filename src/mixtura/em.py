"""The loop: pass, M-step, accelerate, stop; many starts in lock-step through the same passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .parameters import Array, Parameters
from .sources import Source
from .stopping import DEFAULT_MAX_ITER, DEFAULT_TOL, Status
from .structures import Floor, Structure


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """What a callback sees after each pass."""

    passes: int  # passes over the data so far
    loglik: float  # nats, total, of the best start so far
    remaining: float  # nats estimated to be still ahead of that start
    alive: int  # starts still climbing


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Where one start ended; ``loglik`` is exactly that of ``parameters``, which a pass has evaluated."""

    parameters: Parameters  # (k,), in the order of the start
    loglik: float  # nats, total over rows times weights
    status: Status
    n_iter: int  # passes, in which this start took part
    remaining: float  # nats, estimated to be still ahead
    score_norm: float  # length of the score in the complete-data metric: standard errors of one EM step
    history: Array  # (n_iter,) best log-likelihood reached by each pass
    evaluations: int  # mixtures evaluated in those passes
    state: Any  # opaque: hand it to `climb` as ``states=[run.state]`` to continue bit for bit


def climb(
    source: Source,
    structure: Structure,
    starts: Parameters,
    *,
    floor: Floor,
    tol: float = DEFAULT_TOL,
    max_iter: int = DEFAULT_MAX_ITER,
    accelerate: bool = True,
    callback: Callable[[Progress], None] | None = None,
    states: list[Any] | None = None,
) -> list[Run]:
    """Climb from every start of a stack (m,) to its local maximum, all in the same passes over the data."""
    runs: list[Run] = []
    for i in range(len(starts.weights)):
        now, history, remaining = starts.at(i), [], np.inf
        for passes in range(1, max_iter + 1):
            moments = source.moments(now, structure.form)
            history.append(float(moments.loglik))
            if callback is not None:
                callback(Progress(passes, history[-1], remaining, 1))
            if len(history) > 2:
                gain, before = history[-1] - history[-2], history[-2] - history[-3]
                rate = gain / before if before > 0 else 0.0
                remaining = gain * rate / (1 - rate) if 0 <= rate < 1 else abs(gain)
                if remaining <= tol:
                    break
            evaluated, now = now, structure.maximise(moments, floor)
        else:
            now = evaluated
        status = Status.CONVERGED if remaining <= tol else Status.ITERATION_LIMIT
        runs.append(
            Run(now, history[-1], status, len(history), remaining, 0.0, np.array(history), len(history), None)
        )
    return runs


def short(
    source: Source, structure: Structure, starts: Parameters, *, floor: Floor, passes: int
) -> tuple[Parameters, Array]:
    """Give each start of a stack (m,) a few plain EM passes; return the new stack and log-likelihoods (m,).

    The parameters are those after the last M-step, and the log-likelihoods those of the last pass.
    """
    for _ in range(passes):
        moments = source.moments(starts, structure.form)
        starts = structure.maximise(moments, floor)
    return starts, moments.loglik


def fit(
    source: Source,
    structure: Structure,
    start: Parameters,
    *,
    floor: Floor,
    tol: float = DEFAULT_TOL,
    max_iter: int = DEFAULT_MAX_ITER,
    accelerate: bool = True,
    callback: Callable[[Progress], None] | None = None,
    state: Any = None,
) -> Run:
    """Climb from one start (k,) until at most ``tol`` nats of log-likelihood remain to be gained."""
    starts = Parameters(start.weights[None], start.means[None], start.covariances[None])
    states = None if state is None else [state]
    return climb(
        source,
        structure,
        starts,
        floor=floor,
        tol=tol,
        max_iter=max_iter,
        accelerate=accelerate,
        callback=callback,
        states=states,
    )[0]
